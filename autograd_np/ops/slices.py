r"""A function of slices applied to all of them: what NumPy's own loops do, on Tensors."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core import implements
from .joining import stack
from .shaping import expand_dims, moveaxis, operand, reshape
from .splitting import unstack

__all__ = ["apply_along_axis", "apply_over_axes"]


@implements(np.apply_along_axis)
def apply_along_axis(func1d: Callable, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """Apply a function of vectors along axis, which its result replaces.  As `numpy.apply_along_axis`."""
    arr = operand(arr)
    axis = normalize_axis_index(axis, arr.ndim)
    rows = moveaxis(arr, axis, -1)
    outer = rows.shape[:-1]
    if 0 in outer:
        raise ValueError(f"apply_along_axis: there is no vector to apply to, with shape {arr.shape} and axis {axis}")
    rows = unstack(reshape(rows, shape=(-1, arr.shape[axis])))
    results = stack([operand(func1d(row, *args, **kwargs)) for row in rows])
    inner = results.shape[1:]
    results = reshape(results, shape=outer + inner)
    return moveaxis(results, range(len(outer), len(outer) + len(inner)), range(axis, axis + len(inner)))


@implements(np.apply_over_axes)
def apply_over_axes(func: Callable, a: Any, axes: int | tuple[int, ...]) -> Any:
    """Apply ``func(a, axis)`` for one axis after the other, which it may reduce.  As `numpy.apply_over_axes`."""
    a = operand(a)
    ndim = a.ndim
    for axis in np.atleast_1d(axes).tolist():
        axis = normalize_axis_index(axis, ndim)
        result = func(a, axis)
        a = result if result.ndim == ndim else expand_dims(result, axis=axis)
        if a.ndim != ndim:
            raise ValueError("apply_over_axes: the function does not return an array of the right shape")
    return a
