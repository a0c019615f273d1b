"""The loops of convolution over planes that have an image in each lane of a vector, as `lane_geometry` has them.

    accumulate:  out[o, p] = bias[o] + sum_t w[o, t] * x[p + offset[t]]      (forward and dx)
    correlate:   dw[o, t]  = sum_p g[o, p] * x[p + offset[t]]

Only taps within the plane take part.  Images are turned into lanes, and back, by those who work on them.
"""

import numpy as np

from .blocks import MR, NT, accumulate_lanes, aligned, correlate_lanes, lanes_of, next_block
from .compile import inline, kernel, share
from .emitter import NV
from .lane_geometry import plane_pitch
from .matrix_blocks import transpose_block
from .taps import BLOCK_BYTES

_pitch = inline(plane_pitch)


@inline
def to_lanes(planes, at, apart, count, size, row, to, lanes) -> None:
    """Turn elements of `count` planes, which are `apart` in planes[at:], into those of vectors in row[to:].

    Plane b becomes lane b; as many pixels at a time as there are lanes, the last of which may turn some once more.
    """
    if count == lanes <= size:
        p = 0
        while p < size:
            p = min(p, size - lanes)
            transpose_block(planes, at + p, apart, row, to + p * lanes, lanes)
            p += lanes
        return
    for b in range(count):
        source, target, step = np.uint64(at + b * apart), np.uint64(to + b), np.uint64(lanes)
        for _ in range(size):
            row[target] = planes[source]
            source += np.uint64(1)
            target += step


@inline
def from_lanes(row, at, lanes, count, size, planes, to, apart) -> None:
    """Turn them back, from row[at:] to planes[to:]."""
    if count == lanes <= size:
        p = 0
        while p < size:
            p = min(p, size - lanes)
            transpose_block(row, at + p * lanes, lanes, planes, to + p, apart)
            p += lanes
        return
    for b in range(count):
        source, target, step = np.uint64(at + b), np.uint64(to + b * apart), np.uint64(lanes)
        for _ in range(size):
            planes[target] = row[source]
            source += step
            target += np.uint64(1)


@kernel
def accumulate(worker, workers, source, weights, offsets, places, tiles, bundle, bias, out) -> None:
    """Fill a share of the (images, group, block of outputs) items of out (N, G, outputs, H', W').

    The source is (N, G, channels, H, W), weights are (G, blocks * channels * window * MR), bias is (G, blocks * MR),
    bundle holds how many channels are added up at a time, and the size of a window.
    """
    images, groups, channels, height, width = source.shape
    outputs, out_height, out_width = out.shape[2:]
    together, window = bundle
    lanes = lanes_of(source)
    flat, flat_out = source.reshape(-1), out.reshape(-1)
    size, out_size = height * width, out_height * out_width
    plane, line = _pitch(size) * lanes, _pitch(out_size) * lanes
    per_block = channels * window * MR
    blocks = weights.shape[1] // per_block
    swept = max(1, min(blocks, BLOCK_BYTES // (source.itemsize * MR * (together * window + line))))
    row = aligned(np.zeros(channels * plane + lanes, source.dtype))
    sums = aligned(np.empty(swept * MR * line + lanes, source.dtype))
    packed = -1
    item, stop = share((images + lanes - 1) // lanes * groups * blocks, worker, workers)
    while item < stop:
        packing = item // blocks
        first_block = item - packing * blocks
        last_block = min(blocks, first_block + min(swept, stop - item))
        item += last_block - first_block
        group, base = packing % groups, packing // groups * lanes
        count = min(lanes, images - base)
        if packing != packed:
            for c in range(channels):
                at = ((base * groups + group) * channels + c) * size
                to_lanes(flat, at, groups * channels * size, count, size, row, c * plane, lanes)
            packed = packing
        ws, first, last = weights[group], first_block * MR, min(last_block * MR, outputs)
        for o in range(first, last_block * MR):
            sums[(o - first) * line : (o - first + 1) * line] = bias[group, o]
        for c in range(0, channels, together):
            added = min(together, channels - c)
            for tap, channel_taps, read, write, lines, read_line, write_line, positions, step, out_step in tiles:
                taps = added * channel_taps
                for i in range(lines):
                    at, to, left = c * plane + read + i * read_line, write + i * write_line, positions
                    while left:
                        nv = next_block(left, NV)
                        for k in range(first_block, last_block):
                            w, end = k * per_block + c * window * MR, (k * MR - first) * line + to
                            accumulate_lanes(
                                nv, ws, w, row, at, offsets, tap, places, tap, sums, end, taps, step, line, out_step
                            )
                        left -= nv
                        at += nv * step
                        to += nv * out_step
        for o in range(first, last):
            to = ((base * groups + group) * outputs + o) * out_size
            from_lanes(sums, (o - first) * line, lanes, count, out_size, flat_out, to, groups * outputs * out_size)


@kernel
def correlate(worker, workers, x, g, taps, strides, partial) -> None:
    """Fill a share of the (part of the batch, group, block of outputs) items of partial (parts, G, outputs, taps).

    x is (N, G, channels, H, W), g is (N, G, outputs, H', W'), the outputs of partial are padded to blocks of MR.
    """
    images, groups, channels, height, width = x.shape
    outputs, out_height, out_width = g.shape[2:]
    parts, _, padded_outputs, weights = partial.shape
    blocks, window = padded_outputs // MR, len(taps)
    down, along, bands, together = strides
    lanes = lanes_of(x)
    flat_x, flat_g = x.reshape(-1), g.reshape(-1)
    size, out_size = height * width, out_height * out_width
    plane, line = _pitch(size) * lanes, _pitch(out_size) * lanes
    batches = (images + lanes - 1) // lanes
    row = aligned(np.zeros(together * channels * plane + lanes, x.dtype))
    item, stop = share(parts * groups * blocks, worker, workers)
    while item < stop:
        piece, block = item // blocks, item % blocks
        swept = min(blocks - block, stop - item)
        item += swept
        part, group = piece // groups, piece % groups
        first, last = block * MR, (block + swept) * MR
        cotangent = aligned(np.zeros(together * (last - first) * line + lanes, x.dtype))
        x_batch, g_batch = channels * plane, (last - first) * line
        total = partial[part, group].reshape(-1)
        total[first * weights : last * weights] = 0
        low, high = share(batches, part, parts)
        for lowest in range(low, high, together):
            several = min(together, high - lowest)
            for n in range(several):
                base = (lowest + n) * lanes
                count = min(lanes, images - base)
                if count < lanes:  # of other images there may be NaN
                    row[n * x_batch : (n + 1) * x_batch] = 0
                    cotangent[n * g_batch : (n + 1) * g_batch] = 0
                for c in range(channels):
                    at, to = ((base * groups + group) * channels + c) * size, n * x_batch + c * plane
                    to_lanes(flat_x, at, groups * channels * size, count, size, row, to, lanes)
                for o in range(first, min(last, outputs)):
                    at, to = ((base * groups + group) * outputs + o) * out_size, n * g_batch + (o - first) * line
                    to_lanes(flat_g, at, groups * outputs * out_size, count, out_size, cotangent, to, lanes)
            for band in range(bands):
                low_row, high_row = share(out_height, band, bands)
                for o in range(first, last, MR):
                    c = 0
                    while c < channels:
                        nt = next_block(channels - c, NT)
                        for t in range(window):
                            top, bottom, left, right, y0, x0 = taps[t]
                            top, bottom = max(top, low_row), min(bottom, high_row)
                            if top >= bottom or left >= right:
                                continue
                            at = (o - first) * line + (top * out_width + left) * lanes
                            read = c * plane + ((top * down + y0) * width + left * along + x0) * lanes
                            to = o * weights + c * window + t
                            loops = (
                                (several, g_batch, x_batch),
                                (bottom - top, out_width * lanes, down * width * lanes),
                                (right - left, lanes, along * lanes),
                            )
                            correlate_lanes(
                                nt, cotangent, at, row, read, total, to, line, plane, weights, window, loops
                            )
                        c += nt
