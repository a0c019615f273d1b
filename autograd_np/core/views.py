"""Views: Tensors that share memory with another, and are to change with it as NumPy's do.

In-place work that is recorded cannot write to memory that the tape has saved; it gives its Tensor a new array.  Those
who shared the old one must follow.  So a view knows the Tensor that it was taken from, and how; a Tensor knows its
views, by weak references (`core.primitive` notes both), and when it gets a new array they are taken from it again.
"""

from typing import Any

import numpy as np

from .op import Op
from .recording import record, several
from .tensor import Tensor


def source_of(tensor: Tensor) -> tuple[Tensor, Op, dict[str, Any], int | None] | None:
    """Give the Tensor that this one is a view of, the operation, its metadata, and which of several outputs it is."""
    return getattr(tensor, "view_of", None)


def views_of(tensor: Tensor) -> list[Tensor]:
    """Give the views that were taken from a Tensor, and from these, and still are there; none before its source."""
    found = [tensor]
    for source in found:
        living = [reference() for reference in list(getattr(source, "views", ()))]
        found += [view for view in living if view is not None]
    return found[1:]


def rebind(tensor: Tensor, new: Tensor) -> None:
    """Give a Tensor the value and the place on the tape of another one, and take its views from it again."""
    tensor.data, tensor.node = new.data, new.node
    taken: dict[int, Any] = {}  # by their metadata, which is one object for all outputs of an operation
    for view in views_of(tensor):
        base, op, params, index = view.view_of
        if id(params) not in taken:
            taken[id(params)] = _taken(base, op, params)
        again = taken[id(params)] if index is None else taken[id(params)][index]
        view.data, view.node = again.data, again.node


def _taken(base: Tensor, op: Op, params: dict[str, Any]) -> Any:
    out = op.forward(base.data, **params)
    if isinstance(out, tuple):
        return several(op, [base.data], [base.node], params, out)
    out = np.asarray(out)
    return Tensor.make(out, None) if base.node is None else record(op, [base.data], [base.node], params, out)
