"""Steps of optimizers: every array is read and written once, where NumPy goes through memory at each operation.

Constants come in an array of the parameter's dtype, so that float32 is computed in float32; the operations and their
order are those of `fallback`, and so are the bits.  A share is sliced off first: indices that count from 0 are known
not to be negative, and only then are there vector instructions.
"""

import numpy as np

from .compile import kernel, share

# What an element costs one thread, in nanoseconds; by a quarter of it, as a step follows products whose threads spin.
_SGD_WORK, _MOMENTUM_WORK, _ADAM_WORK = 0.2 / 4, 0.3 / 4, 0.7 / 4


# Worker's share of elements: constants are (lr,).
@kernel
def _sgd(worker, workers, w, g, constants) -> None:
    lr = constants[0]
    start, stop = share(len(w), worker, workers)
    w, g = w[start:stop], g[start:stop]
    for i in range(len(w)):
        w[i] -= g[i] * lr


# Worker's share of elements: constants are (lr, momentum).
@kernel
def _momentum(worker, workers, w, g, v, constants) -> None:
    lr, momentum = constants[0], constants[1]
    start, stop = share(len(w), worker, workers)
    w, g, v = w[start:stop], g[start:stop], v[start:stop]
    for i in range(len(w)):
        velocity = v[i] * momentum + g[i]
        v[i] = velocity
        w[i] -= velocity * lr


# The same, looking ahead along the velocity.
@kernel
def _nesterov(worker, workers, w, g, v, constants) -> None:
    lr, momentum = constants[0], constants[1]
    start, stop = share(len(w), worker, workers)
    w, g, v = w[start:stop], g[start:stop], v[start:stop]
    for i in range(len(w)):
        velocity = v[i] * momentum + g[i]
        v[i] = velocity
        w[i] -= (velocity * momentum + g[i]) * lr


# Worker's share of elements: constants are (beta1, 1 - beta1, beta2, 1 - beta2, eps, rate), see `fallback.adam_step`.
@kernel
def _adam(worker, workers, w, g, m, v, constants) -> None:
    beta1, rest1, beta2, rest2 = constants[0], constants[1], constants[2], constants[3]
    eps, rate = constants[4], constants[5]
    start, stop = share(len(w), worker, workers)
    w, g, m, v = w[start:stop], g[start:stop], m[start:stop], v[start:stop]
    for i in range(len(w)):
        mean = m[i] * beta1 + g[i] * rest1
        square = v[i] * beta2 + g[i] * g[i] * rest2
        m[i], v[i] = mean, square
        w[i] -= mean / (np.sqrt(square) + eps) * rate


def _constants(w: np.ndarray, *values: float) -> np.ndarray:
    return np.array(values, w.dtype)


def _flat(*arrays: np.ndarray) -> list[np.ndarray]:
    return [array.reshape(-1) for array in arrays]


def sgd_step(w: np.ndarray, g: np.ndarray, scratch: np.ndarray, *, lr: float) -> None:
    """Change w by one step of gradient descent."""
    _sgd(*_flat(w, g), _constants(w, lr), work=int(w.size * _SGD_WORK))


def momentum_step(
    w: np.ndarray, g: np.ndarray, v: np.ndarray, scratch: np.ndarray, *, lr: float, momentum: float, nesterov: bool
) -> None:
    """Change w and its velocity v by one step."""
    step = _nesterov if nesterov else _momentum
    step(*_flat(w, g, v), _constants(w, lr, momentum), work=int(w.size * _MOMENTUM_WORK))


def adam_step(
    w: np.ndarray,
    g: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    scratch: np.ndarray,
    *,
    betas: tuple[float, float],
    eps: float,
    rate: float,
) -> None:
    """Change w and its running means m and v by one step."""
    beta1, beta2 = betas
    constants = _constants(w, beta1, 1 - beta1, beta2, 1 - beta2, eps, rate)
    _adam(*_flat(w, g, m, v), constants, work=int(w.size * _ADAM_WORK))
