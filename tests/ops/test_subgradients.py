"""The published policy at kinks, singularities and infinities, value by value."""

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor

INF, NAN = np.inf, np.nan


def both(f, *values, dtype=np.float64):
    """The value of f, and the gradient of its sum with respect to each argument."""
    leaves = [Tensor(np.array(v, dtype), requires_grad=True) for v in values]
    with np.errstate(all="ignore"):
        y = f(*leaves)
        y.sum().backward()
    return y.data, *(t.grad.data for t in leaves)


# (name, function, argument, value, gradient)
TABLE = [
    ("abs at ±0", ag.absolute, [0.0, -0.0], [0, 0], [0, 0]),
    ("relu at 0", ag.relu, [0.0, -0.0, -1.0, 2.0], [0, 0, 0, 2], [0, 0, 0, 1]),
    ("relu of NaN", ag.relu, [NAN], [NAN], [1]),
    ("sqrt at 0", ag.sqrt, [0.0], [0], [INF]),
    ("log at 0", ag.log, [0.0], [-INF], [INF]),
    ("where over log", lambda x: ag.where(x > 0, ag.log(x), 0 * x), [0.0, 1.0], [0, 0], [0, 1]),
    ("where over sqrt", lambda x: ag.where(x > 0, ag.sqrt(x), x), [0.0, 4.0], [0, 2], [1, 0.25]),
    ("where over sqrt of less", lambda x: ag.where(x > 0, ag.sqrt(x), x), [-1.0, 4.0], [-1, 2], [1, 0.25]),
    ("where over log of NaN", lambda x: ag.where(np.isnan(x), 0, ag.log(x)), [NAN, 2.0], [0, np.log(2)], [0, 0.5]),
    ("index over sqrt", lambda x: ag.sqrt(x)[1:], [-1.0, 0.25], [0.5], [0, 1]),
    ("index over product", lambda x: (x * x)[1:], [NAN, 3.0], [9], [0, 6]),
    ("where over 1/x", lambda x: ag.where(x > 0, 1 / x, 0 * x), [0.0, 2.0], [0, 0.5], [0, -0.25]),
    ("where over x**0.5", lambda x: ag.where(x > 0, x**0.5, 0 * x), [0.0, 4.0], [0, 2], [0, 0.25]),
    ("sqrt(x*x) at 0", lambda x: ag.sqrt(x * x), [0.0, 3.0], [0, 3], [0, 1]),
    ("sqrt(x**2) at 0", lambda x: ag.sqrt(x**2), [0.0, -3.0], [0, 3], [0, -1]),
    ("a norm at 0", lambda x: ag.sqrt(ag.sum(x * x)), [0.0, 0.0], 0, [0, 0]),
    ("where over exp", lambda x: ag.where(x < 100, ag.exp(x), 0 * x), [0.0, 1000.0], [1, 0], [1, 0]),
    ("NaN in the data", lambda x: ag.sqrt(x * x), [0.0, NAN], [0, NAN], [0, NAN]),
    ("max, ties", ag.max, [3.0, 1.0, 3.0], 3, [0.5, 0, 0.5]),
    ("min, ties", ag.min, [3.0, 1.0, 1.0], 1, [0, 0.5, 0.5]),
    ("max with NaN", ag.max, [3.0, NAN, 5.0], NAN, [0, 1, 0]),
    ("min with NaN", ag.min, [3.0, NAN, 5.0], NAN, [0, 1, 0]),
    (
        "clip at its bounds",
        lambda x: ag.clip(x, 0, 1),
        [-1.0, 0.0, 0.5, 1.0, 2.0],
        [0, 0, 0.5, 1, 1],
        [0, 1, 1, 1, 0],
    ),
    ("clip, crossed bounds", lambda x: ag.clip(x, 2, 1), [0.0, 1.5, 3.0], [1, 1, 1], [0, 0, 0]),
    ("x**0 at 0", lambda x: x**0, [0.0, 2.0], [1, 1], [0, 0]),
    ("x**1 at 0", lambda x: x**1, [0.0], [0], [1]),
    ("x**2 at 0", lambda x: x**2, [0.0], [0], [0]),
    ("(-2)**3.0", lambda x: x**3.0, [-2.0], [-8], [12]),
    ("sigmoid, far out", ag.sigmoid, [-1000.0, 1000.0], [0, 1], [0, 0]),
    ("tanh, far out", ag.tanh, [-1000.0, 1000.0], [-1, 1], [0, 0]),
    ("logsumexp of all -inf", ag.logsumexp, [-INF, -INF], -INF, [0, 0]),
    ("logsumexp with +inf", ag.logsumexp, [1.0, INF], INF, [0, 1]),
    ("logsumexp far out", ag.logsumexp, [1e4, 1e4], 1e4 + np.log(2), [0.5, 0.5]),
    ("softmax, some -inf", ag.softmax, [-INF, 0.0, 0.0], [0, 0.5, 0.5], [0, 0, 0]),
    ("softmax, all -inf", ag.softmax, [-INF, -INF], [NAN, NAN], [NAN, NAN]),
    ("var, ddof = n", lambda x: ag.var(x, ddof=2), [1.0, 2.0], NAN, [NAN, NAN]),
    ("var of a constant", ag.var, [2.0, 2.0], 0, [0, 0]),
]


@pytest.mark.parametrize(("f", "x", "value", "gradient"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_table(f, x, value, gradient, dtype):
    if f in (ag.logsumexp,) and dtype == np.float32 and x == [1e4, 1e4]:
        value = np.float32(value)
    y, g = both(f, x, dtype=dtype)
    assert g.dtype == y.dtype == dtype
    np.testing.assert_array_equal(y, np.asarray(value, dtype))
    np.testing.assert_allclose(g, np.asarray(gradient, dtype), rtol=1e-6 if dtype == np.float32 else 1e-15)


@pytest.mark.parametrize("shape", [(), (1,), (3, 5)])
def test_zero_times_infinity_is_zero_in_every_order(shape):
    x = Tensor(np.zeros(shape), requires_grad=True)
    with np.errstate(all="ignore"):
        y = ag.where(x > 0, ag.log(x) * x**0.5, x * x)
    g = ag.gradients(y, x, np.ones(shape), create_graph=True)
    h = ag.gradients(g, x, np.ones(shape))
    np.testing.assert_array_equal(g.data, np.zeros(shape))
    np.testing.assert_array_equal(h.data, np.full(shape, 2.0))


@pytest.mark.parametrize("size", [2, 10_000])
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    "f", [np.sin, lambda x: np.sin(x).reshape(-1, 2), lambda x: np.reshape(x, (2, -1)) * 3.0 * x[0]]
)
def test_nan_that_a_given_cotangent_leaves_out_stays_out_of_gradients(f, size, create_graph):
    x = ag.Tensor(np.linspace(1, 2, size), requires_grad=True)
    expected = ag.gradients(f(x), x, np.ones(f(x).shape)).data.copy()
    x.data[-1] = np.nan
    y = f(x)
    cotangent = np.ones(size)
    cotangent[-1] = 0
    (found,) = ag.gradients([y], [x], [cotangent.reshape(y.shape)], create_graph=create_graph)
    np.testing.assert_allclose(found.data[1:-1], expected[1:-1])
    assert found.data[-1] == 0


@pytest.mark.parametrize("f", [ag.maximum, ag.minimum])
def test_equal_arguments_share(f):
    _, a, b = both(f, [1.0, 2.0, NAN, 1.0, NAN], [1.0, 3.0, 1.0, NAN, NAN])
    chosen = [0.5, 0, 1, 0, 0.5] if f is ag.maximum else [0.5, 1, 1, 0, 0.5]
    assert list(a) == chosen
    assert list(b) == [1 - c for c in chosen]


def test_clip_passes_the_gradient_of_what_was_taken():
    x = [0.0, 1.5, 3.0, 0.0]
    y, dx, low, high = both(ag.clip, x, [1.0, 1.0, 1.0, 5.0], [2.0, 2.0, 2.0, 4.0])
    assert list(y) == [1, 1.5, 2, 4]
    assert [list(dx), list(low), list(high)] == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1]]


def test_the_exponents_gradient_is_computed_only_if_it_is_asked_for():
    x = Tensor([-2.0], requires_grad=True)
    (x**3.0).sum().backward()
    assert x.grad.item() == 12.0
    _, _, p = both(ag.power, [-2.0, 0.0, 0.0], [3.0, 0.0, 2.0])
    assert np.isnan(p[0])
    assert list(p[1:]) == [0, 0]


def test_many_ties_in_float16_are_counted_as_integers():
    x = np.zeros(5000, np.float16)
    _, g = both(ag.max, x, dtype=np.float16)
    assert np.isfinite(g).all()
    assert g.astype(float).sum() == pytest.approx(1, rel=1e-2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_of_extreme_logits(dtype):
    logits = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [1e4, 1e4, -1e4]], dtype)
    labels = np.array([0, 1, 2])
    leaf = Tensor(logits, requires_grad=True)
    loss = ag.softmax_cross_entropy(leaf, labels, reduction="none")  # warnings are errors here
    np.testing.assert_allclose(loss.data, [0, np.log(2), 2e4 + np.log(2)], rtol=1e-6)
    loss.sum().backward()
    expected = np.array([[1, 0, 0], [0, 0.5, 0.5], [0.5, 0.5, 0]]) - np.eye(3)
    np.testing.assert_array_equal(leaf.grad.data, expected.astype(dtype))
    np.testing.assert_allclose(ag.log_softmax(logits)[np.arange(3), labels], -loss.data, rtol=1e-6)


@pytest.mark.parametrize("f", [ag.sigmoid, ag.tanh, ag.softmax, ag.log_softmax, ag.logsumexp, ag.exp])
def test_stable_functions_do_not_warn(f):
    limit = 80 if f is ag.exp else 1000
    x = Tensor(np.array([-limit, 0, limit], np.float32), requires_grad=True)
    f(x).sum().backward()
    assert np.isfinite(x.grad.data).all()


@pytest.mark.parametrize("axis", [0, 1, (0, 1)])
def test_long_float32_sums_keep_their_precision(axis):
    x = np.random.default_rng(0).random((1_000_000, 3), np.float32)
    for array in (x, np.asfortranarray(x)):
        exact = x.sum(axis=axis, dtype=np.float64)
        assert np.abs(ag.sum(array, axis=axis) / exact - 1).max() < 1e-6
        assert np.abs(ag.mean(array, axis=axis) * (x.size / exact.size) / exact - 1).max() < 1e-6
        assert ag.sum(array, axis=axis).dtype == np.float32


def test_empty_arrays():
    empty = Tensor(np.zeros((0, 3)), requires_grad=True)
    assert ag.sum(empty).item() == 0
    assert ag.logsumexp(empty).item() == -INF
    with pytest.warns(RuntimeWarning):
        assert np.isnan(ag.mean(empty).item())
    with pytest.raises(ValueError, match="zero-size"):
        ag.max(empty)
    for f in (
        ag.exp,
        ag.relu,
        ag.softmax,
        lambda t: t @ np.ones((3, 2)),
        lambda t: t[1:],
        lambda t: t.reshape(3, 0),
    ):
        empty.grad = None
        f(empty).sum().backward()
        assert empty.grad.shape == (0, 3)


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([0, 3], ValueError, r"label 3 is no class; logits \(\d+, 3\) have classes 0 to 2"),
        ([0, -1], ValueError, "label -1 is no class"),
        ([0.0, 1.0], TypeError, "labels are integers"),
        ([0], ValueError, r"logits \(\d+, 3\) want one label a row, shape \(\d+,\), not \(\d+,\)"),
        ([[1, 0, 0], [0, 1, 0]], ValueError, "one label a row"),
        (np.array([1, 2**64 - 1], np.uint64), ValueError, "label 18446744073709551615 is no class"),
    ],
)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_refuses_wrong_labels(labels, error, message, reduction):
    with pytest.raises(error, match=message):
        ag.softmax_cross_entropy(np.zeros((2, 3)), np.array(labels), reduction)
    rows = np.zeros((512, 3), np.float32)  # as many as the kernel takes
    with pytest.raises(error, match=message):
        ag.softmax_cross_entropy(rows, np.repeat(np.array(labels), 256, axis=0), reduction)


def test_cross_entropy_of_labels_that_were_changed_is_no_number():
    for rows in (4, 512):
        x, labels = ag.Tensor(np.zeros((rows, 3), np.float32), requires_grad=True), np.zeros(rows, int)
        loss = ag.softmax_cross_entropy(x, labels, "sum")
        labels[0], labels[1] = 3, -1
        loss.backward()
        assert np.isnan(x.grad.data[:2]).all()
        assert np.isfinite(x.grad.data[2:]).all()


def test_cross_entropy_of_integers_is_no_integer():
    assert ag.softmax_cross_entropy(np.array([[1, 2]]), [0]) == ag.softmax_cross_entropy(np.array([[1.0, 2.0]]), [0])


def test_cross_entropy_of_nothing():
    with pytest.raises(ValueError, match="no row to take the mean of"):
        ag.softmax_cross_entropy(np.zeros((0, 3)), np.zeros(0, int))
    assert ag.softmax_cross_entropy(np.zeros((0, 3)), np.zeros(0, int), reduction="sum") == 0
    with pytest.raises(ValueError, match="'median'"):
        ag.softmax_cross_entropy(np.zeros((1, 3)), [0], reduction="median")
    with pytest.raises(ValueError, match="there is no class"):
        ag.softmax_cross_entropy(np.zeros((1, 0)), [0])


ZEROS_OF_NORMS = [
    *(((3,), {"ord": ord}) for ord in (None, 0.5, 1, 1.5, 2, 3, -1, -2, INF, -INF)),
    *(((2, 3), {"ord": ord}) for ord in (None, "fro", "nuc", 1, -1, 2, -2, INF, -INF)),
    *(((2, 3, 2), {"ord": ord, "axis": axis}) for ord in (None, 1, 3, INF) for axis in (0, -1, (1,))),
    *(((2, 3, 2), {"ord": ord, "axis": axis}) for ord in ("fro", "nuc", 1, 2, -INF) for axis in ((0, 1), (-1, 0))),
    *(((2, 3, 2), {"axis": axis, "keepdims": True}) for axis in (None, 1, (0, -1))),
    ((), {}),
    ((1, 1, 1), {}),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("shape", "options"), ZEROS_OF_NORMS)
def test_norms_at_zero(shape, options, dtype):
    value, gradient = both(lambda x: np.linalg.norm(x, **options), np.zeros(shape), dtype=dtype)
    assert not value.any()
    np.testing.assert_array_equal(gradient, np.zeros(shape))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("f", [np.std, np.nanstd, lambda x, **o: x.std(**o), np.var, np.nanvar])
@pytest.mark.parametrize("options", [{}, {"axis": 0}, {"axis": (-1, 0)}, {"ddof": 1}, {"keepdims": True, "axis": 1}])
def test_spread_of_equal_elements(f, options, dtype):
    value, gradient = both(lambda x: f(x, **options), np.full((3, 7), 0.1), dtype=dtype)
    assert not value.any()
    np.testing.assert_array_equal(gradient, np.zeros((3, 7)))


@pytest.mark.parametrize("f", [np.hypot, np.arctan2])
def test_directions_at_the_origin(f):
    zeros = [0.0, -0.0, 0.0, -0.0], [0.0, 0.0, -0.0, -0.0]
    _, a, b = both(f, *zeros)
    assert not a.any()
    assert not b.any()
    for scale in (1e-300, 1e-30, 1e30, 1e300):  # the squares of which are 0 or infinite
        _, a, b = both(f, [3 * scale], [4 * scale])
        slopes = (0.6, 0.8) if f is np.hypot else (0.16 / scale, -0.12 / scale)
        np.testing.assert_allclose([a.item(), b.item()], slopes, rtol=1e-14)


@pytest.mark.parametrize("f", [np.sign, np.floor, np.ceil, np.trunc, np.rint, np.round, np.fix, lambda x: x > 0])
def test_steps_are_constants(f):
    x = Tensor([-1.5, -0.0, 0.0, 2.5], requires_grad=True)
    assert not f(x).requires_grad
    (f(x) * x).sum().backward()
    np.testing.assert_array_equal(x.grad.data, f(x.data))


@pytest.mark.parametrize("scale", [1e-18, 1e-100, 1e-300])
def test_small_differences_from_one_keep_their_precision(scale):
    for f, slope in ((np.log1p, 1 / (1 + scale)), (np.expm1, 1 + scale)):
        value, gradient = both(f, [scale, -scale])
        np.testing.assert_array_max_ulp(value, np.array([scale, -scale]), 2)
        np.testing.assert_array_max_ulp(gradient, np.full(2, slope), 2)
