"""NumPy's and Python's protocols: recorded, plain where nothing is lost, or refused with a way out."""

import math

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor


@pytest.fixture
def x():
    return Tensor([1.0, 2.0, 3.0], requires_grad=True)


def test_numpy_calls_record(x):
    w = np.ones((3, 2))
    y = np.sum(np.exp(x) * np.array([1.0, 2.0, 3.0]), axis=0) + np.mean(x @ w) + np.max(np.concatenate([x, x]))
    assert isinstance(y, Tensor)
    y.backward()
    expected = np.exp(x.data) * [1, 2, 3] + 1 + np.array([0, 0, 1])
    assert np.allclose(x.grad.data, expected)


def test_arrays_and_scalars_on_either_side(x):
    a = np.array([1.0, 2.0, 3.0])
    for y in (
        a * x,
        x * a,
        a + x,
        a - x,
        a / x,
        a**x,
        a @ x,
        2 * x,
        np.float64(2) * x,
        np.float32(1) + x,
        np.add([1, 2, 3], x),
    ):
        assert isinstance(y, Tensor), type(y)
        assert y.requires_grad


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda t: np.array([t, t]), "ag.stack"),
        (lambda t: np.asarray(t), "detach"),
        (lambda t: math.exp(t[0]), "ag.exp"),
        (lambda t: float(t[0]), "item"),
        (lambda t: int(t[0]), "item"),
        (lambda t: np.sort_complex(t), "np.sort_complex: no gradient rule"),
        (lambda t: np.add.at(t, 0, 1), "np.add.at"),
        (lambda t: np.subtract.reduce(t), "np.subtract.reduce"),
        (lambda t: np.add.reduceat(t, [0, 1]), "np.add.reduceat"),
        (lambda t: np.exp(t, out=np.zeros(3)), "out="),
        (lambda t: np.exp(t, where=np.array([True, False, True])), "leave out where="),
        (lambda t: np.quantile(t, 0.5, method="inverted_cdf", weights=[1, 2, 3]), "weights="),
        (lambda t: np.median(t, overwrite_input=True), "overwrite_input="),
        (lambda t: np.sum(t, nonsense=1), "unexpected keyword"),
        (lambda t: t.numpy(), "detach"),
        (lambda t: ag.sum(np.ones(3), axis=t), "no gradient flows to 'axis'"),
    ],
)
def test_what_would_lose_the_gradient_is_refused(x, call, names):
    with pytest.raises(TypeError, match=names.replace(".", r"\.")):
        call(x)


def test_in_place_addition_to_an_array_is_refused(x):
    a = np.ones(3)
    with pytest.raises(TypeError, match=r"array \+= tensor"):
        a += x
    assert list(a) == [1, 1, 1]


def test_nothing_is_refused_where_no_gradient_is_wanted(x):
    t = x.detach()
    assert np.linalg.norm(t).item() == np.linalg.norm(t.data)
    assert np.add.reduce(t).item() == 6.0
    assert list(np.asarray(t)) == [1, 2, 3]
    assert np.array([t, t]).shape == (2, 3)
    assert math.exp(t[0]) == math.e
    with ag.no_grad():
        assert np.linalg.norm(x).item() == np.linalg.norm(x.data)


def test_results_without_a_gradient_are_plain(x):
    for y in (x > 1, x == 2, np.sign(x), np.floor(x), np.argmax(x), np.isnan(x), x.argmax(), x.any()):
        assert isinstance(y, Tensor)
        assert not y.requires_grad
    assert np.shape(x) == (3,)
    assert np.zeros_like(x).shape == (3,)


def test_pythons_protocols(x):
    assert len(x) == 3
    assert [t.item() for t in x] == [1, 2, 3]
    assert all(t.requires_grad for t in x)
    assert 2.0 in x
    assert 9.0 not in x
    assert bool(x[0] > 0)
    assert hash(x) != hash(Tensor([1.0, 2.0, 3.0]))
    assert f"{x[0]:.2f}" == "1.00"
    assert f"{x.detach()}" == "Tensor([1., 2., 3.])"
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)
    with pytest.raises(TypeError, match="0-d"):
        len(x[0])
    with pytest.raises(TypeError, match="0-d"):
        iter(x[0])
    assert list(range(5))[Tensor(2)] == 2


def test_repr():
    assert repr(Tensor([1.0, 2.0], requires_grad=True)) == "Tensor([1., 2.], requires_grad=True)"
    assert repr(Tensor(np.float32(1.5))) == "Tensor(1.5, dtype=float32)"
    assert repr(Tensor([1.0], requires_grad=True) * 2) == "Tensor([2.], op=multiply)"
    assert repr(Tensor(np.zeros((0, 3)))) == "Tensor([], shape=(0, 3), dtype=float64)"


def test_what_is_no_array_of_numbers_is_refused():
    with pytest.raises(TypeError, match="mask"):
        Tensor(np.ma.masked_array([1.0], mask=[True]))
    for data in (["a"], [object()], np.array(["2020-01-01"], "datetime64[D]")):
        with pytest.raises(TypeError, match="numbers are wanted"):
            Tensor(data)


def test_operations_give_back_what_they_were_given():
    assert type(ag.exp(np.ones(3))) is np.ndarray
    assert type(ag.sum(np.ones((2, 3)), 0)) is np.ndarray
    assert type(ag.conv2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)))) is np.ndarray


def test_shapes_that_do_not_fit_name_the_operation(x):
    with pytest.raises(ValueError, match=r"add: shapes \(3,\) and \(4,\)"):
        x + np.ones(4)
    with pytest.raises(ValueError, match=r"matmul: shapes \(3,\) and \(4, 2\)"):
        x @ np.ones((4, 2))
    with pytest.raises(ValueError, match=r"reshape: 3 elements"):
        x.reshape(2, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ag.softmax_cross_entropy(x, [0], labels=[0]), "argument 'labels' is given twice"),
        (lambda x: ag.leaky_relu(x, 0.1, slope=0.2), "leaky_relu: argument 'slope' is given twice"),
        (lambda x: ag.linear(w=x), "linear: argument 'x' is missing"),
        (lambda x: ag.linear(x, x, x, x), r"linear takes at most 3 arguments \(x, w, b\), not 4"),
    ],
)
def test_calls_that_are_no_calls_of_the_operation(x, call, message):
    for given in (x, x.data):
        with pytest.raises(TypeError, match=message):
            call(given)
