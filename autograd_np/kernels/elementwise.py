"""Elementwise functions of large arrays, which NumPy computes on one thread."""

import numpy as np

from .compile import kernel, share

# What an element costs one thread, in nanoseconds: memory's speed.
_WORK = 0.3


# out = max(x, 0), NaN where x is.
@kernel
def _relu(worker, workers, x, out) -> None:
    start, stop = share(len(x), worker, workers)
    x, out = x[start:stop], out[start:stop]
    for i in range(len(x)):
        out[i] = x.dtype.type(0) if x[i] <= 0 else x[i]


# dx = g [y != 0], with 0 * inf = 0, while NaN stays.
@kernel
def _relu_dx(worker, workers, g, y, dx) -> None:
    start, stop = share(len(g), worker, workers)
    g, y, dx = g[start:stop], y[start:stop], dx[start:stop]
    for i in range(len(g)):
        dx[i] = g[i] if y[i] != 0 or g[i] != g[i] else g.dtype.type(0)


def relu(x: np.ndarray) -> np.ndarray:
    """Return the larger of x and 0."""
    out = np.empty(x.shape, x.dtype)
    _relu(x.reshape(-1), out.reshape(-1), work=int(x.size * _WORK))
    return out


def relu_dx(g: np.ndarray, y: np.ndarray, into: np.ndarray | None = None) -> np.ndarray:
    """Return g where y is not 0, or g is NaN."""
    dx = np.empty(g.shape, g.dtype) if into is None else into
    _relu_dx(g.reshape(-1), y.reshape(-1), dx.reshape(-1), work=int(g.size * _WORK))
    return dx
