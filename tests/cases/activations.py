"""Activations and losses."""

from collections.abc import Callable

import autograd_np as ag
from autograd_np.ops import activations
from autograd_np.testing.strategies import Draw
from tests.cases.rows import Case, elementwise, over_axis


def softmax_cross_entropy(d: Draw) -> tuple[Callable, list]:
    shape = (*d.shape(0, 2), d.one_of(1, 2, 4))
    labels = d.rng.integers(0, shape[-1], shape[:-1])
    reduction = d.one_of("mean", "sum", "none")
    return lambda x: ag.softmax_cross_entropy(x, labels, reduction=reduction), [d.array(shape, "any")]


def drop(d: Draw) -> tuple[Callable, list]:
    how = {"seed": int(d.rng.integers(2**64, dtype="u8")), "p": d.one_of(0.5, 0.75)}
    return lambda x: activations.drop(x, **how), [d.array(d.shape(), "integers")]


CASES = {
    "tanh": Case(elementwise(ag.tanh, "any")),
    "sigmoid": Case(elementwise(ag.sigmoid, "off zero")),
    "relu": Case(elementwise(ag.relu, "off zero")),
    "drop": Case(drop, "exact"),
    "leaky_relu": Case(elementwise(lambda x: ag.leaky_relu(x, 0.1), "off zero")),
    "softmax": Case(over_axis(ag.softmax)),
    "log_softmax": Case(over_axis(ag.log_softmax)),
    "softmax_cross_entropy": Case(softmax_cross_entropy),
}
