"""What a rule gives is brought to its argument's shape and dtype: broadcasting is undone once, here, and in no rule."""

from typing import Any

import numpy as np

from .rows import Rows
from .summation import precise_sum
from .tape import Node
from .tensor import Tensor


def fit(new: Any, parent: Node, node: Node, position: int) -> Any:
    """Bring a rule's result to its argument's shape and dtype: undo broadcasting, and nothing but broadcasting."""
    plain = not isinstance(new, (Tensor, Rows))
    if plain:
        new = np.asarray(new)
    if new.shape != parent.shape:
        new = _unbroadcast(new, parent.shape, node, position, plain)
    if new.dtype.kind == "c" and parent.dtype.kind == "f":
        new = np.real(new)  # dL = Re(ȳ dx), and dx is real
    return new if new.dtype == parent.dtype else new.astype(parent.dtype)


def _unbroadcast(new: Any, wanted: tuple[int, ...], node: Node, position: int, plain: bool) -> Any:
    """Sum over the axes along which an argument was repeated."""
    op, shape = node.op, new.shape
    assert op is not None
    extra = len(shape) - len(wanted)
    if op.broadcasts and extra > 0 and wanted and shape[extra:] == wanted:  # as a bias; of no axes it were a scalar
        axes = tuple(range(extra))
        return precise_sum(new, axes) if plain else np.sum(new, axis=axes)
    stretched = tuple(
        i for i, n in enumerate(shape) if i < extra or (n != wanted[i - extra] and wanted[i - extra] == 1)
    )
    summed = tuple(n for i, n in enumerate(shape) if i >= extra and i not in stretched)
    if not op.broadcasts or extra < 0 or summed != tuple(n for i, n in enumerate(wanted) if i + extra not in stretched):
        raise ValueError(
            f"{op.name}: the backward rule of argument {position} gave shape {shape}, the argument's is {wanted}"
        )
    new = precise_sum(new, stretched) if plain else np.sum(new, axis=stretched)
    return np.reshape(new, wanted)
