"""`check_op` finds out what an operation takes, tries it on everything, and says exactly what is wrong."""

import numpy as np
import pytest
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.ops import registry
from autograd_np.ops.arithmetic import raw
from autograd_np.testing import GradientError, check_op, gradcheck
from autograd_np.testing.strategies import arrays
from tests.testing.faults import memory_used_again


def softplus(rule):
    return ag.unary(lambda x: np.logaddexp(0, x), rule, "", name="softplus")


# What cannot be found out by trying: indices, labels, geometries, functions of several outputs' signs.
GIVEN_MORE = {
    "getitem", "scatter_add", "setitem", "conv2d_dx", "conv2d_dw", "max_pool2d", "scatter_pixels", "gather_pixels",
    "avg_pool2d", "avg_pool2d_dx", "where", "concatenate", "stack", "broadcast_to", "reshape", "einsum", "take",
    "softmax_cross_entropy", "pad", "roll", "repeat", "split", "permute", "bincount", "eigh", "svd", "qr", "cholesky",
    "slogdet", "astype", "add_windows", "sliding_window_view", "sinc_derivative", "bessel_i", "unwrap", "vector_norm",
    "root_of_squares", "cofactor_slope", "frexp", "modf", "ldexp", "convolve", "heaviside", "unstack", "real_if_close",
    "expand_dims", "normalize_batch", "cross", "gather", "i0", "transpose", "conjugate", "real", "clip", "drop",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(registry()) - GIVEN_MORE))
def test_the_librarys_own_operations_pass_with_nothing_given(name):
    report = check_op(registry()[name], examples=10)
    assert report.probes > 100
    assert not any(line.wrong for line in report.lines.values())
    assert "NOT CHECKED" not in report.title


def test_a_wrong_rule_is_explained_with_the_smallest_example():
    with pytest.raises(GradientError) as caught:
        check_op(softplus(lambda g, y, x: g * ag.tanh(x)))
    message, note = str(caught.value), caught.value.__notes__[-1]
    assert message.startswith("softplus: the gradient of argument 0 (x) at its only element (value ")
    assert "difference" in message
    assert note.startswith("to see it again: gradcheck(softplus, [np.array(")
    call = note.removeprefix("to see it again: ").split("\n")[0]
    with pytest.raises(GradientError, match="the gradient of argument 0"):
        eval(call, {"gradcheck": gradcheck, "np": np, "softplus": softplus(lambda g, y, x: g * ag.tanh(x))})
    facts = caught.value.facts
    assert facts["operation"] == "softplus"
    assert facts["argument"] == 0
    assert abs(facts["found"] - facts["expected"]) > facts["tolerance"]
    table = str(caught.value.report)
    assert "WRONG" in table
    assert "repeatable bits" in table


def into_the_cotangent(g, new):
    return np.multiply(g, new, out=g) if type(g) is np.ndarray else g * new


def in_float32(new, factor):
    return new * factor if new.dtype == np.float32 else new


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda g, y, x: g * ag.sigmoid(x) * (1 + 1e-6), "is wrong"),
        (lambda g, y, x: g * ag.sigmoid(x) * np.where(raw(x) > 2, 1.01, 1.0), "is wrong"),
        (lambda g, y, x: g * ag.sigmoid(x) * (1.001 if np.ndim(x) == 3 else 1), "is wrong"),
        (lambda g, y, x: g * ag.sigmoid(x) * (1.001 if np.ndim(x) == 5 else 1), "is wrong"),
        (lambda g, y, x: g * ag.sigmoid(x) * (1.001 if x.shape[-1:] == (3,) else 1), "is wrong"),
        (lambda g, y, x: g * ag.sigmoid(x) * (1.001 if np.size(x) > 1000 else 1), "is wrong"),
        (lambda g, y, x: np.abs(g) * ag.sigmoid(x), "cotangent"),
        (lambda g, y, x: g * np.exp(x) / (1 + np.exp(x)), "is wrong"),  # it overflows far out
        (lambda g, y, x: g * raw(ag.sigmoid(x)), "second derivative"),
        (lambda g, y, x: in_float32(g * ag.sigmoid(x), 1.001), "float32"),
        (lambda g, y, x: g * ag.sigmoid(x) if x.size else 1 / 0, "ZeroDivisionError"),
        (lambda g, y, x: g.sum() * ag.sigmoid(x), "is wrong"),
        (lambda g, y, x: into_the_cotangent(g, ag.sigmoid(x)), "read-only|changed"),
        (memory_used_again(lambda g, y, x: g * ag.sigmoid(x), 0), "gave memory that a rule of this sweep had given"),
        (lambda g, y, _x: g * ag.sigmoid(_x), "raises"),
    ],
    ids=["millionth", "far out", "3 axes", "5 axes", "3 long", "many", "sign", "overflow", "first order", "float32",
         "empty", "sum", "in place", "memory", "not kept"],
)  # fmt: skip
def test_faults_that_show_on_some_arguments_only(rule, message):
    with pytest.raises(GradientError, match=message):
        check_op(softplus(rule))


def test_the_argument_that_is_wrong_is_named():
    @ag.primitive(lambda g, y, a, b: g @ b.T, lambda g, y, a, b: a.T @ (g * np.where(np.arange(g.shape[1]), 1, -1)))
    def product(a, b):
        return a @ b

    with pytest.raises(GradientError, match=r"product: the gradient of argument 1 \(b\)") as caught:
        check_op(product)
    assert not caught.value.report.lines["gradient of argument 0 (a)"].wrong


def test_kinks_and_domains_are_declared():
    hinge = ag.unary(lambda x: np.maximum(x, 1 / 3), lambda g, y, x: g * (raw(x) > 1 / 3), "", name="hinge")
    assert check_op(hinge, kinks=[1 / 3]).probes > 100
    assert "0.5 to 2" in check_op(ag.log, domain=(0.5, 2)).title
    assert check_op(ag.divide, domain=[(None, None), (1, 3)], examples=10).probes > 100
    with pytest.raises(ValueError, match="no numbers to check on"):
        check_op(ag.exp, domain=(0.3, 0.3))
    with pytest.raises(ValueError, match="1 pairs"):
        check_op(ag.multiply, domain=[(0, 1)])


def test_shapes_params_and_arguments_may_be_given():
    assert check_op(np.linalg.solve, shapes="(n,n),(n,m)", examples=10).probes > 100
    assert check_op(ag.conv2d, shapes="(1,2,4,4),(2,2,3,3)", params={"padding": 1}, examples=3).probes > 100
    axes = st.sampled_from([0, -1])
    assert check_op(ag.cumsum, shapes="(m,n)", params={"axis": axes}, examples=10).probes > 100
    assert check_op(ag.take, arrays((4,)), np.array([0, 2, 2]), examples=5).probes > 100
    assert check_op(lambda x, y: ag.tanh(x) * y, examples=10).probes > 100


def test_what_nothing_is_known_of_is_refused_with_advice():
    def five(x):
        return x.reshape(5, 7)

    with pytest.raises(ValueError, match=r"what does five take\?.*last error.*shapes=") as caught:
        check_op(five)
    assert "domain=" in str(caught.value)
    with pytest.raises(TypeError, match="an operation is wanted"):
        check_op(3)


def test_it_does_not_pass_where_hardly_anything_could_be_judged():
    rng = np.random.default_rng(0)
    noisy = ag.unary(lambda x: x + 0.01 * rng.normal(size=x.shape), lambda g, y, x: g, "", name="noisy")
    with pytest.raises(ValueError, match="could be judged"):
        check_op(noisy)


def test_the_same_seed_gives_the_same_report():
    a, b, c = (str(check_op(ag.tanh, examples=5, seed=seed)) for seed in (1, 1, 2))
    assert a == b != c


def test_an_optional_argument_that_is_left_out_is_named():
    @ag.primitive(lambda g, y, x, w: g * w, lambda g, y, x, w: g * x)
    def weighted(x, w=None):
        if w is not None:
            raise TypeError("no weights today")
        return x * 1.0

    weighted.op.rules = (lambda g, y, x, w: g, None)
    assert "NOT CHECKED: w" in check_op(weighted, examples=10).title
