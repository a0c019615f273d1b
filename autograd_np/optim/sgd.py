"""Gradient descent."""

from ..kernels import sgd_step
from .optimizer import Array, Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent: w ← w - lr g.

    Parameters
    ----------
    params, lr, weight_decay
        As of `Optimizer`.

    References
    ----------
    Robbins & Monro 1951.
    """

    def update(self, index: int, w: Array, g: Array, lr: float, scratch: Array) -> None:
        """Change w in place."""
        sgd_step(w, g, scratch, lr=lr)
