r"""Reductions over axes: an int, a tuple of ints, or None for all."""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import DTypeLike

from ..core import Axis, implements, precise_sum, primitive
from . import arithmetic
from .arithmetic import floating, raw
from .complex_numbers import imag, real
from .scans import as_dtype, products_of_others
from .shaping import astype, expand_dims, operand, reshape, squeeze
from .totals import large_total

__all__ = ["amax", "amin", "logsumexp", "max", "mean", "min", "prod", "ptp", "std", "sum", "var"]

_FEW = 8192  # copies of a number that are made more quickly than a view that has it everywhere


def spread(g: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """Give the cotangent of a reduced array the axes back that the reduction removed, each of length 1."""
    if keepdims or axis is None:
        return g if keepdims else np.reshape(g, (1,) * x.ndim)
    return np.expand_dims(g, axis)


def _everywhere(g: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """Give the cotangent of a reduced array to all that it was reduced from."""
    if axis is None and isinstance(g, (np.ndarray, np.generic)) and math.prod(x.shape) <= _FEW:
        return np.full(x.shape, g)
    return np.broadcast_to(spread(g, x, axis, keepdims), x.shape)


def count(x: Any, axis: Axis) -> int:
    """How many elements the reduction puts together in one."""
    if axis is None:
        return math.prod(x.shape)
    return math.prod([x.shape[i] for i in (axis if isinstance(axis, tuple) else (axis,))])


def _of_a_number(x: Any, axis: Axis) -> Axis:
    """NumPy lets a number be reduced along axis 0 or -1: along all that there are."""
    return None if not x.ndim and axis in (0, -1) else axis


def mask_of(where: Any) -> np.ndarray:
    """Give the booleans that tell which elements take part."""
    mask = np.asarray(raw(where))
    if mask.dtype != bool:
        raise TypeError(f"where= is a mask of booleans, not of {mask.dtype}; give a condition, as in where=x > 0")
    return mask


def _taking_part(x: Any, where: Any, value: float = 0) -> Any:
    """Give x with the value in place of what the mask leaves out; `where` keeps NaN there out of gradients."""
    return x if where is True else arithmetic.where(np.broadcast_to(mask_of(where), x.shape), x, value)


def _number(x: Any, axis: Axis, where: Any) -> np.ndarray:
    """How many elements take part along axis, the axes kept, in the dtype of a mean."""
    n = np.sum(np.broadcast_to(mask_of(where), x.shape), axis=axis, keepdims=True)
    return n.astype(x.dtype if x.dtype.kind == "f" else float)


def _reduced(y: Any, axis: Axis, keepdims: bool) -> Any:
    """Remove the axes of length 1 that a reduction has kept."""
    return y if keepdims else reshape(y, shape=()) if axis is None else squeeze(y, axis=axis)


_sum = primitive(
    lambda g, _y, _x, *, axis=None, keepdims=False: _everywhere(g, _x, axis, keepdims),
    name="sum",
    complex=True,
    formula=r"\bar x = \bar y \text{ copied along the axes}",
)(precise_sum)


@implements(np.sum, arrays=1)
def sum(
    x: Any,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Sum over axis, precise along every axis also in float32.  As `numpy.sum`."""
    x = operand(x)
    if axis is None and dtype is None and initial is None and where is True and not keepdims:  # as nearly always
        return _sum(x)
    x = as_dtype(x, dtype)
    y = as_dtype(_sum(_taking_part(x, where), axis=_of_a_number(x, axis), keepdims=keepdims), dtype)
    return y if initial is None else y + as_dtype(initial, y.dtype)


sum.op = _sum.op  # type: ignore[attr-defined]


@primitive(
    lambda g, _y, x, *, axis: np.expand_dims(g, axis) * products_of_others(x, axis),
    name="prod",
    complex=True,
    formula=r"\bar x_i = \bar y \textstyle\prod_{j \ne i} x_j",
)
def _prod(x: Any, axis: int) -> Any:
    return np.prod(x, axis=axis)


@implements(np.prod, arrays=1)
def prod(
    x: Any,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Product over axis; its gradient is right where elements are 0.  As `numpy.prod`."""
    x = _taking_part(as_dtype(x, dtype), where, 1)
    axis = _of_a_number(x, axis)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    y = x if axes else astype(x, np.prod(np.empty(0, x.dtype)).dtype)
    for each in sorted(axes, reverse=True):
        y = _prod(y, axis=each)
    if keepdims:
        y = expand_dims(y, axis=axes)
    y = as_dtype(y, dtype)
    return y if initial is None else y * as_dtype(initial, y.dtype)


prod.op = _prod.op  # type: ignore[attr-defined]


@primitive(
    lambda g, _y, _x, *, axis=None, keepdims=False: _everywhere(g / count(_x, axis), _x, axis, keepdims),
    name="mean",
    complex=True,
    formula=r"\bar x = \bar y / n \text{ copied along the axes}",
)
def _mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    x = np.asarray(x)
    if (y := large_total(x, axis, keepdims)) is not None:
        return y / np.asarray(count(x, axis), x.dtype)
    if x.dtype.kind != "f" or x.dtype == np.float64:
        return np.mean(x, axis=axis, keepdims=keepdims)
    return np.mean(x, axis=axis, keepdims=keepdims, dtype=np.float64).astype(x.dtype)


@implements(np.mean, arrays=1)
def mean(
    x: Any, axis: Axis = None, dtype: DTypeLike | None = None, *, keepdims: bool = False, where: Any = True
) -> Any:
    """Mean over axis, precise also in float32; the mean of nothing is NaN.  As `numpy.mean`."""
    x = as_dtype(x, dtype)
    if where is True:
        return as_dtype(_mean(x, axis=axis, keepdims=keepdims), dtype)
    y = sum(x, axis, keepdims=True, where=where) / _number(x, axis, where)
    return as_dtype(_reduced(y, axis, keepdims), dtype)


mean.op = _mean.op  # type: ignore[attr-defined]


def _centre(x: Any, axis: Axis, where: Any = True) -> Any:
    """Give the mean, the axes kept, which of equal elements is that element: their variance is 0, not nearly 0."""
    first = mean(x, axis, keepdims=True, where=where)
    return first + mean(x - first, axis, keepdims=True, where=where)


def _var_rule(g: Any, _y: Any, x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    n = count(x, axis) - ddof
    return spread(g, x, axis, keepdims) * (2 / n if n > 0 else np.nan) * (x - _centre(x, axis))


@primitive(
    _var_rule,
    name="var",
    formula=r"\bar x = \frac{2}{n - \mathrm{ddof}}\, \bar y \odot (x - \operatorname{mean} x)",
)
def _var(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    x = np.asarray(x)
    if x.dtype.kind != "f" or not x.size:
        return np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)
    squares = precise_sum(np.square(x - _centre(x, axis)), axis, keepdims)
    n = count(x, axis) - ddof
    return (squares / n).astype(squares.dtype) if n > 0 else np.full_like(squares, np.nan)


@implements(np.var, arrays=1)
def var(
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
    """Variance over axis; NaN where there are no more than ddof elements.  As `numpy.var`.

    A ``mean`` that is given counts as an argument: if it is a constant, the gradient takes it for one.
    """
    if correction is not None:
        if ddof != 0:
            raise ValueError("var: ddof and correction are two names of one argument; give one of them")
        ddof = correction
    x = as_dtype(x, dtype)
    if x.dtype.kind == "c":
        centres = (None, None) if mean is None else (real(mean), imag(mean))
        parts = zip((real(x), imag(x)), centres, strict=True)
        of_real, of_imag = (var(p, axis, ddof=ddof, keepdims=keepdims, where=where, mean=m) for p, m in parts)
        return of_real + of_imag
    if where is True and mean is None:
        return _var(x, axis=axis, ddof=ddof, keepdims=keepdims)
    centre = _centre(x, axis, where) if mean is None else mean
    n = _number(x, axis, where) - ddof
    y = sum(arithmetic.square(x - centre), axis, keepdims=True, where=where) / np.where(n > 0, n, np.nan)
    return _reduced(y, axis, keepdims)


var.op = _var.op  # type: ignore[attr-defined]


@primitive(
    lambda g, y, _x: g / (2 * np.where(raw(y) == 0, np.inf, y)),
    elementwise=True,
    formula=r"\bar x = \bar y \oslash 2y,\; 0 \text{ where } y = 0",
)
def root_of_squares(x: Any) -> Any:
    """Square root of a sum of squares: where it is 0 nothing moves those squares, so no infinite slope there."""
    return np.sqrt(x)


@implements(np.std, arrays=1)
def std(
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
    """Root of the variance over axis; its gradient where all elements are equal is 0.  As `numpy.std`."""
    return root_of_squares(
        var(x, axis, dtype, ddof=ddof, keepdims=keepdims, where=where, mean=mean, correction=correction)
    )


def _extreme_rule(
    g: Any, y: Any, x: Any, *, axis: Axis = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    x, y = raw(x), spread(raw(y), x, axis, keepdims)
    chosen = x == y
    if np.isnan(y).any():  # it is wherever its x has one, and equals nothing then
        chosen = chosen | np.isnan(x)
    if where is not True:
        chosen = chosen & where
    narrow = np.int32 if x.size < 2**31 else np.int64  # NumPy's own choice, int64, takes twice as long
    ties = np.add.reduce(chosen, axis=axis, keepdims=True, dtype=narrow)
    if initial is not None and np.isfinite(initial):
        ties = ties + (y == initial)
    return spread(g, x, axis, keepdims) / np.maximum(ties, 1).astype(x.dtype) * chosen


def _limits(initial: Any, where: Any) -> dict[str, Any]:
    """Give of these arguments those that are not NumPy's defaults."""
    limits = {} if initial is None else {"initial": initial}
    return limits if where is True else limits | {"where": where}


_EXTREME = r"\bar x = \bar y \odot [x = y] / \textstyle\sum [x = y]"


@primitive(_extreme_rule, name="max", formula=_EXTREME)
def _max(x: Any, axis: Axis = None, keepdims: bool = False, **limits: Any) -> Any:
    return np.max(x, axis=axis, keepdims=keepdims, **limits)


@implements(np.max, arrays=1)
@implements(np.amax, arrays=1)
def max(x: Any, axis: Axis = None, *, keepdims: bool = False, initial: float | None = None, where: Any = True) -> Any:
    """Maximum over axis; equal ones share the gradient, and a NaN takes it.  As `numpy.max`.

    A finite ``initial`` that equals the maximum is one of the equal ones.
    """
    x = as_dtype(x, None)
    return _max(_taking_part(x, where), axis=_of_a_number(x, axis), keepdims=keepdims, **_limits(initial, where))


max.op = _max.op  # type: ignore[attr-defined]
amax = max


@primitive(_extreme_rule, name="min", formula=_EXTREME)
def _min(x: Any, axis: Axis = None, keepdims: bool = False, **limits: Any) -> Any:
    return np.min(x, axis=axis, keepdims=keepdims, **limits)


@implements(np.min, arrays=1)
@implements(np.amin, arrays=1)
def min(x: Any, axis: Axis = None, *, keepdims: bool = False, initial: float | None = None, where: Any = True) -> Any:
    """Minimum over axis; equal ones share the gradient, and a NaN takes it.  As `numpy.min`.

    A finite ``initial`` that equals the minimum is one of the equal ones.
    """
    x = as_dtype(x, None)
    return _min(_taking_part(x, where), axis=_of_a_number(x, axis), keepdims=keepdims, **_limits(initial, where))


min.op = _min.op  # type: ignore[attr-defined]
amin = min


@implements(np.ptp, arrays=1)
def ptp(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Maximum minus minimum over axis.  As `numpy.ptp`."""
    return max(x, axis, keepdims=keepdims) - min(x, axis, keepdims=keepdims)


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
    whole = np.sum(e, axis=axis, keepdims=True)
    return spread(g, x, axis, keepdims) * (e / np.where(raw(whole) == 0, 1, whole))  # all -inf: nothing moves y


@primitive(_logsumexp_rule, formula=r"\bar x = \bar y \odot e^{x - y}")
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over axis, without overflow.  -inf where every x is -inf or there is none."""
    x = floating(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        e, top = shifted_exp(x, axis)
        y = np.log(precise_sum(e, axis, True))
        y = y + np.where(top == -np.inf, 0, top)
    return y if keepdims else np.squeeze(y, axis=tuple(range(x.ndim)) if axis is None else axis)
