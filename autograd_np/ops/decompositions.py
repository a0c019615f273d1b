r"""Factors of matrices: Cholesky, eigenvectors, singular vectors, QR.

The last two axes are a matrix, those before them a batch.  Eigenvectors and singular vectors of values that are equal
are any basis of a space, and have no derivative: the rules raise an error where one would be needed.
"""

from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from ..core import Tensor, implements, primitive
from .arithmetic import raw
from .joining import concatenate
from .shaping import expand_dims, operand, squeeze, swapaxes

__all__ = ["cholesky", "eigh", "eigvalsh", "qr", "svd", "svdvals"]


def mT(x: Any) -> Any:
    """Transpose the matrices.  As `numpy.linalg.matrix_transpose`."""
    return swapaxes(x, -1, -2)


def _adjoint(x: Any) -> Any:
    """Give the conjugate transposes."""
    return mT(np.conjugate(x) if x.dtype.kind == "c" else x)


def _symmetric(x: Any) -> Any:
    return (x + mT(x)) / 2


def _lower(n: int, dtype: np.dtype, diagonal: float) -> np.ndarray:
    """Ones below the diagonal and a number on it: what picks the lower triangle of a matrix."""
    return np.tri(n, k=-1, dtype=dtype) + diagonal * np.eye(n, dtype=dtype)


def _cholesky_rule(g: Any, y: Any, _a: Any) -> Any:
    inner = _symmetric(mT(y) @ g * _lower(y.shape[-1], y.dtype, 0.5))
    inverse = np.linalg.inv(y)
    return mT(inverse) @ inner @ inverse


@primitive(
    _cholesky_rule,
    name="cholesky",
    formula=r"\bar A = L^{-\mathsf T} \operatorname{sym}(\Phi(L^{\mathsf T} \bar L)) L^{-1},"
    r"\; \Phi: \text{lower triangle, half the diagonal}",
)
def _cholesky(a: Any) -> Any:
    return np.linalg.cholesky(a)


@implements(np.linalg.cholesky, arrays=1)
def cholesky(a: Any, *, upper: bool = False) -> Any:
    """L of a = L @ L.T, lower triangular; or its transpose.  As `numpy.linalg.cholesky`.

    Only one triangle of a is read, for both: the gradient is the symmetric one (Murray, arXiv:1602.07527, eq. 10).
    """
    return mT(_cholesky(mT(a))) if upper else _cholesky(a)


cholesky.op = _cholesky.op  # type: ignore[attr-defined]


def is_recorded(g: Any) -> bool:
    """Whether a cotangent is differentiated itself: then it has an influence even where it is 0."""
    return type(g) is Tensor and g.node is not None


def is_used(g: Any) -> bool:
    return is_recorded(g) or bool(np.any(raw(g)))


def diagonal_matrix(d: Any) -> Any:
    return expand_dims(d, -1) * np.eye(d.shape[-1], dtype=d.dtype)


def shared(g: Any, values: np.ndarray) -> Any:
    """Let equal values have equal shares of their cotangents, whichever vectors were chosen for them."""
    equal = values[..., :, None] == values[..., None, :]
    if np.count_nonzero(equal) == values.size:
        return g
    return squeeze((equal / equal.sum(-1, keepdims=True)).astype(values.dtype) @ expand_dims(g, -1), -1)


def _rounding(values: np.ndarray) -> np.ndarray:
    """How large the rounding errors of eigenvalues and singular values may be."""
    return 10 * values.shape[-1] * np.finfo(values.dtype).eps * np.abs(values).max(-1, initial=0, keepdims=True)


def check_separate(name: str, values: np.ndarray, *cotangents: Any) -> np.ndarray:
    """Tell which values differ by rounding errors at most; raise where the columns of vectors of such are used."""
    close = np.abs(values[..., :, None] - values[..., None, :]) <= _rounding(values)[..., None]
    pairs = close & ~np.eye(values.shape[-1], dtype=bool)
    if pairs.any():
        for g in cotangents:
            columns = np.any(raw(g), axis=-2) | is_recorded(g)
            if (pairs & (columns[..., :, None] | columns[..., None, :])).any():
                raise LinAlgError(
                    f"{name}: equal values have no vectors of their own, so these have no gradient; "
                    "functions of the values alone have one"
                )
    return close


def inverse_gaps(values: Any, close: np.ndarray) -> Any:
    """1 / (w_j - w_i), and 0 for pairs that are too close."""
    gaps = expand_dims(values, -2) - expand_dims(values, -1)
    return np.where(close, 0, 1 / np.where(close, 1, gaps))


def _first(q: Any, g: Any, n: int, name: str, remedy: str) -> tuple[Any, Any]:
    """Give the first n of some orthonormal columns, and their cotangents with those of the other columns put in.

    The others are any basis of what is left, and turn with the first ones: dP = -Q dQᵀ P.
    """
    if q.shape[-1] == n:
        return q, g
    first, others, g_first, g_others = q[..., :n], q[..., n:], g[..., :n], g[..., n:]
    turn = raw(mT(others) @ g_others)
    error = np.abs(turn - mT(turn)).max(initial=0)
    if error > np.sqrt(np.finfo(turn.dtype).eps) * np.abs(raw(g)).max(initial=0):
        raise LinAlgError(
            f"{name}: the columns beyond the first {n} are any basis of what is left, and only functions that do not "
            f"depend on the choice have a gradient; use {remedy}"
        )
    return first, g_first - others @ (mT(g_others) @ first)


def _eigh_rule(g: Any, y: Any, _a: Any, *, UPLO: str = "L") -> Any:
    (dw, dv), (w, v) = g, y
    inner = diagonal_matrix(shared(dw, raw(w)))
    if is_used(dv):
        close = check_separate("eigh", raw(w), dv)
        inner = inner + inverse_gaps(w, close) * (mT(v) @ dv)
    return _symmetric(v @ inner @ mT(v))


@primitive(
    _eigh_rule,
    of=np.linalg.eigh,
    formula=r"\bar A = V (\operatorname{diag} \bar w + F \odot V^{\mathsf T} \bar V) V^{\mathsf T},"
    r"\; F_{ij} = 1 / (w_j - w_i)",
)
def eigh(a: Any, UPLO: Any = "L") -> Any:
    """(eigenvalues, eigenvectors) of symmetric matrices, ascending.  As `numpy.linalg.eigh`.

    Only one triangle of a is read, for both: the gradient is the symmetric one.  Equal eigenvalues share their
    cotangents evenly.

    Raises
    ------
    LinAlgError
        By backward, where a function of the eigenvectors of equal eigenvalues is differentiated.
    """
    return np.linalg.eigh(a, UPLO)


@implements(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: Any = "L") -> Any:
    """Eigenvalues of symmetric matrices, ascending.  As `numpy.linalg.eigvalsh`; see `eigh`."""
    return eigh(a, UPLO=UPLO)[0] if type(a) is Tensor else np.linalg.eigvalsh(a, UPLO)


def _svd_rule(g: Any, y: Any, _a: Any, *, full_matrices: bool = True) -> Any:
    (du, ds, dvh), (u, s, vh) = g, y
    u, du = _first(u, du, s.shape[-1], "svd", "full_matrices=False")
    v, dv = _first(mT(vh), mT(dvh), s.shape[-1], "svd", "full_matrices=False")
    values = raw(s)
    inner = diagonal_matrix(np.where(values == 0, 0, shared(ds, values)))
    if not (is_used(du) or is_used(dv)):
        return u @ inner @ mT(v)
    close = check_separate("svd", values, du, dv)
    in_u, in_v = mT(u) @ du, mT(v) @ dv
    sums = expand_dims(s, -2) + expand_dims(s, -1)
    gaps = inverse_gaps(s, close) / np.where(close, 1, sums)  # 1 / (s_j² - s_i²)
    row, column = expand_dims(s, -2), expand_dims(s, -1)
    inner = inner + (gaps * (in_u - mT(in_u))) * row + column * (gaps * (in_v - mT(in_v)))
    total = u @ inner @ mT(v)
    # Where there are more rows or columns than singular values, vectors can turn out of the space that they span.
    row = np.where(values[..., None, :] == 0, 1, row)
    if u.shape[-2] > u.shape[-1]:
        total = total + (_turning_out(du - u @ in_u, values) / row) @ mT(v)
    if v.shape[-2] > v.shape[-1]:
        total = total + (u / row) @ mT(_turning_out(dv - v @ in_v, values))
    return total


def _turning_out(g: Any, values: np.ndarray) -> Any:
    zero = values <= _rounding(values)
    if np.any(zero & (np.any(raw(g), axis=-2) | is_recorded(g))):
        raise LinAlgError("svd: the singular vectors of a singular value 0 have no gradient where a is not square")
    return g


@primitive(
    _svd_rule,
    name="svd",
    formula=r"\bar A = U (F \odot (U^{\mathsf T}\bar U - \bar U^{\mathsf T}U) S + \operatorname{diag} \bar s"
    r" + S F \odot (V^{\mathsf T}\bar V - \bar V^{\mathsf T}V)) V^{\mathsf T}"
    r" + (I - UU^{\mathsf T}) \bar U S^{-1} V^{\mathsf T} + U S^{-1} \bar V^{\mathsf T} (I - VV^{\mathsf T}),"
    r"\; F_{ij} = 1 / (s_j^2 - s_i^2)",
)
def _svd(a: Any, full_matrices: bool = True) -> Any:
    return np.linalg.svd(a, full_matrices)


@implements(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """(U, S, Vh) of a = U @ diag(S) @ Vh, or S alone.  As `numpy.linalg.svd`.

    Equal singular values share their cotangents evenly; a singular value 0 has gradient 0.

    Raises
    ------
    LinAlgError
        By backward, where a function of vectors is differentiated that are not determined: those of equal singular
        values, those of 0 where a is not square, and several that ``full_matrices`` adds, unless the function is the
        same for each basis of their space.
    """
    return _svd(a, full_matrices=full_matrices) if compute_uv else svdvals(a)


svd.op = _svd.op  # type: ignore[attr-defined]


@implements(np.linalg.svdvals, arrays=1)
def svdvals(a: Any) -> Any:
    """Singular values, descending.  As `numpy.linalg.svdvals`; see `svd`."""
    return _svd(a, full_matrices=False)[1] if type(a) is Tensor else np.linalg.svdvals(a)


def _qr_rule(g: Any, y: Any, _a: Any, *, mode: str = "reduced") -> Any:
    (dq, dr), (q, r) = g, y
    n = r.shape[-1]
    q, dq = _first(q, dq, n, "qr", "mode='reduced'")
    r, dr = r[..., :n, :], dr[..., :n, :]
    inner = r @ mT(dr) - mT(dq) @ q
    below = inner * _lower(n, q.dtype, 0.5)
    try:
        return mT(np.linalg.solve(r, mT(dq + q @ (below + mT(below)))))
    except LinAlgError:
        raise LinAlgError("qr: the columns are linearly dependent, so the factors have no gradient") from None


@primitive(
    _qr_rule,
    name="qr",
    formula=r"\bar A = (\bar Q + Q \operatorname{copyltu}(R \bar R^{\mathsf T} - \bar Q^{\mathsf T} Q)) R^{-\mathsf T}",
)
def _qr(a: Any, mode: Any = "reduced") -> Any:
    return np.linalg.qr(a, mode)


@implements(np.linalg.qr)
def qr(a: Any, mode: Any = "reduced") -> Any:
    """(Q, R) of a = Q @ R, or R alone with mode "r".  As `numpy.linalg.qr`.

    The rule is that of Walter & Lehmann, Algorithmic differentiation of linear algebra functions, 2010; where a has
    more columns than rows, the first ones determine Q.

    Raises
    ------
    LinAlgError
        By backward, where the columns (the first ones) are linearly dependent, or for several columns that "complete"
        adds to Q, unless the function is the same for each basis of their space.
    """
    a = operand(a)
    if type(a) is not Tensor:
        return np.linalg.qr(a, mode)
    if mode == "r":
        return qr(a)[1]
    if mode not in ("reduced", "complete"):
        raise TypeError(
            f"qr: mode is 'reduced', 'complete' or 'r', not {mode!r}; np.linalg.qr(t.data, {mode!r}) is plain"
        )
    rows = a.shape[-2]
    if rows >= a.shape[-1]:
        return _qr(a, mode=mode)
    factors = _qr(a[..., :rows])
    q, r = factors
    return type(factors)(q, concatenate([r, _adjoint(q) @ a[..., rows:]], axis=-1))


qr.op = _qr.op  # type: ignore[attr-defined]
