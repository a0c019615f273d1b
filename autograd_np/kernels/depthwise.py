"""Depthwise convolution, with a channel in each lane of a vector: see `lanes` and `lane_geometry`.

    weigh:      out[c, p] = bias[c] + sum_t w[c, t] * x[c, p + offset[t]]      (forward and dx)
    correlate:  dw[c, t]  = sum_p g[c, p] * x[c, p + offset[t]]

Only taps within the plane take part.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from .blocks import add_products, aligned, lanes_of, weigh_lanes
from .compile import inline, kernel, share
from .emitter import VECTOR_BYTES
from .lane_geometry import LanePlan, accumulate_plan
from .lanes import from_lanes, to_lanes
from .shapes import Pair

MOST_PIXELS = 4096  # of a plane: as vectors they fill a fourth of the L2 cache
MOST_OUTPUTS = 300  # of a plane, up to which correlate is quicker than rows, in which g is read once for several taps
FILLED = 0.7  # of the lanes, at least


@lru_cache(maxsize=256)
def plan(channels: int, itemsize: int, adjoint: bool, size: Pair, *geometry: Any) -> LanePlan | None:
    """Plan the convolution of planes of `size`, or its adjoint, unless lanes would be empty or planes are too large."""
    lanes = VECTOR_BYTES // itemsize
    if channels / lanes < FILLED * -(-channels // lanes) or size[0] * size[1] > MOST_PIXELS:
        return None
    return accumulate_plan(1, size, *geometry, lanes, lanes, adjoint)


# How many of the positions that are left are taken at a time.
@inline
def _next(left) -> int:
    return 8 if left >= 8 else 4 if left >= 4 else 2 if left >= 2 else 1


@kernel
def weigh(worker, workers, source, weights, offsets, places, tiles, bias, out) -> None:
    """Fill a share of the (lanes of channels, image) items of out (N, C, H', W').

    The source is (N, C, H, W), weights are (C, KH * KW), bias is (C,).
    """
    images, channels, height, width = source.shape
    window, lanes = weights.shape[1], lanes_of(source)
    size, out_size = height * width, out.shape[2] * out.shape[3]
    flat, flat_out, flat_weights = source.reshape(-1), out.reshape(-1), weights.reshape(-1)
    row = aligned(np.zeros((size + 1) * lanes, source.dtype))
    sums = aligned(np.empty((out_size + 1) * lanes, source.dtype))
    ws, starts = aligned(np.zeros((window + 1) * lanes, source.dtype)), np.zeros(lanes, source.dtype)
    start, stop = share((channels + lanes - 1) // lanes * images, worker, workers)
    turned = -1
    for item in range(start, stop):
        first, image = item // images * lanes, item % images
        count = min(lanes, channels - first)
        if first != turned:
            to_lanes(flat_weights, first * window, window, count, window, ws, 0, lanes)
            starts[:count] = bias[first : first + count]
            turned = first
        to_lanes(flat, (image * channels + first) * size, size, count, size, row, 0, lanes)
        for tap, taps, read, write, lines, read_line, write_line, positions, step, out_step in tiles:
            for i in range(lines):
                at, to, left = read + i * read_line, write + i * write_line, positions
                while left:
                    nv = _next(left)
                    weigh_lanes(nv, ws, starts, row, at, offsets, tap, places, tap, sums, to, taps, step, out_step)
                    left -= nv
                    at += nv * step
                    to += nv * out_step
        from_lanes(sums, 0, lanes, count, out_size, flat_out, (image * channels + first) * out_size, out_size)


@kernel
def correlate(worker, workers, x, g, taps, strides, partial) -> None:
    """Fill a share of the (part of the batch, lanes of channels) items of partial (parts, C, KH * KW).

    x is (N, C, H, W), g is (N, C, H', W').
    """
    images, channels, height, width = x.shape
    out_height, out_width = g.shape[2:]
    parts, _, window = partial.shape
    lanes, size, out_size = lanes_of(x), height * width, out_height * out_width
    flat_x, flat_g = x.reshape(-1), g.reshape(-1)
    row = aligned(np.zeros((size + 1) * lanes, x.dtype))
    cotangent = aligned(np.zeros((out_size + 1) * lanes, x.dtype))
    sums = np.empty(window * lanes, x.dtype)
    groups = (channels + lanes - 1) // lanes
    start, stop = share(parts * groups, worker, workers)
    for item in range(start, stop):
        part, first = item // groups, item % groups * lanes
        count = min(lanes, channels - first)
        sums[:] = 0
        low, high = share(images, part, parts)
        for image in range(low, high):
            plane = image * channels + first
            to_lanes(flat_x, plane * size, size, count, size, row, 0, lanes)
            to_lanes(flat_g, plane * out_size, out_size, count, out_size, cotangent, 0, lanes)
            for t in range(window):
                top, bottom, left, right, y0, x0 = taps[t]
                at = (top * strides[0] + y0) * width + left * strides[1] + x0
                add_products(
                    cotangent, (top * out_width + left) * lanes, row, at * lanes, sums, t * lanes, bottom - top,
                    right - left, out_width * lanes, strides[0] * width * lanes, strides[1] * lanes,
                )  # fmt: skip
        from_lanes(sums, 0, lanes, count, window, partial[part].reshape(-1), first * window, window)
