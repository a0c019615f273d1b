"""autograd_np: automatic differentiation on NumPy and Numba.

>>> import autograd_np as ag
>>> x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> y = ag.sum(x * ag.exp(-x))
>>> y.backward()
>>> x.grad
Tensor([ 0.        , -0.13533528, -0.09957414])
"""

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
