"""Elementwise kernels give the bits that NumPy gives; random numbers are those of the generator that is named."""

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import kernels
from autograd_np.kernels import fallback


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, ">f4"])
@pytest.mark.parametrize("shape", [(), (3, 4), (40, 1000), (7, 100, 101)])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, lambda a: a[..., ::-1] if a.ndim else a])
def test_relu(dtype, shape, layout):
    rng = np.random.default_rng(0)
    x, g = (layout(np.asarray(rng.normal(0, 5, shape).astype(dtype))) for _ in range(2))
    if x.size > 3 and x.dtype.kind == "f":
        x.flat[:4], g.flat[1] = [np.nan, 0, np.inf, -np.inf], np.inf
    with np.errstate(invalid="ignore"):
        y = kernels.relu(x)
        np.testing.assert_array_equal(y, np.maximum(x, 0))
        if x.dtype.kind == "f":
            over = x.copy()
            assert kernels.relu(over, over) is over
            np.testing.assert_array_equal(over, y)
        dx = kernels.relu_dx(g, y)
        np.testing.assert_array_equal(dx, fallback.relu_dx(g, y))
        again = g.copy()
        np.testing.assert_array_equal(kernels.relu_dx(again, y, again), dx)
    assert y.dtype == dx.dtype == np.maximum(x, 0).dtype


# Of SplitMix64, from the seed 1234567, as they are published.
NUMBERS = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]


@pytest.mark.parametrize("backend", [fallback, kernels._backend()])
def test_drop_goes_by_splitmix64(backend):
    for i, number in enumerate(NUMBERS):
        assert backend.drop(np.ones(5), 1234567, number, 3.0)[i] == 3
        assert backend.drop(np.ones(5), 1234567, number + 1, 3.0)[i] == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, ">f4"])
@pytest.mark.parametrize("shape", [(), (3, 4), (40, 1000), (7, 100, 1001)])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, lambda a: a[..., ::-1] if a.ndim else a])
@pytest.mark.parametrize("p", [0.25, 1e-300, 1 - 2**-53])
def test_drop(dtype, shape, layout, p):
    rng = np.random.default_rng(0)
    x = layout(np.asarray(rng.normal(0, 5, shape).astype(dtype)))
    if x.size > 3 and x.dtype.kind == "f":
        x.flat[:4] = [np.nan, 0, np.inf, -np.inf]
    wanted = x.dtype.newbyteorder("=") if x.dtype.kind == "f" else np.dtype(float)
    plain = fallback.drop(x.astype(np.result_type(np.float32, x)), 2**64 - 1, int(p * 2**64), 1 / (1 - p))
    with np.errstate(over="ignore"):  # of float16, where nearly all are dropped
        y = kernels.drop(x, seed=2**64 - 1, p=p)
        np.testing.assert_array_equal(y, plain.astype(wanted))
    np.testing.assert_array_equal(np.signbit(y), np.signbit(plain))
    assert y.dtype == wanted


def test_drop_has_the_probability_that_was_asked_for_and_no_pattern():
    n = 10**6
    for p in (0.01, 0.5, 0.9):
        kept = [kernels.drop(np.ones(n), seed=seed, p=p) != 0 for seed in (0, 1, 2**63)]
        deviation = np.sqrt(p * (1 - p))  # of one element
        for mask in kept:
            assert abs(mask.mean() - (1 - p)) < 4 * deviation / np.sqrt(n)
        pairs = [(mask[:-lag], mask[lag:]) for mask in kept for lag in (1, 2, 8, 16, 1000)]
        pairs += [(kept[0], kept[1]), (kept[0], kept[2])]
        for one, other in pairs:
            assert abs(np.corrcoef(one, other)[0, 1]) < 4.5 / np.sqrt(n)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, ">f4"])
@pytest.mark.parametrize("shape", [(), (3, 4), (0, 5), (100, 101), (1000, 301)])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, lambda a: a[..., ::-1] if a.ndim else a])
def test_where_chooses_as_numpys(dtype, shape, layout):
    rng = np.random.default_rng(0)
    c = layout(np.asarray(rng.random(shape) < 0.5))
    a, b = (layout(np.asarray(rng.normal(0, 5, shape).astype(dtype))) for _ in range(2))
    if a.size > 7 and a.dtype.kind == "f":
        a.flat[:4] = b.flat[4:8] = [np.nan, -0.0, np.inf, -np.inf]
    row = b[..., :1] if b.ndim and b.size else 1.5
    for left, right in [(a, b), (a, 0), (-1.5, b), (a, np.float64(2)), (a, row), (1.0, 0.0), (a, b.astype(float))]:
        found, expected = kernels.where(c, left, right), np.where(c, left, right)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype
        if found.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


def test_sigmoid_of_many_is_that_of_few():
    rng = np.random.default_rng(0)
    x = np.concatenate([[np.nan, np.inf, -np.inf, 0, -0.0, 1e-30], rng.normal(0, 20, 200_001)]).astype(np.float32)
    g = np.concatenate([[1], np.full(5, np.inf), rng.normal(0, 20, 200_000), [np.nan]]).astype(np.float32)
    assert kernels.sigmoid(x[:9]) is None is kernels.sigmoid(x.astype(float)) is kernels.sigmoid(x[::-1])
    assert kernels.sigmoid_dx(g[:-1], x) is None
    for _ in range(2):  # on one thread, and then on several
        leaf = ag.Tensor(x, requires_grad=True)
        y = ag.sigmoid(leaf)
        np.testing.assert_allclose(y.data, ag.sigmoid(x.astype(float)), rtol=4e-7, atol=1e-37)
        y.backward(g)
        np.testing.assert_array_equal(leaf.grad.data[:6], [np.nan, 0, 0, np.inf, np.inf, np.inf])
        with np.errstate(invalid="ignore"):
            np.testing.assert_array_equal(leaf.grad.data[6:], (g * y.data * (1 - y.data))[6:])


@pytest.mark.parametrize("infinite", [False, True])
def test_gradient_of_a_large_sigmoid_is_that_of_a_small_one(infinite):
    x = np.linspace(-200, 200, 2000, dtype=np.float32)
    g = np.full(2000, np.inf if infinite else 3, np.float32)
    gradients = []
    for part in (slice(None), slice(0, 300), slice(1700, 2000)):
        leaf = ag.Tensor(x[part], requires_grad=True)
        ag.sigmoid(leaf).backward(g[part])
        gradients.append(leaf.grad.data)
    np.testing.assert_allclose(
        np.r_[gradients[0][:300], gradients[0][1700:]], np.r_[gradients[1], gradients[2]], atol=1e-37
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, ">f4"])
@pytest.mark.parametrize("shape", [(), (3, 4), (40, 1000), (700, 1001)])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, lambda a: a[..., ::-1] if a.ndim else a])
def test_leaky_relu_and_its_slope(dtype, shape, layout):
    rng = np.random.default_rng(0)
    v, x = (layout(np.asarray(rng.normal(0, 5, shape).astype(dtype))) for _ in range(2))
    if x.size > 5 and x.dtype.kind == "f":
        x.flat[:5], v.flat[2:6] = [np.nan, 0, np.inf, -np.inf, -0.0], [np.nan, -0.0, np.inf, -np.inf]
    rule = ag.leaky_relu.op.rules[0]
    for slope in (0.25, -2, 0):
        with np.errstate(invalid="ignore"):
            pairs = (
                (ag.leaky_relu(x, slope), np.where(x > 0, x, slope * x)),
                (
                    rule(v, None, x, slope=slope),
                    np.where(x > 0, v, slope * v),
                ),
            )
        for found, expected in pairs:
            np.testing.assert_array_equal(found, expected)
            np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))
            assert found.dtype == expected.dtype


def test_what_has_a_kernel_for_some_arrays_says_so():
    v = np.ones(1000, np.float32)
    for other in (v[:999], v[::-1], v.astype(float), v.astype(">f4"), list(v)):
        assert kernels.leak(v, other, 0.5) is None
        assert kernels.softmax_dx(v, other) is None
    assert kernels.leak(v, v, 0) is None
