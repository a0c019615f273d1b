"""Complex numbers: every operation is right on them, in value and gradient, or says that it is for real ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.ops import registry
from autograd_np.testing import gradcheck
from autograd_np.testing.strategies import Draw
from tests.cases import CASES, COMPOSITIONS

ROWS = CASES | COMPOSITIONS
RIGHT = {name for name in CASES if registry()[name].op.complex} - {"astype", "rfft"}  # to and from real ones


def turned(x, rng):
    """The same array with an imaginary part: off the axes, and ordered as before."""
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        return x
    return np.asarray(x * np.exp(1j * rng.uniform(0.2, 0.9)))


def is_complex(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "c"


def listed(y):
    return list(y) if isinstance(y, (tuple, list)) else [y]


@pytest.mark.parametrize("name", ROWS)
@settings(max_examples=8)
@given(data=st.data())
def test_complex_numbers_are_right_or_refused(name, data):
    d = Draw(data)
    f, inputs = ROWS[name].row(d)
    inputs = [turned(x, d.rng) for x in inputs]
    try:
        expected = f(*inputs)
        found = f(*(ag.Tensor(x, requires_grad=True) if is_complex(x) else x for x in inputs))
    except np.exceptions.ComplexWarning:  # what NumPy says of a conversion that was asked for
        return
    except TypeError:
        assert name not in RIGHT
        return
    if name == "unique_values":  # which NumPy does not sort
        expected = np.sort(expected)
    for ours, theirs in zip(listed(found), listed(expected), strict=True):
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-12, atol=1e-12)
    gradcheck(f, inputs)


def close(a, b):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-12, atol=1e-12)


def test_gradients_by_complex_numbers_point_in_the_direction_of_steepest_ascent():
    z = ag.Tensor([1 + 2j, 3j], requires_grad=True)
    np.sum(np.abs(z) ** 2).backward()
    close(z.grad, 2 * z.data)
    close(ag.grad(lambda z: np.sum(np.real(z * 1j)))(np.array([1 + 2j])), [-1j])
    assert z.grad.dtype == np.complex128


def test_real_arguments_have_real_gradients_through_complex_numbers():
    x = ag.Tensor(np.array([1.0, 2.0, 4.0], np.float32), requires_grad=True)
    energy = np.sum(np.abs(np.fft.fft(x)) ** 2)  # Parseval: n times that of x
    energy.backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_allclose(x.grad.data, 6 * x.data, rtol=1e-6)


def test_a_complex_result_has_no_gradient_without_a_cotangent():
    z = ag.Tensor(1 + 1j, requires_grad=True)
    with pytest.raises(TypeError, match="only a real number has a gradient"):
        (z * z).backward()
    with pytest.raises(TypeError, match="only a real number has a gradient"):
        ag.grad(lambda z: z * z)(1 + 1j)
    (z * z).backward(1j)  # of Re(conj(1j) z²)
    close(z.grad, np.conj(2 * z.data) * 1j)


def test_a_real_result_takes_no_complex_cotangent():
    x = ag.Tensor(1.0, requires_grad=True)
    with pytest.raises(ValueError, match="real"):
        (x * x).backward(1j)


def test_vjp_and_jvp_of_complex_functions_are_adjoint():
    rng = np.random.default_rng(0)
    z, v, u = (rng.normal(size=4) + 1j * rng.normal(size=4) for _ in range(3))
    f = lambda z: np.fft.ifft(np.exp(z) * np.conj(z))
    value, pullback = ag.vjp(f, z)
    same, along = ag.jvp(f, (z,), (v,))
    close(value, same)
    h = 1e-6
    np.testing.assert_allclose(along, (f(z + h * v) - f(z - h * v)) / (2 * h), rtol=1e-8)
    close(np.real(np.vdot(u, along)), np.real(np.vdot(pullback(u)[0], v)))


def test_jacobians_go_through_complex_numbers():
    x = np.array([0.3, 1.0, -2.0])
    jacobian = ag.jacobian(lambda x: np.real(np.fft.fft(x)))(x)
    close(jacobian, np.cos(2 * np.pi * np.outer(range(3), range(3)) / 3))
    hessian = ag.hessian(lambda x: np.sum(np.abs(np.fft.rfft(x)) ** 2))(x)
    close(hessian, np.eye(3) * 3 + 1)
    with pytest.raises(TypeError, match="complex128"):
        ag.jacobian(np.fft.fft)(x)


@pytest.mark.parametrize("zero", [0j, complex(-0.0, 0.0)])
def test_at_zero_absolute_value_and_angle_have_slope_0(zero):
    for f in (np.abs, np.angle):
        z = ag.Tensor(zero, requires_grad=True)
        f(z).backward()
        assert z.grad.item() == 0


def test_operations_for_real_numbers_say_so():
    z = ag.Tensor([[1j]], requires_grad=True)
    for f in (np.max, np.linalg.det, ag.relu, lambda z: np.maximum(z, 0), np.linalg.svd, np.linalg.qr):
        with pytest.raises(TypeError, match=r"for real numbers.*ag\.real"):
            f(z)


def test_real_assignments_take_part_in_complex_arrays():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    z = ag.Tensor(np.zeros(3, complex))
    z[1:] = x * 1j
    np.sum(np.imag(z) ** 2).backward()
    close(x.grad, 2 * x.data)


def test_optimizers_refuse_complex_parameters():
    with pytest.raises(TypeError, match="complex"):
        ag.optim.SGD([ag.Tensor([1j], requires_grad=True)], lr=0.1)


def test_gradients_are_recorded_inside_no_grad_too_where_that_is_asked_for():
    z = ag.Tensor(1 + 2j, requires_grad=True)
    y = ag.real(z * z * np.conj(z))
    with ag.no_grad():
        y.backward(create_graph=True)
    assert z.grad.requires_grad
