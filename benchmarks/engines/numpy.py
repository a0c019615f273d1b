"""NumPy by hand: what one would write who derives the gradients for this one task, and the limits of the machine."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from .. import data

Array = np.ndarray
Step = Callable[[], Any]
_threads = 1


def setup(threads: int) -> None:
    """Threads are set by the environment; those of the bandwidth are our own."""
    global _threads
    _threads = threads


def arrays(result: Any) -> list[Array]:
    """Give a step's result as arrays."""
    return [np.asarray(r) for r in (result if isinstance(result, list | tuple) else [result])]


# -- operations ----------------------------------------------------------------------------------------------


def _multiply(g: Array, x: Array, y: Array) -> list[Array]:
    np.multiply(x, y)
    return [g * y, g * x]


def _tanh(g: Array, x: Array) -> list[Array]:
    y = np.tanh(x)
    return [g * (1 - y * y)]


def _sum(g: Array, x: Array) -> list[Array]:
    np.sum(x)
    return [np.full(x.shape, g)]


def _max(g: Array, x: Array) -> list[Array]:
    dx = np.zeros_like(x)
    dx[np.argmax(x)] = g
    return [dx]


def _matmul(g: Array, x: Array, y: Array) -> list[Array]:
    np.matmul(x, y)
    return [g @ y.T, x.T @ g]


OPS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "tanh": (np.tanh, _tanh),
    "multiply": (np.multiply, _multiply),
    "sum": (np.sum, _sum),
    "max": (np.max, _max),
    "matmul": (np.matmul, _matmul),
}


def op_recorded(op: str, shapes: list[list[int]]) -> Step:
    """Time the operation: NumPy records nothing."""
    f, inputs = OPS[op][0], data.normal(*map(tuple, shapes))
    if len(inputs) == 1:
        (x,) = inputs
        return lambda: f(x)
    x, y = inputs
    return lambda: f(x, y)


def op_gradient(op: str, shapes: list[list[int]]) -> Step:
    """Time the operation and its gradients."""
    (f, both), inputs = OPS[op], data.normal(*map(tuple, shapes))
    (g,) = data.normal(np.shape(f(*inputs)), seed=5)
    return lambda: both(g, *inputs)


def chain(size: int, links: int) -> Step:
    """Time the chain and its gradient, with a list of what the way back needs."""
    (x,) = data.normal((size,))

    def step() -> Array:
        y, saved = x, []
        for _ in range(links):
            saved.append(y)
            y = (y + np.sin(y) * data.STEP) * data.DECAY
        y.sum()
        g = np.ones_like(x)
        for y in reversed(saved):
            g = g * data.DECAY
            g = g + g * data.STEP * np.cos(y)
        return g

    return step


# -- convolution: columns of the image (im2col), and one product of matrices a group ------------------------------


class _Conv:
    def __init__(self, x: Any, w: Any, g: Any, stride: int, padding: int, dilation: int, groups: int) -> None:
        self.x, self.w, self.g = tuple(x), tuple(w), tuple(g)
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        self.reach = dilation * (w[2] - 1) + 1  # height and width of a window

    def _padded(self) -> tuple[int, ...]:
        n, c, h, w = self.x
        return n, c, h + 2 * self.padding, w + 2 * self.padding

    def columns(self, x: Array) -> Array:
        p = self.padding
        padded = np.zeros(self._padded(), x.dtype)
        padded[:, :, p : p + x.shape[2], p : p + x.shape[3]] = x
        windows = np.lib.stride_tricks.sliding_window_view(padded, (self.reach, self.reach), axis=(2, 3))
        windows = windows[:, :, :: self.stride, :: self.stride, :: self.dilation, :: self.dilation]
        size = (self.x[0], self.groups, self.w[1] * self.w[2] ** 2, self.g[2] * self.g[3])
        return np.ascontiguousarray(windows.transpose(0, 1, 4, 5, 2, 3)).reshape(size)

    def filters(self, w: Array) -> Array:
        return w.reshape(self.groups, self.w[0] // self.groups, -1)

    def rows(self, g: Array) -> Array:
        return g.reshape(self.x[0], self.groups, self.w[0] // self.groups, -1)

    def forward(self, x: Array, w: Array) -> Array:
        return (self.filters(w) @ self.columns(x)).reshape(self.g)

    def dw(self, g: Array, x: Array) -> Array:
        return (self.rows(g) @ self.columns(x).swapaxes(-1, -2)).sum(axis=0).reshape(self.w)

    def dx(self, g: Array, w: Array) -> Array:
        (n, c, height, width), (k, p) = self.x, (self.w[2], self.padding)
        columns = self.filters(w).swapaxes(-1, -2) @ self.rows(g)
        columns = columns.reshape(n, c, k, k, *self.g[2:])
        out = np.zeros(self._padded(), g.dtype)
        rows, cols = (size * self.stride for size in self.g[2:])
        for i in range(k):
            for j in range(k):
                a, b = i * self.dilation, j * self.dilation
                out[:, :, a : a + rows : self.stride, b : b + cols : self.stride] += columns[:, :, i, j]
        return out[:, :, p : p + height, p : p + width]


def conv_forward(**params: Any) -> Step:
    """Time the convolution."""
    conv, (x, w) = _Conv(**params), data.normal(params["x"], params["w"])
    return lambda: conv.forward(x, w)


def conv_dx(**params: Any) -> Step:
    """Its gradient on the image."""
    conv, (_, w, g) = _Conv(**params), data.normal(params["x"], params["w"], params["g"])
    return lambda: conv.dx(g, w)


def conv_dw(**params: Any) -> Step:
    """Its gradient on the filters."""
    conv, (x, _, g) = _Conv(**params), data.normal(params["x"], params["w"], params["g"])
    return lambda: conv.dw(g, x)


def batch_norm(shape: Any) -> Step:
    """Batch-norm in training, and its gradients."""
    channels = (shape[1],)
    x, gamma, beta, g = data.normal(shape, channels, channels, shape)
    axes, column = (0, 2, 3), (slice(None), None, None)
    count = x.size // len(gamma)

    def step() -> list[Array]:
        scale = 1 / np.sqrt(x.var(axis=axes) + np.float32(1e-5))
        z = (x - x.mean(axis=axes)[column]) * scale[column]
        z * gamma[column] + beta[column]
        dbeta, dgamma = g.sum(axis=axes), (g * z).sum(axis=axes)
        dx = (g - (dbeta / count)[column] - z * (dgamma / count)[column]) * (gamma * scale)[column]
        return [dx, dgamma, dbeta]

    return step


# -- training ------------------------------------------------------------------------------------------------


def _loss(scores: Array, labels: Array) -> tuple[Array, Array]:
    """Give the mean of softmax cross-entropy, and its gradient."""
    rows = np.arange(len(labels))
    shifted = scores - scores.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1, keepdims=True)
    loss = (np.log(total[:, 0]) - shifted[rows, labels]).mean()
    e /= total
    e[rows, labels] -= 1
    e /= len(labels)
    return loss, e


def cross_entropy(rows: int, classes: int) -> Step:
    """Time the loss of a classifier, and its gradient."""
    scores, labels = data.classified((rows, classes), classes)
    return lambda: _loss(scores, labels)[1]


def updater(which: str, values: list[Array]) -> Callable[[list[Array]], None]:
    """Give the function that changes the values in place by their gradients."""
    lr, (b1, b2) = data.RATES[which], data.BETAS
    means, squares = ([np.zeros_like(v) for v in values] for _ in range(2))
    scratch = [np.empty_like(v) for v in values]
    time = 0

    def sgd(gradients: list[Array]) -> None:
        for w, g, s in zip(values, gradients, scratch, strict=True):
            w -= np.multiply(g, lr, out=s)

    def momentum(gradients: list[Array]) -> None:
        for w, g, v, s in zip(values, gradients, means, scratch, strict=True):
            v *= data.MOMENTUM
            v += g
            w -= np.multiply(v, lr, out=s)

    def adam(gradients: list[Array]) -> None:
        nonlocal time
        time += 1
        root = (1 - b2**time) ** 0.5
        rate = lr * root / (1 - b1**time)
        for w, g, m, v, s in zip(values, gradients, means, squares, scratch, strict=True):
            m *= b1
            m += np.multiply(g, 1 - b1, out=s)
            v *= b2
            np.multiply(g, g, out=s)
            s *= 1 - b2
            v += s
            np.sqrt(v, out=s)
            s += data.EPSILON * root
            np.divide(m, s, out=s)
            s *= rate
            w -= s

    return {"sgd": sgd, "momentum": momentum, "adam": adam}[which]


def optimizer(which: str, size: int) -> Step:
    """Time a step of an optimizer, the gradients being there."""
    values, gradients = data.parameters(size)
    update = updater(which, values)

    def step() -> Array:
        update(gradients)
        return values[0]

    return step


def mlp(sizes: list[int], batch: int, optimizer: str) -> Step:
    """Time a training step of a multilayer perceptron."""
    images, labels, values = data.mlp(sizes, batch)
    update, last = updater(optimizer, values), len(values) - 2

    def step() -> Array:
        hidden = [images]
        for i in range(0, last, 2):
            z = hidden[-1] @ values[i]
            z += values[i + 1]
            hidden.append(np.maximum(z, 0, out=z))
        loss, g = _loss(hidden[-1] @ values[last] + values[last + 1], labels)
        gradients: list[Array] = []
        for i in range(last, -1, -2):
            x = hidden[i // 2]
            gradients = [x.T @ g, g.sum(axis=0), *gradients]
            if i:
                g = g @ values[i].T
                g *= x > 0
        update(gradients)
        return loss

    return step


# -- the limits of the machine -------------------------------------------------------------------------------


def limit_flops(size: int) -> Step:
    """Time a product of large matrices."""
    x, y = data.normal((size, size), (size, size))
    out = np.empty_like(x)
    return lambda: np.matmul(x, y, out=out)


def limit_bandwidth(size: int) -> Step:
    """Time the sum of two arrays far larger than the caches, on all threads: two arrays read, one written."""
    a, b, out = np.ones(size, np.float32), np.ones(size, np.float32), np.zeros(size, np.float32)
    edges = np.linspace(0, size, _threads + 1, dtype=int)
    parts = [(a[i:j], b[i:j], out[i:j]) for i, j in itertools.pairwise(edges)]
    pool = ThreadPoolExecutor(_threads)

    def step() -> Array:
        for _ in pool.map(lambda part: np.add(*part), parts):
            pass
        return out[:1]

    return step


KINDS: dict[str, Callable[..., Step]] = {
    "op_recorded": op_recorded,
    "op_gradient": op_gradient,
    "chain": chain,
    "conv_forward": conv_forward,
    "conv_dx": conv_dx,
    "conv_dw": conv_dw,
    "batch_norm": batch_norm,
    "cross_entropy": cross_entropy,
    "optimizer": optimizer,
    "mlp": mlp,
    "limit_flops": limit_flops,
    "limit_bandwidth": limit_bandwidth,
}
