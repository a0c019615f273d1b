"""HIPS autograd: gradients of functions of NumPy arrays; it has no convolution of images, and no pooling."""

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import grad, make_vjp, value_and_grad

from .. import data
from .numpy import updater

Step = Callable[[], Any]
OPS: dict[str, Callable[..., Any]] = {"tanh": anp.tanh, "multiply": anp.multiply, "sum": anp.sum, "max": anp.max,
                                      "matmul": anp.matmul}  # fmt: skip


def setup(threads: int) -> None:
    """Threads are NumPy's, set by the environment."""


def arrays(result: Any) -> list[np.ndarray]:
    """Give a step's result as arrays."""
    return [np.asarray(r) for r in (result if isinstance(result, list | tuple) else [result])]


def _recorded(op: str) -> Callable[..., Any]:
    f = OPS[op]
    return make_vjp(lambda args: f(*args))


def op_recorded(op: str, shapes: Any) -> Step:
    """Time an operation, recorded so that its gradients could follow."""
    both, inputs = _recorded(op), tuple(data.normal(*shapes))
    return lambda: both(inputs)[1]


def op_gradient(op: str, shapes: Any) -> Step:
    """Time an operation and its gradients."""
    both, inputs = _recorded(op), tuple(data.normal(*shapes))
    (cotangent,) = data.normal(np.shape(OPS[op](*inputs)), seed=5)

    def step() -> list[Any]:
        back, _ = both(inputs)
        return list(back(cotangent))

    return step


def chain(size: int, links: int) -> Step:
    """Operations one after the other, and the gradient through all."""
    (x,) = data.normal((size,))

    def f(y: Any) -> Any:
        for _ in range(links):
            y = (y + anp.sin(y) * data.STEP) * data.DECAY
        return anp.sum(y)

    gradient = grad(f)
    return lambda: gradient(x)


def batch_norm(shape: Any) -> Step:
    """Batch-norm in training, and its gradients."""
    channels = (shape[1],)
    *inputs, cotangent = data.normal(shape, channels, channels, shape)

    def f(args: Any) -> Any:
        x, gamma, beta = args
        centred = x - anp.mean(x, axis=(0, 2, 3), keepdims=True)
        variance = anp.mean(centred**2, axis=(0, 2, 3), keepdims=True)
        z = centred / anp.sqrt(variance + np.float32(1e-5))
        return z * gamma[:, None, None] + beta[:, None, None]

    both = make_vjp(f)
    return lambda: list(both(tuple(inputs))[0](cotangent))


def _loss(scores: Any, labels: Any) -> Any:
    shifted = scores - anp.max(scores, axis=1, keepdims=True)
    logs = anp.log(anp.sum(anp.exp(shifted), axis=1)) - shifted[np.arange(len(labels)), labels]
    return anp.mean(logs)


def cross_entropy(rows: int, classes: int) -> Step:
    """Time the loss of a classifier, and its gradient."""
    scores, labels = data.classified((rows, classes), classes)
    gradient = grad(lambda x: _loss(x, labels))
    return lambda: gradient(scores)


def mlp(sizes: list[int], batch: int, optimizer: str) -> Step:
    """Time a training step of a multilayer perceptron."""
    images, labels, values = data.mlp(sizes, batch)
    update = updater(optimizer, values)

    def loss(values: Any) -> Any:
        x = images
        for i in range(0, len(values) - 2, 2):
            x = anp.maximum(anp.matmul(x, values[i]) + values[i + 1], 0)
        return _loss(anp.matmul(x, values[-2]) + values[-1], labels)

    both = value_and_grad(loss)

    def step() -> Any:
        value, gradients = both(values)
        update(gradients)
        return value

    return step


KINDS: dict[str, Callable[..., Step]] = {
    "op_recorded": op_recorded,
    "op_gradient": op_gradient,
    "chain": chain,
    "batch_norm": batch_norm,
    "cross_entropy": cross_entropy,
    "mlp": mlp,
}
