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

    def moments(self) -> tuple[list[Array], ...]:
        """Give nothing."""
        return ()

    def next_constants(self, places: list[int], lr: float) -> list[tuple[float, ...]]:
        """Give the rate."""
        return [(lr,)] * len(places)
