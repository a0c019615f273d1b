"""The cores of the loops over taps: blocks that keep their sums in vector registers over a whole inner loop.

Each array comes with the index of the first element that the block reads or writes.
"""

from itertools import product
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .compile import inline
from .emitter import NV, VECTOR_BYTES, Emitter, i32, i64

MR = 4  # output channels in a block, on every machine: callers lay out weights for it
NT = 3  # taps in a block of correlate_taps, on every machine: callers pad the taps to it
NT_WIDE = 2 * NT if VECTOR_BYTES == 64 else NT  # in most blocks: with AVX-512 there are registers for their sums
NT_SINGLE = 9  # the same where there is one output channel only, as in depthwise convolution: a window of 3 x 3

_intrinsic: Any = intrinsic


# How many elements of an array a vector of so many bytes has: a number that the compiler knows, so that it divides by
# it without a division, of which one costs as much as copying a small plane.
def _lanes(size: int) -> Any:
    @_intrinsic
    def lanes(typing, array) -> tuple:
        def codegen(context, b, signature, arguments) -> ir.Value:
            return ir.Constant(i64, 8 * size // array.dtype.bitwidth)

        return types.int64(array), codegen

    return lanes


PAIR_BYTES = 16  # of vectors that part pairs: they are short, as lines are that must have as many pairs
lanes_of, pair_lanes_of = _lanes(VECTOR_BYTES), _lanes(PAIR_BYTES)


@inline
def aligned(array) -> Any:
    """Leave out what is before a line of the cache, which is less than a vector: so none of these lies across two."""
    return array[-(array.ctypes.data // array.itemsize) % lanes_of(array) :]


@inline
def next_block(left, most) -> int:
    """Return how many of those left go into the next block: as many as fit, but so that not a single one is left."""
    if left >= most and left != most + 1:
        return most
    return 2 if left >= 2 else 1


# out[m, :] = bias[m] + sum_t weights[t, m] * row[offsets[t]:]   for mr channels and nv vectors of positions.
# out has rows of `pitch` elements.
def _accumulator(mr: int, nv: int) -> Any:
    @_intrinsic
    def block(typing, weights, w0, row, r0, offsets, t0, bias, b0, out, o0, taps, pitch) -> tuple:
        def codegen(context, b, signature, arguments) -> ir.Value:
            emit = Emitter(context, b, weights)
            w_at, row_at, offset_at, bias_at, out_at = emit.places(signature, arguments[:10])
            count, out_pitch = arguments[10:]

            def step(t, sums) -> list:
                source = emit.at(row_at, b.load(emit.at(offset_at, t)))
                xs = [emit.load(emit.at(source, v * emit.lanes)) for v in range(nv)]
                ws = emit.at(w_at, b.mul(t, ir.Constant(i64, mr)))
                following = []
                for m in range(mr):
                    w = emit.splat(b.load(emit.at(ws, m)))
                    following += [b.call(emit.fmuladd, [w, xs[v], sums[m * nv + v]]) for v in range(nv)]
                return following

            starts = [emit.splat(b.load(emit.at(bias_at, m))) for m in range(mr)]
            sums = emit.loop(count, [start for start in starts for _ in range(nv)], step)
            for m, line in enumerate(emit.lines(mr, out_at, out_pitch)):
                for v in range(nv):
                    emit.store(sums[m * nv + v], emit.at(line, v * emit.lanes))
            return context.get_dummy_value()

        return types.void(weights, w0, row, r0, offsets, t0, bias, b0, out, o0, taps, pitch), codegen

    return block


# Four channels read each position once for all; a channel on its own has as many sums, of other positions.
accumulate_block, accumulate_single = _accumulator(MR, NV), _accumulator(1, MR * NV)
accumulate_two = _accumulator(MR, 2)  # vectors, where no more are left


# out[m, t] += sum_s g[m, s] * row[offsets[t] + s]   for mr channels, nt taps, `steps` vectors of s.
def _correlator(mr: int, nt: int) -> Any:
    @_intrinsic
    def block(typing, g, g0, row, r0, offsets, t0, out, o0, g_pitch, out_pitch, steps) -> tuple:
        def codegen(context, b, signature, arguments) -> ir.Value:
            emit = Emitter(context, b, g)
            g_at, row_at, offset_at, out_at = emit.places(signature, arguments[:8])
            pitch, taps, count = arguments[8:]
            lines = emit.lines(mr, g_at, pitch)
            sources = [emit.at(row_at, b.load(emit.at(offset_at, t))) for t in range(nt)]

            def step(s, sums) -> list:
                s = b.mul(s, ir.Constant(i64, emit.lanes))
                xs = [emit.load(emit.at(source, s)) for source in sources]
                gs = [emit.load(emit.at(line, s)) for line in lines]
                return [b.call(emit.fmuladd, [gs[m], xs[t], sums[m * nt + t]]) for m in range(mr) for t in range(nt)]

            zero = ir.Constant(emit.vector, [0.0] * emit.lanes)
            sums = emit.loop(count, [zero] * (mr * nt), step)
            for m, line in enumerate(emit.lines(mr, out_at, taps)):
                for t in range(nt):
                    emit.add_to(emit.at(line, t), sums[m * nt + t])
            return context.get_dummy_value()

        return types.void(g, g0, row, r0, offsets, t0, out, o0, g_pitch, out_pitch, steps), codegen

    return block


correlate_block, correlate_wide = _correlator(MR, NT), _correlator(MR, NT_WIDE)
correlate_single = _correlator(1, NT_SINGLE)


# The same two where each element of the row is a vector that has an image in each lane: see `lane_geometry`.


# out[m, v] += sum_t weights[places[t] + m] * row[offsets[t] + v * step]   for MR channels and nv positions: NV, 2 or 1.
@_intrinsic
def accumulate_lanes(
    typing, nv, weights, w0, row, r0, offsets, t0, places, p0, out, o0, taps, step, out_pitch, out_step
) -> tuple:
    """Choose the code for so many positions."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, weights)
        several, arguments = arguments[0], arguments[1:]
        kinds = types.void(*signature.args[1:])
        w_at, row_at, offset_at, place_at, out_at = emit.places(kinds, arguments[:10])
        count, apart, pitch, out_apart = arguments[10:]

        def add_taps(nv) -> None:
            def add_tap(t, sums) -> list:
                source = emit.at(row_at, b.load(emit.at(offset_at, t)))
                xs = [emit.load(place) for place in emit.lines(nv, source, apart)]
                ws = emit.at(w_at, b.load(emit.at(place_at, t)))
                products = product((emit.splat(b.load(emit.at(ws, m))) for m in range(MR)), xs)
                return [b.call(emit.fmuladd, [w, x, total]) for (w, x), total in zip(products, sums, strict=True)]

            ends = [end for line in emit.lines(MR, out_at, pitch) for end in emit.lines(nv, line, out_apart)]
            for total, end in zip(emit.loop(count, [emit.load(end) for end in ends], add_tap), ends, strict=True):
                emit.store(total, end)

        emit.choose(several, (NV, 2, 1), add_taps)
        return context.get_dummy_value()

    kinds = nv, weights, w0, row, r0, offsets, t0, places, p0, out, o0, taps, step, out_pitch, out_step
    return types.void(*kinds), codegen


# out[v] = start + sum_t weights[places[t]] * row[offsets[t] + v * step]   for nv positions, 8, 4, 2 or 1.
# All are vectors; weights and the start begin with their arrays.
@_intrinsic
def weigh_lanes(typing, nv, weights, start, row, r0, offsets, t0, places, p0, out, o0, taps, step, out_step) -> tuple:
    """Choose the code for so many positions."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, weights)
        zero = ir.Constant(i64, 0)
        kinds = types.void(weights, taps, start, taps, *signature.args[3:11])
        arrays = [arguments[1], zero, arguments[2], zero, *arguments[3:11]]
        w_at, start_at, row_at, offset_at, place_at, out_at = emit.places(kinds, arrays)
        count, apart, out_apart = arguments[11:]

        def add_taps(nv) -> None:
            def add_tap(t, sums) -> list:
                w = emit.load(emit.at(w_at, b.load(emit.at(place_at, t))))
                xs = emit.lines(nv, emit.at(row_at, b.load(emit.at(offset_at, t))), apart)
                return [b.call(emit.fmuladd, [w, emit.load(x), total]) for x, total in zip(xs, sums, strict=True)]

            sums = emit.loop(count, [emit.load(start_at)] * nv, add_tap)
            for total, end in zip(sums, emit.lines(nv, out_at, out_apart), strict=True):
                emit.store(total, end)

        emit.choose(arguments[0], (8, 4, 2, 1), add_taps)
        return context.get_dummy_value()

    kinds = nv, weights, start, row, r0, offsets, t0, places, p0, out, o0, taps, step, out_step
    return types.void(*kinds), codegen


# out += sum of g[i * g_line + j] * x[i * x_line + j * x_step]   over i < rows and j < columns, four of these at a time;
# all are vectors, and lines and steps count elements.
@_intrinsic
def add_products(typing, g, g0, x, x0, out, o0, rows, columns, g_line, x_line, x_step) -> tuple:
    """Keep four sums in registers."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, g)
        g_at, x_at, out_at = emit.places(signature, arguments[:6])
        rows, columns, g_line, x_line, x_step = arguments[6:]
        four, lanes = ir.Constant(i64, 4), ir.Constant(i64, emit.lanes)

        def add_line(i, sums) -> list:
            g_start, x_start = emit.at(g_at, b.mul(i, g_line)), emit.at(x_at, b.mul(i, x_line))

            def add_column(j, total) -> ir.Value:
                factors = [emit.load(emit.at(g_start, b.mul(j, lanes))), emit.load(emit.at(x_start, b.mul(j, x_step)))]
                return b.call(emit.fmuladd, [*factors, total])

            def add_four(n, sums) -> list:
                first = b.mul(n, four)
                return [add_column(b.add(first, ir.Constant(i64, k)), total) for k, total in enumerate(sums)]

            sums = emit.loop(b.sdiv(columns, four), sums, add_four, unroll=False)
            rest, done = b.srem(columns, four), b.sub(columns, b.srem(columns, four))
            last = emit.loop(rest, sums[:1], lambda j, sums: [add_column(b.add(done, j), sums[0])], unroll=False)
            return [*last, *sums[1:]]

        sums = emit.loop(rows, [ir.Constant(emit.vector, [0.0] * emit.lanes)] * 4, add_line, unroll=False)
        total = b.fadd(b.fadd(sums[0], sums[1]), b.fadd(sums[2], sums[3]))
        emit.store(b.fadd(emit.load(out_at), total), out_at)
        return context.get_dummy_value()

    return types.void(g, g0, x, x0, out, o0, rows, columns, g_line, x_line, x_step), codegen


# out[m, t] += the sum over loops of g[m] * x[t]   for MR outputs and nt channels: NT, 2 or 1; g_pitch, x_pitch,
# out_pitch and out_step say how far apart they are.  Each of the loops, of which the first is the outermost, is a
# tuple of how often it runs, and how far it goes in g and in x.
@_intrinsic
def correlate_lanes(typing, nt, g, g0, x, x0, out, o0, g_pitch, x_pitch, out_pitch, out_step, loops) -> tuple:
    """Choose the code for so many channels."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, g)
        g_at, x_at, out_at = emit.places(types.void(*signature.args[1:7]), arguments[1:7])
        g_apart, x_apart, out_apart, step = arguments[7:11]
        nest = [cgutils.unpack_tuple(b, loop) for loop in cgutils.unpack_tuple(b, arguments[11])]

        def run(nest, gs_at, xs_at, sums) -> list:
            if not nest:
                pairs = product([emit.load(place) for place in gs_at], [emit.load(place) for place in xs_at])
                return [b.call(emit.fmuladd, [*pair, total]) for pair, total in zip(pairs, sums, strict=True)]
            (count, g_step, x_step), *inner = nest

            def advance(i, sums) -> list:
                g_far, x_far = b.mul(i, g_step), b.mul(i, x_step)
                starts = [emit.at(place, g_far) for place in gs_at], [emit.at(place, x_far) for place in xs_at]
                return run(inner, *starts, sums)

            return emit.loop(count, sums, advance, unroll=False)

        def add_products(nt) -> None:
            zero = ir.Constant(emit.vector, [0.0] * emit.lanes)
            sums = run(nest, emit.lines(MR, g_at, g_apart), emit.lines(nt, x_at, x_apart), [zero] * (MR * nt))
            ends = [end for line in emit.lines(MR, out_at, out_apart) for end in emit.lines(nt, line, step)]
            for total, end in zip(sums, ends, strict=True):
                emit.add_to(end, total)

        emit.choose(arguments[0], (NT, 2, 1), add_products)
        return context.get_dummy_value()

    return types.void(nt, g, g0, x, x0, out, o0, g_pitch, x_pitch, out_pitch, out_step, loops), codegen


# Write the first, or the first and the second ones, of `count` pairs to as many targets.  The last vector ends where
# the pairs do, and so may repeat some of those before: there must be as many as a vector has lanes.
def _part(emit, source_at, targets, count) -> None:
    b, lanes = emit.builder, ir.Constant(i64, emit.lanes)
    halves = [ir.Constant(ir.VectorType(i32, emit.lanes), [2 * i + n for i in range(emit.lanes)]) for n in (0, 1)]
    end = b.sub(count, lanes)

    def step(s, _) -> list:
        p = b.mul(s, lanes)
        p = b.select(b.icmp_signed("<", p, end), p, end)
        place = emit.at(source_at, b.mul(p, ir.Constant(i64, 2)))
        low, high = emit.load(place), emit.load(emit.at(place, emit.lanes))
        for half, target in zip(halves, targets, strict=False):
            emit.store(b.shuffle_vector(low, high, half), emit.at(target, p))
        return []

    emit.loop(b.sdiv(b.add(count, b.sub(lanes, ir.Constant(i64, 1))), lanes), [], step)


# target[t0 + i] = source[s0 + 2 i] for i < count; source[s0 + 2 count - 1] is read, too.
@_intrinsic
def copy_alternate(typing, source, s0, target, t0, count) -> tuple:
    """Take every second element of two vectors."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, source, PAIR_BYTES)
        source_at, target_at = emit.places(signature, arguments[:4])
        _part(emit, source_at, [target_at], arguments[4])
        return context.get_dummy_value()

    return types.void(source, s0, target, t0, count), codegen


# The same, and target[t1 + i] = source[s0 + 2 i + 1].
@_intrinsic
def part_pairs(typing, source, s0, target, t0, t1, count) -> tuple:
    """Take two vectors of pairs apart."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, source, PAIR_BYTES)
        source_at, first_at = emit.places(signature, arguments[:4])
        second_at = emit.at(first_at, b.sub(arguments[4], arguments[3]))
        _part(emit, source_at, [first_at, second_at], arguments[5])
        return context.get_dummy_value()

    return types.void(source, s0, target, t0, t1, count), codegen


# Copy `count` elements from source[s0:] to target[t0:]: on short lines libc's memcpy beats a loop of vectors.
@_intrinsic
def copy_line(typing, source, s0, target, t0, count) -> tuple:
    """Call memcpy."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = Emitter(context, b, source)
        source_at, target_at = emit.places(signature, arguments[:4])
        cgutils.raw_memcpy(b, target_at, source_at, arguments[4], emit.align)
        return context.get_dummy_value()

    return types.void(source, s0, target, t0, count), codegen
