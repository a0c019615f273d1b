"""The checker is itself checked: it catches planted faults, raises no false alarm, and never passes on nothing."""

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor, nn
from autograd_np.ops import registry
from autograd_np.ops.arithmetic import raw
from autograd_np.testing import GradientError, Report, UntrustedDerivative, gradcheck, numeric
from tests import mutants
from tests.mutants import Result, check
from tests.testing.faults import FAULTS, source_faults

# `make mutants` plants all of them
PLANTED = ["sign", "one part in a million", "one entry zeroed", "one entry negated", "one entry off by 1e-6"]


PLACES = [(name, i) for name, f in registry().items() for i, rule in enumerate(f.op.rules) if rule is not None]


@pytest.mark.parametrize("fault", PLANTED)
@pytest.mark.parametrize(("name", "argument"), PLACES, ids=[f"{name}-{i}" for name, i in PLACES])
def test_planted_faults_are_caught(name, argument, fault, monkeypatch):
    op = registry()[name].op
    rules = list(op.rules)
    rules[argument] = FAULTS[fault](rules[argument], argument)
    monkeypatch.setattr(op, "rules", tuple(rules))
    with pytest.raises(GradientError):
        check(name, 40, 0, Result())


def test_mutants_in_a_rules_source_are_what_was_left_out():
    def rule(g, y, a, b, *, scale=2.0):
        return g * b + scale * np.swapaxes(-a, 0, 1)

    found = dict(source_faults(rule))
    assert set(found) == {
        "dropped a factor: g * b -> g",
        "dropped a factor: g * b -> b",
        "changed a sign: -a",
        "forgot a call: np.swapaxes(-a, 0, 1)",
        "dropped a factor: scale * np.swapaxes(-a, 0, 1) -> scale",
        "dropped a factor: scale * np.swapaxes(-a, 0, 1) -> np.swapaxes(-a, 0, 1)",
        "dropped a term: g * b + scale * np.swapaxes(-a, 0, 1) -> scale * np.swapaxes(-a, 0, 1)",
        "dropped a term: g * b + scale * np.swapaxes(-a, 0, 1) -> g * b",
        "changed a sign: g * b + scale * np.swapaxes(-a, 0, 1)",
    }
    assert found["changed a sign: -a"](1.0, 0, np.ones((1, 1)), 3.0) == 5.0


def test_the_program_that_counts_mutants(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["mutants", "tanh", "--runs", "5", "--seed", "0"])
    assert mutants.main() == 0
    out = capsys.readouterr().out
    assert "kill rate 100.00 % (" in out
    assert "false alarms: 0 in 5 examples" in out


def test_what_no_check_notices_is_counted_as_survived(monkeypatch):
    def blind(f, inputs, **how):
        np.sum(f(Tensor(inputs[0], requires_grad=True))).backward()
        return Report()

    monkeypatch.setattr(mutants, "gradcheck", blind)
    result = mutants.try_operation("relu", 10, 1, 0)
    assert not result.killed
    assert {"sign", "dropped"} <= {kind for kind, _ in result.survived}


def test_the_message_names_operation_argument_element_and_numbers():
    @ag.primitive(lambda g, y, a, b: g * b, lambda g, y, a, b: g * a * np.array([1.0, 1.0, -1.0]))
    def times(a, b):
        return a * b

    with pytest.raises(GradientError) as caught:
        gradcheck(times, [np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])])
    message = str(caught.value)
    for part in (
        "times: ",
        "argument 1",
        "element (2,)",
        "d output[2] / d b[2]",
        "found       -3",
        "expected    3 ",
        "by exact, tolerance 0",
        "1 of the 9 numbers",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda g, y, x: g * 2 * x, "is wrong"),
        (lambda g, y, x: np.transpose(g * 3 * x**2), "is wrong"),
        (lambda g, y, x: g * 3 * x**2 + 1e-3, "zero cotangent"),
        (lambda g, y, x: g * 3 * raw(x) ** 2, "second derivative"),
        (lambda g, y, x: g * 3 * x**2 * np.random.default_rng().uniform(0.9, 1.1), "differs from run to run"),
    ],
    ids=["wrong term", "transposed", "added constant", "first order only", "random"],
)
def test_faults_of_other_kinds(rule, message):
    cube = ag.primitive(rule)(lambda x: x**3)
    with pytest.raises(GradientError, match=message):
        gradcheck(cube, [np.array([[1.0, 2.0], [3.0, -4.0]])])


def test_an_input_that_is_changed_is_seen():
    def spoil(x):
        x[0] += 1
        return x * 1.0

    with pytest.raises(GradientError, match="was changed"):
        gradcheck(ag.primitive(lambda g, y, x: g)(spoil), [np.ones(2)])


def test_a_missing_sum_over_broadcast_axes_is_seen():
    @ag.primitive(lambda g, y, x: g[0])
    def rows(x):
        return np.broadcast_to(x, (3, 2)) * 1

    with pytest.raises(GradientError, match="is wrong"):
        gradcheck(rows, [np.ones(2)])


@pytest.mark.parametrize(
    ("f", "inputs"),
    [
        (lambda x: x, [np.array([1, 2])]),
        (lambda x: x * 1, [np.zeros(0)]),
        (lambda x: x[:0], [np.ones(2)]),
        (lambda x: x.detach(), [np.ones(2)]),
        (lambda x: x > 0, [np.ones(2)]),
        (lambda: ag.Tensor([1.0]), []),
    ],
)
def test_it_does_not_pass_on_nothing(f, inputs):
    with pytest.raises(ValueError, match="nothing to check"):
        gradcheck(f, inputs)


def test_a_function_that_leaves_the_graph_is_refused():
    with pytest.raises(GradientError, match="its gradient is lost"):
        gradcheck(lambda x: np.ones(2), [np.ones(2)])


def test_wrong_options():
    with pytest.raises(ValueError, match="order is 1 or 2"):
        gradcheck(ag.exp, [np.ones(2)], order=3)
    with pytest.raises(ValueError, match="Richardson"):
        gradcheck(ag.exp, [np.ones(2)], method="guess")


def test_the_strongest_method_is_taken():
    x = np.array([0.5, 2.0])
    assert gradcheck(ag.exp, [x]).methods["first order"] == "complex step"
    assert gradcheck(ag.absolute, [-x]).methods["first order"] == "Richardson"
    assert gradcheck(ag.multiply, [x.round(), x.round()], method="exact").methods["first order"] == "exact"


def test_several_outputs_and_arguments_that_are_not_differentiated():
    report = gradcheck(lambda x, n, y: (x**n, x * y, np.argmax(x)), [np.array([1.0, 2.0]), 3, np.array(2.0)])
    assert report.probes > 20


def test_whole_networks():
    rng = np.random.default_rng(0)
    model = nn.Sequential(
        nn.Conv2D(1, 2, 3, padding=1, rng=rng, dtype=np.float64),
        nn.Tanh(),
        nn.AvgPool2D(2),
        nn.Flatten(),
        nn.Dense(8, 3, rng=rng, dtype=np.float64),
    )
    parameters = list(model.parameters())

    def loss(x, *values):
        for parameter, value in zip(parameters, values, strict=True):
            parameter.data, parameter.node = value.data, value.node
        return ag.softmax_cross_entropy(model(x), [0, 2])

    gradcheck(loss, [rng.normal(size=(2, 1, 4, 4)), *(p.data.copy() for p in parameters)])


@pytest.mark.parametrize("method", [numeric.complex_step, numeric.richardson])
def test_numerical_derivatives_are_as_precise_as_they_say(method):
    x = np.linspace(0.3, 2, 20)
    (found,), (error,) = method(lambda point: [np.exp(np.sin(point[0]))], [x], [np.ones(20)])
    exact = np.exp(np.sin(x)) * np.cos(x)
    assert np.all(np.abs(found - exact) <= error + 1e-15)
    assert np.abs(found - exact).max() < (1e-15 if method is numeric.complex_step else 1e-11)


def test_inputs_may_be_tensors():
    assert gradcheck(ag.tanh, [Tensor([0.5], requires_grad=True)]).probes > 0


def test_the_element_is_named_where_the_jacobian_is_too_large_to_be_checked_whole():
    factors = np.ones((30, 40))
    factors[17, 3] += 1e-6
    sine = ag.primitive(lambda g, y, x: g * np.cos(x) * factors)(lambda x: np.sin(x))
    with pytest.raises(GradientError, match=r"most of all at element \(17, 3\) \(value 0\.5\)"):
        gradcheck(sine, [np.full((30, 40), 0.5)], order=1)


def test_at_a_jump_nothing_is_claimed():
    with pytest.raises(UntrustedDerivative, match=r"cannot be judged.*kinks"):
        gradcheck(lambda x: np.floor(x) + x, [np.array([1.0])], method="Richardson")
