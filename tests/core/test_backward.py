"""The tape and the sweep: what backward adds where, what it refuses, and what it leaves alone."""

import copy
import pickle

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor


def leaf(*values, dtype=float):
    return Tensor(np.array(values, dtype=dtype), requires_grad=True)


def test_an_input_used_twice_gets_both_gradients():
    x = leaf(2.0, 3.0)
    (x * x + x).sum().backward()
    assert np.array_equal(x.grad.data, [5.0, 7.0])


def test_diamond():
    x = leaf(1.5)
    y = x * 2
    (y * y + y).sum().backward()
    assert x.grad.item() == 2 * (2 * 3.0 + 1)


def test_backward_accumulates_and_a_released_graph_is_refused():
    x = leaf(3.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 12.0
    with pytest.raises(RuntimeError, match=r"released by an earlier backward.*retain_graph=True"):
        y.backward()
    assert x.grad.item() == 12.0


def test_second_order_through_create_graph():
    x = leaf(2.0)
    (x**3).sum().backward(create_graph=True)
    first = x.grad
    x.grad = None
    first.sum().backward()
    assert x.grad.item() == 12.0


def test_third_order():
    x = Tensor(0.5, requires_grad=True)
    g = x**5
    for _ in range(3):
        g = ag.gradients(g, x, create_graph=True)
    assert np.isclose(g.item(), 60 * 0.25)


def test_cotangent_is_needed_where_there_are_many_elements():
    x = leaf(1.0, 2.0)
    with pytest.raises(ValueError, match=r"cotangent is needed for an output of shape \(2,\)"):
        (x * 2).backward()


@pytest.mark.parametrize("seed", [np.ones(3), np.ones((1, 2)), np.ones(2, complex), 1.0])
def test_cotangent_of_the_wrong_shape_or_kind(seed):
    x = leaf(1.0, 2.0)
    with pytest.raises(ValueError, match=r"the output float64 \(2,\)"):
        (x * 2).backward(seed)
    assert x.grad is None


def test_nothing_recorded():
    with pytest.raises(RuntimeError, match="records no gradient"):
        Tensor([1.0]).backward()


def test_a_leaf_as_its_own_output():
    x = Tensor(4.0, requires_grad=True)
    x.backward()
    assert x.grad.item() == 1.0


def test_inputs_that_the_output_does_not_depend_on():
    x, z = leaf(1.0), leaf(2.0)
    (x * 3).sum().backward(retain_graph=True)
    assert z.grad is None
    assert ag.gradients((x * 3).sum(), z).item() == 0.0


def test_gradients_leave_grad_alone_and_reach_computed_tensors():
    x = leaf(2.0, 5.0)
    y = x * x
    z = (y * 3).sum()
    found = ag.gradients(z, [y, x, x])
    assert [list(g.data) for g in found] == [[3.0, 3.0], [12.0, 30.0], [12.0, 30.0]]
    assert x.grad is None
    assert not np.shares_memory(found[1].data, found[2].data)


def test_gradients_skip_rules_that_no_input_needs():
    @ag.primitive(lambda g, y, x: 1 / 0)
    def explosive(x):
        return x

    x, z = leaf(1.0), leaf(2.0)
    assert ag.gradients((explosive(x) * z).sum(), z).item() == 1.0


def test_gradients_of_several_outputs():
    x = leaf(3.0)
    assert ag.gradients([x * 2, x * 5], x, [[10.0], [1.0]]).item() == 25.0
    with pytest.raises(ValueError, match="2 outputs but 1 cotangents"):
        ag.gradients([x * 2, x * 5], x, [[1.0]])
    with pytest.raises(RuntimeError, match="input 0 does not require"):
        ag.gradients(x * 2, Tensor([1.0]))


@pytest.mark.parametrize("dtype", [np.int64, bool])
def test_requires_grad_wants_floating_point(dtype):
    with pytest.raises(TypeError, match="floating point"):
        Tensor(np.ones(2, dtype), requires_grad=True)
    t = Tensor(np.ones(2, dtype))
    with pytest.raises(TypeError, match="floating point"):
        t.requires_grad = True


def test_grad_of_leaves_and_of_computed_tensors():
    x = leaf(2.0)
    y = x * 3
    z = y * y
    y.retain_grad()
    z.sum().backward()
    assert x.grad.item() == 36.0
    assert y.grad.item() == 12.0
    assert z.grad is None
    assert Tensor([1.0]).grad is None


def test_grad_must_fit_its_tensor():
    x = leaf(1.0, 2.0)
    x.grad = Tensor([3.0, 4.0])
    (x * 1).sum().backward()
    assert list(x.grad.data) == [4.0, 5.0]
    with pytest.raises(ValueError, match=r"\(3,\) given"):
        x.grad = Tensor([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="a Tensor or None"):
        x.grad = np.ones(2)


def test_gradients_share_no_memory():
    x, z, seed = leaf(1.0, 2.0), leaf(3.0, 4.0), np.ones(2)
    (x + z).backward(seed)
    arrays = [x.grad.data, z.grad.data, seed, x.data, z.data]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    assert x.grad.data.flags.writeable


def test_a_gradient_kept_by_the_caller_is_never_written_to():
    x = leaf(1.0, 2.0)
    (x * 2).sum().backward()
    kept = x.grad
    (x * 2).sum().backward()
    assert list(kept.data) == [2.0, 2.0]
    assert list(x.grad.data) == [4.0, 4.0]


def test_a_rule_that_returns_saved_memory_does_not_give_it_away():
    table = np.array([1.0, 2.0])

    @ag.primitive(lambda g, y, x: table)
    def odd(x):
        return x * 1

    x = leaf(5.0, 6.0)
    (odd(x) + odd(x) + odd(x)).sum().backward()
    assert list(table) == [1.0, 2.0]
    assert list(x.grad.data) == [3.0, 6.0]


def test_a_rule_that_raises_changes_no_gradient_and_is_named():
    @ag.primitive(lambda g, y, x: 1 / 0)
    def broken(x):
        return x

    x, z = leaf(1.0), leaf(2.0)
    z.grad = Tensor([7.0])
    with pytest.raises(ZeroDivisionError) as caught:
        (z * 2 + broken(x)).sum().backward()
    assert "backward rule of broken for argument 0" in caught.value.__notes__[0]
    assert x.grad is None
    assert z.grad.item() == 7.0


def test_a_rule_of_the_wrong_shape_is_not_masked():
    @ag.primitive(lambda g, y, x: np.stack([g, g]))
    def wider(x):
        return x * 1

    @ag.primitive(lambda g, y, x: g.sum(), broadcasts=True)
    def narrower(x):
        return x * 1

    for f in (wider, narrower):
        with pytest.raises(ValueError, match=r"backward rule of argument 0 gave shape .* the argument's is \(3,\)"):
            f(leaf(1.0, 2.0, 3.0)).sum().backward()


def test_broadcasting_is_undone():
    a, b = Tensor(np.ones((3, 1)), requires_grad=True), Tensor(np.ones((2, 1, 4)), requires_grad=True)
    (a * b).sum().backward()
    assert np.array_equal(a.grad.data, np.full((3, 1), 8.0))
    assert np.array_equal(b.grad.data, np.full((2, 1, 4), 3.0))


def test_empty_arrays_and_zero_dimensions():
    a, b = Tensor(np.ones((0, 3)), requires_grad=True), Tensor(np.ones((1, 3)), requires_grad=True)
    (a + b).sum().backward()
    assert a.grad.shape == (0, 3)
    assert np.array_equal(b.grad.data, np.zeros((1, 3)))
    s = Tensor(2.0, requires_grad=True)
    (s * s).backward()
    assert s.grad.shape == ()
    assert type(s.grad.data) is np.ndarray
    assert type((s * s).data) is np.ndarray


def test_dtype_follows_numpy_and_gradients_follow_their_leaf():
    x32, x64 = leaf(1.0, dtype=np.float32), leaf(1.0)
    assert (x32 * 2.5).dtype == np.float32
    assert (2 / x32).dtype == np.float32
    (x32 * x64).sum().backward()
    assert x32.grad.dtype == np.float32
    assert x64.grad.dtype == np.float64


def test_bias_gradients_keep_their_precision_in_float32():
    x = np.random.default_rng(0).random((400_000, 2), np.float32)
    b = Tensor(np.zeros(2, np.float32), requires_grad=True)
    (b + x).backward(x)
    exact = x.sum(axis=0, dtype=np.float64)
    assert np.abs(b.grad.data / exact - 1).max() < 1e-6


def test_detach_shares_data_and_cuts_the_graph():
    x = leaf(2.0)
    d = x.detach()
    assert d.data is x.data
    assert not d.requires_grad
    (x * d).sum().backward()
    assert x.grad.item() == 2.0


def test_requires_grad_can_be_switched_on_leaves_only():
    x = Tensor([1.0])
    x.requires_grad = True
    y = x * 2
    with pytest.raises(RuntimeError, match="detach"):
        y.requires_grad = False
    x.requires_grad = False
    assert not x.requires_grad


def test_copies_of_leaves_and_refusal_of_graphs():
    x = Tensor([1.0, 2.0], requires_grad=True, name="weight")
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin.requires_grad
        assert twin.name == "weight"
        assert not np.shares_memory(twin.data, x.data)
        (twin * 3).sum().backward()
    assert x.grad is None
    for act in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="detach"):
            act(x * 2)


@ag.primitive(lambda g, _y, _x: g[0] + 3 * g[1])
def once_and_thrice(x):
    return x * 1, 3 * x, np.arange(2)


def test_operations_with_several_outputs():
    x = leaf(2.0, 3.0)
    a, b, n = once_and_thrice(x)
    assert list(n.data) == [0, 1]
    assert not n.requires_grad
    (a * b).sum().backward(retain_graph=True)
    assert list(x.grad.data) == [12.0, 18.0]
    assert list(ag.gradients(b.sum(), x, retain_graph=True).data) == [3.0, 3.0]
    slope = ag.gradients((a * b).sum(), x, create_graph=True)
    assert list(ag.gradients(slope.sum(), x).data) == [6.0, 6.0]
    assert all(isinstance(out, np.ndarray) for out in once_and_thrice(np.ones(2)))


def test_rules_that_read_several_outputs_have_higher_orders():
    @ag.primitive(lambda g, y, x: g[0] * y[0] + g[1] * 2 * y[1])
    def exponentials(x):
        return np.exp(x), np.exp(2 * x)

    x = leaf(0.5)
    p, q = exponentials(x)
    third = (p * q).sum()
    for order in (1, 2, 3):
        third = ag.gradients(third, x, np.ones(third.shape), create_graph=True)
        assert np.isclose(third.item(), 3**order * np.exp(1.5))
