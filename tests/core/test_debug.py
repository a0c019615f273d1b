"""debug() names the first NaN or infinity, and what was changed behind the tape's back; and costs nothing elsewhere."""

import inspect
import re
import threading

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor


def leaf(*values):
    return Tensor(list(values), requires_grad=True)


def line(offset):
    """This file, and a line counted from the caller's."""
    frame = inspect.currentframe().f_back
    return re.escape(f"{frame.f_code.co_filename}:{frame.f_lineno + offset}")


@pytest.mark.parametrize(
    ("name", "compute"),
    [
        ("log gave -inf at index (1,) from finite arguments (float64 (2,))", lambda x: np.log(x)),
        ("divide gave inf at index (1,) from finite arguments (int64 (), float64 (2,))", lambda x: 1 / x),
        ("sum gave inf from finite arguments", lambda x: np.sum((x + 1) * 8e307)),
        ("power gave nan", lambda x: (x - 2) ** 0.5),
    ],
    ids=["unary", "binary", "reduction", "nan"],
)
@pytest.mark.parametrize("recorded", [True, False])
def test_the_first_operation_that_makes_a_nan_or_an_infinity_is_named(name, compute, recorded):
    x = Tensor([1.0, 0.0], requires_grad=recorded)
    with ag.debug(), pytest.raises(FloatingPointError, match=re.escape(name)) as caught:
        np.exp(compute(x)) + 1
    assert f"{__file__}:" in str(caught.value)


def test_the_line_of_the_user_is_named():
    x = leaf(0.0)
    where = line(+2)
    with ag.debug(), pytest.raises(FloatingPointError, match=where + "$"):
        np.log(x)


def test_what_was_not_finite_before_is_no_news():
    with ag.debug():
        y = np.exp(Tensor([np.nan, -np.inf, np.inf])) * 2
        assert np.isnan(y.data[0])
        assert ag.softmax(Tensor([0.0, -np.inf])).tolist() == [1.0, 0.0]


def test_the_rule_that_makes_an_infinity_is_named():
    x = leaf(0.0, 1.0)
    with ag.debug():
        where = line(+1)
        y = np.sqrt(x)
        loss = np.sum(y * 2)
        for create_graph in (False, True):
            with pytest.raises(
                FloatingPointError,
                match=r"the rule of sqrt for argument 0 gave inf at index \(0,\) .*\(float64 \(2,\)\).*at " + where,
            ):
                loss.backward(retain_graph=True, create_graph=create_graph)
    assert x.grad is None
    loss.backward()
    assert np.isinf(x.grad.data[0])


def test_zero_times_infinity_is_zero_here_too():
    x = leaf(0.0, 1.0)
    with ag.debug():
        y = np.sum(np.sqrt(x * x))
        slope = ag.gradients(np.sum(np.where(x.data > 0, np.sqrt(x), 0 * x)), x, create_graph=True)
        assert slope.tolist() == [0.0, 0.5]
        with pytest.raises(FloatingPointError, match="rule of sqrt"):
            y.backward()


CHANGES = {
    "argument 1 of multiply": lambda x, c: (x * c, c),
    "argument 0 of multiply": lambda x, c: (x * Tensor(c, requires_grad=True), x.data),
    "the output of exp": lambda x, c: (lambda y: (y * 1, y.data))(np.exp(x)),
    "index= of getitem": lambda x, c: (lambda i: (x[i], i))(np.array([0, 1, 1])),
    "labels= of softmax_cross_entropy": lambda x, c: (
        lambda labels: (ag.softmax_cross_entropy(x.reshape(1, 3), labels), labels)
    )(np.array([1])),
    "argument 0 of matmul": lambda x, c: (c[::-1].reshape(1, 3) @ x, c),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_array_that_was_changed_is_named(name):
    x, c = leaf(1.0, 2.0, 3.0), np.array([4.0, 5.0, 6.0])
    with ag.debug():
        y, array = CHANGES[name](x, c)
        np.sum(y).backward(retain_graph=True)
        x.grad = None
        array[0] = 2
        with pytest.raises(RuntimeError, match=rf"{name}, \w+ \(.*\), was changed from outside after {__file__}:\d+ "):
            np.sum(y).backward()
    assert x.grad is None


def test_what_backward_does_not_read_may_change():
    x, c = leaf(1.0, 2.0), np.ones(2)
    with ag.debug():
        y = x + c
        c[0] = 5
        np.sum(y).backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_recorded_sweep_is_watched_too():
    x, u = leaf(1.0, 2.0), Tensor(np.ones(2))
    with ag.debug():
        slope = ag.gradients(np.exp(x), x, u, create_graph=True)
        u.data[0] = 5
        with pytest.raises(RuntimeError, match=r"of multiply.* was changed from outside"):
            ag.gradients(np.sum(slope), x)


def test_operations_with_several_outputs():
    @ag.primitive(lambda g, y, x: g[0] * y[0] + g[1] * y[1])
    def both(x):
        return np.exp(x), np.log(x)

    with ag.debug(), pytest.raises(FloatingPointError, match="both gave -inf"):
        both(leaf(0.0))
    x = leaf(1.0)
    with ag.debug():
        y, z = both(x)
        y.data[0] = 3
        with pytest.raises(RuntimeError, match="output 0 of both"):
            np.sum(y * z).backward()


def test_it_ends_with_its_block_and_nests_and_is_this_threads_own():
    x = leaf(0.0)
    switch = ag.debug()
    found = []

    def work():
        with np.errstate(divide="ignore"):
            found.append(np.log(x).item())

    with switch:
        with switch, pytest.raises(FloatingPointError):
            np.log(x)
        with pytest.raises(FloatingPointError):
            np.log(x)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert found == [-np.inf]
    with pytest.raises(KeyError), switch:
        raise KeyError
    with np.errstate(divide="ignore"):
        y = np.log(x)
    assert y.item() == -np.inf
    assert not hasattr(y.node, "trace")


@pytest.mark.parametrize("what", ["the cotangent", "argument 0", "the output"])
def test_a_rule_that_writes_to_what_it_was_given_is_named(what):
    def rule(g, y, x):
        new = g * (1 - y * y)
        {"the cotangent": g, "argument 0": x, "the output": y}[what][...] *= 2
        return new

    tanh = ag.unary(lambda x: np.tanh(x), rule, "", name="tanh")
    x = Tensor([1.0, 2.0], requires_grad=True)
    with ag.debug():
        y = tanh(x * 1)
        with pytest.raises(RuntimeError, match=rf"rule of tanh for argument 0 changed {what}, float64 \(2,\)"):
            y.backward(np.array([3.0, 4.0]))
    assert x.grad is None


def test_a_rule_that_gives_the_same_memory_again_is_named():
    memory = np.empty(2)

    def rule(g, y, x):
        np.multiply(g, 1 - y * y, memory)
        return memory

    tanh = ag.unary(lambda x: np.tanh(x), rule, "", name="tanh")
    x = Tensor([1.0, 2.0], requires_grad=True)
    with ag.debug():
        tanh(x).backward(np.array([3.0, 4.0]))  # once is no fault
        twice = tanh(x * 1) + tanh(x * 2)
        with pytest.raises(RuntimeError, match="rule of tanh for argument 0 gave memory that a rule of this sweep had"):
            twice.backward(np.array([3.0, 4.0]))


def test_a_rule_may_give_the_same_result_to_two_arguments():
    shared = {}

    def rule(g, y, a, b):
        return shared.setdefault(id(g), g * y)

    both = ag.binary(lambda a, b: np.exp(a + b), rule, rule, "", name="both")
    a, b = (Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    with ag.debug():
        both(a, b).backward(np.array([3.0, 4.0]))
    assert a.grad.tolist() == b.grad.tolist() == (np.exp([2.0, 4.0]) * [3, 4]).tolist()


def test_rules_may_pass_on_parts_of_what_they_are_given():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with ag.debug():
        ((x + x) + (x[:] + x.reshape(1, 2)[0])).backward(np.ones(2))
    assert x.grad.tolist() == [4.0, 4.0]
