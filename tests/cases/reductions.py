"""Reductions and scans."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_np as ag
from autograd_np.ops import reductions
from autograd_np.testing.strategies import Draw
from tests.cases.rows import Case, elementwise, reduction


def mask(d: Draw, shape: tuple[int, ...], axis: Any) -> Any:
    """Which elements take part: at least one in each line, or all of them."""
    if d.one_of(True, False):
        return True
    chosen = d.rng.random(shape) < 0.6
    return chosen | ~chosen.any(axis=axis, keepdims=True)


def masked(f: Callable, values: str, initial: tuple = (None,), dtypes: tuple = (None,)) -> Callable:
    """A reduction with all the arguments that it takes, those left out that are drawn as None."""

    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.shape()
        axis = d.axes(shape)
        drawn = {"dtype": d.one_of(*dtypes), "initial": d.one_of(*initial)}
        given: dict[str, Any] = {key: value for key, value in drawn.items() if value is not None}
        where = mask(d, shape, axis)
        if where is not True and f in (np.max, np.min):
            given["initial"] = -9.0 if f is np.max else 9.0
        keepdims = d.one_of(False, True)
        x = d.array(shape, values)
        if "initial" in given and f in (np.sum, np.prod):  # to which the gradient flows as well
            start = np.asarray(given.pop("initial"))
            return lambda x, start: f(x, axis=axis, keepdims=keepdims, where=where, initial=start, **given), [x, start]
        return lambda x: f(x, axis=axis, keepdims=keepdims, where=where, **given), [x]

    return row


def spread(f: Callable) -> Callable:
    """Variance and standard deviation, where they are not 0."""

    def row(d: Draw) -> tuple[Callable, list]:
        shape = (3, *d.shape(0, 2))
        axis: Any = d.one_of(None, 0, (0, -1)) if len(shape) > 1 else d.one_of(None, 0)
        keepdims, ddof = d.one_of(False, True), d.one_of(0, 1, 0.5)
        given = {d.one_of("ddof", "correction"): ddof}
        where: Any = True
        if d.one_of(True, False):
            where = d.rng.random(shape) < 0.6
            where[:2] = True
        if d.one_of(True, False):
            centre = d.one_of(0.3, np.full((1,) * len(shape), -0.2))
            return lambda x: f(x, axis=axis, keepdims=keepdims, where=where, mean=centre, **given), [
                d.array(shape, "ordered")
            ]
        return lambda x: f(x, axis=axis, keepdims=keepdims, where=where, **given), [d.array(shape, "ordered")]

    return row


def product(d: Draw) -> tuple[Callable, list]:
    f, (x, *start) = masked(np.prod, "off zero", (None, -2.0))(d)
    x = x.copy()
    x[d.rng.random(x.shape) < d.one_of(0, 0.3)] = 0
    return f, [x, *start]


def along(f: Callable, values: str, zeros: float = 0, **given: Any) -> Callable:
    """A scan along an axis, or all."""

    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.one_of((7,), (2, 6), d.shape(1, 2))
        axis = d.one_of(d.axis(shape), None) if not given else d.axis(shape)
        x = d.array(shape, values).copy()
        x[d.rng.random(shape) < d.one_of(0, zeros)] = 0
        return lambda x: f(x, axis=axis, **given), [x]

    return row


def with_nan(f: Callable, values: str, **given: Any) -> Callable:
    """A reduction of elements some of which are NaN, though not all of a line."""

    def row(d: Draw) -> tuple[Callable, list]:
        shape = (4, *d.shape(0, 2))
        axis = d.one_of(None, 0, *([(0, -1)] if len(shape) > 1 else []))
        keepdims = d.one_of(False, True)
        nan = d.rng.random(shape) < d.one_of(0, 0.5)
        nan[:2] = False
        return lambda x: f(np.where(nan, np.nan, x), axis=axis, keepdims=keepdims, **given), [d.array(shape, values)]

    return row


def nan_scan(f: Callable, values: str) -> Callable:
    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.shape(1)
        axis, nan = d.one_of(d.axis(shape), None), d.rng.random(shape) < 0.3
        return lambda x: f(np.where(nan, np.nan, x), axis=axis), [d.array(shape, values)]

    return row


CASES = {
    "sum": Case(masked(np.sum, "integers", (None, 3.0), (None, np.float64)), "exact"),
    "prod": Case(product, "complex step"),
    "mean": Case(masked(np.mean, "any", dtypes=(None, np.float64))),
    "var": Case(spread(np.var)),
    "root_of_squares": Case(elementwise(reductions.root_of_squares, "positive")),
    "max": Case(masked(np.max, "ordered", (None, -9.0))),
    "min": Case(masked(np.min, "ordered", (None, 9.0))),
    "logsumexp": Case(reduction(ag.logsumexp, "any")),
    "cumsum": Case(along(np.cumsum, "integers"), "exact"),
    "cumprod": Case(along(np.cumprod, "any", 0.3)),
}

COMPOSITIONS = {
    "std": Case(spread(np.std)),
    "ptp": Case(reduction(np.ptp, "ordered")),
    "cumulative_sum": Case(along(np.cumulative_sum, "integers", include_initial=True), "exact"),
    "cumulative_prod": Case(along(np.cumulative_prod, "off zero", 0.3, include_initial=True)),
    "nansum": Case(with_nan(np.nansum, "integers", initial=2.0), "exact"),
    "nanprod": Case(with_nan(np.nanprod, "off zero")),
    "nanmean": Case(with_nan(np.nanmean, "any")),
    "nanvar": Case(with_nan(np.nanvar, "ordered", ddof=1)),
    "nanstd": Case(with_nan(np.nanstd, "ordered", ddof=1)),
    "nanmax": Case(with_nan(np.nanmax, "ordered")),
    "nanmin": Case(with_nan(np.nanmin, "ordered")),
    "nancumsum": Case(nan_scan(np.nancumsum, "integers"), "exact"),
    "nancumprod": Case(nan_scan(np.nancumprod, "off zero")),
}
