r"""Elements chosen by indices and conditions.  What is left out has a cotangent of 0."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..core import implements, primitive
from .arithmetic import raw, where
from .indexing import getitem, scatter_add, setitem
from .joining import concatenate, stack
from .shaping import astype, broadcast_arrays, broadcast_to, moveaxis, operand, ravel, reshape

__all__ = [
    "choose",
    "compress",
    "delete",
    "extract",
    "insert",
    "intersect1d",
    "piecewise",
    "select",
    "setdiff1d",
    "setxor1d",
    "take",
    "take_along_axis",
    "trim_zeros",
    "union1d",
]


def within(indices: Any, n: int, mode: str) -> np.ndarray:
    """Bring indices into the range of an axis of length n, as NumPy's ``mode`` has it."""
    indices = np.asarray(indices).astype(np.intp)
    return indices if mode == "raise" else indices % n if mode == "wrap" else np.clip(indices, 0, n - 1)


def _put_back(g: Any, _y: Any, _a: Any, *, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    shape = (int(np.prod(_a.shape)),) if axis is None else _a.shape
    axis = normalize_axis_index(axis or 0, len(shape))
    index = (slice(None),) * axis + (within(indices, shape[axis], mode),)
    return np.reshape(scatter_add(g, shape=shape, index=index), _a.shape)


@primitive(_put_back, of=np.take, selects=True, complex=True, formula=r"\bar x = 0,\; \bar x[i] \mathrel{+}= \bar y")
def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    """Take elements at indices along axis, of the flattened array by default.  As `numpy.take`."""
    return np.take(a, indices, axis=axis, mode=mode)  # type: ignore[call-overload]


def along_axis(shape: tuple[int, ...], indices: Any, axis: int) -> tuple:
    """Give the index that reads ``indices`` along axis, and every other axis in step."""
    indices = np.asarray(raw(indices))
    if indices.dtype.kind not in "iu":
        raise IndexError(f"indices along an axis are integers, not {indices.dtype}")
    if indices.ndim != len(shape):
        raise ValueError(f"indices along an axis have all axes of the array: {indices.shape} given for shape {shape}")
    grid: list[Any] = list(np.ix_(*map(np.arange, shape)))
    grid[normalize_axis_index(axis, len(shape))] = indices
    return tuple(grid)


@implements(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """Take elements at indices along axis that differ from place to place, as argsort gives.

    As `numpy.take_along_axis`.
    """
    arr = operand(arr)
    if axis is None:
        arr, axis = ravel(arr), 0
    return getitem(arr, index=along_axis(arr.shape, indices, axis))


def _common_dtype(values: Sequence[Any]) -> np.dtype:
    """Give the type of a result with elements from several arrays; Python's numbers are weak."""
    return np.result_type(*(v if type(v) in (int, float, complex) else np.asarray(raw(v)) for v in values))


@implements(np.choose)
def choose(a: Any, choices: Sequence[Any], mode: str = "raise") -> Any:
    """Choose for each element among several arrays, by number.  As `numpy.choose`."""
    numbers = np.asarray(raw(a))
    if not np.can_cast(numbers.dtype, np.intp):
        raise TypeError(f"choose: numbers of choices are integers, not {numbers.dtype}")
    dtype = _common_dtype(choices)
    arrays = [astype(choice, dtype, copy=False) for choice in choices]
    numbers, *arrays = broadcast_arrays(within(numbers, len(arrays), mode), *arrays)
    if mode == "raise" and not np.all((numbers >= 0) & (numbers < len(arrays))):
        raise ValueError(f"choose: a has numbers that are not from 0 to {len(arrays) - 1}")
    return getitem(stack(arrays), index=(numbers, *np.ix_(*map(np.arange, numbers.shape))))


@implements(np.compress)
def compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    """Take what lies where a condition holds along axis, of the flattened array by default.  As `numpy.compress`."""
    if np.ndim(condition) != 1:
        raise ValueError(f"compress: the condition has one axis, not shape {np.shape(condition)}")
    return take(a, indices=np.flatnonzero(raw(condition)), axis=axis)


@implements(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """Take the elements where a condition holds.  As `numpy.extract`."""
    return take(arr, indices=np.flatnonzero(raw(condition)))


@implements(np.select)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Take each element from the first choice whose condition holds, or the default.  As `numpy.select`."""
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError(f"select: each choice has its condition; {len(condlist)} and {len(choicelist)} were given")
    conditions = [np.asarray(raw(condition)) for condition in condlist]
    if any(condition.dtype != bool for condition in conditions):
        raise TypeError(f"select: conditions are boolean, not {[str(condition.dtype) for condition in conditions]}")
    chosen = astype(default, _common_dtype([*choicelist, default]))
    for condition, choice in zip(conditions[::-1], choicelist[::-1], strict=True):
        chosen = where(condition, choice, chosen)
    return chosen


@implements(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
    """Evaluate a function, or put a value, where its condition holds; the last may be for the rest.

    As `numpy.piecewise`.  Functions are given the elements of x that they are for, and the further arguments.
    """
    x = operand(x)
    if np.isscalar(condlist) or (np.ndim(condlist[0]) == 0 and x.ndim):
        condlist = [condlist]
    conditions = np.asarray([raw(condition) for condition in condlist], dtype=bool)
    if len(conditions) == len(funclist) - 1:
        conditions = np.concatenate([conditions, ~np.any(conditions, axis=0, keepdims=True)])
    if len(conditions) != len(funclist):
        raise ValueError(
            f"piecewise: {len(condlist)} conditions need as many functions or one more, not {len(funclist)}"
        )
    y = np.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        if not callable(function):
            y = setitem(y, function, index=condition)
        elif np.any(condition):
            y = setitem(y, function(x[condition], *args, **kw), index=condition)
    return y


@implements(np.delete)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """Leave out what lies at indices along axis, of the flattened array by default.  As `numpy.delete`."""
    arr = operand(arr)
    if axis is None:
        arr, axis = ravel(arr), 0
    n = arr.shape[normalize_axis_index(axis, arr.ndim)]
    return take(arr, indices=np.delete(np.arange(n), raw(obj)), axis=axis)


@implements(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """Put values before indices along axis, into the flattened array by default.  As `numpy.insert`."""
    arr, values, obj = operand(arr), operand(values), raw(obj)
    if axis is None:
        arr, axis = ravel(arr), 0
    axis = normalize_axis_index(axis, arr.ndim)
    n = arr.shape[axis]
    values = reshape(values, shape=(1,) * (arr.ndim - values.ndim) + values.shape)
    if not isinstance(obj, slice) and np.ndim(obj) == 0:
        values = moveaxis(values, 0, axis)
    count = np.insert(np.arange(n), obj, 0).size - n
    if count == 1:  # any number of values may go before one index
        count = values.shape[axis]
    values = broadcast_to(astype(values, arr.dtype), shape=(*arr.shape[:axis], count, *arr.shape[axis + 1 :]))
    order = np.insert(np.arange(n), obj, n + np.arange(count))
    return take(concatenate([arr, values], axis=axis), indices=order, axis=axis)


@implements(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: int | tuple[int, ...] | None = None) -> Any:
    """Leave out the zeros at the front and the back of axes.  As `numpy.trim_zeros`."""
    filt = operand(filt)
    if trim.lower() not in ("fb", "bf", "f", "b"):
        raise ValueError(f"trim_zeros: trim is 'f', 'b' or 'fb', not {trim!r}")
    axes = range(filt.ndim) if axis is None else normalize_axis_tuple(axis, filt.ndim)
    places = np.nonzero(raw(filt))
    index: list[Any] = [slice(None)] * filt.ndim
    for i in axes:
        front, back = (places[i].min(), places[i].max() + 1) if places[i].size else (0, 0)
        if places[i].size and "f" not in trim.lower():
            front = None
        if places[i].size and "b" not in trim.lower():
            back = None
        index[i] = slice(front, back)
    return filt[tuple(index)]


def _first_of_each(values: np.ndarray, *arrays: Any) -> Any:
    """Take values that were found in arrays from there: of equal elements the first one."""
    elements = concatenate([ravel(operand(array)) for array in arrays])
    order = np.argsort(raw(elements), kind="stable")
    chosen = take(elements, indices=order[np.searchsorted(raw(elements), values, sorter=order)])
    return astype(chosen, values.dtype, copy=False)


@implements(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    """Sorted elements of both arrays, each once.  As `numpy.union1d`."""
    return _first_of_each(np.union1d(raw(ar1), raw(ar2)), ar1, ar2)


@implements(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """Sorted elements of the first array that are not in the second, each once.  As `numpy.setdiff1d`.

    With ``assume_unique``, in their own order.
    """
    return _first_of_each(np.setdiff1d(raw(ar1), raw(ar2), assume_unique), ar1, ar2)


@implements(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """Sorted elements of one array that are not in the other, each once.  As `numpy.setxor1d`."""
    return _first_of_each(np.setxor1d(raw(ar1), raw(ar2), assume_unique), ar1, ar2)


@implements(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """Sorted elements that are in both arrays, each once: those of the first.  As `numpy.intersect1d`.

    With ``return_indices``, also where they are first in each array.
    """
    values, first, second = np.intersect1d(raw(ar1), raw(ar2), assume_unique, return_indices=True)
    common = _first_of_each(values, ar1, ar2)
    return (common, first, second) if return_indices else common
