"""Batch normalisation: sums over a channel's planes in all images, and maps that are affine in each channel.

Arrays are (N, C, P), the P elements of a plane contiguous; a worker takes a share of the channels.  A plane is summed
in vectors, and in parts short enough for float32; the parts are added in float64.  A channel is mapped as soon as it is
summed, while it is in the cache.  Where planes are small, and leave vectors empty, `rows` does the same.
"""

import numpy as np

from . import rows
from .compile import inline, inline_sum, kernel, share

# What an element costs one thread, in nanoseconds.
_WORK = 0.2

PART = 1024  # elements that are added in their own precision
SMALL = 25  # elements of a plane


@inline_sum
def _sum(x) -> float:
    total = x.dtype.type(0)
    for i in range(len(x)):
        total += x[i]
    return total


@inline_sum
def _sum_of_squares(x, mean) -> float:
    total = x.dtype.type(0)
    for i in range(len(x)):
        total += (x[i] - mean) * (x[i] - mean)
    return total


@inline_sum
def _sum_of_products(g, x, mean) -> float:
    total = x.dtype.type(0)
    for i in range(len(x)):
        total += g[i] * (x[i] - mean)
    return total


# Mean and variance of a channel.  Each part is read once from memory, for its own mean and the squares around that;
# then the moments of two sets are those of their union (Chan, Golub and LeVeque 1979, equation 2.1).
@inline
def _moments(x, channel) -> tuple[float, float]:
    images, channels, plane = x.shape
    flat = x.reshape(-1)
    count, mean, squares = 0, 0.0, 0.0
    for image in range(images):
        at = (image * channels + channel) * plane
        for low in range(at, at + plane, PART):
            part = flat[low : min(low + PART, at + plane)]
            size = len(part)
            part_mean = x.dtype.type(_sum(part) / size)
            step = np.float64(part_mean) - mean
            squares += _sum_of_squares(part, part_mean) + step * step * count * size / (count + size)
            count += size
            mean += step * size / count
    return mean, squares / count


# Sums of g, and of g * (x - mean), in a channel.
@inline
def _sums(g, x, mean, channel) -> tuple[float, float]:
    images, channels, plane = x.shape
    flat, flat_g = x.reshape(-1), g.reshape(-1)
    total, product = 0.0, 0.0
    for image in range(images):
        at = (image * channels + channel) * plane
        for low in range(at, at + plane, PART):
            part, part_g = flat[low : min(low + PART, at + plane)], flat_g[low : min(low + PART, at + plane)]
            total += _sum(part_g)
            product += _sum_of_products(part_g, part, mean)
    return total, product


# y = gamma (x - mean) / sqrt(variance + eps) + beta, and its statistics
@kernel
def _normalize(worker, workers, x, gamma, beta, eps, y, means, variances, inverses) -> None:
    images, channels, plane = x.shape
    flat, flat_y = x.reshape(-1), y.reshape(-1)
    start, stop = share(channels, worker, workers)
    for channel in range(start, stop):
        means[channel], variances[channel] = _moments(x, channel)
        mean, shift = means[channel], beta[channel]
        inverse = 1 / np.sqrt(np.float64(variances[channel]) + eps)
        inverses[channel], scale = inverse, x.dtype.type(gamma[channel] * inverse)
        for image in range(images):
            at = (image * channels + channel) * plane
            line, line_y = flat[at : at + plane], flat_y[at : at + plane]
            for i in range(len(line)):
                line_y[i] = (line[i] - mean) * scale + shift


# dx = a g + b (x - mean) + c: of what y, the mean and the variance contribute.
@kernel
def _normalize_dx(worker, workers, g, x, gamma, means, inverses, of_mean, of_variance, dx, sums, products) -> None:
    images, channels, plane = x.shape
    flat, flat_g, flat_dx = x.reshape(-1), g.reshape(-1), dx.reshape(-1)
    start, stop = share(channels, worker, workers)
    for channel in range(start, stop):
        mean, inverse = means[channel], np.float64(inverses[channel])
        total, product = _sums(g, x, mean, channel)
        sums[channel], products[channel] = total, product
        scale, n = gamma[channel] * inverse, images * plane
        a = x.dtype.type(scale)
        b = x.dtype.type((2 * of_variance[channel] - scale * inverse * inverse * product) / n)
        c = x.dtype.type((of_mean[channel] - scale * total) / n)
        for image in range(images):
            at = (image * channels + channel) * plane
            line, line_g, line_dx = flat[at : at + plane], flat_g[at : at + plane], flat_dx[at : at + plane]
            for i in range(len(line)):
                line_dx[i] = a * line_g[i] + b * (line[i] - mean) + c


@kernel
def _sums_of_channels(worker, workers, g, x, means, sums, products) -> None:
    start, stop = share(x.shape[1], worker, workers)
    for channel in range(start, stop):
        sums[channel], products[channel] = _sums(g, x, means[channel], channel)


# totals = sum of g: what a bias of channels wants
@kernel
def _totals(worker, workers, g, totals) -> None:
    images, channels, plane = g.shape
    flat, (start, stop) = g.reshape(-1), share(channels, worker, workers)
    for channel in range(start, stop):
        total = 0.0
        for image in range(images):
            at = (image * channels + channel) * plane
            for low in range(at, at + plane, PART):
                total += _sum(flat[low : min(low + PART, at + plane)])
        totals[channel] = total


def _planes(array: np.ndarray) -> np.ndarray:
    """Give (N, C, ...) three axes."""
    return array.reshape(*array.shape[:2], -1)


def _channels(x: np.ndarray) -> np.ndarray:
    return np.empty(x.shape[1], x.dtype)


def normalize(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> tuple[np.ndarray, ...]:
    """Return gamma (x - mean) / sqrt(variance + eps) + beta, the mean, the variance and 1 / sqrt(variance + eps)."""
    y, statistics = np.empty(x.shape, x.dtype), (_channels(x), _channels(x), _channels(x))
    planes = _planes(x)
    kernel = rows.normalize if planes.shape[2] <= SMALL else _normalize
    kernel(planes, gamma, beta, eps, _planes(y), *statistics, work=int(3 * x.size * _WORK))
    return y, *statistics


def normalize_dx(
    g: np.ndarray,
    x: np.ndarray,
    gamma: np.ndarray,
    mean: np.ndarray,
    inverse: np.ndarray,
    of_mean: np.ndarray,
    of_variance: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the adjoint, and the sums of g, and of g * (x - mean), in each channel."""
    dx, sums, products = np.empty(x.shape, x.dtype), _channels(x), _channels(x)
    planes, channels = (_planes(g), _planes(x)), (gamma, mean, inverse, of_mean, of_variance)
    kernel = rows.normalize_dx if planes[0].shape[2] <= SMALL else _normalize_dx
    kernel(*planes, *channels, _planes(dx), sums, products, work=int(4 * x.size * _WORK))
    return dx, sums, products


def channel_sum(g: np.ndarray) -> np.ndarray:
    """Return the sum of g in each channel."""
    totals = _channels(g)
    planes = _planes(g)
    kernel = rows.channel_sum if planes.shape[2] <= SMALL else _totals
    kernel(planes, totals, work=int(g.size * _WORK))
    return totals


def channel_sums(g: np.ndarray, x: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of g, and of g * (x - mean), in each channel."""
    sums, products = _channels(x), _channels(x)
    planes = _planes(g), _planes(x)
    kernel = rows.channel_sums if planes[0].shape[2] <= SMALL else _sums_of_channels
    kernel(*planes, mean, sums, products, work=int(2 * x.size * _WORK))
    return sums, products
