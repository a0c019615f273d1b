"""In-place work is recorded, written through, or refused: never silently wrong."""

import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.core import source_of
from autograd_np.testing import gradcheck
from autograd_np.testing.strategies import Draw
from tests.cases import CASES


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


def add_to_parts(y):
    y[0] += 1
    y[1:3] *= y[0]
    y[:, 1] -= y[:, 0] * 2
    y[[0, 2]] *= 3
    y[y > 2] = 0
    y[-1][0] += 5
    return y


def write_through_views(y):
    row, column, flat, turned = y[1], y[:, 2], y.reshape(-1), y.T
    row += 1
    column *= row[0]
    flat[3:5] = flat[2]
    turned[0] /= 2
    return np.concatenate([y.reshape(-1), row, column, flat, turned.reshape(-1)])


def write_under_views(y):
    part, deep = y[:2], y[:2][1][::-1]
    y += 1
    y[0] = y[2]
    y **= 2
    return np.concatenate([part.reshape(-1), deep])


def overlap(y):
    y[1:] = y[:-1]
    y[:, ::2] += y[:, ::-2]
    y -= y.T[0]
    y += y
    return y


def iterate(y):
    for i, row in enumerate(y):
        row *= i + 1
        row[0] = 7
    return y


def matrix_product(y):
    part = y[:2]
    y @= y * 0.5
    return part + y[1:]


def a_reshaped_temporary(y):
    h = (y * 2).reshape(9)
    h += 1
    h[2:4] = 0
    return h * h


PROGRAMS = [
    add_to_parts,
    write_through_views,
    write_under_views,
    overlap,
    iterate,
    matrix_product,
    a_reshaped_temporary,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_what_numpy_does_to_whoever_shares_memory_is_done_and_differentiated(program):
    x = np.random.default_rng(0).uniform(0.5, 1.5, (3, 3))
    expected = program(x.copy())
    assert np.array_equal(program(Tensor(x)).data, expected)
    assert np.array_equal(program(Tensor(x, requires_grad=True) * 1).data, expected)
    gradcheck(lambda x: program(x * 1), [x], method="Richardson")


def test_views_of_a_constant_take_up_a_recorded_value():
    v = Tensor(3.0, requires_grad=True)
    table = Tensor(np.zeros((2, 2)))
    rows = list(table)
    for i, row in enumerate(rows):
        row += (i + 1) * v
    table[0] *= v
    assert table.tolist() == [[9.0, 9.0], [6.0, 6.0]]
    assert rows[0].tolist() == [9.0, 9.0]
    (rows[0].sum() + table.sum()).backward()
    assert v.grad.item() == 2 * 12.0 + 4.0


def test_leaves_are_refused_through_their_views_and_leave_nothing_changed():
    w = leaf(1.0, 2.0)
    part = w[:1]
    with pytest.raises(RuntimeError, match="shares memory with one"):
        part += 1
    with pytest.raises(RuntimeError, match="shares memory with one"):
        w[0:1] *= 2
    with pytest.raises(RuntimeError, match="shares memory with one"):
        w.reshape(2, 1)[0] = 5.0
    base = Tensor(np.zeros(2))
    part = base[:1]
    part.requires_grad = True
    with pytest.raises(RuntimeError, match="shares memory with one"):
        base[1] = w[0]
    with pytest.raises(RuntimeError, match="shares memory with one"):
        part += w[0]
    assert part.is_leaf
    assert w.tolist() == [1.0, 2.0]
    assert base.tolist() == [0.0, 0.0]


def test_memory_that_elements_share_is_not_written_to():
    wide = np.broadcast_to(leaf(1.0) * 1, (3, 1))
    with pytest.raises(RuntimeError, match="read-only view, by broadcast_to"):
        wide += 1
    y = leaf(1.0, 2.0, 3.0) * 1
    seen = windows(y)
    with pytest.raises(RuntimeError, match="read-only view, by windows"):
        seen += 1
    y += 1
    assert seen.tolist() == [[2.0, 3.0], [3.0, 4.0]]


@ag.primitive(lambda g, _y, _x: np.concatenate([g[:, 0], [0.0]]) + np.concatenate([[0.0], g[:, 1]]), view=True)
def windows(x):
    return np.lib.stride_tricks.sliding_window_view(x, 2)


@ag.primitive(lambda g, _y, _x: np.concatenate(g), view=True)
def halves(x):
    return x[:2], x[2:]


@ag.primitive(lambda g, _y, _x: g * np.eye(len(_x.shape)), view=True)
def diagonal(x):
    return np.einsum("ii->i", x)


@pytest.mark.parametrize("graph", [True, False])
def test_views_that_are_one_of_several_outputs(graph):
    x, v = leaf(1.0, 2.0, 3.0, 4.0), Tensor(5.0, requires_grad=True)
    y = x * 1 if graph else Tensor(x.data)
    first, second = halves(y)
    first *= v
    second[1] = first[0]
    y += 1
    assert first.tolist() == [6.0, 11.0]
    assert second.tolist() == [4.0, 6.0]
    assert y.tolist() == [6.0, 11.0, 4.0, 6.0]
    (first.sum() + second.sum()).backward()
    assert v.grad.item() == 4.0
    if graph:
        assert x.grad.tolist() == [10.0, 5.0, 1.0, 0.0]


def test_views_that_are_neither_all_nor_a_part_by_index():
    t, v = Tensor(np.zeros((2, 2))), Tensor(5.0, requires_grad=True)
    d = diagonal(t)
    d += v
    assert t.tolist() == [[5.0, 0.0], [0.0, 5.0]]
    t.sum().backward()
    assert v.grad.item() == 2.0


def test_what_copies_is_no_view():
    y = leaf(1.0, 2.0) * 1
    for copied in (y[[0, 1]], y[y > 0], ag.copy(y), y[0], (y.reshape(2, 1) * np.ones(2)).T.reshape(4)):
        copied += 1
    assert y.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_every_operation_that_shares_memory_says_so(name, data):
    f, inputs = CASES[name].row(Draw(data))
    floating = [isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in inputs]
    tensors = [Tensor(x, requires_grad=True) if real else x for x, real in zip(inputs, floating, strict=True)]
    outputs = f(*tensors)
    for y in outputs if isinstance(outputs, (tuple, list)) else [outputs]:
        for x in tensors:
            if isinstance(x, Tensor) and y.size and np.shares_memory(x.data, y.data):
                # Otherwise y += 1 would change y alone, where NumPy changes x as well.
                assert y is x or source_of(y) is not None, f"{name} shares memory with its argument: it wants view=True"


def test_views_are_forgotten():
    y = leaf(1.0, 2.0) * 1
    for _ in range(3):
        kept = y[:1]
    assert len(y.views) == 1
    with ag.no_grad():
        constant = y[:1]
    graph = weakref.ref(y.node)
    del kept, y
    assert graph() is None
    assert constant.tolist() == [1.0]


def test_integer_operators_write_in_place():
    t = Tensor([1, 2, 3])
    part = t[:2]
    part |= 4
    part <<= 1
    t //= 2
    assert t.tolist() == [5, 6, 1]


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


def test_a_leaf_does_not_take_its_own_part_either():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="leaf that requires a gradient"):
        x[0] = x[0:1][0]
    part = x[:1]
    with pytest.raises(RuntimeError, match="leaf that requires a gradient"):
        x[:1] = part


def test_a_view_is_of_one_array():
    with pytest.raises(TypeError, match="view=True is for an operation of one array"):
        ag.primitive(lambda g, y, a, b: g, lambda g, y, a, b: g, view=True)


def test_a_view_without_a_rule_shares_memory_too():
    first = ag.primitive(None, view=True)(lambda x: x[:1])
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    y = x * 1.0
    part = first(y)
    assert not part.requires_grad
    y *= 2
    assert part.data[0] == 2
