"""Convolution and pooling as the user meets them: values, conventions and errors."""

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor


def test_the_smallest_convolution():
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    w = np.array([[[[1.0, 0], [0, -1]]]])
    assert np.array_equal(ag.conv2d(x, w), np.full((1, 1, 3, 3), -5.0))
    assert np.array_equal(ag.conv2d(x, w, np.array([5.0])), np.zeros((1, 1, 3, 3)))


def test_padding_spellings():
    x, w = np.ones((1, 1, 5, 6)), np.ones((1, 1, 3, 2))
    assert ag.conv2d(x, w, padding=1).shape == (1, 1, 5, 7)
    assert ag.conv2d(x, w, padding=(1, 0)).shape == (1, 1, 5, 5)
    assert ag.conv2d(x, w, padding=((2, 0), (0, 1))).shape == (1, 1, 5, 6)
    assert ag.conv2d(x, w, padding="same").shape == x.shape
    assert ag.conv2d(x, w, padding="same", dilation=2).shape == x.shape
    assert ag.conv2d(x, w, stride=(2, 3), padding=1).shape == (1, 1, 3, 3)


@pytest.mark.parametrize("spelling", [tuple, list, np.array])
def test_pairs_of_any_kind(spelling):
    x, w = np.ones((1, 1, 5, 6)), np.ones((1, 1, 3, 2))
    assert ag.conv2d(x, w, stride=spelling((2, 3)), dilation=spelling((1, 2))).shape == (1, 1, 2, 2)
    assert ag.conv2d(x, w, padding=spelling((1, 0))).shape == (1, 1, 5, 5)
    assert ag.conv2d(x, w, padding=spelling((spelling((2, 0)), spelling((0, 1))))).shape == (1, 1, 5, 6)
    assert ag.max_pool2d(x, spelling((2, 3)), padding=spelling((1, 0))).shape == (1, 1, 3, 2)
    assert ag.conv2d(x, w, stride=spelling((np.int64(2), 3)), padding=np.int64(1)).shape == (1, 1, 3, 3)


@pytest.mark.parametrize(
    ("x", "w", "how", "message"),
    [
        (
            (2, 3, 28, 28),
            (16, 8, 3, 3),
            {},
            r"x has 3 channels, w expects 8 \(x \(2, 3, 28, 28\), w \(16, 8, 3, 3\), groups=1\)",
        ),
        ((2, 4, 8, 8), (3, 2, 3, 3), {"groups": 2}, "3 filters cannot be split into 2 groups"),
        ((2, 4, 8, 8), (4, 4, 3, 3), {"groups": 0}, "channels"),
        ((4, 8, 8), (4, 4, 3, 3), {}, r"x is \(N, C, H, W\)"),
        (
            (1, 1, 3, 3),
            (1, 1, 5, 5),
            {},
            r"window of \(5, 5\) does not fit into the padded image of \(3, 3\)",
        ),
        ((1, 1, 5, 5), (1, 1, 3, 3), {"dilation": 3}, r"window of \(7, 7\)"),
        ((1, 1, 5, 5), (1, 1, 3, 3), {"stride": 0}, "stride is an int or a pair of ints, at least 1, not 0"),
        ((1, 1, 5, 5), (1, 1, 3, 3), {"padding": -1}, "padding"),
        ((1, 1, 5, 5), (1, 1, 3, 3), {"padding": "full"}, '"same"'),
        ((1, 1, 5, 5), (1, 1, 3, 3), {"padding": "same", "stride": 2}, '"same"'),
        ((1, 1, 5, 5), (1, 1, 3, 3), {"stride": (1, 2, 3)}, "pair of ints"),
        ((1, 1, 5, 5), (1, 1, 3, 3), {"stride": (1.0, 1)}, "pair of ints"),
        ((1, 1, 5, 5), (1, 1, 3, 3), {"padding": ((1, 0), -1)}, "padding is an int or a pair of ints, at least 0"),
        ((1, 1, 5, 5), (1, 1, 3, 3), {"padding": ((1, 1),)}, r"padding is an int, \(rows, columns\) or"),
    ],
)
def test_conv2d_errors(x, w, how, message):
    with pytest.raises(ValueError, match=message):
        ag.conv2d(np.ones(x), np.ones(w), **how)


def test_conv2d_refuses_a_bias_of_another_shape_and_integers():
    with pytest.raises(ValueError, match=r"b is one number a filter, shape \(2,\), not \(3,\)"):
        ag.conv2d(np.ones((1, 1, 3, 3)), np.ones((2, 1, 2, 2)), np.ones(3))
    with pytest.raises(TypeError, match="floating point"):
        ag.conv2d(np.ones((1, 1, 3, 3), int), np.ones((2, 1, 2, 2), int))


@pytest.mark.parametrize("pool", [ag.max_pool2d, ag.avg_pool2d])
def test_pool_errors(pool):
    name = pool.__name__
    with pytest.raises(ValueError, match=f"{name}: padding .* is over half the window"):
        pool(np.ones((1, 1, 4, 4)), 2, padding=2)
    with pytest.raises(ValueError, match=rf"{name}: a window of \(5, 5\) does not fit"):
        pool(np.ones((1, 1, 4, 4)), 5)
    with pytest.raises(ValueError, match=rf"{name}: x is \(N, C, H, W\), not \(4, 4\)"):
        pool(np.ones((4, 4)), 2)
    with pytest.raises(TypeError, match=f"{name}: a real floating point"):
        pool(np.ones((1, 1, 4, 4), int), 2)


def test_max_pool_values_ties_and_nan():
    x = np.array([[1.0, 1, 5, 6], [1, 1, 7, np.nan]]).reshape(1, 1, 2, 4)
    leaf = Tensor(x, requires_grad=True)
    y = ag.max_pool2d(leaf, 2)
    np.testing.assert_array_equal(y.data, [[[[1, np.nan]]]])
    y.backward(np.array([[[[10.0, 20.0]]]]))
    np.testing.assert_array_equal(leaf.grad.data[0, 0], [[10, 0, 0, 0], [0, 0, 0, 20]])


def test_average_pool_counts_the_padding():
    assert ag.avg_pool2d(np.ones((1, 1, 2, 2)), 2, stride=1, padding=1)[0, 0, 0, 0] == 0.25


def test_an_empty_batch():
    x = Tensor(np.zeros((0, 3, 8, 8), np.float32), requires_grad=True)
    w = Tensor(np.ones((4, 3, 3, 3), np.float32), requires_grad=True)
    y = ag.max_pool2d(ag.relu(ag.conv2d(x, w, padding=1)), 2)
    assert y.shape == (0, 4, 4, 4)
    y.sum().backward()
    assert x.grad.shape == x.shape
    assert not w.grad.data.any()
