"""The cores of the loops over matrices: a block of a product, whose sums stay in vector registers; a transposed tile.

Each array comes with the index of the first element that the block reads or writes.
"""

from itertools import product
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .blocks import MR
from .emitter import NV, Emitter, i32

_intrinsic: Any = intrinsic


SHAPES = (MR, NV), (2 * MR, 2), (4 * MR, 1), (MR, 2), (MR, 1)  # rows and vectors of a block


# out[m, v] = start[m * s_row + v] + sum_k a[m * a_row + k * a_step] * b[k * b_row + v]   for a block of one of the
# shapes above, counted from 0.
@_intrinsic
def multiply_block(
    typing, shape, a, a0, b, b0, start, s0, out, o0, terms, a_row, a_step, b_row, s_row, out_row
) -> tuple:
    """Choose the code for this shape."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, signature.args[1])
        a_at, b_at, start_at, out_at = emit.places(types.void(*signature.args[1:9]), arguments[1:9])
        terms, a_pitch, step, b_pitch, start_pitch, out_pitch = arguments[9:]

        def add_products(shape) -> None:
            rows, nv = SHAPES[shape]

            def places(pointer, pitch) -> list:
                return [emit.at(line, v * emit.lanes) for line in emit.lines(rows, pointer, pitch) for v in range(nv)]

            def add_product(k, sums) -> list:
                row = emit.at(b_at, b.mul(k, b_pitch))
                xs = [emit.load(emit.at(row, v * emit.lanes)) for v in range(nv)]
                starts = emit.lines(rows, emit.at(a_at, b.mul(k, step)), a_pitch)
                products = product((emit.splat(b.load(start)) for start in starts), xs)
                return [b.call(emit.fmuladd, [w, x, total]) for (w, x), total in zip(products, sums, strict=True)]

            sums = emit.loop(terms, [emit.load(place) for place in places(start_at, start_pitch)], add_product)
            for total, place in zip(sums, places(out_at, out_pitch), strict=True):
                emit.store(total, place)

        emit.choose(arguments[0], range(len(SHAPES)), add_products)
        return context.get_dummy_value()

    kinds = shape, a, a0, b, b0, start, s0, out, o0, terms, a_row, a_step, b_row, s_row, out_row
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
