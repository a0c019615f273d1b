"""Sums of large arrays, by the kernel that sums channels: it has several threads, and longer vectors than NumPy's."""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .. import kernels
from ..core import LARGE, Axis, large_sums

BLOCK = 2048  # elements of which a whole sum is made, which threads share


def large_total(x: Any, axis: Axis = None, keepdims: bool = False) -> np.ndarray | None:
    """Sum over axis by the kernel; None where it does not take x, is not worth while, or may have overflowed."""
    if type(x) is not np.ndarray or x.size < LARGE or x.dtype.char not in "fd":
        return None
    if not (x.flags.carray and x.dtype.isnative):
        return None
    axes = range(x.ndim) if axis is None else sorted(normalize_axis_tuple(axis, x.ndim))
    y = _over_ends(x, list(axes))
    if y is None or not np.isfinite(y).all():
        return None
    return y.reshape([1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes])


def _over_ends(x: np.ndarray, axes: list[int]) -> np.ndarray | None:
    """Sum over the first axes, the last ones, or both; None where others are wanted."""
    first = next((i for i in range(x.ndim) if i not in axes), x.ndim)
    last = next((i for i in range(x.ndim, first, -1) if i - 1 not in axes), first)
    if len(axes) != first + x.ndim - last:
        return None
    channels = math.prod(x.shape[first:last])
    if channels > 1:
        return kernels.channel_sum(x.reshape(math.prod(x.shape[:first]), channels, math.prod(x.shape[last:])))
    flat = x.reshape(-1)
    blocks = flat[: flat.size // BLOCK * BLOCK].reshape(1, -1, BLOCK)
    rest = np.add.reduce(flat[blocks.size :], dtype=np.float64)
    return np.asarray(np.add.reduce(kernels.channel_sum(blocks), dtype=np.float64) + rest).astype(x.dtype)


large_sums.append(large_total)
