"""What optimizers keep from step to step, and kinds of one's own."""

import copy
import pickle

import numpy as np
import pytest

from autograd_np.optim import SGD, Adam, Momentum, Optimizer

from .parameters import give, give_and_step, leaf


def train(optimizer, w, steps, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        give(w, rng.standard_normal(w.shape))
        optimizer.step()


@pytest.mark.parametrize(
    "make",
    [
        lambda p: SGD(p, 0.1),
        lambda p: Momentum(p, 0.1, nesterov=True),
        lambda p: Adam(p, 0.1, weight_decay=0.1),
    ],
)
def test_a_loaded_state_goes_on_with_the_same_bits(make):
    w = leaf(np.ones((2, 3)), np.float32)
    optimizer = make([w])
    train(optimizer, w, 5)
    optimizer.lr = 0.05
    state = optimizer.state_dict()
    assert all(isinstance(array, np.ndarray) for array in state.values())

    again = leaf(w.data, np.float32)
    resumed = make([again])
    resumed.load_state_dict(state)
    assert resumed.lr == 0.05
    train(optimizer, w, 5, seed=1)
    train(resumed, again, 5, seed=1)
    assert w.data.tobytes() == again.data.tobytes()
    for name, array in state.items():  # copies: the steps since have not changed them
        assert name == "lr" or not np.array_equal(array, optimizer.state_dict()[name])


def test_loading_is_all_or_nothing_and_lists_every_fault():
    w, b = leaf(np.ones((2, 3))), leaf(np.ones(3))
    optimizer = Adam([w, b])
    for p in (w, b):
        give(p, np.ones(p.shape))
    optimizer.step()
    before = optimizer.state_dict()
    state = optimizer.state_dict() | {
        "mean.0": np.zeros((3, 2)),
        "steps.1": np.array(0.5),
        "velocity.0": np.zeros(3),
    }
    state["mean_square.0"][...] = 7
    del state["mean.1"]
    with pytest.raises(ValueError, match="nothing was loaded") as caught:
        optimizer.load_state_dict(state)
    assert str(caught.value).splitlines()[1:] == [
        "  mean.0 is float64 (3, 2), not float64 (2, 3)",
        "  mean.1 is missing",
        "  steps.1 is float64 (), not int64 ()",
        "  velocity.0 is unexpected",
    ]
    with pytest.raises(ValueError, match="lr must be"):
        optimizer.load_state_dict(before | {"lr": np.array(np.nan), "mean.1": np.full(3, 9.0)})
    after = optimizer.state_dict()
    assert before.keys() == after.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array)


def test_zero_grad_forgets():
    w = leaf([1.0])
    optimizer = SGD([w], 0.1)
    give(w, [1.0])
    optimizer.zero_grad()
    assert w.grad is None


def test_an_optimizer_of_ones_own():
    class SignDescent(Optimizer):
        def update(self, index, w, g, lr, scratch):
            w -= np.multiply(np.sign(g, out=scratch), lr, out=scratch)

    w = leaf([1.0, 2.0])
    optimizer = SignDescent([w], 0.5)
    give(w, [-3.0, 0.1])
    optimizer.step()
    np.testing.assert_array_equal(w.data, [1.5, 1.5])
    with pytest.raises(NotImplementedError, match=r"Optimizer has no update; write def update\("):
        give_and_step(Optimizer([w], 0.1), w)


def test_an_optimizer_of_ones_own_may_keep_new_arrays():
    class Averaging(Optimizer):
        state = ("average",)

        def __init__(self, params, lr):
            super().__init__(params, lr)
            self.average = self.zeros()

        def update(self, index, w, g, lr, scratch):
            self.average[index] = 0.5 * self.average[index] + 0.5 * g
            w -= lr * self.average[index]

    w = leaf([1.0, 2.0])
    optimizer = Averaging([w], 0.5)
    give(w, [4.0, 8.0])
    optimizer.step()
    np.testing.assert_array_equal(w.data, [0.0, 0.0])
    np.testing.assert_array_equal(optimizer.state_dict()["average.0"], [2.0, 4.0])


def test_a_kind_made_from_another_is_asked_for_every_parameter():
    class Shrinking(Adam):
        def update(self, index, w, g, lr, scratch):
            w *= 0.5
            super().update(index, w, g, lr, scratch)

    ours, plain = [leaf([1.0, 2.0]), leaf([[3.0]])], [leaf([0.5, 1.0]), leaf([[1.5]])]
    for kind, params in ((Shrinking, ours), (Adam, plain)):
        optimizer = kind(params, 0.1)
        for w in params:
            give(w, np.full(w.shape, 0.3))
        optimizer.step()
    for a, b in zip(ours, plain, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


@pytest.mark.parametrize("make", [SGD, Momentum, Adam])
def test_all_parameters_at_once_as_one_by_one(make):
    rng = np.random.default_rng(0)
    values = [rng.normal(size=shape) for shape in ((60, 100), (100,), (7, 3), ())]
    slopes = [rng.normal(size=value.shape) for value in values]
    together, alone = ([leaf(value) for value in values] for _ in range(2))
    optimizers = [make(together, 0.1, weight_decay=0.2), *(make([w], 0.1, weight_decay=0.2) for w in alone)]
    for _ in range(3):
        for params in (together, alone):
            for w, slope in zip(params, slopes, strict=True):
                give(w, slope)
        for optimizer in optimizers:
            optimizer.step()
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


@pytest.mark.parametrize("make", [SGD, Momentum, Adam])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_a_copy_goes_on_by_itself(make, copied):
    w = leaf(np.ones((70, 80)))
    optimizer = make([w], 0.1)
    give_and_step(optimizer, w)
    twin, its_w = copied((optimizer, w))
    assert twin.params[0] is its_w
    before = w.data.copy()
    give_and_step(twin, its_w)
    np.testing.assert_array_equal(w.data, before)
    give_and_step(optimizer, w)
    np.testing.assert_array_equal(its_w.data, w.data)
    assert not np.array_equal(w.data, before)


@pytest.mark.parametrize(("make", "name"), [(Momentum, "velocity"), (Adam, "mean"), (Adam, "mean_square")])
def test_moments_that_others_put_there_are_followed(make, name):
    w = leaf(np.ones((70, 80)))
    optimizer = make([w], 0.1)
    give_and_step(optimizer, w)
    old, before = getattr(optimizer, name)[0], getattr(optimizer, name)[0].copy()
    getattr(optimizer, name)[0] = new = np.zeros_like(old)
    give_and_step(optimizer, w)
    np.testing.assert_array_equal(old, before)
    assert new.all()


@pytest.mark.parametrize("make", [SGD, Momentum, Adam])
def test_a_parameter_that_was_given_other_data_is_followed_there(make):
    w = leaf(np.ones((70, 80)))
    optimizer = make([w], 0.1)
    give_and_step(optimizer, w)
    old, before = w.data, w.data.copy()
    w.data = w.data.copy()
    give_and_step(optimizer, w)
    np.testing.assert_array_equal(old, before)
    assert not np.array_equal(w.data, before)


@pytest.mark.parametrize("shape", [(69, 80), (1, 80)])
@pytest.mark.parametrize("decay", [0, 0.1])
@pytest.mark.parametrize("make", [SGD, Momentum, Adam])
def test_a_gradient_of_another_shape_is_refused_and_nothing_is_changed(make, decay, shape):
    params = [leaf(np.ones((70, 80))) for _ in range(2)]
    optimizer = make(params, 0.1, weight_decay=decay)
    message = rf"{make.__name__}: the gradient of params\[1\] has shape \({shape[0]}, 80\), the parameter \(70, 80\)"
    for _ in range(2):  # before the first step, and after it
        for w in params:
            give(w, np.ones(w.shape))
        state, values = optimizer.state_dict(), [w.data.copy() for w in params]
        params[1].grad.data = np.ones(shape)
        with pytest.raises(ValueError, match=message):
            optimizer.step()
        with pytest.raises(ValueError, match=message):
            optimizer.update(1, params[1].data, np.ones(shape), 0.1, np.empty((70, 80)))
        for name, array in optimizer.state_dict().items():
            np.testing.assert_array_equal(array, state[name])
        for w, value in zip(params, values, strict=True):
            np.testing.assert_array_equal(w.data, value)
            give(w, np.ones(w.shape))
        optimizer.step()
