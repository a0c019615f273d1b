"""`diagram`: a computational graph as a picture."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..core import Tensor
from . import labels
from .graph import collect

if TYPE_CHECKING:
    import graphviz

_ROLES = ("parameter", "input", "operation", "output")
# In lines no wider than the legend above them.
_RELEASED = ("Backward has released inputs", "and settings from the tape;", "retain_graph=True keeps them.")


def diagram(
    tensor: Tensor | Sequence[Tensor],
    *,
    names: Mapping[str, Tensor | np.ndarray] | None = None,
    legend: bool = True,
    max_nodes: int = 1000,
) -> "graphviz.Digraph":
    """Draw what one or several Tensors were computed from.

    Operations (with the tensor that came out), parameters (leaves that require a gradient), inputs
    (constants) and outputs are told apart by frame and colour; every tensor has its name, shape and dtype.
    Pointing at an operation in an SVG shows its VJP formula.  The same program gives the same text in every
    process.

    Parameters
    ----------
    tensor : Tensor or sequence of Tensors
        The outputs.
    names : mapping of str to Tensor or ndarray, optional
        What to call tensors, found by identity: ``{"x": x, **dict(model.named_parameters())}``.  An array
        among the keyword arguments, as the labels of a loss, is drawn if it is named here.  A constant that
        no rule reads (a term of a sum, say) is not kept by the tape: it has a box, but cannot have its name.
    legend : bool
        Explain the boxes below the picture.
    max_nodes : int
        The most boxes that are drawn.

    Returns
    -------
    graphviz.Digraph
        Shows itself in notebooks; `save` writes it to a file.

    Raises
    ------
    ImportError
        If the Python package graphviz is missing.
    TypeError
        If something other than Tensors is given.
    ValueError
        If the graph has more boxes than ``max_nodes``.
    """
    roots = _checked(tensor)
    if names is not None and not isinstance(names, Mapping):
        raise TypeError(f"diagram: names maps each name to a Tensor or ndarray; it is a {type(names).__name__}")
    try:
        import graphviz
    except ImportError as error:
        raise ImportError("diagram: the Python package graphviz is missing; pip install 'autograd_np[viz]'") from error

    graph = collect(roots, names or {}, max_nodes)
    layout = {"rankdir": "TB", "nodesep": "0.25", "ranksep": "0.32", "fontname": labels.FONT, "tooltip": " "}
    if legend and len(graph.boxes) > 1:
        shown = {box.role for box in graph.boxes} | {"output"}
        note = _RELEASED if graph.released else ()
        layout["label"] = labels.legend([role for role in _ROLES if role in shown], note)
    picture = graphviz.Digraph(
        "computational_graph",
        graph_attr=layout,
        node_attr={"shape": "plain", "fontname": labels.FONT, "fontsize": str(labels.SIZE)},
        edge_attr={"color": labels.FAINT, "arrowsize": "0.6"},
    )
    for box in graph.boxes:
        tooltip = graphviz.escape(labels.tooltip(box))
        picture.node(box.id, label=labels.box(box), _attributes={"class": box.role, "tooltip": tooltip})
    for edge in graph.edges:
        picture.edge(edge.source, edge.target if edge.port is None else f"{edge.target}:a{edge.port}")
    return picture


def _checked(tensor: Tensor | Sequence[Tensor]) -> list[Tensor]:
    wanted = "diagram: a Tensor or a sequence of Tensors is wanted"
    if isinstance(tensor, Tensor):
        return [tensor]
    if not isinstance(tensor, Sequence) or isinstance(tensor, (str, bytes)):
        raise TypeError(f"{wanted}, not {type(tensor).__name__}")
    for position, item in enumerate(tensor):
        if not isinstance(item, Tensor):
            raise TypeError(f"{wanted}; item {position} is {type(item).__name__}")
    if not tensor:
        raise ValueError(f"{wanted}; the sequence is empty")
    return list(tensor)
