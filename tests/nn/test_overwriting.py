"""In a Sequential, ReLU writes over what nobody else can see; over nothing else, and with the same results."""

import weakref

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import kernels, nn

SHAPES = [(64, 20), (3, 4)]  # by kernels, and by NumPy


@pytest.fixture
def overwrote(monkeypatch):
    """For each ReLU in turn, whether it wrote over what it was given."""
    found, relu = [], kernels.relu

    def noting(x, into=None):
        found.append(into is not None)
        return relu(x, into)

    monkeypatch.setattr(kernels, "relu", noting)
    return found


def gradients(model, outputs):
    outputs.backward(np.linspace(-1, 1, outputs.size).reshape(outputs.shape))
    found = [parameter.grad.data for parameter in model.parameters()]
    model.zero_grad()
    return found


def one_by_one(model, x):
    for layer in model:
        x = layer(x)
    return x


def names(node):
    """What is done, from the end to the parameters."""
    return node.op and (node.op.name, *[names(parent) for parent in node.parents if parent is not None])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_bits_and_the_same_graph(overwrote, dtype):
    kinds = {"rng": np.random.default_rng(0), "dtype": dtype}
    model = nn.Sequential(
        *(nn.Conv2D(2, 4, 3, **kinds), nn.ReLU(), nn.Conv2D(4, 4, 3, groups=4, **kinds), nn.ReLU(), nn.MaxPool2D(2)),
        *(nn.BatchNorm(4, dtype=dtype), nn.ReLU(), nn.Flatten(), nn.Dense(36, 5, bias=False, **kinds), nn.ReLU()),
    )
    x = np.random.default_rng(1).normal(size=(6, 2, 10, 10)).astype(dtype)
    before = x.copy()
    y, expected = model(x), one_by_one(model, x)
    assert overwrote == [True] * 4 + [False] * 4
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(y.data, expected.data)
    assert names(y.node) == names(expected.node)
    for ours, theirs in zip(gradients(model, y), gradients(model, expected), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_without_gradients_too(overwrote):
    model = nn.Sequential(nn.Dense(20, 30, rng=0), nn.ReLU())
    with ag.no_grad():
        y = model(np.ones((64, 20), np.float32))
    assert overwrote == [True]
    assert not y.requires_grad
    assert y.data.min() == 0 < y.data.max()


class Watched(nn.Module):
    """Gives -x, and lets a function see it."""

    def __init__(self, see):
        self.see = see

    def forward(self, x):
        y = -x
        self.seen = self.see(y)
        return y


SEEN = {
    "itself": lambda y: y,
    "array": lambda y: y.data,
    "view": lambda y: y[:1],
    "detached": lambda y: y.detach(),
    "buffer": lambda y: memoryview(y.data),
    "weak reference": weakref.ref,
    "weak reference to the array": lambda y: weakref.ref(y.data),
}
SEEN_IN_A_GRAPH = {
    "hook": lambda y: y.register_hook(lambda g: y.sum() * g),
    "tape": ag.square,  # its rule reads what it was given
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("see", "requires_grad"),
    [(see, True) for see in [*SEEN, *SEEN_IN_A_GRAPH]] + [(see, False) for see in SEEN],
)
def test_what_somebody_sees_stays_as_it_is(overwrote, see, requires_grad, shape):
    x = ag.Tensor(np.linspace(-1, 1, np.prod(shape)).reshape(shape), requires_grad=requires_grad)
    model = nn.Sequential(Watched((SEEN | SEEN_IN_A_GRAPH)[see]), nn.ReLU())
    np.testing.assert_array_equal(model(x).data, np.maximum(-x.data, 0))
    assert overwrote == [False]


@pytest.mark.parametrize("requires_grad", [True, False])
def test_what_nobody_sees_does_not(overwrote, requires_grad):
    x = ag.Tensor(np.ones((3, 4)), requires_grad=requires_grad)
    assert not nn.Sequential(Watched(lambda y: None), nn.ReLU())(x).data.any()
    assert overwrote == [True]


@pytest.mark.parametrize(
    "layers",
    [
        [nn.ReLU()],  # what the caller gave
        [nn.Tanh(), nn.ReLU()],  # its rule reads what it gave
        [nn.Flatten(), nn.ReLU()],  # a view of the caller's
    ],
)
def test_what_is_read_later_stays_as_it_is(overwrote, layers):
    data = np.linspace(-1, 1, 1200).reshape(60, 4, 5)
    x = ag.Tensor(data, requires_grad=True)
    nn.Sequential(*layers)(x).sum().backward()
    assert overwrote == [False]
    np.testing.assert_array_equal(x.data, data)


def test_other_kinds_of_relu_run_their_own_forward(overwrote):
    class Shifted(nn.ReLU):
        def forward(self, x):
            return super().forward(x) + 1

    y = nn.Sequential(nn.Dense(20, 30, rng=0), Shifted())(np.ones((64, 20), np.float32))
    assert overwrote == [False]
    assert y.data.min() == 1


def test_debug_sees_what_every_operation_was_given(overwrote):
    model = nn.Sequential(nn.Dense(20, 30, rng=0), nn.ReLU())
    with ag.debug():
        model(np.ones((64, 20), np.float32)).sum().backward()
    assert overwrote == [False]
