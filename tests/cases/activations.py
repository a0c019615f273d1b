"""Activations and losses."""

from collections.abc import Callable

import autograd_np as ag
from autograd_np.testing.strategies import Draw
from tests.cases.rows import Case, elementwise, over_axis


def softmax_cross_entropy(d: Draw) -> tuple[Callable, list]:
    shape = (*d.shape(0, 2), d.one_of(1, 2, 4))
    labels = d.rng.integers(0, shape[-1], shape[:-1])
    reduction = d.one_of("mean", "sum", "none")
    return lambda x: ag.softmax_cross_entropy(x, labels, reduction=reduction), [d.array(shape, "any")]


CASES = {
    "tanh": Case(elementwise(ag.tanh, "any")),
    "sigmoid": Case(elementwise(ag.sigmoid, "off zero")),
    "relu": Case(elementwise(ag.relu, "off zero")),
    "leaky_relu": Case(elementwise(lambda x: ag.leaky_relu(x, 0.1), "off zero")),
    "softmax": Case(over_axis(ag.softmax)),
    "log_softmax": Case(over_axis(ag.log_softmax)),
    "softmax_cross_entropy": Case(softmax_cross_entropy),
}
