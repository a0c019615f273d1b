"""Batch normalisation: sums over a channel's planes in all images, and maps that are affine in each channel.

Arrays are (N, C, P), the P elements of a plane contiguous; a worker takes a share of the channels.  A plane is summed
in vectors, and in parts short enough for float32; the parts are added in float64.  A channel is mapped as soon as it is
summed, while it is in the cache.  Where planes are small, and leave vectors empty, `rows` does the same.
"""

import numpy as np

from . import rows
from .compile import inline, kernel, share
from .line_blocks import blend_lines, scale_line, sum_of_lines, sum_of_products

# What an element costs one thread, in nanoseconds.
_WORK = 0.2

PART = 1024  # elements that are added in their own precision
SMALL = 25  # elements of a plane up to which `rows` does it: no fewer than a vector has, which lines must have here


# How many parts of a channel are added in their own precision: pieces of a plane, or planes of several images.
@inline
def _parts(images, plane) -> int:
    together = max(1, PART // plane)
    return (images + together - 1) // together * ((plane + PART - 1) // PART)


# Where in flat images a part of a channel begins, how many lines it has, and how many elements each.
@inline
def _part(part, channel, images, channels, plane) -> tuple[int, int, int]:
    together, pieces = max(1, PART // plane), (plane + PART - 1) // PART
    image, low = part // pieces * together, part % pieces * PART
    return (image * channels + channel) * plane + low, min(together, images - image), min(PART, plane - low)


# Mean and variance of a channel.  Each part is read once from memory, for its own mean and the squares around that;
# then the moments of two sets are those of their union (Chan, Golub and LeVeque 1979, equation 2.1).
@inline
def _moments(x, channel) -> tuple[float, float]:
    images, channels, plane = x.shape
    flat, apart = x.reshape(-1), channels * plane
    count, mean, squares = 0, 0.0, 0.0
    for part in range(_parts(images, plane)):
        at, lines, size = _part(part, channel, images, channels, plane)
        more = lines * size
        part_mean = x.dtype.type(sum_of_lines(flat, at, lines, apart, size) / more)
        step = np.float64(part_mean) - mean
        squares += sum_of_products(flat, part_mean, flat, part_mean, at, lines, apart, size)
        squares += step * step * count * more / (count + more)
        count += more
        mean += step * more / count
    return mean, squares / count


# Sums of g, and of g * (x - mean), in a channel.
@inline
def _sums(g, x, mean, channel) -> tuple[float, float]:
    images, channels, plane = x.shape
    flat, flat_g, zero = x.reshape(-1), g.reshape(-1), g.dtype.type(0)
    apart, total, product = channels * plane, 0.0, 0.0
    for part in range(_parts(images, plane)):
        at, lines, size = _part(part, channel, images, channels, plane)
        total += sum_of_lines(flat_g, at, lines, apart, size)
        product += sum_of_products(flat_g, zero, flat, mean, at, lines, apart, size)
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
            scale_line(flat, at, mean, scale, shift, flat_y, at, plane)


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
            blend_lines(flat_g, at, a, flat, at, mean, b, c, flat_dx, at, plane)


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
        for part in range(_parts(images, plane)):
            at, lines, size = _part(part, channel, images, channels, plane)
            total += sum_of_lines(flat, at, lines, channels * plane, size)
        totals[channel] = total


def _planes(x: np.ndarray) -> tuple[int, int, int]:
    """Give the shape of (N, C, ...) as three axes; it has elements."""
    images, channels = x.shape[:2]
    return images, channels, x.size // (images * channels)


def normalize(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> tuple[np.ndarray, ...]:
    """Return gamma (x - mean) / sqrt(variance + eps) + beta, the mean, the variance and 1 / sqrt(variance + eps)."""
    planes = _planes(x)
    kernel = rows.normalize if planes[2] <= SMALL else _normalize
    y, (mean, variance, inverse) = np.empty(x.shape, x.dtype), np.empty((3, planes[1]), x.dtype)
    work = int(3 * x.size * _WORK)
    kernel(x.reshape(planes), gamma, beta, eps, y.reshape(planes), mean, variance, inverse, work=work)
    return y, mean, variance, inverse


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
    planes = _planes(x)
    kernel = rows.normalize_dx if planes[2] <= SMALL else _normalize_dx
    dx, sums, products = np.empty(x.shape, x.dtype), np.empty(planes[1], x.dtype), np.empty(planes[1], x.dtype)
    given, work = (gamma, mean, inverse, of_mean, of_variance), int(4 * x.size * _WORK)
    kernel(g.reshape(planes), x.reshape(planes), *given, dx.reshape(planes), sums, products, work=work)
    return dx, sums, products


def channel_sum(g: np.ndarray) -> np.ndarray:
    """Return the sum of g in each channel."""
    planes = _planes(g)
    kernel = rows.channel_sum if planes[2] <= SMALL else _totals
    totals = np.empty(planes[1], g.dtype)
    kernel(g.reshape(planes), totals, work=int(g.size * _WORK))
    return totals


def channel_sums(g: np.ndarray, x: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of g, and of g * (x - mean), in each channel."""
    planes = _planes(x)
    kernel = rows.channel_sums if planes[2] <= SMALL else _sums_of_channels
    sums, products = np.empty(planes[1], x.dtype), np.empty(planes[1], x.dtype)
    kernel(g.reshape(planes), x.reshape(planes), mean, sums, products, work=int(2 * x.size * _WORK))
    return sums, products
