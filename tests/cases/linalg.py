"""Linear algebra; by construction matrices are well-conditioned, and eigenvalues and singular values separated."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import autograd_np as ag
from autograd_np.ops import linalg
from autograd_np.ops.arithmetic import raw
from autograd_np.testing.strategies import Draw, broadcastable_shapes
from tests.cases.rows import Case, Row


def turn(d: Draw, batch: tuple[int, ...], n: int) -> np.ndarray:
    return np.linalg.qr(d.rng.normal(size=(*batch, n, n)))[0]


def matrix(
    d: Draw, m: int, n: int, batch: tuple[int, ...] | None = None, fits: Callable = lambda x: True
) -> np.ndarray:
    """Singular values at least 0.3 apart, and from 0; tried until it fits."""
    batch = d.one_of((), (), (2,), (1, 2)) if batch is None else batch
    k = min(m, n)
    while True:
        values = 0.5 * np.arange(1, k + 1) + d.rng.uniform(0, 0.2, (*batch, k))
        x = (turn(d, batch, m)[..., :k] * values[..., None, :]) @ turn(d, batch, n)[..., :k, :]
        if fits(x):
            return d.layout(x)


def no_kink(x: np.ndarray) -> bool:
    """Whether sums of absolute values along either axis are far from equal, and elements from 0."""
    sums = [np.diff(np.sort(np.abs(x).sum(axis)), axis=-1) for axis in (-1, -2)]
    return np.abs(x).min() > 0.05 and all(gaps.min(initial=1) > 0.1 for gaps in sums)


def square(d: Draw, batch: tuple[int, ...] | None = None, fits: Callable = lambda x: True) -> np.ndarray:
    n = d.one_of(1, 2, 3)
    return matrix(d, n, n, batch, fits)


def oblong(d: Draw, fits: Callable = lambda x: True) -> np.ndarray:
    return matrix(d, *d.one_of((1, 1), (2, 2), (3, 3), (2, 3), (3, 2), (4, 2), (1, 3)), fits=fits)


def symmetric(d: Draw, positive: bool = False) -> np.ndarray:
    """Eigenvalues at least 0.3 apart, of either sign."""
    n, batch = d.one_of(1, 2, 3), d.one_of((), (2,))
    values = 0.5 * (np.arange(1, n + 1) if positive else np.arange(n) - 0.8) + d.rng.uniform(0, 0.2, (*batch, n))
    v = turn(d, batch, n)
    return d.layout((v * values[..., None, :]) @ np.swapaxes(v, -1, -2))


def sym(x: Any) -> Any:
    return (x + np.swapaxes(x, -1, -2)) / 2


def aligned(columns: Any, wanted: np.ndarray) -> Any:
    """Undo the signs that a decomposition may choose: the columns point as they do at the point of the check."""
    return np.where(np.sum(raw(columns).real * wanted, axis=-2, keepdims=True) < 0, -1.0, 1.0)


def of_square(f: Callable) -> Row:
    return lambda d: (f, [square(d)])


def pinv(d: Draw) -> tuple[Callable, list]:
    if d.one_of(True, False):
        return np.linalg.pinv, [oblong(d)]
    # of a lower rank, which the factors hold
    return lambda a, b: np.linalg.pinv(a @ b, rcond=1e-6), [matrix(d, 3, 2, ()), matrix(d, 2, 3, ())]


def solve(d: Draw) -> tuple[Callable, list]:
    batch_a, batch_b = d(broadcastable_shapes(2))
    a = square(d, batch_a)
    n = a.shape[-1]
    return np.linalg.solve, [a, d.array(d.one_of((n,), (*batch_b, n, 1), (*batch_b, n, 2)))]


def slogdet(d: Draw) -> tuple[Callable, list]:
    return lambda x: np.linalg.slogdet(x).logabsdet, [square(d)]


def cofactor_slope(d: Draw) -> tuple[Callable, list]:
    a = square(d)
    if a.shape[-1] < 3:  # it is the same for every a
        return lambda x: linalg.cofactor_slope(x, a), [d.array(a.shape)]
    return linalg.cofactor_slope, [d.array(a.shape), a]


def cholesky(d: Draw) -> tuple[Callable, list]:
    upper = d.one_of(False, True)
    return lambda x: np.linalg.cholesky(sym(x), upper=upper), [symmetric(d, positive=True)]


def eigh(d: Draw) -> tuple[Callable, list]:
    x, uplo = symmetric(d), d.one_of("L", "U")
    wanted = np.linalg.eigh(x)[1]

    def f(x: Any) -> Any:
        w, v = np.linalg.eigh(sym(x), UPLO=uplo)
        return w, v * aligned(v, wanted)

    return f, [x]


def svd(d: Draw) -> tuple[Callable, list]:
    x, full = oblong(d), d.one_of(False, True)
    u0, k = np.linalg.svd(x)[0], min(x.shape[-2:])

    def f(x: Any) -> Any:
        u, s, vh = np.linalg.svd(x, full_matrices=full)
        sign = aligned(u[..., :k], u0[..., :k])
        parts = [u[..., :k] * sign, s, vh[..., :k, :] * np.swapaxes(sign, -1, -2)]
        if full:  # the plane of the others is determined, and nothing more
            parts += [
                u[..., k:] @ np.swapaxes(u[..., k:], -1, -2),
                np.swapaxes(vh[..., k:, :], -1, -2) @ vh[..., k:, :],
            ]
        return [part for part in parts if part.size]

    return f, [x]


def leading_columns_apart(x: np.ndarray) -> bool:
    """Whether the first columns, those that determine Q, are far from dependent."""
    return np.linalg.svdvals(x[..., : x.shape[-2]]).min() > 0.3


def qr(d: Draw) -> tuple[Callable, list]:
    x, mode = oblong(d, leading_columns_apart), d.one_of("reduced", "complete", "r")
    k = min(x.shape[-2:])
    q0 = np.linalg.qr(x)[0]

    def f(x: Any) -> Any:
        if mode == "r":
            r = np.linalg.qr(x, mode)
            return np.swapaxes(r, -1, -2) @ r
        q, r = np.linalg.qr(x, mode=mode)
        sign = aligned(q[..., :k], q0)
        parts = [q, r] if q.shape[-1] == k else [q[..., :k], r[..., :k, :]]
        if np.any(sign < 0):  # never so at the point of the check itself
            parts = [parts[0] * sign, parts[1] * np.swapaxes(sign, -1, -2)]
        return [*parts, q[..., k:] @ np.swapaxes(q[..., k:], -1, -2)] if q.shape[-1] > k else parts

    return f, [x]


def vector_norm(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    axis, keepdims = d.axes(shape), d.one_of(False, True)
    ord = d.one_of(2, 2, 1, 3, 0.5, 1.5, -1, -2, np.inf, -np.inf)
    return lambda x: np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord), [distinct(d, shape)]


def distinct(d: Draw, shape: tuple[int, ...]) -> np.ndarray:
    """Absolute values at least 0.1 apart, and from 0."""
    n = int(np.prod(shape))
    values = (d.rng.permutation(n) * 0.15 + 0.2 + d.rng.uniform(0, 0.05, n)) * d.rng.choice([-1.0, 1.0], n)
    return d.layout(values.reshape(shape))


def norm(d: Draw) -> tuple[Callable, list]:
    kind, keepdims = d.one_of("all", "vectors", "matrices", "flat"), d.one_of(False, True)
    if kind == "all":
        return lambda x: np.linalg.norm(x, keepdims=keepdims), [distinct(d, d.shape())]
    if kind == "vectors":
        shape = d.shape(1)
        axis, ord = d.axis(shape), d.one_of(None, 2, 1, 3, np.inf, -np.inf)
        return lambda x: np.linalg.norm(x, ord, axis, keepdims), [distinct(d, shape)]
    ord = d.one_of("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf, None)
    if kind == "flat":
        return lambda x: np.linalg.norm(x, ord=ord, keepdims=keepdims), [matrix(d, 3, d.one_of(2, 3), (), no_kink)]
    i, j = d.one_of((0, 1), (2, 0), (-1, 1), (1, 2))
    x = np.moveaxis(matrix(d, 2, 3, (2,), no_kink), (-2, -1), (i, j))
    return lambda x: np.linalg.norm(x, ord=ord, axis=(i, j), keepdims=keepdims), [x]


def matrix_norm(d: Draw) -> tuple[Callable, list]:
    ord, keepdims = d.one_of("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf), d.one_of(False, True)
    return lambda x: np.linalg.matrix_norm(x, ord=ord, keepdims=keepdims), [oblong(d, no_kink)]


def cond(d: Draw) -> tuple[Callable, list]:
    p = d.one_of(None, 2, -2, "fro", 1, np.inf, -1, -np.inf, "nuc")
    if p in (None, 2, -2):
        return lambda x: np.linalg.cond(x, p), [oblong(d)]
    return lambda x: np.linalg.cond(x, p), [square(d, fits=lambda x: no_kink(x) and no_kink(np.linalg.inv(x)))]


def diagonal(d: Draw) -> tuple[Callable, list]:
    offset = d.one_of(0, 0, 1, -1)
    return lambda x: np.linalg.diagonal(x, offset=offset), [d.array((*d.shape(0, 1), 3, d.one_of(2, 4)), "integers")]


def trace(d: Draw) -> tuple[Callable, list]:
    offset = d.one_of(0, 0, 1, -1)
    return lambda x: np.linalg.trace(x, offset=offset), [d.array((*d.shape(0, 1), 3, d.one_of(2, 4)), "integers")]


def lstsq(d: Draw) -> tuple[Callable, list]:
    m, n = d.one_of((3, 3), (4, 2), (3, 1), (2, 3))
    b = d.array(d.one_of((m,), (m, 2)))

    def f(a: Any, b: Any) -> Any:
        x, residuals, _, s = np.linalg.lstsq(a, b)
        return (x, residuals, s) if residuals.size else (x, s)

    return f, [matrix(d, m, n, ()), b]


def tensorsolve(d: Draw) -> tuple[Callable, list]:
    a, axes = matrix(d, 4, 4, ()).reshape(2, 2, 4), d.one_of(None, (2,))
    if axes is None and d.one_of(True, False):
        return lambda a, b: np.linalg.tensorsolve(a, b), [a.reshape(4, 2, 2), d.array((4,))]
    return lambda a, b: np.linalg.tensorsolve(a, b, axes=axes), [a, d.array((2, 2))]


def tensorinv(d: Draw) -> tuple[Callable, list]:
    shape, ind = d.one_of(((2, 2, 4), 2), ((4, 2, 2), 1), ((2, 2, 2, 2), 2))
    return lambda a: np.linalg.tensorinv(a, ind=ind), [matrix(d, 4, 4, ()).reshape(shape)]


def matrix_power(d: Draw) -> tuple[Callable, list]:
    n = d.one_of(0, 1, 2, 3, 5, -1, -2)
    return lambda x: np.linalg.matrix_power(x, n), [square(d)]


def multi_dot(d: Draw) -> tuple[Callable, list]:
    sides = [d.one_of(1, 2, 3) for _ in range(d.one_of(3, 4, 5))]
    shapes = list(pairwise(sides))
    if d.one_of(True, False):
        shapes[0] = shapes[0][1:]
    if d.one_of(True, False) and len(shapes) > 1:
        shapes[-1] = shapes[-1][:1]
    return lambda *arrays: np.linalg.multi_dot(arrays), [d.array(shape, "integers") for shape in shapes]


def expm(d: Draw) -> tuple[Callable, list]:
    return lambda x: ag.linalg.expm(x), [d.one_of(1, 0.1, 5) * square(d)]


def settled(a: np.ndarray) -> bool:
    """Eigenvalues are apart, and the largest component of each vector, the real one, is the largest by far."""
    w, v = np.linalg.eig(a)
    sizes = np.sort(np.abs(v), axis=-2)
    gaps = np.abs(w[..., None] - w[..., None, :]) + 9 * np.eye(w.shape[-1])
    return gaps.min() > 0.8 and bool((sizes[..., -2:-1, :] < 0.8 * sizes[..., -1:, :]).all())


def unordered(found: Any) -> Any:
    """What depends neither on the order of eigenvalues nor on the signs of vectors, which LAPACK chooses freely."""
    if isinstance(found, tuple):
        w, v = found
        return np.sum(np.exp(w)[..., None, :] * v * v, axis=-1)
    return np.sum(np.exp(found), axis=-1)


def general(f: Callable) -> Callable:
    def row(d: Draw) -> tuple[Callable, list]:
        n, batch = d.one_of(1, 2, 3), d.one_of((), (2,))
        while not settled(a := d.rng.uniform(-2, 2, (*batch, n, n))):
            pass
        return lambda a: unordered(f(a)), [d.layout(a)]

    return row


CASES = {
    "eig": Case(general(np.linalg.eig), "Richardson"),
    "inv": Case(of_square(np.linalg.inv)),
    "pinv": Case(pinv),
    "solve": Case(solve),
    "det": Case(of_square(np.linalg.det)),
    "cofactor": Case(of_square(linalg.cofactor)),
    "cofactor_slope": Case(cofactor_slope),
    "slogdet": Case(slogdet),
    "cholesky": Case(cholesky),
    "eigh": Case(eigh),
    "svd": Case(svd),
    "qr": Case(qr),
    "vector_norm": Case(vector_norm),
}

COMPOSITIONS = {
    "eigvals": Case(general(np.linalg.eigvals), "Richardson"),
    "eigvalsh": Case(lambda d: (lambda x: np.linalg.eigvalsh(sym(x)), [symmetric(d)])),
    "svdvals": Case(lambda d: (np.linalg.svdvals, [oblong(d)])),
    "svd without vectors": Case(lambda d: (lambda x: np.linalg.svd(x, compute_uv=False), [oblong(d)])),
    "norm": Case(norm),
    "matrix_norm": Case(matrix_norm),
    "cond": Case(cond),
    "linalg.diagonal": Case(diagonal, "exact"),
    "linalg.trace": Case(trace, "exact"),
    "linalg.matrix_transpose": Case(of_square(np.linalg.matrix_transpose)),
    "lstsq": Case(lstsq),
    "tensorsolve": Case(tensorsolve),
    "tensorinv": Case(tensorinv),
    "matrix_power": Case(matrix_power),
    "multi_dot": Case(multi_dot, "exact"),
    "expm": Case(expm),
}
