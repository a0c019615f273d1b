r"""Elementwise arithmetic of one or two arrays.

Rules are written as in a textbook, singularities included: log's is g / x, at x = 0 too.  The sweep itself sees to it
that a cotangent of 0 gives 0 there, and an infinite one times a slope of 0 as well (see `core.sweep`).
"""

from typing import Any

import numpy as np

from .. import kernels
from ..core import Tensor, binary, implements, primitive, unary

__all__ = [
    "abs",
    "absolute",
    "add",
    "cbrt",
    "clip",
    "divide",
    "exp",
    "fabs",
    "fmax",
    "fmin",
    "log",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "positive",
    "pow",
    "power",
    "reciprocal",
    "sqrt",
    "square",
    "subtract",
    "true_divide",
    "where",
]


def raw(x: Any) -> Any:
    """Give the array of a Tensor, and anything else as it is: for what a rule reads without a gradient."""
    return x.data if type(x) is Tensor else x


def floating(x: Any) -> np.ndarray:
    """Give x in floating point: whole numbers may have no negative, and complex ones, which are refused, no order."""
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(float, casting="same_kind")


add = binary(
    np.add, lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: g, r"\bar a = \bar y,\; \bar b = \bar y", complex=True
)

subtract = binary(
    np.subtract, lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: -g, r"\bar a = \bar y,\; \bar b = -\bar y", complex=True
)

multiply = binary(
    np.multiply,
    lambda g, _y, _a, b: g * b,
    lambda g, _y, a, _b: g * a,
    r"\bar a = \bar y \odot b,\; \bar b = \bar y \odot a",
    complex=True,
)

divide = binary(
    np.divide,
    lambda g, _y, _a, b: g / b,
    lambda g, _y, a, b: -(g / b) * (a / b),
    r"\bar a = \bar y \oslash b,\; \bar b = -\bar y \odot a \oslash b^2",
    complex=True,
)


def _base_rule(g: Any, _y: Any, x: Any, p: Any) -> Any:
    zero = raw(p) == 0  # there the slope is 0 for every x; at x = 0 the formula has an infinity in it
    if np.any(zero):
        return g * np.where(zero, 0, p * x ** np.where(zero, 1, p - 1))
    return g * p * power(x, p - 1)


def _exponent_rule(g: Any, y: Any, x: Any, p: Any) -> Any:
    zero = (raw(x) == 0) & (np.real(raw(p)) >= 0)  # 0^p is 0 for every p nearby
    some = np.any(zero)
    base = np.where(zero, 1, x) if some else x
    if y.dtype.kind == "c":
        base = base + 0j
    slope = y * np.log(base)
    return g * (np.where(zero, 0, slope) if some else slope)


def _whole_power(x: np.ndarray, p: int) -> np.ndarray:
    """Compute NumPy's power, for which it takes fifty times as long where bases are negative."""
    if p == 1:
        return np.positive(x)
    if p == 2:
        return np.square(x)
    if p == 3:
        return x * x * x
    if p == -1:
        return np.reciprocal(x)
    y = np.power(np.absolute(x), p)
    return np.copysign(y, x) if p % 2 else y


def _power(x: Any, p: Any) -> Any:
    """Compute NumPy's power, but 0 and inf where the base is -0 or -inf and the exponent ½.

    An exponent that serves many bases makes NumPy take the square root, which differs there.
    """
    one_for_all = type(p) in (int, float) and type(x) is np.ndarray and x.dtype.char in "fd"
    if one_for_all and float(p).is_integer():
        return _whole_power(x, int(p))
    y = np.sqrt(x) if one_for_all and p == 0.5 else np.power(x, p)
    if isinstance(p, (int, float)):
        if p != 0.5:
            return y
    elif np.size(p) > 1 and np.shape(p) == np.shape(x):  # each base has its own exponent
        return y
    if y.dtype.kind != "f":
        return y
    half, negative = np.equal(p, 0.5), np.signbit(x)
    if half.any() and negative.any():
        y = np.where(half & negative & (np.equal(x, 0) | np.isinf(x)), np.power(np.absolute(x), p), y)
    return y


power = binary(
    _power,
    _base_rule,
    _exponent_rule,
    r"\bar x = \bar y \odot p \odot x^{p-1},\; \bar p = \bar y \odot y \odot \log x",
    name="power",
    of=np.power,
    complex=True,
)

true_divide = divide
pow = power

negative = unary(np.negative, lambda g, _y, _x: -g, r"\bar x = -\bar y", complex=True)

positive = unary(np.positive, lambda g, _y, _x: g, r"\bar x = \bar y", complex=True)

exp = unary(np.exp, lambda g, y, _x: g * y, r"\bar x = \bar y \odot y", complex=True)

log = unary(np.log, lambda g, _y, x: g / x, r"\bar x = \bar y \oslash x", complex=True)

sqrt = unary(np.sqrt, lambda g, y, _x: g / (2 * y), r"\bar x = \bar y \oslash 2y", complex=True)

cbrt = unary(np.cbrt, lambda g, y, _x: g / (3 * y * y), r"\bar x = \bar y \oslash 3y^2")

reciprocal = unary(np.reciprocal, lambda g, y, _x: -g * y * y, r"\bar x = -\bar y \odot y^2", complex=True)

square = unary(np.square, lambda g, _y, x: 2 * g * x, r"\bar x = 2 \bar y \odot x", complex=True)


def _direction(x: Any) -> Any:
    """x̄ / |x|: the sign of real numbers, and 0 at 0."""
    if x.dtype.kind != "c":
        return np.sign(x)
    length = np.absolute(x)
    return np.conjugate(x) / np.where(raw(length) == 0, 1, length)


absolute = unary(
    np.absolute, lambda g, _y, x: g * _direction(x), r"\bar x = \bar y \odot \operatorname{sign} x^*", complex=True
)
abs = absolute

fabs = unary(np.fabs, lambda g, _y, x: g * np.sign(x), r"\bar x = \bar y \odot \operatorname{sign} x")


def _chosen(x: Any, y: Any, other: Any) -> Any:
    """1 where x was chosen, 1/2 where both were; a NaN was where y is one."""
    x, y, other = raw(x), raw(y), raw(other)
    mine, theirs, missing = x == y, other == y, np.isnan(y)
    if missing.any():
        mine, theirs = mine | (missing & np.isnan(x)), theirs | (missing & np.isnan(other))
    chosen, both = mine.astype(y.dtype), mine & theirs
    return np.where(both, 0.5, chosen) if both.any() else chosen


_EXTREME = r"\bar a = \bar y \odot ([a = y] - \tfrac12 [a = b]),\; \bar b \text{ likewise}"

maximum = binary(np.maximum, lambda g, y, a, b: g * _chosen(a, y, b), lambda g, y, a, b: g * _chosen(b, y, a), _EXTREME)

minimum = binary(np.minimum, lambda g, y, a, b: g * _chosen(a, y, b), lambda g, y, a, b: g * _chosen(b, y, a), _EXTREME)

fmax = binary(np.fmax, lambda g, y, a, b: g * _chosen(a, y, b), lambda g, y, a, b: g * _chosen(b, y, a), _EXTREME)

fmin = binary(np.fmin, lambda g, y, a, b: g * _chosen(a, y, b), lambda g, y, a, b: g * _chosen(b, y, a), _EXTREME)


@primitive(
    None,
    lambda g, _y, c, _a, _b: kernels.where(c, g, 0),
    lambda g, _y, c, _a, _b: kernels.where(c, 0, g),
    elementwise=True,
    selects=True,
    complex=True,
    formula=r"\bar a = \bar y \odot [c],\; \bar b = \bar y \odot [\lnot c]",
)
def where(condition: Any, a: Any, b: Any) -> Any:
    """Choose from a where condition holds and from b elsewhere; all three are broadcast.  As `numpy.where`."""
    return kernels.where(condition, a, b)


@implements(np.where, arrays=3)
def _numpy_where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None and y is None:
        return np.nonzero(condition)
    if x is None or y is None:
        raise ValueError("where: both or neither of x and y are given")
    return where(condition, x, y)


# min(max(x, l), h): which of the three was passed on
def _passes_x(x: Any, low: Any, high: Any) -> Any:
    x, low, high = raw(x), raw(low), raw(high)
    return (True if low is None else ~(x < low)) & (True if high is None else ~(x > high))


def _passes_low(x: Any, low: Any, high: Any) -> Any:
    x, low, high = raw(x), raw(low), raw(high)
    return (x < low) & (True if high is None else ~(low > high))


def _passes_high(x: Any, low: Any, high: Any) -> Any:
    x, low, high = raw(x), raw(low), raw(high)
    return (x if low is None else np.maximum(x, low)) > high


@primitive(
    lambda g, _y, x, low, high: g * _passes_x(x, low, high),
    lambda g, _y, x, low, high: g * _passes_low(x, low, high),
    lambda g, _y, x, low, high: g * _passes_high(x, low, high),
    elementwise=True,
    name="clip",
    formula=r"\bar x = \bar y \odot [l \le x \le h],\; \bar l = \bar y \odot [x < l],\; \bar h = \bar y \odot [x > h]",
)
def _clip(x: Any, low: Any, high: Any) -> Any:
    return np.clip(x, low, high)


def _as_kind_of(x: Any, bound: Any) -> Any:
    """Give a bound in the type of x where it is of the same kind: float64 bounds leave float32 as it is."""
    dtype = getattr(bound, "dtype", None)
    return bound if dtype is None or dtype == x.dtype or dtype.kind != x.dtype.kind else bound.astype(x.dtype)


def clip(x: Any, min: Any = None, max: Any = None) -> Any:
    """Limit x to min ≤ x ≤ max, either of which may be None.  Gradients pass where x is at a bound.

    The result is of x's data type where the bounds are of the same kind.  Where they cross, it is max, as
    `numpy.clip`.
    """
    x = x if type(x) is Tensor else np.asarray(x)
    return _clip(x, _as_kind_of(x, min), _as_kind_of(x, max))


clip.op = _clip.op  # type: ignore[attr-defined]


@implements(np.clip)
def _numpy_clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    return _clip(a, a_min if min is None else min, a_max if max is None else max)
