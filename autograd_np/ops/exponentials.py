r"""Exponentials and logarithms to every base, and sums of exponentials."""

import math
from typing import Any

import numpy as np

from ..core import FUNCTIONS, binary, implements, unary
from .activations import sigmoid
from .arithmetic import power, raw
from .reductions import logsumexp
from .shaping import astype

__all__ = ["exp2", "expm1", "float_power", "log1p", "log2", "log10", "logaddexp", "logaddexp2"]

# Python's floats, which leave float32 as it is.
_LN2, _LN10 = math.log(2), math.log(10)

exp2 = unary(np.exp2, lambda g, y, _x: g * y * _LN2, r"\bar x = \bar y \odot y \ln 2", complex=True)


def _expm1(x: Any) -> Any:
    y = np.expm1(x)
    if y.dtype.kind == "c" and not np.isfinite(x).all():  # NumPy takes any part that is not finite for NaN
        y = np.where(np.isfinite(x), y, np.exp(x) - 1)
    return y


# Not y + 1, of which nothing is left where x is far below 0.
expm1 = unary(
    _expm1, lambda g, _y, x: g * np.exp(x), r"\bar x = \bar y \odot e^x", name="expm1", of=np.expm1, complex=True
)

log1p = unary(np.log1p, lambda g, _y, x: g / (1 + x), r"\bar x = \bar y \oslash (1 + x)", complex=True)

log2 = unary(np.log2, lambda g, _y, x: g / x / _LN2, r"\bar x = \bar y \oslash (x \ln 2)", complex=True)

log10 = unary(np.log10, lambda g, _y, x: g / x / _LN10, r"\bar x = \bar y \oslash (x \ln 10)", complex=True)


def _share(a: Any, b: Any, log_base: float = 1) -> Any:
    """e^a / (e^a + e^b): half of it where both are +inf, and nothing where both are -inf."""
    infinite = np.isinf(raw(a)) & (raw(a) == raw(b))
    share = sigmoid(log_base * np.where(infinite, 0, np.subtract(a, b)))
    return np.where(infinite & (raw(a) < 0), 0, share)


logaddexp = binary(
    np.logaddexp,
    lambda g, _y, a, b: g * _share(a, b),
    lambda g, _y, a, b: g * _share(b, a),
    r"\bar a = \bar y \odot e^{a - y},\; \bar b = \bar y \odot e^{b - y}",
)
FUNCTIONS[np.logaddexp.reduce] = logsumexp

logaddexp2 = binary(
    np.logaddexp2,
    lambda g, _y, a, b: g * _share(a, b, _LN2),
    lambda g, _y, a, b: g * _share(b, a, _LN2),
    r"\bar a = \bar y \odot 2^{a - y},\; \bar b = \bar y \odot 2^{b - y}",
)


@implements(np.float_power)
def float_power(x1: Any, x2: Any) -> Any:
    """Power in float64, whatever the type of the arguments.  As `numpy.float_power`."""
    dtype = np.result_type(raw(x1), raw(x2), np.float64)
    return power(astype(x1, dtype=dtype), astype(x2, dtype=dtype))
