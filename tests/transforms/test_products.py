"""vjp, jvp, hvp, jacobian and hessian, held against each other and against formulas."""

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor

RNG = np.random.default_rng(0)


def mixed(x, p):
    return {"sum": np.sum(np.tanh(x) * p["s"]), "rows": (np.exp(-x * x) @ p["m"], x[0] * p["s"])}


X, P = RNG.normal(size=(2, 3)), {"m": RNG.normal(size=(3, 2)), "s": 0.7}


def flat(tree):
    if isinstance(tree, dict):
        tree = tuple(tree[key] for key in sorted(tree))
    if isinstance(tree, (tuple, list)):
        return np.concatenate([flat(part) for part in tree])
    return np.ravel(tree)


def test_jvp_and_vjp_are_adjoint():
    tangents = (RNG.normal(size=(2, 3)), {"m": RNG.normal(size=(3, 2)), "s": -0.3})
    value, tangent = ag.jvp(mixed, (X, P), tangents)
    again, pullback = ag.vjp(mixed, X, P)
    assert np.array_equal(flat(value), flat(again))
    cotangent = {"sum": 1.5, "rows": (RNG.normal(size=(2, 2)), RNG.normal(size=3))}
    back = pullback(cotangent)
    assert np.isclose(flat(cotangent) @ flat(tangent), flat(back) @ flat(tangents), rtol=1e-13)
    assert np.array_equal(flat(pullback(cotangent)), flat(back))  # as often as wanted


def test_jvp_is_the_derivative_along_a_line():
    v = RNG.normal(size=(2, 3))
    zero = {"m": np.zeros((3, 2)), "s": 0.0}
    _, tangent = ag.jvp(mixed, (X, P), (v, zero))
    h = 1e-6
    strip = lambda tree: flat(ag.jvp(mixed, (tree, P), (v, zero))[0])
    assert np.allclose(flat(tangent), (strip(X + h * v) - strip(X - h * v)) / (2 * h), atol=1e-8)


def test_jvp_where_slopes_are_infinite_or_chosen_away():
    assert ag.jvp(np.sqrt, (0.0,), (1.0,))[1] == np.inf
    with np.errstate(divide="ignore"):
        assert ag.jvp(lambda x: np.where(x > 0, np.log(x), 0 * x), (np.zeros(1),), (np.ones(1),))[1] == 0


def test_jvp_of_what_does_not_move():
    value, tangent = ag.jvp(lambda x: (Tensor(3.0), 2 * x), (1.0,), (5.0,))
    assert value == (3.0, 2.0)
    assert tangent == (0.0, 10.0)


def test_products_are_differentiable():
    x, v = 0.4, 2.0
    t = np.tanh(x)
    first, second = 1 - t**2, -2 * t * (1 - t**2)
    third = (6 * t**2 - 2) * (1 - t**2)
    assert np.isclose(ag.grad(lambda x: ag.jvp(np.tanh, (x,), (v,))[1])(x), second * v)
    assert np.isclose(ag.grad(lambda v: ag.jvp(np.tanh, (x,), (v,))[1])(v), first)
    assert np.isclose(ag.grad(lambda x: ag.vjp(np.tanh, x)[1](v)[0])(x), second * v)
    assert np.isclose(ag.grad(lambda v: ag.vjp(np.tanh, x)[1](v)[0])(v), first)
    assert np.isclose(ag.grad(lambda x: ag.hvp(np.tanh, (x,), (v,))[0])(x), third * v)
    assert np.isclose(ag.jvp(lambda x: ag.jvp(np.tanh, (x,), (1.0,))[1], (x,), (1.0,))[1], second)
    w = Tensor(x, requires_grad=True)
    _, pullback = ag.vjp(np.tanh, w)
    (g,) = pullback(Tensor(v, requires_grad=True))
    g.backward()
    assert np.isclose(w.grad.item(), second * v)


def test_hvp_is_the_hessian_times_a_vector():
    f = lambda x: np.sum(np.tanh(x) ** 2 * x[::-1])
    x, v = RNG.normal(size=4), RNG.normal(size=4)
    h = ag.hessian(f)(x)
    assert np.allclose(h, h.T)
    assert np.allclose(ag.hvp(f, (x,), (v,))[0], h @ v)
    assert list(ag.hvp(lambda x: np.sum(3 * x), (x,), (v,))[0]) == [0.0] * 4


@pytest.mark.parametrize("width", [1, 5], ids=["by columns", "by rows"])
def test_jacobian_of_structures(width):
    m = RNG.normal(size=(3, width))
    f = lambda p: {"y": np.tanh(m @ p["x"]) * p["s"], "z": [p["s"] ** 2 * np.ones((2, 2))]}
    p = {"x": RNG.normal(size=width), "s": 2.0}
    j = ag.jacobian(f)(p)
    t = np.tanh(m @ p["x"])
    assert np.allclose(j["y"]["x"], 2 * (1 - t * t)[:, None] * m)
    assert np.allclose(j["y"]["s"], t)
    assert np.allclose(j["z"][0]["s"], np.full((2, 2), 4.0))
    assert np.array_equal(j["z"][0]["x"], np.zeros((2, 2, width)))


def test_jacobian_by_several_arguments_and_of_higher_order():
    x, w = RNG.normal(size=3), RNG.normal(size=3)
    by_w, by_x = ag.jacobian(lambda x, w: x * w, (1, 0))(x, w)
    assert np.allclose(by_w, np.diag(x))
    assert np.allclose(by_x, np.diag(w))
    third = ag.jacobian(ag.jacobian(ag.jacobian(lambda x: x**3)))(x)
    assert third.shape == (3,) * 4
    assert np.allclose(np.einsum("iiii->i", third), 6)
    assert np.count_nonzero(third) == 3
    trace = lambda x: np.sum(ag.hessian(lambda x: np.sum(x**4))(x) * np.eye(3))
    assert np.allclose(ag.grad(trace)(x), 24 * x)


def test_empty_and_single_elements():
    assert ag.jacobian(lambda x: x * 2)(np.zeros((0, 2))).shape == (0, 2, 0, 2)
    assert ag.jacobian(lambda x: x[:0])(np.ones(3)).shape == (0, 3)
    assert ag.jacobian(lambda x: x * x)(3.0) == 6.0
    assert ag.hessian(lambda x: x * x)(3.0) == 2.0
    assert ag.jacobian(np.square)(np.ones(2, np.float32)).dtype == np.float32


def test_a_jacobian_of_tensors_is_a_tensor_on_their_tape():
    x = Tensor([1.0, 2.0], requires_grad=True)
    j = ag.jacobian(np.square)(x)
    np.sum(j).backward()
    assert list(x.grad.data) == [2.0, 2.0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.jvp(np.tanh, 1.0, 1.0), TypeError, "args is a tuple"),
        (
            lambda: ag.jvp(np.tanh, (1.0,), (np.ones(2),)),
            ValueError,
            r"tangent \[0\] has shape \(2,\), and must have \(\)",
        ),
        (lambda: ag.jvp(np.tanh, (1.0,), (1.0, 2.0)), ValueError, r"tangent \[1\] is not expected"),
        (lambda: ag.jvp(np.tanh, (1,), (1.0,)), TypeError, "argument 0 is int"),
        (lambda: ag.hvp(lambda p: p["a"] * 2, ({"a": 1.0},), ({},)), ValueError, r"v\[0\]\['a'\] is missing"),
        (lambda: ag.hvp(np.tanh, (np.ones(2),), (np.ones(2),)), ValueError, r"shape \(2,\)"),
        (lambda: ag.vjp(np.tanh, 1.0)[1](1j), TypeError, "cotangent is complex"),
        (lambda: ag.vjp(np.tanh, np.ones(2))[1](1.0), ValueError, r"cotangent has shape \(\), and must have \(2,\)"),
    ],
)
def test_what_does_not_fit_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
