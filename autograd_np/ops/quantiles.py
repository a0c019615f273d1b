"""Medians and quantiles: elements picked by their place in sorted order, and mixed by fixed parts."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core import implements
from . import arithmetic
from .arithmetic import raw
from .reductions import Axis, count, mean
from .scans import as_dtype
from .shaping import expand_dims, reshape, transpose
from .statistics import floating

__all__ = ["median", "nanmedian", "nanpercentile", "nanquantile", "percentile", "quantile"]

# For the number of elements in each line: the places of the element below and above, and the part of that above.
Places = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, Any]]


def _mixed(x: Any, axis: Axis, keepdims: bool, places: Places, skip_nan: bool) -> Any:
    """Sort along axis, and mix two elements of each line; ``places`` may put axes in front of the result."""
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    kept = tuple(i for i in range(x.ndim) if i not in axes)
    n = math.prod(x.shape[i] for i in axes)
    lines = reshape(transpose(x, axes=kept + axes), shape=(math.prod(x.shape[i] for i in kept), n))
    order = np.argsort(raw(lines), axis=-1, kind="stable")
    missing = np.isnan(raw(lines)).sum(axis=-1)
    numbers = n - missing if skip_nan else np.full(missing.shape, n)
    below, above, part = places(numbers)
    line = np.arange(numbers.size)

    def element(place: np.ndarray) -> Any:
        place = np.clip(place, 0, np.maximum(numbers - 1, 0))
        if not skip_nan:
            place = np.where(missing > 0, n - 1, place)  # sorted last: a NaN is the result, and takes the gradient
        return lines[line, order[line, place]]

    low, high = element(below), element(above)
    with np.errstate(invalid="ignore"):
        y = low * (1 - part) + high * part
    if np.isinf(raw(low)).any() or np.isinf(raw(high)).any():  # where 0 · ∞ means that the infinity has no part
        y = arithmetic.where(raw(part) == 0, low, arithmetic.where(raw(part) == 1, high, y))
    if skip_nan and not numbers.all():
        y = arithmetic.where(numbers > 0, y, np.nan)
    shape = tuple(1 if i in axes else x.shape[i] for i in range(x.ndim) if keepdims or i in kept)
    return reshape(y, shape=raw(y).shape[:-1] + shape)


def _middle(n: np.ndarray) -> tuple[np.ndarray, np.ndarray, Any]:
    return (n - 1) // 2, n // 2, 0.5


@implements(np.median, arrays=1)
def median(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Median over axis; the middle two of an even number share the gradient.  As `numpy.median`."""
    x = floating(x)
    return _mixed(x, axis, keepdims, _middle, False) if x.size else mean(x, axis, keepdims=keepdims)


@implements(np.nanmedian, arrays=1)
def nanmedian(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Median of all but NaN over axis; NaN where there is nothing else.  As `numpy.nanmedian`."""
    x = floating(x)
    return _mixed(x, axis, keepdims, _middle, True) if x.size else mean(x, axis, keepdims=keepdims)


# Hyndman and Fan 1996: the place of q among n is (n + 1 - α - β) q + α - 1, from 0; the part of the element above is
# its fraction, or what a method without interpolation makes of the fraction and the place below (all or nothing, if
# that is a truth value).
_METHODS: dict[str, tuple[float, float, Callable[[np.ndarray, np.ndarray], Any] | None]] = {
    "inverted_cdf": (0, 1, lambda fraction, below: fraction > 0),
    "averaged_inverted_cdf": (0, 1, lambda fraction, below: np.where(fraction > 0, 1, 0.5)),
    "closest_observation": (-0.5, 1.5, lambda fraction, below: (fraction > 0) | (below % 2 == 0)),
    "interpolated_inverted_cdf": (0, 1, None),
    "hazen": (1 / 2, 1 / 2, None),
    "weibull": (0, 0, None),
    "linear": (1, 1, None),
    "median_unbiased": (1 / 3, 1 / 3, None),
    "normal_unbiased": (3 / 8, 3 / 8, None),
    "lower": (1, 1, lambda fraction, below: fraction < 0),
    "higher": (1, 1, lambda fraction, below: fraction > 0),
    "midpoint": (1, 1, lambda fraction, below: np.where(fraction > 0, 0.5, 0)),
    "nearest": (1, 1, lambda fraction, below: (fraction > 0.5) | ((fraction == 0.5) & (below % 2 == 1))),
}


def _quantile(x: Any, q: Any, axis: Axis, method: str, keepdims: bool, skip_nan: bool) -> Any:
    if method not in _METHODS:
        raise ValueError(f"quantile: method is one of {', '.join(_METHODS)}; not {method!r}")
    x = floating(x)
    if x.dtype.kind == "c":
        raise TypeError("quantile: complex numbers have no order; x is real")
    weak = isinstance(q, (int, float))
    q = floating(q)
    dtype = x.dtype if weak else q.dtype
    if not np.all((raw(q) >= 0) & (raw(q) <= 1)):
        raise ValueError("quantile: q is a part of the whole: from 0 to 1 (percentile: to 100)")
    if count(x, axis) == 0:
        raise ValueError(f"quantile: there is no element along axis {axis} of x {x.shape}")
    alpha, beta, jump = _METHODS[method]

    def places(n: np.ndarray) -> tuple[np.ndarray, np.ndarray, Any]:
        place = expand_dims(q, axis=-1) * (n + (1 - alpha - beta)) + (alpha - 1)
        below = np.floor(raw(place))
        part = place - below
        if jump is not None:
            part = np.asarray(jump(raw(part), below))
        return below.astype(int), below.astype(int) + 1, as_dtype(part, x.dtype if part.dtype == bool else dtype)

    return _mixed(x, axis, keepdims, places, skip_nan)


@implements(np.quantile, arrays=1)
def quantile(x: Any, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Any:
    """Quantiles of x over axis at q, 0 ≤ q ≤ 1, whose axes come first in the result.  As `numpy.quantile`.

    Gradients flow to x, and with the methods that interpolate to q.
    """
    return _quantile(x, q, axis, method, keepdims, False)


@implements(np.nanquantile, arrays=1)
def nanquantile(x: Any, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Any:
    """Quantiles of all but NaN; see `quantile`.  As `numpy.nanquantile`."""
    return _quantile(x, q, axis, method, keepdims, True)


def _hundredth(q: Any) -> Any:
    return q / 100 if isinstance(q, (int, float)) else as_dtype(q, None) / 100


@implements(np.percentile, arrays=1)
def percentile(x: Any, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Any:
    """As `quantile`, with 0 ≤ q ≤ 100.  As `numpy.percentile`."""
    return _quantile(x, _hundredth(q), axis, method, keepdims, False)


@implements(np.nanpercentile, arrays=1)
def nanpercentile(x: Any, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Any:
    """As `nanquantile`, with 0 ≤ q ≤ 100.  As `numpy.nanpercentile`."""
    return _quantile(x, _hundredth(q), axis, method, keepdims, True)
