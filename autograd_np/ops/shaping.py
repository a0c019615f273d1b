r"""Shape and order of elements.  All of these are linear, and each rule is the transpose of its operation."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import DTypeLike

from ..core import implements, primitive

__all__ = [
    "astype",
    "broadcast_to",
    "concatenate",
    "copy",
    "expand_dims",
    "moveaxis",
    "pad",
    "reshape",
    "squeeze",
    "stack",
    "swapaxes",
    "transpose",
]


@primitive(
    lambda g, _y, _x, *, shape: np.reshape(g, _x.shape),
    of=np.reshape,
    view=True,
    formula=r"\bar x = \operatorname{reshape} \bar y",
)
def reshape(x: Any, shape: int | tuple[int, ...]) -> Any:
    """Give x another shape with as many elements; one length may be -1.  As `numpy.reshape`."""
    x = np.asarray(x)
    try:
        return np.reshape(x, shape)
    except ValueError:
        raise ValueError(f"reshape: {x.size} elements of shape {x.shape} do not fill shape {shape}") from None


@primitive(
    lambda g, _y, _x, *, axes=None: np.transpose(g, None if axes is None else np.argsort(np.mod(axes, _x.ndim))),
    of=np.transpose,
    view=True,
    formula=r"\bar x = \bar y^{\mathsf T} \text{ by the inverse permutation}",
)
def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """Permute the axes; reverse them by default.  As `numpy.transpose`."""
    return np.transpose(x, axes)


@implements(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Exchange two axes.  As `numpy.swapaxes`."""
    axes = list(range(np.ndim(a)))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return transpose(a, axes=axes)


@implements(np.moveaxis)
def moveaxis(a: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Any:
    """Move axes to other positions; the others keep their order.  As `numpy.moveaxis`."""
    sources = normalize_axis_tuple(source, np.ndim(a), "source")
    destinations = normalize_axis_tuple(destination, np.ndim(a), "destination")
    axes = [axis for axis in range(np.ndim(a)) if axis not in sources]
    for place, axis in sorted(zip(destinations, sources, strict=True)):
        axes.insert(place, axis)
    return transpose(a, axes=axes)


@primitive(
    lambda g, _y, _x, *, axis: np.reshape(g, _x.shape),
    of=np.expand_dims,
    view=True,
    formula=r"\bar x = \operatorname{squeeze} \bar y",
)
def expand_dims(x: Any, axis: int | tuple[int, ...]) -> Any:
    """Insert axes of length 1.  As `numpy.expand_dims`."""
    return np.expand_dims(x, axis)


@primitive(
    lambda g, _y, _x, *, axis=None: np.reshape(g, _x.shape),
    of=np.squeeze,
    view=True,
    formula=r"\bar x = \operatorname{expand\_dims} \bar y",
)
def squeeze(x: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """Remove axes of length 1: all of them, or those named.  As `numpy.squeeze`."""
    return np.squeeze(x, axis=axis)


def _gather_broadcast(g: Any, _y: Any, _x: Any, *, shape: int | tuple[int, ...]) -> Any:
    extra = g.ndim - _x.ndim
    stretched = tuple(i for i, n in enumerate(g.shape) if i < extra or _x.shape[i - extra] != n)
    return np.reshape(np.sum(g, axis=stretched), _x.shape)


@primitive(
    _gather_broadcast,
    of=np.broadcast_to,
    view=True,
    formula=r"\bar x = \bar y \text{ summed over the stretched axes}",
)
def broadcast_to(x: Any, shape: int | tuple[int, ...]) -> Any:
    """Stretch axes of length 1, and add axes in front, without copying.  As `numpy.broadcast_to`."""
    return np.broadcast_to(x, shape)


@primitive(
    lambda g, _y, _x, *, dtype: astype(g, dtype=_x.dtype),
    of=np.astype,
    formula=r"\bar x = \bar y \text{ in the dtype of } x",
)
def astype(x: Any, dtype: DTypeLike) -> Any:
    """Convert the elements' type.  To integers or booleans no gradient flows."""
    return np.asarray(x).astype(dtype)


@primitive(lambda g, _y, _x: g, of=np.copy, formula=r"\bar x = \bar y")
def copy(x: Any) -> Any:
    """Copy to new memory; the gradient flows through."""
    return np.array(x, copy=True)


def _piece(g: Any, _y: Any, *_arrays: Any, wrt: int, axis: int) -> Any:
    start = sum(array.shape[axis] for array in _arrays[:wrt])
    index = [slice(None)] * g.ndim
    index[axis] = slice(start, start + _arrays[wrt].shape[axis])
    return g[tuple(index)]


@primitive(
    _piece,
    name="concatenate",
    variadic=True,
    formula=r"\bar x_i = \text{the part of } \bar y \text{ that } x_i \text{ fills}",
)
def _concatenate(*arrays: Any, axis: int) -> Any:
    return np.concatenate(arrays, axis=axis)


@implements(np.concatenate)
def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    """Join arrays along an axis that they have; along all of them, flattened, for None.  As `numpy.concatenate`."""
    if axis is None:
        arrays, axis = [reshape(array, -1) for array in arrays], 0
    return _concatenate(*arrays, axis=axis)


concatenate.op = _concatenate.op  # type: ignore[attr-defined]


@primitive(
    lambda g, _y, *_arrays, wrt, axis: g[(slice(None),) * (axis % g.ndim) + (wrt,)],
    name="stack",
    variadic=True,
    formula=r"\bar x_i = \bar y_i \text{ along the new axis}",
)
def _stack(*arrays: Any, axis: int) -> Any:
    return np.stack(arrays, axis=axis)


@implements(np.stack)
def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Join arrays of one shape along a new axis.  As `numpy.stack`."""
    return _stack(*arrays, axis=axis)


stack.op = _stack.op  # type: ignore[attr-defined]


def _unpad(g: Any, _y: Any, _x: Any, *, pad_width: tuple[tuple[int, int], ...], value: float = 0) -> Any:
    return g[tuple(slice(before, before + n) for (before, _), n in zip(pad_width, _x.shape, strict=True))]


@primitive(_unpad, name="pad", formula=r"\bar x = \bar y \text{ without its border}")
def _pad(x: Any, pad_width: tuple[tuple[int, int], ...], value: float = 0) -> Any:
    return np.pad(x, pad_width, constant_values=value) if pad_width else np.array(x)


@implements(np.pad)
def pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: float = 0) -> Any:
    """Add a border of a constant.  ``pad_width`` as in `numpy.pad`: (before, after) for each axis, or one for all."""
    if mode != "constant":
        raise ValueError(f"pad: mode 'constant' is there, not {mode!r}")
    widths = np.broadcast_to(np.asarray(pad_width, dtype=int), (np.ndim(array), 2))
    return _pad(array, pad_width=tuple((int(a), int(b)) for a, b in widths), value=constant_values)


pad.op = _pad.op  # type: ignore[attr-defined]
