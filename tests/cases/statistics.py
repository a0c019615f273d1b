"""Order, averages and correlation."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_np.ops import sorting
from autograd_np.testing.strategies import Draw
from tests.cases.reductions import with_nan
from tests.cases.rows import Case, reduction

METHODS = (
    *("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull"),
    *("linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest"),
)


def permute(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis = d.axis(shape)
    order = np.argsort(d.rng.random(shape), axis=axis)
    return lambda x: sorting.permute(x, order=order, axis=axis), [d.array(shape, "integers")]


def sort(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis = d.one_of(d.axis(shape), None)
    return lambda x: np.sort(x, axis=axis), [d.array(shape, "ordered")]


def unique(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    return np.unique_values, [d.array(shape, "ordered")]


def partition(d: Draw) -> tuple[Callable, list]:
    """What is certain of a partition: the element at its place."""
    shape = d.shape(1)
    axis = d.axis(shape)
    kth = int(d.rng.integers(-shape[axis], shape[axis]))
    return lambda x: np.swapaxes(np.partition(x, kth, axis=axis), axis, 0)[kth], [d.array(shape, "ordered")]


ENDS = [(0, 1), (1 / 2, 1 / 2), (0, 0), (1, 1), (1 / 3, 1 / 3), (3 / 8, 3 / 8)]  # α and β of the methods


def off_places(d: Draw) -> float:
    """A part that is the place of no element, whatever their number and the method: there the slope along q jumps."""
    n = np.arange(2, 41)  # the place of an only element is always 0
    while True:
        q = float(d.rng.uniform(0.01, 0.99))
        places = np.array([(n + 1 - alpha - beta) * q + alpha for alpha, beta in ENDS])
        if (np.abs(places - np.round(places)) > 5e-3).all():
            return q


def quantile(f: Callable, nan: bool = False, whole: float = 1) -> Callable:
    def row(d: Draw) -> tuple[Callable, list]:
        shape = (4, *d.shape(0, 2))
        axis = d.one_of(None, 0, *([(0, -1)] if len(shape) > 1 else []))
        keepdims, method = d.one_of(False, True), d.one_of(*METHODS)
        missing = d.rng.random(shape) < (0.4 if nan else 0)
        missing[:2] = False

        def call(x: Any, q: Any) -> Any:
            return f(np.where(missing, np.nan, x), q * whole, axis=axis, keepdims=keepdims, method=method)

        x = d.array(shape, "ordered")
        if d.one_of(True, False):
            q: Any = d.one_of(0.0, 0.5, 1.0, 0.31)
            if method == "averaged_inverted_cdf":  # which in NumPy 2.4 forgets float32
                q = np.array([q])
            return lambda x: call(x, q), [x]
        interpolates = method in METHODS[3:9]
        q = off_places(d) + np.array(d.one_of(0.0 if interpolates else [0.0], [0.0, 0.0], [0.0] if nan else [[0.0]]))
        if not interpolates:
            return lambda x: call(x, q), [x]
        # so little at a time that no place is crossed; nanquantile of NumPy 2.4 itself mixes up the axes of a 2-d q
        return lambda x, step: call(x, q + 0.01 * step), [x, np.zeros_like(q)]

    return row


def average(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis, keepdims = d.axes(shape), d.one_of(False, True)
    kind = d.one_of("none", "same", "axes")
    if kind == "none":
        return lambda x: np.average(x, axis=axis, keepdims=keepdims), [d.array(shape, "any")]
    weights = shape
    if kind == "axes" and axis is not None:
        weights = tuple(shape[i] for i in (axis if isinstance(axis, tuple) else (axis,)))
    return lambda x, w: np.average(x, axis=axis, weights=w, keepdims=keepdims), [
        d.array(shape, "any"),
        d.array(weights, "positive"),
    ]


def average_and_weight(d: Draw) -> tuple[Callable, list]:
    inputs = [d.array((3, 2), "any"), d.array((3,), "positive")]
    return lambda x, w: np.average(x, axis=0, weights=w, returned=True), inputs


def cov(d: Draw) -> tuple[Callable, list]:
    rowvar, n = d.one_of(True, False), 5
    shape, other = d.one_of((n,), (3, n), (1, n)), d.one_of(None, (n,), (2, n))
    given: dict[str, Any] = d.one_of({}, {"bias": True}, {"ddof": 0}, {"ddof": 2})
    if d.one_of(True, False):
        given = given | {"fweights": d.rng.integers(1, 4, n)}
    turn = not rowvar
    x = d.array(shape[::-1] if turn else shape, "any")
    y = None if other is None else d.array(other[::-1] if turn else other, "any")
    if d.one_of(True, False):
        return lambda x, y, a: np.cov(x, y, rowvar, aweights=a, **given), [x, y, d.array((n,), "positive")]
    return lambda x, y: np.cov(x, y, rowvar, **given), [x, y]


def corrcoef(d: Draw) -> tuple[Callable, list]:
    rowvar = d.one_of(True, False)
    x, y = d.one_of([(4,), (4,)], [(3, 4), None], [(2, 4), (4,)])
    turn = not rowvar
    inputs = [None if s is None else d.array(s[::-1] if turn else s, "ordered") for s in (x, y)]
    return lambda x, y: np.corrcoef(x, y, rowvar), inputs


CASES = {
    "permute": Case(permute, "exact"),
}

COMPOSITIONS = {
    "sort": Case(sort),
    "partition": Case(partition),
    "unique_values": Case(unique),
    "median": Case(reduction(np.median, "ordered")),
    "quantile": Case(quantile(np.quantile), "Richardson"),
    "percentile": Case(quantile(np.percentile, whole=100), "Richardson"),
    "nanmedian": Case(with_nan(np.nanmedian, "ordered")),
    "nanquantile": Case(quantile(np.nanquantile, nan=True), "Richardson"),
    "nanpercentile": Case(quantile(np.nanpercentile, nan=True, whole=100), "Richardson"),
    "average": Case(average),
    "average, returned": Case(average_and_weight),
    "cov": Case(cov),
    "corrcoef": Case(corrcoef),
}
