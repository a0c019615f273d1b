r"""Inverses, determinants and linear systems; the last two axes are a matrix, those before them a batch."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.linalg import LinAlgError
from numpy.typing import DTypeLike

from ..core import Tensor, implements, primitive, without_gradient
from .arithmetic import raw, where
from .decompositions import is_recorded, mT, svdvals
from .einsum import einsum
from .products import cross, matmul, outer
from .reductions import sum
from .shaping import expand_dims, operand, reshape, squeeze, transpose

__all__ = [
    "det",
    "diagonal",
    "expm",
    "inv",
    "lstsq",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "pinv",
    "slogdet",
    "solve",
    "tensorinv",
    "tensorsolve",
    "trace",
]

matrix_transpose = implements(np.linalg.matrix_transpose, arrays=1)(mT)


@implements(np.linalg.diagonal, arrays=1)
def diagonal(x: Any, *, offset: int = 0) -> Any:
    """Diagonals of the matrices, above the main one for a positive offset.  As `numpy.linalg.diagonal`."""
    x = operand(x)
    rows, columns = x.shape[-2:]
    n = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    top, left = max(-offset, 0), max(offset, 0)
    return einsum("...ii->...i", x[..., top : top + n, left : left + n])


@implements(np.linalg.trace, arrays=1)
def trace(x: Any, *, offset: int = 0, dtype: DTypeLike | None = None) -> Any:
    """Sum the diagonals of the matrices.  As `numpy.linalg.trace`."""
    return sum(diagonal(x, offset=offset), axis=-1, dtype=dtype)


@implements(np.linalg.cross, arrays=2)
def _linalg_cross(a: Any, b: Any, *, axis: int = -1) -> Any:
    sides = np.shape(a)[axis], np.shape(b)[axis]
    if sides != (3, 3):
        raise ValueError(f"linalg.cross: vectors have 3 components, not {sides[0]} and {sides[1]}")
    return cross(a, b, axis=axis)


@implements(np.linalg.outer, arrays=2)
def _linalg_outer(a: Any, b: Any) -> Any:
    if np.ndim(a) != 1 or np.ndim(b) != 1:
        raise ValueError(f"linalg.outer: two vectors are wanted, not shapes {np.shape(a)} and {np.shape(b)}")
    return outer(a, b)


@primitive(
    lambda g, y, _a: -(mT(y) @ g @ mT(y)),
    of=np.linalg.inv,
    complex=True,
    formula=r"\bar A = -Y^{\mathsf T} \bar Y Y^{\mathsf T}",
)
def inv(a: Any) -> Any:
    """Inverses.  As `numpy.linalg.inv`."""
    return np.linalg.inv(a)


def _pinv_rule(g: Any, y: Any, a: Any, *, rcond: Any = None, rtol: Any = None) -> Any:
    gt, yt = mT(g), mT(y)
    outside = (gt - a @ (y @ gt)) @ (y @ yt) + yt @ y @ (gt - gt @ y @ a)
    return outside - yt @ g @ yt


@primitive(
    _pinv_rule,
    of=np.linalg.pinv,
    formula=r"\bar A = -Y^{\mathsf T} \bar Y Y^{\mathsf T} + (I - AY) \bar Y^{\mathsf T} Y Y^{\mathsf T}"
    r" + Y^{\mathsf T} Y \bar Y^{\mathsf T} (I - YA)",
)
def pinv(a: Any, rcond: Any = None, *, rtol: Any = None) -> Any:
    """Pseudo-inverses.  As `numpy.linalg.pinv`.

    The gradient is that of a change which keeps the rank; where the rank changes the pseudo-inverse jumps (Golub &
    Pereyra, SIAM J. Numer. Anal. 10, 1973, eq. 4.12).
    """
    return np.linalg.pinv(a, rcond) if rtol is None else np.linalg.pinv(a, rcond, rtol=rtol)


@primitive(
    lambda g, y, a, _b: -(_solve(mT(a), g) @ mT(y)),
    lambda g, _y, a, _b: _solve(mT(a), g),
    name="solve",
    broadcasts=True,
    complex=True,
    formula=r"\bar B = A^{-\mathsf T} \bar X,\; \bar A = -\bar B X^{\mathsf T}",
)
def _solve(a: Any, b: Any) -> Any:
    return np.linalg.solve(a, b)


@implements(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """X of a @ x = b; b is one vector if it has one axis, and matrices otherwise.  As `numpy.linalg.solve`."""
    if np.ndim(b) == 1:
        return squeeze(_solve(a, expand_dims(b, -1)), -1)
    return _solve(a, b)


solve.op = _solve.op  # type: ignore[attr-defined]


@primitive(
    lambda g, _y, a: np.expand_dims(g, (-2, -1)) * cofactor(a),
    of=np.linalg.det,
    formula=r"\bar A = \bar y \operatorname{cof} A",
)
def det(a: Any) -> Any:
    """Give determinants, with a gradient also where they are 0: the cofactors.  As `numpy.linalg.det`."""
    return np.linalg.det(a)


@primitive(
    lambda g, _y, a: cofactor_slope(g, a),
    formula=r"\bar A = (\operatorname{tr}(C^{\mathsf T} \bar C)\, C - C \bar C^{\mathsf T} C) / \det A",
)
def cofactor(a: Any) -> Any:
    """Cofactors, det(a) inv(a).T: the gradient of the determinant, also where a is singular or nearly so."""
    a = np.asarray(a)
    try:
        inverse = np.linalg.inv(a)
        condition = np.abs(a).sum(-1).max(-1, initial=0) * np.abs(inverse).sum(-1).max(-1, initial=0)
        if np.all(condition < 1 / np.sqrt(np.finfo(inverse.dtype).eps)):
            return np.linalg.det(a)[..., None, None] * mT(inverse)
    except LinAlgError:
        pass
    u, s, vh = np.linalg.svd(a)
    others = np.prod(np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]), axis=-1, keepdims=True)
    return (np.linalg.det(u) * np.linalg.det(vh))[..., None, None] * (u @ (others * vh))


def _cofactor_slope_rule(g: Any, _y: Any, x: Any, a: Any) -> Any:
    if a.size and np.max(np.linalg.cond(raw(a))) > 1 / np.sqrt(np.finfo(a.dtype).eps):
        raise LinAlgError("det: there are no third derivatives at a singular matrix")
    k = mT(inv(a))
    kx, kg = k @ mT(x), k @ mT(g)
    in_x, in_g = (expand_dims(trace(product), (-2, -1)) for product in (kx, kg))
    both = kx @ kg
    inner = (in_x * in_g - expand_dims(trace(both), (-2, -1))) * np.eye(a.shape[-1], dtype=a.dtype)
    return expand_dims(det(a), (-2, -1)) * (inner - in_g * kx - in_x * kg + both + kg @ kx) @ k


@primitive(
    lambda g, _y, _x, a: cofactor_slope(g, a),
    _cofactor_slope_rule,
    formula=r"\bar X = \text{the same of } \bar Y; \; \bar A: \text{third derivatives of } \det A",
)
def cofactor_slope(x: Any, a: Any) -> Any:
    """Slope of the cofactors of a along x: (tr(Cᵀx) C - C xᵀ C) / det(a), with the cofactors C.

    Where a is singular, this has a limit: in the basis of singular vectors, products of all singular values but two.
    """
    u, s, vh = np.linalg.svd(a)
    n = s.shape[-1]
    eye = np.eye(n, dtype=bool)
    products = np.prod(np.where(eye[:, None] | eye, 1, s[..., None, None, :]), axis=-1) * ~eye
    inner = mT(u) @ x @ mT(vh)
    along = products @ np.diagonal(inner, axis1=-2, axis2=-1)[..., None] * eye
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return sign[..., None, None] * (u @ (along - products * mT(inner)) @ vh)


def _slogdet_rule(g: Any, y: Any, a: Any) -> Any:
    g, singular = np.expand_dims(g[1], (-2, -1)), np.isneginf(raw(y[1]))[..., None, None]
    if singular.any():
        if is_recorded(g) or np.any(raw(g)[singular]):
            raise LinAlgError("slogdet: a matrix is singular; there log|det| is -inf and has no gradient")
        a = where(singular, np.eye(a.shape[-1], dtype=a.dtype), a)  # of no influence: the cotangent is 0
    return g * mT(inv(a))


@primitive(
    _slogdet_rule,
    of=np.linalg.slogdet,
    formula=r"\bar A = \bar y\, A^{-\mathsf T}, \; y = \log|\det A|",
)
def slogdet(a: Any) -> Any:
    """(sign, logabsdet): the determinant's sign, and the logarithm of its absolute value.  As `numpy.linalg.slogdet`.

    Raises
    ------
    LinAlgError
        By backward, where a matrix is singular.
    """
    return np.linalg.slogdet(a)


@implements(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, Any, int, Any]:
    """(x, residuals, rank, singular values) of the least squares problem a @ x = b.  As `numpy.linalg.lstsq`.

    Raises
    ------
    LinAlgError
        If a has not full rank, and a gradient with respect to it is wanted: x jumps there.
    """
    if type(a) is not Tensor and type(b) is not Tensor:
        return np.linalg.lstsq(a, b, rcond=rcond)
    a, b = operand(a), operand(b)
    _, residuals, rank, _ = np.linalg.lstsq(raw(a), raw(b), rcond=rcond)
    if rank < min(a.shape) and is_recorded(a):
        raise LinAlgError(f"lstsq: a {a.shape} has rank {rank}; the solution has a gradient only where a has full rank")
    rcond = max(a.shape) * np.finfo(np.result_type(a.dtype, float)).eps if rcond is None else rcond
    x = matmul(pinv(a, rcond=rcond), b)
    if residuals.size:
        residuals = reshape(sum((b - matmul(a, x)) ** 2, axis=0), residuals.shape)
    return x, residuals if type(residuals) is Tensor else Tensor(residuals), int(rank), svdvals(a)


@implements(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Any:
    """X of tensordot(a, x, x.ndim) = b, with axes of a moved to the end first.  As `numpy.linalg.tensorsolve`."""
    a, b = operand(a), operand(b)
    if axes is not None:
        last = [axis % a.ndim for axis in axes]
        a = transpose(a, axes=[axis for axis in range(a.ndim) if axis not in last] + last)
    shape = a.shape[b.ndim :]
    n = math.prod(shape)
    if not n == math.prod(a.shape[: b.ndim]) == b.size:
        raise LinAlgError(f"tensorsolve: a {a.shape} with b {b.shape} is not a square system of equations")
    return reshape(solve(reshape(a, (n, n)), reshape(b, (n,))), shape)


@implements(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """Inverse of a as a linear map from its last axes to its first ``ind``.  As `numpy.linalg.tensorinv`."""
    a = operand(a)
    if ind <= 0:
        raise ValueError(f"tensorinv: ind is positive, not {ind}")
    n = math.prod(a.shape[ind:])
    return reshape(inv(reshape(a, (n, n))), a.shape[ind:] + a.shape[:ind])


@implements(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """Multiply a n times by repeated squaring, or its inverse for negative n.  As `numpy.linalg.matrix_power`."""
    a = operand(a)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise LinAlgError(f"matrix_power: square matrices are wanted, not shape {a.shape}")
    if n == 0:
        return where(False, a, np.eye(a.shape[-1], dtype=a.dtype))
    factor = inv(a) if n < 0 else a
    power = factor
    for digit in f"{abs(n):b}"[1:]:
        power = matmul(power, power)
        if digit == "1":
            power = matmul(power, factor)
    return power


@without_gradient
def matrix_rank(a: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """How many singular values are not negligible: a number without a gradient.  As `numpy.linalg.matrix_rank`."""
    return np.linalg.matrix_rank(a, tol, hermitian, rtol=rtol)


@implements(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any]) -> Any:
    """Product of matrices, in the order that takes least arithmetic.  As `numpy.linalg.multi_dot`."""
    arrays = [operand(x) for x in arrays]
    if len(arrays) < 2:
        raise ValueError(f"multi_dot: at least two arrays are wanted, not {len(arrays)}")
    first, last = arrays[0].ndim == 1, arrays[-1].ndim == 1
    if first:
        arrays[0] = expand_dims(arrays[0], 0)
    if last:
        arrays[-1] = expand_dims(arrays[-1], 1)
    if any(x.ndim != 2 for x in arrays):
        raise LinAlgError("multi_dot: matrices are wanted; the first and the last may be vectors")
    product = _chain(arrays)
    return squeeze(product, axis=(0,) * first + (1,) * last)


def _chain(matrices: list[Any]) -> Any:
    """Multiply in the cheapest order: Cormen et al., Introduction to Algorithms, section 15.2."""
    n, sides = len(matrices), [x.shape[0] for x in matrices] + [matrices[-1].shape[1]]
    best: dict[tuple[int, int], tuple[int, int]] = {(i, i + 1): (0, i) for i in range(n)}
    for length in range(2, n + 1):
        for i in range(n - length + 1):
            j = i + length
            best[i, j] = min(
                (best[i, k][0] + best[k, j][0] + sides[i] * sides[k] * sides[j], k) for k in range(i + 1, j)
            )

    def product(i: int, j: int) -> Any:
        if j == i + 1:
            return matrices[i]
        k = best[i, j][1]
        return matmul(product(i, k), product(k, j))

    return product(0, n)


_PADE = (
    *(64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0),
    *(10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0),
)


def expm(a: Any) -> Any:
    """Exponentials of matrices: scaling, a Padé approximant, and squaring.

    Higham, SIAM J. Matrix Anal. Appl. 26, 2005, algorithm 2.3 with m = 13.
    """
    a = operand(a)
    size = np.abs(raw(a)).sum(-2).max(initial=0)
    squarings = max(0, math.ceil(math.log2(size / 5.37))) if 0 < size < np.inf else 0
    a = a * 0.5**squarings
    b, unit = _PADE, np.eye(a.shape[-1], dtype=a.dtype)
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a4 @ a2
    u = a @ (a6 @ (b[13] * a6 + b[11] * a4 + b[9] * a2) + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * unit)
    v = a6 @ (b[12] * a6 + b[10] * a4 + b[8] * a2) + b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * unit
    y = solve(v - u, v + u)
    for _ in range(squarings):
        y = y @ y
    return y
