"""Hooks: functions of the user's that see a gradient on its way backwards, and may put another in its place."""

import weakref
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .rows import Rows

if TYPE_CHECKING:
    from .tape import Node
    from .tensor import Tensor


class Hook:
    """What `Tensor.register_hook` gives: `remove` takes the hook away again, as does the end of a ``with`` block."""

    __slots__ = ("_node", "function")

    used = False  # whether this process ever registered one: sweeps ask for hooks only then

    def __init__(self, node: "Node", function: Callable[["Tensor"], Any]) -> None:
        if not callable(function):
            raise TypeError(f"register_hook: a function of the gradient is wanted, not {type(function).__name__}")
        self.function = function
        self._node = weakref.ref(node)  # the node knows its hooks: there must be no circle
        Hook.used = True
        if not hasattr(node, "hooks"):
            node.hooks = []
        node.hooks.append(self)

    def remove(self) -> None:
        """Call the function no more.  To remove it twice, or after the graph has gone, is no error."""
        node = self._node()
        if node is not None and self in node.hooks:
            node.hooks.remove(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.remove()


def through_hooks(node: "Node", g: Any) -> Any:
    """Give the cotangent that goes on from a node: its own, or what its hooks put in its place, one after the other."""
    for hook in tuple(node.hooks):
        try:
            if isinstance(g, Rows):
                g = Rows(np.stack([_through(hook, node, np.asarray(row)) for row in g.rows]))
            else:
                g = _through(hook, node, g)
        except Exception as error:
            error.add_note(f"raised by the hook {_name(hook.function)} on {_described(node)}")
            raise
    return g


def _through(hook: Hook, node: "Node", g: Any) -> Any:
    from .tensor import Tensor

    complex_numbers = node.dtype.kind == "c"
    gradient = np.conjugate(g) if complex_numbers else g  # users see the conjugate of what the sweep carries
    recorded = isinstance(gradient, Tensor)
    # Others may hold this memory too: who writes into it must hear of it.
    view = (gradient.data if recorded else gradient).view()
    view.flags.writeable = False
    answer = hook.function(Tensor.make(view, gradient.node if recorded else None))
    if answer is None:
        return g
    if not (isinstance(answer, Tensor) and recorded):
        answer = np.asarray(answer.data if isinstance(answer, Tensor) else answer)
    if answer.shape != node.shape or answer.dtype.kind not in ("fiubc" if complex_numbers else "fiub"):
        raise ValueError(
            f"register_hook: the hook {_name(hook.function)} gave {answer.dtype} {answer.shape} for the gradient of "
            f"{_described(node)}; a hook gives None, or a gradient of that shape and kind"
        )
    if answer.dtype != node.dtype:
        answer = answer.astype(node.dtype)
    if recorded and not isinstance(answer, Tensor):
        answer = Tensor.make(answer, None)
    return np.conjugate(answer) if complex_numbers else answer


def _name(function: Callable) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _described(node: "Node") -> str:
    kind = f"the result of {node.op.name}" if node.op else f"the leaf {getattr(node, 'name', None) or ''}".rstrip()
    return f"{kind}, {node.dtype} {node.shape}"
