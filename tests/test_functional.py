import numpy as np
import pytest

import autograd_np as ag
from autograd_np import functional as F


def leaf(values, dtype=np.float64):
    return ag.Tensor(values, requires_grad=True, dtype=dtype)


# -- mse -----------------------------------------------------------------------------------------------------


def test_mse_is_the_mean_of_squares_and_its_gradient():
    p, t = leaf([[1.0, 2.0], [3.0, 5.0]]), leaf([[0.0, 2.0], [5.0, 1.0]])
    loss = F.mse(p, t)
    assert loss.item() == (1 + 0 + 4 + 16) / 4
    loss.backward()
    np.testing.assert_array_equal(p.grad.data, 2 * (p.data - t.data) / 4)
    np.testing.assert_array_equal(t.grad.data, -p.grad.data)


def test_mse_of_arrays_is_an_array_and_keeps_float32():
    assert type(F.mse(np.float32([1, 2]), np.float32([0, 0]))) is np.float32
    assert F.mse([1.0, 2.0], [0, 0]) == 2.5
    assert F.mse(leaf([1.0], np.float32), np.uint8([255])).dtype == np.float32


@pytest.mark.parametrize("shapes", [((4, 1), (4,)), ((4,), (4, 1)), ((2, 3), (3,)), ((), (1,)), ((2,), (3,))])
def test_mse_refuses_to_broadcast(shapes):
    p, t = leaf(np.ones(shapes[0])), np.ones(shapes[1])
    with pytest.raises(ValueError, match=r"mse: prediction .* and target .* must have equal shapes") as caught:
        F.mse(p, t)
    assert all(str(shape) in str(caught.value) for shape in shapes)


def test_mse_refuses_nothing_and_integers():
    with pytest.raises(ValueError, match=r"no element to take the mean of \(prediction \(0, 3\)\)"):
        F.mse(np.ones((0, 3)), np.ones((0, 3)))
    with pytest.raises(TypeError, match="floating point"):
        F.mse(np.uint8([1]), np.uint8([2]))


# -- dropout -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_drops_scales_and_sends_the_gradient_the_same_way(p, dtype):
    x = leaf(np.full((200, 300), 2.0), dtype)
    y = F.dropout(x, p, np.random.default_rng(0))
    kept = y.data != 0
    assert y.dtype == dtype
    assert abs(kept.mean() - (1 - p)) < 0.01
    np.testing.assert_allclose(y.data[kept], 2 / (1 - p), rtol=2e-3 if dtype == np.float16 else 1e-6)
    y.backward(np.ones(x.shape))
    np.testing.assert_array_equal(x.grad.data, y.data / 2)


def test_dropout_keeps_the_expectation():
    rng = np.random.default_rng(1)
    x = np.array([1.0, -3.0])
    mean = np.mean([F.dropout(x, 0.3, rng) for _ in range(20_000)], axis=0)
    np.testing.assert_allclose(mean, x, rtol=0.02)


def test_dropout_of_nothing_is_x_and_draws_nothing():
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    x, array = leaf([1.0, 2.0]), np.ones(3)
    assert F.dropout(x, 0, rng) is x
    assert F.dropout(array, 0.0, rng) is array
    assert rng.bit_generator.state == before


def test_dropout_of_everything_is_zero_without_nan():
    x = leaf([1.0, -2.0, np.inf, np.nan], np.float32)
    y = F.dropout(x, 1, np.random.default_rng(0))
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y.data, 0)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, 0)


def test_dropout_is_its_generators_and_not_the_dtypes():
    x = np.ones(100)
    rng = np.random.default_rng(3)
    first, second = F.dropout(x, 0.5, rng), F.dropout(x, 0.5, rng)
    again = F.dropout(x, 0.5, np.random.default_rng(3))
    single = F.dropout(x.astype(np.float32), 0.5, np.random.default_rng(3))
    assert first.tobytes() == again.tobytes()
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, single)
    assert F.dropout(np.arange(4), 0.5, rng).dtype == np.float64


def test_dropout_keeps_a_nan_and_drops_infinity():
    x = leaf([np.nan, np.inf, -np.inf, 1.0] * 100)
    y = F.dropout(x, 0.5, np.random.default_rng(0))
    kept = F.dropout(np.ones(x.shape), 0.5, np.random.default_rng(0)) != 0
    np.testing.assert_array_equal(y.data, np.where(np.isnan(x.data) | kept, x.data * 2, 0))
    y.backward(x.data)
    np.testing.assert_array_equal(x.grad.data, y.data)


def test_dropout_keeps_no_mask():
    x = leaf(np.ones(100_000))
    y = F.dropout(x, 0.5, np.random.default_rng(0))
    assert not any(isinstance(kept, np.ndarray) for kept in (*y.node.args, *y.node.params.values(), y.node.out))


def test_dropout_refuses_complex_numbers():
    with pytest.raises(TypeError, match="dropout: real numbers are wanted, not complex128"):
        F.dropout(np.ones(3, complex), 0.5, np.random.default_rng(0))


@pytest.mark.parametrize("p", [-0.1, 1.1, np.nan, np.inf])
def test_dropout_refuses_what_is_no_probability(p):
    with pytest.raises(ValueError, match="dropout: p is a probability, 0 <= p <= 1, not"):
        F.dropout(np.ones(3), p, np.random.default_rng(0))


def test_dropout_refuses_a_seed():
    with pytest.raises(TypeError, match=r"rng is a numpy.random.Generator.*default_rng.*not int"):
        F.dropout(np.ones(3), 0.5, 7)


# -- linear, flatten -----------------------------------------------------------------------------------------


def test_linear_and_its_gradients():
    rng = np.random.default_rng(0)
    x, w, b = (leaf(rng.integers(-4, 5, shape)) for shape in [(5, 2, 3), (3, 4), (4,)])
    y = ag.linear(x, w, b)
    np.testing.assert_array_equal(y.data, x.data @ w.data + b.data)
    g = rng.integers(-4, 5, y.shape).astype(float)
    y.backward(g)
    np.testing.assert_array_equal(x.grad.data, g @ w.data.T)
    np.testing.assert_array_equal(w.grad.data, x.data.reshape(10, 3).T @ g.reshape(10, 4))
    np.testing.assert_array_equal(b.grad.data, g.sum((0, 1)))
    np.testing.assert_array_equal(ag.linear(x.data, w.data), x.data @ w.data)


@pytest.mark.parametrize(
    ("shape", "flat"),
    [((2, 3, 4), (2, 12)), ((2, 3), (2, 3)), ((5,), (5, 1)), ((0, 3, 4), (0, 12)), ((2, 0, 3), (2, 0))],
)
def test_flatten_keeps_the_batch(shape, flat):
    x = leaf(np.arange(np.prod(shape, dtype=int)).reshape(shape))
    y = F.flatten(x)
    assert y.shape == flat
    y.backward(y.data)
    np.testing.assert_array_equal(x.grad.data, x.data)


def test_flatten_refuses_a_number():
    with pytest.raises(ValueError, match="flatten: x is 0-d"):
        F.flatten(ag.Tensor(1.0))


# -- accuracy ------------------------------------------------------------------------------------------------


def test_accuracy_counts_right_rows():
    scores = np.array([[1.0, 2.0], [3.0, 0.0], [5.0, 5.0], [np.nan, 1.0]])
    assert F.accuracy(scores, [1, 1, 0, 0]) == 0.5  # right, wrong, the first of equals, a NaN
    share = F.accuracy(leaf(scores[:1]), ag.Tensor([1]))
    assert type(share) is float
    assert share == 1
    assert F.accuracy(scores.reshape(2, 2, 2)[:1], np.array([[1, 0]], np.uint8)) == 1


@pytest.mark.parametrize(
    ("shape", "labels", "error", "message"),
    [
        ((3, 2), np.array([0.0, 1.0, 0.0]), TypeError, "labels are integers"),
        ((3, 2), np.array([[0], [1], [0]]), ValueError, r"want one label a row, shape \(3,\), not \(3, 1\)"),
        ((3, 2), np.array([0, 1]), ValueError, "want one label a row"),
        ((0, 2), np.array([], int), ValueError, "no row"),
        ((2, 0), np.array([0, 0]), ValueError, "no row, or no class"),
        ((2, 2), np.array([0, 2]), ValueError, "label 2 is no class; classes are 0 to 1"),
        ((2, 2), np.array([-1, 0]), ValueError, "label -1 is no class"),
    ],
)
def test_accuracy_refuses_what_it_cannot_count(shape, labels, error, message):
    with pytest.raises(error, match=f"accuracy: .*{message}"):
        F.accuracy(np.zeros(shape), labels)
