"""Reading and writing parts."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis.extra import numpy as hnp

from autograd_np.ops import indexing
from autograd_np.testing.strategies import Draw, indices
from tests.cases.rows import Case


def basic_index(d: Draw, shape: tuple[int, ...]) -> Any:
    indices = hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)
    return d(indices.filter(lambda i: np.zeros(shape)[i].size > 0))


def getitem(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    i = d(indices(shape))
    return lambda x: x[i], [d.array(shape, "integers")]


def scatter_add(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    i = d(indices(shape))
    v = d.array(np.zeros(shape)[i].shape, "integers")
    return lambda v: indexing.scatter_add(v, shape=shape, index=i), [v]


def setitem(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    i = d(indices(shape))
    basic = not isinstance(i, np.ndarray) or i.dtype != bool
    if basic:
        i = basic_index(d, shape)
    place = np.zeros(shape)[i].shape
    v = d.array(place if d.one_of(True, False) else place[1:], "integers")
    if v.shape != place and isinstance(i, np.ndarray):
        v = d.array((), "integers")
    elif basic and place and d.one_of(True, False):  # NumPy lets a value have more axes than its place, of length 1
        v = v.reshape((1,) * (1 + len(place) - v.ndim) + v.shape)
    return lambda x, v: indexing.setitem(x, v, index=i), [d.array(shape, "integers"), v]


CASES = {
    "getitem": Case(getitem, "exact"),
    "scatter_add": Case(scatter_add, "exact"),
    "setitem": Case(setitem, "exact"),
}
