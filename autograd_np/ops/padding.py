r"""Borders around an array: of a constant, of its own elements again, or of what is computed from them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Tensor, implements, primitive
from .arithmetic import raw
from .indexing import scatter_add
from .products import tensordot
from .scans import as_dtype
from .shaping import moveaxis, operand

__all__ = ["pad"]

Widths = tuple[tuple[int, int], ...]

_REPEATING = ("edge", "reflect", "symmetric", "wrap")
_COMPUTED: dict[str, Callable] = {"maximum": np.max, "mean": np.mean, "median": np.median, "minimum": np.min}


def _unpad(g: Any, _y: Any, _x: Any, *, pad_width: Widths, mode: str, constant_values: Any) -> Any:
    if mode == "constant":
        return g[tuple(slice(before, before + n) for (before, _), n in zip(pad_width, _x.shape, strict=True))]
    origins = [np.pad(np.arange(n), width, mode) for n, width in zip(_x.shape, pad_width, strict=True)]  # type: ignore[call-overload]
    return scatter_add(g, shape=_x.shape, index=np.ix_(*origins))


@primitive(
    _unpad,
    name="pad",
    complex=True,
    formula=r"\bar x = \bar y \text{ without its border, which is added where it was copied from}",
)
def _pad(x: Any, pad_width: Widths, mode: str, constant_values: Any) -> Any:
    if not pad_width:
        return np.array(x)
    options = {"constant_values": constant_values} if mode == "constant" else {}
    return np.pad(x, pad_width, mode, **options)  # type: ignore[call-overload]


def _pairs(name: str, value: Any, ndim: int) -> Any:
    """Give (before, after) for each axis, from NumPy's spellings: for all, for both sides of each, or in full."""
    try:
        return np.broadcast_to(operand(value), (ndim, 2))
    except ValueError:
        raise ValueError(f"pad: {name} is one for all, (before, after), or a pair an axis, not {value!r}") from None


def _widths(pad_width: Any, ndim: int) -> Widths:
    if isinstance(pad_width, dict):
        full: list[Any] = [(0, 0)] * ndim
        for axis, width in pad_width.items():
            full[axis] = (width, width) if isinstance(width, (int, np.integer)) else width
        pad_width = full or 0
    widths = _pairs("pad_width", pad_width, ndim)
    if widths.size and (widths.dtype.kind not in "iu" or widths.min() < 0):
        raise (TypeError if widths.dtype.kind not in "iu" else ValueError)(
            f"pad: pad_width counts elements, in integers from 0, not {pad_width!r}"
        )
    return tuple((int(before), int(after)) for before, after in widths)


def _ramp(edge: Any, end: Any, length: int, axis: int) -> Any:
    """Give the elements from end (included) to edge (excluded)."""
    share = np.reshape(np.arange(length, dtype=edge.dtype), (-1,) + (1,) * (edge.ndim - axis - 1)) / max(length, 1)
    return edge * share + end * (1 - share)


def _computed_border(x: Any, widths: Widths, mode: str, lengths: Any, ends: Any) -> Any:
    for axis, (before, after) in enumerate(widths):
        all_before = (slice(None),) * axis
        n = x.shape[axis]
        if mode == "linear_ramp":
            left = _ramp(x[(*all_before, slice(0, 1))], ends[axis, 0], before, axis)
            right = np.flip(_ramp(x[(*all_before, slice(n - 1, n))], ends[axis, 1], after, axis), axis)
        else:
            if mode == "constant":
                left, right = ends[axis, 0], ends[axis, 1]
            else:
                first, last = (n if length is None else min(int(length), n) for length in lengths[axis])
                compute = _COMPUTED[mode]
                left = compute(x[(*all_before, slice(0, first))], axis=axis, keepdims=True)
                right = compute(x[(*all_before, slice(n - last, n))], axis=axis, keepdims=True)
            sides = (*x.shape[:axis], before, *x.shape[axis + 1 :]), (*x.shape[:axis], after, *x.shape[axis + 1 :])
            left, right = np.broadcast_to(left, sides[0]), np.broadcast_to(right, sides[1])
        x = np.concatenate([left, x, right], axis=axis)
    return x


def _mirrored(x: Any, widths: Widths, mode: str) -> Any:
    """Give borders of 2 * edge - element: along each axis a linear map, which a basis shows."""
    for axis, width in enumerate(widths):
        unit = np.eye(x.shape[axis], dtype=x.dtype)
        by_axis = np.pad(unit, (width, (0, 0)), mode, reflect_type="odd")  # type: ignore[call-overload]
        x = moveaxis(tensordot(by_axis, x, axes=(1, axis)), 0, axis)
    return x


@implements(np.pad)
def pad(
    array: Any,
    pad_width: Any,
    mode: str = "constant",
    *,
    constant_values: Any = 0,
    stat_length: Any = None,
    end_values: Any = 0,
    reflect_type: str = "even",
) -> Any:
    """Add a border.  As `numpy.pad`, with its modes except "empty" and functions.

    Parameters
    ----------
    array : array_like
        What gets a border.
    pad_width : int, sequence or dict
        (before, after) for each axis, or one for all.
    mode : {"constant", "edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "mean", "median", "minimum"}
        What the border is made of.
    constant_values, end_values : scalar or sequence
        The border of "constant", and where "linear_ramp" ends: as ``pad_width``.  A Tensor of them gets its gradient.
    stat_length : int or sequence, optional
        How many elements of each end the statistics are of: as ``pad_width``; all by default.
    reflect_type : {"even", "odd"}
        How "reflect" and "symmetric" mirror: the elements, or 2 * edge - the elements.
    """
    array = operand(array)
    widths = _widths(pad_width, array.ndim)
    if reflect_type not in ("even", "odd"):
        raise ValueError(f"pad: reflect_type is 'even' or 'odd', not {reflect_type!r}")
    odd = reflect_type == "odd" and mode in ("reflect", "symmetric")
    constants = mode == "constant" and type(constant_values) is not Tensor
    if constants or (mode in _REPEATING and not odd):
        return _pad(array, pad_width=widths, mode=mode, constant_values=constant_values)
    options: dict[str, dict[str, Any]] = {
        "constant": {"constant_values": constant_values},
        "linear_ramp": {"end_values": end_values},
        **{key: {"reflect_type": reflect_type} for key in ("reflect", "symmetric")},
        **{key: {"stat_length": stat_length} for key in _COMPUTED},
    }
    if mode not in options:
        modes = ", ".join(("constant", *_REPEATING, "linear_ramp", *_COMPUTED))
        raise ValueError(f"pad: mode is one of {modes}, not {mode!r}")
    if array.dtype.kind not in "fc":  # NumPy rounds; there is no gradient
        padded = np.pad(raw(array), widths, mode, **{key: raw(value) for key, value in options[mode].items()})  # type: ignore[call-overload]
        return Tensor.make(padded, None) if type(array) is Tensor else padded
    if odd:
        return _mirrored(array, widths, mode)
    lengths = _pairs("stat_length", stat_length, array.ndim)
    name, ends = ("constant_values", constant_values) if mode == "constant" else ("end_values", end_values)
    return _computed_border(array, widths, mode, lengths, as_dtype(_pairs(name, ends, array.ndim), array.dtype))


pad.op = _pad.op  # type: ignore[attr-defined]
