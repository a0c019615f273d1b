r"""How a differentiable operation is defined: `primitive`, and its quick special forms `unary` and `binary`.

An operation is a forward function on raw arrays together with one VJP rule for each array argument, written
``rule(g, y, *args, **params)``: g is the cotangent of the output y, and what comes back is the cotangent of that
argument.  An argument whose name begins with an underscore is read for its shape and dtype at most, so the tape need
not keep its memory alive::

    exp = unary(np.exp, lambda g, y, _x: g * y, r"\bar x = \bar y \odot y")

Operations give back what they were given: arrays in, array out; any Tensor in, Tensor out.  A rule written in NumPy
calls and operators therefore serves every order: the first on bare arrays, the higher ones on Tensors.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .dispatch import UFUNCS, implements
from .grad_mode import mode
from .tape import Node, Shaped
from .tensor import Tensor

Rule = Callable[..., Any]
Operation = Callable[..., Any]


class Op:
    """What the tape and the tools know about an operation.

    Attributes
    ----------
    name : str
        As in ``autograd_np.<name>``.
    forward : callable
        Raw arrays in, raw array out.
    rules : tuple
        A VJP rule for each array argument; None where there is no gradient.
    formula : str
        The rules in LaTeX; a bar marks a cotangent.
    reads : tuple of bool
        For each array argument, whether any rule reads its memory.
    reads_output : bool
        Whether any rule reads the output's memory.
    elementwise : bool
        Whether each element of the output depends on one element of each argument; see `sweep` for what that means
        at singularities.
    broadcasts : bool
        Whether arguments are broadcast against each other; the sweep then sums their cotangents back.
    variadic : bool
        One rule serves any number of arguments and is told which by the keyword ``wrt``.
    view : bool
        Whether the output may share memory with the argument.
    """

    __slots__ = (
        "broadcasts",
        "elementwise",
        "formula",
        "forward",
        "name",
        "reads",
        "reads_output",
        "rules",
        "variadic",
        "view",
    )

    def __init__(
        self,
        name: str,
        forward: Callable,
        rules: tuple[Rule | None, ...],
        formula: str,
        *,
        elementwise: bool = False,
        broadcasts: bool = False,
        variadic: bool = False,
        view: bool = False,
    ) -> None:
        self.name = name
        self.forward = forward
        self.rules = rules
        self.formula = formula
        self.elementwise = elementwise
        self.broadcasts = broadcasts or elementwise
        self.variadic = variadic
        self.view = view
        readings = [_reads(rule, len(rules)) for rule in rules if rule is not None]
        if variadic:
            (reading,) = readings
            self.reads_output, self.reads = reading[0], (reading[-1],)
        else:
            self.reads_output, *reads = (any(column) for column in zip(*readings, strict=True))
            self.reads = tuple(reads)

    def __repr__(self) -> str:
        return f"<Op {self.name}>"


def _reads(rule: Rule, arity: int) -> list[bool]:
    """Of (y, *args), which a rule reads, as the names of its parameters say."""
    kinds = inspect.Parameter
    named = []
    for parameter in inspect.signature(rule).parameters.values():
        if parameter.kind is kinds.VAR_POSITIONAL:
            named += [not parameter.name.startswith("_")] * max(1, 1 + arity - len(named[1:]))
        elif parameter.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD):
            named.append(not parameter.name.startswith("_"))
    reads = named[1 : 2 + arity]
    if len(reads) < 1 + arity:
        raise TypeError(
            f"a rule takes (g, y, *args) for {arity} array arguments, not {inspect.signature(rule)}"
        )
    return reads


def record(
    op: Op, args: tuple, nodes: tuple[Node | None, ...], params: dict[str, Any] | None, out: Any
) -> Tensor:
    """Make the output Tensor, with its entry on the tape.  ``args`` are raw arrays."""
    if type(out) is not np.ndarray:
        out = np.asarray(out)
    if out.dtype.kind == "c":
        raise TypeError(f"{op.name}: gradients are of real numbers; {out.dtype} came out of {_dtypes(*args)}")
    if out.dtype.kind != "f":
        return Tensor.make(out, None)
    reads = op.reads * len(args) if op.variadic else op.reads
    kept = tuple(
        arg if read or not isinstance(arg, np.ndarray) else (node or Shaped(arg.shape, arg.dtype))
        for arg, node, read in zip(args, nodes, reads, strict=False)
    )
    return Tensor.make(out, Node(op, kept, nodes, params, out))


def unary(forward: Callable, rule: Rule, formula: str, *, name: str | None = None) -> Operation:
    """Define an elementwise operation of one array from a ufunc and its rule.

    Parameters
    ----------
    forward : callable
        x -> y, elementwise; a NumPy ufunc also makes ``forward(tensor)`` run this operation.
    rule : callable
        ``rule(g, y, x)``, the cotangent of x.
    formula : str
        The rule in LaTeX.
    name : str, optional
        The forward's own name by default.
    """
    op = Op(name or forward.__name__, forward, (rule,), formula, elementwise=True)
    reads_input = op.reads[0]

    def operation(x: Any) -> Any:
        if type(x) is not Tensor:
            return forward(x)
        data = x.data
        out = forward(data)
        if type(out) is not np.ndarray:
            out = np.asarray(out)
        node = x.node
        if node is None or not mode.recording:
            return Tensor.make(out, None)
        return Tensor.make(out, Node(op, (data if reads_input else node,), (node,), None, out))

    return _publish(op, operation, forward)


def binary(
    forward: Callable, left: Rule | None, right: Rule | None, formula: str, *, name: str | None = None
) -> Operation:
    """Define an elementwise operation of two arrays, which are broadcast against each other.

    Parameters
    ----------
    forward : callable
        (a, b) -> y, elementwise; a NumPy ufunc also makes ``forward(tensor, ...)`` run this operation.
    left, right : callable
        ``rule(g, y, a, b)``, the cotangent of a, and of b, before broadcasting is undone (the sweep does that).
    formula : str
        The rules in LaTeX.
    name : str, optional
        The forward's own name by default.
    """
    op = Op(name or forward.__name__, forward, (left, right), formula, elementwise=True)
    reads_a, reads_b = op.reads

    def operation(a: Any, b: Any) -> Any:
        if type(a) is Tensor:
            a_data, a_node = a.data, a.node
        else:
            a_data, a_node = a, None
        if type(b) is Tensor:
            b_data, b_node = b.data, b.node
        elif type(a) is not Tensor:
            return forward(a, b)
        else:
            b_data, b_node = b, None
        try:
            out = forward(a_data, b_data)
        except ValueError as error:
            raise mismatch(op, error, a_data, b_data) from None
        if (a_node is None and b_node is None) or not mode.recording:
            return Tensor.make(out if type(out) is np.ndarray else np.asarray(out), None)
        if type(a_data) is not np.ndarray:
            a_data = _operand(a_data)
        if type(b_data) is not np.ndarray:
            b_data = _operand(b_data)
        if type(out) is not np.ndarray:
            out = np.asarray(out)
        if out.dtype.kind != "f":
            raise TypeError(
                f"{op.name}: gradients are of real numbers; {out.dtype} came out of {_dtypes(a, b)}"
            )
        kept = (
            a_data
            if reads_a or type(a_data) is not np.ndarray
            else a_node or Shaped(a_data.shape, a_data.dtype),
            b_data
            if reads_b or type(b_data) is not np.ndarray
            else b_node or Shaped(b_data.shape, b_data.dtype),
        )
        return Tensor.make(out, Node(op, kept, (a_node, b_node), None, out))

    return _publish(op, operation, forward)


def primitive(
    *rules: Rule | None,
    of: Callable | tuple[Callable, ...] = (),
    formula: str = "",
    name: str | None = None,
    elementwise: bool = False,
    broadcasts: bool = False,
    variadic: bool = False,
    view: bool = False,
    residual: str | None = None,
) -> Callable[[Callable], Operation]:
    """Turn a function of raw arrays into a differentiable operation: a decorator.

    Parameters
    ----------
    *rules : callable or None
        For each array argument in turn ``rule(g, y, *args, **params)``, its cotangent; None where it has none.
    of : callable or tuple of callables
        The NumPy function that this is: ``of(tensor, ...)`` then runs this operation.  Arrays are matched by position,
        metadata by name.
    formula : str
        The rules in LaTeX.
    name : str, optional
        The function's own name by default.
    elementwise : bool
        Each element of the output depends on one element of each argument, after broadcasting.  The sweep then takes
        0 · ∞ and 0 / 0 in the rules for 0.
    broadcasts : bool
        Array arguments are broadcast against each other.  Rules leave that alone: the sweep sums it back.
    variadic : bool
        Any number of array arguments; the only rule is told by the keyword ``wrt`` which one is wanted.
    view : bool
        The output may share memory with the input.
    residual : str, optional
        The function returns ``(y, extra)``; rules get the extra by this keyword, callers only y.

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> @ag.primitive(lambda g, y, x: g * 3 * x**2, formula=r"\\bar x = 3 x^2 \\bar y")
    ... def cube(x):
    ...     return x**3
    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> cube(x).sum().backward()
    >>> x.grad
    Tensor([ 3., 12.])
    """
    if not rules:
        raise TypeError(
            "primitive: give a rule for each array argument, as in @primitive(lambda g, y, x: g * 2 * x)"
        )

    def define(forward: Callable) -> Operation:
        op = Op(
            name or forward.__name__,
            forward if residual is None else lambda *args, **params: forward(*args, **params)[0],
            rules,
            formula,
            elementwise=elementwise,
            broadcasts=broadcasts,
            variadic=variadic,
            view=view,
        )
        defaults = {key: p.default for key, p in inspect.signature(forward).parameters.items()}
        arity = len(rules)

        def operation(*args: Any, **params: Any) -> Any:
            if len(args) != arity and not variadic:
                args = _positional(op, args, params, defaults)
            for key, value in params.items():
                if type(value) is Tensor:
                    params[key] = _metadata(op, key, value)
            raw = tuple([arg.data if type(arg) is Tensor else arg for arg in args])
            out = forward(*raw, **params)
            if residual is not None:
                out, params[residual] = out
            if mode.recording:
                nodes = tuple(
                    [
                        arg.node if type(arg) is Tensor and rule is not None else None
                        for arg, rule in zip(args, rules * len(args) if variadic else rules, strict=False)
                    ]
                )
                if any(nodes):
                    return record(op, tuple(map(_operand, raw)), nodes, params, out)
            if any(type(arg) is Tensor for arg in args):
                return Tensor.make(np.asarray(out), None)
            return out

        functools.update_wrapper(operation, forward)
        return _publish(op, operation, of)

    return define


def mismatch(op: Op, error: Exception, a: Any, b: Any) -> Exception:
    """Say which shapes did not fit, where NumPy's own message names neither the operation nor the arguments."""
    if "broadcast" not in str(error):
        return error
    return ValueError(
        f"{op.name}: shapes {np.shape(a)} and {np.shape(b)} cannot be broadcast together; "
        "axes must be equal or 1, counted from the last"
    )


def _dtypes(*args: Any) -> str:
    return " and ".join(str(getattr(arg, "dtype", type(arg).__name__)) for arg in args)


def _operand(arg: Any) -> Any:
    """Array-likes as arrays; Python scalars stay weak, as NumPy's promotion wants them."""
    if arg is None or type(arg) is np.ndarray or isinstance(arg, (bool, int, float, complex)):
        return arg
    return np.asarray(arg)


def _positional(op: Op, args: tuple, params: dict[str, Any], defaults: dict[str, Any]) -> tuple:
    """Bring a call into its normal form, arrays by position and metadata by keyword; ``params`` is updated."""
    names, arity = list(defaults), len(op.rules)
    if len(args) > len(names):
        raise TypeError(
            f"{op.name} takes at most {len(names)} arguments ({', '.join(names)}), not {len(args)}"
        )
    params.update(zip(names[arity:], args[arity:], strict=False))
    for name in names[len(args) : arity]:
        value = params.pop(name, defaults[name])
        if value is inspect.Parameter.empty:
            raise TypeError(f"{op.name}: argument {name!r} is missing")
        args += (value,)
    return args[:arity]


def _metadata(op: Op, key: str, value: Tensor) -> np.ndarray:
    if value.node is not None:
        raise TypeError(
            f"{op.name}: no gradient flows to {key!r}, so it takes no Tensor that requires one; "
            "pass tensor.detach()"
        )
    return value.data


def _publish(op: Op, operation: Operation, of: Callable | tuple[Callable, ...]) -> Operation:
    operation.op = op  # type: ignore[attr-defined]
    operation.__name__ = operation.__qualname__ = op.name
    for function in of if isinstance(of, tuple) else (of,):
        if isinstance(function, np.ufunc):
            UFUNCS[function] = operation
        else:
            implements(function, arrays=0 if op.variadic else len(op.rules))(operation)
    if operation.__doc__ is None:
        operation.__doc__ = f"As `numpy.{op.name}`, elementwise.\n\nVJP: {op.formula}"
    return operation
