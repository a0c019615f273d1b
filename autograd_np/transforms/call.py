"""One call of a user's function on Tensors of its own: what all transforms have in common.

Each leaf of the differentiated arguments enters the function by a node of its own on the tape, above the node that it
may have already.  Derivatives are taken with respect to these nodes, so a value that comes into the function twice, as
an argument and through a closure, or in the calls of nested transforms, is never mistaken for itself.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..core import Node, Op, Tensor, enable_grad, is_grad_enabled, partials
from ..core.recording import taped
from ..core.tape import Shaped, next_serial
from .trees import kind_of, leaves, rebuilt

ARGUMENT = Op("argument", lambda x: x, (lambda g, _y, _x: g,), r"\bar x = \bar y")


def entered(leaf: Any) -> tuple[Tensor, Node]:
    """Give a value on a new node of the tape, above the one that it may have.

    Keep the node, not the Tensor: a function that works in place on its argument gives that Tensor another node.
    """
    if isinstance(leaf, Tensor):
        data, below = leaf.data, leaf.node if is_grad_enabled() else None
    else:
        data, below = np.asarray(leaf), None
    stand_in = Shaped(data.shape, data.dtype) if below is None else below
    tensor = taped(ARGUMENT, (stand_in,), (below,), None, data, False)
    assert tensor.node is not None
    return tensor, tensor.node


def reached(outputs: Sequence[Tensor], ends: Callable[[Node], bool]) -> Iterator[Node]:
    """Give the nodes that the outputs were made from, back to those, included, at which it ends."""
    stack = list({y.node: None for y in outputs if y.node is not None})
    seen = set(stack)
    while stack:
        node = stack.pop()
        yield node
        for parent in () if ends(node) else node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)


def outside(outputs: Sequence[Tensor], inputs: Sequence[Node], start: int) -> list[Node]:
    """Give the nodes, besides those of its inputs, that a function which began at ``start`` took from elsewhere."""
    own = set(inputs)

    def borrowed(node: Node) -> bool:
        return node not in own and (node.serial < start or node.op is None)

    return [node for node in reached(outputs, lambda node: node in own or borrowed(node)) if borrowed(node)]


class Call:
    """The result of a function, and the way back to the leaves of some of its arguments.

    ``kinds`` are those of the numbers that the arguments and the result may be made of: "f", or "fc" for complex too.

    Attributes
    ----------
    inputs : list of Node
        By which the leaves of the differentiated arguments entered the function.
    outputs : list of Tensor
        The leaves of what it gave.
    tree : tree of Tensors
        What it gave.
    aux : object
        What it gave besides, where ``has_aux`` says that it does.
    recorded : bool
        Whether results are on the tape of the caller: an argument is, or something else that the function used.
    """

    def __init__(
        self,
        transform: str,
        f: Callable,
        args: tuple,
        argnums: int | Sequence[int] | None = None,
        kwargs: dict[str, Any] | None = None,
        has_aux: bool = False,
        kinds: str = "f",
    ) -> None:
        self.transform = transform
        self.argnums = argnums
        self.places = _places(transform, argnums, len(args))
        self.arguments = [args[place] for place in self.places]
        named = [found for i in self.places for found in leaves(args[i], f"argument {i}")]
        for where, leaf in named:
            _check_argument(transform, where, leaf, kinds)
        self.leaves = [leaf for _, leaf in named]
        start = next_serial()
        tensors = [entered(leaf) for leaf in self.leaves]
        self.inputs = [node for _, node in tensors]
        given, new = list(args), iter([tensor for tensor, _ in tensors])
        for place in self.places:
            given[place] = rebuilt(args[place], new)
        with enable_grad():
            out = f(*given, **(kwargs or {}))
        self.aux = None
        if has_aux:
            if type(out) is not tuple or len(out) != 2:
                raise TypeError(f"{transform}: has_aux wants a function that gives (value, aux), not {kind_of(out)}")
            out, self.aux = out
        self.tree = out
        self.outputs = [_checked_output(transform, where, y, kinds) for where, y in leaves(out, "the result")]
        if not self.outputs:
            raise TypeError(f"{transform}: the function gave {out!r}, and no Tensor to differentiate")
        self.recorded = is_grad_enabled() and (
            any(node.parents[0] is not None for node in self.inputs) or bool(outside(self.outputs, self.inputs, start))
        )
        self.on_tensors = any(isinstance(leaf, Tensor) for leaf in self.leaves)

    def scalar(self) -> Tensor:
        """Give the function's only output, which must be a single number."""
        y = self.single()
        if y.size != 1:
            raise ValueError(
                f"{self.transform}: the function gave shape {y.shape}, and only a single number has a gradient; reduce "
                "it (.sum(), .mean()), or use jacobian, vjp or elementwise_grad"
            )
        if y.dtype.kind == "c":
            raise TypeError(
                f"{self.transform}: the function gave {y.dtype}, and only a real number has a gradient; take its real "
                "part, its imaginary part or its absolute value"
            )
        return y

    def single(self) -> Tensor:
        """Give the function's only output."""
        if self.tree is not self.outputs[0]:
            raise TypeError(
                f"{self.transform}: the function gave a {type(self.tree).__name__}, and one Tensor is wanted; with "
                "has_aux=True it may give (value, anything else)"
            )
        return self.outputs[0]

    def pull(self, seeds: Sequence[Any], *, again: bool = False) -> list[Tensor]:
        """Give the cotangents of the inputs from those of the outputs; with ``again`` there will be more of them."""
        record = self.records(seeds)
        return partials(self.outputs, self.inputs, seeds, retain_graph=again or self.recorded, create_graph=record)

    def records(self, others: Sequence[Any] = ()) -> bool:
        """Whether a result that also depends on these other values is on the tape of the caller."""
        return is_grad_enabled() and (self.recorded or any(isinstance(t, Tensor) and t.requires_grad for t in others))

    # -- results as the caller wants them ----------------------------------------------------------------------------

    def like_arguments(self, found: Iterator[Any] | Sequence[Any]) -> Any:
        """Put one result for each input into the structure of the arguments."""
        new = iter(found)
        parts = tuple(rebuilt(argument, new) for argument in self.arguments)
        return parts[0] if isinstance(self.argnums, int) else parts

    def like_leaves(self, found: Sequence[Tensor], record: bool) -> list[Any]:
        """Give results of the kinds of the inputs: Tensor, array or number."""
        return [_like(leaf, g, record) for leaf, g in zip(self.leaves, found, strict=True)]

    def like_result(self, found: Sequence[Tensor], record: bool) -> Any:
        """Put one Tensor for each output into the structure of the function's result."""
        return rebuilt(self.tree, iter([self.plain(y, record) for y in found]))

    def plain(self, y: Tensor, record: bool) -> Any:
        """Give a Tensor as it is if it is on the tape of the caller, without its graph if there were other Tensors."""
        if record:
            return y
        return y.detach() if self.on_tensors else y.data[()]

    def value(self) -> Any:
        """Give the function's result to the caller."""
        return self.like_result(self.outputs, self.recorded)

    def auxiliary(self) -> Any:
        """Give what the function gave besides; Tensors in it as in the result."""
        found = (self.plain(x, self.recorded) if isinstance(x, Tensor) else x for _, x in leaves(self.aux))
        return rebuilt(self.aux, found)


def _places(transform: str, argnums: int | Sequence[int] | None, count: int) -> list[int]:
    wanted = range(count) if argnums is None else [argnums] if isinstance(argnums, int) else argnums
    places = []
    for place in wanted:
        if not -count <= place < count:
            raise ValueError(f"{transform}: argnums names argument {place}, and there are {count} positional arguments")
        places.append(place % count)
    if len(set(places)) < len(places):
        raise ValueError(f"{transform}: argnums names an argument twice: {argnums}")
    return places


_NUMBERS = {"f": "real floating point numbers", "fc": "floating point numbers, real or complex"}


def _check_argument(transform: str, where: str, leaf: Any, kinds: str) -> None:
    numeric = isinstance(leaf, (Tensor, np.ndarray, np.generic, int, float, complex))
    if not numeric or (leaf.dtype.kind if hasattr(leaf, "dtype") else np.asarray(leaf).dtype.kind) not in kinds:
        raise TypeError(
            f"{transform}: {where} is {kind_of(leaf)}; derivatives are by {_NUMBERS[kinds]}: give it as "
            "float, or choose the arguments to differentiate by with argnums or a lambda"
        )


def _checked_output(transform: str, where: str, y: Any, kinds: str) -> Tensor:
    if not isinstance(y, Tensor):
        raise TypeError(
            f"{transform}: {where} of the function is {kind_of(y)}, not a Tensor, so its derivative is lost; compute "
            "it from the arguments by operators, NumPy or this package, without .data, .item() or float()"
        )
    if y.dtype.kind not in kinds:
        raise TypeError(f"{transform}: {where} of the function is {y.dtype}, and not {_NUMBERS[kinds]}")
    return y


def _like(leaf: Any, g: Tensor, record: bool) -> Any:
    if record or isinstance(leaf, Tensor):
        return g
    if isinstance(leaf, np.ndarray) or g.ndim:  # a Jacobian has axes where its argument is a number
        return g.data
    return g.data[()] if isinstance(leaf, np.generic) else g.item()
