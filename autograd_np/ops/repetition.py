r"""The same elements several times over; their cotangents are summed."""

from collections.abc import Sequence
from functools import reduce
from itertools import chain
from operator import index
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.typing import DTypeLike

from ..core import Tensor, check_device, implements, primitive
from .arithmetic import raw
from .indexing import scatter_add
from .joining import concatenate
from .shaping import astype, broadcast_arrays, broadcast_to, copy, operand, ravel, reshape

__all__ = ["full_like", "meshgrid", "repeat", "resize", "sliding_window_view", "tile"]


_FEW = 8  # arrays that are added more quickly one to the other than so many elements side by side


def _sum_repeats(g: Any, _y: Any, _a: Any, *, repeats: Any, axis: int | None = None) -> Any:
    shape = (int(np.prod(_a.shape)),) if axis is None or not _a.shape else _a.shape
    axis = normalize_axis_index(axis or 0, len(shape))
    repeats = np.asarray(repeats)
    if repeats.size == 1:
        each = int(repeats.item())
        groups = np.reshape(g, (*shape[: axis + 1], each, *shape[axis + 1 :]))
        if 0 < each <= _FEW:
            total = reduce(np.add, [groups[(slice(None),) * (axis + 1) + (i,)] for i in range(each)])
        else:
            total = np.sum(groups, axis=axis + 1)
        return np.reshape(total, _a.shape)
    origin = np.repeat(np.arange(shape[axis]), repeats)
    return np.reshape(scatter_add(g, shape=shape, index=(slice(None),) * axis + (origin,)), _a.shape)


@primitive(
    _sum_repeats,
    of=np.repeat,
    complex=True,
    formula=r"\bar x_i = \text{the sum of } \bar y \text{ over the repetitions of } x_i",
)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Repeat each element, as often as ``repeats`` says of all or of each.  As `numpy.repeat`."""
    return np.repeat(a, repeats, axis)


@implements(np.tile)
def tile(A: Any, reps: int | Sequence[int]) -> Any:
    """Lay copies of a whole array side by side, ``reps`` along each axis.  As `numpy.tile`."""
    a = operand(A)
    counts = tuple(index(count) for count in np.ravel(raw(reps)))
    ndim = max(a.ndim, len(counts))
    counts = (1,) * (ndim - len(counts)) + counts
    shape = (1,) * (ndim - a.ndim) + a.shape
    if all(count == 1 for count in counts):
        return reshape(copy(a), shape=shape)
    pairs = list(zip(counts, shape, strict=True))
    apart = reshape(a, shape=tuple(chain.from_iterable((1, n) for n in shape)))
    return reshape(broadcast_to(apart, shape=tuple(chain.from_iterable(pairs))), shape=tuple(c * n for c, n in pairs))


@implements(np.resize)
def resize(a: Any, new_shape: int | tuple[int, ...]) -> Any:
    """Fill a shape with the elements, again and again or as far as they go.  As `numpy.resize`."""
    a = ravel(operand(a))
    shape = (new_shape,) if isinstance(new_shape, (int, np.integer)) else tuple(new_shape)
    if any(n < 0 for n in shape):
        raise ValueError(f"resize: lengths are not negative, as in {shape}")
    size = int(np.prod(shape))
    if not a.size or not size:
        return np.zeros_like(a, shape=shape)
    return reshape(concatenate([a] * -(-size // a.size))[:size], shape=shape)


@implements(np.full_like, arrays=2)
def full_like(
    a: Any,
    fill_value: Any,
    dtype: DTypeLike | None = None,
    shape: int | tuple[int, ...] | None = None,
    *,
    device: Any = None,
) -> Any:
    """Fill an array of a's shape and type with a value, to which the gradient flows.  As `numpy.full_like`."""
    check_device("full_like", device)
    a = operand(a)
    filled = astype(fill_value, a.dtype if dtype is None else dtype)
    if type(a) is Tensor and type(filled) is not Tensor:
        filled = Tensor(filled)
    return copy(broadcast_to(filled, shape=a.shape if shape is None else shape))


@implements(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple:
    """Coordinates on a grid, from those along its axes.  As `numpy.meshgrid`."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing is 'xy' or 'ij', not {indexing!r}")
    axes = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        axes[:2] = 1, 0
    grids: Sequence[Any] = [
        reshape(x, shape=tuple(-1 if i == axis else 1 for i in range(len(xi))))
        for axis, x in zip(axes, xi, strict=True)
    ]
    if not sparse:
        grids = broadcast_arrays(*grids)
    return tuple(np.copy(grid) for grid in grids) if copy else tuple(grids)


def _window_axes(
    shape: tuple[int, ...], window_shape: int | Sequence[int], axis: int | Sequence[int] | None
) -> list[tuple[int, int]]:
    """Give (axis, length) of each axis of the window."""
    lengths = np.atleast_1d(np.asarray(window_shape)).tolist()
    axes = tuple(range(len(shape))) if axis is None else normalize_axis_tuple(axis, len(shape), allow_duplicate=True)
    return list(zip(axes, lengths, strict=True))


@primitive(
    lambda g, _y, _v, *, shape, window_shape, axis=None: sliding_window_view(g, window_shape=window_shape, axis=axis),
    complex=True,
    formula=r"\bar v_{i,k} = \bar x_{i+k}",
)
def add_windows(v: Any, shape: tuple[int, ...], window_shape: Any, axis: Any = None) -> Any:
    """Add windows into zeros of a shape, each where `sliding_window_view` had taken it."""
    windows = _window_axes(shape, window_shape, axis)
    out = np.zeros(shape, v.dtype)
    for offset in np.ndindex(*(length for _, length in windows)):
        start = [0] * len(shape)
        for (at, _), step in zip(windows, offset, strict=True):
            start[at] += step
        out[tuple(slice(i, i + n) for i, n in zip(start, v.shape, strict=False))] += v[(..., *offset)]
    return out


@primitive(
    lambda g, _y, _x, *, window_shape, axis=None: add_windows(g, shape=_x.shape, window_shape=window_shape, axis=axis),
    of=np.lib.stride_tricks.sliding_window_view,
    view=True,
    complex=True,
    formula=r"\bar x_j = \textstyle\sum_{i+k=j} \bar y_{i,k}",
)
def sliding_window_view(x: Any, window_shape: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Any:
    """All windows of a shape, which share memory, on new axes at the end.

    As `numpy.lib.stride_tricks.sliding_window_view`.
    """
    return np.lib.stride_tricks.sliding_window_view(x, window_shape, axis)  # type: ignore[arg-type]
