r"""Shape and order of axes.  All of these are linear, and each rule is the transpose of its operation."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import broadcast_shapes
from numpy.exceptions import AxisError
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.typing import DTypeLike

from ..core import Tensor, check_device, implements, primitive

__all__ = [
    "astype",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "copy",
    "expand_dims",
    "matrix_transpose",
    "moveaxis",
    "permute_dims",
    "ravel",
    "reshape",
    "rollaxis",
    "squeeze",
    "swapaxes",
    "transpose",
]


def operand(x: Any) -> Any:
    """Give a Tensor as it is, and anything else as an array: for compositions, which serve both."""
    return x if type(x) is Tensor else np.asarray(x)


@primitive(
    lambda g, _y, _x, *, shape, order="C", copy=None: np.reshape(g, _x.shape, order=order),
    of=np.reshape,
    view=True,
    complex=True,
    formula=r"\bar x = \operatorname{reshape} \bar y",
)
def reshape(x: Any, shape: int | tuple[int, ...], order: str = "C", *, copy: bool | None = None) -> Any:
    """Give x another shape with as many elements; one length may be -1.  As `numpy.reshape`.

    ``order`` is "C" or "F"; "A" and "K" depend on where in memory the elements lie, which a Tensor does not promise.
    By default the memory is copied only where it must be, and with ``copy=False`` that is an error.
    """
    x = np.asarray(x)
    if order not in ("C", "F"):
        raise ValueError(f"reshape: order is 'C' or 'F', not {order!r}, which depends on the layout in memory")
    try:
        return np.reshape(x, shape, order=order, copy=copy)  # type: ignore[call-overload]
    except ValueError:
        if copy is False and math.prod(np.atleast_1d(shape)) in (x.size, -x.size):
            raise ValueError(f"reshape: shape {x.shape} does not become {shape} without a copy") from None
        raise ValueError(f"reshape: {x.size} elements of shape {x.shape} do not fill shape {shape}") from None


@implements(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    """Put all elements on one axis.  As `numpy.ravel`, in order "C" or "F"."""
    return reshape(a, shape=-1, order=order)


@primitive(
    lambda g, _y, _x, *, axes=None: np.transpose(g, None if axes is None else np.argsort(np.mod(axes, _x.ndim))),
    of=np.transpose,
    view=True,
    complex=True,
    formula=r"\bar x = \bar y^{\mathsf T} \text{ by the inverse permutation}",
)
def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """Permute the axes; reverse them by default.  As `numpy.transpose`."""
    return np.transpose(x, axes)


permute_dims = transpose


@implements(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Exchange two axes.  As `numpy.swapaxes`."""
    axes = list(range(np.ndim(a)))
    axis1, axis2 = (normalize_axis_index(axis, len(axes)) for axis in (axis1, axis2))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return transpose(a, axes=axes)


@implements(np.matrix_transpose)
def matrix_transpose(x: Any) -> Any:
    """Exchange the last two axes.  As `numpy.matrix_transpose`."""
    if np.ndim(x) < 2:
        raise ValueError(f"matrix_transpose: at least two axes are needed, and the shape is {np.shape(x)}")
    return swapaxes(x, -1, -2)


@implements(np.moveaxis)
def moveaxis(a: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Any:
    """Move axes to other positions; the others keep their order.  As `numpy.moveaxis`."""
    sources = normalize_axis_tuple(source, np.ndim(a), "source")
    destinations = normalize_axis_tuple(destination, np.ndim(a), "destination")
    if len(sources) != len(destinations):
        raise ValueError(f"moveaxis: {len(sources)} axes to move, and {len(destinations)} places to move them to")
    axes = [axis for axis in range(np.ndim(a)) if axis not in sources]
    for place, axis in sorted(zip(destinations, sources, strict=True)):
        axes.insert(place, axis)
    return transpose(a, axes=axes)


@implements(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """Move an axis back until it lies before the axis ``start``.  As `numpy.rollaxis`."""
    ndim = np.ndim(a)
    axis = normalize_axis_index(axis, ndim)
    if not -ndim <= start <= ndim:
        raise AxisError(f"rollaxis: start is from {-ndim} to {ndim} for {ndim} axes, not {start}")
    start += ndim if start < 0 else 0
    return moveaxis(a, axis, start - (axis < start))


@primitive(
    lambda g, _y, _x, *, axis: np.reshape(g, _x.shape),
    of=np.expand_dims,
    view=True,
    complex=True,
    formula=r"\bar x = \operatorname{squeeze} \bar y",
)
def expand_dims(x: Any, axis: int | tuple[int, ...]) -> Any:
    """Insert axes of length 1.  As `numpy.expand_dims`."""
    return np.expand_dims(x, axis)


@primitive(
    lambda g, _y, _x, *, axis=None: np.reshape(g, _x.shape),
    of=np.squeeze,
    view=True,
    complex=True,
    formula=r"\bar x = \operatorname{expand\_dims} \bar y",
)
def squeeze(x: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """Remove axes of length 1: all of them, or those named.  As `numpy.squeeze`."""
    return np.squeeze(x, axis=axis)


def _each(function: Callable[[Any], Any], arrays: tuple) -> Any:
    """One array in, one out; several in, a tuple out."""
    results = tuple(function(operand(array)) for array in arrays)
    return results[0] if len(results) == 1 else results


@implements(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    """Give each array at least one axis.  As `numpy.atleast_1d`."""
    return _each(lambda a: a if a.ndim >= 1 else reshape(a, shape=1), arys)


@implements(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """Give each array at least two axes; a vector is one row.  As `numpy.atleast_2d`."""
    return _each(lambda a: a if a.ndim >= 2 else reshape(a, shape=(1, -1)), arys)


@implements(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """Give each array at least three axes: (n,) becomes (1, n, 1), (m, n) becomes (m, n, 1).  As `numpy.atleast_3d`."""
    return _each(lambda a: a if a.ndim >= 3 else expand_dims(atleast_2d(a), axis=2), arys)


def _gather_broadcast(g: Any, _y: Any, _x: Any, *, shape: int | tuple[int, ...]) -> Any:
    extra = g.ndim - _x.ndim
    stretched = tuple(i for i, n in enumerate(g.shape) if i < extra or _x.shape[i - extra] != n)
    return np.reshape(np.sum(g, axis=stretched), _x.shape)


@primitive(
    _gather_broadcast,
    of=np.broadcast_to,
    view=True,
    complex=True,
    formula=r"\bar x = \bar y \text{ summed over the stretched axes}",
)
def broadcast_to(x: Any, shape: int | tuple[int, ...]) -> Any:
    """Stretch axes of length 1, and add axes in front, without copying.  As `numpy.broadcast_to`."""
    return np.broadcast_to(x, shape)


@implements(np.broadcast_arrays)
def broadcast_arrays(*args: Any) -> tuple:
    """Stretch arrays to the one shape that all of them broadcast to.  As `numpy.broadcast_arrays`."""
    arrays = [operand(array) for array in args]
    shape = broadcast_shapes(*(array.shape for array in arrays))
    return tuple(array if array.shape == shape else broadcast_to(array, shape=shape) for array in arrays)


@primitive(
    lambda g, _y, _x, *, dtype: g,  # the sweep gives every cotangent its argument's dtype
    name="astype",
    complex=True,
    formula=r"\bar x = \bar y \text{ in the dtype of } x",
)
def _astype(x: Any, dtype: DTypeLike) -> Any:
    return np.asarray(x).astype(dtype)


@implements(np.astype, arrays=1)
def astype(x: Any, dtype: DTypeLike, copy: bool = True, *, device: Any = None) -> Any:
    """Convert the elements' type.  To integers or booleans no gradient flows.

    With ``copy=False``, x itself where it is of that type.

    Raises
    ------
    TypeError
        From complex to real numbers, of which there are several ways; see `real` and `absolute`.
    """
    check_device("astype", device)
    x = operand(x)
    if x.dtype.kind == "c" and np.dtype(dtype).kind not in "cb":
        raise TypeError(f"astype: {x.dtype} does not become {np.dtype(dtype)}; take its real part or absolute value")
    return x if not copy and x.dtype == dtype else _astype(x, dtype=dtype)


astype.op = _astype.op  # type: ignore[attr-defined]


@primitive(lambda g, _y, _a, *, order="K": g, of=np.copy, complex=True, formula=r"\bar x = \bar y")
def copy(a: Any, order: str = "K") -> Any:
    """Copy to new memory, laid out by ``order``; the gradient flows through.  As `numpy.copy`."""
    return np.array(a, order=order, copy=True)  # type: ignore[call-overload]
