"""Batch normalisation of large planes, which are lines of memory: each is added up and mapped in vectors.

Arrays are (N, C, P), the P elements of a plane contiguous, no fewer than a vector has; a worker takes a share of the
channels.  A plane is summed in parts short enough for float32; the parts are added in float64.  A channel is mapped as
soon as it is summed, while it is in the cache.
"""

import numpy as np

from .compile import inline, kernel, share
from .line_blocks import blend_lines, scale_line, sum_of_lines, sum_of_products

PART = 1024  # elements that are added in their own precision


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


@kernel
def normalize(worker, workers, x, gamma, beta, eps, y, means, variances, inverses) -> None:
    """Fill y = gamma (x - mean) / sqrt(variance + eps) + beta, and its statistics."""
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


@kernel
def normalize_dx(worker, workers, g, x, gamma, means, inverses, of_mean, of_variance, dx, sums, products) -> None:
    """Fill dx = a g + b (x - mean) + c: of what y, the mean and the variance contribute; and sums as `channel_sums`."""
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
def channel_sums(worker, workers, g, x, means, sums, products) -> None:
    """Fill in the sums of g, and of g * (x - mean)."""
    start, stop = share(x.shape[1], worker, workers)
    for channel in range(start, stop):
        sums[channel], products[channel] = _sums(g, x, means[channel], channel)


@kernel
def channel_sum(worker, workers, g, totals) -> None:
    """Fill totals with the sums of g: what the bias of a convolution wants."""
    images, channels, plane = g.shape
    flat, (start, stop) = g.reshape(-1), share(channels, worker, workers)
    for channel in range(start, stop):
        total = 0.0
        for part in range(_parts(images, plane)):
            at, lines, size = _part(part, channel, images, channels, plane)
            total += sum_of_lines(flat, at, lines, channels * plane, size)
        totals[channel] = total
