"""Optimizers: how parameters follow their gradients."""

from .adam import Adam
from .momentum import Momentum
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "Momentum", "Optimizer"]
