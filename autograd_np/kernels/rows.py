"""Batch normalisation where planes are small: sums over the columns of a matrix, and maps that are affine in each.

Arrays are (N, C, P), and to these loops matrices with N rows of C P columns: what is contiguous is added and mapped in
vectors, however few elements a plane has.  A channel's columns are put together when all rows have been added.  A
worker takes a share of the channels, band by band: what a band's columns hold stays in the cache from the sums to the
map.  So many rows are added in their own precision, and these sums in float64.
"""

import numpy as np

from .compile import inline, kernel, share

PART = 64  # rows that are added in their own precision
BAND, COLUMNS = 32 * 1024, 256  # elements of a band; and columns at least, as memory is read in pieces


# How many channels a band has.
@inline
def _band(x) -> int:
    images, channels, plane = x.shape
    return max(1, min(channels, max(BAND // images, COLUMNS) // plane))


# totals[c] = the sum of a channel's columns
@inline
def _fold(columns, totals) -> None:
    plane = len(columns) // len(totals)
    for c in range(len(totals)):
        total = 0.0
        for column in range(c * plane, (c + 1) * plane):
            total += columns[column]
        totals[c] = total


# columns = numbers of channels, each as often as it has columns
@inline
def _repeat(numbers, columns) -> None:
    plane = len(columns) // len(numbers)
    for c in range(len(numbers)):
        for column in range(c * plane, (c + 1) * plane):
            columns[column] = numbers[c]


# totals = the sums of x in the channels low to high
@inline
def _sums(x, low, high, totals) -> None:
    images, channels, plane = x.shape
    flat, size = x.reshape(-1), (high - low) * plane
    part, columns = np.empty(size, x.dtype), np.zeros(size, np.float64)
    for first in range(0, images, PART):
        part[:] = 0
        for image in range(first, min(first + PART, images)):
            at = (image * channels + low) * plane
            line = flat[at : at + size]
            for c in range(len(part)):
                part[c] += line[c]
        for c in range(len(part)):
            columns[c] += part[c]
    _fold(columns, totals)


# totals = the sums of (g - shift) * (x - mean); shift and mean are given for each column
@inline
def _sums_of_products(g, shift, x, mean, low, high, totals) -> None:
    images, channels, plane = x.shape
    flat, flat_g, size = x.reshape(-1), g.reshape(-1), (high - low) * plane
    part, columns = np.empty(size, x.dtype), np.zeros(size, np.float64)
    for first in range(0, images, PART):
        part[:] = 0
        for image in range(first, min(first + PART, images)):
            at = (image * channels + low) * plane
            line, line_g = flat[at : at + size], flat_g[at : at + size]
            for c in range(len(part)):
                part[c] += (line_g[c] - shift[c]) * (line[c] - mean[c])
        for c in range(len(part)):
            columns[c] += part[c]
    _fold(columns, totals)


@kernel
def normalize(worker, workers, x, gamma, beta, eps, y, means, variances, inverses) -> None:
    """Fill y = gamma (x - mean) / sqrt(variance + eps) + beta, and its statistics."""
    images, channels, plane = x.shape
    flat, flat_y = x.reshape(-1), y.reshape(-1)
    start, stop = share(channels, worker, workers)
    band = _band(x)
    for low in range(start, stop, band):
        high = min(low + band, stop)
        totals, size = np.empty(high - low, np.float64), (high - low) * plane
        mean, scale, shift = np.empty(size, x.dtype), np.empty(size, x.dtype), np.empty(size, x.dtype)
        _sums(x, low, high, totals)
        for c in range(low, high):
            means[c] = totals[c - low] / (images * plane)
        _repeat(means[low:high], mean)
        _sums_of_products(x, mean, x, mean, low, high, totals)
        for c in range(low, high):
            variance = totals[c - low] / (images * plane)
            inverse = 1 / np.sqrt(variance + eps)
            variances[c], inverses[c], totals[c - low] = variance, inverse, gamma[c] * inverse
        _repeat(totals, scale)
        _repeat(beta[low:high], shift)
        for image in range(images):
            at = (image * channels + low) * plane
            line, line_y = flat[at : at + size], flat_y[at : at + size]
            for c in range(len(mean)):
                line_y[c] = (line[c] - mean[c]) * scale[c] + shift[c]


@kernel
def normalize_dx(worker, workers, g, x, gamma, means, inverses, of_mean, of_variance, dx, sums, products) -> None:
    """Fill dx = a g + b (x - mean) + c: of what y, the mean and the variance contribute; and sums as `channel_sums`."""
    images, channels, plane = x.shape
    flat, flat_g, flat_dx = x.reshape(-1), g.reshape(-1), dx.reshape(-1)
    start, stop = share(channels, worker, workers)
    band, n = _band(x), images * plane
    for low in range(start, stop, band):
        high = min(low + band, stop)
        total, product = np.empty(high - low, np.float64), np.empty(high - low, np.float64)
        factor, size = np.empty(high - low, np.float64), (high - low) * plane
        mean, a = np.empty(size, x.dtype), np.empty(size, x.dtype)
        b, c = np.empty(size, x.dtype), np.zeros(size, x.dtype)
        _repeat(means[low:high], mean)
        _sums(g, low, high, total)
        _sums_of_products(g, c, x, mean, low, high, product)
        for i in range(high - low):
            channel, inverse = low + i, np.float64(inverses[low + i])
            sums[channel], products[channel] = total[i], product[i]
            scale = gamma[channel] * inverse
            factor[i] = scale
            product[i] = (2 * of_variance[channel] - scale * inverse * inverse * product[i]) / n
            total[i] = (of_mean[channel] - scale * total[i]) / n
        _repeat(factor, a)
        _repeat(product, b)
        _repeat(total, c)
        for image in range(images):
            at = (image * channels + low) * plane
            line, line_g, line_dx = flat[at : at + size], flat_g[at : at + size], flat_dx[at : at + size]
            for i in range(len(mean)):
                line_dx[i] = a[i] * line_g[i] + b[i] * (line[i] - mean[i]) + c[i]


@kernel
def channel_sum(worker, workers, g, totals) -> None:
    """Fill totals with the sums of g: what the bias of a linear map wants."""
    start, stop = share(g.shape[1], worker, workers)
    band = _band(g)
    for low in range(start, stop, band):
        high = min(low + band, stop)
        total = np.empty(high - low, np.float64)
        _sums(g, low, high, total)
        for c in range(len(total)):
            totals[low + c] = total[c]


@kernel
def channel_sums(worker, workers, g, x, means, sums, products) -> None:
    """Fill in the sums of g, and of g * (x - mean)."""
    start, stop = share(x.shape[1], worker, workers)
    band = _band(x)
    for low in range(start, stop, band):
        high = min(low + band, stop)
        total, size = np.empty(high - low, np.float64), (high - low) * x.shape[2]
        mean, nothing = np.empty(size, x.dtype), np.zeros(size, x.dtype)
        _repeat(means[low:high], mean)
        _sums(g, low, high, total)
        for c in range(len(total)):
            sums[low + c] = total[c]
        _sums_of_products(g, nothing, x, mean, low, high, total)
        for c in range(len(total)):
            products[low + c] = total[c]
