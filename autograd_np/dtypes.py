"""The data types of the array API standard, which are NumPy's, and what can be asked about them."""

import builtins
import math
from typing import Any, NamedTuple

import numpy as np
from numpy import (
    bool,
    complex64,
    complex128,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from numpy.typing import DTypeLike

from .core import Tensor

__all__ = [
    "bool",
    "can_cast",
    "complex64",
    "complex128",
    "e",
    "finfo",
    "float32",
    "float64",
    "iinfo",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "nan",
    "newaxis",
    "pi",
    "result_type",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]

e, inf, nan, pi, newaxis = math.e, math.inf, math.nan, math.pi, None


class FloatInfo(NamedTuple):
    """Limits of a floating point type, as Python numbers; of a complex type those of its parts."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: np.dtype


class IntegerInfo(NamedTuple):
    """Limits of an integer type, as Python numbers."""

    bits: int
    max: int
    min: int
    dtype: np.dtype


def _dtype(x: Any) -> Any:
    """Give the data type of an array, and anything else as it is."""
    return x.dtype if isinstance(x, (Tensor, np.ndarray)) else x


def finfo(type: Any, /) -> FloatInfo:
    """Limits of a floating point type, or of an array's."""
    info = np.finfo(_dtype(type))
    eps, largest, least, normal = map(float, (info.eps, info.max, info.min, info.smallest_normal))
    return FloatInfo(info.bits, eps, largest, least, normal, info.dtype)


def iinfo(type: Any, /) -> IntegerInfo:
    """Limits of an integer type, or of an array's."""
    info = np.iinfo(_dtype(type))
    return IntegerInfo(info.bits, int(info.max), int(info.min), info.dtype)


def can_cast(from_: Any, to: DTypeLike, /) -> builtins.bool:
    """Whether a type, or an array's, becomes another one without a loss.  As `numpy.can_cast`."""
    return np.can_cast(_dtype(from_), to)


def isdtype(dtype: DTypeLike, kind: Any) -> builtins.bool:
    """Whether a type is one of a kind, or of several in a tuple: types, or names as "real floating".

    As `numpy.isdtype`.
    """
    return np.isdtype(np.dtype(dtype), kind)


def result_type(*arrays_and_dtypes: Any) -> np.dtype:
    """Give the type of what arrays, types and Python numbers, which are weak, are combined to.

    As `numpy.result_type`.
    """
    return np.result_type(*(x.data if type(x) is Tensor else x for x in arrays_and_dtypes))
