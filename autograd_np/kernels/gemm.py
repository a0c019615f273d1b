"""Convolution as a product of matrices that are never laid out as such ("implicit GEMM").

    accumulate:  out[p, o] = bias[o] + sum_t x[starts[p] + shifts[t]] * w[t, o]     (forward and dx)
    correlate:   dw[t, o]  = sum_p x[starts[p] + shifts[t]] * g[p, o]

A vector has one pixel or one tap of neighbouring outputs, so these are turned: weights and cotangents before the
product, sums after it.  What they are multiplied by is read pixel by pixel, from where `gemm_geometry` says that it is:
no stride and no dilation costs anything, and each product is one of those of plain loops over padded planes.
"""

import numpy as np

from .blocks import aligned, copy_line, lanes_of
from .compile import inline, kernel, share
from .emitter import NV
from .lanes import from_lanes, to_lanes
from .matrix_blocks import GATHERED, copy_vector, gather_block, next_rows, next_vectors, transpose_block
from .products import TERMS

MULTIPLY_ADDS = 40  # in a nanosecond, roughly


# Copy the planes of an image (or a group of it) at planes[at:] to where they lie in padded ones at padded[to:].
@inline
def _pad(planes, at, channels, height, width, layout, padded, to) -> None:
    top, left, rows, pitch = layout
    first_y, last_y = max(0, -top), min(height, rows - top)
    first_x, last_x = max(0, -left), min(width, pitch - left)
    for c in range(channels):
        source, target = at + c * height * width + first_x, to + c * rows * pitch + first_x + left
        for y in range(first_y, last_y):
            copy_line(planes, source + y * width, padded, target + (y + top) * pitch, last_x - first_x)


@kernel
def pack(worker, workers, weights, lie, places, packed) -> None:
    """Turn weights into packed (G, blocks, taps * lanes), where each tap has the weights of as many outputs.

    `lie` says how far apart groups, outputs and runs of neighbouring weights are, how many outputs and runs there are,
    how long these are, and if there is but one, whose order is that of the taps: else `places` tell it.
    """
    groups, blocks, size = packed.shape
    a_group, an_output, a_run, outputs, runs, taps, in_order = lie
    flat, lanes = packed.reshape(-1), lanes_of(packed)
    run_size = 0 if in_order else (taps + lanes) * lanes
    turned = aligned(np.zeros(run_size + lanes, packed.dtype))
    start, stop = share(groups * blocks, worker, workers)
    for item in range(start, stop):
        group, first = item // blocks, item % blocks * lanes
        count, to = min(lanes, outputs - first), item * size
        if count < lanes:
            flat[to : to + size] = 0
        at = group * a_group + first * an_output
        if in_order:
            to_lanes(weights, at, an_output, count, taps, flat, to, lanes)
            continue
        for run in range(runs):
            if count == lanes and taps < lanes and at + (lanes - 1) * an_output + lanes <= len(weights):
                transpose_block(weights, at, an_output, turned, 0, lanes)  # with more taps than there are
            else:
                to_lanes(weights, at, an_output, count, taps, turned, 0, lanes)
            for k in range(taps):
                copy_vector(turned, k * lanes, flat, to + places[run * taps + k] * lanes)
            at += a_run


@kernel
def accumulate(
    worker, workers, source, layout, bare, starts, rows, shifts, pieces, bands, together, weights, bias, out
) -> None:
    """Fill a share of the (images, group, band, block of outputs) items of out (N, G, outputs, H', W').

    The source is (N, G, channels, H, W), weights are as `pack` makes them, bias is (G, blocks * lanes).
    """
    images, groups, channels, height, width = source.shape
    outputs, plane = out.shape[2], out.shape[3] * out.shape[4]
    _, blocks, size = weights.shape
    flat, flat_out, ws, flat_bias = source.reshape(-1), out.reshape(-1), weights.reshape(-1), bias.reshape(-1)
    lanes = lanes_of(source)
    padded_plane = layout[2] * layout[3]
    padded = np.zeros(0 if bare else together * channels * padded_plane, source.dtype)
    most = 0
    for _, _, _, pixels in bands:
        most = max(most, together * pixels)
    apart, packed = most * lanes, -1
    sums = aligned(np.empty((NV * most + 1) * lanes, source.dtype))
    batches = (images + together - 1) // together
    item, stop = share(batches * groups * len(bands) * blocks, worker, workers)
    while item < stop:
        packing, band, block = item // (len(bands) * blocks), item // blocks % len(bands), item % blocks
        nv = next_vectors(min(blocks - block, stop - item))
        item += nv
        group, base = packing % groups, packing // groups * together
        batch = min(together, images - base)
        if packing != packed and not bare:
            for b in range(batch):
                at = ((base + b) * groups + group) * channels * height * width
                _pad(flat, at, channels, height, width, layout, padded, b * channels * padded_plane)
            packed = packing
        a, origin = (flat, (base * groups + group) * channels * height * width) if bare else (padded, 0)
        first_piece, last_piece, first_pixel, pixels = bands[band]
        for v in range(nv):
            start = (group * blocks + block + v) * lanes
            for p in range(batch * pixels):
                copy_vector(flat_bias, start, sums, v * apart + p * lanes)
        for piece in range(first_piece, last_piece):
            first, each, first_tap, taps, read, write = pieces[piece]
            last, last_tap = first + batch * each, first_tap + taps
            for k in range(first_tap, last_tap, TERMS):
                m, w = first, (group * blocks + block) * size
                while m < last:
                    count = min(GATHERED, next_rows(nv, last - m))
                    gather_block(
                        count, nv, a, origin + read, starts, m, rows, m, shifts, k, ws, w + k * lanes, size,
                        sums, write * lanes, apart, min(TERMS, last_tap - k),
                    )  # fmt: skip
                    m += count
        for v in range(nv):
            o = (block + v) * lanes
            for b in range(batch):
                to = (((base + b) * groups + group) * outputs + o) * plane + first_pixel
                at = v * apart + b * pixels * lanes
                from_lanes(sums, at, lanes, min(lanes, outputs - o), pixels, flat_out, to, plane)


@kernel
def correlate(
    worker, workers, x, g, layout, bare, starts, shifts, pieces, bands, places, together, cuts, partial
) -> None:
    """Fill a share of the (part of the batch, group, cut of the taps, block of outputs) items of partial.

    x is (N, G, channels, H, W), g is (N, G, outputs, H', W'), partial (parts, G, outputs or more, taps).
    """
    images, groups, channels, height, width = x.shape
    outputs, plane = g.shape[2], g.shape[3] * g.shape[4]
    parts, taps = len(partial), partial.shape[3]
    flat_x, flat_g, lanes = x.reshape(-1), g.reshape(-1), lanes_of(x)
    padded_plane = layout[2] * layout[3]
    padded = np.zeros(0 if bare else together * channels * padded_plane, x.dtype)
    blocks, batches = (outputs + lanes - 1) // lanes, (images + together - 1) // together
    panel = aligned(np.zeros((NV * TERMS + 1) * lanes, x.dtype))
    apart = (taps + cuts - 1) // cuts * lanes
    room = aligned(np.empty(NV * apart + lanes, x.dtype))
    item, stop = share(parts * groups * cuts * blocks, worker, workers)
    while item < stop:
        part, group = item // (groups * cuts * blocks), item // (cuts * blocks) % groups
        cut, block = item // blocks % cuts, item % blocks
        nv = next_vectors(min(blocks - block, stop - item))
        item += nv
        first_tap, last_tap = share(taps, cut, cuts)
        sums = room[: nv * apart]
        sums[:] = 0
        low, high = share(batches, part, parts)
        for base in range(low * together, min(images, high * together), together):
            batch = min(together, images - base)
            for b in range(0 if bare else batch):
                at = ((base + b) * groups + group) * channels * height * width
                _pad(flat_x, at, channels, height, width, layout, padded, b * channels * padded_plane)
            a, origin = (flat_x, (base * groups + group) * channels * height * width) if bare else (padded, 0)
            for piece in range(len(pieces)):
                first, each, _, _, read, _ = pieces[piece]
                first_pixel = bands[piece, 2]  # without phases, a band is one piece
                for k in range(0, batch * each, TERMS):
                    terms = min(TERMS, batch * each - k)
                    for v in range(nv):
                        o = (block + v) * lanes
                        for b in range(batch):
                            at = (((base + b) * groups + group) * outputs + o) * plane + first_pixel + k
                            to = (v * TERMS + b * plane) * lanes
                            to_lanes(flat_g, at, plane, min(lanes, outputs - o), min(terms, each), panel, to, lanes)
                    m = first_tap
                    while m < last_tap:
                        count = min(GATHERED, next_rows(nv, last_tap - m))
                        gather_block(
                            count, nv, a, origin + read, shifts, m, places, m - first_tap, starts, first + k,
                            panel, 0, TERMS * lanes, sums, 0, apart, terms,
                        )  # fmt: skip
                        m += count
        total = partial[part, group].reshape(-1)
        for v in range(nv):
            o, count = (block + v) * lanes, last_tap - first_tap
            from_lanes(sums, v * apart, lanes, min(lanes, outputs - o), count, total, o * taps + first_tap, taps)
