r"""Numbers at equal distances between two ends, or with equal ratios."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..core import implements, primitive
from .arithmetic import power
from .scans import as_dtype
from .shaping import expand_dims, moveaxis, operand, reshape

__all__ = ["geomspace", "logspace"]


def _shares(y: Any, num: int, endpoint: bool) -> np.ndarray:
    """How far each number is on the way from start to stop, along the first axis of y."""
    shares = np.arange(num, dtype=y.dtype) / max(num - bool(endpoint), 1)
    return shares.reshape((-1,) + (1,) * (y.ndim - 1))


def _end(x: Any) -> Any:
    """Give lists as arrays; Python's numbers stay weak."""
    return x if isinstance(x, (int, float)) else operand(x)


@primitive(
    lambda g, _y, _start, _stop, *, num, endpoint: np.sum(g * (1 - _shares(g, num, endpoint)), axis=0),
    lambda g, _y, _start, _stop, *, num, endpoint: np.sum(g * _shares(g, num, endpoint), axis=0),
    name="linspace",
    broadcasts=True,
    formula=r"\bar a = \textstyle\sum_i (1 - s_i) \bar y_i,\; \bar b = \sum_i s_i \bar y_i,\; s_i = i / n",
)
def _linspace(start: Any, stop: Any, num: int, endpoint: bool) -> Any:
    return np.linspace(start, stop, num, endpoint)


@implements(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DTypeLike | None = None,
    axis: int = 0,
) -> Any:
    """Give ``num`` numbers at equal distances from start to stop, on a new axis.  As `numpy.linspace`."""
    start, stop = _end(start), _end(stop)
    y = _linspace(start, stop, num=num, endpoint=endpoint)
    y = moveaxis(y, 0, axis) if axis else y
    if dtype is not None:
        y = as_dtype(np.floor(y) if np.issubdtype(dtype, np.integer) else y, dtype)
    if not retstep:
        return y
    gaps = num - bool(endpoint)
    return y, (stop - start) / (gaps if gaps > 0 else np.nan)


linspace.op = _linspace.op  # type: ignore[attr-defined]


@implements(np.logspace)
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: DTypeLike | None = None,
    axis: int = 0,
) -> Any:
    """Powers of ``base`` by exponents at equal distances from start to stop.  As `numpy.logspace`."""
    if np.ndim(base):
        start, stop, base = (as_dtype(value, None) for value in (start, stop, base))
        ndim = max(start.ndim, stop.ndim, base.ndim)
        start, stop, base = (reshape(x, shape=(1,) * (ndim - x.ndim) + x.shape) for x in (start, stop, base))
        base = expand_dims(base, axis=axis)
    y = power(base, linspace(start, stop, num, endpoint, axis=axis))
    return y if dtype is None else as_dtype(y, dtype)


@primitive(
    lambda g, y, start, _stop, *, num, endpoint: np.sum(g * y * (1 - _shares(g, num, endpoint)), axis=0) / start,
    lambda g, y, _start, stop, *, num, endpoint: np.sum(g * y * _shares(g, num, endpoint), axis=0) / stop,
    name="geomspace",
    broadcasts=True,
    formula=r"\bar a = \textstyle\sum_i (1 - s_i) \bar y_i y_i / a,\; \bar b = \sum_i s_i \bar y_i y_i / b",
)
def _geomspace(start: Any, stop: Any, num: int, endpoint: bool) -> Any:
    return np.geomspace(start, stop, num, endpoint)


@implements(np.geomspace)
def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: DTypeLike | None = None, axis: int = 0
) -> Any:
    """Give ``num`` numbers with equal ratios from start to stop, which have one sign, on a new axis.

    As `numpy.geomspace`.
    """
    y = _geomspace(_end(start), _end(stop), num=num, endpoint=endpoint)
    y = moveaxis(y, 0, axis) if axis else y
    return y if dtype is None else as_dtype(y, dtype)


geomspace.op = _geomspace.op  # type: ignore[attr-defined]
