"""Pictures of computational graphs.

>>> import autograd_np as ag, autograd_np.viz
>>> w = ag.Tensor([1.0, 2.0], requires_grad=True, name="w")
>>> picture = ag.viz.diagram((w * 3.0).sum())  # shows itself in a notebook
>>> ag.viz.save(picture, "graph.svg")  # doctest: +SKIP
"""

from .drawing import diagram
from .saving import save

__all__ = ["diagram", "save"]
