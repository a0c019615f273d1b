r"""How a differentiable operation is defined: `primitive`, and its quick special forms `unary` and `binary`.

An operation is a forward function on raw arrays together with one VJP rule for each array argument, written
``rule(g, y, *args, **params)``: g is the cotangent of the output y, and what comes back is the cotangent of that
argument.  An argument whose name begins with an underscore is read for its shape and dtype at most, so the tape need
not keep its memory alive::

    exp = unary(np.exp, lambda g, y, _x: g * y, r"\bar x = \bar y \odot y")

An operation with several outputs gives a tuple; its rules then get tuples for g and y.

Operations give back what they were given: arrays in, array out; any Tensor in, Tensor out.  A rule written in NumPy
calls and operators therefore serves every order: the first on bare arrays, the higher ones on Tensors.
"""

import functools
import inspect
import weakref
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from numpy import ndarray

from .dispatch import implements
from .grad_mode import contexts, mode
from .op import Op, Rule
from .recording import attended, operand, record, refuse_complex, several, stand_in, taped
from .tape import owner_of
from .tensor import Tensor

Operation = Callable[..., Any]


def unary(
    forward: Callable,
    rule: Rule,
    formula: str,
    *,
    name: str | None = None,
    of: Callable | None = None,
    complex: bool = False,
) -> Operation:
    """Define an elementwise operation of one array from a ufunc and its rule.

    Parameters
    ----------
    forward : callable
        x -> y, elementwise; a NumPy ufunc also makes ``forward(tensor)`` run this operation.  If it has a keyword
        ``into``, None by default, and no rule reads x, then `overwritten` may give it x once more, to write y there.
    rule : callable
        ``rule(g, y, x)``, the cotangent of x.  If it has a keyword ``into``, None by default, it is given g once more
        where nobody else can see that array, and may write its result there; 0 · ∞ it then has to take for 0 itself.
    formula : str
        The rule in LaTeX.
    name : str, optional
        The forward's own name by default.
    of : callable, optional
        The NumPy function that this is, if it is not the forward itself.
    complex : bool
        As in `primitive`.
    """
    op = Op(name or forward.__name__, forward, (rule,), formula, elementwise=True, complex=complex)
    saves_out, (saves_input,) = op.saves((True,))

    def operation(x: Any) -> Any:
        if type(x) is not Tensor:
            return forward(x)
        data, node = x.data, x.node
        out = forward(data)
        if type(out) is not ndarray:
            out = np.asarray(out)
        if node is None:
            tensor = Tensor.make(out, None)
        else:
            if not complex and node.dtype.kind == "c":
                refuse_complex(op, node)
            parents = (node,)
            tensor = taped(op, (data,) if saves_input else parents, parents, None, out, saves_out)
        return attended(op, (data,), tensor) if contexts else tensor

    return _publish(op, operation, of or forward)


def binary(
    forward: Callable,
    left: Rule,
    right: Rule,
    formula: str,
    *,
    name: str | None = None,
    of: Callable | tuple[Callable, ...] = (),
    elementwise: bool = True,
    complex: bool = False,
) -> Operation:
    """Define an operation of two arrays, and of nothing else, which are broadcast against each other.

    Parameters
    ----------
    forward : callable
        (a, b) -> y; a NumPy ufunc also makes ``forward(tensor, ...)`` run this operation.
    left, right : callable
        ``rule(g, y, a, b)``, the cotangent of a, and of b, before broadcasting is undone (the sweep does that).
    formula : str
        The rules in LaTeX.
    name : str, optional
        The forward's own name by default.
    of : callable or tuple of callables
        The NumPy functions that this is, if it is not the forward itself.
    elementwise, complex : bool
        As in `primitive`.
    """
    op = Op(
        name or forward.__name__,
        forward,
        (left, right),
        formula,
        elementwise=elementwise,
        broadcasts=True,
        complex=complex,
    )
    left_only, right_only, both = op.saves((True, False)), op.saves((False, True)), op.saves((True, True))

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
        if type(out) is not ndarray:
            out = np.asarray(out)
        if a_node is None and b_node is None:
            tensor = Tensor.make(out, None)
        else:
            if not complex:
                refuse_complex(op, a_node, b_node, out)
            if b_node is None:
                b_data, (saves_out, (saves_a, saves_b)) = operand(b_data), left_only
            elif a_node is None:
                a_data, (saves_out, (saves_a, saves_b)) = operand(a_data), right_only
            else:
                saves_out, (saves_a, saves_b) = both
            kept = a_data if saves_a else a_node or stand_in(a_data), b_data if saves_b else b_node or stand_in(b_data)
            tensor = taped(op, kept, (a_node, b_node), None, out, saves_out)
        return attended(op, (a_data, b_data), tensor) if contexts else tensor

    return _publish(op, operation, of or forward)


def primitive(
    *rules: Rule | None,
    of: Callable | tuple[Callable, ...] = (),
    formula: str = "",
    name: str | None = None,
    elementwise: bool = False,
    broadcasts: bool = False,
    variadic: bool = False,
    view: bool = False,
    selects: bool = False,
    complex: bool = False,
    residual: str | None = None,
) -> Callable[[Callable], Operation]:
    r"""Turn a function of raw arrays into a differentiable operation: a decorator.

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
    selects : bool
        Elements of the arguments may be left out, as by ``where``: NaN among those must not reach a gradient.
    complex : bool
        The rules hold for complex numbers too.  The cotangent of a complex z is the row of dL = Re(\bar z dz), so each
        is the transpose of a derivative, not conjugated: that of a holomorphic function is the one for real numbers.
    residual : str, optional
        The function returns ``(y, extra)``; rules get the extra by this keyword, callers only y.

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> @ag.primitive(lambda g, y, x: g * 3 * x**2, formula=r"\bar x = 3 x^2 \bar y")
    ... def cube(x):
    ...     return x**3
    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> cube(x).sum().backward()
    >>> x.grad
    Tensor([ 3., 12.])
    """
    if not rules:
        raise TypeError("primitive: give a rule for each array argument, as in @primitive(lambda g, y, x: g * 2 * x)")
    if view and (len(rules) != 1 or variadic):
        raise TypeError("primitive: view=True is for an operation of one array, whose memory the output may share")

    def define(forward: Callable) -> Operation:
        op = Op(
            name or forward.__name__,
            forward
            if residual is None
            else functools.wraps(forward)(lambda *args, **params: forward(*args, **params)[0]),
            rules,
            formula,
            elementwise=elementwise,
            broadcasts=broadcasts,
            variadic=variadic,
            view=view,
            selects=selects,
            complex=complex,
        )
        arity = len(rules)
        if arity == 1 and not variadic:
            return _publish(op, functools.update_wrapper(_single(op, forward, residual), forward), of)

        constant = [i for i, rule in enumerate(rules) if rule is None]

        def operation(*args: Any, **params: Any) -> Any:
            if len(args) != arity and not variadic:
                args = _positional(op, args, params)
            for key, value in params.items() if params else ():
                if type(value) is Tensor:
                    params[key] = _metadata(op, key, value)
            raw, nodes, plain = [], [], True
            for arg in args:
                if type(arg) is Tensor:
                    plain = False
                    raw.append(arg.data)
                    nodes.append(arg.node)
                else:
                    raw.append(arg)
                    nodes.append(None)
            for i in constant:
                nodes[i] = None
            out = forward(*raw, **params) if params else forward(*raw)
            if residual is not None:
                out, params[residual] = out
            if plain:
                return out
            if type(out) is not ndarray:
                if isinstance(out, tuple):
                    return several(op, raw, nodes, params, out)
                out = np.asarray(out)
            made = record(op, raw, nodes, params, out)
            return attended(op, raw, made) if contexts else made

        functools.update_wrapper(operation, forward)
        return _publish(op, operation, of)

    return define


def _single(op: Op, forward: Callable, residual: str | None) -> Operation:
    """Give the operation of a single array with metadata, as most are: the general form at half its cost."""
    saves_out, (saves_input,) = op.saves((True,))
    view, complex, constant = op.view, op.complex, op.rules[0] is None

    def operation(*args: Any, **params: Any) -> Any:
        if len(args) != 1:
            args = _positional(op, args, params)
        for key, value in params.items() if params else ():
            if type(value) is Tensor:
                params[key] = _metadata(op, key, value)
        x = args[0]
        plain = type(x) is not Tensor
        data, node = (x, None) if plain else (x.data, None if constant else x.node)
        out = forward(data, **params) if params else forward(data)
        if residual is not None:
            out, params[residual] = out
        if plain:
            return out
        if type(out) is not ndarray:
            if isinstance(out, tuple):
                parts = several(op, [data], [node], params, out)
                for index, part in enumerate(parts if view else ()):
                    _link(part, x, op, params, index)
                return parts
            out = np.asarray(out)
        if node is None or (kind := out.dtype.kind) not in "fc":
            tensor = Tensor.make(out, None)
        else:
            if not complex and (kind == "c" or node.dtype.kind == "c"):
                refuse_complex(op, node, out)
            parents = (node,)
            tensor = taped(op, (data,) if saves_input else parents, parents, params, out, saves_out)
        if contexts:
            attended(op, (data,), tensor)
        if view:
            _link(tensor, x, op, params)
        return tensor

    return operation


def _link(view: Tensor, base: Any, op: Op, params: dict[str, Any], index: int | None = None) -> None:
    """Note which Tensor a new one shares memory with, for in-place work: see `core.views`."""
    # What is made in no_grad() from a Tensor in a graph is a constant, and must not keep that graph alive.
    if type(base) is not Tensor or (base.node is not None and not mode.recording):
        return
    out, data = view.data, base.data
    if out is data or out.base is data or (out.base is not None and owner_of(out) is owner_of(data)):
        view.view_of = (base, op, params, index)
        if not hasattr(base, "views"):
            base.views = {}
        base.views[weakref.ref(view, base.views.__delitem__)] = None  # in order: the same bits in every run


def mismatch(op: Op, error: Exception, a: Any, b: Any) -> Exception:
    """Say which shapes did not fit, where NumPy's own message names neither the operation nor the arguments."""
    if "broadcast" not in str(error):
        return error
    return ValueError(
        f"{op.name}: shapes {np.shape(a)} and {np.shape(b)} cannot be broadcast together; "
        "axes must be equal or 1, counted from the last"
    )


def _positional(op: Op, args: tuple, params: dict[str, Any]) -> tuple:
    """Bring a call into its normal form, arrays by position and metadata by keyword; ``params`` is updated."""
    defaults, arity = op.defaults(), len(op.rules)
    names = tuple(defaults)
    if len(args) > arity:
        if len(args) > len(names):
            raise TypeError(f"{op.name} takes at most {len(names)} arguments ({', '.join(names)}), not {len(args)}")
        for place in range(arity, len(args)):  # `zip` with a keyword would cost as much as all of this
            if names[place] in params:
                raise TypeError(f"{op.name}: argument {names[place]!r} is given twice, by position and by keyword")
            params[names[place]] = args[place]
        return args[:arity]
    for name in names[len(args) : arity]:
        value = params.pop(name, defaults[name])
        if value is inspect.Parameter.empty:
            raise TypeError(f"{op.name}: argument {name!r} is missing")
        args += (value,)
    return args


def _metadata(op: Op, key: str, value: Tensor) -> np.ndarray:
    if value.node is not None:
        raise TypeError(
            f"{op.name}: no gradient flows to {key!r}, so it takes no Tensor that requires one; pass tensor.detach()"
        )
    return value.data


def _publish(op: Op, operation: Operation, of: Callable | tuple[Callable, ...]) -> Operation:
    operation.op = op  # type: ignore[attr-defined]
    operation.__name__ = operation.__qualname__ = op.name
    definition = next((f for f in (op.forward, *op.rules) if isinstance(f, FunctionType)), operation)
    operation.__module__ = definition.__module__
    for function in of if isinstance(of, tuple) else (of,):
        implements(function, arrays=0 if op.variadic else len(op.rules))(operation)
    operation.__doc__ = operation.__doc__ or (op.forward.__doc__ if isinstance(op.forward, FunctionType) else None)
    if operation.__doc__ is None:
        operation.__doc__ = f"As `numpy.{op.name}`, elementwise.\n\nVJP: {op.formula}"
    return operation
