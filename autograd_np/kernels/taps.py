"""The loops of convolution over rows in the phase layout of `geometry`.

    accumulate_taps:  out[o, p] = bias[o] + sum_t w[o, t] * row[p + offset[t]]      (forward and dx)
    correlate_taps:   dw[o, t]  = sum_p g[o, p] * row[p + offset[t]]

What they call in their innermost loops are the `blocks`.
"""

import numpy as np

from .blocks import (
    MR,
    NT_SINGLE,
    NT_WIDE,
    accumulate_block,
    accumulate_single,
    accumulate_two,
    copy_alternate,
    copy_line,
    correlate_block,
    correlate_single,
    correlate_wide,
    lanes_of,
    pair_lanes_of,
    part_pairs,
)
from .compile import inline, kernel, share
from .emitter import NV, VECTOR_BYTES

BLOCK_BYTES = 128 * 1024  # of weights and sums that are swept over in a tile: a part of the L2 cache
CHUNK = 16 * VECTOR_BYTES  # positions that correlate_taps sweeps over at a time: MR rows of them stay in the L1 cache


# Copy `count` elements from source[at::step] to target[to::to_step], of flat arrays: slices would cost more
# than the copy, as would a test for negative indices, which unsigned ones are spared.
@inline
def _copy(source, at, step, target, to, to_step, count) -> None:
    if count <= 0:
        return
    if step == 1 and to_step == 1:
        copy_line(source, at, target, to, count)
        return
    at, to, step, to_step = np.uint64(at), np.uint64(to), np.uint64(step), np.uint64(to_step)
    for _ in range(count):
        target[to] = source[at]
        at += step
        to += to_step


# Copy the plane (height, width) at planes[at:] into its layout at row[start:].  What the plane does not cover is left
# as it is: what the caller put there is the padding.  No range with a step: to count it takes a division.
@inline
def _pack(planes, at, height, width, layout, copies, row, start) -> None:
    sh, sw, pitch = layout[2], layout[3], layout[5]
    lanes = pair_lanes_of(row)
    for y, x, to, last_y, count, beside in copies:
        to += start
        source, end = at + y * width, at + last_y * width
        if sh == sw == 1 and count == width == pitch:  # no padding lies between the lines
            _copy(planes, source, 1, row, to, 1, end - source)
        elif beside >= 0:
            beside += start
            while source < end:
                if count >= lanes:
                    part_pairs(planes, source, row, to, beside, count)
                else:
                    _copy(planes, source, 2, row, to, 1, count)
                    _copy(planes, source + 1, 2, row, beside, 1, count)
                source += sh * width
                to += pitch
                beside += pitch
        elif sw == 2 and count >= lanes and at + height * width < len(planes):
            # not in the last plane, behind which one element would be read
            while source < end:
                copy_alternate(planes, source + x, row, to, count)
                source += sh * width
                to += pitch
        else:
            while source < end:
                _copy(planes, source + x, sw, row, to, 1, count)
                source += sh * width
                to += pitch


@kernel
def accumulate_taps(worker, workers, source, layout, copies, bounds, weights, offsets, bias, tiles, out) -> None:
    """Fill a share of the (images, group, tile, block of outputs) items of out (N, G, outputs, H', W').

    The source is (N, G, channels, H, W), weights are (G, blocks * taps * mr), bias is (G, blocks, mr), where mr is
    MR, or 1 for a single output.  As many images as `bounds` says lie one after the other in a row.  Blocks of outputs
    are swept in bundles whose weights and sums stay in the L2 cache; within one the positions are outermost, so that
    the parts of the row that they read stay in the L1 cache.
    """
    images, groups, channels, height, width = source.shape
    outputs, out_height, out_width = out.shape[2:]
    blocks, mr = bias.shape[1:]
    flat, flat_out = source.reshape(-1), out.reshape(-1)
    together, furthest, most_taps, last_origin, longest = bounds
    _, _, _, _, rows, pitch, high, wide = layout
    plane = rows * pitch
    channel_stride = high * wide * together * plane
    lanes = lanes_of(source)
    step = MR * NV // mr * lanes
    longest += (together - 1) * plane
    line = (longest + step - 1) // step * step
    swept = max(1, min(blocks, BLOCK_BYTES // (mr * source.itemsize * (most_taps + line))))
    reach = furthest + last_origin + longest  # the padding of the last line may lie behind it
    row = np.zeros(max(channels * channel_stride, reach) + step, source.dtype)
    sums = np.empty(swept * mr * line, source.dtype)
    packed = -1
    batches = (images + together - 1) // together
    item, stop = share(batches * groups * len(tiles) * blocks, worker, workers)
    while item < stop:
        piece = item // blocks
        first_block = item - piece * blocks
        last_block = min(blocks, first_block + stop - item)
        item += last_block - first_block
        packing = piece // len(tiles)
        if packing != packed:
            group, base = packing % groups, packing // groups * together
            batch = min(together, images - base)
            for b in range(batch):
                for c in range(channels):
                    at = (((base + b) * groups + group) * channels + c) * height * width
                    _pack(flat, at, height, width, layout, copies, row, c * channel_stride + b * plane)
            packed = packing
        tile = tiles[piece - packing * len(tiles)]
        first_tap, taps, origin, tile_rows, tile_columns, y, y_step, x, x_step, span = tile
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
                        accumulate_single(ws, w, row, at, offsets, first_tap, starts, k, sums, to, taps, line)
                    elif vectors > 2:
                        accumulate_block(ws, w, row, at, offsets, first_tap, starts, k * mr, sums, to, taps, line)
                    else:
                        accumulate_two(ws, w, row, at, offsets, first_tap, starts, k * mr, sums, to, taps, line)
            for b in range(batch):
                for o in range(first * mr, min(last * mr, outputs)):
                    at, image = (o - first * mr) * line + b * plane, (base + b) * groups + group
                    to = ((image * outputs + o) * out_height + y) * out_width + x
                    for _ in range(lines):
                        _copy(sums, at, 1, flat_out, to, x_step, line_length)
                        at += pitch
                        to += y_step * out_width


@kernel
def correlate_taps(worker, workers, x, g, layout, copies, bounds, offsets, partial) -> None:
    """Fill a share of the (part of the batch, group, block of outputs) items of partial (parts, G, outputs, taps).

    x is (N, G, channels, H, W), g is (N, G, outputs, H', W'), the outputs of partial are padded to blocks of MR, or
    a single one; `bounds` is as in accumulate_taps.  In g's rows the columns without a position are zeros: the caller
    sees to it that x is finite, since 0 * inf would be NaN.
    """
    images, groups, channels, height, width = x.shape
    outputs, out_height, out_width = g.shape[2:]
    flat_x, flat_g = x.reshape(-1), g.reshape(-1)
    parts, _, padded_outputs, taps = partial.shape
    together, furthest, _, _, _ = bounds
    mr = min(MR, padded_outputs)
    blocks = padded_outputs // mr
    _, _, _, _, rows, pitch, high, wide = layout
    plane = rows * pitch
    channel_stride = high * wide * together * plane
    lanes = lanes_of(x)
    g_pitch = (together * plane + lanes - 1) // lanes * lanes
    lines, line = (1, out_height * out_width) if pitch == out_width else (out_height, out_width)
    item, stop = share(parts * groups * blocks, worker, workers)
    while item < stop:
        piece, block = item // blocks, item % blocks
        swept = min(blocks - block, stop - item)
        item += swept
        part, group = piece // groups, piece % groups
        first, last = block * mr, (block + swept) * mr
        row = np.zeros(max(channels * channel_stride, furthest) + g_pitch, x.dtype)
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
                    _pack(flat_x, at, height, width, layout, copies, row, to)
                for o in range(first, min(last, outputs)):
                    at, to = (image * outputs + o) * out_height * out_width, (o - first) * g_pitch + b * plane
                    for i in range(lines):
                        _copy(flat_g, at + i * line, 1, cotangent, to + i * pitch, 1, line)
            span = (batch - 1) * plane + (out_height - 1) * pitch + out_width
            for p in range(0, span, CHUNK):
                steps = (min(CHUNK, span - p) + lanes - 1) // lanes
                for t in range(0, taps if mr == 1 else 0, NT_SINGLE):
                    correlate_single(cotangent, p, row, p, offsets, t, total, t, g_pitch, taps, steps)
                for o in range(first, last if mr == MR else 0, MR):
                    t, at, to = 0, (o - first) * g_pitch + p, o * taps
                    while t <= taps - NT_WIDE:
                        correlate_wide(cotangent, at, row, p, offsets, t, total, to + t, g_pitch, taps, steps)
                        t += NT_WIDE
                    if t < taps:
                        correlate_block(cotangent, at, row, p, offsets, t, total, to + t, g_pitch, taps, steps)
