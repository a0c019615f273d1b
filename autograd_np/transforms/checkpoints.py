"""Checkpoints: forget what happens inside a function, and run it again when its gradient is wanted."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Bundle, Node, Op, Tensor, enable_grad, is_grad_enabled, partials, picked
from ..core.tape import next_serial
from .call import entered, outside
from .trees import leaves, rebuilt

_PLACE = object()  # stands in a tree of arguments where a recorded Tensor was


def checkpoint(f: Callable) -> Callable:
    """Give a function that computes what f does, but keeps nothing of f's interior: backward runs f again.

    It trades time for memory: one more forward pass of f for all that its operations would save.  Gradients of every
    order flow to arguments, keyword arguments, Tensors in nested lists, tuples and dicts of them, and to Tensors that f
    takes from elsewhere (its closure, a module's parameters).

    f must do the same when it runs again: random numbers are drawn outside, and given as arguments.

    Raises
    ------
    RuntimeError
        In backward, if f gave other values or used other Tensors than the first time.

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> layer = ag.checkpoint(lambda x: np.tanh(w * x))
    >>> layer(np.zeros(2)).sum().backward()
    >>> w.grad
    Tensor([0., 0.])
    """

    @functools.wraps(f)
    def forgetful(*args: Any, **kwargs: Any) -> Any:
        return _forget(f, (args, kwargs)) if is_grad_enabled() else f(*args, **kwargs)

    return forgetful


def _forget(f: Callable, arguments: Any) -> Any:
    """Run f, and put a single entry on the tape for all that it does."""
    inputs = [x for _, x in leaves(arguments) if _is_recorded(x)]
    template = rebuilt(arguments, (_PLACE if _is_recorded(x) else x for _, x in leaves(arguments)))
    segment = _Segment(f, template)
    result, _, outputs, segment.used = segment.run([x.detach() for x in inputs])
    if not outputs:
        return result
    bundle = Bundle(
        CHECKPOINT,
        (*(x.data for x in inputs), *segment.used),
        (*(x.node for x in inputs), *segment.used),
        {"segment": segment},
        tuple(y.data for y in outputs),
        True,
    )
    picks = iter([picked(bundle, index, y.data) for index, y in enumerate(outputs)])
    return rebuilt(result, (next(picks) if _is_recorded(x) else x for _, x in leaves(result)))


def _is_recorded(leaf: Any) -> bool:
    return isinstance(leaf, Tensor) and leaf.node is not None


class _Segment:
    """A function and its arguments, but for the recorded Tensors among them: what it takes to run it again."""

    def __init__(self, f: Callable, template: Any) -> None:
        self.f = f
        self.template = template
        # Recorded Tensors that f takes from elsewhere than its arguments.
        self.used: list[Node] = []
        # Cotangents of all inputs come from one run; the sweep asks for them one by one.
        self.waiting: tuple[Any, dict[int, Any]] = (None, {})

    def run(self, inputs: list[Tensor]) -> tuple[Any, list[Node], list[Tensor], list[Node]]:
        """Give f's result, the nodes of its inputs, the recorded Tensors in the result, and what else it used."""
        start = next_serial()
        tensors = [entered(x) for x in inputs]
        own, new = [node for _, node in tensors], iter([tensor for tensor, _ in tensors])
        args, kwargs = rebuilt(
            self.template, (next(new) if leaf is _PLACE else leaf for _, leaf in leaves(self.template))
        )
        with enable_grad():
            result = self.f(*args, **kwargs)
        outputs = [y for _, y in leaves(result) if _is_recorded(y)]
        return result, own, outputs, outside(outputs, own, start)

    def cotangent(self, g: Any, y: Any, args: tuple, wrt: int) -> Any:
        """Give the cotangent of one of the entry's arguments: recorded Tensors first, then what else f used."""
        if self.waiting[0] is not g or wrt not in self.waiting[1]:
            self.waiting = (g, self.cotangents(g, y, args))
        _, found = self.waiting
        cotangent = found.pop(wrt)
        if not found:
            self.waiting = (None, {})
        return cotangent

    def cotangents(self, g: Any, y: Any, args: tuple) -> dict[int, Any]:
        """Run again, and go backwards."""
        given = args[: len(args) - len(self.used)]
        start = next_serial()
        _, own, outputs, used = self.run([x if isinstance(x, Tensor) else Tensor.make(x, None) for x in given])
        if not {node for node in used if node.serial < start} <= set(self.used):
            raise RuntimeError(f"checkpoint: {_name(self.f)} used other Tensors when it was run again for backward")
        before = [part.data if isinstance(part, Tensor) else part for part in y]
        if len(before) != len(outputs) or not all(
            np.array_equal(a, b.data, equal_nan=True) for a, b in zip(before, outputs, strict=True)
        ):
            raise RuntimeError(
                f"checkpoint: {_name(self.f)} gave other values when it was run again for backward; draw random "
                "numbers outside and give them as arguments, and leave what it uses unchanged until then"
            )
        record = is_grad_enabled()
        found = partials(outputs, own + self.used, g, retain_graph=record, create_graph=record)
        return {place: t if record else t.data for place, t in enumerate(found)}


def _name(f: Callable) -> str:
    return getattr(f, "__name__", type(f).__name__)


def _rule(g: Any, y: Any, *args: Any, wrt: int, segment: _Segment) -> Any:
    return segment.cotangent(g, y, args, wrt)


CHECKPOINT = Op(
    "checkpoint",
    lambda *args: args,
    (_rule,),
    r"\bar x = \text{by running it again}",
    variadic=True,
    selects=True,  # for all that is known of what it does
)
