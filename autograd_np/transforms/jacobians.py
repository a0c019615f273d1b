"""Whole derivative matrices: an array of partial derivatives for each pair of an output and an input."""

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..core import Node, Tensor
from ..ops.joining import stack
from ..ops.shaping import reshape
from .call import Call
from .gradient import grad
from .products import Cotangents, push
from .trees import rebuilt


def jacobian(f: Callable, argnums: int | Sequence[int] = 0) -> Callable:
    """Give the function that computes all partial derivatives of f's result by its arguments.

    One sweep gives one row, for an output, or one column, for an input; the fewer are taken.

    Parameters
    ----------
    f : callable
        Gives a Tensor or a nested list, tuple or dict of Tensors.
    argnums : int or sequence of ints
        By which positional arguments to differentiate; their numbers must be real floating point.

    Returns
    -------
    callable
        Of f's arguments.  What it gives has the structure of f's result, with, for each array in it, the structure of
        the argument around arrays of shape (result's shape) + (argument's shape).

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> ag.jacobian(np.square)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    @functools.wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        call = Call("jacobian", f, args, argnums, kwargs)
        rows = sum(math.prod(y.shape) for y in call.outputs)
        columns = sum(math.prod(x.shape) for x in call.inputs)
        # A column costs about two rows: it goes back through what the way back recorded.
        blocks = _by_columns(call) if 2 * columns < rows else _by_rows(call)
        return rebuilt(
            call.tree, iter([call.like_arguments(call.like_leaves(block, call.recorded)) for block in blocks])
        )

    return differentiated


def hessian(f: Callable, argnums: int | Sequence[int] = 0) -> Callable:
    """Give the function that computes all second derivatives of f: the Jacobian of its gradient.

    f gives a single number.  For an array of shape s the result has shape s + s; structures nest as by `jacobian`.

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> ag.hessian(lambda x: x[0] * x[1])(np.array([2.0, 3.0]))
    array([[0., 1.],
           [1., 0.]])
    """
    return jacobian(grad(f, argnums), argnums)


def _by_rows(call: Call) -> list[list[Tensor]]:
    """Give for each output its derivatives by all inputs, from one cotangent for each of its elements."""
    blocks = []
    for position, y in enumerate(call.outputs):
        rows = []
        for unit in _units(y):
            seeds: list[Any] = [np.zeros(other.shape) for other in call.outputs]
            seeds[position] = unit
            rows.append(call.pull(seeds, again=True))
        blocks.append([_stacked([row[i] for row in rows], y.shape, x, 0) for i, x in enumerate(call.inputs)])
    return blocks


def _by_columns(call: Call) -> list[list[Tensor]]:
    """Give the same, from one direction for each element of the inputs."""
    cotangents = Cotangents(call)
    columns = []
    for position, x in enumerate(call.inputs):
        directions: list[Any] = [np.zeros(other.shape) for other in call.inputs]
        found = []
        for unit in _units(x):
            directions[position] = unit
            found.append(push(call, directions, cotangents, create_graph=call.recorded))
        columns.append(found)
    return [
        [_stacked([column[k] for column in columns[i]], y.shape, x, -1) for i, x in enumerate(call.inputs)]
        for k, y in enumerate(call.outputs)
    ]


def _units(t: Tensor | Node) -> Iterator[np.ndarray]:
    for index in np.ndindex(t.shape):
        unit = np.zeros(t.shape, t.dtype)
        unit[index] = 1
        yield unit


def _stacked(parts: list[Tensor], shape: tuple[int, ...], x: Node, axis: int) -> Tensor:
    """Put the rows (axis 0) or columns (axis -1) of a Jacobian together, of shape (result's) + (argument's)."""
    if not parts:
        return Tensor(np.zeros(shape + x.shape, x.dtype))
    return reshape(stack(parts, axis=axis), shape=shape + x.shape)
