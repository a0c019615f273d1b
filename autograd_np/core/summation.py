"""Sums that keep their precision whatever the axis."""

from collections.abc import Callable

import numpy as np

Axis = int | tuple[int, ...] | None

_FEW_ROWS = 64  # rounding errors of so many additions stay under a few ulp
LARGE = 64 * 1024  # elements, from which on a kernel takes half as long or less

large_sums: list[Callable[[np.ndarray, Axis, bool], np.ndarray | None]] = []
"""What sums large arrays over axis, kept or not, more quickly than NumPy; it gives None where it does not."""


def precise_sum(x: np.ndarray, axis: Axis = None, keepdims: bool = False) -> np.ndarray:
    """Sum over axis, in x's dtype, with a relative error of a few ulp for numbers of one sign.

    NumPy adds pairwise along the innermost axis only; along the others it adds one row after the other, which in
    float32 loses 4 % over four million rows.  There we accumulate in float64, unless the rows are few.
    """
    if x.size >= LARGE:
        for large_sum in large_sums:
            if (y := large_sum(x, axis, keepdims)) is not None:
                return y
    kind = x.dtype.char
    few = kind == "f" and (x.size <= _FEW_ROWS or (axis in (0, (0,)) and len(x) <= _FEW_ROWS))
    if few or kind not in "ef" or (axis is None and x.flags.c_contiguous):
        # as np.sum, at half its cost for a few elements
        return np.add.reduce(x, axis, None, None, keepdims)  # type: ignore[call-overload]
    return np.sum(x, axis=axis, keepdims=keepdims, dtype=np.float64).astype(x.dtype)
