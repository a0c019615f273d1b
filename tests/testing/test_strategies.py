"""What is drawn is what is promised, and random programs have right gradients."""

import math

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import data as any_data

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.testing import GradientError, gradcheck, strategies
from autograd_np.testing.values import scattered


@given(program=strategies.programs())
def test_random_programs(program):
    assert gradcheck(program, program.inputs).probes > 0


WRONG = ag.unary(lambda x: np.sin(x), lambda g, y, x: g * np.cos(x) * (1 + 1e-6), "", name="nearly_sine")


def test_a_wrong_rule_anywhere_in_a_program_is_found_and_named():
    program = strategies.Program(
        [np.array([0.3, 0.7])],
        ["v1 = np.exp(x0)", "v2 = nearly_sine(v1)", "v3 = v2 * x0", "v4 = np.sum(v3 + v1)"],
        ["v4"],
        {"nearly_sine": WRONG},
    )
    with pytest.raises(GradientError, match=r"program: the gradient of argument 0 \(x0\)") as caught:
        gradcheck(program, program.inputs)
    error = caught.value
    assert error.__notes__ == [str(error.suspect)]
    assert "the fault is in nearly_sine, operation 2 of 5" in str(error.suspect)
    assert [line for line in error.dot().split("\n") if "WRONG RULE" in line] == [
        '  n3 [label="nearly_sine float64 (2,)", color=red, xlabel="WRONG RULE"]'
    ]
    assert str(error.program).startswith("def program(x0):  # float64 (2,)\n    v1 = np.exp(x0)\n")


def test_programs_use_operations_of_ones_own_and_shrink_to_what_is_needed():
    found = find(
        strategies.programs(operations=[WRONG]),
        lambda program: any("nearly_sine" in line for line in program.lines),
        settings=settings(max_examples=300, derandomize=True),
    )
    assert len(found.lines) == 1
    with pytest.raises(GradientError):
        gradcheck(found, found.inputs, order=1)


@given(any_data())
def test_broadcastable_shapes(data):
    found = data.draw(strategies.broadcastable_shapes(3))
    assert len(found) == 3
    np.broadcast_shapes(*found)


@given(any_data())
def test_shapes_of_a_signature(data):
    (a, b, c) = data.draw(strategies.shapes_of_signature("(m,k),(k,2),()"))
    assert a[1] == b[0]
    assert b[1] == 2
    assert c == ()


@given(any_data())
def test_tensors_and_arrays(data):
    t = data.draw(strategies.tensors(values="positive"))
    assert isinstance(t, Tensor)
    assert t.requires_grad
    assert np.all(t.data > 0)
    assert data.draw(strategies.arrays((2, 3), "integers", np.float32)).dtype == np.float32


@given(any_data())
def test_values_keep_apart(data):
    a, b = data.draw(strategies.ordered_values((2, 3), (4,)))
    assert np.diff(np.sort([*a.ravel(), *b])).min() > 0.03
    c = data.draw(strategies.values_away_from(1 / 3, shape=(3, 4), low=-1, high=1))
    assert np.all(np.abs(c) < 1)
    assert np.abs(c - 1 / 3).min() > 0.008
    assert np.abs(c).min() > 0.008
    assert np.diff(np.sort(c, axis=None)).min() > 0.01


@given(seed=st.integers(0, 2**32 - 1))
def test_scattered_numbers_are_near_no_round_number_and_no_other(seed):
    a, b = scattered(np.random.default_rng(seed), [(2, 3), ()], [(-math.inf, math.inf), (0, 1)])
    assert 0 < b < 1
    everything = np.array([*a.ravel(), b]) * 10
    assert np.abs(everything - everything.round()).min() > 0.19
    assert np.diff(np.sort(everything)).min() > 0.39


@given(any_data())
def test_geometries_fit(data):
    x, w, how = data.draw(strategies.conv_geometries())
    assert ag.conv2d(np.zeros(x), np.zeros(w), **how).size > 0
    shape, how = data.draw(strategies.pool_geometries())
    assert ag.max_pool2d(np.zeros(shape), **how).size > 0
