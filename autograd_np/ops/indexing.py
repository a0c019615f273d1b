r"""Reading and writing parts of an array: integers, slices, ``...``, ``None``, masks and integer arrays.

Reading is linear and its transpose adds a cotangent back into zeros, and the other way round: so the two operations
are each other's rule, and derivatives of every order exist.
"""

from typing import Any

import numpy as np

from .. import kernels
from ..core import Rows, Tensor, note_write, primitive, rebind, source_of, views_of
from ..core.grad_mode import mode
from .shaping import astype

__all__ = ["getitem"]


# To find the places of all elements first takes less long from so many elements on, if the array has few times as many.
_LARGE, _TIMES = 2048, 4


@primitive(
    lambda g, _y, _x, *, index: scatter_add(g, shape=_x.shape, index=index),
    view=True,
    selects=True,
    complex=True,
    formula=r"\bar x = 0,\; \bar x[i] \mathrel{+}= \bar y",
)
def getitem(x: Any, index: Any) -> Any:
    """x[index], with NumPy's indices of every kind; an element taken twice gets both cotangents."""
    return x[index]


@primitive(lambda g, _y, _v, *, shape, index: g[index], complex=True, formula=r"\bar v = \bar y[i]")
def scatter_add(v: Any, shape: tuple[int, ...], index: Any) -> Any:
    """Zeros of a shape, with v added at index: the transpose of reading there.  Repeated indices accumulate."""
    if isinstance(v, Rows) and _is_basic(index):
        each = index if isinstance(index, tuple) else (index,)
        return Rows(scatter_add(v.rows, shape=(len(v.rows), *shape), index=(slice(None), *each)))
    v = np.asarray(v)
    out = np.zeros(shape, v.dtype)
    if _is_basic(index) or (type(index) is np.ndarray and index.dtype == bool):
        out[index] = v  # no element is named twice
    elif v.size < max(_LARGE, out.size // _TIMES):
        np.add.at(out, index, v)
    else:
        places = np.arange(out.size).reshape(shape)[index]
        v = v if v.shape == places.shape else np.broadcast_to(v, places.shape)
        kernels.add_at(out.reshape(-1), places.reshape(-1), v.reshape(-1))
    return out


def _written(g: Any, _y: Any, _x: Any, _v: Any, *, index: Any) -> Any:
    if np.prod(_v.shape) == 1 and not _is_basic(index):  # an element that is named twice is written once
        places = np.zeros(_x.shape, bool)
        places[index] = True
        return np.reshape(np.sum(g[places]), _v.shape)
    part = g[index]
    return np.reshape(part, (1,) * (_v.ndim - part.ndim) + part.shape)  # NumPy lets a value have more axes of length 1


@primitive(
    lambda g, _y, _x, _v, *, index: setitem(g, np.zeros((), g.dtype), index=index),
    _written,
    broadcasts=True,
    selects=True,
    complex=True,
    formula=r"\bar x = \bar y,\; \bar x[i] = 0;\; \bar v = \bar y[i]",
)
def setitem(x: Any, v: Any, index: Any) -> Any:
    """Give a copy of x in which x[index] is v: ``t[index] = v`` inside a graph."""
    out = np.array(x)
    if not _is_basic(index) and np.size(v) > 1:
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
    if isinstance(index, list):
        array = np.asarray(index)
        return array if array.size else array.astype(np.intp)  # an empty list chooses nothing
    return index


def _read(t: Tensor, index: Any) -> Tensor:
    return getitem(t, index=_plain_index(index))


def _write(t: Tensor, index: Any, value: Any) -> None:
    """Carry out ``t[index] = value``: recorded inside a graph, written to t's memory outside one."""
    index = _plain_index(index)
    if not mode.recording or (t.node is None and not (type(value) is Tensor and value.node is not None)):
        t.data[index] = value.data if type(value) is Tensor else value
        note_write(t.data)
        return
    if _is_part(value, t, index):  # t[i] += v writes to the part t[i], and then assigns that to where it is
        _refuse_leaf(t, "t[i] = v")
        return
    if t.dtype.kind not in "fc":
        raise TypeError(f"t[i] = v: v requires a gradient, which a Tensor of {t.dtype} cannot carry")
    _replace(t, setitem(t, value, index=index), "t[i] = v")


def _is_part(value: Any, t: Tensor, index: Any) -> bool:
    """Whether a value is t[index] itself, sharing its memory."""
    source = source_of(value) if type(value) is Tensor and _is_basic(index) else None
    return source is not None and source[0] is t and source[1] is getitem.op and source[2]["index"] == index  # type: ignore[attr-defined]


def _replace(t: Tensor, new: Tensor, what: str) -> None:
    """Record a change of t, for all who share its memory: what it is a view of, and the views of that."""
    source = source_of(t)
    while source is not None:
        _refuse_leaf(t, what)
        if not t.data.flags.writeable:
            raise RuntimeError(f"{what}: this Tensor is a read-only view, by {source[1].name}; write to ag.copy(t)")
        new = _placed(new, *source)
        t = source[0]
        source = source_of(t)
    for each in (t, *views_of(t)):
        _refuse_leaf(each, what)
    rebind(t, new)


def _refuse_leaf(t: Tensor, what: str) -> None:
    if t.node is not None and t.node.op is None:
        raise RuntimeError(
            f"{what}: this Tensor is a leaf that requires a gradient, or shares memory with one; write a new Tensor "
            "(t = t + v, or ag.copy(t) first), or update it in place inside no_grad()"
        )


def _placed(part: Tensor, base: Tensor, op: Any, params: dict[str, Any], output: int | None) -> Tensor:
    """Give the base with another value where this view of it is taken."""
    if op is getitem.op:  # type: ignore[attr-defined]
        return setitem(base, part, **params)
    if part.size == base.size and output is None:  # elements change places, and the rule brings each one back
        return op.rules[0](part, None, base, **params)
    places = op.forward(np.arange(base.size).reshape(base.shape), **params)
    places = places if output is None else places[output]
    return setitem(base, part, index=np.unravel_index(places, base.shape))


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
    if result.dtype != t.dtype:
        result = astype(result, t.dtype)
    _replace(t, result, what)
    return t


Tensor.__getitem__ = _read  # type: ignore[method-assign]
Tensor.__setitem__ = _write  # type: ignore[method-assign]
Tensor._update = update  # type: ignore[attr-defined]
