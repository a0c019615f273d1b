r"""Special functions: sinc, the Bessel functions I, the error function.

Each family is closed under differentiation: a rule names another member of it, so derivatives of every order are
there, and none divides by what may be 0.
"""

import math
from typing import Any

import numpy as np

from ..core import primitive, unary

__all__ = ["erf", "i0", "sinc"]

sinc = unary(
    np.sinc,
    lambda g, _y, x: g * sinc_derivative(x, order=1),
    r"\bar x = \bar y \odot (\cos \pi x - \operatorname{sinc} x) \oslash x",
)


@primitive(
    lambda g, _y, x, *, order: g * sinc_derivative(x, order=order + 1),
    elementwise=True,
    formula=r"\bar x = \bar y \odot \operatorname{sinc}^{(n + 1)} x",
)
def sinc_derivative(x: Any, order: int) -> Any:
    r"""Differentiate sin(πx) / πx: its Taylor series near 0, and farther out a recurrence."""
    t = np.pi * np.asarray(x)
    near = np.abs(t) < order + 1
    return np.pi**order * np.where(
        near, _sinc_series(np.where(near, t, 0), order), _sinc_recurrence(np.where(near, 1, t), order)
    )


def _sinc_series(t: Any, n: int) -> Any:
    """Add (-1)^k t^(2k - n) / (2k - n)! (2k + 1) over 2k ≥ n."""
    first, terms = (n + 1) // 2, 2 * n + 12
    total = np.zeros_like(t)
    for k in reversed(range(first, first + terms)):
        total = total * t * t + (-1) ** k / (math.factorial(2 * k - n) * (2 * k + 1))
    return total * t ** (2 * first - n)


def _sinc_recurrence(t: Any, n: int) -> Any:
    """Use t f⁽ⁱ⁾ + i f⁽ⁱ⁻¹⁾ = sin⁽ⁱ⁾ t, from f = sin t / t on."""
    sine, cosine = np.sin(t), np.cos(t)
    f = sine / t
    for i in range(1, n + 1):
        f = ((sine, cosine, -sine, -cosine)[i % 4] - i * f) / t
    return f


@primitive(
    lambda g, _y, x, *, order: g * (bessel_i(x, order=abs(order - 1)) + bessel_i(x, order=order + 1)) / 2,
    elementwise=True,
    formula=r"\bar x = \bar y \odot (I_{n - 1}(x) + I_{n + 1}(x)) / 2",
)
def bessel_i(x: Any, order: int) -> Any:
    r"""Compute the modified Bessel function of the first kind, of an integer order ≥ 0.

    By Poisson's integral, Abramowitz and Stegun 9.6.18,

        I_n(x) = (x / 2)^n / (√π Γ(n + ½)) ∫ exp(x cos θ) sin²ⁿ θ dθ  over 0 … π,

    of which every term is positive, and which the midpoint rule gives to full precision, since it is periodic.
    """
    x = np.asarray(x)
    wide = x.astype(np.float64, casting="same_kind")
    size = np.abs(wide)
    largest = min(float(np.max(size, initial=0)), 800.0)  # e^x overflows before
    points = 20 + order + int(5 * math.sqrt(largest))
    total = np.zeros_like(wide)
    for theta in (np.arange(points) + 0.5) * (math.pi / points):
        total += math.sin(theta) ** (2 * order) * np.exp(-2 * math.sin(theta / 2) ** 2 * size)
    scale = math.sqrt(math.pi) / (points * math.gamma(order + 0.5))
    return (scale * (wide / 2) ** order * total * np.exp(size)).astype(x.dtype if x.dtype.kind == "f" else np.float64)


i0 = unary(np.i0, lambda g, _y, x: g * bessel_i(x, order=1), r"\bar x = \bar y \odot I_1(x)")


# W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969): erf x / x in x² up to
# 0.46875, and e^(x²) erfc x beyond.  Highest powers first.
_ERF_SPLIT = 0.46875
_ERF = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_ERFC = (
    (
        *(2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1),
        *(2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3),
        1.23033935479799725e3,
    ),
    (
        *(1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3),
        *(3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
    ),
)


def _erf(x: Any) -> Any:
    x = np.asarray(x)
    wide = x.astype(np.float64, casting="same_kind")
    size = np.minimum(np.abs(wide), 6)  # from there on it is 1
    small = wide * _ratio(_ERF, np.minimum(size, _ERF_SPLIT) ** 2)
    large = 1 - np.exp(-size * size) * _ratio(_ERFC, size)
    y = np.where(size <= _ERF_SPLIT, small, np.copysign(large, wide))
    return y.astype(x.dtype if x.dtype.kind == "f" else np.float64)


def _ratio(coefficients: tuple, x: Any) -> Any:
    over, under = coefficients
    return np.polyval(over, x) / np.polyval(under, x)


# Beyond 40 the slope is 0, and x² must not overflow.
erf = unary(
    _erf,
    lambda g, _y, x: g * (2 / math.sqrt(math.pi)) * np.exp(-np.square(np.clip(x, -40, 40))),
    r"\bar x = \tfrac{2}{\sqrt{\pi}} \bar y \odot e^{-x^2}",
    name="erf",
)
