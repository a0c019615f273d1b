"""Shapes of windows: what convolution and pooling make of images."""

import math
from functools import lru_cache

import numpy as np

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]
Shape = tuple[int, ...]


def conv_output_size(size: int, kernel: int, stride: int, padding_pair: Pair, dilation: int) -> int:
    """Return the number of windows along one axis; not positive if the kernel exceeds the padded input."""
    return (size + sum(padding_pair) - dilation * (kernel - 1) - 1) // stride + 1


@lru_cache(maxsize=1024)
def conv_output_sizes(size: Shape, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair) -> Shape:
    """Return the number of windows along both axes of a plane."""
    return tuple(conv_output_size(*axis) for axis in zip(size, kernel, stride, padding, dilation, strict=True))


def pool_output_shape(shape: Shape, size: Pair, stride: Pair, padding: Padding) -> Shape:
    """Return the shape that pooling gives to an array of shape (N, C, H, W)."""
    return shape[:2] + conv_output_sizes(shape[2:], size, stride, padding, (1, 1))


@lru_cache(maxsize=256)
def index_type(plane: Shape) -> np.dtype:
    """Return the smallest of the integers that count through a plane: most are small, and winners are kept."""
    return np.dtype(next(kind for kind in (np.int16, np.int32, np.int64) if math.prod(plane) <= np.iinfo(kind).max))
