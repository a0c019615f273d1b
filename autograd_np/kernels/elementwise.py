"""Elementwise functions of large arrays, which NumPy computes on one thread."""

from typing import Any

import numpy as np

from .compile import inline, kernel, share
from .random_numbers import number_at

# What an element costs one thread, in nanoseconds: memory's speed.
_WORK = 0.3

_number_at = inline(number_at)


# out = max(x, 0), NaN where x is.
@kernel
def _relu(worker, workers, x, out) -> None:
    start, stop = share(len(x), worker, workers)
    x, out = x[start:stop], out[start:stop]
    for i in range(len(x)):
        out[i] = x.dtype.type(0) if x[i] <= 0 else x[i]


# The same in place: to a loop over two arrays that are one, the compiler gives no vector instructions.
@kernel
def _relu_over(worker, workers, x) -> None:
    start, stop = share(len(x), worker, workers)
    x = x[start:stop]
    for i in range(len(x)):
        x[i] = x.dtype.type(0) if x[i] <= 0 else x[i]


# g becomes g [y != 0], where 0 * inf is 0, while NaN stays.  Without the product, what is stored would be what is there
# or 0: a store on a condition, for which there would be no vector instructions.
@kernel
def _relu_dx(worker, workers, g, y) -> None:
    start, stop = share(len(g), worker, workers)
    g, y = g[start:stop], y[start:stop]
    for i in range(len(g)):
        old = g[i]
        new = old * g.dtype.type(y[i] != 0)
        g[i] = new if (new == new) | (old != old) else g.dtype.type(0)


# out = a where c, b elsewhere.  NumPy's jumps at each element, and so waits for every change that it did not foresee.
@kernel
def _choose(worker, workers, c, a, b, out) -> None:
    start, stop = share(len(out), worker, workers)
    c, a, b, out = c[start:stop], a[start:stop], b[start:stop], out[start:stop]
    for i in range(len(out)):
        out[i] = a[i] if c[i] else b[i]


# The same for c that equals `chosen`, and one number elsewhere.
@kernel
def _choose_or(worker, workers, c, chosen, a, number, out) -> None:
    start, stop = share(len(out), worker, workers)
    c, a, out = c[start:stop], a[start:stop], out[start:stop]
    for i in range(len(out)):
        out[i] = a[i] if c[i] == chosen else number


# out = x times the scale where the element's random number has reached the limit; else 0, and NaN where x is.
@kernel
def _drop(worker, workers, x, seed, limit, scale, out) -> None:
    start, stop = share(len(x), worker, workers)
    x, out = x[start:stop], out[start:stop]
    for i in range(len(x)):
        kept = _number_at(seed, np.uint64(start + i + 1)) >= limit
        out[i] = x[i] * scale if kept | (x[i] != x[i]) else x.dtype.type(0)


def where(c: np.ndarray, a: Any, b: Any) -> np.ndarray:
    """Return a where c, b elsewhere: one of the two is an array, the other one of its dtype, too, or a number."""
    array = a if type(a) is np.ndarray else b
    out, flat, work = np.empty(array.shape, array.dtype), c.reshape(-1), int(array.size * _WORK)
    if type(a) is type(b):
        _choose(flat, a.reshape(-1), b.reshape(-1), out.reshape(-1), work=work)
    else:
        number = array.dtype.type(b if array is a else a)
        _choose_or(flat, array is a, array.reshape(-1), number, out.reshape(-1), work=work)
    return out


def drop(x: np.ndarray, seed: int, limit: int, scale: float) -> np.ndarray:
    """Return x times the scale where the seed's random numbers reach the limit, 0 elsewhere, NaN where x is."""
    out = np.empty(x.shape, x.dtype)
    numbers = np.uint64(seed), np.uint64(limit), x.dtype.type(scale)
    _drop(x.reshape(-1), *numbers, out.reshape(-1), work=int(x.size * _WORK))
    return out


def relu(x: np.ndarray, into: np.ndarray | None = None) -> np.ndarray:
    """Return the larger of x and 0."""
    if into is not None:
        _relu_over(into.reshape(-1), work=int(x.size * _WORK))
        return into
    out = np.empty(x.shape, x.dtype)
    _relu(x.reshape(-1), out.reshape(-1), work=int(x.size * _WORK))
    return out


def relu_dx(g: np.ndarray, y: np.ndarray, into: np.ndarray | None = None) -> np.ndarray:
    """Return g where y is not 0, or g is NaN."""
    dx = g.copy() if into is None else into
    _relu_dx(dx.reshape(-1), y.reshape(-1), work=int(g.size * _WORK))
    return dx
