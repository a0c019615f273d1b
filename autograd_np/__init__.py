"""autograd_np: automatic differentiation on NumPy and Numba.

>>> import autograd_np as ag
>>> x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> y = ag.sum(x * ag.exp(-x))
>>> y.backward()
>>> x.grad
Tensor([ 0.        , -0.13533528, -0.09957414])
"""

from importlib import import_module
from types import ModuleType

from .core import (
    Tensor,
    binary,
    enable_grad,
    gradients,
    is_grad_enabled,
    no_grad,
    primitive,
    unary,
)
from .ops.activations import leaky_relu, log_softmax, relu, sigmoid, softmax, tanh
from .ops.arithmetic import (
    absolute,
    add,
    clip,
    divide,
    exp,
    log,
    maximum,
    minimum,
    multiply,
    negative,
    positive,
    power,
    sqrt,
    square,
    subtract,
    where,
)
from .ops.convolution import conv2d
from .ops.indexing import getitem
from .ops.losses import softmax_cross_entropy
from .ops.pooling import avg_pool2d, max_pool2d
from .ops.products import matmul
from .ops.reductions import logsumexp, max, mean, min, sum, var
from .ops.shaping import (
    astype,
    broadcast_to,
    concatenate,
    copy,
    expand_dims,
    moveaxis,
    pad,
    reshape,
    squeeze,
    stack,
    swapaxes,
    transpose,
)

__version__ = "0.1.0"

__all__ = [
    "Tensor",
    "absolute",
    "add",
    "astype",
    "avg_pool2d",
    "binary",
    "broadcast_to",
    "clip",
    "concatenate",
    "conv2d",
    "copy",
    "divide",
    "enable_grad",
    "exp",
    "expand_dims",
    "getitem",
    "gradients",
    "is_grad_enabled",
    "leaky_relu",
    "log",
    "log_softmax",
    "logsumexp",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "min",
    "minimum",
    "moveaxis",
    "multiply",
    "negative",
    "no_grad",
    "pad",
    "positive",
    "power",
    "primitive",
    "relu",
    "reshape",
    "sigmoid",
    "softmax",
    "softmax_cross_entropy",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "subtract",
    "sum",
    "swapaxes",
    "tanh",
    "transpose",
    "unary",
    "var",
    "where",
]

_SUBPACKAGES = ("datasets", "functional", "nn", "optim", "testing", "viz")


def __getattr__(name: str) -> ModuleType:
    """Import a subpackage when it is first used: ``import autograd_np`` costs little more than ``import numpy``."""
    if name in _SUBPACKAGES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *_SUBPACKAGES]
