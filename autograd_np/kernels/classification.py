"""Softmax cross-entropy, one row of scores after the other: each is read from memory once."""

import math

import numpy as np

from .compile import kernel, share

# What an element costs one thread, in nanoseconds: an exponential, mostly.
_WORK = 5


# losses[r] = log(sum(exp(x[r]))) - x[r, labels[r]],  p[r] = softmax(x[r]); the largest score is subtracted first.
@kernel
def _cross_entropy(worker, workers, x, labels, losses, p) -> None:
    rows, classes = x.shape
    zero, one, lowest = x.dtype.type(0), x.dtype.type(1), x.dtype.type(-np.inf)
    start, stop = share(rows, worker, workers)
    for row in range(start, stop):
        scores, shares = x[row], p[row]
        top = lowest
        for score in scores:
            if score > top or score != score:
                top = score
        total = zero
        for c in range(classes):
            shifted = scores[c] - top
            if shifted == shifted or scores[c] != scores[c]:
                shares[c] = math.exp(shifted)
            else:  # inf - inf: the limit is 1 for +inf, and 0 where all are -inf
                shares[c] = one if top > zero else zero
            total += shares[c]
        losses[row] = math.log(total) - (scores[labels[row]] - top) if total > zero else np.nan
        for c in range(classes):
            shares[c] /= total


# dx[r] = g[r] (p[r] - onehot(labels[r]))
@kernel
def _cross_entropy_dx(worker, workers, g, p, labels, dx) -> None:
    rows, classes = p.shape
    start, stop = share(rows, worker, workers)
    for row in range(start, stop):
        scale, shares, out = g[row], p[row], dx[row]
        for c in range(classes):
            out[c] = scale * shares[c]
        out[labels[row]] = scale * (shares[labels[row]] - p.dtype.type(1))


def cross_entropy(x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss of each row, and its softmax."""
    losses, p = np.empty(len(x), x.dtype), np.empty(x.shape, x.dtype)
    _cross_entropy(x, labels, losses, p, work=x.size * _WORK)
    return losses, p


def cross_entropy_dx(g: np.ndarray, p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return g (p - onehot), of each row."""
    dx = np.empty(p.shape, p.dtype)
    _cross_entropy_dx(g, p, labels, dx, work=p.size)
    return dx
