"""Numbers between two ends."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_np.testing.strategies import Draw, broadcastable_shapes
from tests.cases.rows import Case


def ends(d: Draw, values: str) -> tuple[list, dict[str, Any]]:
    shapes = d(broadcastable_shapes(2))
    ndim = max(map(len, shapes))
    return [d.array(shape, values) for shape in shapes], {
        "num": d.one_of(1, 2, 3, 5),
        "endpoint": d.one_of(True, False),
        "axis": d.one_of(0, -1, ndim),
    }


def linspace(d: Draw) -> tuple[Callable, list]:
    inputs, options = ends(d, "integers")
    num, endpoint = d.one_of((1, True), (2, True), (3, True), (5, True), (1, False), (2, False), (4, False))
    options |= {"num": num, "endpoint": endpoint, "retstep": num > 1}  # shares of a power of 2 are exact
    return lambda a, b: np.linspace(a, b, **options), inputs


def logspace(d: Draw) -> tuple[Callable, list]:
    inputs, options = ends(d, "inside 1")
    if d.one_of(True, False):
        return lambda a, b: np.logspace(a, b, **options), inputs
    return lambda a, b, base: np.logspace(a, b, base=base, **options), [
        *inputs,
        d.array(d.one_of((), (1,)), "positive"),
    ]


def geomspace(d: Draw) -> tuple[Callable, list]:
    inputs, options = ends(d, "positive")
    sign = d.one_of(1.0, -1.0)
    return lambda a, b: np.geomspace(sign * a, sign * b, **options), inputs


CASES = {
    "linspace": Case(linspace, "exact"),
    "geomspace": Case(geomspace),
}

COMPOSITIONS = {
    "logspace": Case(logspace),
}
