"""What a diagram shows, as plain data: boxes and edges, in an order that depends on the program alone."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..core import Leaf, Node, Op, Shaped, Tensor
from .labels import short

# Where the order of two arguments says nothing, they need no names.
_COMMUTATIVE = (np.add, np.multiply, np.maximum, np.minimum)


class Box(NamedTuple):
    """One box of a diagram.

    Attributes
    ----------
    id : str
        Unique in the diagram; counted from 1 in the order of recording.
    role : {"operation", "parameter", "input", "output"}
        A box of an operation holds its result too, unless that has a box of its own as an output.
    name : str or None
        The tensor's name, or the value of a number.
    tensor : Tensor, Node, ndarray, Shaped or None
        What has the shape and dtype that are shown.
    op : Op or None
        The operation, and in ``params`` its keyword arguments.
    ports : tuple of str
        Its arguments' names, where it matters which is which.
    is_output : bool
        Whether it is one of the Tensors that the diagram was asked for.
    """

    id: str
    role: str
    name: str | None
    tensor: Any
    op: Op | None = None
    params: Mapping[str, Any] | None = None
    ports: tuple[str, ...] = ()
    is_output: bool = False


class Edge(NamedTuple):
    """From the box of a tensor to the operation that reads it, there at a port or anywhere (None)."""

    source: str
    target: str
    port: int | None = None


class Graph(NamedTuple):
    """All that is drawn.  ``released``: some of it was already freed by backward."""

    boxes: list[Box]
    edges: list[Edge]
    released: bool


def collect(roots: Sequence[Tensor], names: Mapping[str, Any], max_nodes: int) -> Graph:
    """Find everything that the roots were computed from.

    Raises
    ------
    ValueError
        If that is more than ``max_nodes`` boxes.
    """
    nodes = _reachable(root.node for root in roots if root.node is not None)
    if len(nodes) > max_nodes:
        raise _too_large(f"{len(nodes):,} operations and leaves", max_nodes)
    drawn = _Collector(Names(names), roots)
    # An output is younger than its inputs, so whatever an edge starts from has its box already.
    for node in sorted(nodes, key=lambda node: node.serial):
        drawn.add(node)
    for root in roots:
        if root.node is None:
            drawn.constant(root.data)
    if len(drawn.boxes) > max_nodes:
        raise _too_large(f"{len(drawn.boxes):,} operations, leaves, inputs and outputs", max_nodes)
    return Graph(drawn.boxes, drawn.edges, any(node.op and node.args is None for node in nodes))


def _reachable(roots: Iterable[Node]) -> set[Node]:
    found = set(roots)
    stack = list(found)
    while stack:  # not recursive: graphs are deeper than Python's stack
        for parent in stack.pop().parents:
            if parent is not None and parent not in found:
                found.add(parent)
                stack.append(parent)
    return found


def _too_large(what: str, max_nodes: int) -> ValueError:
    return ValueError(
        f"diagram: the graph has {what}, and max_nodes={max_nodes} boxes are drawn at most; draw an earlier "
        "Tensor, one layer or one step by itself, or give a larger max_nodes (thousands take Graphviz long)"
    )


class Names:
    """Names by identity: of the entry on the tape for what has one, of the memory for all others."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.of_nodes: dict[Node, str] = {}
        self.of_memory: dict[tuple, str] = {}
        self.kept = list(names.values())  # an address is an identity only while its array lives
        for name, value in names.items():
            if isinstance(value, Tensor):
                if value.node is not None:
                    _append(self.of_nodes, value.node, name)
                value = value.data
            if not isinstance(value, np.ndarray):
                raise TypeError(f"diagram: names[{name!r}] must be a Tensor or an ndarray, not {type(value).__name__}")
            _append(self.of_memory, memory(value), name)

    def of(self, tensor: Node | np.ndarray | Shaped) -> str | None:
        """Give the name, if there is one."""
        if isinstance(tensor, Node):
            return self.of_nodes.get(tensor) or (tensor.name if isinstance(tensor, Leaf) else None)
        return self.of_memory.get(memory(tensor)) if isinstance(tensor, np.ndarray) else None


def _append(names: dict[Any, str], key: Any, name: str) -> None:
    names[key] = f"{names[key]}, {name}" if key in names else str(name)


def memory(array: np.ndarray) -> tuple:
    """Tell arrays apart by the elements that they show, as every view is an object of its own."""
    if not array.size:  # owns no byte, so its address means nothing
        return (id(array),)
    return (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype)


class _Collector:
    def __init__(self, names: Names, roots: Sequence[Tensor]) -> None:
        self.names = names
        self.boxes: list[Box] = []
        self.edges: list[Edge] = []
        self.sources: dict[Node, str] = {}  # the box that shows the tensor of an entry
        self.shared: dict[tuple, str] = {}  # the boxes of constant arrays
        self.counts = {"n": 0, "c": 0, "out": 0}
        self.arguments: dict[Op, list[str]] = {}
        self.root_nodes = {root.node for root in roots if root.node is not None}
        self.root_memory = {memory(root.data) for root in roots if root.node is None}

    def new_id(self, kind: str) -> str:
        self.counts[kind] += 1
        return f"{kind}{self.counts[kind]}"

    def add(self, node: Node) -> None:
        """Add the box of an entry, before it those of its constants, and the edges to it."""
        name, is_output = self.names.of(node), node in self.root_nodes
        self.sources[node] = box_id = self.new_id("n")
        op, args, params = node.op, node.args, node.params
        if op is None:
            self.boxes.append(Box(box_id, "parameter", name, node, is_output=is_output))
            return
        incoming = []
        for position, parent in enumerate(node.parents):
            if parent is not None:
                incoming.append((self._argument(op, position), self.sources[parent]))
            elif args is not None and args[position] is not None:
                incoming.append((self._argument(op, position), self.constant(args[position])))
        # Arrays among the keyword arguments are the business of the operation, except those that the caller
        # knows by name, such as the labels of a loss.
        for key, value in (params or {}).items():
            if isinstance(value, np.ndarray) and self.names.of(value):
                incoming.append((key, self.constant(value)))
        several = len(incoming) > 1 or len(node.parents) > 1
        commutes = any(op.forward is function for function in _COMMUTATIVE)
        ports = tuple(port for port, _ in incoming) if several and not commutes else ()
        for position, (_, source) in enumerate(incoming):
            self.edges.append(Edge(source, box_id, position if ports else None))
        if not is_output:
            self.boxes.append(Box(box_id, "operation", name, node, op, params, ports))
            return
        self.boxes.append(Box(box_id, "operation", None, None, op, params, ports))
        self.sources[node] = output_id = self.new_id("out")
        self.boxes.append(Box(output_id, "output", name, node, is_output=True))
        self.edges.append(Edge(box_id, output_id))

    def constant(self, value: Any) -> str:
        """Give the box of a constant: one for each array, but one for each use of a number or a stand-in."""
        key = memory(value) if isinstance(value, np.ndarray) else None
        if key in self.shared:
            return self.shared[key]
        box_id = self.new_id("c")
        name = self.names.of(value)
        tensor = value if isinstance(value, (np.ndarray, Shaped)) else None
        if name is None and not isinstance(value, Shaped) and np.ndim(value) == 0:
            name = short(value)
        self.boxes.append(Box(box_id, "input", name, tensor, is_output=key in self.root_memory))
        if key is not None:
            self.shared[key] = box_id
        return box_id

    def _argument(self, op: Op, position: int) -> str:
        if op not in self.arguments:
            self.arguments[op] = _argument_names(op)
        names = self.arguments[op]
        return names[position] if position < len(names) else str(position)


def _argument_names(op: Op) -> list[str]:
    """Read the arguments' names off a rule, where they follow the cotangent and the output."""
    rule = next((rule for rule in op.rules if rule is not None), None)
    if op.variadic or rule is None:  # none has the entry that picks one of several outputs
        return []
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = [p for p in inspect.signature(rule).parameters.values() if p.kind in positional]
    return [p.name.lstrip("_") for p in parameters[2:]]
