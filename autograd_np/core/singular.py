"""0 · ∞ and 0 / 0 in rules: noticed for free, and given the value 0."""

from typing import Any

import numpy as np

from .tensor import Tensor


class Alarm:
    """Rings when NumPy meets 0 · ∞, 0 / 0 or ∞ - ∞: the processor's own flags tell, so that listening is free."""

    rang = False

    def __call__(self, kind: str, flags: int) -> None:
        """Be told by NumPy."""
        self.rang = True


_FEW = 4096  # elements, which NumPy counts more quickly than it asks whether all of them are there


def has_zeros(g: Any) -> bool:
    """Whether a cotangent is 0 in part."""
    array = _array(g)
    return np.count_nonzero(array) < array.size if array.size < _FEW else not array.all()


def determinate(new: Any, g: Any, args: tuple) -> Any:
    """Put 0 for each NaN that an elementwise rule made from a cotangent of 0, or an infinite one times a slope of 0.

    So the gradient of ``where(x > 0, log(x), 0)`` at x ≤ 0 is 0, and of ``sqrt(x * x)`` at 0 too.  There is no need to
    look after every rule: the alarm reports new NaN, and only an operation that selects gives a cotangent of 0 to those
    that were there before.
    """
    values, cotangent = _array(new), _array(g)
    nan = np.isnan(values)
    if not nan.any():
        return new
    made = nan & np.isinf(cotangent)
    for arg in args:
        if isinstance(arg, (Tensor, np.ndarray)):
            made = made & ~np.isnan(_array(arg))
    return np.where(made | (nan & (cotangent == 0)), np.zeros((), values.dtype), new)


def _array(value: Any) -> Any:
    return value.data if isinstance(value, Tensor) else value
