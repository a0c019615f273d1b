"""Every operation's gradient, of first and second order, by the strongest numerical method that applies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_np.ops import REGISTRY
from autograd_np.testing import gradcheck
from autograd_np.testing.strategies import Draw
from tests.cases import CASES, COMPOSITIONS

ROWS = CASES | COMPOSITIONS


def test_every_operation_has_a_row_and_every_row_an_operation():
    assert set(CASES) == set(REGISTRY)


@pytest.mark.parametrize("name", ROWS)
@given(data=st.data())
def test_gradients(name, data):
    f, inputs = ROWS[name].row(Draw(data))
    report = gradcheck(f, inputs, method=ROWS[name].method)
    assert report.probes > 0
