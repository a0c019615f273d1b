"""Reductions."""

from collections.abc import Callable

import numpy as np

import autograd_np as ag
from autograd_np.testing.strategies import Draw
from tests.cases.rows import Case, reduction


def variance(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis, keepdims = d.axes(shape), d.one_of(False, True)
    n = int(np.prod([shape[i] for i in np.arange(len(shape))[list(axis) if isinstance(axis, tuple) else axis].ravel()]))
    ddof = d.one_of(0, 1) if n > 1 else 0
    return lambda x: ag.var(x, axis=axis, ddof=ddof, keepdims=keepdims), [d.array(shape, "any")]


CASES = {
    "sum": Case(reduction(ag.sum, "integers"), "exact"),
    "mean": Case(reduction(ag.mean, "any")),
    "var": Case(variance),
    "max": Case(reduction(ag.max, "ordered")),
    "min": Case(reduction(ag.min, "ordered")),
    "logsumexp": Case(reduction(ag.logsumexp, "any")),
}
