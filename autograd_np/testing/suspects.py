"""Find the operation at fault in a graph: each one's own rule, held against its own forward function."""

import inspect
from typing import Any

import numpy as np

from ..core import Node, Tensor, partials
from . import numeric
from .check import Check
from .report import Suspect

_ENOUGH = 1e-6  # relative: what is less may be rounding


def find_suspect(check: Check) -> Suspect | None:
    """Look at each operation of the function's graph by itself; None if all rules are right at this point."""
    leaves, outputs = check.leaves, check.outputs  # no sweep has passed here yet
    known = {leaf.node: leaf.data for leaf in leaves if leaf.node is not None}
    nodes = _operations([y.node for y in outputs if y.node is not None])
    whole = [node for node in nodes if not (node.parents and _is_part(node))]
    rng = np.random.default_rng(0)
    for node in nodes:
        try:
            found = _judge(node, known, rng)
        except Exception:  # a rule that raises has said by itself where it is; what cannot be replayed is no suspect
            continue
        if found is not None:
            argument, value, expected = found
            op = (node.parents[0] if _is_part(node) else node).op  # type: ignore[union-attr]
            place = sum(other.serial <= node.serial for other in whole)
            result = Tensor.make(known[node], node)
            return Suspect(result, op.name if op else "", argument, value, expected, place, len(whole))
    return None


def _is_part(node: Node) -> bool:
    """Whether the node is one of several outputs, which has the entry of all as its parent."""
    return node.op is not None and node.op.name == "pick" and hasattr(node.parents[0], "parts")


def _operations(roots: list[Node]) -> list[Node]:
    """Give all entries of a graph from the inputs on, without those that stand for several outputs."""
    found, stack = set(roots), list(roots)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in found:
                found.add(parent)
                stack.append(parent)
    return sorted((n for n in found if n.op is not None and not hasattr(n, "parts")), key=lambda n: n.serial)


def _judge(node: Node, known: dict[Node, np.ndarray], rng: np.random.Generator) -> tuple[int, float, float] | None:
    """Compute the entry's value again, into ``known``, and check its rules along a random direction."""
    entry: Any = node.parents[0] if _is_part(node) else node
    # The tape keeps what rules read; an array that none reads may be any of its shape.
    args = [
        arg if isinstance(arg, np.ndarray) or not hasattr(arg, "shape") else known.get(parent, np.ones(arg.shape))
        for arg, parent in zip(entry.args, entry.parents, strict=True)
    ]
    names = inspect.signature(entry.op.forward).parameters
    anything = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in names.values())
    params = {key: value for key, value in (entry.params or {}).items() if anything or key in names}
    index = node.params["index"] if entry is not node and node.params else None

    def forward(point: numeric.Arrays) -> list[np.ndarray]:
        out = entry.op.forward(*point, **params)
        return [np.asarray(out if index is None else out[index])]

    known[node] = forward(args)[0]
    wanted = [i for i, parent in enumerate(entry.parents) if parent is not None]
    u = rng.uniform(0.5, 1.5, node.shape)
    nodes = [entry.parents[i] for i in wanted]
    if len(set(nodes)) < len(nodes):  # the same Tensor twice: its gradient is the sum
        return None
    found = partials([Tensor.make(known[node], node)], nodes, [u], retain_graph=True, create_graph=False)
    for i, g in zip(wanted, found, strict=True):
        v = [
            rng.choice([-1.0, 1.0], np.shape(a)) * (i == j) if j in wanted else np.zeros(()) for j, a in enumerate(args)
        ]

        def moved(point: numeric.Arrays) -> list[np.ndarray]:
            return forward([p if j in wanted else a for j, (p, a) in enumerate(zip(point, args, strict=True))])

        derivative = numeric.richardson(moved, [a if j in wanted else np.zeros(()) for j, a in enumerate(args)], v)
        value, expected = np.sum(g.data * v[i]), np.sum(u * derivative.values[0])
        size = np.abs(u * derivative.values[0]).sum() + np.abs(g.data * v[i]).sum()
        if not np.abs(value - expected) <= _ENOUGH * 0.1 * size + 2 * np.sum(np.abs(u) * derivative.errors[0]):
            return i, float(value), float(expected)
    return None
