r"""Diagonals and triangles of matrices."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..core import implements
from .arithmetic import where
from .indexing import getitem, scatter_add
from .reductions import sum as sum_over
from .shaping import moveaxis, operand, ravel

__all__ = ["diag", "diagflat", "diagonal", "trace", "tril", "triu"]


def _places(rows: int, columns: int, offset: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the rows and the columns of the elements on a diagonal."""
    below, right = max(-offset, 0), max(offset, 0)
    along = np.arange(max(min(rows - below, columns - right), 0))
    return along + below, along + right


@implements(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Take the diagonal of the matrices in two axes, as a new last axis.  As `numpy.diagonal`, but always a copy."""
    a = operand(a)
    if a.ndim < 2:
        raise ValueError(f"diagonal: at least two axes are needed, and the shape is {a.shape}")
    a = moveaxis(a, (axis1, axis2), (-2, -1))
    return getitem(a, index=(..., *_places(a.shape[-2], a.shape[-1], offset)))


@implements(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: DTypeLike | None = None) -> Any:
    """Sum of the diagonal of the matrices in two axes.  As `numpy.trace`."""
    return sum_over(diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


@implements(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """Put a vector on a diagonal of zeros, or take the diagonal of a matrix.  As `numpy.diag`."""
    v = operand(v)
    if v.ndim == 1:
        return diagflat(v, k)
    if v.ndim != 2:
        raise ValueError(f"diag: a vector or a matrix is wanted, not shape {v.shape}; diagonal takes more axes")
    return diagonal(v, k)


@implements(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """Put all elements on a diagonal of zeros.  As `numpy.diagflat`."""
    v = ravel(v)
    n = v.size + abs(k)
    return scatter_add(v, shape=(n, n), index=_places(n, n, k))


def _lower(shape: tuple[int, ...], k: int) -> np.ndarray:
    """Tell of each element of a matrix whether it is on or below a diagonal; a vector is every row of a matrix."""
    return np.tri(shape[-2] if len(shape) > 1 else shape[0], shape[-1], k, dtype=bool)


@implements(np.tril)
def tril(m: Any, k: int = 0) -> Any:
    """Put zeros above a diagonal.  As `numpy.tril`."""
    m = operand(m)
    return where(_lower(m.shape, k), m, np.zeros((), m.dtype))


@implements(np.triu)
def triu(m: Any, k: int = 0) -> Any:
    """Put zeros below a diagonal.  As `numpy.triu`."""
    m = operand(m)
    return where(_lower(m.shape, k - 1), np.zeros((), m.dtype), m)
