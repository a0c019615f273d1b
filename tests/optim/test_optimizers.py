import math
import tracemalloc

import numpy as np
import pytest

import autograd_np as ag
from autograd_np.optim import SGD, Adam, Momentum

from .parameters import give, give_and_step, leaf

KINDS = [SGD, Momentum, Adam]


# The reference: one plain float at a time, as the formulas stand in the papers.


def sgd(w, g, memory, *, lr):
    return w - lr * g


def momentum(w, g, memory, *, lr, momentum=0.9, nesterov=False):
    v = memory["v"] = momentum * memory["v"] + g if memory else g
    return w - lr * (g + momentum * v if nesterov else v)


def adam(w, g, memory, *, lr, betas=(0.9, 0.999), eps=1e-8):
    t = memory["t"] = memory.get("t", 0) + 1
    m = memory["m"] = betas[0] * memory.get("m", 0.0) + (1 - betas[0]) * g
    v = memory["v"] = betas[1] * memory.get("v", 0.0) + (1 - betas[1]) * g * g
    return w - lr * (m / (1 - betas[0] ** t)) / (math.sqrt(v / (1 - betas[1] ** t)) + eps)


CASES = [
    (SGD, sgd, {}),
    (Momentum, momentum, {}),
    (Momentum, momentum, {"momentum": 0.0}),
    (Momentum, momentum, {"momentum": 0.5, "nesterov": True}),
    (Adam, adam, {}),
    (Adam, adam, {"betas": (0.5, 0.0), "eps": 0.1}),
]
SHAPES = [(), (1,), (3, 4), (0,), (2, 0, 3), (2, 1, 3)]


@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize(("kind", "formula", "options"), CASES)
def test_every_step_is_the_formulas(kind, formula, options, decay):
    rng = np.random.default_rng(0)
    parameters = [leaf(rng.standard_normal(shape)) for shape in SHAPES]
    plain = [[float(w) for w in p.data.flat] for p in parameters]
    memories = [[{} for _ in values] for values in plain]
    optimizer = kind(parameters, 0.1, weight_decay=decay, **options)
    for step in range(20):
        optimizer.lr = lr = 0.1 / (1 + step)
        for at, p in enumerate(parameters):
            skipped = (step + at) % 5 == 0  # each parameter now and then has no gradient
            gradient = rng.standard_normal(p.shape)
            p.grad = None if skipped else ag.Tensor(gradient)
            for i, g in enumerate([] if skipped else gradient.flat):
                w = plain[at][i]
                plain[at][i] = formula(w, float(g) + decay * w, memories[at][i], lr=lr, **options)
        optimizer.step()
        for p, values in zip(parameters, plain, strict=True):
            np.testing.assert_allclose(p.data.ravel(), values, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("kind", KINDS)
def test_dtype_memory_and_gradient_are_kept(kind, decay):
    single = leaf([1.0, -2.0], np.float32)
    double = leaf([1.0, -2.0])
    turned = leaf(np.arange(6.0).reshape(2, 3))
    turned.data = turned.data.T  # any memory layout will do
    turned.requires_grad = False
    turned.requires_grad = True
    parameters = [single, double, turned]
    memory = [p.data for p in parameters]
    optimizer = kind(parameters, np.float64(0.1), weight_decay=decay)
    for _ in range(3):
        for p in parameters:
            give(p, np.ones(p.shape))
        gradients = [p.grad for p in parameters]
        optimizer.step()
        for p, array, g in zip(parameters, memory, gradients, strict=True):
            assert p.data is array
            assert p.grad is g
            assert np.all(g.data == 1)
    assert [p.dtype for p in parameters] == [np.float32, np.float64, np.float64]
    np.testing.assert_allclose(single.data, double.data, rtol=1e-6)
    assert {a.dtype for a in optimizer.state_dict().values()} <= {np.dtype(t) for t in ["f4", "f8", "i8"]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_parameter_without_a_gradient_or_frozen_stays(kind):
    used, unused, frozen = leaf([1.0]), leaf([1.0]), leaf([1.0])
    optimizer = kind([used, unused, frozen], 0.1, weight_decay=0.5)
    give(used, [1.0])
    give(frozen, [1.0])
    frozen.requires_grad = False
    optimizer.step()
    assert used.item() < 1
    assert unused.item() == frozen.item() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_accumulated_gradients_of_0d_parameters(kind):
    w = leaf(3.0)
    optimizer = kind([w], 0.1, weight_decay=0.1)
    for _ in range(3):
        (w * w + w).backward()
        (w * w).backward()
        optimizer.step()
        assert type(w.data) is np.ndarray
    assert w.item() < 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reached", ["itself", "view", "detached"])
def test_a_step_between_forward_and_backward_is_refused(kind, reached):
    w = leaf([[1.0, 2.0], [3.0, 4.0]])
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    optimizer = kind([w], 0.1)
    give(w, np.ones((2, 2)))
    saved = {"itself": w, "view": w.T, "detached": w.detach()}[reached]
    y = (x * saved).sum()  # x's gradient is w's old value
    harmless = (x * 2).sum()
    optimizer.step()
    with pytest.raises(RuntimeError, match="written in place"):
        y.backward()
    assert x.grad is None
    harmless.backward()
    (x * w).sum().backward()  # a forward pass after the step has the new value
    np.testing.assert_array_equal(x.grad.data, 2 + w.data)


@pytest.mark.parametrize(
    ("make", "steps"),
    [
        (lambda p: SGD(p, 0.1), 200),
        (lambda p: Momentum(p, 0.02), 400),
        (lambda p: Momentum(p, 0.02, nesterov=True), 400),
        (lambda p: Adam(p, 0.1), 600),
    ],
)
def test_a_quadratic_is_minimized(make, steps):
    scale, goal = np.array([1.0, 2.0, 5.0]), np.array([3.0, -1.0, 0.5])
    w = leaf(np.zeros(3))
    optimizer = make([w])
    for _ in range(steps):
        optimizer.zero_grad()
        (scale * (w - goal) ** 2).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(w.data, goal, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_weight_decay_is_the_penalty_in_the_loss(kind):
    start, target = np.array([1.0, -2.0]), np.array([0.5, 0.5])
    a, b = leaf(start), leaf(start)
    decayed, penalised = kind([a], 0.05, weight_decay=0.3), kind([b], 0.05)
    for _ in range(5):
        for optimizer in (decayed, penalised):
            optimizer.zero_grad()
        ((a - target) ** 2).sum().backward()
        (((b - target) ** 2).sum() + 0.15 * (b * b).sum()).backward()
        decayed.step()
        penalised.step()
    np.testing.assert_allclose(a.data, b.data, rtol=1e-13)


def test_adams_first_step_is_lr_whatever_the_gradients_size():
    w = leaf(np.zeros(4))
    optimizer = Adam([w], 0.01, eps=0.0)
    give(w, [1e-100, 1e-8, -1.0, 1e100])
    optimizer.step()
    np.testing.assert_allclose(w.data, [-0.01, -0.01, 0.01, -0.01], rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_do_not_grow_memory(kind, monkeypatch):
    monkeypatch.setattr("autograd_np.kernels.compile.PARALLEL_WORK", math.inf)  # whose code is not loaded meanwhile
    w = leaf(np.ones(100_000), np.float32)
    optimizer = kind([w], 1e-3, weight_decay=1e-3)
    give(w, np.ones(w.shape))
    optimizer.step()
    tracemalloc.start()
    try:
        for _ in range(50):
            optimizer.step()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < w.data.nbytes / 10  # not one temporary array of the parameter's size


# -- what is refused -----------------------------------------------------------------------------------------

BAD = [math.nan, math.inf, -math.inf, -0.1]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("kind", KINDS)
def test_lr_and_weight_decay_out_of_range(kind, value):
    w = leaf([1.0])
    with pytest.raises(ValueError, match=f"{kind.__name__}: lr must be 0 <= lr < inf, not"):
        kind([w], value)
    with pytest.raises(ValueError, match="weight_decay must be 0 <= weight_decay < inf, not"):
        kind([w], 0.1, weight_decay=value)
    optimizer = kind([w], 0.1)
    optimizer.lr = value
    with pytest.raises(ValueError, match="lr must be"):
        give_and_step(optimizer, w)
    assert w.item() == 1


@pytest.mark.parametrize("value", [*BAD, 1.0])
def test_rates_of_means_out_of_range(value):
    w = leaf([1.0])
    with pytest.raises(ValueError, match="Momentum: momentum must be 0 <= momentum < 1, not"):
        Momentum([w], 0.1, momentum=value)
    with pytest.raises(ValueError, match=r"betas\[0\] must be 0 <= betas\[0\] < 1, not"):
        Adam([w], betas=(value, 0.9))
    with pytest.raises(ValueError, match=r"betas\[1\] must be"):
        Adam([w], betas=(0.9, value))
    if value != 1:
        with pytest.raises(ValueError, match="eps must be 0 <= eps < inf, not"):
            Adam([w], eps=value)


def test_other_arguments_that_are_refused():
    w = leaf([1.0])
    with pytest.raises(ValueError, match="betas are two numbers"):
        Adam([w], betas=(0.9,))
    with pytest.raises(ValueError, match="nesterov=True needs 0 < momentum"):
        Momentum([w], 0.1, momentum=0, nesterov=True)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        (lambda w: [], ValueError, "params is empty"),
        (lambda w: w, TypeError, "params is a list of Tensors.* not a Tensor"),
        (lambda w: 3, TypeError, "params is a list of Tensors.* not a int"),
        (lambda w: [w, np.ones(2)], TypeError, r"params\[1\] is a ndarray.*model.parameters\(\)"),
        (lambda w: [w, w * 2], ValueError, r"params\[1\] was computed"),
        (lambda w: [ag.Tensor([1.0])], ValueError, r"params\[0\] requires no gradient"),
        (lambda w: [w, leaf([1.0]), w], ValueError, r"params\[2\] is params\[0\] again"),
    ],
)
def test_params_that_are_refused(params, error, message):
    with pytest.raises(error, match=f"SGD: {message}"):
        SGD(params(leaf([1.0, 2.0])), 0.1)
