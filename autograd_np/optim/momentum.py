"""Gradient descent with momentum."""

from collections.abc import Iterable

from ..core import Tensor
from .optimizer import Array, FusedOptimizer


class Momentum(FusedOptimizer):
    """Gradient descent with a velocity: v ← μ v + g, w ← w - lr v; Nesterov's is w ← w - lr (g + μ v).

    Parameters
    ----------
    params, lr, weight_decay
        As of `Optimizer`.
    momentum : float
        μ, in [0, 1).
    nesterov : bool
        Use the gradient as if seen from where the velocity leads; needs a momentum over 0.

    References
    ----------
    Polyak 1964; Sutskever et al. 2013, eq. 1-4, with lr taken out of the velocity as in PyTorch.
    """

    state = ("velocity",)

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        *,
        momentum: float = 0.9,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr, weight_decay=weight_decay)
        self.momentum = self.checked("momentum", momentum, below=1)
        if nesterov and not momentum:
            raise ValueError("Momentum: nesterov=True needs 0 < momentum < 1, not 0")
        self.kind = "nesterov" if nesterov else "momentum"
        self.velocity = self.zeros()

    def moments(self) -> tuple[list[Array], ...]:
        """Give the velocities."""
        return (self.velocity,)

    def next_constants(self, places: list[int], lr: float) -> list[tuple[float, ...]]:
        """Give the rate and μ."""
        return [(lr, self.momentum)] * len(places)
