"""grad, value_and_grad, elementwise_grad: structures, kinds, nesting, and what is refused."""

from collections import OrderedDict
from typing import NamedTuple

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor


class Line(NamedTuple):
    slope: object
    offset: object


def loss(p, x):
    return np.mean((x @ p["layers"][0].slope + p["layers"][0].offset) ** 2) + p["scale"] ** 2


def test_the_gradient_has_the_structure_and_kinds_of_the_argument():
    p = {
        "layers": [Line(np.array([1.0, 2.0]), np.float32(0.5)), None],
        "scale": 3.0,
        "unused": (Tensor([1.0]), np.ones((2, 0), np.float32)),
    }
    value, g = ag.value_and_grad(loss)(p, np.eye(2))
    assert np.isclose(value.item(), 4.25 + 9)
    (line, nothing) = g["layers"]
    assert type(line) is Line
    assert nothing is None
    assert np.allclose(line.slope, [1.5, 2.5])
    assert type(line.slope) is np.ndarray
    assert type(line.offset) is np.float32
    assert line.offset == 4.0
    assert type(g["scale"]) is float
    assert g["scale"] == 6.0
    zero, empty = g["unused"]
    assert type(zero) is Tensor
    assert zero.tolist() == [0.0]
    assert empty.shape == (2, 0)
    assert empty.dtype == np.float32


def test_argnums():
    f = lambda a, b, *, c: np.sum(a * b**2) * c
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    assert np.array_equal(ag.grad(f, 1)(a, b, c=2.0), 4 * a * b)
    assert np.array_equal(ag.grad(f, -1)(a, b, c=2.0), 4 * a * b)
    by_b, by_a = ag.grad(f, (1, 0))(a, b, c=2.0)
    assert np.array_equal(by_a, 2 * b**2)
    assert np.array_equal(by_b, 4 * a * b)
    for wrong in (2, (0, 0), (0, -2)):
        with pytest.raises(ValueError, match="argnums names"):
            ag.grad(f, wrong)(a, b, c=2.0)


def test_what_is_given_is_left_alone():
    x = np.array([1.0, 2.0])

    def f(x):
        x *= 2  # recorded, on the function's own Tensor
        x[0] = x[1]
        return np.sum(x * x)

    assert np.array_equal(ag.grad(f)(x), [0.0, 32.0])
    assert list(x) == [1.0, 2.0]
    t = Tensor(x, requires_grad=True)
    assert np.array_equal(ag.grad(f)(t).data, [0.0, 32.0])
    assert t.grad is None


def test_tensors_for_tensors_and_arrays_for_arrays():
    x = np.array([1.0, 2.0])
    value, g = ag.value_and_grad(lambda t: np.sum(t * t))(Tensor(x))
    assert type(value) is type(g) is Tensor
    assert not value.requires_grad
    assert not g.requires_grad
    value, g = ag.value_and_grad(lambda t: np.sum(t * t))(x)
    assert type(value) is np.float64
    assert type(g) is np.ndarray


def test_captured_tensors_make_the_result_differentiable():
    w = Tensor([1.0, 2.0], requires_grad=True)
    slope = ag.grad(lambda x: np.sum(w * x * x))
    g = slope(np.array([3.0, 4.0]))  # arrays go in, but what comes out depends on w
    np.sum(g).backward()
    assert list(w.grad.data) == [6.0, 8.0]
    with ag.no_grad():
        assert type(slope(np.ones(2))) is np.ndarray
        assert not ag.grad(lambda w: np.sum(w * w))(w).requires_grad


def test_nesting():
    f = lambda x: x**5
    for expected in (5 * 16, 20 * 8, 60 * 4, 120 * 2, 120, 0):
        f = ag.grad(f)
        assert np.isclose(f(2.0), expected)


def test_perturbations_are_not_confused():
    assert ag.grad(lambda x: x * ag.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert ag.grad(lambda x: x * ag.grad(lambda y: x * y)(1.0))(3.0) == 6.0
    assert ag.grad(lambda x: ag.grad(lambda y: x * y)(x))(3.0) == 1.0  # d/dy (x y) is x, wherever y is
    assert ag.grad(lambda x: np.sum(ag.grad(lambda a, b: a * b, (0, 1))(x, x * x)[0]))(3.0) == 6.0
    inner = lambda x: ag.grad(lambda y: ag.grad(lambda z: x * y * z**2)(y))(2 * x)  # d/dy (2 x y z) at z = y held
    assert np.isclose(ag.grad(inner)(3.0), 2 * 2 * 2 * 2 * 3 * 1.0)


def test_a_computed_argument_is_differentiated_as_if_it_were_given():
    x = Tensor(2.0, requires_grad=True)
    by_x, by_square = ag.grad(lambda a, b: a * b, (0, 1))(x, x * x)
    assert (by_x.item(), by_square.item()) == (4.0, 2.0)
    by_x.backward()
    assert x.grad.item() == 4.0


def test_aux_is_passed_on():
    f = lambda x: (np.sum(x * x), {"x": x, "n": 3, "double": 2 * x})
    (value, aux), g = ag.value_and_grad(f, has_aux=True)(np.array([1.0, 2.0]))
    assert value == 5.0
    assert aux["n"] == 3
    assert type(aux["double"]) is np.ndarray
    assert list(g) == [2.0, 4.0]
    g, aux = ag.grad(f, has_aux=True)(np.array([1.0, 2.0]))
    assert list(aux["double"]) == [2.0, 4.0]
    inside = lambda x: np.sum(ag.grad(f, has_aux=True)(x)[1]["double"] ** 2)
    assert list(ag.grad(inside)(np.array([1.0, 2.0]))) == [8.0, 16.0]
    with pytest.raises(TypeError, match="has_aux wants"):
        ag.grad(lambda x: x, has_aux=True)(1.0)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"w": [1.0, 2.0, np.array([1, 2])]}, r"argument 0\['w'\]\[2\] is int64"),
        (3, "argument 0 is int"),
        ([True], r"argument 0\[0\] is bool"),
        (Line(1.0, "two"), r"argument 0\.offset is str"),
        (Tensor([1]), "argument 0 is int64"),
        (OrderedDict(a=1.0), "argument 0 is OrderedDict"),
    ],
)
def test_what_has_no_gradient_is_named(argument, message):
    with pytest.raises(TypeError, match="grad: " + message):
        ag.grad(lambda x: 1.0)(argument)


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda x: x, ValueError, r"gave shape \(2,\).*jacobian"),
        (lambda x: x.data.sum(), TypeError, "float64, not a Tensor, so its derivative is lost"),
        (lambda x: None, TypeError, "gave None"),
        (lambda x: [np.sum(x), np.sum(x)], TypeError, "gave a list, and one Tensor"),
        (lambda x: np.argmax(x), TypeError, "is int64"),
    ],
)
def test_results_that_have_no_gradient_are_refused(f, error, message):
    with pytest.raises(error, match=message):
        ag.grad(f)(np.ones(2))


def test_a_constant_result_has_gradient_zero():
    assert list(ag.grad(lambda x: Tensor(3.0))(np.ones(2))) == [0.0, 0.0]


def test_the_graph_of_the_caller_survives():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = np.exp(x)
    z = np.sum(y * y)
    ag.grad(lambda t: np.sum(t * y))(np.ones(2))
    z.backward()
    assert np.allclose(x.grad.data, 2 * np.exp(2 * x.data))


def test_elementwise_grad():
    x = np.linspace(-1, 1, 5).reshape(5, 1)
    assert np.allclose(ag.elementwise_grad(np.tanh)(x), 1 - np.tanh(x) ** 2)
    second = ag.elementwise_grad(ag.elementwise_grad(np.tanh))
    assert np.allclose(second(x), -2 * np.tanh(x) * (1 - np.tanh(x) ** 2))
    with pytest.raises(ValueError, match="not elementwise"):
        ag.elementwise_grad(np.sum)(x)
    with pytest.raises(ValueError, match="not elementwise"):
        ag.elementwise_grad(lambda x: x * np.ones(2))(x)


def test_the_returned_function_keeps_the_name():
    assert ag.grad(loss).__name__ == "loss"
