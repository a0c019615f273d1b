"""MyGrad: its tensors, its fused losses, and NumPy for the optimizers that it does not have."""

from collections.abc import Callable
from typing import Any

import mygrad as mg
import numpy as np
from mygrad.nnet.layers import conv_nd, max_pool
from mygrad.nnet.losses import softmax_crossentropy

from .. import data
from . import NoSuchCase
from .numpy import updater

Step = Callable[[], Any]
OPS: dict[str, Callable[..., Any]] = {"tanh": mg.tanh, "multiply": mg.multiply, "sum": mg.sum, "max": mg.max,
                                      "matmul": mg.matmul}  # fmt: skip


def setup(threads: int) -> None:
    """Threads are NumPy's, set by the environment."""


def arrays(result: Any) -> list[np.ndarray]:
    """Give a step's result as arrays."""
    results = result if isinstance(result, list | tuple) else [result]
    return [r.data if isinstance(r, mg.Tensor) else np.asarray(r) for r in results]


def _leaves(*shapes: Any) -> list[mg.Tensor]:
    return [mg.tensor(a) for a in data.normal(*shapes)]


def _taken(leaves: list[mg.Tensor]) -> list[Any]:
    gradients = [leaf.grad for leaf in leaves]
    for leaf in leaves:
        leaf.null_grad()
    return gradients


def op_recorded(op: str, shapes: Any) -> Step:
    """Time an operation on tensors that want a gradient."""
    f, leaves = OPS[op], _leaves(*shapes)
    return lambda: f(*leaves)


def op_gradient(op: str, shapes: Any) -> Step:
    """Time an operation and its gradients."""
    f, leaves = OPS[op], _leaves(*shapes)
    (cotangent,) = data.normal(f(*leaves).shape, seed=5)

    def step() -> list[Any]:
        f(*leaves).backward(cotangent)
        return _taken(leaves)

    return step


def chain(size: int, links: int) -> Step:
    """Operations one after the other, and the gradient through all."""
    (x,) = _leaves((size,))

    def step() -> list[Any]:
        y = x
        for _ in range(links):
            y = (y + mg.sin(y) * data.STEP) * data.DECAY
        y.sum().backward()
        return _taken([x])

    return step


def conv_forward(x: Any, w: Any, g: Any, stride: int, padding: int, dilation: int, groups: int) -> Step:
    """Time the convolution, nothing recorded; MyGrad's has no groups."""
    if groups != 1:
        raise NoSuchCase("MyGrad's convolution has no groups")
    image, filters = data.normal(x, w)

    def step() -> Any:
        with mg.no_autodiff:
            return conv_nd(image, filters, stride=stride, padding=padding, dilation=dilation)

    return step


def pool_recorded(which: str, shape: Any, size: int) -> Step:
    """Time a pooling of images that want a gradient; MyGrad has that of the maximum."""
    if which != "max":
        raise NoSuchCase("MyGrad has no pooling of the mean")
    (x,) = _leaves(shape)
    return lambda: max_pool(x, (size, size), size)


def pool_gradient(which: str, shape: Any, size: int) -> Step:
    """Time a pooling and its gradient."""
    if which != "max":
        raise NoSuchCase("MyGrad has no pooling of the mean")
    n, c, h, w = shape
    image, cotangent = data.normal(shape, (n, c, h // size, w // size))
    x = mg.tensor(image)

    def step() -> list[Any]:
        max_pool(x, (size, size), size).backward(cotangent)
        return _taken([x])

    return step


def cross_entropy(rows: int, classes: int) -> Step:
    """Time the loss of a classifier, and its gradient."""
    scores, labels = data.classified((rows, classes), classes)
    x = mg.tensor(scores)

    def step() -> list[Any]:
        softmax_crossentropy(x, labels).backward()
        return _taken([x])

    return step


def _training(forward: Callable[[list[Any]], Any], values: list[np.ndarray], labels: Any, which: str) -> Step:
    update = updater(which, values)
    leaves = [mg.tensor(v, copy=False) for v in values]

    def step() -> Any:
        loss = softmax_crossentropy(forward(leaves), labels)
        loss.backward()
        gradients = _taken(leaves)
        update(gradients)
        return loss

    return step


def mlp(sizes: list[int], batch: int, optimizer: str) -> Step:
    """Time a training step of a multilayer perceptron."""
    images, labels, values = data.mlp(sizes, batch)

    def forward(leaves: list[Any]) -> Any:
        x = images
        for i in range(0, len(leaves) - 2, 2):
            x = mg.nnet.relu(mg.matmul(x, leaves[i]) + leaves[i + 1])
        return mg.matmul(x, leaves[-2]) + leaves[-1]

    return _training(forward, values, labels, optimizer)


def cnn(channels: list[int], filter: int, batch: int, size: int, optimizer: str) -> Step:
    """Time a training step of a convolutional network."""
    images, labels, values = data.cnn(channels, filter, batch, size)

    def forward(leaves: list[Any]) -> Any:
        x = images
        for i in (0, 2):
            x = conv_nd(x, leaves[i], stride=1, padding=filter // 2) + leaves[i + 1].reshape(-1, 1, 1)
            x = max_pool(mg.nnet.relu(x), (2, 2), 2)
        return mg.matmul(x.reshape(len(x), -1), leaves[4]) + leaves[5]

    return _training(forward, values, labels, optimizer)


KINDS: dict[str, Callable[..., Step]] = {
    "op_recorded": op_recorded,
    "op_gradient": op_gradient,
    "chain": chain,
    "conv_forward": conv_forward,
    "pool_recorded": pool_recorded,
    "pool_gradient": pool_gradient,
    "cross_entropy": cross_entropy,
    "mlp": mlp,
    "cnn": cnn,
}
