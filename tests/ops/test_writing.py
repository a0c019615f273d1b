"""NumPy's functions that write into an array, on Tensors: recorded in a graph, written through outside one."""

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor

MASK = np.array([[True, False, True], [False, True, True]])

WRITES = {
    "put": lambda t, v: np.put(t, [0, -1, 3], v),
    "put, twice the same": lambda t, v: np.put(t, [0, 0], v[0]),
    "put, clip": lambda t, v: np.put(t, [-7, 2, 99], v, mode="clip"),
    "put, wrap": lambda t, v: np.put(t, [-8, 8], v, mode="wrap"),
    "put, few values": lambda t, v: np.put(t, [0, 1, 2, 3, 4], v[:2]),
    "method put": lambda t, v: t.put([1, 2], v[:2]),
    "method fill": lambda t, v: t.fill(v[0]),
    "put_along_axis": lambda t, v: np.put_along_axis(t, np.array([[1], [2]]), v[:1], axis=1),
    "put_along_axis, flat": lambda t, v: np.put_along_axis(t, np.array([4, -6]), v[:2], axis=None),
    "place": lambda t, v: np.place(t, MASK, v),
    "place, few values": lambda t, v: np.place(t, MASK, v[:2]),
    "place, nowhere": lambda t, v: np.place(t, ~MASK & MASK, v),
    "putmask": lambda t, v: np.putmask(t, MASK, v),
    "putmask, few values": lambda t, v: np.putmask(t, MASK, v[:2]),
    "copyto": lambda t, v: np.copyto(t, v),
    "copyto, where": lambda t, v: np.copyto(t, v, where=MASK),
    "copyto, where in some columns": lambda t, v: np.copyto(t, v[0], where=[True, False, True]),
    "fill_diagonal": lambda t, v: np.fill_diagonal(t, v),
    "fill_diagonal, one value": lambda t, v: np.fill_diagonal(t, v[2]),
    "extra axes": lambda t, v: t.__setitem__(0, v.reshape(1, 1, 3)),
    "mask, one value": lambda t, v: t.__setitem__(MASK, v[1]),
    "mask": lambda t, v: t.__setitem__(MASK, np.resize(v, 4)),
    "empty mask": lambda t, v: t.__setitem__(~MASK & MASK, v[:0]),
    "empty list": lambda t, v: t.__setitem__([], v),
    "twice the same": lambda t, v: t.__setitem__(([0, 0], [1, 1]), v[2]),
    "twice the same, one axis": lambda t, v: t.__setitem__([1, 1, 0], v[2:]),
    "backwards": lambda t, v: t.__setitem__((slice(None), slice(None, None, -1)), v),
    "new axis": lambda t, v: t.__setitem__((None, 1), v),
    "ellipsis": lambda t, v: t.__setitem__((..., 0), v[:2]),
    "True": lambda t, v: t.__setitem__(True, v),
    "False": lambda t, v: t.__setitem__(False, v),
}


@pytest.mark.parametrize("name", WRITES)
def test_values_and_gradients(name):
    write = WRITES[name]
    x, v = np.arange(6.0).reshape(2, 3), np.array([10.0, 20.0, 30.0])
    expected = x.copy()
    write(expected, v)

    constant = Tensor(x)
    write(constant, Tensor(v))
    assert np.array_equal(constant.data, expected)
    assert not constant.requires_grad

    a, b = Tensor(x, requires_grad=True), Tensor(v, requires_grad=True)
    y = a * 1
    write(y, b)
    assert np.array_equal(y.data, expected)
    u = np.arange(1.0, 7).reshape(2, 3)
    from_a, from_b = ag.gradients(y, [a, b], u)

    def moved(x, v):
        x = x.copy()
        write(x, v)
        return np.sum(u * x)

    start = moved(x, v)
    assert np.array_equal(
        from_a.data, [[moved(x + e, v) - start for e in row] for row in np.eye(6).reshape(2, 3, 2, 3)]
    )
    assert np.array_equal(from_b.data, [moved(x, v + e) - start for e in np.eye(3)])


def test_a_constant_takes_up_a_recorded_value():
    t, v = Tensor(np.zeros(3)), Tensor([1.0, 2.0], requires_grad=True)
    np.put(t, [0, 2], v)
    t.sum().backward()
    assert list(t.data) == [1, 0, 2]
    assert list(v.grad.data) == [1, 1]


def test_an_array_takes_no_recorded_value():
    v = Tensor([1.0, 2.0], requires_grad=True)
    for write in (np.put, np.place):
        with pytest.raises(TypeError, match="make the array a Tensor first"):
            write(np.zeros(2), [0, 1], v)
    with pytest.raises(TypeError, match="make the array a Tensor first"):
        np.copyto(np.zeros(2), v)
    array = np.zeros(2)
    np.copyto(array, v.detach())
    assert list(array) == [1, 2]


def test_the_contract_of_item_assignment_holds():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf that requires a gradient"):
        np.fill_diagonal(x, 0)
    y = x * 1
    z = x * 1
    for view in (np.split(z, 2)[0], np.unstack(z, axis=1)[1], z.T[:1]):
        np.copyto(view, 0)
    assert np.array_equal(z.data, np.zeros((2, 2)))
    assert np.array_equal(ag.gradients(z.sum(), x).data, np.zeros((2, 2)))
    for own in (y[[0, 1]], y[0, 0], np.take(y, [0, 1]), np.roll(y, 1), np.repeat(y, 2), y.flatten()):
        own += 1.0
        assert own.requires_grad
    with ag.no_grad():
        np.fill_diagonal(x, 0)
    assert np.array_equal(x.data, [[0, 2], [3, 0]])
    with pytest.raises(ValueError, match="more than once"):
        np.put(y, [0, 0], [1.0, 2.0])
    with pytest.raises(TypeError, match="does not cast"):
        np.copyto((x * 1).astype(np.float32), Tensor([1j, 1]))


def test_memory_written_after_it_was_saved_is_refused():
    w = Tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    with ag.no_grad():
        np.put(w, 0, 5.0)
    with pytest.raises(RuntimeError, match="written in place since"):
        loss.backward()


def test_sorting_in_place():
    t = Tensor([3.0, 1.0, 2.0])
    t.sort()
    assert list(t.data) == [1, 2, 3]
    t.partition(0)
    assert t.data[0] == 1
