r"""Special functions: those of `scipy.special` that have gradients here; they need SciPy.

Once this module is imported, ``scipy.special.erf(tensor)`` runs `erf`, and so on; with ``SCIPY_ARRAY_API=1`` SciPy
finds them by itself.  Derivatives are those of Abramowitz and Stegun's Handbook (chapters 6, 7, 9 and 26).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .core import binary, implements, primitive, unary
from .ops.activations import log_sigmoid, sigmoid
from .ops.special import bessel_i, i0, sinc
from .ops.special import erf as erf

try:
    import scipy.special as sc
except ImportError as error:
    raise ImportError("autograd_np.special needs SciPy: pip install scipy") from error

__all__ = [
    "betainc",
    "betaln",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfinv",
    "exp10",
    "expit",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "kl_div",
    "log_expit",
    "log_ndtr",
    "logit",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "rel_entr",
    "sinc",
    "stdtr",
    "xlog1py",
    "xlogy",
]

_ROOT_2PI = math.sqrt(2 * math.pi)
_ROOT_PI = math.sqrt(math.pi)

implements(sc.erf)(erf)
implements(sc.i0)(i0)
expit = implements(sc.expit)(sigmoid)
log_expit = implements(sc.log_expit)(log_sigmoid)

logit = unary(sc.logit, lambda g, _y, x: g / (x * (1 - x)), r"\bar x = \bar y \oslash (x \odot (1 - x))")

exp10 = unary(sc.exp10, lambda g, y, _x: g * y * math.log(10), r"\bar x = \bar y \odot y \ln 10")

# -- the normal distribution -------------------------------------------------------------------------------------------


def _bell(x: Any) -> Any:
    """e^(-x²/2); beyond 40 it is 0, and x² must not overflow."""
    return np.exp(-np.square(np.clip(x, -40, 40)) / 2)


erfc = unary(
    sc.erfc,
    lambda g, _y, x: g * (-2 / _ROOT_PI) * _bell(x * math.sqrt(2)),
    r"\bar x = -\tfrac{2}{\sqrt{\pi}} \bar y \odot e^{-x^2}",
)

erfinv = unary(
    sc.erfinv,
    lambda g, y, _x: g * (_ROOT_PI / 2) * np.exp(np.square(y)),
    r"\bar x = \tfrac{\sqrt{\pi}}{2} \bar y \odot e^{y^2}",
)

ndtr = unary(sc.ndtr, lambda g, _y, x: g * _bell(x) / _ROOT_2PI, r"\bar x = \bar y \odot e^{-x^2 / 2} / \sqrt{2 \pi}")

log_ndtr = unary(
    sc.log_ndtr,
    lambda g, y, x: g * np.exp(-np.square(x) / 2 - y) / _ROOT_2PI,
    r"\bar x = \bar y \odot e^{-x^2 / 2 - y} / \sqrt{2 \pi}",
)

ndtri = unary(
    sc.ndtri,
    lambda g, y, _x: g * _ROOT_2PI * np.exp(np.square(y) / 2),
    r"\bar x = \sqrt{2 \pi}\, \bar y \odot e^{y^2 / 2}",
)

# -- the gamma function ------------------------------------------------------------------------------------------------


@primitive(
    None,
    lambda g, _y, n, x: g * polygamma(n + 1, x),
    elementwise=True,
    formula=r"\bar x = \bar y \odot \psi^{(n + 1)}(x)",
)
def polygamma(n: Any, x: Any) -> Any:
    """Give the derivative of order n of `digamma`, for integers n ≥ 0.  As `scipy.special.polygamma`."""
    return sc.polygamma(n, x)


digamma = psi = unary(sc.psi, lambda g, _y, x: g * polygamma(1, x), r"\bar x = \bar y \odot \psi'(x)", name="digamma")

gammaln = unary(sc.gammaln, lambda g, _y, x: g * digamma(x), r"\bar x = \bar y \odot \psi(x)")

gamma = unary(sc.gamma, lambda g, y, x: g * y * digamma(x), r"\bar x = \bar y \odot y \odot \psi(x)")

betaln = binary(
    sc.betaln,
    lambda g, _y, a, b: g * (digamma(a) - digamma(a + b)),
    lambda g, _y, a, b: g * (digamma(b) - digamma(a + b)),
    r"\bar a = \bar y \odot (\psi(a) - \psi(a + b)),\; \bar b \text{ likewise}",
)

# -- entropies ---------------------------------------------------------------------------------------------------------

xlogy = binary(
    sc.xlogy,
    lambda g, _y, _a, b: g * np.log(b),
    lambda g, _y, a, b: g * (a / b),
    r"\bar a = \bar y \odot \log b,\; \bar b = \bar y \odot a \oslash b",
)

xlog1py = binary(
    sc.xlog1py,
    lambda g, _y, _a, b: g * np.log1p(b),
    lambda g, _y, a, b: g * (a / (1 + b)),
    r"\bar a = \bar y \odot \log(1 + b),\; \bar b = \bar y \odot a \oslash (1 + b)",
)

entr = unary(sc.entr, lambda g, _y, x: g * (-1 - np.log(x)), r"\bar x = -\bar y \odot (1 + \log x)")

rel_entr = binary(
    sc.rel_entr,
    lambda g, _y, a, b: g * (1 + np.log(a / b)),
    lambda g, _y, a, b: -g * (a / b),
    r"\bar a = \bar y \odot (1 + \log(a \oslash b)),\; \bar b = -\bar y \odot a \oslash b",
)

kl_div = binary(
    sc.kl_div,
    lambda g, _y, a, b: g * np.log(a / b),
    lambda g, _y, a, b: g * (1 - a / b),
    r"\bar a = \bar y \odot \log(a \oslash b),\; \bar b = \bar y \odot (1 - a \oslash b)",
)

# -- Bessel functions --------------------------------------------------------------------------------------------------


@implements(sc.i1)
def i1(x: Any) -> Any:
    """Give the modified Bessel function I of order 1.  As `scipy.special.i1`."""
    return bessel_i(x, order=1)


@primitive(
    lambda g, y, x, *, order: g * ((_ive(x, order=abs(order - 1)) + _ive(x, order=order + 1)) / 2 - np.sign(x) * y),
    name="ive",
    elementwise=True,
    formula=r"\bar x = \bar y \odot (\tfrac12 (y_{n - 1} + y_{n + 1}) - \operatorname{sign} x \odot y)",
)
def _ive(x: Any, order: int) -> Any:
    return sc.ive(order, x)


@implements(sc.i0e)
def i0e(x: Any) -> Any:
    """e^-|x| I₀(x), which does not overflow.  As `scipy.special.i0e`."""
    return _ive(x, order=0)


@implements(sc.i1e)
def i1e(x: Any) -> Any:
    """e^-|x| I₁(x), which does not overflow.  As `scipy.special.i1e`."""
    return _ive(x, order=1)


# -- distribution functions, by their last argument --------------------------------------------------------------------


def _no_rule(operation: str, argument: str) -> Callable:
    """Stand in for a rule that is not known: an error, where a gradient would be lost."""

    def rule(*_: Any) -> Any:
        raise TypeError(f"{operation}: no gradient rule for {argument}; detach it if no gradient by it is wanted")

    return rule


def _gamma_density(a: Any, x: Any) -> Any:
    return np.exp(xlogy(a - 1, x) - x - gammaln(a))


@primitive(
    _no_rule("gammainc", "a"),
    lambda g, _y, a, x: g * _gamma_density(a, x),
    of=sc.gammainc,
    elementwise=True,
    formula=r"\bar x = \bar y \odot x^{a - 1} e^{-x} / \Gamma(a)",
)
def gammainc(a: Any, x: Any) -> Any:
    """Regularised lower incomplete gamma function, with a gradient by x.  As `scipy.special.gammainc`."""
    return sc.gammainc(a, x)


@primitive(
    _no_rule("gammaincc", "a"),
    lambda g, _y, a, x: -g * _gamma_density(a, x),
    of=sc.gammaincc,
    elementwise=True,
    formula=r"\bar x = -\bar y \odot x^{a - 1} e^{-x} / \Gamma(a)",
)
def gammaincc(a: Any, x: Any) -> Any:
    """Regularised upper incomplete gamma function, with a gradient by x.  As `scipy.special.gammaincc`."""
    return sc.gammaincc(a, x)


@primitive(
    _no_rule("betainc", "a"),
    _no_rule("betainc", "b"),
    lambda g, _y, a, b, x: g * np.exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b)),
    of=sc.betainc,
    elementwise=True,
    formula=r"\bar x = \bar y \odot x^{a - 1} (1 - x)^{b - 1} / B(a, b)",
)
def betainc(a: Any, b: Any, x: Any) -> Any:
    """Regularised incomplete beta function, with a gradient by x.  As `scipy.special.betainc`."""
    return sc.betainc(a, b, x)


@primitive(
    _no_rule("stdtr", "df"),
    lambda g, _y, df, t: g * np.exp(-(df + 1) / 2 * np.log1p(t * t / df) - np.log(df) / 2 - betaln(df / 2, 0.5)),
    of=sc.stdtr,
    elementwise=True,
    formula=r"\bar t = \bar y \odot (1 + t^2 / \nu)^{-(\nu + 1) / 2} / (\sqrt{\nu}\, B(\tfrac{\nu}{2}, \tfrac12))",
)
def stdtr(df: Any, t: Any) -> Any:
    """Distribution function of Student's t, with a gradient by t.  As `scipy.special.stdtr`."""
    return sc.stdtr(df, t)
