"""The cores of the loops over matrices: a block of a product, whose sums stay in vector registers; a transposed tile.

Where planes are turned into columns, each lane of a vector is of another plane; such vectors are compared and added.

Each array comes with the index of the first element that the block reads or writes.
"""

from itertools import product
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .blocks import MR
from .compile import inline
from .emitter import NV, Emitter, i32, i64

_intrinsic: Any = intrinsic


@inline
def next_vectors(left) -> int:
    """Return how many of the vectors left go into the next block: as many as fit, but so that not one is left alone."""
    return (left + 1) // 2 if left == NV + 1 else min(left, NV)


@inline
def next_rows(nv, left) -> int:
    """Return how many of the rows left go into the next block of nv vectors: as many as registers hold sums of."""
    rows = MR
    while 2 * rows * nv <= MR * NV:
        rows *= 2
    while rows > left:
        rows //= 2
    return rows


GATHERED = 8  # rows at most whose places are in a table: as many as there are registers for

_SHAPES = {rows * 8 + nv: (rows, nv) for nv in range(1, NV + 1) for rows in (1, 2, 4, 8, 16) if rows * nv <= MR * NV}


# out[m, v] = start[m * s_row + v] + sum_k a[m * a_row + k * a_step] * b[k * b_row + v]   for m < rows, and so many v as
# `width` says: the last of nv vectors may go past them.  Rows are 1, 2, 4 and so on.
@_intrinsic
def multiply_block(
    typing, rows, nv, a, a0, b, b0, start, s0, out, o0, terms, width, a_row, a_step, b_row, s_row, out_row
) -> tuple:
    """Choose the code for this shape."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, signature.args[2])
        a_at, b_at, start_at, out_at = emit.places(types.void(*signature.args[2:10]), arguments[2:10])
        terms, width, a_pitch, step, b_pitch, start_pitch, out_pitch = arguments[10:]

        def add_products(shape) -> None:
            rows, nv = _SHAPES[shape]
            last = emit.first_lanes(b.sub(width, ir.Constant(width.type, (nv - 1) * emit.lanes)))

            def places(line) -> list:
                return [emit.at(line, v * emit.lanes) for v in range(nv)]

            def load(line) -> list:
                *whole, end = places(line)
                return [*map(emit.load, whole), emit.load_lanes(end, last)]

            def add_product(k, sums) -> list:
                xs = load(emit.at(b_at, b.mul(k, b_pitch)))
                starts = emit.lines(rows, emit.at(a_at, b.mul(k, step)), a_pitch)
                products = product((emit.splat(b.load(start)) for start in starts), xs)
                return [b.call(emit.fmuladd, [w, x, total]) for (w, x), total in zip(products, sums, strict=True)]

            starts = [vector for line in emit.lines(rows, start_at, start_pitch) for vector in load(line)]
            sums = emit.loop(terms, starts, add_product)
            for row, line in enumerate(emit.lines(rows, out_at, out_pitch)):
                *whole, end = zip(sums[row * nv : (row + 1) * nv], places(line), strict=True)
                for total, place in whole:
                    emit.store(total, place)
                emit.store_lanes(*end, last)

        rows, nv = arguments[:2]
        emit.choose(b.add(b.mul(rows, ir.Constant(rows.type, 8)), nv), _SHAPES, add_products)
        return context.get_dummy_value()

    kinds = rows, nv, a, a0, b, b0, start, s0, out, o0, terms, width, a_row, a_step, b_row, s_row, out_row
    return types.void(*kinds), codegen


# target[j * t_row + i] = source[i * s_row + j]   for as many i and j as a vector has lanes.
@_intrinsic
def transpose_block(typing, source, s0, s_row, target, t0, t_row) -> tuple:
    """Exchange halves of pairs of vectors, then quarters, and so on."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, source)
        source_at, target_at = emit.places(types.void(source, s0, target, t0), [arguments[i] for i in (0, 1, 3, 4)])
        lanes = emit.lanes
        rows = [emit.load(line) for line in emit.lines(lanes, source_at, arguments[2])]
        size = lanes // 2
        while size:
            places = [i if i % (2 * size) < size else i - size + lanes for i in range(lanes)]
            first, second = (
                ir.Constant(ir.VectorType(i32, lanes), [p + size * half for p in places]) for half in (0, 1)
            )
            exchanged = list(rows)
            for i in range(lanes):
                if not i & size:
                    exchanged[i] = b.shuffle_vector(rows[i], rows[i + size], first)
                    exchanged[i + size] = b.shuffle_vector(rows[i], rows[i + size], second)
            rows = exchanged
            size //= 2
        for row, line in zip(rows, emit.lines(lanes, target_at, arguments[5]), strict=True):
            emit.store(row, line)
        return context.get_dummy_value()

    return types.void(source, s0, s_row, target, t0, t_row), codegen


# best[b] = the largest row[i * line + j * lanes + b] with i < rows and j < columns, and which[b] = tag + i * width + j
# of the first that is, for each lane b.  The first NaN is the largest.  Tags are floats: exact, as planes are small.
@_intrinsic
def maximum_in_lanes(typing, row, r0, best, b0, which, w0, tag, rows, columns, line, width) -> tuple:
    """Compare whole vectors."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, row)
        row_at, best_at, which_at = emit.places(signature, arguments[:6])
        first, rows, columns, line, width = arguments[6:]

        def add_line(i, known) -> list:
            start, start_tag = emit.at(row_at, b.mul(i, line)), b.add(first, b.mul(i, width))

            def add_pixel(j, known) -> list:
                old, old_tag = known
                new = emit.load(emit.at(start, b.mul(j, ir.Constant(j.type, emit.lanes))))
                new_tag, better = emit.splat(b.sitofp(b.add(start_tag, j), emit.scalar)), emit.is_larger(new, old)
                return [b.select(better, new, old), b.select(better, new_tag, old_tag)]

            return emit.loop(columns, known, add_pixel, unroll=False)

        start = [emit.load(row_at), emit.splat(b.sitofp(first, emit.scalar))]
        values, tags = emit.loop(rows, start, add_line, unroll=False)
        emit.store(values, best_at)
        emit.store(tags, which_at)
        return context.get_dummy_value()

    return types.void(row, r0, best, b0, which, w0, tag, rows, columns, line, width), codegen


# target[t0:] += source[s0:], a vector of them
@_intrinsic
def add_vector(typing, source, s0, target, t0) -> tuple:
    """Add in registers."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, source)
        source_at, target_at = emit.places(signature, arguments)
        emit.store(b.fadd(emit.load(target_at), emit.load(source_at)), target_at)
        return context.get_dummy_value()

    return types.void(source, s0, target, t0), codegen


# out[rows[m] * lanes + v * o_apart] += sum_k a[starts[m] + shifts[k]] * b[k * lanes + v * b_apart]   for `count` rows
# and nv vectors: a product with a matrix that is nowhere laid out.  Sums begin anew: so long ones lose little.
@_intrinsic
def gather_block(
    typing, count, nv, a, a0, starts, m0, rows, r0, shifts, k0, b, b0, b_apart, out, o0, o_apart, terms
) -> tuple:
    """Choose the code for this shape."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, signature.args[2])
        lanes = ir.Constant(i64, emit.lanes)
        count, nv, *pairs, b_array, b0, b_apart, out, o0, o_apart, terms = arguments
        kinds = types.void(*signature.args[2:12], *signature.args[13:15])
        a_at, start_at, row_at, shift_at, b_at, out_at = emit.places(kinds, [*pairs, b_array, b0, out, o0])

        def add_products(shape) -> None:
            count, nv = _SHAPES[shape]
            sources = [emit.at(a_at, b.load(emit.at(start_at, m))) for m in range(count)]

            def add_product(k, sums) -> list:
                shift = b.load(emit.at(shift_at, k))
                xs = [emit.load(place) for place in emit.lines(nv, emit.at(b_at, b.mul(k, lanes)), b_apart)]
                products = product((emit.splat(b.load(emit.at(source, shift))) for source in sources), xs)
                return [b.call(emit.fmuladd, [w, x, total]) for (w, x), total in zip(products, sums, strict=True)]

            sums = emit.loop(terms, [ir.Constant(emit.vector, [0.0] * emit.lanes)] * (count * nv), add_product)
            targets = [emit.at(out_at, b.mul(b.load(emit.at(row_at, m)), lanes)) for m in range(count)]
            ends = [end for target in targets for end in emit.lines(nv, target, o_apart)]
            for total, end in zip(sums, ends, strict=True):
                emit.store(b.fadd(emit.load(end), total), end)

        shapes = [shape for shape, (rows, _) in _SHAPES.items() if rows <= GATHERED]
        emit.choose(b.add(b.mul(count, ir.Constant(count.type, 8)), nv), shapes, add_products)
        return context.get_dummy_value()

    kinds = count, nv, a, a0, starts, m0, rows, r0, shifts, k0, b, b0, b_apart, out, o0, o_apart, terms
    return types.void(*kinds), codegen


# target[t0:] = source[s0:], a vector of them
@_intrinsic
def copy_vector(typing, source, s0, target, t0) -> tuple:
    """Copy through a register."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, source)
        source_at, target_at = emit.places(signature, arguments)
        emit.store(emit.load(source_at), target_at)
        return context.get_dummy_value()

    return types.void(source, s0, target, t0), codegen
