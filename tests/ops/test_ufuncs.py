"""NumPy's ufuncs: each is differentiable, plain, or refused by name; their methods and keywords; and their kinks."""

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.core import UFUNCS
from autograd_np.core.protocols import PLAIN_UFUNCS
from autograd_np.testing import gradcheck

INF, NAN = np.inf, np.nan
NUMPYS = {f for f in vars(np).values() if isinstance(f, np.ufunc)}


def test_every_ufunc_is_known():
    assert UFUNCS.keys() | PLAIN_UFUNCS >= NUMPYS
    assert not UFUNCS.keys() & PLAIN_UFUNCS


@pytest.mark.parametrize("f", sorted(NUMPYS & UFUNCS.keys() - {np.ldexp}, key=lambda f: f.__name__))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_are_numpys(f, dtype):
    if f.signature:
        arrays = {"(n),(n)->()": ((3,), (3,)), "(m,n),(n)->(m)": ((2, 3), (3,)), "(n),(n,m)->(m)": ((3,), (3, 2))}
        shapes = arrays.get(f.signature, ((2, 3), (3, 2)))
    else:
        shapes = ((2, 3), (3,))[: f.nin]
    rng = np.random.default_rng(0)
    values = [rng.uniform(1.1, 1.9, shape).astype(dtype) for shape in shapes]
    if f in (np.arcsin, np.arccos, np.arctanh):
        values = [v - 1 for v in values]
    found, expected = f(*[Tensor(v, requires_grad=True) for v in values]), f(*values)
    if f is np.float_power:  # ours is NumPy's power, whose vectors may round the last bit otherwise
        np.testing.assert_array_max_ulp(found.data, expected, maxulp=1)
        expected = np.power(*(v.astype(np.float64) for v in values))
    for y, wanted in zip(found, expected, strict=True) if f.nout > 1 else [(found, expected)]:
        assert y.dtype == wanted.dtype
        np.testing.assert_array_equal(y.data, wanted)


# (name, function, argument, value, gradient)
KINKS = [
    ("cbrt at 0", np.cbrt, 0.0, 0, INF),
    ("hypot at 0", lambda x: np.hypot(x, x), 0.0, 0, 0),
    ("arctan2 at 0", lambda x: np.arctan2(x, x), 0.0, 0, 0),
    ("sinc at 0", np.sinc, 0.0, 1, 0),
    ("arcsin at 1", np.arcsin, 1.0, np.pi / 2, INF),
    ("arccos, left out", lambda x: np.where(x < 1, np.arccos(x), 0 * x), 1.0, 0, 0),
    ("log1p near 0", np.log1p, 1e-300, 1e-300, 1),
    ("expm1 near 0", np.expm1, 1e-300, 1e-300, 1),
    ("log1p at -1", np.log1p, -1.0, -INF, INF),
    ("logaddexp of -inf", lambda x: np.logaddexp(x, -INF), -INF, -INF, 0),
    ("logaddexp far out", lambda x: np.logaddexp(x, 0.0), 1e4, 1e4, 1),
    ("fmax with NaN", lambda x: np.fmax(x, NAN), 2.0, 2, 1),
    ("fmax of equals", lambda x: np.fmax(x, x.data), 2.0, 2, 0.5),
    ("copysign", lambda x: np.copysign(x, -1.0), 3.0, -3, -1),
    ("mod", lambda x: np.mod(x, 2.0), 5.5, 1.5, 1),
    ("modulus", lambda x: np.mod(5.5, x), 2.0, 1.5, -2),
    ("softplus far out", ag.softplus, 1000.0, 1000, 1),
    ("softplus far below", ag.softplus, -1000.0, 0, 0),
    ("log_sigmoid far below", ag.log_sigmoid, -1000.0, -1000, 1),
    ("heaviside", lambda x: np.heaviside(0.0, x), 0.5, 0.5, 1),
]


@pytest.mark.parametrize(("f", "x", "value", "gradient"), [row[1:] for row in KINKS], ids=[row[0] for row in KINKS])
@pytest.mark.parametrize("shape", [(), (2,)])
def test_kinks(f, x, value, gradient, shape):
    t = Tensor(np.full(shape, x), requires_grad=True)
    with np.errstate(all="ignore"):
        y = f(t)
        y.sum().backward()
    np.testing.assert_allclose(y.data, np.full(shape, value), rtol=1e-15)
    np.testing.assert_allclose(t.grad.data, np.full(shape, gradient), rtol=1e-15)


def test_sinc_has_its_second_derivative_at_0():
    x = Tensor(0.0, requires_grad=True)
    slope = ag.gradients(np.sinc(x), x, create_graph=True)
    assert ag.gradients(slope, x).item() == pytest.approx(-(np.pi**2) / 3, rel=1e-14)


@pytest.mark.parametrize("f", [np.sign, np.floor, np.ceil, np.rint, np.trunc, np.round, np.fix])
def test_steps_have_no_gradient_and_raise_nothing(f):
    x = Tensor([0.5, -1.5], requires_grad=True)
    assert not f(x).requires_grad
    (x * f(x)).sum().backward()
    np.testing.assert_array_equal(x.grad.data, f(x.data))


@pytest.mark.parametrize(
    ("method", "function"),
    [
        (lambda t: np.add.reduce(t), lambda t: ag.sum(t, axis=0)),
        (lambda t: np.add.reduce(t, axis=None), ag.sum),
        (lambda t: np.multiply.reduce(t, axis=1, keepdims=True), lambda t: ag.prod(t, axis=1, keepdims=True)),
        (lambda t: np.maximum.reduce(t), lambda t: ag.max(t, axis=0)),
        (lambda t: np.minimum.reduce(t, axis=1), lambda t: ag.min(t, axis=1)),
        (lambda t: np.logaddexp.reduce(t, axis=1), lambda t: ag.logsumexp(t, axis=1)),
        (lambda t: np.add.accumulate(t, axis=1), lambda t: ag.cumsum(t, axis=1)),
        (lambda t: np.multiply.accumulate(t), lambda t: ag.cumprod(t, axis=0)),
        (lambda t: np.multiply.outer(t, t[0]), lambda t: t[:, :, None] * t[0]),
        (lambda t: np.exp(t, dtype=np.float32), lambda t: ag.exp(t.astype(np.float32))),
    ],
)
def test_methods_and_keywords_of_ufuncs(method, function):
    x = np.array([[1.0, -2.0, 0.5], [0.3, 4.0, -1.5]])
    np.testing.assert_allclose(method(Tensor(x)).data, method(x), rtol=1e-6)
    grads = []
    for f in (method, function):
        t = Tensor(x, requires_grad=True)
        y = f(t)
        y.backward(np.arange(y.size, dtype=float).reshape(y.shape) + 1)
        grads.append(t.grad.data)
    np.testing.assert_array_equal(*grads)


def test_out_takes_up_the_result():
    x, t = Tensor([1.0, 2.0], requires_grad=True), Tensor([0.0, 7.0])
    assert np.multiply(x, x, out=t) is t
    assert list(t.data) == [1, 4]
    np.exp(x, out=t, where=np.array([True, False]))
    t.sum().backward()
    np.testing.assert_allclose(x.grad.data, [np.e, 4.0])
    with pytest.raises(TypeError, match="have no value"):
        np.exp(x, where=np.array([True, False]))


def test_at_writes_to_constants():
    t = Tensor([0.0, 0.0])
    np.add.at(t, [0, 0], 1.0)
    assert list(t.data) == [2, 0]


def test_functions_without_a_name_in_numpy_are_right():
    import math

    x = np.array([-30.0, -5.0, -0.5, -1e-9, 0.0, 0.3, 1.0, 2.5, 6.0, 40.0])
    np.testing.assert_allclose(ag.erf(x), [math.erf(v) for v in x], rtol=4e-16)
    np.testing.assert_allclose(ag.log_sigmoid(x), -np.logaddexp(0, -x), rtol=1e-15)
    np.testing.assert_allclose(ag.silu(x), x / (1 + np.exp(-x)), rtol=1e-14)
    for f in (ag.erf, ag.gelu, ag.silu, ag.softplus, ag.log_sigmoid):
        gradcheck(f, [np.linspace(-3, 3, 9)])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("p", [*range(-5, 7), 2.0, -3.0, 31, 1e9, -(2.0**70), np.inf, -np.inf, np.nan])
def test_whole_powers_are_numpys(p, dtype):
    rng = np.random.default_rng(0)
    x = np.concatenate([[0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan], rng.normal(size=5000)]).astype(dtype)
    with np.errstate(all="ignore"):
        found, expected = ag.power(x, p), np.power(x, p)
    np.testing.assert_allclose(found, expected, rtol=4 * np.finfo(dtype).eps)
    assert found.dtype == expected.dtype
    special = slice(0, 7)
    np.testing.assert_array_equal(found[special], expected[special])
    np.testing.assert_array_equal(np.signbit(found[:6]), np.signbit(expected[:6]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_are_as_precise_as_their_type(dtype):
    x = np.concatenate([np.linspace(-80, 80, 20_001), np.geomspace(1e-30, 1, 1000)]).astype(dtype)
    wide = x.astype(np.longdouble)
    sigmoid, rest = 1 / (1 + np.exp(-wide)), np.log1p(np.exp(-abs(wide)))
    for found, expected in (
        (ag.sigmoid(x), sigmoid),
        (ag.silu(x), wide * sigmoid),
        (ag.softplus(x), np.maximum(wide, 0) + rest),
        (ag.log_sigmoid(x), np.minimum(wide, 0) - rest),
    ):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected.astype(dtype), rtol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, bool])
def test_activations_of_whole_numbers(dtype):
    lowest, highest = (0, 1) if dtype is bool else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    x = np.array([-128, -3, 0, 2, 127, 200]).clip(lowest, highest).astype(dtype)
    for f in (ag.sigmoid, ag.silu, ag.softplus, ag.log_sigmoid, ag.leaky_relu):
        np.testing.assert_allclose(f(x), f(x.astype(float)), rtol=1e-12)


@pytest.mark.parametrize("f", [ag.sigmoid, ag.silu, ag.gelu, ag.softplus, ag.log_sigmoid])
@pytest.mark.parametrize("size", [3, 5000])
def test_activations_refuse_complex_numbers(f, size):
    with pytest.raises(TypeError, match="complex128"):
        f(np.ones(size, complex))
