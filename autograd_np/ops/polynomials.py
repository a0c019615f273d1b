"""Polynomials by their coefficients, the highest power first."""

import warnings
from typing import Any

import numpy as np
from numpy.exceptions import RankWarning
from numpy.linalg import LinAlgError

from ..core import implements, primitive
from .arithmetic import raw, sqrt
from .calculus import convolve
from .joining import concatenate
from .linalg import inv, lstsq
from .products import matmul
from .reductions import sum
from .scans import as_dtype
from .shaping import expand_dims, reshape, transpose
from .statistics import floating

__all__ = [
    "poly",
    "polyadd",
    "polyder",
    "polydiv",
    "polyfit",
    "polyint",
    "polymul",
    "polysub",
    "polyval",
    "roots",
    "vander",
]


def _coefficients(p: Any) -> Any:
    p = as_dtype(p, None)
    return p if p.ndim else reshape(p, shape=1)


@implements(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """Value at x of a polynomial, by Horner's scheme.  As `numpy.polyval`."""
    p, x = as_dtype(p, None), as_dtype(x, None)
    y = np.zeros_like(raw(x))
    for i in range(p.shape[0]):
        y = y * x + p[i]
    return y


@implements(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """Coefficients of the derivative of order m.  As `numpy.polyder`."""
    if m < 0:
        raise ValueError(f"polyder: the order is at least 0, not {m}")
    p = as_dtype(p, None)
    for _ in range(m):
        p = p[:-1] * np.arange(p.shape[0] - 1, 0, -1)
    return p


@implements(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """Coefficients of the integral of order m; k are its constants, the first integration's first.

    As `numpy.polyint`.
    """
    if m < 0:
        raise ValueError(f"polyint: the order is at least 0, not {m}")
    p = as_dtype(p, None)
    constants = np.zeros(m) if k is None else _coefficients(k)
    if constants.shape[0] == 1 and m > 1:
        constants = constants * np.ones(m)
    if constants.shape[0] < m:
        raise ValueError(f"polyint: {constants.shape[0]} constants for {m} integrations; give one, or one for each")
    for i in range(m):
        p = concatenate([p / np.arange(p.shape[0], 0, -1), constants[i : i + 1]])
    return p


def _padded(a: Any, n: int) -> Any:
    return concatenate([np.zeros(n - a.shape[0], a.dtype), a]) if a.shape[0] < n else a


@implements(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """Coefficients of the sum.  As `numpy.polyadd`."""
    a1, a2 = _coefficients(a1), _coefficients(a2)
    n = max(a1.shape[0], a2.shape[0])
    return _padded(a1, n) + _padded(a2, n)


@implements(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """Coefficients of the difference.  As `numpy.polysub`."""
    a1, a2 = _coefficients(a1), _coefficients(a2)
    n = max(a1.shape[0], a2.shape[0])
    return _padded(a1, n) - _padded(a2, n)


def _significant(a: Any) -> Any:
    """Leave out leading coefficients of 0, but for the last."""
    a = _coefficients(a)
    leading = np.flatnonzero(raw(a))
    return a[leading[0] if leading.size else a.shape[0] - 1 :]


@implements(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """Coefficients of the product, without leading zeros of the factors.  As `numpy.polymul`."""
    return convolve(_significant(a1), _significant(a2))


@implements(np.polydiv)
def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """Coefficients of the quotient and of the remainder; the remainder's leading ones that are 0 are left out.

    As `numpy.polydiv`.
    """
    u, v = floating(_coefficients(u)), floating(_coefficients(v))
    quotient = []
    for k in range(u.shape[0] - v.shape[0] + 1):
        q = u[k : k + 1] / v[0]
        taken = concatenate([np.zeros(k, v.dtype), q * v, np.zeros(u.shape[0] - k - v.shape[0], v.dtype)])
        u = u - taken
        quotient.append(q)
    u = u[len(quotient) :] if v.shape[0] > 1 else 0 * u[-1:]  # what was divided is 0 but for rounding
    other = np.flatnonzero(~np.isclose(raw(u), 0))
    return concatenate(quotient or [0 * u[:1]]), u[other[0] if other.size else u.shape[0] - 1 :]


@implements(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """Coefficients of the polynomial with these roots and a leading 1.  As `numpy.poly`, of real roots."""
    roots = _coefficients(seq_of_zeros)
    if roots.ndim > 1:
        raise TypeError(f"poly: roots have one axis, not {roots.shape}; of a matrix, give np.linalg.eigvalsh(matrix)")
    p = np.ones(1, roots.dtype)
    for i in range(roots.shape[0]):
        p = convolve(p, concatenate([np.ones(1, roots.dtype), -roots[i : i + 1]]))
    return p


@implements(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """Matrix of the powers of x, a row for each element.  As `numpy.vander`."""
    x = as_dtype(x, None)
    if x.ndim != 1:
        raise ValueError(f"vander: x has one axis, not shape {x.shape}")
    powers = np.arange(x.shape[0] if N is None else N)
    return expand_dims(x, axis=1) ** (powers if increasing else powers[::-1])


def _roots_rule(g: Any, y: Any, p: Any) -> Any:
    slopes = polyval(polyder(p), y)
    if not np.all(raw(slopes)):
        raise LinAlgError("roots: a root is a multiple one; there it has no gradient")
    return -matmul(g / slopes, vander(y, p.shape[0]))


@primitive(
    _roots_rule, of=np.roots, complex=True, formula=r"\bar p_k = -\textstyle\sum_i \bar y_i y_i^{n - k} / p'(y_i)"
)
def roots(p: Any) -> Any:
    """Roots of the polynomial with these coefficients.  As `numpy.roots`.

    Raises
    ------
    LinAlgError
        By backward, where a root is a multiple one.
    """
    return np.roots(p)


@implements(np.polyfit)
def polyfit(
    x: Any,
    y: Any,
    deg: int,
    rcond: float | None = None,
    full: bool = False,
    w: Any = None,
    cov: bool | str = False,
) -> Any:
    """Coefficients of the polynomial of degree deg that is nearest to the points, by least squares with weights w.

    As `numpy.polyfit`: also the residuals, the rank and the singular values if ``full``, or the covariance of the
    coefficients if ``cov``.  Gradients flow to x, y and w.

    Raises
    ------
    LinAlgError
        If the points do not determine the polynomial, and a gradient with respect to x or w is wanted.
    """
    x, y = as_dtype(x, float), as_dtype(y, float)
    if x.ndim != 1 or not x.size or y.ndim not in (1, 2) or y.shape[0] != x.size or deg < 0:
        raise ValueError(
            f"polyfit: x has one axis, y as many rows, deg is 0 at least; {x.shape}, {y.shape}, {deg} given"
        )
    rows = vander(x, deg + 1)
    if w is not None:
        w = as_dtype(w, float)
        if w.shape != x.shape:
            raise ValueError(f"polyfit: there is a weight for each point; {w.shape} given for {x.shape}")
        rows, y = rows * expand_dims(w, axis=1), y * (expand_dims(w, axis=1) if y.ndim == 2 else w)
    scale = sqrt(sum(rows * rows, axis=0))
    rcond = x.size * np.finfo(float).eps if rcond is None else rcond
    solution, residuals, rank, values = lstsq(rows / scale, y, rcond)
    coefficients = solution / (expand_dims(scale, axis=1) if y.ndim == 2 else scale)
    if full:
        return coefficients, residuals, rank, values, rcond
    if rank != deg + 1:
        warnings.warn("polyfit: the points do not determine the polynomial", RankWarning, stacklevel=2)
    if not cov:
        return coefficients
    spread = inv(matmul(transpose(rows), rows))
    if cov == "unscaled":
        factor: Any = 1
    elif x.size <= deg + 1:
        raise ValueError(f"polyfit: {x.size} points are too few to scale the covariance of {deg + 1} coefficients")
    else:
        factor = residuals / (x.size - deg - 1)
    if y.ndim == 2:
        return coefficients, expand_dims(spread, axis=-1) * factor
    return coefficients, spread * factor
