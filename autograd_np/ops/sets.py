r"""Arrays as sets of their elements.  The values found are elements of the array, and gradients flow back to these.

Values are sorted.  Every NaN is a value of its own, as the array API standard has it.
"""

from typing import Any, NamedTuple

import numpy as np

from ..core import implements, without_gradient
from .arithmetic import raw
from .selection import take
from .shaping import operand, ravel

__all__ = ["isin", "unique", "unique_all", "unique_counts", "unique_inverse", "unique_values"]


class UniqueAllResult(NamedTuple):
    """The values, where each occurs first, which of them each element is, and how often each occurs."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCountsResult(NamedTuple):
    """The values, and how often each occurs."""

    values: Any
    counts: Any


class UniqueInverseResult(NamedTuple):
    """The values, and which of them each element is."""

    values: Any
    inverse_indices: Any


@without_gradient
def _places(x: Any, axis: int | None, inverse: bool, counts: bool, equal_nan: bool) -> tuple[Any, ...]:
    """Give where each value occurs first, and if wanted which of them each element is, and how often each occurs."""
    unique: Any = np.unique
    return unique(x, True, inverse, counts, axis, equal_nan=equal_nan)[1:]


@implements(np.unique_all)
def unique_all(x: Any) -> UniqueAllResult:
    """Values, first indices into the flattened array, inverse indices and counts.  As `numpy.unique_all`."""
    x = operand(x)
    indices, inverse, counts = _places(x, None, True, True, False)
    return UniqueAllResult(take(ravel(x), raw(indices)), indices, inverse, counts)


@implements(np.unique_counts)
def unique_counts(x: Any) -> UniqueCountsResult:
    """Values, and how often each occurs.  As `numpy.unique_counts`."""
    values, _, _, counts = unique_all(x)
    return UniqueCountsResult(values, counts)


@implements(np.unique_inverse)
def unique_inverse(x: Any) -> UniqueInverseResult:
    """Values, and the index among these of each element.  As `numpy.unique_inverse`."""
    values, _, inverse, _ = unique_all(x)
    return UniqueInverseResult(values, inverse)


@implements(np.unique_values)
def unique_values(x: Any) -> Any:
    """Give the values, sorted; the order of `numpy.unique_values` is any."""
    return unique_all(x).values


@implements(np.unique, arrays=1)
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """Values, or the different parts along axis, and what else is asked for.  As `numpy.unique`."""
    ar = operand(ar)
    found = _places(ar, axis, return_inverse, return_counts, equal_nan)
    values = take(ar if axis is not None else ravel(ar), raw(found[0]), axis or 0)
    others = found[0 if return_index else 1 :]
    return (values, *others) if others else values


@without_gradient
def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> Any:
    """Whether each element of x1 is among those of x2.  As `numpy.isin`."""
    return np.isin(x1, x2, invert=invert)
