r"""Elements in another order along their axes: flips, quarter turns, cyclic shifts.  Each is undone by its like."""

from typing import Any

import numpy as np

from ..core import implements, primitive
from .shaping import operand, swapaxes

__all__ = ["flip", "fliplr", "flipud", "roll", "rot90"]


@primitive(
    lambda g, _y, _m, *, axis=None: np.flip(g, axis),
    of=np.flip,
    view=True,
    complex=True,
    formula=r"\bar x = \operatorname{flip} \bar y",
)
def flip(m: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """Reverse the elements along axis, along all by default.  As `numpy.flip`."""
    return np.flip(m, axis)


@implements(np.fliplr)
def fliplr(m: Any) -> Any:
    """Reverse the columns (axis 1).  As `numpy.fliplr`."""
    return flip(m, axis=1)


@implements(np.flipud)
def flipud(m: Any) -> Any:
    """Reverse the rows (axis 0).  As `numpy.flipud`."""
    return flip(m, axis=0)


@implements(np.rot90)
def rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    """Turn by k times 90 degrees in the plane of two axes, from the first towards the second.  As `numpy.rot90`."""
    m = operand(m)
    first, second = axes
    if first == second or abs(first - second) == m.ndim:
        raise ValueError(f"rot90: two different axes make a plane, not {axes}")
    match k % 4:
        case 0:
            return m[...]
        case 1:
            return swapaxes(flip(m, axis=second), first, second)
        case 2:
            return flip(m, axis=(first, second))
        case _:
            return flip(swapaxes(m, first, second), axis=second)


@primitive(
    lambda g, _y, _a, *, shift, axis=None: np.roll(g, np.negative(shift), axis),
    of=np.roll,
    complex=True,
    formula=r"\bar x = \bar y \text{ shifted back}",
)
def roll(a: Any, shift: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """Shift the elements cyclically along axis, or along all of them as one.  As `numpy.roll`."""
    return np.roll(a, shift, axis)
