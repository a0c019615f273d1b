"""Adam."""

import math
from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from ..core import Tensor
from .optimizer import Array, FusedOptimizer


class Adam(FusedOptimizer):
    r"""Steps of about lr for every element, from running means of its gradient and of its square.

    m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², w ← w - lr m̂ / (√v̂ + ε), where m̂ = m / (1 - β₁ᵗ) and
    v̂ = v / (1 - β₂ᵗ) undo that m and v begin at 0; t counts the parameter's own steps.

    Parameters
    ----------
    params, lr, weight_decay
        As of `Optimizer`; the decay is part of g (it is not AdamW's).
    betas : pair of float
        (β₁, β₂), each in [0, 1).
    eps : float
        ε, finite and not negative.

    References
    ----------
    Kingma & Ba 2015, algorithm 1.
    """

    kind = "adam"
    state = ("steps", "mean", "mean_square")

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr, weight_decay=weight_decay)
        if len(betas) != 2:
            raise ValueError(f"Adam: betas are two numbers, not {betas}")
        self.betas = self.checked("betas[0]", betas[0], below=1), self.checked("betas[1]", betas[1], below=1)
        self.eps = self.checked("eps", eps)
        self.steps = [np.zeros((), np.int64) for _ in self.params]
        self.mean = self.zeros()
        self.mean_square = self.zeros()

    def moments(self) -> tuple[list[Array], ...]:
        """Give the running means."""
        return self.mean, self.mean_square

    def next_constants(self, places: list[int], lr: float) -> list[tuple[float, ...]]:
        """Count a step of these parameters, and give (β₁, 1 - β₁, β₂, 1 - β₂, ε, rate) for each."""
        numbers = []
        for place in places:
            count = self.steps[place]
            t = count.item() + 1
            count[()] = t
            numbers.append(_constants(t, lr, self.eps, *self.betas))
        return numbers


@lru_cache(maxsize=1)  # they are the same for nearly all parameters of a step
def _constants(t: int, lr: float, eps: float, beta1: float, beta2: float) -> tuple[float, ...]:
    # lr m̂ / (√v̂ + ε), with both corrections taken out of the arrays (end of section 2 of the paper)
    root = math.sqrt(1 - beta2**t)
    return beta1, 1 - beta1, beta2, 1 - beta2, eps * root, lr * root / (1 - beta1**t)
