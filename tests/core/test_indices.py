"""Gradients through every kind of index, held against adding up by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_np import Tensor
from autograd_np.testing.strategies import indices, shapes


@given(data=st.data())
def test_each_element_gets_the_cotangents_of_all_places_where_it_is_named(data):
    shape = data.draw(shapes())
    index = data.draw(indices(shape, allow_empty=True))
    x = Tensor(np.zeros(shape), requires_grad=True)
    numbers = np.arange(x.size).reshape(shape)[index]
    u = np.arange(1.0, np.size(numbers) + 1).reshape(np.shape(numbers))
    x[index].backward(u)
    expected = np.zeros(x.size)
    for number, cotangent in zip(np.ravel(numbers), np.ravel(u), strict=True):
        expected[number] += cotangent
    np.testing.assert_array_equal(x.grad.data.ravel(), expected)


@pytest.mark.parametrize(
    "index",
    [np.zeros(4, bool), [], slice(3, 1), (Ellipsis, slice(0, 0)), np.zeros((0, 2), int)],
    ids=["mask", "list", "slice", "ellipsis", "array"],
)
def test_what_names_nothing_gives_a_gradient_of_zeros(index):
    x = Tensor(np.ones((4, 2)), requires_grad=True)
    y = x[index]
    assert y.size == 0
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, np.zeros((4, 2)))


def test_repeats_negative_steps_and_new_axes():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x[[0, 0, -1]] * np.array([1.0, 10.0, 100.0])).sum().backward()
    (x[None, ::-1, ...] * np.array([[1.0, 2.0, 3.0]])).sum().backward()
    assert list(x.grad.data) == [14.0, 2.0, 101.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.complex64, ">f4"])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, lambda g: g[..., ::-1].copy()[..., ::-1]])
def test_many_elements_are_added_as_numpy_adds_them(dtype, layout):
    rng = np.random.default_rng(0)
    shape = (30, 100)
    rows, columns, lines = rng.integers(-30, 30, 300), rng.integers(-100, 100, (30, 200)), np.arange(30)[:, None]
    for index in (rows, (..., columns[0]), (slice(None), columns[0]), (lines, columns), rng.random(shape) < 0.9):
        x = Tensor(np.zeros(shape, dtype), requires_grad=True)
        y = x[index]
        g = layout(rng.normal(size=y.shape).astype(dtype))
        y.backward(g)
        expected = np.zeros(shape, dtype)
        np.add.at(expected, index, np.conj(g))
        np.testing.assert_array_equal(x.grad.data, np.conj(expected))
