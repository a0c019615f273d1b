"""Gradients of functions that give a single number, and of elementwise ones."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .call import Call


def value_and_grad(f: Callable, argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> Callable:
    """Give the function that computes f's value together with its gradient.

    Parameters
    ----------
    f : callable
        Of numbers, arrays or Tensors, and nested lists, tuples and dicts of them; gives a Tensor of one element.
    argnums : int or sequence of ints
        By which positional arguments to differentiate; their numbers must be floating point.  The gradient
        by complex x + iy is ∂f/∂x + i ∂f/∂y.
    has_aux : bool
        Whether f gives ``(value, aux)``: aux, whatever it is, is passed on and not differentiated.

    Returns
    -------
    callable
        Of f's arguments, to ``(value, gradient)``, or ``((value, aux), gradient)``.  The gradient has the structure of
        the argument, with zeros where f does not depend on it; for a sequence of argnums it is a tuple.  Arrays are
        given for arrays and Tensors for Tensors, or wherever the result itself can be differentiated further.

    Raises
    ------
    TypeError
        If an argument is not floating point (its place is named), or f gives no Tensor.
    ValueError
        If f gives more than one number.

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> loss = lambda p, x: np.mean((x @ p["w"] + p["b"]) ** 2)
    >>> ag.value_and_grad(loss)({"w": np.array([1.0, 2.0]), "b": 0.5}, np.eye(2))
    (np.float64(4.25), {'w': array([1.5, 2.5]), 'b': 4.0})
    """

    @functools.wraps(f)
    def evaluated(*args: Any, **kwargs: Any) -> Any:
        return _value_and_grad("value_and_grad", f, argnums, has_aux, args, kwargs)

    return evaluated


def grad(f: Callable, argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> Callable:
    """Give the function that computes f's gradient.  See `value_and_grad`; with has_aux, ``(gradient, aux)``.

    Examples
    --------
    >>> import autograd_np as ag
    >>> cube = lambda x: x**3
    >>> ag.grad(cube)(2.0), ag.grad(ag.grad(cube))(2.0)
    (12.0, 12.0)
    """

    @functools.wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        value, gradient = _value_and_grad("grad", f, argnums, has_aux, args, kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return differentiated


def _value_and_grad(
    transform: str, f: Callable, argnums: int | Sequence[int], has_aux: bool, args: tuple, kwargs: dict[str, Any]
) -> tuple[Any, Any]:
    call = Call(transform, f, args, argnums, kwargs, has_aux, kinds="fc")
    call.scalar()
    gradient = call.like_arguments(call.like_leaves(call.pull([None]), call.recorded))
    value = call.value()
    return ((value, call.auxiliary()) if has_aux else value), gradient


def elementwise_grad(f: Callable, argnums: int | Sequence[int] = 0) -> Callable:
    """Give the function that computes the derivative of each element of f(x) by the element of x that it depends on.

    f must be elementwise: this is the gradient of the sum of its elements.

    Raises
    ------
    ValueError
        If f's result has not the shape of the argument.

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> ag.elementwise_grad(np.tanh)(np.zeros(3))
    array([1., 1., 1.])
    """

    @functools.wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        call = Call("elementwise_grad", f, args, argnums, kwargs)
        y = call.single()
        for x in call.inputs:
            if x.shape != y.shape:
                raise ValueError(
                    f"elementwise_grad: the function gave shape {y.shape} for an argument of shape {x.shape}, so it is "
                    "not elementwise; use jacobian or vjp"
                )
        return call.like_arguments(call.like_leaves(call.pull([np.ones(y.shape)]), call.recorded))

    return differentiated
