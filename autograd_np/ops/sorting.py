r"""Sorting: a permutation that depends on the values, but between ties does not move with them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..core import implements, primitive
from .arithmetic import raw
from .scans import as_dtype
from .searching import argsort
from .shaping import reshape

__all__ = ["partition", "sort"]


@primitive(
    lambda g, _y, _x, *, order, axis: permute(g, order=np.argsort(order, axis=axis), axis=axis),
    complex=True,
    formula=r"\bar x_{\pi(i)} = \bar y_i",
)
def permute(x: Any, order: np.ndarray, axis: int) -> Any:
    """Reorder the elements along an axis, each line by its own permutation."""
    return np.take_along_axis(x, order, axis)


@implements(np.sort, arrays=1)
def sort(
    x: Any, axis: int | None = -1, kind: str | None = None, *, stable: bool | None = None, descending: bool = False
) -> Any:
    """Sort along an axis, or all elements in a row for None; NaN come last.  As `numpy.sort`.

    Whatever the kind, equal elements keep their order, and so do their gradients.  ``descending`` begins with the
    largest, and with NaN.
    """
    x = as_dtype(x, None)
    if axis is None:
        x, axis = reshape(x, shape=-1), 0
    return permute(x, order=argsort(raw(x), axis, descending=descending), axis=axis)


@implements(np.partition, arrays=1)
def partition(x: Any, kth: ArrayLike, axis: int | None = -1, kind: str = "introselect") -> Any:
    """Put the elements numbered kth where sorting puts them, smaller ones before and larger ones after.

    As `numpy.partition`.  The others come in sorted order as well, so that ties are as in `sort`.
    """
    x = as_dtype(x, None)
    places: Any = raw(kth)
    np.partition(np.empty(x.size if axis is None else x.shape[axis]), places)  # raises what NumPy raises
    return sort(x, axis)
