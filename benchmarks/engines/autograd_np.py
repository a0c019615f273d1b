"""autograd_np, used as its README says."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_np as ag
from autograd_np import nn, optim
from autograd_np.ops.convolution import conv2d_dw, conv2d_dx

from .. import data

Step = Callable[[], Any]
OPS: dict[str, Callable[..., Any]] = {"tanh": ag.tanh, "multiply": ag.multiply, "sum": ag.sum, "max": ag.max,
                                      "matmul": ag.matmul}  # fmt: skip
OPTIMIZERS: dict[str, Callable[..., optim.Optimizer]] = {
    "sgd": lambda p: optim.SGD(p, lr=data.RATES["sgd"]),
    "momentum": lambda p: optim.Momentum(p, lr=data.RATES["momentum"], momentum=data.MOMENTUM),
    "adam": lambda p: optim.Adam(p, lr=data.RATES["adam"], betas=data.BETAS, eps=data.EPSILON),
}


def setup(threads: int) -> None:
    """Threads are set by the environment."""


def load_code(step: Step) -> None:
    """Run a small step as large ones are, by several threads and with the kernel of large products: for their code."""
    from autograd_np.kernels import blas, compile, threads  # imports Numba, which cases of start-up want to do without

    before = blas.FOR_KERNEL, compile.PARALLEL_WORK, threads.may_share
    blas.FOR_KERNEL, threads.may_share = 0, lambda who, work: True
    step()
    compile.PARALLEL_WORK = 0
    step()
    blas.FOR_KERNEL, compile.PARALLEL_WORK, threads.may_share = before


def arrays(result: Any) -> list[np.ndarray]:
    """Give a step's result as arrays."""
    results = result if isinstance(result, list | tuple) else [result]
    return [r.data if isinstance(r, ag.Tensor) else np.asarray(r) for r in results]


def _leaves(arrays: list[np.ndarray]) -> list[ag.Tensor]:
    return [ag.Tensor(a, requires_grad=True) for a in arrays]


def _taken(leaves: list[ag.Tensor]) -> list[Any]:
    """Give the gradients, and forget them."""
    gradients = [leaf.grad for leaf in leaves]
    for leaf in leaves:
        leaf.grad = None
    return gradients


def op_recorded(op: str, shapes: list[list[int]]) -> Step:
    """Time an operation on arrays that want a gradient."""
    f, leaves = OPS[op], _leaves(data.normal(*map(tuple, shapes)))
    if len(leaves) == 1:
        (x,) = leaves
        return lambda: f(x)
    x, y = leaves
    return lambda: f(x, y)


def op_gradient(op: str, shapes: list[list[int]]) -> Step:
    """Time an operation and its gradients."""
    f, leaves = OPS[op], _leaves(data.normal(*map(tuple, shapes)))
    (cotangent,) = data.normal(f(*leaves).shape, seed=5)

    def step() -> list[Any]:
        f(*leaves).backward(cotangent)
        return _taken(leaves)

    return step


def chain(size: int, links: int) -> Step:
    """Operations one after the other, and the gradient through all."""
    (x,) = _leaves(data.normal((size,)))

    def step() -> list[Any]:
        y = x
        for _ in range(links):
            y = (y + ag.sin(y) * data.STEP) * data.DECAY
        ag.sum(y).backward()
        return _taken([x])

    return step


def conv_forward(x: Any, w: Any, g: Any, **geometry: Any) -> Step:
    """Time the convolution of arrays."""
    image, filters = data.normal(x, w)
    return lambda: ag.conv2d(image, filters, **geometry)


def conv_dx(x: Any, w: Any, g: Any, **geometry: Any) -> Step:
    """Its gradient on the image."""
    _, filters, cotangent = data.normal(x, w, g)
    return lambda: conv2d_dx(cotangent, filters, x_shape=tuple(x), **geometry)


def conv_dw(x: Any, w: Any, g: Any, **geometry: Any) -> Step:
    """Its gradient on the filters."""
    image, _, cotangent = data.normal(x, w, g)
    return lambda: conv2d_dw(cotangent, image, w_shape=tuple(w), **geometry)


def _pool(which: str) -> Callable[..., Any]:
    return ag.max_pool2d if which == "max" else ag.avg_pool2d


def pool_recorded(which: str, shape: Any, size: int) -> Step:
    """Time a pooling of images that want a gradient."""
    pool, (x,) = _pool(which), _leaves(data.normal(shape))
    return lambda: pool(x, size)


def pool_gradient(which: str, shape: Any, size: int) -> Step:
    """Time a pooling and its gradient."""
    n, c, h, w = shape
    image, cotangent = data.normal(shape, (n, c, h // size, w // size))
    pool, (x,) = _pool(which), _leaves([image])

    def step() -> list[Any]:
        pool(x, size).backward(cotangent)
        return _taken([x])

    return step


def batch_norm(shape: Any) -> Step:
    """Batch-norm in training, and its gradients."""
    channels = (shape[1],)
    image, gamma, beta, cotangent = data.normal(shape, channels, channels, shape)
    leaves = _leaves([image, gamma, beta])
    f = ag.functional.batch_norm

    def step() -> list[Any]:
        f(*leaves).backward(cotangent)
        return _taken(leaves)

    return step


def cross_entropy(rows: int, classes: int) -> Step:
    """Time the loss of a classifier, and its gradient."""
    scores, labels = data.classified((rows, classes), classes)
    (x,) = _leaves([scores])

    def step() -> list[Any]:
        ag.softmax_cross_entropy(x, labels).backward()
        return _taken([x])

    return step


def optimizer(which: str, size: int) -> Step:
    """Time a step of an optimizer, the gradients being there."""
    values, gradients = data.parameters(size)
    leaves = _leaves(values)
    rule = OPTIMIZERS[which](leaves)
    for leaf, gradient in zip(leaves, gradients, strict=True):
        leaf.grad = ag.Tensor(gradient)

    def step() -> ag.Tensor:
        rule.step()
        return leaves[0]

    return step


def _training(model: nn.Module, values: list[np.ndarray], images: Any, labels: Any, which: str) -> Step:
    parameters = model.parameters()
    for parameter, value in zip(parameters, values, strict=True):
        assert parameter.shape == value.shape
        parameter.data[...] = value
    rule = OPTIMIZERS[which](parameters)

    def step() -> ag.Tensor:
        loss = ag.softmax_cross_entropy(model(images), labels)
        rule.zero_grad()
        loss.backward()
        rule.step()
        return loss

    return step


def mlp(sizes: list[int], batch: int, optimizer: str) -> Step:
    """Time a training step of a multilayer perceptron."""
    images, labels, values = data.mlp(sizes, batch)
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Dense(a, b, rng=0), nn.ReLU()]
    return _training(nn.Sequential(*layers[:-1]), values, images, labels, optimizer)


def cnn(channels: list[int], filter: int, batch: int, size: int, optimizer: str) -> Step:
    """Time a training step of a convolutional network."""
    images, labels, values = data.cnn(channels, filter, batch, size)
    a, b = channels
    model = nn.Sequential(
        *(nn.Conv2D(1, a, filter, padding=filter // 2, rng=0), nn.ReLU(), nn.MaxPool2D(2)),
        *(nn.Conv2D(a, b, filter, padding=filter // 2, rng=0), nn.ReLU(), nn.MaxPool2D(2)),
        *(nn.Flatten(), nn.Dense(b * (size // 4) ** 2, 10, rng=0)),
    )
    return _training(model, values, images, labels, optimizer)


def first_gradient() -> Step:
    """Time a small convolution and its gradients."""
    x, w = _leaves(data.normal((2, 3, 8, 8), (4, 3, 3, 3)))

    def step() -> list[Any]:
        ag.sum(ag.conv2d(x, w, padding=1)).backward()
        return _taken([x, w])

    return step


KINDS: dict[str, Callable[..., Step]] = {
    "op_recorded": op_recorded,
    "op_gradient": op_gradient,
    "chain": chain,
    "conv_forward": conv_forward,
    "conv_dx": conv_dx,
    "conv_dw": conv_dw,
    "pool_recorded": pool_recorded,
    "pool_gradient": pool_gradient,
    "batch_norm": batch_norm,
    "cross_entropy": cross_entropy,
    "optimizer": optimizer,
    "mlp": mlp,
    "cnn": cnn,
    "first_gradient": first_gradient,
}
