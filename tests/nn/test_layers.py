import numpy as np
import pytest

import autograd_np as ag
from autograd_np import functional as F
from autograd_np import nn
from autograd_np.optim import Adam


def distinct(shape, seed=0):
    """Numbers that no two elements share and none of which is near 0: away from every kink."""
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape))
    values = (rng.permutation(size) + 1) * 0.1 + rng.uniform(0.01, 0.04, size)
    return (values * rng.choice([-1, 1], size)).reshape(shape) / max(1, size / 20)


# make(dtype) -> layer, shape of x, shape of y
LAYERS = {
    "dense": (lambda dtype: nn.Dense(4, 3, rng=1, dtype=dtype), (5, 4), (5, 3)),
    "dense of a vector": (lambda dtype: nn.Dense(4, 3, rng=1, dtype=dtype), (4,), (3,)),
    "dense of a batch": (lambda dtype: nn.Dense(4, 3, rng=1, dtype=dtype, bias=False), (2, 5, 4), (2, 5, 3)),
    "conv": (lambda dtype: nn.Conv2D(2, 3, 3, rng=1, dtype=dtype), (2, 2, 5, 6), (2, 3, 3, 4)),
    "conv with all": (
        lambda dtype: nn.Conv2D(4, 6, (3, 2), stride=2, padding=(1, 2), dilation=(2, 3), groups=2, rng=1, dtype=dtype),
        (2, 4, 6, 5),
        (2, 6, 2, 3),
    ),
    "conv same": (
        lambda dtype: nn.Conv2D(2, 2, 3, padding="same", bias=False, rng=1, dtype=dtype),
        (1, 2, 4, 4),
        (1, 2, 4, 4),
    ),
    "depthwise": (lambda dtype: nn.Conv2D(3, 3, 3, groups=3, rng=1, dtype=dtype), (2, 3, 4, 4), (2, 3, 2, 2)),
    "max pool": (lambda dtype: nn.MaxPool2D(2), (2, 2, 5, 4), (2, 2, 2, 2)),
    "max pool with all": (
        lambda dtype: nn.MaxPool2D((3, 2), stride=1, padding=1),
        (1, 2, 4, 4),
        (1, 2, 4, 5),
    ),
    "average pool": (lambda dtype: nn.AvgPool2D(2), (2, 2, 4, 5), (2, 2, 2, 2)),
    "average pool with all": (
        lambda dtype: nn.AvgPool2D(3, stride=(2, 1), padding=1),
        (1, 2, 4, 4),
        (1, 2, 2, 4),
    ),
    "batch norm": (lambda dtype: nn.BatchNorm(3, eps=0.1, dtype=dtype), (3, 3, 2, 4), (3, 3, 2, 4)),
    "batch norm of vectors": (lambda dtype: nn.BatchNorm(3, eps=0.1, dtype=dtype), (5, 3), (5, 3)),
    "batch norm in evaluation": (lambda dtype: nn.BatchNorm(3, dtype=dtype).eval(), (2, 3, 2, 4), (2, 3, 2, 4)),
    "flatten": (lambda dtype: nn.Flatten(), (3, 2, 4), (3, 8)),
    "dropout": (lambda dtype: nn.Dropout(0.4, rng=1), (4, 5), (4, 5)),
    "dropout in evaluation": (lambda dtype: nn.Dropout(0.4, rng=1).eval(), (4, 5), (4, 5)),
    "relu": (lambda dtype: nn.ReLU(), (4, 5), (4, 5)),
    "leaky relu": (lambda dtype: nn.LeakyReLU(0.2), (4, 5), (4, 5)),
    "sigmoid": (lambda dtype: nn.Sigmoid(), (4, 5), (4, 5)),
    "tanh": (lambda dtype: nn.Tanh(), (4, 5), (4, 5)),
    "softmax": (lambda dtype: nn.Softmax(), (4, 5), (4, 5)),
    "softmax over rows": (lambda dtype: nn.Softmax(axis=0), (4, 5), (4, 5)),
    "sequential": (
        lambda dtype: nn.Sequential(
            nn.Conv2D(1, 2, 3, rng=1, dtype=dtype),
            nn.Tanh(),
            nn.AvgPool2D(2),
            nn.Flatten(),
            nn.Dense(8, 3, rng=1, dtype=dtype),
        ),
        (2, 1, 6, 6),
        (2, 3),
    ),
    "sequential of nothing": (lambda dtype: nn.Sequential(), (4, 5), (4, 5)),
}
each_layer = pytest.mark.parametrize(("make", "shape", "out_shape"), LAYERS.values(), ids=LAYERS)


def test_no_layer_is_left_out():
    kinds = {type(layer) for make, _, _ in LAYERS.values() for layer in make(np.float64).modules()}
    assert kinds == {getattr(nn, name) for name in nn.__all__ if name not in ("Module", "init")}


def pin(layer):
    """Make Dropout drop the same elements in every call."""
    for module in layer.modules():
        if isinstance(module, nn.Dropout):
            module.rng = np.random.default_rng(5)


@each_layer
def test_gradients_of_inputs_and_parameters_by_differences(make, shape, out_shape):
    layer = make(np.float64)
    for p in layer.parameters():
        p.data += 0.1  # biases, too, are to be something
    x = ag.Tensor(distinct(shape), requires_grad=True)
    g = np.random.default_rng(2).standard_normal(out_shape)

    def loss():
        pin(layer)
        with ag.no_grad():
            return float((layer(x) * g).sum().item())

    pin(layer)
    y = layer(x)
    assert y.shape == out_shape
    assert y.dtype == np.float64
    y.backward(g)
    for tensor in [x, *layer.parameters()]:
        found, values = tensor.grad.data, tensor.data.reshape(-1)
        assert found.shape == tensor.shape
        for i in range(0, values.size, max(1, values.size // 40)):
            before, h = values[i], 1e-5
            values[i] = before + h
            above = loss()
            values[i] = before - h
            below = loss()
            values[i] = before
            assert found.flat[i] == pytest.approx((above - below) / (2 * h), rel=1e-7, abs=1e-8)


@each_layer
def test_float32_is_kept_and_near_float64(make, shape, out_shape):
    single, double = make(np.float32), make(np.float64)
    x = distinct(shape)
    pin(single)
    pin(double)
    inputs = ag.Tensor(x, True, dtype=np.float32), ag.Tensor(x, True)
    y, reference = single(inputs[0]), double(inputs[1])
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data, reference.data, rtol=1e-4, atol=1e-5)
    g = np.random.default_rng(2).standard_normal(out_shape)
    y.backward(g.astype(np.float32))
    reference.backward(g)
    for a, b in zip([inputs[0], *single.parameters()], [inputs[1], *double.parameters()], strict=True):
        assert a.grad.dtype == np.float32
        np.testing.assert_allclose(a.grad.data, b.grad.data, rtol=1e-3, atol=1e-4)


@each_layer
def test_arrays_are_inputs(make, shape, out_shape):
    layer = make(np.float32)
    x = distinct(shape).astype(np.float32)
    before = x.copy()
    pin(layer)
    y = layer(x)
    pin(layer)
    tensor = layer(ag.Tensor(x))
    assert type(y) is (ag.Tensor if layer.parameters() else np.ndarray)
    np.testing.assert_array_equal(tensor.data, y.data if layer.parameters() else y)
    np.testing.assert_array_equal(x, before)
    with ag.no_grad():
        assert not getattr(layer(ag.Tensor(x)), "requires_grad", False)


@pytest.mark.parametrize(
    ("make", "shape", "out_shape"),
    [
        row
        for name, row in LAYERS.items()
        if len(row[1]) > 1 and name not in ("softmax over rows", "batch norm", "batch norm of vectors")
    ],
)
def test_an_empty_batch_goes_through(make, shape, out_shape):
    layer = make(np.float64)
    x = ag.Tensor(np.zeros((0, *shape[1:])), requires_grad=True)
    y = layer(x)
    assert y.shape == (0, *out_shape[1:])
    y.sum().backward()
    assert x.grad.shape == x.shape
    assert not any(p.grad.data.any() for p in layer.parameters())


# -- parameters ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [lambda **k: nn.Dense(30, 20, **k), lambda **k: nn.Conv2D(4, 8, 3, **k)])
def test_parameters_begin_as_they_are_told(kind):
    default = kind(rng=0)
    assert [(p.name, p.dtype.name) for p in default.parameters()] == [
        ("weight", "float32"),
        ("bias", "float32"),
    ]
    assert not default.bias.data.any()
    np.testing.assert_array_equal(
        default.weight.data, nn.init.he_normal(default.weight.shape, np.random.default_rng(0))
    )
    assert np.array_equal(kind(rng=np.random.default_rng(0)).weight.data, default.weight.data)
    assert not np.array_equal(kind(rng=1).weight.data, default.weight.data)
    assert not np.array_equal(kind().weight.data, kind().weight.data)
    assert not kind(init=nn.init.zeros).weight.data.any()
    assert kind(bias=False).bias is None
    assert len(kind(bias=False).parameters()) == 1
    assert {p.dtype for p in kind(dtype=np.float64).parameters()} == {np.dtype(np.float64)}
    with pytest.raises(ValueError, match=r"init gave weights of shape \(2,\), not"):
        kind(init=lambda shape, rng, dtype: np.zeros(2, dtype))
    with pytest.raises(TypeError, match="floating point"):
        kind(dtype=np.int64)


def test_layers_of_one_generator_differ():
    rng = np.random.default_rng(0)
    a, b = nn.Dense(3, 3, rng=rng), nn.Dense(3, 3, rng=rng)
    assert not np.array_equal(a.weight.data, b.weight.data)


# -- Sequential ----------------------------------------------------------------------------------------------


def test_sequential_is_a_sequence():
    layers = [nn.Dense(2, 3), nn.ReLU(), nn.Dense(3, 1)]
    model = nn.Sequential(*layers)
    assert len(model) == 3
    assert list(model) == layers
    assert model[-1] is layers[2]
    assert isinstance(model[:2], nn.Sequential)
    assert list(model[:2]) == layers[:2]
    with pytest.raises(IndexError):
        model[3]


@pytest.mark.parametrize(
    ("wrong", "found"),
    [([nn.ReLU()], "a list"), (nn.ReLU, "the class ReLU"), (ag.relu, "a function"), (None, "a NoneType")],
)
def test_sequential_wants_modules(wrong, found):
    with pytest.raises(TypeError, match=f"Sequential: layer 1 is {found}, not a Module"):
        nn.Sequential(nn.Dense(2, 2), wrong)


# -- BatchNorm -----------------------------------------------------------------------------------------------


def test_batch_norm_keeps_running_averages_and_evaluates_by_them():
    rng = np.random.default_rng(0)
    layer, batches = nn.BatchNorm(2, momentum=0.25, dtype=np.float64), rng.normal(3, 2, (3, 5, 2, 4))
    mean, variance = np.zeros(2), np.ones(2)
    for x in batches:
        y = layer(x).data
        np.testing.assert_allclose(y.mean((0, 2)), 0, atol=1e-14)
        np.testing.assert_allclose(y.var((0, 2)), 1, rtol=1e-4)
        mean = 0.75 * mean + 0.25 * x.mean((0, 2))
        variance = 0.75 * variance + 0.25 * x.var((0, 2), ddof=1)
    np.testing.assert_allclose(layer.running_mean.data, mean, rtol=1e-14)
    np.testing.assert_allclose(layer.running_variance.data, variance, rtol=1e-14)
    layer.gamma.data[...], layer.beta.data[...] = [2, 3], [-1, 1]
    x = batches[0][:1, :, :1]
    expected = (x[..., 0] - mean) / np.sqrt(variance + 1e-5) * [2, 3] + [-1, 1]
    np.testing.assert_allclose(layer.eval()(x).data[..., 0], expected, rtol=1e-12)
    np.testing.assert_allclose(layer.running_mean.data, mean, rtol=1e-14)


def test_batch_norm_is_saved_with_its_averages():
    layer, other = nn.BatchNorm(2), nn.BatchNorm(2)
    layer(np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32))
    assert [name for name, _ in layer.named_parameters()] == ["gamma", "beta"]
    assert list(layer.state_dict()) == ["gamma", "beta", "running_mean", "running_variance"]
    other.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(other.running_variance.data, layer.running_variance.data)


def test_batch_norm_refuses_what_it_cannot_normalise():
    with pytest.raises(ValueError, match=r"BatchNorm\(3\): a channel wants two elements .*\(x \(1, 3\)\)"):
        nn.BatchNorm(3)(np.ones((1, 3)))
    assert nn.BatchNorm(3).eval()(np.ones((1, 3))).shape == (1, 3)
    with pytest.raises(ValueError, match=r"give it x \(N, 3, ...\), not \(2, 4\)"):
        nn.BatchNorm(3)(np.ones((2, 4)))
    with pytest.raises(ValueError, match="momentum"):
        nn.BatchNorm(3, momentum=1.5)
    with pytest.raises(ValueError, match=r"gamma \(2,\), beta \(3,\)"):
        ag.normalize_batch(np.ones((2, 3)), np.ones(2), np.ones(3))
    with pytest.raises(TypeError, match="not int64"):
        ag.normalize_batch(np.ones((2, 3), int), np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match=r"no elements to take the mean of \(x \(0, 3\)\)"):
        ag.normalize_batch(np.ones((0, 3)), np.ones(3), np.ones(3))
    with pytest.raises(TypeError, match="give mean and variance, or neither"):
        F.batch_norm(np.ones((2, 3)), np.ones(3), np.ones(3), mean=np.ones(3))


# -- Dropout -------------------------------------------------------------------------------------------------


def test_dropout_drops_in_training_only():
    x = ag.Tensor(np.ones((100, 100), np.float32), requires_grad=True)
    layer = nn.Dropout(0.25, rng=0)
    y = layer(x)
    assert abs((y.data == 0).mean() - 0.25) < 0.02
    assert y.data.mean() == pytest.approx(1, rel=0.02)
    assert nn.Dropout(0, rng=0)(x) is x
    assert not nn.Dropout(1, rng=0)(x).data.any()
    state = layer.rng.bit_generator.state
    assert layer.eval()(x) is x
    assert layer.rng.bit_generator.state == state


def test_dropout_is_its_seeds():
    x = np.ones(1000)
    a, b, c = (nn.Dropout(0.5, rng=seed) for seed in (1, 1, 2))
    first = a(x)
    assert first.tobytes() == b(x).tobytes() != c(x).tobytes()
    assert a(x).tobytes() != first.tobytes()
    assert a(x).tobytes() != b(x).tobytes()
    assert nn.Dropout(0.5)(x).tobytes() != nn.Dropout(0.5)(x).tobytes()


# -- learning ------------------------------------------------------------------------------------------------


def test_xor_is_learnt():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Dense(2, 8, rng=rng), nn.Tanh(), nn.Dense(8, 2, rng=rng))
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    labels = np.array([0, 1, 1, 0])
    optimizer = Adam(model.parameters(), 0.05)
    for _ in range(200):
        optimizer.zero_grad()
        loss = ag.softmax_cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
    assert loss.dtype == np.float32
    assert loss.item() < 0.01
    assert F.accuracy(model(x), labels) == 1


def test_a_small_network_learns_to_see():
    rng = np.random.default_rng(0)
    labels = np.arange(64) % 2
    x = rng.standard_normal((64, 1, 6, 6)).astype(np.float32)
    x[labels == 1, :, 2:4] += 1.5  # class 1 has a bright bar
    model = nn.Sequential(
        nn.Conv2D(1, 4, 3, rng=rng),
        nn.ReLU(),
        nn.MaxPool2D(2),
        nn.Flatten(),
        nn.Dropout(0.1, rng=rng),
        nn.Dense(16, 2, rng=rng),
    )
    optimizer = Adam(model.parameters(), 0.02)
    for _ in range(60):
        optimizer.zero_grad()
        ag.softmax_cross_entropy(model(x), labels).backward()
        optimizer.step()
    assert F.accuracy(model.eval()(x), labels) > 0.95
