"""Nested lists, tuples, named tuples and dicts of arrays: their leaves, and the same structure around other leaves.

None is an empty tree.  Everything else that is no such container is a leaf.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core import Tensor


def _items(tree: Any) -> list[tuple[str, Any]] | None:
    """Give the parts of a container, each with how Python would write it after the container; None for a leaf."""
    if tree is None:
        return []
    if type(tree) is dict:
        return [(f"[{key!r}]", part) for key, part in tree.items()]
    if type(tree) in (list, tuple):
        return [(f"[{index}]", part) for index, part in enumerate(tree)]
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return [(f".{field}", part) for field, part in zip(tree._fields, tree, strict=True)]
    return None


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give each leaf with its place, as ``("argument 0['w'][2]", leaf)``."""
    parts = _items(tree)
    if parts is None:
        yield path, tree
    else:
        for step, part in parts:
            yield from leaves(part, path + step)


def rebuilt(tree: Any, new: Iterator[Any]) -> Any:
    """Give the structure of a tree around new leaves, which are taken in the order of `leaves`."""
    if tree is None:
        return None
    if type(tree) is dict:
        return {key: rebuilt(part, new) for key, part in tree.items()}
    if type(tree) in (list, tuple):
        return type(tree)(rebuilt(part, new) for part in tree)
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(rebuilt(part, new) for part in tree))
    return next(new)


def matched(tree: Any, given: Any, what: str) -> list[Any]:
    """Give the leaves of a tree that must have the structure and the shapes of another one: Tensors or real arrays.

    Raises
    ------
    ValueError, TypeError
        If it has not; the message begins with ``what`` and names the place.
    """
    expected, found = dict(leaves(tree)), dict(leaves(given))
    for path in [*expected, *found]:
        if path not in found or path not in expected:
            fault = "is missing" if path in expected else "is not expected"
            raise ValueError(f"{what}{path} {fault}; the structure must be the same")
    values = {}
    for path, leaf in found.items():
        value = leaf if isinstance(leaf, Tensor) else np.asarray(leaf)
        if value.dtype.kind not in ("fiubc" if np.iscomplexobj(expected[path]) else "fiub"):
            raise TypeError(f"{what}{path} is {kind_of(leaf)}; a real number or array is wanted")
        if value.shape != np.shape(expected[path]):
            raise ValueError(f"{what}{path} has shape {value.shape}, and must have {np.shape(expected[path])}")
        values[path] = value
    return [values[path] for path in expected]


def kind_of(leaf: Any) -> str:
    """Say what a leaf is, for a message: its dtype if it has one, else its type."""
    dtype = getattr(leaf, "dtype", None)
    return str(dtype) if isinstance(dtype, np.dtype) else type(leaf).__name__
