"""Where things are, whether they are, and how many: indices, truth values and counts, which have no gradient."""

from typing import Any

import numpy as np

from ..core import without_gradient

__all__ = ["all", "any", "argmax", "argmin", "argsort", "count_nonzero", "nonzero", "searchsorted"]


@without_gradient
def all(x: Any, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any:
    """Whether all elements along axis are true.  As `numpy.all`."""
    return np.all(x, axis=axis, keepdims=keepdims)


@without_gradient
def any(x: Any, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any:
    """Whether any element along axis is true.  As `numpy.any`."""
    return np.any(x, axis=axis, keepdims=keepdims)


@without_gradient
def argmax(x: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
    """Index of the first maximum along axis, of the flattened array by default.  As `numpy.argmax`."""
    return np.argmax(x, axis=axis, keepdims=keepdims)


@without_gradient
def argmin(x: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
    """Index of the first minimum along axis, of the flattened array by default.  As `numpy.argmin`."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


def _descending(x: np.ndarray, axis: int) -> np.ndarray:
    """Give the order from the largest to the smallest: equal elements keep theirs, so both ends are reversed."""
    order = np.flip(np.argsort(np.flip(x, axis), axis, stable=True), axis)
    return x.shape[axis] - 1 - order


@without_gradient
def argsort(
    x: Any,
    axis: int | None = -1,
    kind: str | None = None,
    *,
    stable: bool | None = None,
    descending: bool = False,
) -> Any:
    """Give the indices that sort along axis, or all elements in a row for None.  As `numpy.argsort`.

    Whatever the kind, equal elements keep their order.  ``descending`` begins with the largest, and with NaN.
    """
    x = np.asarray(x)
    if axis is None:
        x, axis = x.ravel(), 0
    return _descending(x, axis) if descending else np.argsort(x, axis, stable=True)


@without_gradient
def nonzero(x: Any, /) -> tuple[Any, ...]:
    """Give the indices of the elements that are not 0, an array for each axis.  As `numpy.nonzero`."""
    return np.nonzero(x)


@without_gradient
def count_nonzero(x: Any, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any:
    """How many elements along axis are not 0.  As `numpy.count_nonzero`."""
    return np.asarray(np.count_nonzero(x, axis=axis, keepdims=keepdims))


@without_gradient
def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """Give the indices at which elements are to be inserted into a sorted vector.  As `numpy.searchsorted`."""
    return np.searchsorted(a, v, side=side, sorter=sorter)  # type: ignore[call-overload]
