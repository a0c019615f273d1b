"""Products of derivatives with vectors: the derivative as a linear map, in both directions, and of second order."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core import Tensor, partials
from .call import Call, entered
from .trees import matched


def vjp(f: Callable, *args: Any) -> tuple[Any, Callable[[Any], tuple]]:
    """Compute f(*args) and the function that takes a cotangent back: the product of a vector with f's Jacobian.

    Parameters
    ----------
    f : callable
        Gives a Tensor or a nested list, tuple or dict of Tensors.
    *args : numbers, arrays, Tensors, or nested lists, tuples and dicts of them
        All floating point.

    Returns
    -------
    value
        f(*args).
    pullback : callable
        From a cotangent, of the value's structure and shapes, to a tuple of one for each argument.  For complex numbers
        it is the conjugate transpose of the derivative: Re⟨u, Jv⟩ = Re⟨pullback(u), v⟩.  It may be called
        often; f's graph is kept for as long as it is.

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> value, pullback = ag.vjp(np.multiply, np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 3., 40.]), array([ 1., 20.]))
    """
    call = Call("vjp", f, args, kinds="fc")

    def pullback(cotangent: Any) -> tuple:
        seeds = matched(call.tree, cotangent, "vjp: the cotangent")
        return call.like_arguments(call.like_leaves(call.pull(seeds, again=True), call.records(seeds)))

    return call.value(), pullback


def jvp(f: Callable, args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Compute f(*args) and its derivative along the tangents: the product of f's Jacobian with a vector.

    No operation needs a rule for it: what `vjp` computes is linear in the cotangent, and its derivative by the
    cotangent is this product.  It costs about three evaluations of f, whatever the number of inputs and outputs.

    Parameters
    ----------
    f : callable
        Gives a Tensor or a nested list, tuple or dict of Tensors.
    args : sequence
        The arguments, all floating point.
    tangents : sequence
        A direction for each argument, of its structure and shapes.

    Returns
    -------
    value, tangent
        Of the same structure.

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> ag.jvp(np.tanh, (0.0,), (2.0,))
    (np.float64(0.0), np.float64(2.0))
    """
    call = Call("jvp", f, _arguments("jvp", args), kinds="fc")
    directions = matched(tuple(args), _arguments("jvp", tangents, "tangents"), "jvp: tangent ")
    record = call.records(directions)
    pushed = push(call, directions, Cotangents(call), create_graph=record)
    return call.value(), call.like_result(pushed, record)


class Cotangents:
    """The inputs' cotangents as recorded functions of the outputs' ones, to be differentiated by those."""

    def __init__(self, call: Call) -> None:
        units = [entered(np.ones(y.shape, y.dtype)) for y in call.outputs]
        self.outputs = [node for _, node in units]
        seeds = [unit for unit, _ in units]
        self.inputs = partials(call.outputs, call.inputs, seeds, retain_graph=True, create_graph=True)


def push(call: Call, directions: Sequence[Any], cotangents: Cotangents, *, create_graph: bool) -> list[Tensor]:
    """Give the derivatives of a call's outputs along directions of its inputs."""
    return partials(cotangents.inputs, cotangents.outputs, directions, retain_graph=True, create_graph=create_graph)


def hvp(f: Callable, args: Sequence[Any], v: Sequence[Any]) -> tuple:
    """Give the product of f's Hessian at args with v, without computing the Hessian.

    Parameters
    ----------
    f : callable
        Gives a Tensor of one element.
    args : sequence
        The arguments, all real floating point.
    v : sequence
        A direction for each argument, of its structure and shapes.

    Returns
    -------
    tuple
        As ``args``.

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> ag.hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 1.0]),))
    (array([ 6., 12.]),)
    """
    call = Call("hvp", f, _arguments("hvp", args))
    call.scalar()
    directions = matched(tuple(args), _arguments("hvp", v, "v"), "hvp: v")
    record = call.records(directions)
    gradient = partials(call.outputs, call.inputs, [None], retain_graph=True, create_graph=True)
    product = partials(gradient, call.inputs, directions, retain_graph=record, create_graph=record)
    return call.like_arguments(call.like_leaves(product, record))


def _arguments(transform: str, args: Sequence[Any], name: str = "args") -> tuple:
    if not isinstance(args, (tuple, list)):
        raise TypeError(f"{transform}: {name} is a tuple with one for each argument, not {type(args).__name__}")
    return tuple(args)
