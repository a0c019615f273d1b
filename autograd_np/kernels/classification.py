"""Softmax cross-entropy of float32 scores, one row after the other: each is read from memory once."""

import math

import numpy as np

from . import fallback
from .blocks import lanes_of
from .compile import inline, inline_sum, kernel, share
from .line_blocks import largest_of, sum_of_lines

# What an element and a row cost one thread, in nanoseconds.
_ELEMENT, _ROW = 1.3, 40

# exp(v) = 2^z exp(r), with the integer z nearest to v / ln 2, and r = v - z ln 2 by two parts of ln 2, of which the
# first has few digits, so that its product with z is exact.  The polynomial is Cephes' (Moshier 1992), to 1 ulp.
_LOWEST = np.float32(-87)
_PER_LN2, _LN2_HIGH, _LN2_LOW = np.float32(1.44269504), np.float32(0.693359375), np.float32(-2.12194440e-4)
_POLYNOMIAL = tuple(
    np.float32(c)
    for c in (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
)
_HALF, _ONE, _ZERO = np.float32(0.5), np.float32(1), np.float32(0)
_NOTHING, _BIAS, _MANTISSA = np.int32(0), np.int32(127), np.int32(23)  # a float's exponent begins at its bit 23

BLOCK = 1024  # scores that stay in the L1 cache from one loop to the next


# The largest of a row, NaN left out: where it is short four at a time, as each comparison waits for the last one.
@inline
def _largest(scores) -> np.float32:
    if len(scores) >= lanes_of(scores):
        return largest_of(scores, 0, len(scores))
    a = b = c = d = np.float32(-np.inf)
    whole = len(scores) // 4 * 4
    for i in range(0, whole, 4):
        a = scores[i] if scores[i] > a else a
        b = scores[i + 1] if scores[i + 1] > b else b
        c = scores[i + 2] if scores[i + 2] > c else c
        d = scores[i + 3] if scores[i + 3] > d else d
    for i in range(whole, len(scores)):
        a = scores[i] if scores[i] > a else a
    return max(max(a, b), max(c, d))


# x becomes exp(x), for x of at most 0: 0 under the smallest normal float, NaN where it is NaN.  Without branches, so
# that there are vector instructions; and over several rows in one go, which may be short.
@inline
def _exponentials(x, bits) -> None:
    powers = bits.view(np.float32)
    p0, p1, p2, p3, p4, p5 = _POLYNOMIAL
    for i in range(len(x)):
        v = _LOWEST if x[i] < _LOWEST else x[i]
        z = np.floor(v * _PER_LN2 + _HALF)
        r = v - z * _LN2_HIGH - z * _LN2_LOW
        bits[i] = _NOTHING if x[i] < _LOWEST else (np.int32(z) + _BIAS) << _MANTISSA
        x[i] = (((((p0 * r + p1) * r + p2) * r + p3) * r + p4) * r + p5) * r * r + r + _ONE
    for i in range(len(x)):
        x[i] *= powers[i]


@inline_sum
def _sum_of_few(x) -> np.float32:
    total = _ZERO
    for i in range(len(x)):
        total += x[i]
    return total


@inline
def _sum(x) -> np.float32:
    return sum_of_lines(x, 0, 1, 0, len(x)) if len(x) >= lanes_of(x) else _sum_of_few(x)


# losses[r] = log(sum(exp(x[r]))) - x[r, labels[r]],  p[r] = softmax(x[r]); the largest score is subtracted first.
# The loss is NaN where a label is no class.
@kernel
def _cross_entropy(worker, workers, x, labels, losses, p) -> None:
    rows, classes = x.shape
    together = max(1, BLOCK // classes)
    tops, bits = np.empty(together, np.float32), np.empty(together * classes, np.int32)
    start, stop = share(rows, worker, workers)
    for low in range(start, stop, together):
        high = min(low + together, stop)
        for row in range(low, high):
            scores, shifted = x[row], p[row]
            top = _largest(scores)
            tops[row - low] = top
            for c in range(classes):
                shifted[c] = scores[c] - top
            if math.isinf(top):  # inf - inf: exp gives the limits, 1 for +inf, and 0 where all are -inf
                for c in range(classes):
                    if scores[c] == top:
                        shifted[c] = _ZERO if top > _ZERO else top
        block = p[low:high].reshape(-1)
        _exponentials(block, bits[: len(block)])
        for row in range(low, high):
            shares, total = p[row], _sum(p[row])
            label = labels[row]
            known = total > _ZERO and 0 <= label < classes
            losses[row] = math.log(total) - (x[row, label] - tops[row - low]) if known else np.nan
            inverse = _ONE / total
            for c in range(classes):
                shares[c] *= inverse


# dx[r] = g[r] (p[r] - onehot(labels[r])); a g of one element is that of every row.  NaN where a label is no class.
@kernel
def _cross_entropy_dx(worker, workers, g, p, labels, dx) -> None:
    rows, classes = p.shape
    start, stop = share(rows, worker, workers)
    wrong = False
    for row in range(start, stop):
        scale, shares, out, label = g[row % len(g)], p[row], dx[row], np.uint64(labels[row])
        for c in range(classes):
            out[c] = scale * shares[c]
        if label < np.uint64(classes):  # which negative ones are not, without their sign
            out[label] = scale * (shares[label] - p.dtype.type(1))
        else:
            wrong = True
    if wrong:
        for row in range(start, stop):
            if np.uint64(labels[row]) >= np.uint64(classes):
                for c in range(classes):
                    dx[row, c] = np.nan


def cross_entropy(x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss of each row, and its softmax; of float64 by NumPy."""
    if x.dtype != np.float32:
        return fallback.cross_entropy(x, labels)
    losses, p = np.empty(len(x), x.dtype), np.empty(x.shape, x.dtype)
    _cross_entropy(x, labels, losses, p, work=int(x.size * _ELEMENT + len(x) * _ROW))
    return losses, p


def cross_entropy_dx(g: np.ndarray, p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return g (p - onehot), of each row."""
    dx = np.empty(p.shape, p.dtype)
    _cross_entropy_dx(g, p, labels, dx, work=p.size // 4 + 12 * len(p))
    return dx
