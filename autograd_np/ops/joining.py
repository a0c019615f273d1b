r"""Several arrays in one; the cotangent is taken apart again."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..core import implements, primitive
from .shaping import astype, atleast_1d, atleast_2d, atleast_3d, operand, ravel, reshape, transpose

__all__ = [
    "append",
    "block",
    "column_stack",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "stack",
    "vstack",
]


def _piece(g: Any, _y: Any, *_arrays: Any, wrt: int, axis: int) -> Any:
    start = sum(array.shape[axis] for array in _arrays[:wrt])
    index = [slice(None)] * g.ndim
    index[axis] = slice(start, start + _arrays[wrt].shape[axis])
    return g[tuple(index)]


@primitive(
    _piece,
    name="concatenate",
    variadic=True,
    complex=True,
    formula=r"\bar x_i = \text{the part of } \bar y \text{ that } x_i \text{ fills}",
)
def _concatenate(*arrays: Any, axis: int) -> Any:
    return np.concatenate(arrays, axis=axis)


def _cast(arrays: Sequence[Any], dtype: DTypeLike | None, casting: Any) -> Sequence[Any]:
    """Give the arrays in the dtype that was asked for, as far as the rule of casting lets them."""
    if dtype is None and casting == "same_kind":
        return arrays
    arrays = [operand(array) for array in arrays]
    dtype = np.result_type(*(array.dtype for array in arrays)) if dtype is None else np.dtype(dtype)
    for array in arrays:
        if not np.can_cast(array.dtype, dtype, casting):
            raise TypeError(f"concatenate: {array.dtype} does not cast to {dtype} by the rule {casting!r}")
    return [astype(array, dtype, copy=False) for array in arrays]


@implements(np.concatenate)
def concatenate(
    arrays: Sequence[Any], axis: int | None = 0, *, dtype: DTypeLike | None = None, casting: str = "same_kind"
) -> Any:
    """Join arrays along an axis that they have; along all of them, flattened, for None.  As `numpy.concatenate`."""
    arrays = _cast(arrays, dtype, casting)
    if axis is None:
        arrays, axis = [ravel(array) for array in arrays], 0
    return _concatenate(*arrays, axis=axis)


concatenate.op = _concatenate.op  # type: ignore[attr-defined]
concat = concatenate


@primitive(
    lambda g, _y, *_arrays, wrt, axis: g[(slice(None),) * (axis % g.ndim) + (wrt,)],
    name="stack",
    variadic=True,
    complex=True,
    formula=r"\bar x_i = \bar y_i \text{ along the new axis}",
)
def _stack(*arrays: Any, axis: int) -> Any:
    return np.stack(arrays, axis=axis)


@implements(np.stack)
def stack(arrays: Sequence[Any], axis: int = 0, *, dtype: DTypeLike | None = None, casting: str = "same_kind") -> Any:
    """Join arrays of one shape along a new axis.  As `numpy.stack`."""
    return _stack(*_cast(arrays, dtype, casting), axis=axis)


stack.op = _stack.op  # type: ignore[attr-defined]


@implements(np.hstack)
def hstack(tup: Sequence[Any], *, dtype: DTypeLike | None = None, casting: str = "same_kind") -> Any:
    """Join side by side: along axis 1, vectors along their only one.  As `numpy.hstack`."""
    arrays = [atleast_1d(array) for array in tup]
    return concatenate(arrays, axis=1 if arrays and arrays[0].ndim > 1 else 0, dtype=dtype, casting=casting)


@implements(np.vstack)
def vstack(tup: Sequence[Any], *, dtype: DTypeLike | None = None, casting: str = "same_kind") -> Any:
    """Join one below the other: along axis 0, a vector being one row.  As `numpy.vstack`."""
    return concatenate([atleast_2d(array) for array in tup], axis=0, dtype=dtype, casting=casting)


@implements(np.dstack)
def dstack(tup: Sequence[Any]) -> Any:
    """Join along axis 2.  As `numpy.dstack`."""
    return concatenate([atleast_3d(array) for array in tup], axis=2)


@implements(np.column_stack)
def column_stack(tup: Sequence[Any]) -> Any:
    """Join along axis 1, a vector being one column.  As `numpy.column_stack`."""
    arrays = (operand(array) for array in tup)
    return concatenate([array if array.ndim > 1 else transpose(atleast_2d(array)) for array in arrays], axis=1)


@implements(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """Join values to the end of an array, both flattened by default.  As `numpy.append`."""
    return concatenate((arr, values), axis=axis)


def _leaves(part: Any, depth: int = 0) -> Iterator[tuple[Any, int]]:
    """Give what nested lists hold, and how deep."""
    if not isinstance(part, list):
        yield operand(part), depth
        return
    if not part:
        raise ValueError("block: a list is empty")
    for item in part:
        yield from _leaves(item, depth + 1)


@implements(np.block)
def block(arrays: Any) -> Any:
    """Join nested lists of arrays: the innermost along the last axis, their lists before it.  As `numpy.block`."""
    leaves = list(_leaves(arrays))
    depth = leaves[0][1]
    if any(other != depth for _, other in leaves):
        raise ValueError(f"block: lists are nested to different depths, {sorted({d for _, d in leaves})}")
    ndim = max(depth, *(leaf.ndim for leaf, _ in leaves))

    def joined(part: Any, axis: int) -> Any:
        if isinstance(part, list):
            return concatenate([joined(item, axis + 1) for item in part], axis=axis)
        part = operand(part)
        return reshape(part, shape=(1,) * (ndim - part.ndim) + part.shape)

    return joined(arrays, -depth)
