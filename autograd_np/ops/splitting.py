r"""One array in several; their cotangents are put together again."""

from operator import index
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core import implements, primitive
from .arithmetic import raw
from .shaping import operand

__all__ = ["array_split", "dsplit", "hsplit", "split", "unstack", "vsplit"]


@primitive(
    lambda g, _y, _x, *, ends, axis: np.concatenate(g, axis),
    name="split",
    view=True,
    complex=True,
    formula=r"\bar x = \text{all } \bar y_i \text{ joined}",
)
def _split(x: Any, ends: tuple[int, ...], axis: int) -> tuple:
    return tuple(np.split(x, ends, axis))


@implements(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list:
    """Cut along axis before the indices given, or into so many parts, the first of them longer.

    As `numpy.array_split`.
    """
    ary, cuts = operand(ary), raw(indices_or_sections)
    axis = normalize_axis_index(axis, ary.ndim)
    n = ary.shape[axis]
    if not np.ndim(cuts):
        if int(cuts) < 1:
            raise ValueError(f"split: an array is cut into at least one part, not {cuts}")
        length, longer = divmod(n, int(cuts))
        points = np.cumsum([length + (i < longer) for i in range(int(cuts))]).tolist()[:-1]
    else:
        points = [index(point) for point in cuts]
    ends = [*points, n]
    if all(0 <= start <= end for start, end in zip([0, *ends[:-1]], ends, strict=True)):
        return list(_split(ary, ends=tuple(points), axis=axis))
    before = (slice(None),) * axis  # parts that overlap, or leave some out, are cut one by one, by Python's slices
    return [ary[(*before, slice(start, end))] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


@implements(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list:
    """Cut along axis before the indices given, or into so many equal parts.  As `numpy.split`."""
    ary, cuts = operand(ary), raw(indices_or_sections)
    n = ary.shape[normalize_axis_index(axis, ary.ndim)]
    if not np.ndim(cuts) and n % int(cuts):
        raise ValueError(f"split: a length of {n} does not divide into {cuts} equal parts; array_split does that")
    return array_split(ary, cuts, axis)


split.op = _split.op  # type: ignore[attr-defined]


@implements(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> list:
    """Cut along axis 1, a vector along its only one.  As `numpy.hsplit`."""
    return _split_of("hsplit", ary, indices_or_sections, axis=1 if np.ndim(ary) > 1 else 0, least=1)


def _split_of(name: str, ary: Any, cuts: Any, axis: int, least: int) -> list:
    if np.ndim(ary) < least:
        raise ValueError(f"{name}: at least {least} axes are needed, and the shape is {np.shape(ary)}")
    return split(ary, cuts, axis)


@implements(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> list:
    """Cut along axis 0.  As `numpy.vsplit`."""
    return _split_of("vsplit", ary, indices_or_sections, axis=0, least=2)


@implements(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> list:
    """Cut along axis 2.  As `numpy.dsplit`."""
    return _split_of("dsplit", ary, indices_or_sections, axis=2, least=3)


@primitive(
    lambda g, _y, _x, *, axis=0: np.stack(g, axis),
    of=np.unstack,
    view=True,
    complex=True,
    formula=r"\bar x = \text{all } \bar y_i \text{ stacked}",
)
def unstack(x: Any, axis: int = 0) -> tuple:
    """Give the parts at each index of an axis.  As `numpy.unstack`."""
    return np.unstack(x, axis=axis)
