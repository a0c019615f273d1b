"""Products of vectors, matrices and tensors."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.testing.strategies import Draw, broadcastable_shapes
from tests.cases.rows import Case, Row


def integers(d: Draw, *shapes: tuple[int, ...]) -> list:
    return [d.array(shape, "integers") for shape in shapes]


def sides(d: Draw, count: int) -> tuple[int, ...]:
    return tuple(d(st.integers(1, 3)) for _ in range(count))


def linear(d: Draw) -> tuple[Callable, list]:
    rows, n, m = d.one_of((), (3,), (2, 3)), d.one_of(1, 2, 3), d.one_of(1, 2, 3)
    return ag.linear, integers(d, (*rows, n), (n, m), *d.one_of([], [(m,)]))


def matmul(d: Draw) -> tuple[Callable, list]:
    n, k, m = sides(d, 3)
    batch_a, batch_b = d(broadcastable_shapes(2))
    a, b = d.one_of(
        ((k,), (k,)),
        ((*batch_a, n, k), (k,)),
        ((k,), (*batch_b, k, m)),
        ((*batch_a[:2], n, k), (k, m)),
        ((*batch_a[-2:], n, k), (*batch_b[-2:], k, m)),
    )
    return d.one_of(np.matmul, np.linalg.matmul), integers(d, a, b)


def cross(d: Draw) -> tuple[Callable, list]:
    batch_a, batch_b = d(broadcastable_shapes(2))
    dims = max(len(batch_a), len(batch_b))
    if len(batch_a) == len(batch_b) and d.one_of(True, False):
        axis = d(st.integers(0, dims))
        shapes = [(*batch[:axis], 3, *batch[axis:]) for batch in (batch_a, batch_b)]
        return lambda a, b: d.one_of(np.cross, np.linalg.cross)(a, b, axis=axis), integers(d, *shapes)
    axes = {"axisa": d(st.integers(-len(batch_a) - 1, len(batch_a))), "axisc": d(st.integers(-dims - 1, dims))}
    a, b = integers(d, (*batch_a, 3), (*batch_b, 3))
    return lambda a, b: np.cross(a, b, **axes), [np.moveaxis(a, -1, axes["axisa"]), b]


def flat_cross(d: Draw) -> tuple[Callable, list]:
    a, b = d(broadcastable_shapes(2))
    n, m = d.one_of((2, 2), (2, 3), (3, 2))
    return ag.cross, integers(d, (*a, n), (*b, m))


SUBSCRIPTS = [
    *("ij,jk->ik", "ij , jk", "ij,kj->ki", "ii", "ii->i", "iij->ji", "iii->i", "jii->", "ij->", "ij->j", "i->i", "ji"),
    *("i,j", "i,i", "ij,ij->i", "ji,k->ik", "ij,kl->il", ",ij->ij", "ii,i->i", "ii,jj->ij", "ij,ji->", "Ba,a"),
    *(
        "...i,...i->...",
        "...ij,...jk->...ik",
        "...ii->...",
        "...ii->...i",
        "i...->...i",
        "i...,j...",
        "...,...",
        "i...",
    ),
    *(
        "ij,jk,kl->il",
        "ij,jk,kl,lm->im",
        "ab,b...,c->...a",
        "i,ij,j->",
        "i,i,i->i",
        "ij,j,jk",
        "...i,ij,...j",
        "ii,ij,j",
    ),
]


def einsum(d: Draw) -> tuple[Callable, list]:
    subscripts = d.one_of(*SUBSCRIPTS)
    terms = subscripts.replace(" ", "").partition("->")[0].split(",")
    lengths = {label: d(st.integers(1, 3)) for label in subscripts}
    stretched = d(broadcastable_shapes(len(terms))) if len(terms) > 1 else [d.shape(0, 2)]
    shapes = []
    for term, batch in zip(terms, stretched, strict=True):
        thin = len(terms) > 1 and d.rng.random() < 0.1  # axes of length 1 are broadcast
        shape = [1 if thin and term.count(label) == 1 else lengths[label] for label in term.replace(".", "")]
        place = term.find("...")
        if place >= 0:
            shape[place:place] = batch[-2:]
        shapes.append(tuple(shape))
    optimize = d.one_of(False, True, "greedy", "optimal")
    return lambda *arrays: np.einsum(subscripts, *arrays, optimize=optimize), integers(d, *shapes)


def einsum_by_lists(d: Draw) -> tuple[Callable, list]:
    i, j, k = sides(d, 3)
    a, b, c = integers(d, (2, i, j), (j, k), (j,))
    optimize = d.one_of(False, True)
    kinds = [
        lambda a, b, c: np.einsum(a, [..., 3, 1], b, [1, 7], [..., 7, 3], optimize=optimize) * np.sum(c),
        lambda a, b, c: np.einsum(a, [5, 4, 0], b, [0, 30], c, [0], optimize=optimize),
        lambda a, b, c: np.einsum(a, [..., 0], b, [0, 1], c, [0], [..., 1], optimize=optimize),
    ]
    return d.one_of(*kinds), [a, b, c]


def dot(d: Draw) -> tuple[Callable, list]:
    n, k, m = sides(d, 3)
    a = d.one_of((), (k,), (n, k), (2, n, k))
    b = d.one_of((), (k,), (k, m), (2, k, m))
    return np.dot, integers(d, a, b)


def vdot(d: Draw) -> tuple[Callable, list]:
    n, m = sides(d, 2)
    return np.vdot, integers(d, d.one_of((n, m), (m, n), (n * m,)), (n, m))


def inner(d: Draw) -> tuple[Callable, list]:
    n, k, m = sides(d, 3)
    return np.inner, integers(d, d.one_of((), (k,), (n, k), (2, n, k)), d.one_of((), (k,), (m, k), (2, m, k)))


def outer(d: Draw) -> tuple[Callable, list]:
    f = d.one_of(np.outer, np.linalg.outer)
    dims = 1 if f is np.linalg.outer else 2
    return f, integers(d, d.shape(dims and 1, dims), d.shape(dims and 1, dims))


def tensordot(d: Draw) -> tuple[Callable, list]:
    i, j, k, m = sides(d, 4)
    a, b, axes = d.one_of(
        ((i, j), (k,), 0),
        ((i, j), (j, k), 1),
        ((i, j, k), (j, k, m), 2),
        ((i, j), (i, j), 2),
        ((i, j, k), (m, k), (-1, -1)),
        ((i, j, k), (k, m, i), ([0, 2], [2, 0])),
        ((i, j, k), (k, m, i), ((2, -3), (0, -1))),
        ((i, j), (i, m), np.array([[0], [0]])),
        ((), (i, j), 0),
    )
    f = d.one_of(np.tensordot, np.linalg.tensordot)
    return lambda a, b: f(a, b, axes=axes), integers(d, a, b)


def kron(d: Draw) -> tuple[Callable, list]:
    return np.kron, integers(d, d.shape(0, 2), d.shape(0, 3))


def vecdot(d: Draw) -> tuple[Callable, list]:
    a, b = d(broadcastable_shapes(2))
    k = d(st.integers(1, 3))
    f = d.one_of(np.vecdot, np.linalg.vecdot)
    if len(a) == len(b) == 2 and d.one_of(True, False):
        axis = d.one_of(0, 1, -3, -2)
        shapes = [np.moveaxis(np.empty((*batch, k)), -1, axis).shape for batch in (a, b)]
        return lambda a, b: f(a, b, axis=axis), integers(d, *shapes)
    return f, integers(d, (*a, k), (*b, k))


def batched(name: str, left: str, right: str) -> Row:
    def row(d: Draw) -> tuple[Callable, list]:
        lengths = dict(zip("nmk", sides(d, 3), strict=True))
        a, b = d(broadcastable_shapes(2))
        f: Any = getattr(np, name, getattr(ag, name))
        return f, integers(d, (*a, *(lengths[x] for x in left)), (*b, *(lengths[x] for x in right)))

    return row


CASES = {
    "linear": Case(linear, "exact"),
    "matmul": Case(matmul, "exact"),
    "cross": Case(cross, "exact"),
    "einsum": Case(einsum, "exact"),
}

COMPOSITIONS = {
    "einsum by lists": Case(einsum_by_lists, "exact"),
    "cross of flat vectors": Case(flat_cross, "exact"),
    "dot": Case(dot, "exact"),
    "vdot": Case(vdot, "exact"),
    "inner": Case(inner, "exact"),
    "outer": Case(outer, "exact"),
    "tensordot": Case(tensordot, "exact"),
    "kron": Case(kron, "exact"),
    "vecdot": Case(vecdot, "exact"),
    "matvec": Case(batched("matvec", "nm", "m"), "exact"),
    "vecmat": Case(batched("vecmat", "n", "nm"), "exact"),
}
