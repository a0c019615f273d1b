"""Batch normalisation: sums over a channel's planes in all images, and maps that are affine in each channel.

Arrays are (N, C, P), the P elements of a plane contiguous; a worker takes a share of the channels.  A plane is summed
in vectors, and in parts short enough for float32; the parts are added in float64.
"""

import numpy as np

from .compile import inline_sum, kernel, share

# What an element costs one thread, in nanoseconds.
_WORK = 0.2

PART = 1024  # elements that are added in their own precision


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


# Mean and variance of each channel.  Each part is read once from memory, for its own mean and the squares around that;
# then the moments of two sets are those of their union (Chan, Golub and LeVeque 1979, equation 2.1).
@kernel
def _moments(worker, workers, x, means, variances) -> None:
    images, channels, plane = x.shape
    flat, (start, stop) = x.reshape(-1), share(channels, worker, workers)
    for channel in range(start, stop):
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
        means[channel], variances[channel] = mean, squares / count


# out = scale * (x - mean) + shift
@kernel
def _scale_and_shift(worker, workers, x, means, scales, shifts, out) -> None:
    images, channels, plane = x.shape
    flat, flat_out = x.reshape(-1), out.reshape(-1)
    start, stop = share(channels, worker, workers)
    for image in range(images):
        for channel in range(start, stop):
            at = (image * channels + channel) * plane
            mean, scale, shift = means[channel], scales[channel], shifts[channel]
            line, line_out = flat[at : at + plane], flat_out[at : at + plane]
            for i in range(len(line)):
                line_out[i] = (line[i] - mean) * scale + shift


# sums = sum of g, products = sum of g * (x - mean)
@kernel
def _sums(worker, workers, g, x, means, sums, products) -> None:
    images, channels, plane = x.shape
    flat, flat_g = x.reshape(-1), g.reshape(-1)
    start, stop = share(channels, worker, workers)
    for channel in range(start, stop):
        total, product = 0.0, 0.0
        for image in range(images):
            at = (image * channels + channel) * plane
            for low in range(at, at + plane, PART):
                part, part_g = flat[low : min(low + PART, at + plane)], flat_g[low : min(low + PART, at + plane)]
                total += _sum(part_g)
                product += _sum_of_products(part_g, part, means[channel])
        sums[channel], products[channel] = total, product


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


# dx = a * g + b * (x - mean) + c
@kernel
def _combine(worker, workers, g, x, means, a, b, c, dx) -> None:
    images, channels, plane = x.shape
    flat, flat_g, flat_dx = x.reshape(-1), g.reshape(-1), dx.reshape(-1)
    start, stop = share(channels, worker, workers)
    for image in range(images):
        for channel in range(start, stop):
            at = (image * channels + channel) * plane
            mean, of_g, of_x, shift = means[channel], a[channel], b[channel], c[channel]
            line, line_g, line_dx = flat[at : at + plane], flat_g[at : at + plane], flat_dx[at : at + plane]
            for i in range(len(line)):
                line_dx[i] = of_g * line_g[i] + of_x * (line[i] - mean) + shift


def _planes(array: np.ndarray) -> np.ndarray:
    return array.reshape(*array.shape[:2], -1)


def channel_moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the variance of each channel."""
    mean, variance = np.empty(x.shape[1], x.dtype), np.empty(x.shape[1], x.dtype)
    _moments(_planes(x), mean, variance, work=int(2 * x.size * _WORK))
    return mean, variance


def channel_scale(x: np.ndarray, mean: np.ndarray, scale: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Return scale * (x - mean) + shift."""
    out = np.empty(x.shape, x.dtype)
    _scale_and_shift(_planes(x), mean, scale, shift, _planes(out), work=int(x.size * _WORK))
    return out


def channel_sum(g: np.ndarray) -> np.ndarray:
    """Return the sum of g in each channel."""
    totals = np.empty(g.shape[1], g.dtype)
    _totals(_planes(g), totals, work=int(g.size * _WORK))
    return totals


def channel_sums(g: np.ndarray, x: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of g, and of g * (x - mean), in each channel."""
    sums, products = np.empty(x.shape[1], x.dtype), np.empty(x.shape[1], x.dtype)
    _sums(_planes(g), _planes(x), mean, sums, products, work=int(2 * x.size * _WORK))
    return sums, products


def channel_combine(
    g: np.ndarray, x: np.ndarray, mean: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray
) -> np.ndarray:
    """Return a * g + b * (x - mean) + c."""
    dx = np.empty(x.shape, x.dtype)
    _combine(_planes(g), _planes(x), mean, a, b, c, _planes(dx), work=int(2 * x.size * _WORK))
    return dx
