"""Steps of optimizers: every array is read and written once, where NumPy goes through memory at each operation.

Constants are turned into the parameter's dtype first, so that float32 is computed in float32; the operations and their
order are those of `fallback`, and so are the bits.  A share is sliced off first: indices that count from 0 are known
not to be negative, and only then are there vector instructions.
"""

from collections.abc import Sequence

import numpy as np

from .compile import kernel, share
from .parameters import Step

# What an element costs one thread, in nanoseconds.
_WORK = {"sgd": 0.2, "momentum": 0.3, "nesterov": 0.3, "adam": 0.7}


# Worker's share of elements.
@kernel
def _sgd(worker, workers, g, w, lr) -> None:
    lr = w.dtype.type(lr)
    start, stop = share(len(w), worker, workers)
    w, g = w[start:stop], g[start:stop]
    for i in range(len(w)):
        w[i] -= g[i] * lr


# Worker's share of elements.
@kernel
def _momentum(worker, workers, g, w, v, lr, momentum) -> None:
    lr, momentum = w.dtype.type(lr), w.dtype.type(momentum)
    start, stop = share(len(w), worker, workers)
    w, g, v = w[start:stop], g[start:stop], v[start:stop]
    for i in range(len(w)):
        velocity = v[i] * momentum + g[i]
        v[i] = velocity
        w[i] -= velocity * lr


# The same, looking ahead along the velocity.
@kernel
def _nesterov(worker, workers, g, w, v, lr, momentum) -> None:
    lr, momentum = w.dtype.type(lr), w.dtype.type(momentum)
    start, stop = share(len(w), worker, workers)
    w, g, v = w[start:stop], g[start:stop], v[start:stop]
    for i in range(len(w)):
        velocity = v[i] * momentum + g[i]
        v[i] = velocity
        w[i] -= (velocity * momentum + g[i]) * lr


# Worker's share of elements; rest1 is 1 - beta1, rest2 is 1 - beta2.
@kernel
def _adam(worker, workers, g, w, m, v, beta1, rest1, beta2, rest2, eps, rate) -> None:
    beta1, rest1 = w.dtype.type(beta1), w.dtype.type(rest1)
    beta2, rest2 = w.dtype.type(beta2), w.dtype.type(rest2)
    eps, rate = w.dtype.type(eps), w.dtype.type(rate)
    start, stop = share(len(w), worker, workers)
    w, g, m, v = w[start:stop], g[start:stop], m[start:stop], v[start:stop]
    for i in range(len(w)):
        mean = m[i] * beta1 + g[i] * rest1
        square = v[i] * beta2 + g[i] * g[i] * rest2
        m[i], v[i] = mean, square
        w[i] -= mean / (np.sqrt(square) + eps) * rate


_KERNELS = {"sgd": _sgd, "momentum": _momentum, "nesterov": _nesterov, "adam": _adam}


def take_steps(kind: str, steps: Sequence[Step]) -> None:
    """Change the parameters by one step, one after the other; all have their arrays as vectors."""
    step, cost = _KERNELS[kind], _WORK[kind]
    in_a_row = int(sum([g.size for _, g, _ in steps]) * cost)
    for arrays, g, constants in steps:
        step(g.reshape(-1), *arrays.flat, *constants, work=int(g.size * cost), in_a_row=in_a_row)  # type: ignore[misc]
