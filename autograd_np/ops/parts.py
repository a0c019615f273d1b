r"""Parts of numbers: remainders and fractions, mantissa and exponent, sign; and what is not finite."""

from typing import Any

import numpy as np

from ..core import Tensor, binary, implements, primitive
from .arithmetic import raw, where
from .shaping import astype

__all__ = [
    "copysign",
    "divmod",
    "fmod",
    "frexp",
    "heaviside",
    "ldexp",
    "mod",
    "modf",
    "nan_to_num",
    "remainder",
    "unwrap",
]

remainder = binary(
    np.remainder,
    lambda g, _y, _a, _b: g,
    lambda g, _y, a, b: -g * np.floor_divide(a, b),
    r"\bar a = \bar y,\; \bar b = -\bar y \odot \lfloor a \oslash b \rfloor",
)
mod = remainder

fmod = binary(
    np.fmod,
    lambda g, _y, _a, _b: g,
    lambda g, y, a, b: -g * np.rint((raw(a) - raw(y)) / raw(b)),  # trunc(a / b) may be one too far
    r"\bar a = \bar y,\; \bar b = -\bar y \odot \operatorname{trunc}(a \oslash b)",
)


@implements(np.divmod)
def divmod(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Quotient, which has no gradient, and remainder.  As `numpy.divmod`."""
    return np.floor_divide(x1, x2), remainder(x1, x2)


@primitive(lambda g, _y, _x: g[0], of=np.modf, formula=r"\bar x = \bar y_0")
def modf(x: Any) -> tuple[Any, Any]:
    """Fraction and integer part, both with the sign of x.  As `numpy.modf`."""
    return np.modf(x)


@primitive(lambda g, y, _x: np.ldexp(g[0], -raw(y[1])), of=np.frexp, formula=r"\bar x = 2^{-y_1} \bar y_0")
def frexp(x: Any) -> tuple[Any, Any]:
    """Mantissa, of 1/2 to 1, and integer exponent of 2.  As `numpy.frexp`."""
    return np.frexp(x)


@primitive(
    lambda g, _y, _x1, x2: np.ldexp(g, raw(x2)),
    None,
    of=np.ldexp,
    elementwise=True,
    formula=r"\bar x_1 = \bar y \odot 2^{x_2}",
)
def ldexp(x1: Any, x2: Any) -> Any:
    """x1 · 2^x2, for integers x2.  As `numpy.ldexp`."""
    return np.ldexp(x1, x2)


@primitive(
    lambda g, _y, x1, x2: g * np.sign(x1) * np.copysign(1, raw(x2)),
    None,
    of=np.copysign,
    elementwise=True,
    formula=r"\bar x_1 = \bar y \odot \operatorname{sign} x_1 \odot \operatorname{sign} x_2",
)
def copysign(x1: Any, x2: Any) -> Any:
    """x1 with the sign of x2.  As `numpy.copysign`."""
    return np.copysign(x1, x2)


@primitive(
    None,
    lambda g, _y, x1, _x2: g * (raw(x1) == 0),
    of=np.heaviside,
    elementwise=True,
    formula=r"\bar x_2 = \bar y \odot [x_1 = 0]",
)
def heaviside(x1: Any, x2: Any) -> Any:
    """0 below 0, 1 above it, and x2 at it.  As `numpy.heaviside`; no gradient flows to x1."""
    return np.heaviside(x1, x2)


@implements(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Put numbers in place of NaN and of infinities, to which their gradients then flow.  As `numpy.nan_to_num`."""
    if not any(type(value) is Tensor for value in (x, nan, posinf, neginf)):
        return np.nan_to_num(x, copy, nan, posinf, neginf)
    if not copy:
        raise TypeError(
            "nan_to_num: copy=False would change a Tensor without recording it; write t[...] = nan_to_num(t)"
        )
    known = raw(x)
    y = where(np.isfinite(known), x, np.nan_to_num(known, nan=raw(nan), posinf=raw(posinf), neginf=raw(neginf)))
    for missing, value in ((np.isnan, nan), (np.isposinf, posinf), (np.isneginf, neginf)):
        if type(value) is Tensor:
            y = where(missing(known), astype(value, y.dtype), y)
    return y


@primitive(lambda g, _y, _p, **_: g, of=np.unwrap, formula=r"\bar x = \bar y")
def unwrap(p: Any, discont: float | None = None, axis: int = -1, *, period: float = 2 * np.pi) -> Any:
    """Add multiples of the period, so that neighbours differ by at most half of it.  As `numpy.unwrap`."""
    return np.unwrap(p, discont, axis, period=period)
