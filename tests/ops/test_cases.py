"""Every operation's gradient, of first and second order, by the strongest numerical method that applies."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_np.ops import registry
from autograd_np.testing import gradcheck
from autograd_np.testing.strategies import Draw
from tests.cases import CASES, COMPOSITIONS

ROWS = CASES | COMPOSITIONS


def test_every_operation_has_a_row_and_every_row_an_operation():
    assert set(CASES) == set(registry())


@pytest.mark.parametrize("name", CASES)
def test_operations_are_pickled_by_name(name):
    """As functions of modules are: for other processes."""
    operation = registry()[name]
    assert pickle.loads(pickle.dumps(operation)) is operation


@pytest.mark.parametrize("name", ROWS)
@given(data=st.data())
def test_gradients(name, data):
    f, inputs = ROWS[name].row(Draw(data))
    report = gradcheck(f, inputs, method=ROWS[name].method)
    assert report.probes > 0
