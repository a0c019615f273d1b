"""`Rows`: many cotangents in one array, which go backwards in one sweep.

A rule is written for one cotangent.  It gets all of them as an object that looks like one and takes NumPy's calls: each
call is carried out on all rows at once.  Only calls that are known to be right that way are; at any other the rule
fails, and the sweep runs it for one row after the other.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .summation import precise_sum


class Rows(np.lib.mixins.NDArrayOperatorsMixin):
    """Arrays of one shape, stacked along a first axis that those who use it do not see."""

    __slots__ = ("rows",)

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = rows

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of each row."""
        return self.rows.shape[1:]

    @property
    def ndim(self) -> int:
        """The number of axes of each row."""
        return self.rows.ndim - 1

    @property
    def dtype(self) -> np.dtype:
        """The element type."""
        return self.rows.dtype

    def astype(self, dtype: Any) -> "Rows":
        """Convert the elements' type."""
        return Rows(self.rows.astype(dtype))

    def copy(self) -> "Rows":
        """Copy to new memory."""
        return Rows(self.rows.copy())

    def any(self) -> bool:
        """Whether any element of any row is true."""
        return bool(self.rows.any())

    def aligned(self, ndim: int) -> np.ndarray:
        """Give the array with axes of length 1 between the first and those of a row: it broadcasts as its rows do."""
        return self.rows.reshape(len(self.rows), *(1,) * (ndim - self.ndim), *self.shape)

    def __getitem__(self, index: Any) -> "Rows":
        parts = index if isinstance(index, tuple) else (index,)
        if not all(part is None or part is Ellipsis or isinstance(part, (int, slice)) for part in parts):
            raise TypeError("rows take basic indices only")
        return Rows(self.rows[:, *parts])

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise TypeError("rows are not one array")

    def __bool__(self) -> bool:
        raise TypeError("rows are not one truth value")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        matrices = ufunc is np.matmul
        if method != "__call__" or kwargs or ufunc.nout != 1 or (ufunc.signature and not matrices):
            return NotImplemented
        if matrices and min(np.ndim(x) for x in inputs) < 2:
            return NotImplemented
        return Rows(ufunc(*_aligned(inputs)))

    def __array_function__(self, function: Callable, types: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        known = _FUNCTIONS.get(function)
        return NotImplemented if known is None else known(*args, **kwargs)


def _aligned(inputs: tuple[Any, ...]) -> list[Any]:
    ndim = max(np.ndim(x) for x in inputs)
    return [x.aligned(ndim) if isinstance(x, Rows) else x for x in inputs]


def _shifted(axis: Any, ndim: int) -> Any:
    """Where axes of a row are in the array of all."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    if isinstance(axis, (tuple, list)):
        return tuple(_shifted(i, ndim) for i in axis)
    return normalize_axis_index(axis, ndim) + 1  # what is not an axis of a row must not become that of all rows


def _sum(x: Rows, axis: Any = None, keepdims: bool = False) -> Rows:
    return Rows(precise_sum(x.rows, _shifted(axis, x.ndim), keepdims))


def _squeeze(x: Rows, axis: Any = None) -> Rows:
    ones = tuple(i for i, n in enumerate(x.shape) if n == 1)
    return Rows(np.squeeze(x.rows, axis=_shifted(ones if axis is None else axis, x.ndim)))


def _transpose(x: Rows, axes: Any = None) -> Rows:
    order = range(x.ndim)[::-1] if axes is None else [i % x.ndim for i in axes]
    return Rows(np.transpose(x.rows, (0, *(i + 1 for i in order))))


def _reshape(x: Rows, shape: Any) -> Rows:
    return Rows(np.reshape(x.rows, (len(x.rows), *(shape if isinstance(shape, (tuple, list)) else (shape,)))))


def _broadcast_to(x: Rows, shape: Any) -> Rows:
    shape = shape if isinstance(shape, tuple) else (shape,)
    return Rows(np.broadcast_to(x.aligned(len(shape)), (len(x.rows), *shape)))


_FUNCTIONS: dict[Callable, Callable] = {
    np.ndim: lambda x: x.ndim,
    np.shape: lambda x: x.shape,
    np.sum: _sum,
    np.real: lambda x: Rows(np.real(x.rows)),
    np.where: lambda *args: Rows(np.where(*_aligned(args))),
    np.expand_dims: lambda x, axis: Rows(np.expand_dims(x.rows, _shifted(axis, x.ndim + np.size(axis)))),
    np.squeeze: _squeeze,
    np.reshape: _reshape,
    np.broadcast_to: _broadcast_to,
    np.transpose: _transpose,
    np.swapaxes: lambda x, a, b: Rows(np.swapaxes(x.rows, _shifted(a, x.ndim), _shifted(b, x.ndim))),
    np.moveaxis: lambda x, a, b: Rows(np.moveaxis(x.rows, _shifted(a, x.ndim), _shifted(b, x.ndim))),
    np.flip: lambda x, axis=None: Rows(np.flip(x.rows, _shifted(axis, x.ndim))),
}


def row_by_row(rule: Callable, g: Any, y: Any, args: tuple, params: dict[str, Any], note: str) -> Rows:
    """Run a rule for one row after the other; ``g`` is a tuple where the operation has several outputs."""
    parts = g if isinstance(g, tuple) else (g,)
    count = max(len(part.rows) for part in parts if isinstance(part, Rows))
    results = []
    for i in range(count):
        row = tuple(np.asarray(part.rows[i]) if isinstance(part, Rows) else part for part in parts)
        try:
            results.append(np.asarray(rule(row if isinstance(g, tuple) else row[0], y, *args, **params)))
        except Exception as error:
            error.add_note(note)
            raise
    return Rows(np.stack(results))
