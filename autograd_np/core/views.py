"""Views: Tensors that share memory with another, and are to change with it as NumPy's do.

In-place work that is recorded cannot write to memory that the tape has saved; it gives its Tensor a new array.  Those
who shared the old one must follow.  So a view knows the Tensor that it was taken from, and how; a Tensor knows its
views, by weak references (`core.primitive` notes both), and when it gets a new array they are taken from it again.
"""

from typing import Any

import numpy as np

from .op import Op
from .primitive import record
from .tensor import Tensor


def source_of(tensor: Tensor) -> tuple[Tensor, Op, dict[str, Any]] | None:
    """Give the Tensor that this one is a view of, the operation, and its metadata."""
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
    for view in views_of(tensor):
        again = _taken(*view.view_of)
        view.data, view.node = again.data, again.node


def _taken(base: Tensor, op: Op, params: dict[str, Any]) -> Tensor:
    out = np.asarray(op.forward(base.data, **params))
    return Tensor.make(out, None) if base.node is None else record(op, [base.data], [base.node], params, out)
