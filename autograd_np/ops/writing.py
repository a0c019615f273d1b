r"""NumPy's functions that write into their first argument: each is ``t[index] = value`` (see `indexing`).

Inside a graph the write is recorded, outside one it goes to the Tensor's memory.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import FUNCTIONS, Tensor, note_write
from ..core.grad_mode import mode
from .arithmetic import raw
from .repetition import resize
from .selection import along_axis, within
from .shaping import broadcast_to, operand, ravel

__all__ = ["copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"]

Assignment = tuple[Any, Any]


def _writes(function: Callable) -> Callable[[Callable[..., Assignment]], Callable[..., None]]:
    """Let ``function(tensor, ...)`` assign the value at the index that the decorated function gives."""

    def register(assignment: Callable[..., Assignment]) -> Callable[..., None]:
        def write(target: Any, *args: Any, **kwargs: Any) -> None:
            given = [target, *args, *kwargs.values()]
            recorded = mode.recording and any(type(arg) is Tensor and arg.node is not None for arg in given)
            if recorded and type(target) is not Tensor:
                raise TypeError(
                    f"np.{function.__name__}: writing a Tensor into an array would drop its gradient; "
                    "make the array a Tensor first"
                )
            if recorded:
                index, value = assignment(target, *args, **kwargs)
                target[index] = value
                return
            function(raw(target), *map(raw, args), **{key: raw(value) for key, value in kwargs.items()})
            if type(target) is Tensor:
                note_write(target.data)

        write.__name__ = write.__qualname__ = assignment.__name__
        write.__doc__ = assignment.__doc__
        FUNCTIONS.setdefault(function, write)
        return write

    return register


@_writes(np.put)
def put(a: Tensor, ind: Any, v: Any, mode: str = "raise") -> Assignment:
    """Write values at indices into the flattened array.  As `numpy.put`."""
    indices = within(raw(ind), a.size, mode).ravel()
    places = np.unravel_index(np.where(indices < 0, indices + a.size, indices), a.shape)
    return places, v if operand(v).size == 1 else resize(v, indices.shape)


@_writes(np.put_along_axis)
def put_along_axis(arr: Tensor, indices: Any, values: Any, axis: int | None) -> Assignment:
    """Write values at indices along axis that differ from place to place.  As `numpy.put_along_axis`."""
    if axis is None:
        return np.unravel_index(np.asarray(raw(indices)) % arr.size, arr.shape), values
    return along_axis(arr.shape, indices, axis), values


@_writes(np.place)
def place(arr: Tensor, mask: Any, vals: Any) -> Assignment:
    """Write values one after the other where a mask holds.  As `numpy.place`."""
    mask = np.asarray(raw(mask), dtype=bool).reshape(arr.shape)
    return mask, resize(vals, int(mask.sum()))


@_writes(np.putmask)
def putmask(a: Tensor, mask: Any, values: Any) -> Assignment:
    """Write where a mask holds the elements that values, repeated, have there.  As `numpy.putmask`."""
    mask = np.asarray(raw(mask), dtype=bool).reshape(a.shape)
    return mask, resize(values, a.shape)[mask]


@_writes(np.copyto)
def copyto(dst: Tensor, src: Any, casting: str = "same_kind", where: Any = True) -> Assignment:
    """Write an array, broadcast, into another one, or where a mask holds.  As `numpy.copyto`."""
    src = operand(src)
    if not np.can_cast(src.dtype, dst.dtype, casting):  # type: ignore[arg-type]
        raise TypeError(f"copyto: {src.dtype} does not cast to {dst.dtype} by the rule {casting!r}")
    mask = np.broadcast_to(raw(where), dst.shape)
    return mask, broadcast_to(src, shape=dst.shape)[mask]


@_writes(np.fill_diagonal)
def fill_diagonal(a: Tensor, val: Any, wrap: bool = False) -> Assignment:
    """Write a value on the main diagonal.  As `numpy.fill_diagonal`."""
    places = np.zeros(a.shape, bool)
    np.fill_diagonal(places, True, wrap)
    return places, resize(ravel(val), int(places.sum()))
