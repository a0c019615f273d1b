"""Activations as layers, for `Sequential`."""

import math
from typing import Any

from ..core import Tensor, overwritten
from ..ops.activations import leaky_relu, relu, sigmoid, softmax, tanh
from .module import Module


class ReLU(Module):
    """max(x, 0), elementwise."""

    def forward(self, x: Any) -> Any:
        """Map x, of any shape."""
        return relu(x)

    def overwrite(self, x: Tensor) -> Tensor:
        """Do the same in the memory of x, which nobody else may see."""
        return overwritten(relu.op, x)  # type: ignore[attr-defined]


class LeakyReLU(Module):
    """x where it is positive, slope * x elsewhere."""

    def __init__(self, slope: float = 0.01) -> None:
        if not math.isfinite(slope):
            raise ValueError(f"LeakyReLU: slope is a finite number, not {slope}")
        self.slope = slope

    def forward(self, x: Any) -> Any:
        """Map x, of any shape."""
        return leaky_relu(x, slope=self.slope)

    def describe(self) -> str:
        """Say what this is."""
        return f"LeakyReLU({self.slope})"


class Sigmoid(Module):
    """1 / (1 + exp(-x)), elementwise."""

    def forward(self, x: Any) -> Any:
        """Map x, of any shape."""
        return sigmoid(x)


class Tanh(Module):
    """Hyperbolic tangent, elementwise."""

    def forward(self, x: Any) -> Any:
        """Map x, of any shape."""
        return tanh(x)


class Softmax(Module):
    """exp(x) / sum(exp(x)) over axis.  `softmax_cross_entropy` contains it: give that one the logits."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        """Map x, which has the axis."""
        return softmax(x, axis=self.axis)

    def describe(self) -> str:
        """Say what this is."""
        return f"Softmax(axis={self.axis})"
