"""Gradient descent."""

from .optimizer import Array, FusedOptimizer


class SGD(FusedOptimizer):
    """Stochastic gradient descent: w ← w - lr g.

    Parameters
    ----------
    params, lr, weight_decay
        As of `Optimizer`.

    References
    ----------
    Robbins & Monro 1951.
    """

    kind = "sgd"

    def moments(self, index: int) -> tuple[Array, ...]:
        """Give nothing: each step depends on its own gradient only."""
        return ()

    def next_constants(self, index: int, lr: float) -> tuple[float, ...]:
        """Give (lr,)."""
        return (lr,)
