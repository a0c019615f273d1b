"""Batch normalisation of few small planes, with a channel in each lane of a vector: nothing is added across lanes.

Arrays are (N, C, P).  The planes of neighbouring channels are turned into vectors, as images are in `lanes`; they are
so few that they stay in the cache from the sums to the map.  A worker takes a share of the channels.
"""

import numpy as np

from .blocks import aligned, lanes_of
from .compile import inline, kernel, share
from .lanes import from_lanes, to_lanes
from .line_blocks import blend_lines, scale_line, sum_in_lanes, sum_products_in_lanes


# The first channel that goes with `low` into one vector, and how many there are: the last ones go with some that have
# been before, so that no lane is empty.
@inline
def _next(low, stop, lanes) -> tuple[int, int]:
    first = max(0, min(low, stop - lanes))
    return first, min(lanes, stop)


# Room for the vectors of some channels; lanes that stay empty are 0.
@inline
def _row(x) -> np.ndarray:
    images, _, plane = x.shape
    return aligned(np.zeros((images * plane + 1) * lanes_of(x), x.dtype))


@inline
def _turn(x, first, count, row) -> None:
    images, channels, plane = x.shape
    flat, lanes = x.reshape(-1), lanes_of(x)
    for image in range(images):
        at = (image * channels + first) * plane
        to_lanes(flat, at, plane, count, plane, row, image * plane * lanes, lanes)


@inline
def _turn_back(row, first, count, y) -> None:
    images, channels, plane = y.shape
    flat, lanes = y.reshape(-1), lanes_of(y)
    for image in range(images):
        at = (image * channels + first) * plane
        from_lanes(row, image * plane * lanes, lanes, count, plane, flat, at, plane)


# Turn g and x of some channels into row_g and row; give these channels' means, sums of g, and of g * (x - mean).
@inline
def _sums(g, x, means, first, count, row_g, row, mean, total, product) -> None:
    size = x.shape[0] * x.shape[2]
    mean[:count] = means[first : first + count]
    _turn(g, first, count, row_g)
    _turn(x, first, count, row)
    sum_in_lanes(row_g, size, total)
    sum_products_in_lanes(row_g, g.dtype.type(0), row, mean, size, product)


@kernel
def normalize(worker, workers, x, gamma, beta, eps, y, means, variances, inverses) -> None:
    """Fill y = gamma (x - mean) / sqrt(variance + eps) + beta, and its statistics."""
    images, channels, plane = x.shape
    lanes, size, n = lanes_of(x), images * plane, x.dtype.type(images * plane)
    row, mapped = _row(x), _row(x)
    mean, scale, shift = np.zeros(lanes, x.dtype), np.zeros(lanes, x.dtype), np.zeros(lanes, x.dtype)
    start, stop = share(channels, worker, workers)
    for low in range(start, stop, lanes):
        first, count = _next(low, stop, lanes)
        _turn(x, first, count, row)
        sum_in_lanes(row, size, mean)
        for c in range(lanes):
            mean[c] /= n
        sum_products_in_lanes(row, mean, row, mean, size, scale)
        for c in range(count):
            channel, variance = first + c, scale[c] / n
            inverse = 1 / np.sqrt(np.float64(variance) + eps)
            means[channel], variances[channel], inverses[channel] = mean[c], variance, inverse
            scale[c], shift[c] = gamma[channel] * inverse, beta[channel]
        scale_line(row, 0, mean, scale, shift, mapped, 0, size * lanes)
        _turn_back(mapped, first, count, y)


@kernel
def normalize_dx(worker, workers, g, x, gamma, means, inverses, of_mean, of_variance, dx, sums, products) -> None:
    """Fill dx = a g + b (x - mean) + c: of what y, the mean and the variance contribute; and sums as `channel_sums`."""
    images, channels, plane = x.shape
    lanes, n = lanes_of(x), images * plane
    row_g, row, mapped = _row(g), _row(x), _row(x)
    mean, a = np.zeros(lanes, x.dtype), np.zeros(lanes, x.dtype)
    b, shift = np.zeros(lanes, x.dtype), np.zeros(lanes, x.dtype)
    start, stop = share(channels, worker, workers)
    for low in range(start, stop, lanes):
        first, count = _next(low, stop, lanes)
        _sums(g, x, means, first, count, row_g, row, mean, shift, b)
        for c in range(count):
            channel, inverse = first + c, np.float64(inverses[first + c])
            total, product, scale = np.float64(shift[c]), np.float64(b[c]), gamma[channel] * inverse
            sums[channel], products[channel], a[c] = total, product, scale
            b[c] = (2 * of_variance[channel] - scale * inverse * inverse * product) / n
            shift[c] = (of_mean[channel] - scale * total) / n
        blend_lines(row_g, 0, a, row, 0, mean, b, shift, mapped, 0, n * lanes)
        _turn_back(mapped, first, count, dx)


@kernel
def channel_sum(worker, workers, g, totals) -> None:
    """Fill totals with the sums of g: what the bias of a convolution wants."""
    images, channels, plane = g.shape
    lanes, row, total = lanes_of(g), _row(g), np.empty(lanes_of(g), g.dtype)
    start, stop = share(channels, worker, workers)
    for low in range(start, stop, lanes):
        first, count = _next(low, stop, lanes)
        _turn(g, first, count, row)
        sum_in_lanes(row, images * plane, total)
        totals[first : first + count] = total[:count]


@kernel
def channel_sums(worker, workers, g, x, means, sums, products) -> None:
    """Fill in the sums of g, and of g * (x - mean)."""
    lanes, row_g, row = lanes_of(x), _row(g), _row(x)
    mean, total, product = np.zeros(lanes, x.dtype), np.empty(lanes, x.dtype), np.empty(lanes, x.dtype)
    start, stop = share(x.shape[1], worker, workers)
    for low in range(start, stop, lanes):
        first, count = _next(low, stop, lanes)
        _sums(g, x, means, first, count, row_g, row, mean, total, product)
        sums[first : first + count], products[first : first + count] = total[:count], product[:count]
