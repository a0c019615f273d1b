"""The backward sweep: cotangents flow along the tape from the outputs to the leaves.

What is differentiated is a real number L.  Inside the sweep the cotangent of a complex z = x + iy is ∂L/∂x - i ∂L/∂y,
for which dL = Re(z̄ dz): so a rule is the plain transpose of a derivative, and that of a holomorphic function is the one
for real numbers.  Users give and get the conjugate, ∂L/∂x + i ∂L/∂y, the direction of steepest ascent.
"""

from contextlib import nullcontext
from heapq import heappop, heappush
from sys import getrefcount
from typing import Any, cast

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike

from . import tape
from .debug import SweepWatch, check_saved
from .fit import fit
from .grad_mode import enable_grad, mode, no_grad
from .hooks import Hook, through_hooks
from .op import PICK
from .recording import picked
from .rows import Rows, row_by_row
from .singular import Alarm, determinate, has_zeros
from .tape import Bundle, Node, Shaped, is_stale
from .tensor import Tensor

Cotangent = Any  # an ndarray; a Tensor when the sweep itself is recorded
_UNWATCHED = nullcontext()


def sweep(
    roots: list[Tensor],
    seeds: list[ArrayLike | None],
    *,
    retain_graph: bool,
    create_graph: bool,
    targets: set[Node] | None = None,
    partial: bool = False,
) -> dict[Node, Cotangent]:
    """Give the cotangents of the targets; of the nodes that retain their gradient where no targets are named.

    With ``partial`` nothing flows on from a target to what it was computed from.
    """
    pending: dict[Node, Cotangent] = {}
    # Whose pending cotangent nobody but the sweep can see, so that it may be added to in place.
    owned: set[Node] = set()
    finished: dict[Node, Cotangent] = {}
    # Serial numbers grow from inputs to outputs, so the youngest pending node has received all that it ever will.
    queue: list[tuple[int, Node]] = []
    by_rows = selected = False  # whether cotangents are many at once, and may be 0 in part
    given: list[Cotangent] = []  # that may be 0 in part, which is looked at when it matters
    for root, seed in zip(roots, seeds, strict=True):
        cotangent = _seed(root, seed, create_graph)
        if type(seed) is Rows:
            by_rows = selected = True
        elif seed is not None:
            given.append(cotangent)
        node = root.node
        assert node is not None
        if node in pending:
            pending[node] = add(pending[node], cotangent)
        else:
            pending[node] = cotangent
            heappush(queue, (-node.serial, node))
    useful = None if targets is None else _ancestors_of(targets, [node for _, node in queue])

    alarm = Alarm()
    watch, hooked = SweepWatch() if mode.debugging else None, Hook.used
    plain = not (create_graph or by_rows)  # bare arrays, which may be added to in place
    with (
        np.errstate(divide="ignore", invalid="call", call=alarm),
        (enable_grad if create_graph else no_grad)(),
        watch or _UNWATCHED,
    ):
        while queue:
            _, node = heappop(queue)
            g = pending.pop(node)
            if hooked and hasattr(node, "hooks"):
                g = through_hooks(node, g)
                owned.discard(node)  # a hook may have kept it
            if (node.retains_grad if targets is None else node in targets) and node not in finished:
                finished[node] = _given_out(node, g, node in owned or create_graph)
            op = node.op
            if op is None or (partial and node in finished):
                continue
            if op is PICK:
                _put(node, g, pending, queue)
                owned.discard(node)
                continue
            if type(node) is Bundle:
                g = _whole(node, g, create_graph)
            args, y, params = node.args, node.out, node.params or {}
            if args is None or (node.serial <= tape.last_write and is_stale(node)):
                raise _unusable(node)
            if watch:
                check_saved(node)
            if create_graph:
                args, y = _as_tensors(node)
            if y is None:
                y = node  # for its shape and dtype
            reused = op.reuses and plain and node in owned and node not in finished and not watch and g.flags.writeable
            if reused:
                params = {**params, "into": g}
            if watch:
                watch.before_rules(node, g)
            rules, variadic = op.rules, op.variadic
            for position, parent in enumerate(node.parents):
                if parent is None or (useful is not None and parent not in useful):
                    continue
                rule: Any = rules[0 if variadic else position]
                if variadic:
                    params = {**params, "wrt": position}
                try:
                    # To unpack no keywords would take 60 ns, a twentieth of what a small rule costs.
                    new = rule(g, y, *args, **params) if params else rule(g, y, *args)
                except Exception as error:
                    note = f"raised by the backward rule of {op.name} for argument {position}"
                    if not by_rows:
                        error.add_note(note)
                        raise
                    new = row_by_row(rule, g, y, args, params, note)
                if op.elementwise:
                    if given:
                        selected, given = selected or any(map(has_zeros, given)), []
                    if alarm.rang or selected:
                        new = determinate(new, g, args)
                alarm.rang = False
                if type(new) is not ndarray or new.shape != parent.shape or new.dtype is not parent.dtype:
                    new = fit(new, parent, node, position)
                if watch:
                    watch.after_rule(node, position, g, new)
                if parent not in pending:
                    pending[parent] = new
                    if parent.op is not None or hooked:  # a leaf has no rule, and may wait until all is done
                        heappush(queue, (-parent.serial, parent))
                    # Referenced from here and from `pending` alone, on memory of its own: nobody else can ever see it.
                    if plain and ((getrefcount(new) == _UNSHARED and new.base is None) or (reused and new is g)):
                        owned.add(parent)
                elif parent in owned:
                    pending[parent] += new
                else:
                    pending[parent] = add(pending[parent], new)
                    if plain:
                        owned.add(parent)
            selected = selected or op.selects
            owned.discard(node)
            if not retain_graph:
                node.args = node.out = node.params = None
        for node, g in pending.items():
            if (targets is None or node in targets) and node not in finished:
                finished[node] = _given_out(node, g, node in owned or create_graph)
    return finished


def _given_out(node: Node, g: Cotangent, own: bool) -> Cotangent:
    """Give a complete cotangent as the gradient that users see, in memory of its own."""
    kept = g if own else g.copy()
    return np.conjugate(kept) if node.dtype.kind == "c" else kept


def _put(node: Node, g: Cotangent, pending: dict[Node, Cotangent], queue: list[tuple[int, Node]]) -> None:
    """Put the cotangent of one of several outputs where the sweep collects those of all."""
    (bundle,) = node.parents
    assert isinstance(bundle, Bundle)
    if bundle not in pending:
        pending[bundle] = [None] * len(bundle.parts)
        heappush(queue, (-bundle.serial, bundle))
    index, parts = cast(dict, node.params)["index"], pending[bundle]
    parts[index] = g if parts[index] is None else add(parts[index], g)


def _whole(bundle: Bundle, parts: list[Cotangent], create_graph: bool) -> tuple[Cotangent, ...]:
    """Give the cotangents of all outputs, zeros for those that nothing used."""
    return tuple(
        [_zeros(like, create_graph) if part is None else part for part, like in zip(parts, bundle.parts, strict=True)]
    )


def _zeros(like: Shaped, create_graph: bool) -> Cotangent:
    zeros = np.zeros(like.shape, like.dtype)
    return Tensor.make(zeros, None) if create_graph else zeros


def add(a: Cotangent, b: Cotangent) -> Cotangent:
    """Add into new memory.  Where NumPy makes a scalar or another byte order of the sum, gradients stay as they are."""
    total = a + b
    if isinstance(total, np.generic):
        total = np.asarray(total)
    return total if total.dtype == a.dtype else total.astype(a.dtype)


def _count_unshared() -> int:
    holder = {0: np.empty(0)}
    new = holder[0]
    return getrefcount(new)


_UNSHARED = _count_unshared()


def _seed(root: Tensor, seed: ArrayLike | None, create_graph: bool) -> Cotangent:
    if root.node is None:
        raise RuntimeError(
            "backward: this Tensor records no gradient; it needs an input with requires_grad=True, outside no_grad()"
        )
    if isinstance(seed, Rows):
        return seed
    if seed is None:
        if root.size != 1:
            raise ValueError(
                f"backward: a cotangent is needed for an output of shape {root.shape}; "
                "reduce it to one element (.sum(), .mean()) or give gradient="
            )
        if root.dtype.kind == "c":
            raise TypeError(
                f"backward: only a real number has a gradient, and the output is {root.dtype}; take its real part, its "
                "imaginary part or its absolute value, or give gradient="
            )
        array = np.ones(root.shape, root.dtype) if root.shape else np.array(1, root.dtype)  # at a fifth of the cost
        return Tensor.make(array, None) if create_graph else array
    if create_graph and isinstance(seed, Tensor):
        array = seed.data
    else:
        array = np.asarray(seed.data if isinstance(seed, Tensor) else seed)
    if array.shape != root.shape or array.dtype.kind not in ("fiubc" if root.dtype.kind == "c" else "fiub"):
        raise ValueError(
            f"backward: the gradient given is {array.dtype} {array.shape}, the output {root.dtype} {root.shape}; "
            "shapes must be equal, and the gradient of a real output real"
        )
    cotangent: Cotangent = seed
    if not (create_graph and isinstance(seed, Tensor) and array.dtype == root.dtype):
        # Shared with the user while the sweep runs, which writes to nothing that it does not own; a graph keeps a copy.
        array = array.astype(root.dtype, copy=create_graph)
        cotangent = Tensor.make(array, None) if create_graph else array
    return np.conjugate(cotangent) if root.dtype.kind == "c" else cotangent


def _unusable(node: Node) -> RuntimeError:
    """Say why the rules of an entry cannot be run."""
    op: Any = node.op
    if node.args is None:
        return RuntimeError(
            f"backward: the graph through {op.name} was released by an earlier backward; "
            "give that one retain_graph=True, or run the forward pass again"
        )
    return RuntimeError(
        f"backward: memory that {op.name} saved was written in place since (an optimizer step, t[i] = v or "
        "t += v); run backward before the write, or the forward pass again after it"
    )


def _as_tensors(node: Node) -> tuple[tuple, Any]:
    """Give what the entry's rules read as Tensors, where the sweep itself is recorded."""
    assert node.args is not None
    args = tuple(
        Tensor.make(arg, parent) if type(arg) is ndarray else arg
        for arg, parent in zip(node.args, node.parents, strict=True)
    )
    if isinstance(node, Bundle):
        return args, tuple(_picked(node, index, out) for index, out in enumerate(node.out))
    return args, None if node.out is None else Tensor.make(node.out, node)


def _picked(bundle: Bundle, index: int, out: Any) -> Any:
    if not isinstance(out, np.ndarray) or out.dtype.kind not in "fc":
        return out
    return picked(bundle, index, out)


def _ancestors_of(targets: set[Node], roots: list[Node]) -> set[Node]:
    """Give the nodes through which some target is reached: no other needs its rule run."""
    oldest = min((node.serial for node in targets), default=0)
    reachable: dict[Node, None] = dict.fromkeys(roots)
    stack = list(roots)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent.serial >= oldest and parent not in reachable:
                reachable[parent] = None
                stack.append(parent)
    useful = set()
    for node in sorted(reachable, key=lambda node: node.serial):
        if node in targets or any(parent in useful for parent in node.parents):
            useful.add(node)
    return useful
