"""What would turn a Tensor into plain numbers: each spelling records, or raises and says what to use."""

import math
import statistics

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor


@pytest.fixture
def t():
    return Tensor([1.0, 2.0, 3.0], requires_grad=True)


REFUSED = {
    "np.r_": lambda t: np.r_[t, t],
    "np.c_": lambda t: np.c_[t, t],
    "np.r_ of numbers": lambda t: np.r_[t[0], 1.0],
    "np.full": lambda t: np.full(3, t[0]),
    "np.full of an array": lambda t: np.full((2, 3), t),
    "np.arange": lambda t: np.arange(t[0]),
    "a list": lambda t: np.asarray([t[0], 1.0]),
    "an object array": lambda t: np.array([t, t], dtype=object),
    "np.asanyarray": lambda t: np.asanyarray(t),
    "np.ascontiguousarray": lambda t: np.ascontiguousarray(t),
    "np.require": lambda t: np.require(t, float),
    "np.fromiter": lambda t: np.fromiter(t, float),
    "np.vectorize": lambda t: np.vectorize(lambda x: 2 * x)(t),
    "np.frompyfunc": lambda t: np.frompyfunc(lambda x: 2 * x, 1, 1)(t),
    "np.ndenumerate": lambda t: list(np.ndenumerate(t)),
    "np.ma.array": lambda t: np.ma.array(t),
    "a masked array": lambda t: np.ma.ones(3) * t,
    "np.float64": lambda t: np.float64(t[0]),
    "np.random": lambda t: np.random.default_rng(0).normal(t),
    "np.emath": lambda t: np.emath.sqrt(t),
    "a sum of a list": lambda t: np.sum([t, t]),
    "a ufunc of a list": lambda t: np.exp([t[0], t[1]]),
    "a determinant of lists": lambda t: np.linalg.det([[t[0], 0.0], [0.0, t[1]]]),
    "a default alone": lambda t: np.select([np.array([True])], [np.ones(1)], default=t[0]),
    "array[:] = tensor": lambda t: np.zeros(3).__setitem__(slice(None), t),
    "array[0] = number": lambda t: np.zeros(3).__setitem__(0, t[0]),
    "array.fill": lambda t: np.zeros(3).fill(t[0]),
    "array.put": lambda t: np.zeros(3).put([0], t[0]),
    "array.dot": lambda t: np.ones(3).dot(t),
    "array.clip": lambda t: np.ones(3).clip(t, 4),
    "array.choose": lambda t: np.array([0, 1]).choose([t[:2], t[1:]]),
    "array.itemset": lambda t: np.zeros(()).__setitem__((), t[0]),
    "array += tensor": lambda t: np.ones(3).__iadd__(t),
    "np.copyto": lambda t: np.copyto(np.ones(3), t),
    "np.put": lambda t: np.put(np.ones(3), [0], t[0]),
    "math.sqrt": lambda t: math.sqrt(t[0]),
    "math.fsum": lambda t: math.fsum(t),
    "complex": lambda t: complex(t[0]),
    "np.add.reduceat": lambda t: np.add.reduceat(t, [0, 1]),
    "np.subtract.reduce": lambda t: np.subtract.reduce(t),
    "np.maximum.accumulate": lambda t: np.maximum.accumulate(t),
    "np.multiply.at": lambda t: np.multiply.at(np.ones(3), [0], t[0]),
    "out= of a function": lambda t: np.cumsum(t, out=np.zeros(3)),
    "out= of a ufunc": lambda t: np.matmul(np.ones((2, 3)), t, out=np.zeros(2)),
    "np.save": lambda t: np.savez("unused", t),
    "a polynomial": lambda t: np.polynomial.Polynomial(t),
    "np.testing": lambda t: np.testing.assert_allclose(t, t),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(t, name):
    """NumPy makes a ValueError of a TypeError where it wants a number; the reason is then its cause."""
    with pytest.raises((TypeError, ValueError)) as caught:
        REFUSED[name](t)
    error = caught.value if isinstance(caught.value, TypeError) else caught.value.__cause__
    assert isinstance(error, TypeError)
    assert any(remedy in str(error) for remedy in ("detach", "tensor.data", "a Tensor first", "t[i] = "))


RECORDED = {
    "sum": (lambda t: sum(t), [1, 1, 1]),
    "sum of a list": (lambda t: sum([t, t]), [2, 2, 2]),
    "max": (lambda t: max(t), [0, 0, 1]),
    "sorted": (lambda t: sorted(t, reverse=True)[0], [0, 0, 1]),
    "abs": (abs, [1, 1, 1]),
    "divmod": (lambda t: divmod(t, 2.0)[1], [1, 1, 1]),
    "unpacking": (lambda t: (lambda a, b, c: a * b + c)(*t), [2, 1, 1]),
    "statistics.mean of numbers": (lambda t: statistics.mean([t[0].item(), 1.0]) * t, [1, 1, 1]),
    "np.fromfunction": (lambda t: np.fromfunction(lambda i: i * t, (3,)), [0, 1, 2]),
    "np.poly1d": (lambda t: np.poly1d(t)(2.0), [4, 2, 1]),
    "at a Tensor, np.poly1d": (lambda t: np.poly1d([1.0, 2.0])(t), [1, 1, 1]),
    "np.polynomial": (lambda t: np.polynomial.polynomial.polyval(t, [1.0, 2.0]), [2, 2, 2]),
    "np.mgrid": (lambda t: np.mgrid[0 : t[1] : 3j], [0, 1.5, 0]),
    "list - tensor": (lambda t: [1, 2, 3] - t, [-1, -1, -1]),
    "list @ tensor": (lambda t: [1, 2, 3] @ t, [1, 2, 3]),
    "np.stack of numbers": (lambda t: np.stack([t[0], 1.0, np.float64(2)]), [1, 0, 0]),
    "np.concatenate of lists": (lambda t: np.concatenate([t, [1.0], np.ones(2)]), [1, 1, 1]),
    "a number alone": (lambda t: np.interp(t[0], [0.0, 1.5], [0.0, 3.0]), [2, 0, 0]),
    "np.add.outer": (lambda t: np.add.outer(t, [1.0, 2.0]), [2, 2, 2]),
    "np.multiply.reduce": (lambda t: np.multiply.reduce(t), [6, 3, 2]),
    "out=Tensor": (lambda t: np.multiply(t, 2, out=Tensor(np.zeros(3))), [2, 2, 2]),
    "in place on a Tensor": (lambda t: Tensor(np.ones(3)).__imul__(t), [1, 1, 1]),
    "a mask as a Tensor": (lambda t: np.sum(t, where=t > 1), [0, 1, 1]),
    "an index as a Tensor": (lambda t: t[np.argsort(-t)][:2], [0, 1, 1]),
    "defaults spelt out": (lambda t: np.sum(t, keepdims=np._NoValue, initial=np._NoValue, out=None), [1, 1, 1]),
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded(t, name):
    f, gradient = RECORDED[name]
    y = f(t)
    assert isinstance(y, Tensor)
    ag.gradients(y, t, np.ones(y.shape))
    assert ag.gradients(f(t), t, np.ones(y.shape)).tolist() == gradient
