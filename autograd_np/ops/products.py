r"""Products of vectors, matrices and tensors."""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .. import kernels
from ..core import UFUNCS, binary, implements, precise_sum, primitive
from .arithmetic import multiply
from .complex_numbers import conjugated
from .joining import concatenate
from .shaping import expand_dims, moveaxis, operand, reshape, squeeze, transpose

__all__ = [
    "cross",
    "dot",
    "inner",
    "kron",
    "linear",
    "matmul",
    "matvec",
    "outer",
    "tensordot",
    "vdot",
    "vecdot",
    "vecmat",
]


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
    product = kernels.matmul(_as_matrix(g, _a, b), np.swapaxes(_columns(b), -1, -2))
    return np.squeeze(product, -2) if _a.ndim == 1 else product


def _as_rows(a: Any) -> Any:
    """Put all axes but the last together."""
    return a if a.ndim == 2 else np.reshape(a, (math.prod(a.shape[:-1]), a.shape[-1]))


def _right(g: Any, _y: Any, a: Any, _b: Any) -> Any:
    if _b.ndim == 2 and a.ndim > 2:  # one matrix for the whole batch: one large product instead of a sum of small ones
        return kernels.matmul(_as_rows(a).T, _as_rows(g))
    product = kernels.matmul(np.swapaxes(_rows(a), -1, -2), _as_matrix(g, a, _b))
    return np.squeeze(product, -1) if _b.ndim == 1 else product


def _matmul(a: Any, b: Any) -> Any:
    """Matrix product a @ b; leading axes are a batch and broadcast, a vector is one row or column.  As `numpy.matmul`.

    Raises
    ------
    ValueError
        If the inner lengths differ, the batches do not broadcast, or an argument has no axis.
    """
    try:
        return kernels.matmul(a, b)
    except ValueError:
        inner = "the last axis of a must be as long as the last but one of b (or its only one)"
        raise ValueError(f"matmul: shapes {np.shape(a)} and {np.shape(b)} do not fit; {inner}") from None


matmul = binary(
    _matmul,
    _left,
    _right,
    r"\bar A = \bar Y B^{\mathsf T},\; \bar B = A^{\mathsf T} \bar Y",
    name="matmul",
    of=(np.matmul, np.linalg.matmul),
    elementwise=False,
    complex=True,
)


_FEW = 64  # rows that NumPy sums as quickly as a kernel


def _sum_of_rows(g: Any) -> Any:
    if type(g) is not np.ndarray:
        return np.sum(g, axis=tuple(range(g.ndim - 1)))
    rows = _as_rows(g)
    return kernels.channel_sum(rows) if len(rows) > _FEW and rows.dtype.char in "fd" else precise_sum(rows, 0)


@primitive(
    lambda g, _y, _x, w, _b: kernels.matmul(g, w.T),
    lambda g, _y, x, _w, _b: kernels.matmul(_as_rows(x).T, _as_rows(g)),
    lambda g, _y, _x, _w, _b: _sum_of_rows(g),
    complex=True,
    formula=r"\bar X = \bar Y W^{\mathsf T},\; \bar W = X^{\mathsf T} \bar Y,\; \bar b = \textstyle\sum_i \bar y_i",
)
def linear(x: Any, w: Any, b: Any = None) -> Any:
    """Affine map ``x @ w + b`` over the last axis: x (..., in), w (in, out), b (out,) or None -> (..., out).

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    x, w, b = np.asarray(x), np.asarray(w), None if b is None else np.asarray(b)
    if w.ndim != 2 or x.shape[-1:] != w.shape[:1] or (b is not None and b.shape != w.shape[1:]):
        found = f"x {x.shape}, w {w.shape}" + ("" if b is None else f", b {b.shape}")
        raise ValueError(f"linear: x (..., in), w (in, out) and b (out,) are wanted, not {found}")
    return kernels.matmul(x, w, b)


def _register(function_name: str, operation: Any) -> None:
    """Let a ufunc that is not in every NumPy 2 run one of these compositions."""
    if hasattr(np, function_name):
        UFUNCS[getattr(np, function_name)] = operation


@implements(np.linalg.vecdot, arrays=2)
def vecdot(a: Any, b: Any, axis: int = -1) -> Any:
    """Dot products of the vectors along axis, complex ones of a conjugated; the other axes are a batch and broadcast.

    As `numpy.vecdot`.
    """
    a, b = (moveaxis(operand(x), axis, -1) for x in (a, b))
    return squeeze(matmul(expand_dims(conjugated(a), -2), expand_dims(b, -1)), (-2, -1))


def matvec(a: Any, b: Any) -> Any:
    """Products of matrices a (..., m, n) with vectors b (..., n); leading axes broadcast.  As `numpy.matvec`."""
    return squeeze(matmul(a, expand_dims(operand(b), -1)), -1)


def vecmat(a: Any, b: Any) -> Any:
    """Products of vectors a (..., m), conjugated, with matrices b (..., m, n); leading axes broadcast.

    As `numpy.vecmat`.
    """
    return squeeze(matmul(expand_dims(conjugated(operand(a)), -2), b), -2)


_register("vecdot", vecdot)
_register("matvec", matvec)
_register("vecmat", vecmat)


@implements(np.dot)
def dot(a: Any, b: Any) -> Any:
    """Sum over the last axis of a and the last but one of b; a multiple where one is a number.  As `numpy.dot`."""
    if not np.ndim(a) or not np.ndim(b):
        return multiply(a, b)
    return matmul(a, b) if np.ndim(b) <= 2 else tensordot(a, b, axes=(-1, -2))


@implements(np.vdot, arrays=2)
def vdot(a: Any, b: Any) -> Any:
    """Sum of the products of all elements, in order, those of a conjugated.  As `numpy.vdot`."""
    return matmul(conjugated(reshape(a, (-1,))), reshape(b, (-1,)))


@implements(np.inner, arrays=2)
def inner(a: Any, b: Any) -> Any:
    """Sum over the last axes of both; a multiple where one is a number.  As `numpy.inner`."""
    if not np.ndim(a) or not np.ndim(b):
        return multiply(a, b)
    return tensordot(a, b, axes=(-1, -1))


@implements(np.outer)
def outer(a: Any, b: Any) -> Any:
    """Products of each element of a with each of b, both flattened.  As `numpy.outer`."""
    return multiply(reshape(a, (-1, 1)), reshape(b, (1, -1)))


@implements(np.linalg.tensordot, arrays=2)
@implements(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum over axes of a and of b: the last and the first so many, or two lists of them.  As `numpy.tensordot`."""
    a, b = operand(a), operand(b)
    if isinstance(axes, int | np.integer):
        axes = range(-axes, 0), range(axes)
    left, right = (normalize_axis_tuple(ax, x.ndim) for ax, x in zip(axes, (a, b), strict=True))
    if [a.shape[i] for i in left] != [b.shape[i] for i in right]:
        raise ValueError(f"tensordot: axes {left} of shape {a.shape} and {right} of shape {b.shape} do not fit")
    rows = [i for i in range(a.ndim) if i not in left]
    columns = [i for i in range(b.ndim) if i not in right]
    shape = tuple([a.shape[i] for i in rows] + [b.shape[i] for i in columns])
    n = math.prod(a.shape[i] for i in left)
    a = reshape(transpose(a, axes=[*rows, *left]), (math.prod(a.shape[i] for i in rows), n))
    b = reshape(transpose(b, axes=[*right, *columns]), (n, math.prod(b.shape[i] for i in columns)))
    return reshape(matmul(a, b), shape)


@implements(np.kron)
def kron(a: Any, b: Any) -> Any:
    """Each element of a times the whole of b, as blocks.  As `numpy.kron`."""
    a, b = operand(a), operand(b)
    dims = max(a.ndim, b.ndim)
    outer_shape, inner_shape = ((1,) * (dims - x.ndim) + x.shape for x in (a, b))
    a = reshape(a, tuple(side for n in outer_shape for side in (n, 1)))
    b = reshape(b, tuple(side for n in inner_shape for side in (1, n)))
    return reshape(multiply(a, b), tuple(n * m for n, m in zip(outer_shape, inner_shape, strict=True)))


@primitive(
    lambda g, _y, _a, b: _cross(b, g),
    lambda g, _y, a, _b: _cross(g, a),
    name="cross",
    broadcasts=True,
    complex=True,
    formula=r"\bar a = b \times \bar y,\; \bar b = \bar y \times a",
)
def _cross(a: Any, b: Any) -> Any:
    return np.cross(a, b)


@implements(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """Cross product of vectors of 3 or 2 components along an axis; of two flat ones the third component alone.

    As `numpy.cross`.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = operand(a), operand(b)
    a = moveaxis(a, normalize_axis_index(axisa, a.ndim), -1)
    b = moveaxis(b, normalize_axis_index(axisb, b.ndim), -1)
    sides = a.shape[-1], b.shape[-1]
    if not {2, 3}.issuperset(sides):
        raise ValueError(f"cross: vectors have 2 or 3 components, not {sides[0]} and {sides[1]}")
    if sides == (2, 2):
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    product = _cross(_in_space(a), _in_space(b))
    return moveaxis(product, -1, axisc)


cross.op = _cross.op  # type: ignore[attr-defined]


def _in_space(x: Any) -> Any:
    """Give flat vectors a third component, 0."""
    return x if x.shape[-1] == 3 else concatenate([x, np.zeros((*x.shape[:-1], 1), x.dtype)], axis=-1)
