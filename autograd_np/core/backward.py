"""What is asked of the backward sweep: gradients added up on the leaves, or given for chosen Tensors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .rows import Rows
from .sweep import Cotangent, add, sweep
from .tape import Node
from .tensor import Tensor


def backward(
    self: Tensor, gradient: ArrayLike | None = None, retain_graph: bool | None = None, create_graph: bool = False
) -> None:
    """Add the gradient of this Tensor to the ``grad`` of every leaf that it depends on.

    Parameters
    ----------
    gradient : array_like, optional
        The cotangent of this Tensor, of its shape.  May be left out for a single element, where it is one.
    retain_graph : bool, optional
        Keep the graph for another backward.  By default as ``create_graph``.
    create_graph : bool
        Record the backward pass itself, so that the gradients can be differentiated again.

    Raises
    ------
    RuntimeError
        If no gradient is recorded here, the graph was released by an earlier backward, or saved memory was
        written to in place since.
    ValueError
        If the gradient's shape or kind is not this Tensor's.
    """
    retain = create_graph if retain_graph is None else retain_graph
    finished = sweep([self], [gradient], retain_graph=retain, create_graph=create_graph)
    for node, cotangent in finished.items():  # only now, when every rule has done its work, is anything changed
        if create_graph:
            node.grad = cotangent if node.grad is None else node.grad + cotangent
        else:
            node.grad = Tensor.make(cotangent if node.grad is None else add(node.grad.data, cotangent), None)


# Bound here: Tensor does not know the sweep, and to import it in every call would cost as much as to go through a node.
Tensor.backward = backward  # type: ignore[method-assign]


def gradients(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    cotangents: ArrayLike | Sequence[ArrayLike | None] | None = None,
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> Tensor | tuple[Tensor, ...]:
    """Differentiate the outputs with respect to the inputs, and leave every ``grad`` as it is.

    Parameters
    ----------
    outputs, inputs : Tensor or sequence of Tensors
        Inputs may be leaves or computed; those that no output depends on get zeros.
    cotangents : array_like or sequence, optional
        One for each output, of its shape; may be left out for outputs of a single element.
    retain_graph : bool, optional
        Keep the graph for another sweep.  By default as ``create_graph``.
    create_graph : bool
        Record the sweep, so that the gradients can be differentiated again.

    Returns
    -------
    Tensor or tuple of Tensors
        As ``inputs``, each of its input's shape and dtype.

    Examples
    --------
    >>> import autograd_np as ag
    >>> x = ag.Tensor(2.0, requires_grad=True)
    >>> slope = ag.gradients(x**3, x, create_graph=True)
    >>> ag.gradients(slope, x)
    Tensor(12.)
    """
    roots = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    targets = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    seeds: list = [cotangents] if isinstance(outputs, Tensor) else list(cotangents or [None] * len(roots))  # type: ignore[arg-type]
    if len(seeds) != len(roots):
        raise ValueError(f"gradients: {len(roots)} outputs but {len(seeds)} cotangents; give one for each output")
    wanted = []
    for position, target in enumerate(targets):
        if target.node is None:
            raise RuntimeError(f"gradients: input {position} does not require a gradient")
        wanted.append(target.node)
    retain = create_graph if retain_graph is None else retain_graph
    found = sweep(roots, seeds, retain_graph=retain, create_graph=create_graph, targets=set(wanted))
    results = _collected(found, wanted)
    return results[0] if isinstance(inputs, Tensor) else tuple(results)


def partials(
    outputs: Sequence[Tensor],
    nodes: Sequence[Node],
    cotangents: Sequence[ArrayLike | None],
    *,
    retain_graph: bool,
    create_graph: bool,
) -> list[Tensor]:
    """Differentiate the outputs with respect to what these nodes stand for, each as if it were given.

    `gradients` goes on through an input to the other inputs that it was computed from; here the sweep ends at each.
    Outputs without a graph count as constants.
    """
    pairs = [(y, seed) for y, seed in zip(outputs, cotangents, strict=True) if y.node is not None]
    found = sweep(
        [y for y, _ in pairs],
        [seed for _, seed in pairs],
        retain_graph=retain_graph,
        create_graph=create_graph,
        targets=set(nodes),
        partial=True,
    )
    return _collected(found, nodes)


def rows_of(output: Tensor, nodes: Sequence[Node], cotangents: np.ndarray) -> list[np.ndarray]:
    """Give what `partials` gives for each of many cotangents, stacked; the graph is kept, and nothing is recorded."""
    found: dict[Node, Cotangent] = {}
    if output.node is not None:
        seeds: list[Any] = [Rows(cotangents)]
        found = sweep([output], seeds, retain_graph=True, create_graph=False, targets=set(nodes), partial=True)
    blocks = []
    for node in nodes:
        rows = found.get(node, np.zeros(node.shape, node.dtype))
        shape = (len(cotangents), *node.shape)
        blocks.append(rows.rows if isinstance(rows, Rows) else np.broadcast_to(rows, shape))
    return blocks


def _collected(found: dict[Node, Cotangent], wanted: Sequence[Node]) -> list[Tensor]:
    """Give a Tensor for each node: zeros for those that were not reached."""
    results = []
    for position, node in enumerate(wanted):
        cotangent = found.get(node)
        if cotangent is None:
            cotangent = np.zeros(node.shape, node.dtype)
        elif node in wanted[:position]:
            cotangent = add(cotangent, 0)  # the same input twice: results never share memory
        results.append(cotangent if isinstance(cotangent, Tensor) else Tensor.make(cotangent, None))
    return results
