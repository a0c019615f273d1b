"""Polynomials by their coefficients, the highest power first."""

from typing import Any

import numpy as np

from ..core import Tensor, implements
from .arithmetic import raw
from .calculus import convolve
from .joining import concatenate
from .products import matmul
from .scans import as_dtype
from .shaping import expand_dims, reshape
from .statistics import floating

__all__ = ["poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint", "polymul", "polysub", "polyval", "vander"]


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


@implements(np.polyfit)
def polyfit(x: Any, y: Any, deg: int, rcond: float | None = None, *, w: Any = None) -> Any:
    """Coefficients of the polynomial of degree deg that is nearest to the points, by least squares.

    As `numpy.polyfit`, without its reports.  They are linear in y; to x and to the weights w no gradient flows.

    Raises
    ------
    TypeError
        If x or w is a Tensor that requires a gradient.
    """
    for name, value in (("x", x), ("w", w)):
        if type(value) is Tensor and value.requires_grad:
            raise TypeError(
                f"polyfit: no gradient flows to {name}; pass {name}.detach(), or solve with np.linalg.lstsq"
            )
    x, y = np.asarray(raw(x), dtype=float), as_dtype(y, float)
    if x.ndim != 1 or not x.size or y.ndim not in (1, 2) or y.shape[0] != x.size or deg < 0:
        raise ValueError(
            f"polyfit: x has one axis, y as many rows, deg is 0 at least; {x.shape}, {y.shape}, {deg} given"
        )
    weights = np.ones(x.size) if w is None else np.asarray(raw(w), dtype=float)
    rows = np.vander(x, deg + 1) * weights[:, None]
    scale = np.sqrt((rows * rows).sum(axis=0))
    rcond = x.size * np.finfo(float).eps if rcond is None else rcond
    solver = np.linalg.lstsq(rows / scale, np.diag(weights), rcond)[0] / scale[:, None]
    return matmul(solver, y)
