"""Gradient descent with momentum."""

from collections.abc import Iterable

from ..core import Tensor
from ..kernels import momentum_step
from .optimizer import Array, Optimizer


class Momentum(Optimizer):
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
        self.nesterov = nesterov
        self.velocity = self.zeros()

    def update(self, index: int, w: Array, g: Array, lr: float, scratch: Array) -> None:
        """Change w in place."""
        velocity = self.velocity[index]
        momentum_step(w, g, velocity, scratch, lr=lr, momentum=self.momentum, nesterov=self.nesterov)
