r"""Reading and writing parts of an array: integers, slices, ``...``, ``None``, masks and integer arrays.

Reading is linear and its transpose adds a cotangent back into zeros, and the other way round: so the two operations
are each other's rule, and derivatives of every order exist.
"""

from typing import Any

import numpy as np

from ..core import Tensor, note_write, primitive
from ..core.grad_mode import mode
from .shaping import astype

__all__ = ["getitem"]


@primitive(
    lambda g, _y, _x, *, index: scatter_add(g, shape=_x.shape, index=index),
    view=True,
    selects=True,
    formula=r"\bar x = 0,\; \bar x[i] \mathrel{+}= \bar y",
)
def getitem(x: Any, index: Any) -> Any:
    """x[index], with NumPy's indices of every kind; an element taken twice gets both cotangents."""
    return x[index]


@primitive(lambda g, _y, _v, *, shape, index: g[index], formula=r"\bar v = \bar y[i]")
def scatter_add(v: Any, shape: tuple[int, ...], index: Any) -> Any:
    """Zeros of a shape, with v added at index: the transpose of reading there.  Repeated indices accumulate."""
    v = np.asarray(v)
    out = np.zeros(shape, v.dtype)
    if _is_basic(index):
        out[index] = v  # no element is named twice
    else:
        np.add.at(out, index, v)
    return out


@primitive(
    lambda g, _y, _x, _v, *, index: setitem(g, np.zeros((), g.dtype), index=index),
    lambda g, _y, _x, _v, *, index: g[index],
    broadcasts=True,
    selects=True,
    formula=r"\bar x = \bar y,\; \bar x[i] = 0;\; \bar v = \bar y[i]",
)
def setitem(x: Any, v: Any, index: Any) -> Any:
    """Give a copy of x in which x[index] is v: ``t[index] = v`` inside a graph."""
    out = np.array(x)
    if not _is_basic(index) and np.ndim(v):
        places = np.zeros(out.shape, int)
        np.add.at(places, index, 1)
        if places.max(initial=0) > 1:
            raise ValueError("setitem: the index names an element more than once, so its value is not defined")
    out[index] = v
    return out


def _is_basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice)) for part in parts
    ) and not any(isinstance(part, bool) for part in parts)


def _plain_index(index: Any) -> Any:
    """Tensors in an index are read as the integers or masks that they hold; lists become arrays."""
    if isinstance(index, tuple):
        return tuple(_plain_index(part) for part in index)
    if type(index) is Tensor:
        return index.data
    return np.asarray(index) if isinstance(index, list) else index


def _read(t: Tensor, index: Any) -> Tensor:
    return getitem(t, index=_plain_index(index))


def _write(t: Tensor, index: Any, value: Any) -> None:
    """Carry out ``t[index] = value``: recorded inside a graph, written to t's memory outside one."""
    index = _plain_index(index)
    if not mode.recording or (t.node is None and not (type(value) is Tensor and value.node is not None)):
        t.data[index] = value.data if type(value) is Tensor else value
        note_write(t.data)
        return
    refuse_in_place(t, "t[i] = v")
    if t.dtype.kind != "f":
        raise TypeError(f"t[i] = v: v requires a gradient, which a Tensor of {t.dtype} cannot carry")
    updated = setitem(t, value, index=index)
    t.data, t.node = updated.data, updated.node


def refuse_in_place(t: Tensor, what: str) -> None:
    """Raise where a recorded in-place change could not be true for everyone who holds t."""
    if t.node is not None and t.node.op is None:
        raise RuntimeError(
            f"{what}: this Tensor is a leaf that requires a gradient; write a new Tensor, or update it in "
            "place inside no_grad()"
        )
    if t.node is not None and t.node.op.view:  # type: ignore[union-attr]
        raise RuntimeError(
            f"{what}: this Tensor may be a view of another that is in the graph, which would not change with it; "
            "write to ag.copy(t), or to the whole Tensor"
        )


def update(t: Tensor, result: Any, what: str) -> Tensor:
    """Carry out ``t op= v`` once t op v is known: recorded inside a graph, written to t's memory outside one."""
    if type(result) is not Tensor:
        return NotImplemented
    if result.shape != t.shape or not np.can_cast(result.dtype, t.dtype, "same_kind"):
        raise ValueError(
            f"{what}: the result is {result.dtype} {result.shape} and does not fit in place into {t.dtype} {t.shape}"
        )
    if not mode.recording or (t.node is None and result.node is None):
        t.data[...] = result.data
        note_write(t.data)
        return t
    refuse_in_place(t, what)
    if result.dtype != t.dtype:
        result = astype(result, t.dtype)
    t.data, t.node = result.data, result.node
    return t


Tensor.__getitem__ = _read  # type: ignore[method-assign]
Tensor.__setitem__ = _write  # type: ignore[method-assign]
