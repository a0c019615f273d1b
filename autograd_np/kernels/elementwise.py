"""Elementwise functions of large arrays, which NumPy computes on one thread."""

from typing import Any

import numpy as np

from .compile import inline, kernel, share
from .exponentials import BLOCK, exponentials
from .random_numbers import number_at

# What an element costs one thread, in nanoseconds: memory's speed; and with an exponential.
_WORK, _EXPONENTIAL = 0.3, 0.5

_ONE = np.float32(1)
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


# dx = g [y != 0], where 0 * inf is 0, while NaN stays.
@kernel
def _relu_dx(worker, workers, g, y, dx) -> None:
    start, stop = share(len(g), worker, workers)
    g, y, dx = g[start:stop], y[start:stop], dx[start:stop]
    for i in range(len(g)):
        dx[i] = g[i] if (y[i] != 0) | (g[i] != g[i]) else g.dtype.type(0)


# The same in place, g [y != 0] as a product: without it, what is stored would be what is there or 0, a store on a
# condition, for which there would be no vector instructions.
@kernel
def _relu_dx_over(worker, workers, g, y) -> None:
    start, stop = share(len(g), worker, workers)
    g, y = g[start:stop], y[start:stop]
    for i in range(len(g)):
        old = g[i]
        new = old * g.dtype.type(y[i] != 0)
        g[i] = new if (new == new) | (old != old) else g.dtype.type(0)


# out = v where x > 0, v times the slope elsewhere.
@kernel
def _leak(worker, workers, v, x, slope, out) -> None:
    start, stop = share(len(x), worker, workers)
    v, x, out = v[start:stop], x[start:stop], out[start:stop]
    for i in range(len(x)):
        out[i] = v[i] if x[i] > 0 else v[i] * slope


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


# out[places] += v, by a single worker, as a place may be named several times.
@kernel
def _add_at(worker, workers, out, places, v) -> None:
    for i in range(len(v)):
        out[np.uint64(places[i])] += v[i]


# out = 1 / (1 + exp(-x)): with e = exp(-|x|), which does not overflow, 1 / (1 + e) or e / (1 + e).
@kernel
def _sigmoid(worker, workers, x, out) -> None:
    start, stop = share(len(x), worker, workers)
    bits = np.empty(BLOCK, np.int32)
    for low in range(start, stop, BLOCK):
        high = min(low + BLOCK, stop)
        given, e = x[low:high], out[low:high]
        for i in range(len(e)):
            e[i] = -abs(given[i])
        exponentials(e, bits[: len(e)])
        for i in range(len(e)):
            e[i] = (_ONE if given[i] >= 0 else e[i]) / (_ONE + e[i])


# dx = g y (1 - y), with y = sigmoid(x), where inf * 0 is 0.
@kernel
def _sigmoid_dx(worker, workers, g, y, dx) -> None:
    start, stop = share(len(g), worker, workers)
    g, y, dx = g[start:stop], y[start:stop], dx[start:stop]
    for i in range(len(g)):
        new = g[i] * y[i] * (_ONE - y[i])
        dx[i] = new if (new == new) | (g[i] != g[i]) | (y[i] != y[i]) else g.dtype.type(0)


# out = x times the scale where the element's random number has reached the limit; else 0, and NaN where x is.
@kernel
def _drop(worker, workers, x, seed, limit, scale, out) -> None:
    start, stop = share(len(x), worker, workers)
    x, out = x[start:stop], out[start:stop]
    for i in range(len(x)):
        kept = _number_at(seed, np.uint64(start + i + 1)) >= limit
        out[i] = x[i] * scale if kept | (x[i] != x[i]) else x.dtype.type(0)


def leak(v: np.ndarray, x: np.ndarray, slope: float) -> np.ndarray:
    """Return v where x > 0, v times the slope elsewhere."""
    out = np.empty(x.shape, x.dtype)
    _leak(v.reshape(-1), x.reshape(-1), x.dtype.type(slope), out.reshape(-1), work=int(x.size * _WORK))
    return out


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


def add_at(out: np.ndarray, places: np.ndarray, v: np.ndarray) -> None:
    """Add each v to the element of out at its place."""
    _add_at(out, places, v, work=0)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), of float32."""
    out = np.empty(x.shape, x.dtype)
    _sigmoid(x.reshape(-1), out.reshape(-1), work=int(x.size * _EXPONENTIAL))
    return out


def sigmoid_dx(g: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return g y (1 - y), of float32."""
    dx = np.empty(g.shape, g.dtype)
    _sigmoid_dx(g.reshape(-1), y.reshape(-1), dx.reshape(-1), work=int(g.size * _WORK))
    return dx


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
    work = int(g.size * _WORK)
    if into is not None:
        _relu_dx_over(into.reshape(-1), y.reshape(-1), work=work)
        return into
    dx = np.empty(g.shape, g.dtype)
    _relu_dx(g.reshape(-1), y.reshape(-1), dx.reshape(-1), work=work)
    return dx
