"""checkpoint: the same gradients of every order, with the interior forgotten."""

import weakref

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor, nn


def tensors():
    w = Tensor([0.5, -0.4], requires_grad=True)
    return w, w * 2, Tensor([0.3, 0.9], requires_grad=True)


def gradients(transform):
    w, h, x = tensors()
    f = transform(lambda x, *, pair: (np.tanh(w * x * h) * pair["a"][0], {"b": x + pair["a"][1]}, 3))
    y, d, n = f(x, pair={"a": [h, 2.0]})
    assert n == 3
    loss = np.sum(y) + np.sum(d["b"] ** 2 * y)
    first = ag.gradients(loss, [w, h, x], create_graph=True)
    second = ag.gradients(sum((np.sum(g * g) for g in first), 0), [w, h, x], retain_graph=True)
    loss.backward()
    return [t.data for t in [y, *first, *second, w.grad, x.grad]]


def test_every_order_through_arguments_keywords_and_closures():
    for plain, forgetful in zip(gradients(lambda f: f), gradients(ag.checkpoint), strict=True):
        assert np.allclose(plain, forgetful, rtol=1e-14)


def test_the_interior_is_freed():
    seen = []

    @ag.checkpoint
    def f(x):
        y = np.exp(x)
        seen.append(weakref.ref(y.data))
        return y * y

    x = Tensor(np.ones(3), requires_grad=True)
    z = f(x)
    assert seen[0]() is None
    z.sum().backward()
    assert np.allclose(x.grad.data, 2 * np.exp(2))
    assert len(seen) == 2
    assert seen[1]() is None


def test_a_graph_is_used_again():
    x = Tensor(2.0, requires_grad=True)
    y = ag.checkpoint(lambda x: x**3)(x)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 24.0
    with pytest.raises(RuntimeError, match="released"):
        y.backward()


def test_modules_and_transforms():
    rng = np.random.default_rng(0)
    net = nn.Sequential(nn.Dense(3, 4, rng=rng), nn.Tanh(), nn.Dense(4, 1, rng=rng))
    x = rng.normal(size=(5, 3))
    net(x).sum().backward()
    expected = [p.grad.data for p in net.parameters()]
    for p in net.parameters():
        p.grad = None
    ag.checkpoint(net)(x).sum().backward()
    for p, g in zip(net.parameters(), expected, strict=True):
        assert np.allclose(p.grad.data, g)
    f = lambda x: np.sum(np.tanh(x) * x)
    assert np.allclose(ag.hessian(ag.checkpoint(f))(x[0]), ag.hessian(f)(x[0]))
    assert np.isclose(ag.jvp(ag.checkpoint(np.exp), (0.3,), (2.0,))[1], 2 * np.exp(0.3))
    nested = ag.checkpoint(lambda x: ag.checkpoint(np.exp)(x) ** 2)
    assert np.isclose(ag.grad(ag.grad(nested))(0.3), 4 * np.exp(0.6))


def test_nothing_is_recorded_where_nothing_is_wanted():
    f = ag.checkpoint(lambda x: x * 2)
    assert not f(Tensor([1.0])).requires_grad
    assert type(f(np.ones(2))) is np.ndarray
    with ag.no_grad():
        assert not f(Tensor([1.0], requires_grad=True)).requires_grad


def test_what_is_not_the_same_when_run_again_is_refused():
    rng = np.random.default_rng(0)
    x = Tensor(np.ones(3), requires_grad=True)
    y = ag.checkpoint(lambda x: x * rng.normal(size=3))(x).sum()
    with pytest.raises(RuntimeError, match=r"gave other values.*random numbers"):
        y.backward()
    w, v = Tensor(np.ones(3), requires_grad=True), Tensor(np.ones(3), requires_grad=True)
    used = [w]
    y = ag.checkpoint(lambda x: x * used[0])(x).sum()
    used[0] = v
    with pytest.raises(RuntimeError, match="used other Tensors"):
        y.backward()
    y = ag.checkpoint(lambda x: x * w)(x).sum()
    with ag.no_grad():
        w += 1
    with pytest.raises(RuntimeError, match="gave other values"):
        y.backward()
    y = ag.checkpoint(lambda x: x * 2)(x).sum()
    with ag.no_grad():
        x += 1
    with pytest.raises(RuntimeError, match="written in place since"):
        y.backward()
    assert x.grad is None
