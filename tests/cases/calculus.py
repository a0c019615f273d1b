"""Differences, slopes, areas, interpolation, convolution and polynomials."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from autograd_np.testing.strategies import Draw
from tests.cases.rows import Case


def diff(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis, n = d.axis(shape), d.one_of(0, 1, 2)
    side = list(shape)
    side[axis] = 2
    edges = [d.one_of(None, d.array(tuple(side), "integers"), d.array((), "integers")) for _ in range(2)]
    while shape[axis] + sum(0 if e is None else np.size(e) and (e.shape[axis] if e.ndim else 1) for e in edges) <= n:
        n -= 1
    given = {key: e for key, e in zip(("prepend", "append"), edges, strict=True) if e is not None}
    return lambda x, *e: np.diff(x, n, axis, **dict(zip(given, e, strict=True))), [
        d.array(shape, "integers"),
        *given.values(),
    ]


def ediff1d(d: Draw) -> tuple[Callable, list]:
    end, begin = (d.one_of(None, d.array((2,), "integers"), d.array((), "integers")) for _ in range(2))
    return np.ediff1d, [d.array((*d.shape(1), 2), "integers"), end, begin]


def gradient(d: Draw) -> tuple[Callable, list]:
    shape = tuple(d(st.integers(3, 4)) for _ in range(d.one_of(1, 2)))
    order = d.one_of(1, 2)
    axis: Any = d.one_of(None, d.axis(shape), tuple(range(len(shape)))[::-1])
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    kind = d.one_of("none", "one", "each")
    spacings: list = []
    if kind == "one":
        spacings = [1 + d.array((), "positive") / 4]
    if kind == "each":
        spacings = [
            d.one_of(1 + d.array((), "positive") / 4, np.cumsum(1 + d.array((shape[i],), "positive") / 4)) for i in axes
        ]

    def call(f: Any, *spacings: Any) -> Any:
        found = np.gradient(f, *spacings, axis=axis, edge_order=order)
        return tuple(found) if isinstance(found, (list, tuple)) else found

    return call, [d.array(shape, "any"), *spacings]


def trapezoid(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis = d.axis(shape)
    y, dx = d.array(shape, "integers"), d.array((), "integers")
    return d.one_of(
        (lambda y: np.trapezoid(y, axis=axis), [y]),
        (lambda y, dx: np.trapezoid(y, dx=dx, axis=axis), [y, dx]),
        (lambda y, x: np.trapezoid(y, x, axis=axis), [y, d.array(shape, "integers")]),
        (lambda y, x: np.trapezoid(y, x, axis=axis), [y, d.array((shape[axis],), "integers")]),
    )


def filtered(f: Callable, *shapes: tuple) -> Callable:
    def row(d: Draw) -> tuple[Callable, list]:
        a, v = (d.array(d.one_of(*shapes, (1,), (2,), (3,), (4,), (5,)), "integers") for _ in range(2))
        mode = d.one_of("full", "same", "valid")
        return lambda a, v: f(a, v, mode), [a, v]

    return row


def interp(d: Draw) -> tuple[Callable, list]:
    n = d.one_of(1, 2, 5)
    xp = np.arange(n) + d.rng.uniform(-0.3, 0.3, n)
    x = d.rng.permutation(12).reshape(d.one_of((12,), (3, 4))) * 0.5 - 0.75
    x = x + d.rng.uniform(-0.03, 0.03, x.shape)
    near = np.abs(x[..., None] - xp) < 0.05
    x = np.where(near.any(-1), xp[near.argmax(-1)] + 0.1, x)
    inputs = [d.layout(x), d.layout(xp), d.array((n,), "any")]
    if d.one_of(True, False):
        return lambda x, xp, fp, a, b: np.interp(x, xp, fp, left=a, right=b), [*inputs, d.array(()), d.array(())]
    return np.interp, inputs


def periodic(d: Draw) -> tuple[Callable, list]:
    xp = d.rng.permutation(np.array([0.2, 1.3, 2.2, 3.1])) + d.one_of(0, 4, -4)
    x = np.array([-2.3, -0.3, 0.7, 1.7, 2.5, 3.5, 4.6])
    period = d.one_of(4.0, -4.0)
    if d.one_of(True, False):
        return lambda x, xp, fp: np.interp(x, xp, fp, period=period), [x, xp, d.array((4,), "any")]
    return lambda x, xp, fp, p: np.interp(x, xp, fp, period=p), [x, xp, d.array((4,), "any"), np.asarray(period)]


def two_polynomials(f: Callable, values: str = "integers") -> Callable:
    def row(d: Draw) -> tuple[Callable, list]:
        return f, [d.array((d(st.integers(1, 4)),), values) for _ in range(2)]

    return row


def divided(u: Any, v: Any) -> tuple[Any, Any]:
    """The remainder by a value of it: in float32 NumPy may leave leading coefficients that are 0 but for rounding."""
    quotient, remainder = np.polydiv(u, v)
    return quotient, np.polyval(remainder, 0.5)


def polyval(d: Draw) -> tuple[Callable, list]:
    return np.polyval, [d.array((d(st.integers(1, 4)),), "any"), d.array(d.shape(), "any")]


def polyder(d: Draw) -> tuple[Callable, list]:
    n = d(st.integers(2, 5))
    m = d(st.integers(0, n - 1))
    return lambda p: np.polyder(p, m), [d.array((n,), "integers")]


def polyint(d: Draw) -> tuple[Callable, list]:
    m = d.one_of(0, 1, 2)
    p = d.array((d(st.integers(1, 4)),), "any")
    if d.one_of(True, False):
        return lambda p: np.polyint(p, m), [p]
    return lambda p, k: np.polyint(p, m, k), [p, d.array(d.one_of((1,), (2,)), "any")]


def poly(d: Draw) -> tuple[Callable, list]:
    return np.poly, [d.array((d(st.integers(1, 4)),), "any")]


def vander(d: Draw) -> tuple[Callable, list]:
    n, increasing = d.one_of(None, 1, 4), d.one_of(False, True)
    return lambda x: np.vander(x, n, increasing), [d.array((3,), "off zero")]


def polyfit(d: Draw) -> tuple[Callable, list]:
    x, w = np.linspace(-1, 2, 6) + d.rng.uniform(-0.2, 0.2, 6), d.one_of(None, d.rng.uniform(0.5, 2, 6))
    cov = d.one_of(False, True, "unscaled")
    return lambda x, y, w: np.polyfit(x, y, 2, w=w, cov=cov), [x, d.array(d.one_of((6,), (6, 2)), "any"), w]


def roots(d: Draw) -> tuple[Callable, list]:
    return np.roots, [np.poly(d.rng.permutation(4)[:3] - 1.5 + d.rng.uniform(-0.2, 0.2, 3)) * d.one_of(1, -2)]


CASES = {
    "convolve": Case(filtered(np.convolve, ()), "exact"),
    "roots": Case(roots),
}

COMPOSITIONS = {
    "diff": Case(diff, "exact"),
    "ediff1d": Case(ediff1d, "exact"),
    "gradient": Case(gradient),
    "trapezoid": Case(trapezoid, "exact"),
    "correlate": Case(filtered(np.correlate), "exact"),
    "interp": Case(interp, "Richardson"),
    "interp, periodic": Case(periodic, "Richardson"),
    "polyval": Case(polyval),
    "polyder": Case(polyder, "exact"),
    "polyint": Case(polyint),
    "polyadd": Case(two_polynomials(np.polyadd), "exact"),
    "polysub": Case(two_polynomials(np.polysub), "exact"),
    "polymul": Case(two_polynomials(np.polymul, "off zero")),
    "polydiv": Case(two_polynomials(divided, "positive")),
    "poly": Case(poly),
    "vander": Case(vander),
    "polyfit": Case(polyfit),
}
