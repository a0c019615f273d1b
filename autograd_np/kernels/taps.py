"""The loops of convolution and pooling over rows in the phase layout of `geometry`.

    accumulate_taps:  out[o, p] = bias[o] + sum_t w[o, t] * row[p + offset[t]]      (forward and dx)
    correlate_taps:   dw[o, t]  = sum_p g[o, p] * row[p + offset[t]]
    maximum_of_taps:  out[p]    = max_t row[p + offset[t]]

The cores keep their sums or maxima in vector registers over the whole inner loop, which Numba cannot write from Python
loops but takes as LLVM IR through an intrinsic.  They live in their callers' file: Numba's cache looks at its date.
"""

from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .compile import inline, kernel, share


def _vector_shape() -> tuple[int, int]:
    """Return the bytes of a vector, and how many a block has: MR times as many sums, all in registers."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 64, 4
    if features.get("avx2"):
        return 32, 3
    return 16, 3


MR = 4  # output channels in a block, on every machine: callers lay out weights for it
VECTOR_BYTES, NV = _vector_shape()
NT = 3  # taps in a block of correlate_taps, on every machine: callers pad the taps to it
NT_SINGLE = 9  # the same where there is one output channel only, as in depthwise convolution: a window of 3 x 3
BLOCK_BYTES = 128 * 1024  # of weights and sums that are swept over in a tile: a part of the L2 cache
CHUNK = 512  # positions that correlate_taps sweeps over at a time: MR rows of them stay in the L1 cache

_i64, _i32 = ir.IntType(64), ir.IntType(32)
_intrinsic: Any = intrinsic


class _Emitter:
    """What the cores are made of: loads and stores of vectors, fused multiply-adds, and a loop."""

    def __init__(self, context, builder, array_type) -> None:
        self.context, self.builder = context, builder
        self.scalar = context.get_value_type(array_type.dtype)
        self.lanes = VECTOR_BYTES // (array_type.dtype.bitwidth // 8)
        self.align = array_type.dtype.bitwidth // 8
        self.vector = ir.VectorType(self.scalar, self.lanes)
        suffix = f"v{self.lanes}f{array_type.dtype.bitwidth}"
        signature = ir.FunctionType(self.vector, [self.vector] * 3)
        # Not fma: without a fused instruction that would be a call, and this is a product and a sum.
        self.fmuladd = cgutils.get_or_insert_function(builder.module, signature, f"llvm.fmuladd.{suffix}")
        signature = ir.FunctionType(self.scalar, [self.scalar, self.vector])
        self.add_lanes = cgutils.get_or_insert_function(builder.module, signature, f"llvm.vector.reduce.fadd.{suffix}")

    def at(self, pointer, index) -> ir.Value:
        return self.builder.gep(pointer, [index if isinstance(index, ir.Value) else ir.Constant(_i64, index)])

    def places(self, signature, arguments) -> list[ir.Value]:
        """Return a pointer for each pair of arguments (array, index)."""
        kinds = signature.args[: len(arguments) : 2]
        arrays = (
            self.context.make_array(kind)(self.context, self.builder, array)
            for kind, array in zip(kinds, arguments[::2], strict=True)
        )
        return [self.at(array.data, index) for array, index in zip(arrays, arguments[1::2], strict=True)]

    def lines(self, count, pointer, pitch) -> list[ir.Value]:
        """Return where `count` lines start that are `pitch` elements apart."""
        return [self.at(pointer, self.builder.mul(pitch, ir.Constant(_i64, m))) for m in range(count)]

    def load(self, pointer) -> ir.Value:
        value = self.builder.load(self.builder.bitcast(pointer, self.vector.as_pointer()))
        value.align = self.align
        return value

    def store(self, value, pointer) -> None:
        pointer = self.builder.bitcast(pointer, value.type.as_pointer())
        self.builder.store(value, pointer).align = self.align

    def splat(self, scalar) -> ir.Value:
        undefined = ir.Constant(ir.VectorType(scalar.type, self.lanes), ir.Undefined)
        one = self.builder.insert_element(undefined, scalar, ir.Constant(_i32, 0))
        everywhere = ir.Constant(ir.VectorType(_i32, self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(one, undefined, everywhere)

    def loop(self, count, sums, step) -> list[ir.Value]:
        """Emit `for i in range(count): sums = step(i, sums)` with the sums in registers, and return them."""
        b = self.builder
        before = b.block
        head, body, after = (b.append_basic_block(name) for name in ("head", "body", "after"))
        b.branch(head)
        b.position_at_end(head)
        i = b.phi(_i64)
        i.add_incoming(ir.Constant(_i64, 0), before)
        carried = [b.phi(start.type) for start in sums]
        for phi, start in zip(carried, sums, strict=True):
            phi.add_incoming(start, before)
        b.cbranch(b.icmp_signed("<", i, count), body, after)
        b.position_at_end(body)
        following = step(i, carried)
        i.add_incoming(b.add(i, ir.Constant(_i64, 1)), b.block)
        for phi, value in zip(carried, following, strict=True):
            phi.add_incoming(value, b.block)
        b.branch(head)
        b.position_at_end(after)
        return carried


# out[m, :] = bias[m] + sum_t weights[t, m] * row[offsets[t]:]   for mr channels and nv vectors of positions.
# Each array comes with the index of its first element; out has rows of `pitch` elements.
def _accumulator(mr: int, nv: int) -> Any:
    @_intrinsic
    def block(typing, weights, w0, row, r0, offsets, t0, bias, b0, out, o0, taps, pitch) -> tuple:
        def codegen(context, b, signature, arguments) -> ir.Value:
            emit = _Emitter(context, b, weights)
            w_at, row_at, offset_at, bias_at, out_at = emit.places(signature, arguments[:10])
            count, out_pitch = arguments[10:]

            def step(t, sums) -> list:
                source = emit.at(row_at, b.load(emit.at(offset_at, t)))
                xs = [emit.load(emit.at(source, v * emit.lanes)) for v in range(nv)]
                ws = emit.at(w_at, b.mul(t, ir.Constant(_i64, mr)))
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
_accumulate_block, _accumulate_single = _accumulator(MR, NV), _accumulator(1, MR * NV)
_accumulate_two, _accumulate_one = _accumulator(MR, 2), _accumulator(MR, 1)  # vectors, where no more are left


# out[m, t] += sum_s g[m, s] * row[offsets[t] + s]   for mr channels, nt taps, `steps` vectors of s.
def _correlator(mr: int, nt: int) -> Any:
    @_intrinsic
    def block(typing, g, g0, row, r0, offsets, t0, out, o0, g_pitch, out_pitch, steps) -> tuple:
        def codegen(context, b, signature, arguments) -> ir.Value:
            emit = _Emitter(context, b, g)
            g_at, row_at, offset_at, out_at = emit.places(signature, arguments[:8])
            pitch, taps, count = arguments[8:]
            lines = emit.lines(mr, g_at, pitch)
            sources = [emit.at(row_at, b.load(emit.at(offset_at, t))) for t in range(nt)]

            def step(s, sums) -> list:
                s = b.mul(s, ir.Constant(_i64, emit.lanes))
                xs = [emit.load(emit.at(source, s)) for source in sources]
                gs = [emit.load(emit.at(line, s)) for line in lines]
                return [b.call(emit.fmuladd, [gs[m], xs[t], sums[m * nt + t]]) for m in range(mr) for t in range(nt)]

            zero = ir.Constant(emit.vector, [0.0] * emit.lanes)
            sums = emit.loop(count, [zero] * (mr * nt), step)
            for m, line in enumerate(emit.lines(mr, out_at, taps)):
                for t in range(nt):
                    place = emit.at(line, t)
                    # The lanes may be added in any order; NaN, inf and signed zero stay as they are.
                    total = b.call(emit.add_lanes, [b.load(place), sums[m * nt + t]], fastmath=["reassoc"])
                    b.store(total, place)
            return context.get_dummy_value()

        return types.void(g, g0, row, r0, offsets, t0, out, o0, g_pitch, out_pitch, steps), codegen

    return block


_correlate_block, _correlate_single = _correlator(MR, NT), _correlator(1, NT_SINGLE)


# best[p] = max_t row[p + offsets[t]] and which[p] = tags[t] of the first t that has it, for NV vectors of
# positions.  The first NaN is the maximum; where all are -inf, which[p] stays -1.
@_intrinsic
def _maximum_block(typing, row, r0, best, b0, which, w0, offsets, tags, taps) -> tuple:
    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = _Emitter(context, b, row)
        row_at, best_at, which_at = emit.places(signature, arguments[:6])
        start = ir.Constant(_i64, 0)
        kinds = types.void(offsets, taps, tags, taps)
        offset_at, tag_at = emit.places(kinds, [arguments[6], start, arguments[7], start])

        def step(t, carried) -> list:
            source = emit.at(row_at, b.load(emit.at(offset_at, t)))
            tag = emit.splat(b.load(emit.at(tag_at, t)))
            bests, tag_sets = [], []
            for v, (old, old_tag) in enumerate(zip(carried[:NV], carried[NV:], strict=True)):
                new = emit.load(emit.at(source, v * emit.lanes))
                first_nan = b.and_(b.fcmp_unordered("uno", new, new), b.fcmp_ordered("ord", old, old))
                better = b.or_(b.fcmp_ordered(">", new, old), first_nan)
                bests.append(b.select(better, new, old))
                tag_sets.append(b.select(better, tag, old_tag))
            return bests + tag_sets

        integer = context.get_value_type(which.dtype)
        lowest = emit.splat(ir.Constant(emit.scalar, float("-inf")))
        carried = emit.loop(arguments[8], [lowest] * NV + [emit.splat(ir.Constant(integer, -1))] * NV, step)
        for v in range(NV):
            emit.store(carried[v], emit.at(best_at, v * emit.lanes))
            emit.store(carried[NV + v], emit.at(which_at, v * emit.lanes))
        return context.get_dummy_value()

    return types.void(row, r0, best, b0, which, w0, offsets, tags, taps), codegen


# Copy `count` elements from source[s0:] to target[t0:]: on short lines libc's memcpy beats a loop of vectors.
@_intrinsic
def _copy_line(typing, source, s0, target, t0, count) -> tuple:
    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = _Emitter(context, b, source)
        source_at, target_at = emit.places(signature, arguments[:4])
        cgutils.raw_memcpy(b, target_at, source_at, arguments[4], emit.align)
        return context.get_dummy_value()

    return types.void(source, s0, target, t0, count), codegen


# Copy `count` elements from source[at::step] to target[to::to_step], of flat arrays: slices would cost more
# than the copy, as would a test for negative indices, which unsigned ones are spared.
@inline
def _copy(source, at, step, target, to, to_step, count) -> None:
    if count <= 0:
        return
    if step == 1 and to_step == 1:
        _copy_line(source, at, target, to, count)
        return
    at, to, step, to_step = np.uint64(at), np.uint64(to), np.uint64(step), np.uint64(to_step)
    for _ in range(count):
        target[to] = source[at]
        at += step
        to += to_step


# Copy the plane (height, width) at planes[at:] into its phase layout at row[start:], with phases phase_stride
# apart.  What the plane does not cover is left as it is: what the caller put there is the padding.
@inline
def _pack(planes, at, height, width, layout, row, start, phase_stride) -> None:
    top, left, sh, sw, rows, pitch, high, wide = layout
    first_y, last_y = max(0, -top), min(height, rows * sh - top)
    first_x, last_x = max(0, -left), min(width, pitch * sw - left)
    for py in range(min(sh, high)):
        y = first_y + (py - top - first_y) % sh
        for px in range(min(sw, wide)):
            x = first_x + (px - left - first_x) % sw
            to = start + (py * sw + px) * phase_stride + (y + top) // sh * pitch + (x + left) // sw
            count = (last_x - x + sw - 1) // sw
            for i in range(y, last_y, sh):
                _copy(planes, at + i * width + x, sw, row, to, 1, count)
                to += pitch


@kernel
def accumulate_taps(worker, workers, source, layout, weights, offsets, bias, tiles, cut, out) -> None:
    """Fill a share of the (images, group, chunk of outputs, tile) items of out (N, G, outputs, H', W').

    The source is (N, G, channels, H, W), weights are (G, blocks * taps * mr), bias is (G, blocks, mr), where mr is
    MR, or 1 for a single output; cut says how many images lie one after the other in a row, and into how many chunks
    blocks are cut.  Blocks of outputs are swept in bundles whose weights and sums stay in the L2 cache; within one the
    positions are outermost, so that the parts of the row that they read stay in the L1 cache.
    """
    images, groups, channels, height, width = source.shape
    outputs, out_height, out_width = out.shape[2:]
    blocks, mr = bias.shape[1:]
    flat, flat_out = source.reshape(-1), out.reshape(-1)
    together, chunks = cut
    _, _, sh, sw, rows, pitch, _, _ = layout
    plane = rows * pitch
    phase_stride, channel_stride = together * plane, sh * sw * together * plane
    lanes = VECTOR_BYTES // source.itemsize
    step = MR * NV // mr * lanes
    longest = (together - 1) * plane + tiles[:, 9].max()
    line = (longest + step - 1) // step * step
    swept = max(1, min(blocks, BLOCK_BYTES // (mr * source.itemsize * (tiles[:, 1].max() + line))))
    reach = offsets.max() + tiles[:, 2].max() + longest  # the padding of the last line may lie behind it
    row = np.zeros(max(channels * channel_stride, reach) + step, source.dtype)
    sums = np.empty(swept * mr * line, source.dtype)
    packed = at_chunk = -1
    batches = (images + together - 1) // together
    start, stop = share(batches * groups * chunks * len(tiles), worker, workers)
    for item in range(start, stop):
        unit = item // len(tiles)
        if unit != at_chunk:
            at_chunk, packing = unit, unit // chunks
            first_block, last_block = share(blocks, unit % chunks, chunks)
            group, base = packing % groups, packing // groups * together
            batch = min(together, images - base)
            for b in range(batch if packing != packed else 0):
                for c in range(channels):
                    at = (((base + b) * groups + group) * channels + c) * height * width
                    _pack(flat, at, height, width, layout, row, c * channel_stride + b * plane, phase_stride)
            packed = packing
        first_tap, taps, origin, tile_rows, tile_columns, y, y_step, x, x_step, span = tiles[item - unit * len(tiles)]
        whole = pitch == out_width == tile_columns and x_step == y_step == 1
        lines, line_length = (1, span) if whole else (tile_rows, tile_columns)
        span += (batch - 1) * plane
        ws, starts = weights[group], bias[group].reshape(-1)
        for first in range(first_block, last_block, swept):
            last = min(first + swept, last_block)
            for p in range(0, span, step):
                at, vectors = origin + p, (span - p + lanes - 1) // lanes
                for k in range(first, last):
                    w, to = (first_tap * blocks + k * taps) * mr, (k - first) * mr * line + p
                    if mr == 1:
                        _accumulate_single(ws, w, row, at, offsets, first_tap, starts, k, sums, to, taps, line)
                    elif vectors > 2:
                        _accumulate_block(ws, w, row, at, offsets, first_tap, starts, k * mr, sums, to, taps, line)
                    elif vectors == 2:
                        _accumulate_two(ws, w, row, at, offsets, first_tap, starts, k * mr, sums, to, taps, line)
                    else:
                        _accumulate_one(ws, w, row, at, offsets, first_tap, starts, k * mr, sums, to, taps, line)
            for b in range(batch):
                for o in range(first * mr, min(last * mr, outputs)):
                    at, image = (o - first * mr) * line + b * plane, (base + b) * groups + group
                    to = ((image * outputs + o) * out_height + y) * out_width + x
                    for _ in range(lines):
                        _copy(sums, at, 1, flat_out, to, x_step, line_length)
                        at += pitch
                        to += y_step * out_width


@kernel
def correlate_taps(worker, workers, x, g, layout, offsets, cut, partial) -> None:
    """Fill a share of the (part of the batch, group, chunk of outputs) items of partial (parts, G, outputs, taps).

    x is (N, G, channels, H, W), g is (N, G, outputs, H', W'), the outputs of partial are padded to blocks of MR, or
    a single one; cut is as in accumulate_taps.  In g's rows the columns without a position are zeros: the caller sees
    to it that x is finite, since 0 * inf would be NaN.
    """
    images, groups, channels, height, width = x.shape
    outputs, out_height, out_width = g.shape[2:]
    flat_x, flat_g = x.reshape(-1), g.reshape(-1)
    parts, _, padded_outputs, taps = partial.shape
    together, chunks = cut
    mr = min(MR, padded_outputs)
    _, _, sh, sw, rows, pitch, _, _ = layout
    plane = rows * pitch
    phase_stride = together * plane
    channel_stride = sh * sw * phase_stride
    lanes = VECTOR_BYTES // x.itemsize
    g_pitch = (phase_stride + lanes - 1) // lanes * lanes
    start, stop = share(parts * groups * chunks, worker, workers)
    for item in range(start, stop):
        part, group, chunk = item // groups // chunks, item // chunks % groups, item % chunks
        first, last = share(padded_outputs // mr, chunk, chunks)
        first, last = first * mr, last * mr
        row = np.zeros(max(channels * channel_stride, offsets.max()) + g_pitch, x.dtype)
        cotangent = np.zeros((last - first) * g_pitch, x.dtype)
        total = partial[part, group].reshape(-1)
        total[first * taps : last * taps] = 0
        low, high = share(images, part, parts)
        for base in range(low, high, together):
            batch = min(together, high - base)
            if batch < together:
                cotangent[:] = 0
            for b in range(batch):
                image = (base + b) * groups + group
                for c in range(channels):
                    at, to = (image * channels + c) * height * width, c * channel_stride + b * plane
                    _pack(flat_x, at, height, width, layout, row, to, phase_stride)
                for o in range(first, min(last, outputs)):
                    at, to = (image * outputs + o) * out_height * out_width, (o - first) * g_pitch + b * plane
                    for i in range(out_height):
                        _copy(flat_g, at + i * out_width, 1, cotangent, to + i * pitch, 1, out_width)
            span = (batch - 1) * plane + (out_height - 1) * pitch + out_width
            for p in range(0, span, CHUNK):
                steps = (min(CHUNK, span - p) + lanes - 1) // lanes
                for t in range(0, taps if mr == 1 else 0, NT_SINGLE):
                    _correlate_single(cotangent, p, row, p, offsets, t, total, t, g_pitch, taps, steps)
                for o in range(first, last if mr == MR else 0, MR):
                    for t in range(0, taps, NT):
                        at, to = (o - first) * g_pitch + p, o * taps + t
                        _correlate_block(cotangent, at, row, p, offsets, t, total, to, g_pitch, taps, steps)


@kernel
def maximum_of_taps(worker, workers, x, layout, offsets, tags, out, winner) -> None:
    """Fill a share of the planes of out and winner (planes, H', W') from x (planes, H, W).

    tags[t] is how far tap t lies behind the window's first in x's plane, in integers as wide as x's elements.
    """
    planes, height, width = x.shape
    out_height, out_width = out.shape[1:]
    flat, flat_out, flat_winner = x.reshape(-1), out.reshape(-1), winner.reshape(-1)
    top, left, sh, sw, rows, pitch, _, _ = layout
    size, span = rows * pitch, (out_height - 1) * pitch + out_width
    step = NV * VECTOR_BYTES // x.itemsize
    row = np.full(max(sh * sw * size, offsets.max() + span) + step, -np.inf, x.dtype)
    best, which = np.empty(span + step, x.dtype), np.empty(span + step, tags.dtype)
    places, firsts = np.empty(span, winner.dtype), np.empty(span, winner.dtype)
    for p in range(span):  # where in the plane the window at this position begins
        firsts[p] = (p // pitch * sh - top) * width + p % pitch * sw - left
    lines, line = (1, span) if pitch == out_width else (out_height, out_width)
    start, stop = share(planes, worker, workers)
    for plane in range(start, stop):
        _pack(flat, plane * height * width, height, width, layout, row, 0, size)
        for p in range(0, span, step):
            _maximum_block(row, p, best, p, which, p, offsets, tags, len(offsets))
        lowest = tags.dtype.type(0)
        for p in range(span):  # without branches, for vector instructions
            lowest = min(lowest, which[p])
            places[p] = firsts[p] + places.dtype.type(which[p])
        if lowest < 0:
            for p in range(span):
                if which[p] < 0:
                    places[p] = max(0, p // pitch * sh - top) * width + max(0, p % pitch * sw - left)
        for i in range(lines):
            at, to = i * pitch, (plane * out_height + i) * out_width
            _copy(best, at, 1, flat_out, to, 1, line)
            _copy(places, at, 1, flat_winner, to, 1, line)
