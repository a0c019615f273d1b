r"""Reductions over axes: an int, a tuple of ints, or None for all."""

from typing import Any

import numpy as np

from ..core import precise_sum, primitive
from .arithmetic import raw

__all__ = ["logsumexp", "max", "mean", "min", "sum", "var"]


Axis = int | tuple[int, ...] | None


def spread(g: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """Give the cotangent of a reduced array the axes back that the reduction removed, each of length 1."""
    if keepdims or axis is None:
        return g if keepdims else np.reshape(g, (1,) * x.ndim)
    return np.expand_dims(g, axis)


def count(x: Any, axis: Axis) -> int:
    """How many elements the reduction puts together in one."""
    if axis is None:
        return int(np.prod(x.shape))
    return int(np.prod([x.shape[i] for i in (axis if isinstance(axis, tuple) else (axis,))]))


@primitive(
    lambda g, _y, _x, *, axis=None, keepdims=False: np.broadcast_to(spread(g, _x, axis, keepdims), _x.shape),
    of=np.sum,
    formula=r"\bar x = \bar y \text{ copied along the axes}",
)
def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Sum over axis, precise along every axis also in float32.  As `numpy.sum`."""
    return precise_sum(np.asarray(x), axis, keepdims)


@primitive(
    lambda g, _y, _x, *, axis=None, keepdims=False: np.broadcast_to(
        spread(g, _x, axis, keepdims) / count(_x, axis), _x.shape
    ),
    of=np.mean,
    formula=r"\bar x = \bar y / n \text{ copied along the axes}",
)
def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Mean over axis.  As `numpy.mean`; the mean of nothing is NaN."""
    return _mean(np.asarray(x), axis, keepdims)


def _mean(x: np.ndarray, axis: Axis, keepdims: bool) -> np.ndarray:
    if x.dtype.kind != "f" or x.dtype == np.float64:
        return np.mean(x, axis=axis, keepdims=keepdims)
    return np.mean(x, axis=axis, keepdims=keepdims, dtype=np.float64).astype(x.dtype)


def _var_rule(g: Any, _y: Any, x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    n = count(x, axis) - ddof
    centred = x - mean(x, axis=axis, keepdims=True)
    return spread(g, x, axis, keepdims) * (2 / n if n > 0 else np.nan) * centred


@primitive(
    _var_rule,
    of=np.var,
    formula=r"\bar x = \frac{2}{n - \mathrm{ddof}}\, \bar y \odot (x - \operatorname{mean} x)",
)
def var(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Variance over axis; NaN where there are no more than ddof elements.  As `numpy.var`."""
    x = np.asarray(x)
    if x.dtype.kind != "f" or not x.size:
        return np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)
    squares = np.square(x - _mean(x, axis, True))
    total = precise_sum(squares, axis, keepdims)
    n = count(x, axis) - ddof
    return np.true_divide(total, n, dtype=x.dtype) if n > 0 else np.full_like(total, np.nan)


def _extreme_rule(g: Any, y: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    x, y = raw(x), spread(raw(y), x, axis, keepdims)
    chosen = (x == y) | np.isnan(x)  # y is NaN wherever its x has one, and equals nothing then
    share = chosen / np.sum(chosen, axis=axis, keepdims=True)
    return spread(g, x, axis, keepdims) * share.astype(x.dtype)


_EXTREME = r"\bar x = \bar y \odot [x = y] / \textstyle\sum [x = y]"


@primitive(_extreme_rule, of=(np.max, np.amax), formula=_EXTREME)
def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Maximum over axis; equal ones share the gradient, and a NaN takes it.  As `numpy.max`."""
    return np.max(x, axis=axis, keepdims=keepdims)


@primitive(_extreme_rule, of=(np.min, np.amin), formula=_EXTREME)
def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Minimum over axis; equal ones share the gradient, and a NaN takes it.  As `numpy.min`."""
    return np.min(x, axis=axis, keepdims=keepdims)


def shifted_exp(x: Any, axis: Axis) -> tuple[Any, np.ndarray]:
    """exp(x - top) and top, the largest x along axis: no overflow, and the ratios of exp(x) are kept.

    Where top is +inf the result is 1 on every +inf and 0 elsewhere, its limit; where all are -inf it is 0.
    """
    array = raw(x)
    top = np.max(array, axis=axis, keepdims=True, initial=-np.inf)
    if np.isfinite(top).all():
        return np.exp(x - top), top
    shifted = np.where(top == np.inf, np.where(array == np.inf, 0, -np.inf), x - np.where(np.isinf(top), 0, top))
    return np.exp(shifted.astype(array.dtype)), top


def _logsumexp_rule(g: Any, _y: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    e, _ = shifted_exp(x, axis)
    total = np.sum(e, axis=axis, keepdims=True)
    return spread(g, x, axis, keepdims) * (e / np.where(raw(total) == 0, 1, total))  # all -inf: nothing moves y


@primitive(_logsumexp_rule, formula=r"\bar x = \bar y \odot e^{x - y}")
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over axis, without overflow.  -inf where every x is -inf or there is none."""
    x = np.asarray(x)
    x = x if x.dtype.kind == "f" else x.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        e, top = shifted_exp(x, axis)
        y = np.log(precise_sum(e, axis, True))
        y = y + np.where(top == -np.inf, 0, top)
    return y if keepdims else np.squeeze(y, axis=tuple(range(x.ndim)) if axis is None else axis)
