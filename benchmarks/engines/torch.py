"""PyTorch, used as well as we know how: fused optimizers, gradients set to None, one operator for conv's gradients."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .. import data

Step = Callable[[], Any]
OPS: dict[str, Callable[..., Tensor]] = {"tanh": torch.tanh, "multiply": torch.mul, "sum": torch.sum,
                                         "max": torch.max, "matmul": torch.matmul}  # fmt: skip
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=data.RATES["sgd"], fused=True),
    "momentum": lambda p: torch.optim.SGD(p, lr=data.RATES["momentum"], momentum=data.MOMENTUM, fused=True),
    "adam": lambda p: torch.optim.Adam(p, lr=data.RATES["adam"], betas=data.BETAS, eps=data.EPSILON, fused=True),
}


def setup(threads: int) -> None:
    """Hold the operators to so many threads."""
    torch.set_num_threads(threads)


def arrays(result: Any) -> list[np.ndarray]:
    """Give a step's result as arrays."""
    results = result if isinstance(result, list | tuple) else [result]
    return [r.detach().numpy() for r in results]


def tensors(*shapes: Any, seed: int = 0) -> list[Tensor]:
    """Give the inputs as tensors."""
    return [torch.from_numpy(a) for a in data.normal(*shapes, seed=seed)]


def _leaves(*shapes: Any) -> list[Tensor]:
    return [t.requires_grad_() for t in tensors(*shapes)]


def _taken(leaves: list[Tensor]) -> list[Any]:
    """Give the gradients, and forget them."""
    gradients = [leaf.grad for leaf in leaves]
    for leaf in leaves:
        leaf.grad = None
    return gradients


def op_recorded(op: str, shapes: Any) -> Step:
    """Time an operation on tensors that want a gradient."""
    f, leaves = OPS[op], _leaves(*shapes)
    if len(leaves) == 1:
        (x,) = leaves
        return lambda: f(x)
    x, y = leaves
    return lambda: f(x, y)


def op_gradient(op: str, shapes: Any) -> Step:
    """Time an operation and its gradients."""
    f, leaves = OPS[op], _leaves(*shapes)
    (cotangent,) = tensors(tuple(f(*leaves).shape), seed=5)

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
            y = (y + torch.sin(y) * data.STEP) * data.DECAY
        y.sum().backward()
        return _taken([x])

    return step


def like_given(tensor: Tensor) -> Tensor:
    """Leave the layout as it is."""
    return tensor


def channels_last(tensor: Tensor) -> Tensor:
    """Lay images, and filters, out with their channels innermost."""
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor


class Images:
    """The kinds of cases with images, in the layout that the function `layout` gives."""

    def __init__(self, layout: Callable[[Tensor], Tensor]) -> None:
        self.layout = layout

    def tensors(self, *shapes: Any) -> list[Tensor]:
        """Give the inputs in the layout."""
        return [self.layout(t) for t in tensors(*shapes)]

    def conv_forward(self, x: Any, w: Any, g: Any, **geometry: Any) -> Step:
        """Time the convolution; nothing is recorded, as no tensor wants a gradient."""
        image, filters = self.tensors(x, w)
        return lambda: F.conv2d(image, filters, **geometry)

    def _backward(self, x: Any, w: Any, g: Any, wanted: int, **geometry: Any) -> Step:
        image, filters, cotangent = self.tensors(x, w, g)
        stride, padding, dilation = ([geometry[name]] * 2 for name in ("stride", "padding", "dilation"))
        mask = [i == wanted for i in range(3)]
        f, groups = torch.ops.aten.convolution_backward, geometry["groups"]

        def step() -> Tensor:
            return f(
                *(cotangent, image, filters, None),
                *(stride, padding, dilation, False, [0, 0], groups, mask),
            )[wanted]

        return step

    def conv_dx(self, **params: Any) -> Step:
        """Its gradient on the image."""
        return self._backward(wanted=0, **params)

    def conv_dw(self, **params: Any) -> Step:
        """Its gradient on the filters."""
        return self._backward(wanted=1, **params)

    def pool_recorded(self, which: str, shape: Any, size: int) -> Step:
        """Time a pooling of images that want a gradient."""
        pool = F.max_pool2d if which == "max" else F.avg_pool2d
        x = self.tensors(shape)[0].requires_grad_()
        return lambda: pool(x, size)

    def pool_gradient(self, which: str, shape: Any, size: int) -> Step:
        """Time a pooling and its gradient."""
        n, c, h, w = shape
        pool = F.max_pool2d if which == "max" else F.avg_pool2d
        x, cotangent = self.tensors(shape, (n, c, h // size, w // size))
        x.requires_grad_()

        def step() -> list[Any]:
            pool(x, size).backward(cotangent)
            return _taken([x])

        return step

    def batch_norm(self, shape: Any) -> Step:
        """Batch-norm in training, and its gradients."""
        channels = (shape[1],)
        x, gamma, beta, cotangent = self.tensors(shape, channels, channels, shape)
        leaves = [t.requires_grad_() for t in (x, gamma, beta)]

        def step() -> list[Any]:
            F.batch_norm(x, None, None, gamma, beta, training=True).backward(cotangent)
            return _taken(leaves)

        return step

    def cnn(self, channels: list[int], filter: int, batch: int, size: int, optimizer: str) -> Step:
        """Time a training step of a convolutional network."""
        images, labels, values = data.cnn(channels, filter, batch, size)
        a, b = channels
        model = nn.Sequential(
            *(nn.Conv2d(1, a, filter, padding=filter // 2), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(a, b, filter, padding=filter // 2), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(b * (size // 4) ** 2, 10)),
        )
        return _training(model, values, images, labels, optimizer, self.layout)

    def kinds(self) -> dict[str, Callable[..., Step]]:
        """Give the builders."""
        names = ("conv_forward", "conv_dx", "conv_dw", "pool_recorded", "pool_gradient", "batch_norm", "cnn")
        return {name: getattr(self, name) for name in names}


def cross_entropy(rows: int, classes: int) -> Step:
    """Time the loss of a classifier, and its gradient."""
    scores, labels = map(torch.from_numpy, data.classified((rows, classes), classes))
    scores.requires_grad_()

    def step() -> list[Any]:
        F.cross_entropy(scores, labels).backward()
        return _taken([scores])

    return step


def optimizer(which: str, size: int) -> Step:
    """Time a step of an optimizer, the gradients being there."""
    values, gradients = data.parameters(size)
    leaves = [torch.from_numpy(v).requires_grad_() for v in values]
    for leaf, gradient in zip(leaves, gradients, strict=True):
        leaf.grad = torch.from_numpy(gradient)
    rule = OPTIMIZERS[which](leaves)

    def step() -> Tensor:
        rule.step()
        return leaves[0]

    return step


def _training(
    model: nn.Module,
    values: list[np.ndarray],
    images: np.ndarray,
    labels: np.ndarray,
    which: str,
    layout: Callable[[Tensor], Tensor] = like_given,
) -> Step:
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), values, strict=True):
            parameter.copy_(torch.from_numpy(value.T if value.ndim == 2 else value))  # theirs are (out, in)
            parameter.data = layout(parameter.data)
    x, y = layout(torch.from_numpy(images)), torch.from_numpy(labels)
    rule = OPTIMIZERS[which](model.parameters())

    def step() -> Tensor:
        loss = F.cross_entropy(model(x), y)
        rule.zero_grad(set_to_none=True)
        loss.backward()
        rule.step()
        return loss

    return step


def mlp(sizes: list[int], batch: int, optimizer: str) -> Step:
    """Time a training step of a multilayer perceptron."""
    images, labels, values = data.mlp(sizes, batch)
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return _training(nn.Sequential(*layers[:-1]), values, images, labels, optimizer)


def first_gradient() -> Step:
    """Time a small convolution and its gradients."""
    x, w = _leaves((2, 3, 8, 8), (4, 3, 3, 3))

    def step() -> list[Any]:
        F.conv2d(x, w, padding=1).sum().backward()
        return _taken([x, w])

    return step


KINDS: dict[str, Callable[..., Step]] = {
    "op_recorded": op_recorded,
    "op_gradient": op_gradient,
    "chain": chain,
    **Images(like_given).kinds(),
    "cross_entropy": cross_entropy,
    "optimizer": optimizer,
    "mlp": mlp,
    "first_gradient": first_gradient,
}
