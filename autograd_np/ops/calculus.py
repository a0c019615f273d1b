r"""Differences, slopes, areas, interpolation and convolution of sampled functions."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core import FUNCTIONS, implements, primitive
from . import arithmetic
from .arithmetic import raw
from .complex_numbers import conjugated
from .joining import concatenate
from .reductions import sum
from .scans import as_dtype, part
from .shaping import broadcast_to, reshape
from .statistics import floating

__all__ = ["convolve", "correlate", "diff", "ediff1d", "gradient", "interp", "trapezoid"]


@implements(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Differences of neighbours along an axis, n times over.  As `numpy.diff`."""
    a = as_dtype(a, None)
    if n == 0:
        return a
    if n < 0 or a.ndim == 0:
        raise ValueError(f"diff: n is at least 0 and a has an axis; n {n}, shape {a.shape} given")
    (axis,) = normalize_axis_tuple(axis, a.ndim)

    def border(value: Any) -> Any:
        value = as_dtype(value, None)
        return broadcast_to(value, (*a.shape[:axis], 1, *a.shape[axis + 1 :])) if value.ndim == 0 else value

    pieces = [
        *([] if prepend is None else [border(prepend)]),
        a,
        *([] if append is None else [border(append)]),
    ]
    y = concatenate(pieces, axis=axis) if len(pieces) > 1 else a
    for _ in range(n):
        after, before = part(y, axis, 1, None), part(y, axis, None, -1)
        y = np.not_equal(after, before) if y.dtype == bool else after - before
    return y


@implements(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of neighbours of the elements in a row, with what is to come before and after them.

    As `numpy.ediff1d`.
    """
    ary = reshape(as_dtype(ary, None), shape=-1)
    pieces = [to_begin, diff(ary), to_end]
    for i, name in ((0, "to_begin"), (2, "to_end")):
        if pieces[i] is not None:
            border = as_dtype(pieces[i], None)
            if not np.can_cast(border.dtype, ary.dtype, "same_kind"):
                raise TypeError(f"ediff1d: {name} is {border.dtype} and does not fit among {ary.dtype}")
            pieces[i] = as_dtype(reshape(border, shape=-1), ary.dtype)
    return concatenate([piece for piece in pieces if piece is not None])


def _spacing(h: Any, f: Any, axis: int) -> tuple[Any, Any]:
    """Give the distance of all neighbours, or None and the distances one by one, in a shape that fits f's."""
    h = as_dtype(h, None)
    if h.ndim == 0:
        return as_dtype(h, f.dtype), None
    if h.shape != (f.shape[axis],):
        raise ValueError(f"gradient: axis {axis} of f {f.shape} wants one distance or its coordinates, not {h.shape}")
    steps = as_dtype(diff(floating(h)), f.dtype)
    return None, reshape(steps, shape=(-1,) + (1,) * (f.ndim - axis - 1))


def _slope(f: Any, h: Any, axis: int, edge_order: int) -> Any:
    """Slope of f along an axis: of the parabola through three neighbours, at either edge of order edge_order."""
    step, steps = _spacing(h, f, axis)

    def at(start: int, stop: int | None) -> Any:
        return part(f, axis, start, stop)

    def distance(start: int, stop: int | None) -> Any:
        return step if steps is None else part(steps, -f.ndim + axis, start, stop)

    pieces = []
    if edge_order == 1:
        pieces.append((at(1, 2) - at(0, 1)) / distance(0, 1))
    else:
        a, b = distance(0, 1), distance(1, 2)
        before, after = (at(1, 2) - at(0, 1)) / a, (at(2, 3) - at(1, 2)) / b
        pieces.append(before + (before - after) * (a / (a + b)))
    if steps is None:
        pieces.append((at(2, None) - at(0, -2)) / (2 * step))
    else:
        a, b = distance(0, -1), distance(1, None)
        before, after = (at(1, -1) - at(0, -2)) / a, (at(2, None) - at(1, -1)) / b
        pieces.append((before * b + after * a) / (a + b))
    if edge_order == 1:
        pieces.append((at(-1, None) - at(-2, -1)) / distance(-1, None))
    else:
        a, b = distance(-2, -1), distance(-1, None)
        before, after = (at(-2, -1) - at(-3, -2)) / a, (at(-1, None) - at(-2, -1)) / b
        pieces.append(after + (after - before) * (b / (a + b)))
    return concatenate(pieces, axis=axis)


def gradient(f: Any, *varargs: Any, axis: int | tuple[int, ...] | None = None, edge_order: int = 1) -> Any:
    """Slope of sampled values along each axis, or along those named: an array for each.  As `numpy.gradient`.

    ``varargs`` are distances of neighbours or coordinates, one for all axes or one for each; gradients flow to these
    as well.
    """
    f = floating(f)
    axes = normalize_axis_tuple(range(f.ndim) if axis is None else axis, f.ndim)
    if len(varargs) not in (0, 1, len(axes)) or (len(varargs) == 1 < len(axes) and np.ndim(raw(varargs[0]))):
        raise TypeError(
            f"gradient: {len(varargs)} spacings for {len(axes)} axes; give one number, or one for each axis"
        )
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order is 1 or 2, not {edge_order}")
    for i in axes:
        if f.shape[i] <= edge_order:
            raise ValueError(f"gradient: axis {i} of f {f.shape} is too short; edge_order + 1 elements are needed")
    spacings = varargs if len(varargs) == len(axes) else (varargs or (1.0,)) * len(axes)
    slopes = tuple(_slope(f, h, i, edge_order) for h, i in zip(spacings, axes, strict=True))
    return slopes[0] if len(slopes) == 1 else slopes


FUNCTIONS[np.gradient] = gradient  # its *varargs have no names to be matched by


@implements(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Area under sampled values along an axis, by the trapezoidal rule; x are coordinates.  As `numpy.trapezoid`."""
    y = as_dtype(y, None)
    if x is not None:
        x = as_dtype(x, None)
        dx = diff(x, axis=0 if x.ndim == 1 else axis)
        if x.ndim == 1:
            dx = reshape(dx, shape=(-1,) + (1,) * (y.ndim - axis % y.ndim - 1))
    return sum(dx * (part(y, axis, 1, None) + part(y, axis, None, -1)) / 2.0, axis)


def _overlap(g: Any, other: Any) -> Any:
    return convolve(g, part(other, 0, None, None, -1), "valid")


@primitive(
    lambda g, _y, _a, v: _overlap(g, v),
    lambda g, _y, a, _v: _overlap(g, a),
    name="convolve",
    complex=True,
    formula=r"\bar a_i = \textstyle\sum_k \bar y_k v_{k-i},\; \bar v_j = \sum_k \bar y_k a_{k-j}",
)
def _convolve(a: Any, v: Any) -> Any:
    return np.convolve(a, v)


def _signal(x: Any, name: str) -> Any:
    x = as_dtype(x, None)
    if x.ndim > 1 or 0 in x.shape:
        raise ValueError(f"{name}: arguments have one axis and an element at least, not shape {x.shape}")
    return x if x.ndim else reshape(x, shape=1)


def _overlapping(full: Any, a: Any, v: Any, mode: str, centre: int) -> Any:
    """Cut out what a mode wants from the convolution of a and v at every offset at which they meet."""
    short, long = sorted((a.shape[0], v.shape[0]))
    if mode == "full":
        return full
    if mode == "same":
        return full[centre : centre + long]
    if mode == "valid":
        return full[short - 1 : long]
    raise ValueError(f"mode is 'full', 'same' or 'valid', not {mode!r}")


@implements(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Convolution of two vectors.  As `numpy.convolve`."""
    a, v = _signal(a, "convolve"), _signal(v, "convolve")
    return _overlapping(_convolve(a, v), a, v, mode, (min(a.shape[0], v.shape[0]) - 1) // 2)


convolve.op = _convolve.op  # type: ignore[attr-defined]


@implements(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """Correlation of two vectors: convolution with the second one reversed and conjugated.  As `numpy.correlate`."""
    a, v = _signal(a, "correlate"), _signal(v, "correlate")
    n, m = a.shape[0], v.shape[0]
    full = _convolve(a, conjugated(part(v, 0, None, None, -1)))
    return _overlapping(full, a, v, mode, (m - 1) // 2 if n >= m else n // 2)


@implements(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Value at x of the lines through the points (xp, fp), xp increasing.  As `numpy.interp`, so in double precision.

    Gradients flow to all arguments.  At a point the slope is that of the line to its right, at the last one to its
    left.
    """
    x, xp, fp = as_dtype(x, np.float64), as_dtype(xp, np.float64), as_dtype(fp, None)
    fp = as_dtype(fp, np.result_type(fp.dtype, np.float64))
    if xp.ndim != 1 or xp.shape != fp.shape or not xp.shape[0]:
        raise ValueError(
            f"interp: xp {xp.shape} and fp {fp.shape} are points, as many of one as of the other, at least 1"
        )
    if period is not None:
        if raw(period) == 0:
            raise ValueError("interp: period is not 0")
        period = arithmetic.absolute(period)
        x, xp = (value - period * np.floor(raw(value) / raw(period)) for value in (x, xp))
        order = np.argsort(raw(xp), kind="stable")
        xp, fp = xp[order], fp[order]
        xp = concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = concatenate([fp[-1:], fp, fp[:1]])
        left = right = None
    known, last = raw(xp), xp.shape[0] - 1
    before, after = raw(x) < known[0], raw(x) > known[-1]
    x = arithmetic.where(before | after, known[0], x)
    i = np.clip(np.searchsorted(known, raw(x), side="right") - 1, 0, max(last - 1, 0))
    width = xp[np.minimum(i + 1, last)] - xp[i]
    share = (x - xp[i]) / arithmetic.where(raw(width) == 0, 1.0, width)
    y = fp[i] + share * (fp[np.minimum(i + 1, last)] - fp[i])
    y = arithmetic.where(before, fp[0] if left is None else left, y)
    return arithmetic.where(after, fp[-1] if right is None else right, y)
