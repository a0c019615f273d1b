"""Counts and sums of weights in bins."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_np.testing.strategies import Draw
from tests.cases.rows import Case


def bincount(d: Draw) -> tuple[Callable, list]:
    n = d.one_of(1, 5)
    x, minlength = d.rng.integers(0, 4, n), d.one_of(0, 6)
    return lambda w: np.bincount(x, w, minlength=minlength), [d.array((n,), "integers")]


def inside(d: Draw, n: int) -> np.ndarray:
    """Numbers from -4 to 4 that are not near an edge: edges are integers, or cut this into up to 4 parts."""
    edges = np.union1d(np.arange(-3, 4), np.linspace(-4, 4, 4)[1:-1])
    while True:
        x = np.concatenate([[-4.0, 4.0], d.rng.uniform(-3.8, 3.8, n - 2)])
        if np.abs(x[:, None] - edges).min() > 0.05:
            return d.layout(d.rng.permutation(x))


def one_axis(d: Draw) -> Any:
    return d.one_of((3, None), (4, (-3.0, 1.0)), ([-3.0, 0.0, 1.0, 3.0], None))


def histogram(d: Draw) -> tuple[Callable, list]:
    bins, limits = one_axis(d)
    density = d.one_of(None, True)
    return lambda x, w: np.histogram(x, bins, limits, density, w), [inside(d, 6), d.array((6,), "positive")]


def given_edges(d: Draw) -> tuple[Callable, list]:
    x = inside(d, 6)
    return lambda edges, w: np.histogram(x, edges, density=True, weights=w), [
        np.array([-3.0, 0.0, 1.0, 3.0]),
        d.array((6,), "positive"),
    ]


def histogram2d(d: Draw) -> tuple[Callable, list]:
    (bins, limits), (others, other_limits) = one_axis(d), one_axis(d)
    x, y = inside(d, 6), inside(d, 6)
    counts, _, _ = np.histogram2d(x, y, [bins, others], [limits, other_limits])
    density = d.one_of(None, True) if counts.any() else None

    def call(x: Any, y: Any, w: Any) -> Any:
        return np.histogram2d(x, y, [bins, others], [limits, other_limits], density, w)

    return call, [x, y, d.array((6,), "positive")]


def histogramdd(d: Draw) -> tuple[Callable, list]:
    bins, density = d.one_of(2, (2, 3)), d.one_of(None, True)

    def call(points: Any, w: Any) -> Any:
        sums, edges = np.histogramdd(points, bins, density=density, weights=w)
        return sums, *edges

    return call, [np.stack([inside(d, 5) for _ in range(2)], axis=1), d.array((5,), "positive")]


def histogram_bin_edges(d: Draw) -> tuple[Callable, list]:
    bins, limits = d.one_of((3, None), ("sqrt", None), (4, (-0.75, 0.5)))
    (x,) = d.ordered((2, 4))
    if limits is None:
        return lambda x: np.histogram_bin_edges(x, bins), [x]
    return lambda x, *limits: np.histogram_bin_edges(x, bins, limits), [x, *map(np.asarray, limits)]


CASES = {
    "bincount": Case(bincount, "exact"),
}

COMPOSITIONS = {
    "histogram": Case(histogram),
    "histogram, edges given": Case(given_edges),
    "histogram2d": Case(histogram2d),
    "histogramdd": Case(histogramdd),
    "histogram_bin_edges": Case(histogram_bin_edges),
}
