"""Softmax of float32 scores, and its cross-entropy, one row after the other: each is read from memory once."""

import math

import numpy as np

from . import fallback
from .blocks import lanes_of
from .compile import inline, inline_sum, kernel, share
from .exponentials import BLOCK, exponentials
from .line_blocks import largest_of, sum_of_lines

# What an element and a row cost one thread, in nanoseconds.
_ELEMENT, _ROW = 1.3, 40

_ONE, _ZERO = np.float32(1), np.float32(0)


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


@inline_sum
def _sum_of_few(x) -> np.float32:
    total = _ZERO
    for i in range(len(x)):
        total += x[i]
    return total


@inline
def _sum(x) -> np.float32:
    return sum_of_lines(x, 0, 1, 0, len(x)) if len(x) >= lanes_of(x) else _sum_of_few(x)


# How many rows go through the cache together, room for their tops, and for the bits of their exponentials.
@inline
def _room(classes) -> tuple:
    together = max(1, BLOCK // classes)
    return together, np.empty(together, np.float32), np.empty(together * classes, np.int32)


# p = exp(x - top) in the rows from low to high, with the largest number of each row as its top.
@inline
def _shifted_exponentials(x, low, high, p, tops, bits) -> None:
    for row in range(low, high):
        scores, shifted = x[row], p[row]
        top = _largest(scores)
        tops[row - low] = top
        for c in range(len(scores)):
            shifted[c] = scores[c] - top
        if math.isinf(top):  # inf - inf: exp gives the limits, 1 for +inf, and 0 where all are -inf
            for c in range(len(scores)):
                if scores[c] == top:
                    shifted[c] = _ZERO if top > _ZERO else top
    block = p[low:high].reshape(-1)
    exponentials(block, bits[: len(block)])


# losses[r] = log(sum(exp(x[r]))) - x[r, labels[r]],  p[r] = softmax(x[r]).  The loss is NaN where a label is no class.
@kernel
def _cross_entropy(worker, workers, x, labels, losses, p) -> None:
    rows, classes = x.shape
    together, tops, bits = _room(classes)
    start, stop = share(rows, worker, workers)
    for low in range(start, stop, together):
        high = min(low + together, stop)
        _shifted_exponentials(x, low, high, p, tops, bits)
        for row in range(low, high):
            shares, total = p[row], _sum(p[row])
            label = labels[row]
            known = total > _ZERO and 0 <= label < classes
            losses[row] = math.log(total) - (x[row, label] - tops[row - low]) if known else np.nan
            inverse = _ONE / total
            for c in range(classes):
                shares[c] *= inverse


# y[r] = softmax(x[r]), or its logarithm.
@kernel
def _softmax(worker, workers, x, logarithm, y) -> None:
    rows, classes = x.shape
    together, tops, bits = _room(classes)
    start, stop = share(rows, worker, workers)
    for low in range(start, stop, together):
        high = min(low + together, stop)
        _shifted_exponentials(x, low, high, y, tops, bits)
        for row in range(low, high):
            scores, out, total = x[row], y[row], _sum(y[row])
            if logarithm:
                top, rest = tops[row - low], np.float32(math.log(total))
                for c in range(classes):
                    out[c] = (scores[c] - top) - rest
            else:
                inverse = _ONE / total
                for c in range(classes):
                    out[c] *= inverse


# dx[r] = y[r] (g[r] - sum(g[r] y[r]))
@kernel
def _softmax_dx(worker, workers, g, y, dx) -> None:
    start, stop = share(len(y), worker, workers)
    for row in range(start, stop):
        cotangents, shares, out = g[row], y[row], dx[row]
        for c in range(len(out)):
            out[c] = cotangents[c] * shares[c]
        total = _sum(out)
        for c in range(len(out)):
            out[c] = shares[c] * (cotangents[c] - total)


# dx[r] = g[r] - exp(y[r]) sum(g[r])
@kernel
def _log_softmax_dx(worker, workers, g, y, dx) -> None:
    rows, classes = y.shape
    together, _, bits = _room(classes)
    start, stop = share(rows, worker, workers)
    for low in range(start, stop, together):
        high = min(low + together, stop)
        block, logarithms = dx[low:high].reshape(-1), y[low:high].reshape(-1)
        block[:] = logarithms
        exponentials(block, bits[: len(block)])
        for row in range(low, high):
            cotangents, out, total = g[row], dx[row], _sum(g[row])
            for c in range(classes):
                out[c] = cotangents[c] - out[c] * total


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


def softmax(x: np.ndarray, logarithm: bool) -> np.ndarray:
    """Return the softmax of each row of float32, or its logarithm."""
    y = np.empty(x.shape, x.dtype)
    _softmax(x, logarithm, y, work=int(x.size * _ELEMENT + len(x) * _ROW))
    return y


def softmax_dx(g: np.ndarray, y: np.ndarray, logarithm: bool) -> np.ndarray:
    """Return y (g - sum(g y)) of each row of float32, or of the logarithm g - exp(y) sum(g)."""
    dx = np.empty(y.shape, y.dtype)
    if logarithm:
        _log_softmax_dx(g, y, dx, work=int(y.size * _ELEMENT + len(y) * _ROW))
    else:
        _softmax_dx(g, y, dx, work=y.size // 4 + 12 * len(y))
    return dx
