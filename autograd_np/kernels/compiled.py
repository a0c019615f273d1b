"""The functions of `fallback`, compiled, and those that NumPy computes where there is no kernel for an array."""

from .classification import cross_entropy, cross_entropy_dx, softmax, softmax_dx
from .convolution import conv2d, conv2d_dw, conv2d_dx
from .elementwise import add_at, drop, leak, relu, relu_dx, sigmoid, sigmoid_dx, where
from .normalization import channel_sum, channel_sums, normalize, normalize_dx
from .pooling import avg_pool2d, avg_pool2d_dx, max_pool2d, max_pool2d_gather, max_pool2d_scatter
from .steps import take_steps

__all__ = [
    "add_at",
    "avg_pool2d",
    "avg_pool2d_dx",
    "channel_sum",
    "channel_sums",
    "conv2d",
    "conv2d_dw",
    "conv2d_dx",
    "cross_entropy",
    "cross_entropy_dx",
    "drop",
    "leak",
    "max_pool2d",
    "max_pool2d_gather",
    "max_pool2d_scatter",
    "normalize",
    "normalize_dx",
    "relu",
    "relu_dx",
    "sigmoid",
    "sigmoid_dx",
    "softmax",
    "softmax_dx",
    "take_steps",
    "where",
]
