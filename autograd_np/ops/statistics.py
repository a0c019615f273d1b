"""Averages with weights, and correlation."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import DTypeLike

from ..core import implements
from . import arithmetic
from .arithmetic import raw
from .complex_numbers import conjugated, real
from .joining import concatenate
from .products import matmul
from .reductions import Axis, mean, sum
from .scans import as_dtype
from .shaping import broadcast_to, expand_dims, reshape, squeeze, transpose

__all__ = ["average", "corrcoef", "cov"]


def floating(x: Any) -> Any:
    """Give x, an array or a Tensor now, in a floating point type."""
    x = as_dtype(x, None)
    return x if x.dtype.kind in "fc" else as_dtype(x, float)


@implements(np.average, arrays=1)
def average(x: Any, axis: Axis = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """Mean over axis with weights, through which gradients flow too.  As `numpy.average`.

    Raises
    ------
    ZeroDivisionError
        If the weights along an axis sum to 0.
    TypeError, ValueError
        If the weights have neither x's shape nor that of the axes.
    """
    x = floating(x)
    if weights is None:
        y = mean(x, axis, keepdims=keepdims)
        return (y, np.ones_like(y) * (x.size / max(y.size, 1))) if returned else y
    w = as_dtype(weights, None)
    if w.shape != x.shape:
        if axis is None:
            raise TypeError(f"average: axis is needed, as weights {w.shape} have not the shape of x {x.shape}")
        axes = normalize_axis_tuple(axis, x.ndim)
        if w.shape != tuple(x.shape[i] for i in axes):
            raise ValueError(f"average: weights {w.shape} fit neither x {x.shape} nor its axes {axis}")
        w = transpose(w, axes=np.argsort(axes))
        w = reshape(w, shape=tuple(x.shape[i] if i in axes else 1 for i in range(x.ndim)))
    w = as_dtype(w, np.result_type(w.dtype, x.dtype))
    total = sum(broadcast_to(w, x.shape), axis, keepdims=keepdims)
    if np.any(raw(total) == 0):
        raise ZeroDivisionError("average: the weights sum to 0, so there is no average")
    y = sum(x * w, axis, keepdims=keepdims) / total
    return (y, total) if returned else y


def _observations(x: Any, rowvar: bool, dtype: DTypeLike, name: str) -> Any:
    """Give x with a variable a row."""
    if x.ndim > 2:
        raise ValueError(f"{name}: {x.ndim} axes are too many, shape {x.shape}; variables have one, tables of them two")
    x = as_dtype(x, dtype)
    if x.ndim < 2:
        return reshape(x, shape=(1, x.size))
    return x if rowvar else transpose(x)


def _weights(weights: Any, count: int, name: str) -> Any:
    weights = as_dtype(weights, None)
    if weights.shape != (count,) or np.any(raw(weights) < 0):
        raise ValueError(f"cov: {name} are {count} numbers, one an observation and none negative, not {weights.shape}")
    return weights


@implements(np.cov, arrays=1)
def cov(
    x: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: DTypeLike | None = None,
) -> Any:
    """Covariance matrix of variables, each a row of x (and of y), or a column if not ``rowvar``.  As `numpy.cov`."""
    x = as_dtype(x, None)
    y = None if y is None else as_dtype(y, None)
    if dtype is None:
        dtype = np.result_type(x.dtype, np.float64, *([] if y is None else [y.dtype]))
    table = _observations(x, rowvar, dtype, "cov")
    if y is not None:
        table = concatenate([table, _observations(y, rowvar, dtype, "cov")], axis=0)
    n = table.shape[1]
    ddof = int(not bias) if ddof is None else ddof
    weights: Any = None
    if fweights is not None:
        weights = _weights(raw(fweights), n, "fweights")
        if weights.dtype.kind not in "iu" and np.any(weights != np.round(weights)):
            raise TypeError("cov: fweights are counts, so integers")
    if aweights is not None:
        aweights = _weights(aweights, n, "aweights")
        weights = aweights if weights is None else weights * aweights
    centre, total = average(table, axis=1, weights=weights, returned=True)
    freedom: Any = total[0] - ddof
    if weights is None:
        freedom = n - ddof
    elif aweights is not None:
        freedom = total[0] - ddof * sum(weights * aweights) / total[0]
    deviations = table - expand_dims(centre, axis=1)
    products = matmul(deviations, conjugated(transpose(deviations if weights is None else deviations * weights)))
    return squeeze(products / (freedom if raw(freedom) > 0 else np.nan))


@implements(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: DTypeLike | None = None) -> Any:
    """Correlation coefficients of variables, arranged as for `cov`; NaN with a constant.  As `numpy.corrcoef`."""
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    i = np.arange(c.shape[0])
    spread = arithmetic.sqrt(real(c[i, i]))
    r = c / expand_dims(spread, axis=1) / spread
    if r.dtype.kind == "c":
        return r
    return r + (np.clip(raw(r), -1, 1) - raw(r))  # rounding may leave the range; its gradient is no less for that
