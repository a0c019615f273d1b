"""New arrays, of numbers, of ranges, of other libraries: they are constants.  What holds Tensors keeps its graph."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..core import Tensor, check_device, without_gradient
from .arithmetic import raw
from .joining import stack
from .shaping import astype, broadcast_to
from .shaping import copy as copied
from .spacing import linspace as spaced

__all__ = [
    "arange",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "full",
    "linspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]

Shape = int | tuple[int, ...]


def _numbers(obj: Any) -> Iterator[Any]:
    """Give the arrays and numbers in nested sequences."""
    if isinstance(obj, (list, tuple)):
        for item in obj:
            yield from _numbers(item)
    else:
        yield raw(obj)


def _holds_tensors(obj: Any) -> bool:
    return type(obj) is Tensor or (isinstance(obj, (list, tuple)) and any(map(_holds_tensors, obj)))


def asarray(obj: Any, /, *, dtype: DTypeLike | None = None, device: Any = None, copy: bool | None = None) -> Tensor:
    """Make a Tensor of a number, nested sequences, an array or a Tensor.

    A Tensor of the right type is given back itself, and an array's memory is shared, unless a copy is asked for.  A
    copy, a conversion and a sequence of Tensors stay in the graph.

    Raises
    ------
    ValueError
        If ``copy=False`` and there is no way without one.
    OverflowError
        If an integer does not fit in any type, or in the one that is asked for.
    """
    check_device("asarray", device)
    if copy is False and type(obj) is Tensor and dtype is not None and obj.dtype != dtype:
        raise ValueError(f"asarray: from {obj.dtype} to {np.dtype(dtype)} there is no way without a copy")
    if type(obj) is Tensor:
        if dtype is not None and obj.dtype != dtype:
            return astype(obj, dtype)
        return copied(obj) if copy else obj
    if _holds_tensors(obj):
        if copy is False:
            raise ValueError("asarray: several Tensors do not become one without a copy")
        dtype = np.result_type(*_numbers(obj)) if dtype is None else dtype
        return stack([asarray(item, dtype=dtype) for item in obj])
    array = np.array(obj, dtype=dtype, copy=copy, subok=True)
    if array.dtype == object and any(isinstance(item, int) for item in array.flat):
        raise OverflowError("asarray: an integer does not fit in 64 bits")
    return Tensor(array, copy=False)


def _made(name: str, device: Any, array: np.ndarray) -> Tensor:
    check_device(name, device)
    return Tensor.make(array, None)


def zeros(shape: Shape, *, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Make an array of zeros."""
    return _made("zeros", device, np.zeros(shape, dtype))


def ones(shape: Shape, *, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Make an array of ones."""
    return _made("ones", device, np.ones(shape, dtype))


def empty(shape: Shape, *, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Make an array of whatever is in its memory."""
    return _made("empty", device, np.empty(shape, dtype))


def full(shape: Shape, fill_value: Any, *, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Fill an array with a value, from which the data type is taken by default, and to which the gradient flows."""
    check_device("full", device)
    return copied(broadcast_to(asarray(fill_value, dtype=dtype), shape=shape))


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: DTypeLike | None = None,
    device: Any = None,
) -> Tensor:
    """Make a matrix with ones on diagonal k, which is above the main one if positive."""
    return _made("eye", device, np.eye(n_rows, n_cols, k, dtype or float))


def arange(
    start: float,
    /,
    stop: float | None = None,
    step: float = 1,
    *,
    dtype: DTypeLike | None = None,
    device: Any = None,
) -> Tensor:
    """Count from start (or from 0, to start) up to stop, and not to it.  As `numpy.arange`."""
    limits: Any = [np.asarray(x).item() if type(x) is Tensor else x for x in (start, stop, step)]
    return _made("arange", device, np.arange(*limits, dtype=dtype))


def linspace(
    start: Any,
    stop: Any,
    /,
    num: int = 50,
    *,
    dtype: DTypeLike | None = None,
    device: Any = None,
    endpoint: bool = True,
) -> Tensor:
    """Make num numbers at equal distances from start to stop, which is the last of them by default.

    Gradients flow to ends that are Tensors.
    """
    check_device("linspace", device)
    return asarray(spaced(start, stop, num, endpoint, dtype=dtype))


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Take over another library's array, without a copy where it need not be one; a Tensor stays in its graph."""
    check_device("from_dlpack", device)
    return asarray(x, copy=copy) if type(x) is Tensor else asarray(np.from_dlpack(x, copy=copy))


@without_gradient
def zeros_like(x: Any, /, *, dtype: DTypeLike | None = None, device: Any = None) -> Any:
    """Make zeros in the shape and type of an array."""
    check_device("zeros_like", device)
    return np.zeros_like(x, dtype)


@without_gradient
def ones_like(x: Any, /, *, dtype: DTypeLike | None = None, device: Any = None) -> Any:
    """Make ones in the shape and type of an array."""
    check_device("ones_like", device)
    return np.ones_like(x, dtype)


@without_gradient
def empty_like(x: Any, /, *, dtype: DTypeLike | None = None, device: Any = None) -> Any:
    """Make an array of a shape and type, of whatever is in its memory."""
    check_device("empty_like", device)
    return np.empty_like(x, dtype)
