"""Reductions and scans that leave NaN out, and give it no gradient."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..core import implements
from . import arithmetic, reductions, scans
from .arithmetic import raw
from .reductions import Axis, mask_of
from .scans import as_dtype

__all__ = [
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]


def _numbers(x: Any, where: Any) -> np.ndarray:
    """Which elements take part."""
    return np.logical_and(~np.isnan(raw(x)), mask_of(where))


@implements(np.nansum, arrays=1)
def nansum(
    x: Any,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: Any = True,
) -> Any:
    """Sum of all but NaN over axis.  As `numpy.nansum`."""
    return reductions.sum(x, axis, dtype, keepdims=keepdims, initial=initial, where=_numbers(x, where))


@implements(np.nanprod, arrays=1)
def nanprod(
    x: Any,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: Any = True,
) -> Any:
    """Product of all but NaN over axis.  As `numpy.nanprod`."""
    return reductions.prod(x, axis, dtype, keepdims=keepdims, initial=initial, where=_numbers(x, where))


@implements(np.nanmean, arrays=1)
def nanmean(
    x: Any, axis: Axis = None, dtype: DTypeLike | None = None, *, keepdims: bool = False, where: Any = True
) -> Any:
    """Mean of all but NaN over axis; NaN where there is nothing else.  As `numpy.nanmean`."""
    return reductions.mean(x, axis, dtype, keepdims=keepdims, where=_numbers(x, where))


@implements(np.nanvar, arrays=1)
def nanvar(
    x: Any,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Any:
    """Variance of all but NaN over axis; NaN where no more than ddof are left.  As `numpy.nanvar`."""
    mask = _numbers(x, where)
    return reductions.var(x, axis, dtype, ddof=ddof, keepdims=keepdims, where=mask, mean=mean, correction=correction)


@implements(np.nanstd, arrays=1)
def nanstd(
    x: Any,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Any:
    """Root of the variance of all but NaN over axis.  As `numpy.nanstd`."""
    mask = _numbers(x, where)
    return reductions.std(x, axis, dtype, ddof=ddof, keepdims=keepdims, where=mask, mean=mean, correction=correction)


def _nan_extreme(reduction: Any, worst: float, x: Any, axis: Axis, keepdims: bool, initial: Any, where: Any) -> Any:
    x = as_dtype(x, None)
    numbers = _numbers(x, True)
    if numbers.all():
        return reduction(x, axis, keepdims=keepdims, initial=initial, where=where)
    if initial is not None or where is not True:
        return reduction(x, axis, keepdims=keepdims, initial=initial, where=_numbers(x, where))
    y = reduction(x, axis, keepdims=keepdims, initial=worst, where=numbers)
    return arithmetic.where(numbers.any(axis=axis, keepdims=keepdims), y, np.nan)


@implements(np.nanmax, arrays=1)
def nanmax(
    x: Any, axis: Axis = None, *, keepdims: bool = False, initial: float | None = None, where: Any = True
) -> Any:
    """Maximum of all but NaN over axis; equal ones share the gradient.  As `numpy.nanmax`."""
    return _nan_extreme(reductions.max, -np.inf, x, axis, keepdims, initial, where)


@implements(np.nanmin, arrays=1)
def nanmin(
    x: Any, axis: Axis = None, *, keepdims: bool = False, initial: float | None = None, where: Any = True
) -> Any:
    """Minimum of all but NaN over axis; equal ones share the gradient.  As `numpy.nanmin`."""
    return _nan_extreme(reductions.min, np.inf, x, axis, keepdims, initial, where)


def _with(value: float, x: Any) -> Any:
    """Give x with the value in place of NaN."""
    return arithmetic.where(_numbers(x, True), x, value)


@implements(np.nancumsum, arrays=1)
def nancumsum(x: Any, axis: int | None = None, dtype: DTypeLike | None = None) -> Any:
    """As `cumsum`, with NaN counted as 0.  As `numpy.nancumsum`."""
    return scans.cumsum(_with(0, as_dtype(x, None)), axis, dtype)


@implements(np.nancumprod, arrays=1)
def nancumprod(x: Any, axis: int | None = None, dtype: DTypeLike | None = None) -> Any:
    """As `cumprod`, with NaN counted as 1.  As `numpy.nancumprod`."""
    return scans.cumprod(_with(1, as_dtype(x, None)), axis, dtype)
