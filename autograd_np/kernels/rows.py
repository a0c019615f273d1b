"""Batch normalisation of vectors: sums over the rows of a matrix, and maps that are affine in each of its columns.

Arrays are (rows, channels).  A worker takes a share of the channels, and goes through them row by row: what is
contiguous is added and mapped in vectors.  So many rows are added in their own precision, and these sums in float64.
"""

import numpy as np

from .compile import inline, kernel, share

PART = 64  # rows that are added in their own precision


# totals = sum over rows of x
@inline
def _sums(x, start, stop, totals) -> None:
    rows, part = len(x), np.empty(stop - start, x.dtype)
    totals[:] = 0
    for low in range(0, rows, PART):
        part[:] = 0
        for row in range(low, min(low + PART, rows)):
            line = x[row, start:stop]
            for c in range(len(part)):
                part[c] += line[c]
        for c in range(len(part)):
            totals[c] += part[c]


# totals = sum over rows of (g - shift) * (x - mean): for the variance both factors are the same
@inline
def _sums_of_products(g, shift, x, mean, start, stop, totals) -> None:
    rows, part = len(x), np.empty(stop - start, x.dtype)
    totals[:] = 0
    for low in range(0, rows, PART):
        part[:] = 0
        for row in range(low, min(low + PART, rows)):
            line, line_g = x[row, start:stop], g[row, start:stop]
            for c in range(len(part)):
                part[c] += (line_g[c] - shift[c]) * (line[c] - mean[c])
        for c in range(len(part)):
            totals[c] += part[c]


@kernel
def normalize(worker, workers, x, gamma, beta, eps, y, means, variances, inverses) -> None:
    """Fill y = gamma (x - mean) / sqrt(variance + eps) + beta, and its statistics."""
    start, stop = share(x.shape[1], worker, workers)
    mean, shift = means[start:stop], beta[start:stop]
    totals, scale = np.empty(stop - start, np.float64), np.empty(stop - start, x.dtype)
    _sums(x, start, stop, totals)
    for c in range(len(mean)):
        mean[c] = totals[c] / len(x)
    _sums_of_products(x, mean, x, mean, start, stop, totals)
    for c in range(len(mean)):
        variance = totals[c] / len(x)
        inverse = 1 / np.sqrt(variance + eps)
        variances[start + c], inverses[start + c] = variance, inverse
        scale[c] = gamma[start + c] * inverse
    for row in range(len(x)):
        line, line_y = x[row, start:stop], y[row, start:stop]
        for c in range(len(mean)):
            line_y[c] = (line[c] - mean[c]) * scale[c] + shift[c]


@kernel
def normalize_dx(worker, workers, g, x, gamma, means, inverses, of_mean, of_variance, dx, sums, products) -> None:
    """Fill dx = a g + b (x - mean) + c: of what y, the mean and the variance contribute; and sums as `channel_sums`."""
    start, stop = share(x.shape[1], worker, workers)
    n, mean = len(x), means[start:stop]
    total, product = np.empty(stop - start, np.float64), np.empty(stop - start, np.float64)
    a, b, c = np.empty(stop - start, x.dtype), np.empty(stop - start, x.dtype), np.zeros(stop - start, x.dtype)
    _sums(g, start, stop, total)
    _sums_of_products(g, c, x, mean, start, stop, product)
    for i in range(len(mean)):
        channel, inverse = start + i, np.float64(inverses[start + i])
        sums[channel], products[channel] = total[i], product[i]
        scale = gamma[channel] * inverse
        a[i] = scale
        b[i] = (2 * of_variance[channel] - scale * inverse * inverse * product[i]) / n
        c[i] = (of_mean[channel] - scale * total[i]) / n
    for row in range(n):
        line, line_g, line_dx = x[row, start:stop], g[row, start:stop], dx[row, start:stop]
        for i in range(len(mean)):
            line_dx[i] = a[i] * line_g[i] + b[i] * (line[i] - mean[i]) + c[i]


@kernel
def channel_sum(worker, workers, g, totals) -> None:
    """Fill totals with the sums of g: what the bias of a linear map wants."""
    start, stop = share(g.shape[1], worker, workers)
    total = np.empty(stop - start, np.float64)
    _sums(g, start, stop, total)
    for c in range(len(total)):
        totals[start + c] = total[c]


@kernel
def channel_sums(worker, workers, g, x, means, sums, products) -> None:
    """Fill in the sums of g, and of g * (x - mean)."""
    start, stop = share(x.shape[1], worker, workers)
    total, nothing = np.empty(stop - start, np.float64), np.zeros(stop - start, x.dtype)
    _sums(g, start, stop, total)
    for c in range(len(total)):
        sums[start + c] = total[c]
    _sums_of_products(g, nothing, x, means[start:stop], start, stop, total)
    for c in range(len(total)):
        products[start + c] = total[c]
