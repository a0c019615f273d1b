r"""Products of matrices, for every rank."""

from typing import Any

import numpy as np

from ..core import primitive

__all__ = ["matmul"]


def _rows(a: Any) -> Any:
    """Let a vector on the left stand for one row."""
    return a if a.ndim > 1 else np.expand_dims(a, 0)


def _columns(b: Any) -> Any:
    """Let a vector on the right stand for one column."""
    return b if b.ndim > 1 else np.expand_dims(b, 1)


def _as_matrix(g: Any, a: Any, b: Any) -> Any:
    """Give the cotangent of a product the axes back that vectors lack."""
    if a.ndim == 1:
        g = np.expand_dims(g, -1 if b.ndim == 1 else -2)
    return np.expand_dims(g, -1) if b.ndim == 1 else g


def _left(g: Any, _y: Any, _a: Any, b: Any) -> Any:
    product = np.matmul(_as_matrix(g, _a, b), np.swapaxes(_columns(b), -1, -2))
    return np.squeeze(product, -2) if _a.ndim == 1 else product


def _right(g: Any, _y: Any, a: Any, _b: Any) -> Any:
    if _b.ndim == 2 and a.ndim > 2:  # one matrix for the whole batch: one large product instead of a sum of small ones
        return np.matmul(np.transpose(np.reshape(a, (-1, a.shape[-1]))), np.reshape(g, (-1, g.shape[-1])))
    product = np.matmul(np.swapaxes(_rows(a), -1, -2), _as_matrix(g, a, _b))
    return np.squeeze(product, -1) if _b.ndim == 1 else product


@primitive(
    _left,
    _right,
    of=np.matmul,
    broadcasts=True,
    formula=r"\bar A = \bar Y B^{\mathsf T},\; \bar B = A^{\mathsf T} \bar Y",
)
def matmul(a: Any, b: Any) -> Any:
    """Matrix product a @ b; leading axes are a batch and broadcast, a vector is one row or column.  As `numpy.matmul`.

    Raises
    ------
    ValueError
        If the inner lengths differ, the batches do not broadcast, or an argument has no axis.
    """
    try:
        return np.matmul(a, b)
    except ValueError:
        inner = "the last axis of a must be as long as the last but one of b (or its only one)"
        raise ValueError(f"matmul: shapes {np.shape(a)} and {np.shape(b)} do not fit; {inner}") from None
