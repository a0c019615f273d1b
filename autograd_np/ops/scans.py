r"""Running sums and products along an axis.

Products never divide by their factors, so that zeros among these do no harm.
"""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..core import implements, primitive
from .joining import concatenate
from .shaping import astype, reshape

__all__ = ["cumprod", "cumsum", "cumulative_prod", "cumulative_sum"]


def as_dtype(x: Any, dtype: DTypeLike | None) -> Any:
    """Give x, an array or a Tensor now, in the dtype that was asked for; None asks for none."""
    x = x if hasattr(x, "dtype") else np.asarray(x)
    return x if dtype is None or x.dtype == dtype else astype(x, dtype=dtype)


def part(x: Any, axis: int, start: int | None, stop: int | None, step: int | None = None) -> Any:
    """x[start:stop:step] along one axis."""
    return x[(slice(None),) * (axis % x.ndim) + (slice(start, stop, step),)]


def _line(x: Any, axis: int | None, dtype: DTypeLike | None) -> tuple[Any, int]:
    """Give x with the axis to go along: of all elements in a row for None; a number is a row of one."""
    x = as_dtype(x, dtype)
    return (reshape(x, shape=-1), 0) if axis is None or (not x.ndim and axis in (0, -1)) else (x, axis)


def _cumsum_rule(g: Any, _y: Any, _x: Any, *, axis: int) -> Any:
    return part(_cumsum(part(g, axis, None, None, -1), axis=axis), axis, None, None, -1)


@primitive(_cumsum_rule, name="cumsum", complex=True, formula=r"\bar x_i = \textstyle\sum_{j \ge i} \bar y_j")
def _cumsum(x: Any, axis: int) -> Any:
    if x.dtype.kind != "f" or x.dtype == np.float64:
        return np.cumsum(x, axis)
    return np.cumsum(x, axis, dtype=np.float64).astype(x.dtype)


@implements(np.cumsum, arrays=1)
def cumsum(x: Any, axis: int | None = None, dtype: DTypeLike | None = None) -> Any:
    """Add up along an axis, precise also in float32.  As `numpy.cumsum`."""
    x, axis = _line(x, axis, dtype)
    return as_dtype(_cumsum(x, axis=axis), dtype)


cumsum.op = _cumsum.op  # type: ignore[attr-defined]


def _preceded(y: Any, axis: int, value: float) -> Any:
    """Put a value before the first element along the axis."""
    shape = list(y.shape)
    shape[axis] = 1
    return concatenate([np.full(shape, value, y.dtype), y], axis=axis)


def products_before(x: Any, axis: int) -> Any:
    """Give for each element the product of those before it along the axis."""
    return _preceded(_cumprod(part(x, axis, 0, -1), axis=axis), axis, 1) if x.shape[axis] else x


def products_of_others(x: Any, axis: int) -> Any:
    """Give for each element the product of all others along the axis."""
    after = part(products_before(part(x, axis, None, None, -1), axis), axis, None, None, -1)
    return products_before(x, axis) * after


def _gather(g: Any, x: Any, axis: int) -> Any:
    """Give s where s[i] = g[i] + x[i + 1] s[i + 1], by doubling how many terms each element has gathered."""
    n, span = x.shape[axis], 1
    factors = part(x, axis, 1, None)  # of elements i + 1 up to i + span
    while span < n:
        gathered = part(g, axis, 0, n - span) + factors * part(g, axis, span, None)
        g = concatenate([gathered, part(g, axis, n - span, None)], axis=axis)
        if 2 * span < n:
            factors = part(factors, axis, 0, n - 2 * span) * part(factors, axis, span, None)
        span *= 2
    return g


@primitive(
    lambda g, _y, x, *, axis: products_before(x, axis) * _gather(g, x, axis),
    name="cumprod",
    complex=True,
    formula=r"\bar x_i = \textstyle\sum_{j \ge i} \bar y_j \prod_{k \le j,\, k \ne i} x_k",
)
def _cumprod(x: Any, axis: int) -> Any:
    return np.cumprod(x, axis)


@implements(np.cumprod, arrays=1)
def cumprod(x: Any, axis: int | None = None, dtype: DTypeLike | None = None) -> Any:
    """Multiply up along an axis; its gradient is right where elements are 0.  As `numpy.cumprod`."""
    x, axis = _line(x, axis, dtype)
    return as_dtype(_cumprod(x, axis=axis), dtype)


cumprod.op = _cumprod.op  # type: ignore[attr-defined]


def _only_axis(x: Any, axis: int | None, name: str) -> int:
    if axis is None and np.ndim(x) > 1:
        raise ValueError(f"{name}: axis is needed for an array of {np.ndim(x)} axes, shape {np.shape(x)}")
    return 0 if axis is None else axis


@implements(np.cumulative_sum)
def cumulative_sum(
    x: Any, *, axis: int | None = None, dtype: DTypeLike | None = None, include_initial: bool = False
) -> Any:
    """As `cumsum`, with the 0 before the first element if ``include_initial``.  As `numpy.cumulative_sum`."""
    axis = _only_axis(x, axis, "cumulative_sum")
    y = cumsum(x, axis, dtype)
    return _preceded(y, axis, 0) if include_initial else y


@implements(np.cumulative_prod)
def cumulative_prod(
    x: Any, *, axis: int | None = None, dtype: DTypeLike | None = None, include_initial: bool = False
) -> Any:
    """As `cumprod`, with the 1 before the first element if ``include_initial``.  As `numpy.cumulative_prod`."""
    axis = _only_axis(x, axis, "cumulative_prod")
    y = cumprod(x, axis, dtype)
    return _preceded(y, axis, 1) if include_initial else y
