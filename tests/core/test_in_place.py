"""In-place work is recorded, written through, or refused: never silently wrong."""

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor


def leaf(*values):
    return Tensor(list(values), requires_grad=True)


def test_updates_inside_a_graph_are_recorded():
    x = leaf(1.0, 2.0)
    y = x * 1
    before = y * y  # saved the old y
    y += 10
    y *= x
    (before + y).sum().backward()
    assert np.allclose(x.grad.data, 2 * x.data + 2 * x.data + 10)


def test_item_assignment_inside_a_graph_is_recorded():
    x, v = leaf(1.0, 2.0, 3.0), Tensor(7.0, requires_grad=True)
    y = x * 2
    squares = y * y
    y[1:] = v
    assert list(y.data) == [2.0, 7.0, 7.0]
    (squares + y).sum().backward()
    assert list(x.grad.data) == [10.0, 16.0, 24.0]
    assert v.grad.item() == 2.0


def test_a_constant_takes_up_a_recorded_value():
    v = Tensor(3.0, requires_grad=True)
    t = Tensor(np.zeros(3))
    t[0] = v
    t[2] = v * v
    t.sum().backward()
    assert v.grad.item() == 7.0
    with pytest.raises(TypeError, match="cannot carry"):
        Tensor([1, 2])[0] = v


def test_constants_are_written_through():
    data = np.zeros(3)
    t = Tensor(data, copy=False)
    view = t[:2]
    view += 1
    t[2] = 5.0
    assert list(data) == [1.0, 1.0, 5.0]


def test_leaves_are_refused_outside_no_grad():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="leaf that requires a gradient"):
        x += 1
    with pytest.raises(RuntimeError, match="leaf that requires a gradient"):
        x[0] = 1
    with ag.no_grad():
        x -= 0.5
        x[1] = 9.0
    assert list(x.data) == [0.5, 9.0]
    assert x.requires_grad


def test_views_in_a_graph_are_refused():
    x = leaf(1.0, 2.0)
    y = x * 1
    part = y[:1]
    with pytest.raises(RuntimeError, match="may be a view"):
        part += 1
    with pytest.raises(RuntimeError, match="may be a view"):
        part[0] = 1.0


def test_shapes_and_dtypes_cannot_change_in_place():
    t = Tensor(np.zeros(3))
    with pytest.raises(ValueError, match="does not fit in place"):
        t += np.zeros((2, 3))
    integers = Tensor([1, 2])
    with pytest.raises(ValueError, match="does not fit in place"):
        integers += 0.5
    single = Tensor(np.zeros(2, np.float32))
    single += np.ones(2)
    assert single.dtype == np.float32


@pytest.mark.parametrize(
    "write",
    [
        lambda w: w.__isub__(0.1),
        lambda w: w.__setitem__(0, 5.0),
        lambda w: w.detach().__iadd__(1.0),
        lambda w: w.detach()[:1].__iadd__(1.0),
    ],
    ids=["t -= v", "t[i] = v", "through detach", "through a view"],
)
@pytest.mark.parametrize(
    "use",
    [
        lambda w: w * w,
        lambda w: w.reshape(1, 2) @ w,
        lambda w: w[::-1] * 2 * w[:1],
        lambda w: Tensor([3.0, 4.0], requires_grad=True) * w.detach(),
    ],
    ids=["itself", "reshaped", "indexed", "detached"],
)
def test_memory_written_after_it_was_saved_is_refused(use, write):
    w = leaf(1.0, 2.0)
    loss = use(w).sum()
    with ag.no_grad():
        write(w)
    with pytest.raises(RuntimeError, match="written in place since"):
        loss.backward()
    assert w.grad is None


def test_a_write_that_nothing_saved_does_no_harm():
    w = leaf(1.0, 2.0)
    loss = (w + w).sum()  # an addition saves nothing
    with ag.no_grad():
        w -= 1.0
    loss.backward()
    assert list(w.grad.data) == [2.0, 2.0]


def test_indices_with_repeats_cannot_be_assigned_in_a_graph():
    y = leaf(1.0, 2.0) * 1
    with pytest.raises(ValueError, match="more than once"):
        y[[0, 0]] = np.array([3.0, 4.0])
