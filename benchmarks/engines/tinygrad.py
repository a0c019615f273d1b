"""tinygrad on the CPU, every step compiled by TinyJit; it needs clang."""

from collections.abc import Callable
from typing import Any

import numpy as np
from tinygrad import Context, Device, Tensor, TinyJit
from tinygrad.nn import optim

from .. import data

Step = Callable[[], Any]
OPS: dict[str, Callable[..., Tensor]] = {"tanh": Tensor.tanh, "multiply": Tensor.mul, "sum": Tensor.sum,
                                         "max": Tensor.max, "matmul": Tensor.matmul}  # fmt: skip
OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "sgd": lambda p: optim.SGD(p, lr=data.RATES["sgd"]),
    "momentum": lambda p: optim.SGD(p, lr=data.RATES["momentum"], momentum=data.MOMENTUM),
    "adam": lambda p: optim.Adam(p, lr=data.RATES["adam"], b1=data.BETAS[0], b2=data.BETAS[1], eps=data.EPSILON),
}


def setup(threads: int) -> None:
    """Threads are set by the environment; optimizers work in training only."""
    Context(TRAINING=1).__enter__()


def arrays(result: Any) -> list[np.ndarray]:
    """Give a step's result as arrays."""
    return [r.numpy() for r in (result if isinstance(result, list | tuple) else [result])]


def _inputs(*shapes: Any, seed: int = 0) -> list[Tensor]:
    return [Tensor(a).clone().realize() for a in data.normal(*shapes, seed=seed)]


def _compiled(f: Callable[..., list[Tensor]], *inputs: Tensor) -> Step:
    """Give the step that calls f compiled, and waits; f gives a list of Tensors."""
    jit, device = TinyJit(lambda *args: [t.realize() for t in f(*args)]), Device[Device.DEFAULT]

    def step() -> list[Tensor]:
        result = jit(*inputs)
        device.synchronize()
        return result

    return step


def _gradient(f: Callable[..., Tensor], *inputs: Tensor, cotangent: Tensor, wanted: slice = slice(None)) -> Step:
    """Give the step that computes f and its gradients."""

    def both(g: Tensor, *args: Tensor) -> list[Tensor]:
        value = f(*args)
        gradients = value.gradient(*args[wanted], gradient=g)
        Tensor.realize(value, *gradients)
        return gradients

    return _compiled(both, cotangent, *inputs)


def op_recorded(op: str, shapes: Any) -> Step:
    """Time an operation."""
    return _compiled(lambda *args: [OPS[op](*args)], *_inputs(*shapes))


def op_gradient(op: str, shapes: Any) -> Step:
    """Time an operation and its gradients."""
    inputs = _inputs(*shapes)
    (cotangent,) = _inputs(OPS[op](*inputs).shape, seed=5)
    return _gradient(OPS[op], *inputs, cotangent=cotangent)


def conv_forward(x: Any, w: Any, g: Any, **geometry: Any) -> Step:
    """Time the convolution."""
    return _compiled(lambda x, w: [x.conv2d(w, **geometry)], *_inputs(x, w))


def _conv_gradient(x: Any, w: Any, g: Any, wanted: int, **geometry: Any) -> Step:
    def f(x: Tensor, w: Tensor, g: Tensor) -> list[Tensor]:
        return x.conv2d(w, **geometry).gradient((x, w)[wanted], gradient=g)

    return _compiled(f, *_inputs(x, w, g))


def conv_dx(**params: Any) -> Step:
    """Its gradient on the image."""
    return _conv_gradient(wanted=0, **params)


def conv_dw(**params: Any) -> Step:
    """Its gradient on the filters."""
    return _conv_gradient(wanted=1, **params)


def _pool(which: str) -> Callable[..., Tensor]:
    return Tensor.max_pool2d if which == "max" else Tensor.avg_pool2d


def pool_recorded(which: str, shape: Any, size: int) -> Step:
    """Time a pooling."""
    return _compiled(lambda x: [_pool(which)(x, (size, size))], *_inputs(shape))


def pool_gradient(which: str, shape: Any, size: int) -> Step:
    """Time a pooling and its gradient."""
    n, c, h, w = shape
    x, cotangent = _inputs(shape, (n, c, h // size, w // size))
    return _gradient(lambda x: _pool(which)(x, (size, size)), x, cotangent=cotangent)


def cross_entropy(rows: int, classes: int) -> Step:
    """Time the loss of a classifier, and its gradient."""
    scores, labels = data.classified((rows, classes), classes)

    def f(x: Tensor, y: Tensor) -> list[Tensor]:
        loss = x.sparse_categorical_crossentropy(y)
        gradients = loss.gradient(x)
        Tensor.realize(loss, *gradients)
        return gradients

    return _compiled(f, Tensor(scores).realize(), Tensor(labels.astype(np.int32)).realize())


def _parameter(value: np.ndarray) -> Tensor:
    tensor = Tensor(value).realize()
    tensor.requires_grad = True
    return tensor


def optimizer(which: str, size: int) -> Step:
    """Time a step of an optimizer, the gradients being there."""
    values, gradients = data.parameters(size)
    leaves, given = [_parameter(v) for v in values], [Tensor(g).realize() for g in gradients]
    rule = OPTIMIZERS[which](leaves)

    def f(*given: Tensor) -> list[Tensor]:
        for leaf, gradient in zip(leaves, given, strict=True):
            leaf.grad = gradient
        rule.step()
        return leaves[:1]

    return _compiled(f, *given)


def _training(forward: Callable[..., Tensor], values: Any, images: Any, labels: Any, which: str) -> Step:
    leaves = [_parameter(v) for v in values]
    rule = OPTIMIZERS[which](leaves)

    def f(x: Tensor, y: Tensor) -> list[Tensor]:
        rule.zero_grad()
        loss = forward(leaves, x).sparse_categorical_crossentropy(y)
        loss.backward()
        Tensor.realize(loss, *rule.schedule_step())
        return [loss]

    return _compiled(f, Tensor(images).realize(), Tensor(labels.astype(np.int32)).realize())


def mlp(sizes: list[int], batch: int, optimizer: str) -> Step:
    """Time a training step of a multilayer perceptron."""
    images, labels, values = data.mlp(sizes, batch)

    def forward(leaves: list[Tensor], x: Tensor) -> Tensor:
        for i in range(0, len(leaves) - 2, 2):
            x = (x @ leaves[i] + leaves[i + 1]).relu()
        return x @ leaves[-2] + leaves[-1]

    return _training(forward, values, images, labels, optimizer)


def cnn(channels: list[int], filter: int, batch: int, size: int, optimizer: str) -> Step:
    """Time a training step of a convolutional network."""
    images, labels, values = data.cnn(channels, filter, batch, size)

    def forward(leaves: list[Tensor], x: Tensor) -> Tensor:
        for i in (0, 2):
            x = x.conv2d(leaves[i], leaves[i + 1], padding=filter // 2).relu().max_pool2d((2, 2))
        return x.flatten(1) @ leaves[4] + leaves[5]

    return _training(forward, values, images, labels, optimizer)


KINDS: dict[str, Callable[..., Step]] = {
    "op_recorded": op_recorded,
    "op_gradient": op_gradient,
    "conv_forward": conv_forward,
    "conv_dx": conv_dx,
    "conv_dw": conv_dw,
    "pool_recorded": pool_recorded,
    "pool_gradient": pool_gradient,
    "cross_entropy": cross_entropy,
    "optimizer": optimizer,
    "mlp": mlp,
    "cnn": cnn,
}
