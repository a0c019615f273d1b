"""Many cotangents in one sweep give what they give one by one, through every operation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.core import Rows
from autograd_np.testing.complex_parts import of_parts, parts
from autograd_np.testing.strategies import Draw
from autograd_np.transforms import jacobians
from tests.cases import CASES


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_every_operation(name, data):
    f, inputs, _ = of_parts(*CASES[name].row(Draw(data)))
    places = [i for i, x in enumerate(inputs) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]

    def g(*arrays):
        given = list(inputs)
        for place, array in zip(places, arrays, strict=True):
            given[place] = array
        out = f(*given)
        several = isinstance(out, (tuple, list))
        real = tuple(y for y in parts(out if several else [out]) if y.dtype.kind == "f")
        return real if several or len(real) > 1 else real[0]

    arrays = [inputs[place] for place in places]
    found = ag.jacobian(g, range(len(arrays)))(*arrays)
    value, pullback = ag.vjp(g, *arrays)
    values, blocks = (value, found) if isinstance(value, tuple) else ((value,), (found,))
    for k, y in enumerate(values):
        for index in np.ndindex(np.shape(y)):
            cotangents = [np.zeros(np.shape(other)) for other in values]
            cotangents[k][index] = 1
            expected = pullback(tuple(cotangents) if isinstance(value, tuple) else cotangents[0])
            for block, row in zip(blocks[k], expected, strict=True):
                np.testing.assert_allclose(block[index], row, rtol=1e-12, atol=1e-12)


def test_rules_that_rows_do_not_go_through_are_run_row_by_row():
    @ag.primitive(lambda g, _y, _x: np.asarray(np.cumsum(np.asarray(g)[::-1])[::-1]))
    def running(x):
        return np.cumsum(x)

    @ag.primitive(lambda g, y, x: g[0] * y[0] + np.sort(g[1]))
    def several(x):
        return np.exp(x), np.sort(x)

    @ag.primitive(lambda g, _y, _x: np.zeros(_x.shape))
    def stuck(x):
        return np.floor(x)

    x = np.array([0.1, 0.2, 0.3])
    assert np.array_equal(ag.jacobian(running)(x), np.tril(np.ones((3, 3))))
    assert np.allclose(ag.jacobian(lambda x: several(x)[0])(x), np.diag(np.exp(x)))
    assert np.allclose(ag.jacobian(lambda x: stuck(x) + stuck(2 * x) + x)(x), np.eye(3))


def test_a_rule_that_fails_is_named():
    @ag.primitive(lambda g, _y, _x: 1 / 0)
    def broken(x):
        return x * 1

    with pytest.raises(ZeroDivisionError) as caught:
        ag.jacobian(broken)(np.ones(2))
    assert "backward rule of broken" in caught.value.__notes__[0]


def test_singularities_are_as_in_a_single_sweep():
    with np.errstate(divide="ignore", invalid="ignore"):
        j = ag.jacobian(lambda x: np.where(x > 0, np.log(x), 0 * x))(np.array([0.0, 2.0]))
    assert np.array_equal(j, [[0, 0], [0, 0.5]])
    assert np.array_equal(ag.jacobian(np.sqrt)(np.array([0.0, 1.0])), [[np.inf, 0], [0, 0.5]])


def test_large_jacobians_go_in_batches(monkeypatch):
    f = lambda x: np.tanh(x * x[::-1])
    x = np.linspace(0, 1, 7)
    expected = ag.jacobian(f)(x)
    monkeypatch.setattr(jacobians, "_BATCH", 20)
    assert np.array_equal(ag.jacobian(f)(x), expected)
    monkeypatch.setattr(jacobians, "_BATCH", 1)
    assert np.array_equal(ag.jacobian(f)(x), expected)


def test_rows_refuse_what_they_do_not_know():
    rows = Rows(np.ones((2, 3, 4)))
    for call in (
        np.sort,
        np.any,
        np.asarray,
        bool,
        lambda r: r[[0, 1]],
        lambda r: np.add(r, 1, out=np.ones((2, 3, 4))),
    ):
        with pytest.raises(TypeError):
            call(rows)
    assert (rows[..., None] @ np.ones((1, 5))).shape == (3, 4, 5)
    assert np.sum(rows * np.ones((6, 1, 1)), axis=(0, -1)).rows.tolist() == [[24.0] * 3] * 2
