"""Products of matrices by a kernel, and when they are used."""

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_np import kernels, linear
from autograd_np.kernels import blas, fallback

from .geometries import integers, wild

products = pytest.importorskip("autograd_np.kernels.products")
emitter = pytest.importorskip("autograd_np.kernels.emitter")

ORDERS = [("C", "C"), ("C", "F"), ("F", "C"), ("F", "F")]
shapes = st.tuples(st.integers(4, 80), st.integers(1, 300), st.integers(3, 200))


@pytest.fixture(params=["threads", "serial"], autouse=True, scope="module")
def _threads(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograd_np.kernels.compile.PARALLEL_WORK", 0 if request.param == "threads" else float("inf"))
        patch.setattr("autograd_np.kernels.threads.may_share", lambda who, work: True)
        yield


def check(shape, orders, make, dtype, biased):
    rows, terms, columns = shape
    rng = np.random.default_rng(shape)
    a, b = make(rng, (rows, terms), dtype), make(rng, (terms, columns), dtype)
    a, b = (np.asarray(array, order=order) for array, order in zip((a, b), orders, strict=True))
    bias = make(rng, (columns,), dtype) if biased else None
    out = products.multiply(a, b, bias)
    with np.errstate(all="ignore"):
        wanted = np.einsum("ik,kj->ij", a, b) + (0 if bias is None else bias)
    np.testing.assert_array_equal(out, wanted)
    assert out.dtype == dtype
    assert out.flags.c_contiguous


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("orders", ORDERS)
@given(shape=shapes, biased=st.booleans())
def test_equal_to_einsum(shape, orders, dtype, biased):
    check(shape, orders, integers, dtype, biased)


@pytest.mark.parametrize("orders", ORDERS)
@given(shape=shapes)
def test_nan_and_inf_where_einsum_has_them(shape, orders):
    check(shape, orders, wild, np.float32, biased=True)


@pytest.mark.parametrize(
    "shape", [(4, 128, 64), (5, 129, 65), (64, 784, 10), (14, 200, 3), (700, 300, 513), (36, 1, 1100)]
)
def test_panels_and_shares_of_every_size(shape):
    for orders in ORDERS:
        check(shape, orders, integers, np.float32, biased=True)


MATRIX = np.ones((48, 36), np.float32)
UNALIGNED = np.zeros(MATRIX.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(MATRIX.shape)


@pytest.mark.parametrize(
    ("a", "b", "bias"),
    [
        (MATRIX, MATRIX, None),  # inner lengths
        (MATRIX, MATRIX.T.astype(np.float64), None),
        (MATRIX.astype(np.float16), MATRIX.T.astype(np.float16), None),
        (MATRIX.astype(">f4"), MATRIX.T.astype(">f4"), None),
        (MATRIX[:3], MATRIX.T, None),  # few rows
        (MATRIX[:, ::2], MATRIX[:18], None),
        (UNALIGNED, MATRIX.T, None),
        (MATRIX, MATRIX.T[:, :2].copy(), None),  # few columns
        (np.broadcast_to(MATRIX[0], (48, 36)), MATRIX.T, None),
        (MATRIX[None], MATRIX.T, None),
        (MATRIX, MATRIX.T, np.ones(48)),
        (MATRIX, MATRIX.T, np.ones(47, np.float32)),
        (MATRIX, MATRIX.T, np.ones(96, np.float32)[::2]),
    ],
)
def test_what_the_kernel_does_not_take(a, b, bias):
    assert products.multiply(a, b, bias) is None


def test_equal_dtypes_need_not_be_one_object():
    a, bias = (pickle.loads(pickle.dumps(array)) for array in (MATRIX, np.ones(48, np.float32)))
    assert a.dtype is not MATRIX.dtype
    for left, right in [(a, MATRIX.T), (MATRIX, a.T), (MATRIX, MATRIX.T)]:
        np.testing.assert_array_equal(products.multiply(left, right, bias), np.full((48, 48), 37, np.float32))


@pytest.fixture
def quicker(monkeypatch):
    """Which module is chosen for products where BLAS, and vectors, are these."""

    def choose(architectures, vector_bytes=64, backend=None):
        monkeypatch.setattr(blas, "_libraries", lambda: [SimpleNamespace(architecture=kind) for kind in architectures])
        monkeypatch.setattr(emitter, "VECTOR_BYTES", vector_bytes)
        if backend is not None:
            monkeypatch.setattr(kernels, "_backend", lambda: backend)
        blas._quicker.cache_clear()
        return blas._quicker()

    yield choose
    monkeypatch.undo()
    blas._quicker.cache_clear()


def test_the_kernel_is_for_processors_that_blas_does_not_know(quicker):
    assert quicker(["Haswell"]) is products
    assert quicker(["Zen", "Haswell"]) is products
    assert quicker(["SkylakeX"]) is None
    assert quicker(["Haswell", "SkylakeX"]) is None
    assert quicker([None]) is None
    assert quicker([]) is None
    assert quicker(["Haswell"], vector_bytes=32) is None
    assert quicker(["Haswell"], backend=fallback) is None


@pytest.mark.parametrize(
    ("n", "dtype", "own"), [(60, np.float32, True), (100, np.int64, False), (50, np.float64, False)]
)
def test_large_products_are_the_kernels(quicker, monkeypatch, n, dtype, own):
    quicker(["Haswell"])
    taken = []

    def noting(a, b, bias):
        y = multiply(a, b, bias)
        taken.append(y is not None)
        return y

    multiply = products.multiply
    monkeypatch.setattr(products, "multiply", noting)
    x, w, b = (integers(np.random.default_rng(0), shape, dtype) for shape in ((n, n), (n, n), (n,)))
    np.testing.assert_array_equal(kernels.matmul(x, w), x @ w)
    np.testing.assert_array_equal(linear(x, w, b), x @ w + b)
    np.testing.assert_array_equal(kernels.matmul(x, w, b.astype(np.float16)), x @ w + b)
    assert sum(taken) == 2 * own


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.complex64, np.int64, np.bool_])
@pytest.mark.parametrize("shape", [((70, 1), (1, 40)), ((3, 70, 1), (1, 40)), ((70, 1), (2, 1, 40)), ((1,), (1, 5000))])
def test_sums_of_one_term(quicker, dtype, shape):
    quicker(["SkylakeX"])
    a, b = (integers(np.random.default_rng(0), axes, np.int64).astype(dtype) for axes in shape)
    y = kernels.matmul(a, b)
    np.testing.assert_array_equal(y, a @ b)
    assert y.dtype == dtype


def test_shapes_that_do_not_fit_are_refused_as_numpy_does(quicker):
    quicker(["Haswell"])
    with pytest.raises(ValueError, match="matmul"):
        kernels.matmul(np.ones((100, 90), np.float32), np.ones((100, 90), np.float32))
