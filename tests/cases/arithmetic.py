"""Elementwise arithmetic."""

from collections.abc import Callable

import autograd_np as ag
from autograd_np.testing.strategies import Draw, broadcastable_shapes
from tests.cases.rows import Case, apart, broadcasting, elementwise


def where(d: Draw) -> tuple[Callable, list]:
    c, a, b = d(broadcastable_shapes(3))
    return ag.where, [d.rng.random(c) < 0.5, d.array(a, "integers"), d.array(b, "integers")]


def clip(d: Draw) -> tuple[Callable, list]:
    x, low, high = d.ordered(*d(broadcastable_shapes(3)))
    return ag.clip, d.one_of([x, low, high], [x, None, high], [x, low, None])


CASES = {
    "add": Case(broadcasting(ag.add, "integers"), "exact"),
    "subtract": Case(broadcasting(ag.subtract, "integers"), "exact"),
    "multiply": Case(broadcasting(ag.multiply, "integers"), "exact"),
    "divide": Case(broadcasting(ag.divide, "any", "far from zero")),
    "power": Case(broadcasting(ag.power, "positive", "any")),
    "negative": Case(elementwise(ag.negative, "integers"), "exact"),
    "positive": Case(elementwise(ag.positive, "integers"), "exact"),
    "exp": Case(elementwise(ag.exp, "any")),
    "log": Case(elementwise(ag.log, "positive")),
    "sqrt": Case(elementwise(ag.sqrt, "positive")),
    "square": Case(elementwise(ag.square, "any")),
    "absolute": Case(elementwise(ag.absolute, "off zero")),
    "maximum": Case(apart(ag.maximum)),
    "minimum": Case(apart(ag.minimum)),
    "where": Case(where, "exact"),
    "clip": Case(clip),
}
