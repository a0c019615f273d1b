r"""Circular and hyperbolic functions, their inverses, and angles."""

from typing import Any

import numpy as np

from ..core import binary, unary
from .arithmetic import raw

__all__ = [
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "hypot",
    "rad2deg",
    "radians",
    "sin",
    "sinh",
    "tan",
]

sin = unary(np.sin, lambda g, _y, x: g * np.cos(x), r"\bar x = \bar y \odot \cos x", complex=True)

cos = unary(np.cos, lambda g, _y, x: -g * np.sin(x), r"\bar x = -\bar y \odot \sin x", complex=True)

tan = unary(np.tan, lambda g, y, _x: g * (1 + y * y), r"\bar x = \bar y \odot (1 + y^2)", complex=True)

# 1 - x² as (1 - x)(1 + x), which loses nothing near ±1.
arcsin = unary(
    np.arcsin,
    lambda g, _y, x: g / np.sqrt((1 - x) * (1 + x)),
    r"\bar x = \bar y \oslash \textstyle\sqrt{1 - x^2}",
    complex=True,
)

arccos = unary(
    np.arccos,
    lambda g, _y, x: -g / np.sqrt((1 - x) * (1 + x)),
    r"\bar x = -\bar y \oslash \textstyle\sqrt{1 - x^2}",
    complex=True,
)


def _root_of_one_plus_square(x: Any) -> Any:
    if x.dtype.kind == "c":
        return np.sqrt(1 + x * x)
    return np.hypot(1, x)  # x² would overflow long before the angle stops changing


def _over_one_plus_square(g: Any, _y: Any, x: Any) -> Any:
    with np.errstate(over="ignore"):  # where x² does, the slope is under the smallest normal number
        return g / (1 + x * x)


arctan = unary(np.arctan, _over_one_plus_square, r"\bar x = \bar y \oslash (1 + x^2)", complex=True)

sinh = unary(np.sinh, lambda g, _y, x: g * np.cosh(x), r"\bar x = \bar y \odot \cosh x", complex=True)

cosh = unary(np.cosh, lambda g, _y, x: g * np.sinh(x), r"\bar x = \bar y \odot \sinh x", complex=True)

arcsinh = unary(
    np.arcsinh,
    lambda g, _y, x: g / _root_of_one_plus_square(x),
    r"\bar x = \bar y \oslash \textstyle\sqrt{1 + x^2}",
    complex=True,
)

arccosh = unary(
    np.arccosh,
    lambda g, _y, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)),
    r"\bar x = \bar y \oslash \textstyle\sqrt{x^2 - 1}",
    complex=True,
)

arctanh = unary(
    np.arctanh, lambda g, _y, x: g / ((1 - x) * (1 + x)), r"\bar x = \bar y \oslash (1 - x^2)", complex=True
)


def _length(y: Any) -> Any:
    """Give the length to divide by: at the origin, where there is no direction, quotients and their slopes are 0."""
    return np.where(raw(y) == 0, np.inf, y)


hypot = binary(
    np.hypot,
    lambda g, y, a, _b: g * (a / _length(y)),
    lambda g, y, _a, b: g * (b / _length(y)),
    r"\bar a = \bar y \odot a \oslash y,\; \bar b = \bar y \odot b \oslash y",
)


def _turn(x: Any, a: Any, b: Any) -> Any:
    """Give x / (a² + b²), without overflow."""
    length = _length(np.hypot(a, b))
    return x / length / length


arctan2 = binary(
    np.arctan2,
    lambda g, _y, a, b: g * _turn(b, a, b),
    lambda g, _y, a, b: -g * _turn(a, a, b),
    r"\bar a = \bar y \odot b \oslash (a^2 + b^2),\; \bar b = -\bar y \odot a \oslash (a^2 + b^2)",
)

_DEGREES = r"\bar x = \tfrac{180}{\pi} \bar y"
_RADIANS = r"\bar x = \tfrac{\pi}{180} \bar y"

degrees = unary(np.degrees, lambda g, _y, _x: np.degrees(g), _DEGREES)

rad2deg = unary(np.rad2deg, lambda g, _y, _x: np.rad2deg(g), _DEGREES)

radians = unary(np.radians, lambda g, _y, _x: np.radians(g), _RADIANS)

deg2rad = unary(np.deg2rad, lambda g, _y, _x: np.deg2rad(g), _RADIANS)

acos, acosh, asin, asinh = arccos, arccosh, arcsin, arcsinh
atan, atan2, atanh = arctan, arctan2, arctanh
