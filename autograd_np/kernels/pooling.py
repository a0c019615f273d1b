"""Pooling on compiled kernels, with a plane in each lane of a vector, as images are in `lanes`.

A window's pixels are whole vectors then, wherever they lie, and padding is left out.  Planes are taken in bands of as
many lines as stay in the L1 cache; neighbouring bands share the lines that windows of both have.
"""

from functools import lru_cache

import numpy as np

from .blocks import aligned, lanes_of
from .compile import inline, kernel, share
from .lanes import from_lanes, to_lanes
from .matrix_blocks import add_vector, maximum_in_lanes
from .shapes import Padding, Pair, Shape, index_type, pool_output_shape

BAND = 400  # pixels
CLEARED = 4096  # pixels of planes that are cleared at a time


# Where the window of output i begins and ends along an axis, as far as it lies between low and high.
@inline
def _within(i, stride, before, extent, low, high) -> tuple[int, int]:
    start = i * stride - before
    return max(low, start), min(high, start + extent)


# How many lines of outputs belong to a band, and how many lines of pixels their windows have.
@inline
def _lines(height, width, kh, sh) -> tuple[int, int]:
    lines = max(1, (BAND // width - kh) // sh + 1)
    return lines, min(height, (lines - 1) * sh + kh)


@kernel
def _maximum(worker, workers, x, window, out, winner) -> None:
    """Fill a share of the bands of out and winner (planes, H', W') from x (planes, H, W)."""
    planes, height, width = x.shape
    out_height, out_width = out.shape[1:]
    kh, kw, sh, sw, top, left = window
    size, out_size, lanes = height * width, out_height * out_width, lanes_of(x)
    flat, flat_out, flat_winner = x.reshape(-1), out.reshape(-1), winner.reshape(-1)
    lines, most = _lines(height, width, kh, sh)
    bands = (out_height + lines - 1) // lines
    row = aligned(np.zeros((most * width + 1) * lanes, x.dtype))
    best = aligned(np.empty((lines * out_width + 1) * lanes, x.dtype))
    which, places = aligned(np.empty((lines * out_width + 1) * lanes, x.dtype)), np.empty_like(best)
    start, stop = share((planes + lanes - 1) // lanes * bands, worker, workers)
    for item in range(start, stop):
        base, first = item // bands * lanes, item % bands * lines
        count, last = min(lanes, planes - base), min(first + lines, out_height)
        y0, y1 = _within(first, sh, top, (last - 1 - first) * sh + kh, 0, height)
        to_lanes(flat, base * size + y0 * width, size, count, (y1 - y0) * width, row, 0, lanes)
        for i in range(first, last):
            y, end_y = _within(i, sh, top, kh, 0, height)
            for j in range(out_width):
                x0, end_x = _within(j, sw, left, kw, 0, width)
                at, to = (y - y0) * width + x0, ((i - first) * out_width + j) * lanes
                maximum_in_lanes(row, at * lanes, best, to, which, to, at, end_y - y, end_x - x0, width * lanes, width)
        outs, to = (last - first) * out_width, base * out_size + first * out_width
        from_lanes(best, 0, lanes, count, outs, flat_out, to, out_size)
        from_lanes(which, 0, lanes, count, outs, places, 0, outs)
        for b in range(count):
            winners = flat_winner[to + b * out_size : to + b * out_size + outs]
            found = places[b * outs : (b + 1) * outs]
            for k in range(len(winners)):
                winners[k] = np.int64(found[k]) + y0 * width


# Worker's share of planes: add g (planes, outputs) to dx (planes, inputs) at the winners.  Several planes are cleared
# at a time, so that the processor has many lines of memory under way; what is added then finds them in the L1 cache.
@kernel
def _scatter(worker, workers, g, winner, dx) -> None:
    size, flat = dx.shape[1], dx.reshape(-1)
    together = max(1, CLEARED // size)
    start, stop = share(len(g), worker, workers)
    for first in range(start, stop, together):
        last = min(first + together, stop)
        flat[first * size : last * size] = 0
        for plane in range(first, last):
            begin = np.uint64(plane * size)
            for k in range(g.shape[1]):
                flat[begin + np.uint64(winner[plane, k])] += g[plane, k]


# Worker's share of planes: read v (planes, inputs) at the winners.
@kernel
def _gather(worker, workers, v, winner, out) -> None:
    start, stop = share(len(v), worker, workers)
    for plane in range(start, stop):
        for k in range(out.shape[1]):
            out[plane, k] = v[plane, winner[plane, k]]


@kernel
def _average(worker, workers, x, window, out) -> None:
    """Fill a share of the bands of out (planes, H', W') from x (planes, H, W)."""
    planes, height, width = x.shape
    out_height, out_width = out.shape[1:]
    kh, kw, sh, sw, top, left = window
    size, out_size, lanes, n = height * width, out_height * out_width, lanes_of(x), x.dtype.type(kh * kw)
    flat, flat_out = x.reshape(-1), out.reshape(-1)
    lines, most = _lines(height, width, kh, sh)
    bands = (out_height + lines - 1) // lines
    row = aligned(np.zeros((most * width + 1) * lanes, x.dtype))
    sums = aligned(np.empty((lines * out_width + 1) * lanes, x.dtype))
    start, stop = share((planes + lanes - 1) // lanes * bands, worker, workers)
    for item in range(start, stop):
        base, first = item // bands * lanes, item % bands * lines
        count, last = min(lanes, planes - base), min(first + lines, out_height)
        y0, y1 = _within(first, sh, top, (last - 1 - first) * sh + kh, 0, height)
        to_lanes(flat, base * size + y0 * width, size, count, (y1 - y0) * width, row, 0, lanes)
        sums[:] = 0
        for i in range(first, last):
            for h in range(*_within(i, sh, top, kh, 0, height)):
                for j in range(out_width):
                    to = ((i - first) * out_width + j) * lanes
                    for k in range(*_within(j, sw, left, kw, 0, width)):
                        add_vector(row, ((h - y0) * width + k) * lanes, sums, to)
        for p in range(len(sums)):
            sums[p] /= n
        outs, to = (last - first) * out_width, base * out_size + first * out_width
        from_lanes(sums, 0, lanes, count, outs, flat_out, to, out_size)


# The same backwards; a band is of lines of dx.
@kernel
def _spread(worker, workers, g, window, dx) -> None:
    """Fill a share of the bands of dx (planes, H, W) from g (planes, H', W')."""
    planes, height, width = dx.shape
    out_height, out_width = g.shape[1:]
    kh, kw, sh, sw, top, left = window
    size, out_size, lanes, n = height * width, out_height * out_width, lanes_of(g), g.dtype.type(kh * kw)
    flat, flat_g = dx.reshape(-1), g.reshape(-1)
    lines = min(height, max(1, BAND // width))
    bands, most = (height + lines - 1) // lines, min(out_height, (lines + kh - 2) // sh + 1)
    row = aligned(np.empty((lines * width + 1) * lanes, g.dtype))
    parts = aligned(np.zeros((most * out_width + 1) * lanes, g.dtype))
    start, stop = share((planes + lanes - 1) // lanes * bands, worker, workers)
    for item in range(start, stop):
        base, y0 = item // bands * lanes, item % bands * lines
        count, y1 = min(lanes, planes - base), min(y0 + lines, height)
        first, last = max(0, (y0 + top - kh + sh) // sh), min(out_height, (y1 - 1 + top) // sh + 1)
        at = base * out_size + first * out_width
        to_lanes(flat_g, at, out_size, count, (last - first) * out_width, parts, 0, lanes)
        for p in range(len(parts)):
            parts[p] /= n
        row[:] = 0
        for i in range(first, last):
            for h in range(*_within(i, sh, top, kh, y0, y1)):
                for j in range(out_width):
                    at = ((i - first) * out_width + j) * lanes
                    for k in range(*_within(j, sw, left, kw, 0, width)):
                        add_vector(parts, at, row, ((h - y0) * width + k) * lanes)
        from_lanes(row, 0, lanes, count, (y1 - y0) * width, flat, base * size + y0 * width, size)


@lru_cache(maxsize=256)
def _plan(shape: Shape, size: Pair, stride: Pair, padding: Padding) -> tuple[Shape, Shape, Shape, np.ndarray, np.dtype]:
    """Return the result's shape, that of both with planes along one axis, the kernels' `window`, and winners' type."""
    out = pool_output_shape(shape, size, stride, padding)
    planes = shape[0] * shape[1]
    window = np.array([*size, *stride, padding[0][0], padding[1][0]])
    return out, (planes, *shape[2:]), (planes, *out[2:]), window, index_type(shape[2:])


def max_pool2d(x: np.ndarray, *, size: Pair, stride: Pair, padding: Padding) -> tuple[np.ndarray, np.ndarray]:
    """Return the maxima of the windows and where in the plane they are."""
    shape, planes, out_planes, window, of_winners = _plan(x.shape, size, stride, padding)
    out, winner = np.empty(shape, x.dtype), np.empty(shape, of_winners)
    if out.size:
        given = x.reshape(planes), window, out.reshape(out_planes), winner.reshape(out_planes)
        _maximum(*given, work=x.size + out.size)
    return out, winner


def max_pool2d_scatter(g: np.ndarray, winner: np.ndarray, x_shape: Shape) -> np.ndarray:
    """Add g to zeros at its winners."""
    if not g.size:
        return np.zeros(x_shape, g.dtype)
    dx = np.empty(x_shape, g.dtype)
    _scatter(*(a.reshape(g.shape[0] * g.shape[1], -1) for a in (g, winner, dx)), work=dx.size)
    return dx


def max_pool2d_gather(v: np.ndarray, winner: np.ndarray) -> np.ndarray:
    """Read v at the winners."""
    out = np.empty(winner.shape, v.dtype)
    if out.size:
        _gather(*(a.reshape(v.shape[0] * v.shape[1], -1) for a in (v, winner, out)), work=out.size)
    return out


def avg_pool2d(x: np.ndarray, *, size: Pair, stride: Pair, padding: Padding) -> np.ndarray:
    """Average windows, padding counted as zeros."""
    shape, planes, out_planes, window, _ = _plan(x.shape, size, stride, padding)
    out = np.empty(shape, x.dtype)
    if out.size:
        _average(x.reshape(planes), window, out.reshape(out_planes), work=x.size)
    return out


def avg_pool2d_dx(g: np.ndarray, x_shape: Shape, *, size: Pair, stride: Pair, padding: Padding) -> np.ndarray:
    """Spread each g evenly over its window."""
    _, planes, out_planes, window, _ = _plan(x_shape, size, stride, padding)
    dx = np.empty(x_shape, g.dtype)
    if dx.size:
        _spread(g.reshape(out_planes), window, dx.reshape(planes), work=dx.size)
    return dx
