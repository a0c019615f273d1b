"""Pooling on compiled kernels: maxima in lanes of vectors, of neighbours or over taps, and averages line by line."""

import math
from functools import lru_cache

import numpy as np

from .blocks import copy_line, lanes_of, maximum_of_lines, maximum_of_pairs
from .compile import inline, kernel, share
from .emitter import VECTOR_BYTES
from .geometry import forward_plan
from .lanes import from_lanes, to_lanes
from .matrix_blocks import add_vector, maximum_in_lanes
from .shapes import Padding, Pair, Shape, pool_output_shape
from .taps import maximum_of_taps

# What an element of the input costs one thread, in nanoseconds, where windows are 2 x 2.
_PER_PIXEL = 0.35

SMALL = 400  # pixels of a plane, with which vectors of so many planes stay in the L1 cache


def _planes(array: np.ndarray) -> np.ndarray:
    return array.reshape(array.shape[0] * array.shape[1], *array.shape[2:])


# Windows of 2 x 2 side by side, as nearly all are: the larger of each two neighbours in a line, then of each two lines.
@kernel
def _maximum_of_quarters(worker, workers, x, firsts, out, winner) -> None:
    """Fill a share of the planes of out and winner (planes, H // 2, W // 2) from x (planes, H, W).

    firsts[p] is what pair p is called in winner, in integers as wide as x's elements; it is as long as whole vectors.
    """
    planes, height, width = x.shape
    out_height, out_width = out.shape[1:]
    flat, flat_out, flat_winner = x.reshape(-1), out.reshape(-1), winner.reshape(-1)
    size, lanes = out_height * out_width, lanes_of(x)
    vectors, line_vectors = (2 * size + lanes - 1) // lanes, (out_width + lanes - 1) // lanes
    lines, line = (1, 4 * size) if width == 2 * out_width else (2 * out_height, 2 * out_width)
    # What the last vector of a line has too much is overwritten by the next line.
    row = np.zeros(2 * vectors * lanes, x.dtype)
    best, which = np.zeros((vectors + 1) * lanes, x.dtype), np.zeros((vectors + 1) * lanes, firsts.dtype)
    maxima, places = np.empty(size + lanes, x.dtype), np.empty(size + lanes, firsts.dtype)
    start, stop = share(planes, worker, workers)
    for plane in range(start, stop):
        for i in range(lines):
            copy_line(flat, (plane * height + i) * width, row, i * line, line)
        maximum_of_pairs(row, firsts, best, which, vectors)
        for i in range(out_height):
            at = 2 * i * out_width
            maximum_of_lines(best, which, at, out_width, maxima, places, i * out_width, line_vectors)
        copy_line(maxima, 0, flat_out, plane * size, size)
        winners = flat_winner[plane * size : (plane + 1) * size]
        for k in range(len(winners)):
            winners[k] = places[k]


# A plane in each lane of a vector, where planes are small: a window's pixels are whole vectors, wherever they lie.
@kernel
def _maximum_of_windows(worker, workers, x, window, out, winner) -> None:
    """Fill a share of the planes of out and winner (planes, H', W') from x (planes, H, W)."""
    planes, height, width = x.shape
    out_height, out_width = out.shape[1:]
    kh, kw, sh, sw, top, left = window
    size, out_size, lanes = height * width, out_height * out_width, lanes_of(x)
    flat, flat_out, flat_winner = x.reshape(-1), out.reshape(-1), winner.reshape(-1)
    row = np.zeros(size * lanes, x.dtype)
    best, which = np.empty(out_size * lanes, x.dtype), np.empty(out_size * lanes, x.dtype)
    places = np.empty(out_size * lanes, x.dtype)
    start, stop = share((planes + lanes - 1) // lanes, worker, workers)
    for group in range(start, stop):
        base = group * lanes
        count = min(lanes, planes - base)
        to_lanes(flat, base * size, size, count, size, row, 0, lanes)
        for i in range(out_height):
            y, end_y = max(0, i * sh - top), min(height, i * sh - top + kh)
            for j in range(out_width):
                x0, end_x = max(0, j * sw - left), min(width, j * sw - left + kw)
                at, to = y * width + x0, (i * out_width + j) * lanes
                maximum_in_lanes(row, at * lanes, best, to, which, to, at, end_y - y, end_x - x0, width * lanes, width)
        from_lanes(best, 0, lanes, count, out_size, flat_out, base * out_size, out_size)
        from_lanes(which, 0, lanes, count, out_size, places, 0, out_size)
        winners = flat_winner[base * out_size : (base + count) * out_size]
        for k in range(len(winners)):
            winners[k] = places[k]


@lru_cache(maxsize=256)
def _pairs(height: int, width: int, dtype: str) -> np.ndarray:
    """Return where in a plane its pairs of neighbours begin; a row of odd length has a pixel left over."""
    rows, columns = np.ogrid[: height // 2 * 2, : width // 2]
    pairs = (rows * width + 2 * columns).ravel().astype(dtype)
    return np.append(pairs, np.zeros(VECTOR_BYTES // pairs.itemsize, dtype))


# Worker's share of planes: add g (planes, outputs) to dx (planes, inputs) at the winners.
@kernel
def _scatter(worker, workers, g, winner, dx) -> None:
    start, stop = share(len(g), worker, workers)
    for plane in range(start, stop):
        dx[plane] = 0
        for k in range(g.shape[1]):
            dx[plane, winner[plane, k]] += g[plane, k]


# Worker's share of planes: read v (planes, inputs) at the winners.
@kernel
def _gather(worker, workers, v, winner, out) -> None:
    start, stop = share(len(v), worker, workers)
    for plane in range(start, stop):
        for k in range(out.shape[1]):
            out[plane, k] = v[plane, winner[plane, k]]


@lru_cache(maxsize=256)
def _tags(size: Pair, width: int, dtype: str) -> np.ndarray:
    """Return how far each tap of a window lies behind its first, in a plane of rows of `width`."""
    rows, columns = np.ogrid[: size[0], : size[1]]
    return (rows * width + columns).ravel().astype(dtype)


def max_pool2d(
    x: np.ndarray, index_type: type, *, size: Pair, stride: Pair, padding: Padding
) -> tuple[np.ndarray, np.ndarray]:
    """Return the maxima of the windows and where in the plane they are."""
    shape = pool_output_shape(x.shape, size, stride, padding)
    out, winner = np.empty(shape, x.dtype), np.empty(shape, np.dtype(index_type))
    if not out.size:
        return out, winner
    planes, kind = (_planes(x), _planes(out), _planes(winner)), f"i{x.itemsize}"
    if math.prod(x.shape[2:]) <= SMALL:
        _maximum_of_windows(planes[0], _window(size, stride, padding), *planes[1:], work=x.size + out.size)
    elif size == stride == (2, 2) and padding == ((0, 0), (0, 0)):
        _maximum_of_quarters(planes[0], _pairs(*x.shape[2:], kind), *planes[1:], work=int(x.size * _PER_PIXEL))
    else:
        plan, tags = forward_plan(1, x.shape[2:], size, stride, padding, (1, 1)), _tags(size, x.shape[3], kind)
        geometry = plan.layout, plan.copies, plan.bounds, plan.offsets, tags
        maximum_of_taps(planes[0], *geometry, *planes[1:], work=out.size * tags.size)
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


# target[to:][:count] += source[at:][:count], of flat arrays: slices would cost more than the sum, as would a test for
# negative indices, which those without a sign are spared.
@inline
def _add_line(source, at, target, to, count) -> None:
    at, to = np.uint64(at), np.uint64(to)
    for _ in range(count):
        target[to] += source[at]
        at += np.uint64(1)
        to += np.uint64(1)


# Windows are products of lines and columns: a line of outputs is the sum of the lines of its windows, added up over
# columns.  The ends of that sum stay zeros, which are the padding.
@kernel
def _average(worker, workers, x, window, out) -> None:
    """Fill a share of the planes of out (planes, H', W') from x (planes, H, W)."""
    planes, height, width = x.shape
    out_height, out_width = out.shape[1:]
    kh, kw, sh, sw, top, left = window
    line, n = np.zeros(max(left + width, (out_width - 1) * sw + kw), x.dtype), x.dtype.type(kh * kw)
    flat, flat_out = x.reshape(-1), out.reshape(-1)
    start, stop = share(planes * out_height, worker, workers)
    for item in range(start, stop):
        plane, i = item // out_height, item % out_height
        line[:] = 0
        for h in range(max(0, i * sh - top), min(height, i * sh - top + kh)):
            _add_line(flat, (plane * height + h) * width, line, left, width)
        for j in range(out_width):
            total = line[j * sw]
            for k in range(j * sw + 1, j * sw + kw):
                total += line[k]
            flat_out[item * out_width + j] = total / n


# The same backwards: a line of g is spread over columns, and the result added to the lines of its windows.
@kernel
def _spread(worker, workers, g, window, dx) -> None:
    """Fill a share of the planes of dx (planes, H, W) from g (planes, H', W')."""
    planes, height, width = dx.shape
    out_height, out_width = g.shape[1:]
    kh, kw, sh, sw, top, left = window
    line, n = np.zeros(max(left + width, (out_width - 1) * sw + kw), g.dtype), g.dtype.type(kh * kw)
    flat, flat_g = dx.reshape(-1), g.reshape(-1)
    start, stop = share(planes, worker, workers)
    flat[start * height * width : stop * height * width] = 0
    for plane in range(start, stop):
        for i in range(out_height):
            line[:] = 0
            for j in range(out_width):
                part = flat_g[(plane * out_height + i) * out_width + j] / n
                for k in range(j * sw, j * sw + kw):
                    line[k] += part
            for h in range(max(0, i * sh - top), min(height, i * sh - top + kh)):
                _add_line(line, left, flat, (plane * height + h) * width, width)


# Both with a plane in each lane of a vector, where planes are small.
@kernel
def _average_in_lanes(worker, workers, x, window, out) -> None:
    planes, height, width = x.shape
    out_height, out_width = out.shape[1:]
    kh, kw, sh, sw, top, left = window
    size, out_size, lanes, n = height * width, out_height * out_width, lanes_of(x), x.dtype.type(kh * kw)
    flat, flat_out = x.reshape(-1), out.reshape(-1)
    row, sums = np.zeros(size * lanes, x.dtype), np.empty(out_size * lanes, x.dtype)
    start, stop = share((planes + lanes - 1) // lanes, worker, workers)
    for group in range(start, stop):
        base = group * lanes
        count = min(lanes, planes - base)
        to_lanes(flat, base * size, size, count, size, row, 0, lanes)
        sums[:] = 0
        for i in range(out_height):
            for h in range(max(0, i * sh - top), min(height, i * sh - top + kh)):
                for j in range(out_width):
                    to = (i * out_width + j) * lanes
                    for k in range(max(0, j * sw - left), min(width, j * sw - left + kw)):
                        add_vector(row, (h * width + k) * lanes, sums, to)
        for p in range(len(sums)):
            sums[p] /= n
        from_lanes(sums, 0, lanes, count, out_size, flat_out, base * out_size, out_size)


@kernel
def _spread_in_lanes(worker, workers, g, window, dx) -> None:
    planes, height, width = dx.shape
    out_height, out_width = g.shape[1:]
    kh, kw, sh, sw, top, left = window
    size, out_size, lanes, n = height * width, out_height * out_width, lanes_of(g), g.dtype.type(kh * kw)
    flat, flat_g = dx.reshape(-1), g.reshape(-1)
    row, parts = np.empty(size * lanes, g.dtype), np.zeros(out_size * lanes, g.dtype)
    start, stop = share((planes + lanes - 1) // lanes, worker, workers)
    for group in range(start, stop):
        base = group * lanes
        count = min(lanes, planes - base)
        to_lanes(flat_g, base * out_size, out_size, count, out_size, parts, 0, lanes)
        for p in range(len(parts)):
            parts[p] /= n
        row[:] = 0
        for i in range(out_height):
            for h in range(max(0, i * sh - top), min(height, i * sh - top + kh)):
                for j in range(out_width):
                    at = (i * out_width + j) * lanes
                    for k in range(max(0, j * sw - left), min(width, j * sw - left + kw)):
                        add_vector(parts, at, row, (h * width + k) * lanes)
        from_lanes(row, 0, lanes, count, size, flat, base * size, size)


@lru_cache(maxsize=256)
def _window(size: Pair, stride: Pair, padding: Padding) -> np.ndarray:
    return np.array([*size, *stride, padding[0][0], padding[1][0]])


def avg_pool2d(x: np.ndarray, *, size: Pair, stride: Pair, padding: Padding) -> np.ndarray:
    """Average windows, padding counted as zeros."""
    out = np.empty(pool_output_shape(x.shape, size, stride, padding), x.dtype)
    if out.size:
        average = _average_in_lanes if math.prod(x.shape[2:]) <= SMALL else _average
        average(_planes(x), _window(size, stride, padding), _planes(out), work=x.size)
    return out


def avg_pool2d_dx(g: np.ndarray, x_shape: Shape, *, size: Pair, stride: Pair, padding: Padding) -> np.ndarray:
    """Spread each g evenly over its window."""
    dx = np.empty(x_shape, g.dtype)
    if dx.size:
        spread = _spread_in_lanes if math.prod(x_shape[2:]) <= SMALL else _spread
        spread(_planes(g), _window(size, stride, padding), _planes(dx), work=dx.size)
    return dx
