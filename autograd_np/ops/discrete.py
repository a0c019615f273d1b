"""Elementwise functions that move in jumps, or not at all: their results are constants.

Comparisons, logic, bits, rounding, signs, and the next number.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Tensor, without_gradient

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "ceil",
    "equal",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "nextafter",
    "not_equal",
    "round",
    "signbit",
    "trunc",
]


def _named(operation: Callable, ufunc: np.ufunc) -> Callable:
    operation.__name__ = operation.__qualname__ = ufunc.__name__
    operation.__doc__ = f"As `numpy.{ufunc.__name__}`, elementwise; it has no gradient."
    return operation


def _unary(ufunc: np.ufunc) -> Callable[[Any], Any]:
    def operation(x: Any, /) -> Any:
        return Tensor.make(np.asarray(ufunc(x.data)), None) if type(x) is Tensor else ufunc(x)

    return _named(operation, ufunc)


def _binary(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    def operation(x1: Any, x2: Any, /) -> Any:
        return ufunc(x1, x2)

    return _named(without_gradient(operation), ufunc)


equal, not_equal = _binary(np.equal), _binary(np.not_equal)
less, less_equal = _binary(np.less), _binary(np.less_equal)
greater, greater_equal = _binary(np.greater), _binary(np.greater_equal)

logical_and, logical_or, logical_xor = _binary(np.logical_and), _binary(np.logical_or), _binary(np.logical_xor)
logical_not = _unary(np.logical_not)

bitwise_and, bitwise_or, bitwise_xor = _binary(np.bitwise_and), _binary(np.bitwise_or), _binary(np.bitwise_xor)
bitwise_left_shift, bitwise_right_shift = _binary(np.left_shift), _binary(np.right_shift)
bitwise_invert = _unary(np.invert)

isfinite, isinf, isnan = _unary(np.isfinite), _unary(np.isinf), _unary(np.isnan)
ceil, floor, trunc = _unary(np.ceil), _unary(np.floor), _unary(np.trunc)
signbit = _unary(np.signbit)
nextafter = _binary(np.nextafter)


@without_gradient
def round(x: Any, decimals: int = 0) -> Any:
    """Round to so many decimals, halves to the even neighbour.  As `numpy.round`."""
    return np.round(x, decimals)


@without_gradient
def floor_divide(x1: Any, x2: Any, /) -> Any:
    """Quotient, rounded down; an infinity divided by a finite number is infinite.

    That is the array API standard's, where `numpy.floor_divide` gives NaN.
    """
    infinite = np.isinf(x1) & np.isfinite(x2)
    if not infinite.any():
        return np.floor_divide(x1, x2)
    with np.errstate(invalid="ignore"):
        return np.where(infinite, np.true_divide(x1, x2), np.floor_divide(x1, x2))
