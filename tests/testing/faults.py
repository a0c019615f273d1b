"""Faults to plant in backward rules: in what a rule returns, and in its source.

A fault takes a rule and the argument's position, and gives the faulty rule.  Faulty rules stay differentiable where
they can, so that second derivatives are wrong in the same way, not missing.
"""

import ast
import copy
import functools
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from autograd_np import Tensor
from autograd_np.core import Op, Rows
from autograd_np.ops.arithmetic import raw

MILLIONTH = 1 + 1e-6


def returned(spoil: Callable) -> Callable:
    """A fault in what comes back: ``spoil(new, argument)``."""

    def fault(rule: Callable, position: int) -> Callable:
        def faulty(g, y, *args, **params):
            argument = args[params.get("wrt", position)]
            return spoil(rule(g, y, *args, **params), argument)

        return faulty

    return fault


def scaled(mask: Callable) -> Callable:
    """A fault that multiplies by ``mask(new)``, an array of the shape of what comes back."""
    return returned(lambda new, _: new * mask(new))


def one_entry(factor: float, which: int = 0) -> Callable:
    """Multiply one entry by a factor, counted among those that are not 0."""

    def mask(new):
        factors = np.ones(new.shape)
        nonzero = np.flatnonzero(raw(new)) if not isinstance(new, Rows) else np.arange(factors.size)
        if nonzero.size:
            factors.flat[nonzero[which]] = factor
        return factors

    return scaled(mask)


def transposed(new, _):
    """Swap two axes of one length; where there are none, read the elements in the other order."""
    shape = new.shape
    for i in range(len(shape)):
        for j in range(i):
            if shape[i] == shape[j] > 1:
                return np.swapaxes(new, i, j)
    return np.reshape(np.transpose(new), shape)


def reversed_order(new, _):
    longest = int(np.argmax(new.shape)) if new.shape else None
    return new if longest is None else np.flip(new, longest)


def first_of_the_broadcast(new, argument):
    """Take one of the copies' cotangents where they are to be summed."""
    wanted = np.shape(argument)
    extra = len(new.shape) - len(wanted)
    index = tuple(0 if i < extra else slice(0, 1) if wanted[i - extra] == 1 else slice(None) for i in range(new.ndim))
    return new[index] if new.shape != wanted else new


def along_another_axis(rule: Callable, _: int) -> Callable:
    def faulty(g, y, *args, **params):
        axis, ndim = params.get("axis"), np.ndim(args[0]) if isinstance(args[0], np.ndarray) else len(args[0].shape)
        if isinstance(axis, int) and ndim > 1:
            params = {**params, "axis": (axis + 1) % ndim}
        return rule(g, y, *args, **params)

    return faulty


def of_the_cotangent(change: Callable) -> Callable:
    """A fault in how the cotangent is read."""

    def fault(rule: Callable, _: int) -> Callable:
        def faulty(g, y, *args, **params):
            return rule(tuple(map(change, g)) if isinstance(g, tuple) else change(g), y, *args, **params)

        return faulty

    return fault


def without_last(g):
    keep = np.ones(g.shape)
    keep.flat[-1:] = 0
    return g * keep


def cotangent_overwritten(rule: Callable, _: int) -> Callable:
    def faulty(g, y, *args, **params):
        new = rule(g, y, *args, **params)
        for part in g if isinstance(g, tuple) else (g,):
            if isinstance(part, np.ndarray) and part.flags.writeable:
                new = np.array(new)
                part *= 2
        return new

    return faulty


def memory_used_again(rule: Callable, _: int) -> Callable:
    memory = {}

    def faulty(g, y, *args, **params):
        new = rule(g, y, *args, **params)
        if type(new) is not np.ndarray:
            return new
        again = memory.setdefault((new.shape, new.dtype), np.empty(new.shape, new.dtype))
        again[...] = new
        return again

    return faulty


def in_float32(new, _):
    return new * 1.001 if new.dtype == np.float32 else new


def detached(new, _):
    return new.detach() if isinstance(new, Tensor) else new


def above_1(new, argument):
    values = raw(argument) if isinstance(argument, (Tensor, np.ndarray)) else np.zeros(())
    return new * np.where(values > 1, MILLIONTH, 1.0) if values.shape == new.shape else new


def layout_matters(rule: Callable, _: int) -> Callable:
    def faulty(g, y, *args, **params):
        new = rule(g, y, *args, **params)
        backwards = isinstance(g, np.ndarray) and g.size > 1 and min(g.strides) < 0
        return new * 2 if backwards else new

    return faulty


FAULTS: dict[str, Callable] = {
    "sign": scaled(lambda new: -np.ones(new.shape)),
    "dropped": scaled(lambda new: np.zeros(new.shape)),
    "factor of 2": scaled(lambda new: np.full(new.shape, 2.0)),
    "one part in a million": scaled(lambda new: np.full(new.shape, MILLIONTH)),
    "one entry zeroed": one_entry(0.0),
    "one entry negated": one_entry(-1.0),
    "last entry negated": one_entry(-1.0, -1),
    "one entry off by 1e-6": one_entry(MILLIONTH),
    "off by 1e-6 above 1": returned(above_1),
    "transposed": returned(transposed),
    "reversed": returned(reversed_order),
    "wrong axis": along_another_axis,
    "no sum over broadcasts": returned(first_of_the_broadcast),
    "cotangent's sign lost": of_the_cotangent(np.abs),
    "cotangent squared": of_the_cotangent(lambda g: g * g),
    "cotangent's last entry lost": of_the_cotangent(without_last),
    "cotangent overwritten": cotangent_overwritten,
    "memory used again": memory_used_again,
    "cotangent's layout matters": layout_matters,
    "second order lost": returned(detached),
    "float32 only": returned(in_float32),
}


def applies(fault: str, op: Op) -> bool:
    """Whether an operation can have the fault at all."""
    return fault != "no sum over broadcasts" or op.broadcasts


# -- faults in the source --------------------------------------------------------------------------------------------


@functools.cache
def _tree(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text())


def _definition(rule: Callable) -> ast.Lambda | ast.FunctionDef | None:
    """Find where a rule is written: the lambda or function whose code its own is."""
    code = rule.__code__
    path = code.co_filename
    spans = [
        position for position in code.co_positions() if None not in position and position[0] >= code.co_firstlineno
    ]
    first = min((line, column) for line, _, column, _ in spans)
    best = None
    for node in ast.walk(_tree(path)):
        if not isinstance(node, (ast.Lambda, ast.FunctionDef)):
            continue
        names = [a.arg for a in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
        if names != list(code.co_varnames[: len(names)]):
            continue
        if isinstance(node, ast.FunctionDef):
            if node.name == code.co_name and node.lineno <= first[0] <= node.end_lineno:
                return node
        elif code.co_name == "<lambda>" and (node.lineno, node.col_offset) <= first <= (
            node.end_lineno,
            node.end_col_offset,
        ):
            best = node  # the innermost is the last
    return best


class _Faults(ast.NodeTransformer):
    """Plants the fault of a given number; ``self.found`` says which it is, or is None if there are no more."""

    def __init__(self, number: int) -> None:
        self.left, self.found = number, None

    def take(self, what: str) -> bool:
        self.left -= 1
        if self.left == -1:
            self.found = what
            return True
        return False

    def generic_visit(self, node):
        node = super().generic_visit(node)
        text = ast.unparse(node) if isinstance(node, ast.expr) else ""
        if ".ndim" in text and not isinstance(node, ast.Call):
            return node  # a shape: those that do not fit are refused by the sweep, axes of length 1 too many are summed
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            for side in ("right", "left"):
                if self.take(f"dropped a term: {text} -> {ast.unparse(getattr(node, side))}"):
                    return getattr(node, side)
            if self.take(f"changed a sign: {text}"):
                swapped = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
                return ast.copy_location(ast.BinOp(node.left, swapped, node.right), node)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
            if self.take(f"dropped a factor: {text} -> {ast.unparse(node.left)}"):
                return node.left
            if isinstance(node.op, ast.Mult) and self.take(f"dropped a factor: {text} -> {ast.unparse(node.right)}"):
                return node.right
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            if self.take(f"changed a sign: {text}"):
                return node.operand
        elif isinstance(node, ast.Attribute) and node.attr == "T":
            if self.take(f"forgot to transpose: {text}"):
                return node.value
        elif isinstance(node, ast.Call) and text.startswith(("np.swapaxes(", "np.transpose(", "np.flip(")):
            return node.args[0] if self.take(f"forgot a call: {text}") else node
        return node


def source_faults(rule: Callable) -> Iterator[tuple[str, Callable]]:
    """Give all variations of a rule in which one term, factor, sign or transposition is missing."""
    definition = _definition(rule)
    if definition is None:
        return
    number = 0
    while True:
        faults = _Faults(number)
        changed = copy.deepcopy(definition)
        if isinstance(changed, ast.Lambda):
            changed.body = faults.visit(changed.body)
        else:
            changed.body = [faults.visit(statement) for statement in changed.body]
            changed.decorator_list = []
        if faults.found is None:
            return
        yield faults.found, _compiled(rule, changed)
        number += 1


def _compiled(rule: Callable, definition: ast.Lambda | ast.FunctionDef) -> Callable:
    """Compile a changed rule in the scope of the old one."""
    cells = dict(zip(rule.__code__.co_freevars, rule.__closure__ or (), strict=True))
    value = definition if isinstance(definition, ast.Lambda) else ast.Name(definition.name, ast.Load())
    before = [] if isinstance(definition, ast.Lambda) else [definition]
    names = ast.arguments([], [ast.arg(name) for name in cells], None, [], [], None, [])
    outer = ast.FunctionDef("outer", names, [*before, ast.Return(value)], [], type_params=[])
    for part in ast.walk(outer):
        if isinstance(part, ast.arguments):  # defaults were evaluated when the rule was defined
            part.defaults = [ast.Constant(None) for _ in part.defaults]
            part.kw_defaults = [d and ast.Constant(None) for d in part.kw_defaults]
        elif isinstance(part, ast.arg):
            part.annotation = None
        elif isinstance(part, ast.FunctionDef):
            part.returns = None
    module = ast.fix_missing_locations(ast.Module([outer], []))
    scope: dict = {}
    exec(compile(module, "<fault>", "exec"), scope)
    code = scope["outer"](*[None] * len(cells)).__code__
    closure = tuple(cells[name] for name in code.co_freevars)
    made = types.FunctionType(code, rule.__globals__, rule.__name__, rule.__defaults__, closure)
    made.__kwdefaults__ = rule.__kwdefaults__
    return made
