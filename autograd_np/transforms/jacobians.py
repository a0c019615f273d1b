"""Whole derivative matrices: an array of partial derivatives for each pair of an output and an input."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core import Node, Tensor, partials, rows_of
from .call import Call, reached
from .gradient import grad
from .products import Cotangents
from .trees import rebuilt


def jacobian(f: Callable, argnums: int | Sequence[int] = 0) -> Callable:
    """Give the function that computes all partial derivatives of f's result by its arguments.

    It is put together from its rows, one for each element of the result, or its columns, one for each element of the
    arguments, whichever are fewer.  All go back in one sweep, or a few where memory would not do, unless the result is
    to be differentiated further.

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
        # A column costs about two rows: it goes back through what a first way back recorded.
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
    """Give for each output its derivatives by all inputs, of shape (output's) + (input's)."""
    return [_unit_sweeps(y, call.inputs, call.recorded) for y in call.outputs]


def _by_columns(call: Call) -> list[list[Tensor]]:
    """Give the same from the inputs' cotangents, which are linear in the outputs' ones."""
    cotangents = Cotangents(call)
    columns = [_unit_sweeps(x, cotangents.outputs, call.recorded) for x in cotangents.inputs]
    return [
        [_turned(column[k], x.ndim) for column, x in zip(columns, call.inputs, strict=True)]
        for k in range(len(call.outputs))
    ]


def _turned(block: Tensor, first: int) -> Tensor:
    """Bring the first axes behind the others."""
    return block.transpose(*range(first, block.ndim), *range(first))


_BATCH = 2**22  # elements: the largest array of the graph times the number of cotangents that go back together


def _unit_sweeps(y: Tensor, nodes: list[Node], record: bool) -> list[Tensor]:
    """Give the derivatives of each element of y, as if the nodes were given, of shape (y's) + (the node's)."""
    size = math.prod(y.shape)
    units = np.eye(size, dtype=y.dtype).reshape(size, *y.shape)
    if size == 0 or y.node is None:
        return [Tensor(np.zeros(y.shape + node.shape, node.dtype)) for node in nodes]
    blocks: list[Any]
    if record:
        sweeps = [partials([y], nodes, [unit], retain_graph=True, create_graph=True) for unit in units]
        blocks = [np.stack(parts) for parts in zip(*sweeps, strict=True)]
    else:
        ends = set(nodes)
        largest = max(math.prod(node.shape) for node in reached([y], lambda node: node in ends))
        batch = max(1, _BATCH // max(1, largest))
        batches = [rows_of(y, nodes, units[start : start + batch]) for start in range(0, size, batch)]
        blocks = [Tensor.make(np.concatenate(parts), None) for parts in zip(*batches, strict=True)]
    return [block.reshape(y.shape + node.shape) for block, node in zip(blocks, nodes, strict=True)]
