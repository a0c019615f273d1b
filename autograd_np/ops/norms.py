r"""Norms of vectors and of matrices."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.linalg import LinAlgError

from ..core import Tensor, implements, primitive
from .arithmetic import absolute, raw
from .decompositions import is_recorded, svdvals
from .linalg import inv
from .reductions import Axis, max, min, spread, sum
from .shaping import expand_dims, moveaxis, operand

__all__ = ["cond", "matrix_norm", "norm", "vector_norm"]


def _norm_rule(g: Any, y: Any, x: Any, *, ord: float = 2, axis: Axis = None, keepdims: bool = False) -> Any:
    g, y = spread(g, x, axis, keepdims), spread(y, x, axis, keepdims)
    zero = raw(y) == 0
    unit = x / np.where(zero, 1, y)
    if ord == 2:
        return g * np.where(zero, 0, unit)
    flat = zero | (raw(x) == 0) if ord < 2 else zero  # there |x|^(p-2) is infinite, and the slope taken for 0
    return g * np.where(flat, 0, unit * np.absolute(np.where(flat, 1, unit)) ** (ord - 2))


@primitive(
    _norm_rule,
    name="vector_norm",
    formula=r"\bar x = \bar y \odot \operatorname{sign} x \odot (|x| / y)^{p - 1}",
)
def _vector_norm(x: Any, ord: float = 2, axis: Any = None, keepdims: bool = False) -> Any:
    x = np.asarray(x)
    short = x.dtype.kind == "f" and x.dtype.itemsize < 8  # float64 keeps long sums precise, and does not overflow
    y = np.linalg.vector_norm(x.astype(float) if short else x, ord=ord, axis=axis, keepdims=keepdims)
    return y.astype(x.dtype) if short else y


def _modulus(x: Any) -> Any:
    return absolute(x) if x.dtype.kind == "c" else x


@implements(np.linalg.vector_norm, arrays=1)
def vector_norm(x: Any, *, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Any:
    """(Σ |x|^ord)^(1/ord) over axis; the largest |x| for inf, the smallest for -inf, how many are not 0 for 0.

    As `numpy.linalg.vector_norm`.  The gradient is 0 where the norm is 0, and for ord below 2 where x is 0.
    """
    x = _modulus(operand(x))
    if ord in (np.inf, -np.inf):
        return (max if ord > 0 else min)(absolute(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum((x != 0).astype(x.dtype), axis=axis, keepdims=keepdims)
    if isinstance(ord, str):
        raise ValueError(f"norm: ord={ord!r} is for matrices, not for vectors")
    return _vector_norm(x, ord=ord, axis=axis, keepdims=keepdims)


vector_norm.op = _vector_norm.op  # type: ignore[attr-defined]


@implements(np.linalg.matrix_norm, arrays=1)
def matrix_norm(x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Norms of the matrices in the last two axes.  As `numpy.linalg.matrix_norm`.

    "fro" or None: of all elements; "nuc", 2, -2: the sum, the largest, the smallest of the singular values; 1, -1, inf,
    -inf: the largest and smallest sums of |x| of columns and of rows.
    """
    if ord in ("fro", None):
        return _vector_norm(_modulus(operand(x)), axis=(-2, -1), keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        sums = sum(absolute(x), axis=-2 if abs(ord) == 1 else -1)
        result = (max if ord > 0 else min)(sums, axis=-1)
    elif ord in ("nuc", 2, -2):
        values = svdvals(x)
        result = sum(values, axis=-1) if ord == "nuc" else values[..., 0 if ord == 2 else -1]
    else:
        raise ValueError(f"norm: ord of a matrix is 'fro', 'nuc', inf, -inf, 1, -1, 2 or -2, not {ord!r}")
    return expand_dims(result, (-2, -1)) if keepdims else result


@implements(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """Norm of vectors along an axis or of matrices along two; of all elements by default.  As `numpy.linalg.norm`.

    See `vector_norm` and `matrix_norm` for what ord may be.
    """
    x = operand(x)
    if axis is None and (ord is None or (ord in ("fro", "f") and x.ndim == 2) or (ord == 2 and x.ndim == 1)):
        return _vector_norm(_modulus(x), axis=axis, keepdims=keepdims)
    axes = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim)
    if len(axes) == 1:
        return vector_norm(x, axis=axes[0], keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) != 2:
        raise ValueError(f"norm: axis names one axis (of vectors) or two (of matrices), not {len(axes)}")
    result = matrix_norm(moveaxis(x, axes, (-2, -1)), ord="fro" if ord == "f" else ord)
    return expand_dims(result, axes) if keepdims else result


@implements(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """Condition numbers: norms of x times those of its inverse, by any ord of matrices.  As `numpy.linalg.cond`.

    Raises
    ------
    LinAlgError
        If a gradient is wanted and the number is infinite, as x is singular.
    """
    if not is_recorded(x):
        number = np.linalg.cond(raw(x), p)
        return Tensor(number) if type(x) is Tensor else number
    if p not in (None, 2, -2):
        return matrix_norm(x, ord=p) * matrix_norm(inv(x), ord=p)
    values = svdvals(x)
    over, under = (values[..., -1], values[..., 0]) if p == -2 else (values[..., 0], values[..., -1])
    if not np.all(raw(under)):
        raise LinAlgError("cond: a matrix is singular; there the condition number has no gradient")
    return over / under
