"""Products and linear algebra against NumPy's own results, and the calls that are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.testing.strategies import Draw
from tests.cases import linalg, products

ROWS = products.CASES | products.COMPOSITIONS | linalg.CASES | linalg.COMPOSITIONS


@pytest.mark.parametrize("name", ROWS)
@given(data=st.data())
def test_values_are_numpys(name, data):
    f, arrays = ROWS[name].row(Draw(data))
    ours, theirs = f(*(Tensor(x) for x in arrays)), f(*arrays)
    if not isinstance(ours, (tuple, list)):
        ours, theirs = [ours], [theirs]
    for y, expected in zip(ours, theirs, strict=True):
        assert isinstance(y, Tensor)
        assert not isinstance(expected, Tensor)
        assert y.shape == np.shape(expected)
        assert y.dtype == np.asarray(expected).dtype
        np.testing.assert_allclose(y.data, expected, rtol=1e-10, atol=1e-12)


def leaf(*shape, dtype=float):
    return Tensor(np.ones(shape, dtype), requires_grad=True)


@pytest.mark.parametrize(
    ("f", "shapes", "expected"),
    [
        (lambda a, b: np.einsum("ij,jk->ik", a, b), [(0, 3), (3, 2)], (0, 2)),
        (lambda a, b: np.einsum("ij,jk->ik", a, b), [(2, 0), (0, 2)], (2, 2)),
        (lambda a: np.einsum("ii->i", a), [(0, 0)], (0,)),
        (lambda a, b: np.tensordot(a, b, 1), [(2, 0), (0, 3)], (2, 3)),
        (np.dot, [(), (3,)], (3,)),
        (np.inner, [(), ()], ()),
        (np.outer, [(0,), (3,)], (0, 3)),
        (np.kron, [(0, 2), (2,)], (0, 4)),
        (np.cross, [(0, 3), (3,)], (0, 3)),
        (np.vecdot, [(2, 0), (0,)], (2,)),
        (np.linalg.det, [(0, 2, 2)], (0,)),
        (np.linalg.det, [(0, 0)], ()),
        (np.linalg.inv, [(0, 0)], (0, 0)),
        (np.linalg.solve, [(0, 0), (0, 2)], (0, 2)),
        (np.linalg.cholesky, [(0, 2, 2)], (0, 2, 2)),
        (lambda a: np.linalg.eigh(a)[1], [(0, 2, 2)], (0, 2, 2)),
        (lambda a: np.linalg.svd(a).U, [(0, 2, 3)], (0, 2, 2)),
        (lambda a: np.linalg.qr(a).R, [(0, 3, 2)], (0, 2, 2)),
        (np.linalg.norm, [(0,)], ()),
        (np.linalg.norm, [()], ()),
        (lambda a: np.linalg.norm(a, axis=1), [(0, 3)], (0,)),
        (lambda a: np.linalg.trace(a), [(0, 0)], ()),
    ],
)
def test_empty_arrays_and_numbers(f, shapes, expected):
    arrays = [leaf(*shape) for shape in shapes]
    y = f(*arrays)
    assert y.shape == expected == np.shape(f(*(a.data for a in arrays)))
    ag.sum(y).backward()
    assert [a.grad.shape for a in arrays] == shapes


def test_float32_stays():
    a = leaf(3, 3, dtype=np.float32) * np.diag([1, 2, 3]).astype(np.float32)
    calls = [
        *(np.linalg.inv, np.linalg.pinv, np.linalg.det, np.linalg.cholesky, np.linalg.svdvals, np.linalg.eigvalsh),
        *(np.linalg.norm, np.linalg.cond, ag.linalg.expm, lambda x: np.linalg.matrix_power(x, -3)),
        *(lambda x: np.linalg.matrix_norm(x, ord="nuc"), lambda x: np.linalg.vector_norm(x, ord=3)),
        *(lambda x: np.linalg.slogdet(x).logabsdet, lambda x: np.linalg.eigh(x)[1], lambda x: np.linalg.qr(x).R),
        *(lambda x: np.einsum("ij,ik->", x, x), lambda x: np.kron(x, x), lambda x: np.cross(x, x[0])),
    ]
    for f in calls:
        assert f(a).dtype == np.float32


def test_long_and_large_float32_norms():
    x = np.full((1_000_000, 2), 0.1, np.float32)
    exact = np.linalg.norm(x.astype(float), axis=0)
    assert np.abs(ag.linalg.norm(x, axis=0) / exact - 1).max() < 1e-6
    t = Tensor(np.array([3e30, 4e30], np.float32), requires_grad=True)
    y = np.linalg.norm(t)
    y.backward()
    assert y.item() == np.float32(5e30)
    np.testing.assert_allclose(t.grad.data, [0.6, 0.8], rtol=1e-6)


def test_numpys_conventions():
    a, b = leaf(2, 2), leaf(2, 2)
    assert type(np.linalg.svd(a)).__name__ == "SVDResult"
    assert np.linalg.slogdet(a * np.eye(2)).sign.item() == 1
    assert np.einsum_path("ij,jk", a, b)[0] == ["einsum_path", (0, 1)]
    assert np.linalg.matrix_rank(a) == 1
    assert ag.linalg.norm(np.ones(4)) == 2
    assert type(ag.linalg.inv(np.eye(2))) is np.ndarray
    assert type(ag.linalg.solve(np.eye(2), np.ones(2))) is np.ndarray
    assert type(ag.tensordot(np.eye(2), np.eye(2), 1)) is np.ndarray
    assert np.linalg.norm(leaf(3) * 0, ord=0).item() == 0
    assert np.linalg.vector_norm(leaf(2, 2), ord=0, axis=0).tolist() == [2, 2]
    x, residuals, rank, _ = np.linalg.lstsq(np.eye(2), b)
    assert (x.shape, residuals.shape, rank) == ((2, 2), (0,), 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda t: np.einsum("ij,jk", t, t, out=np.ones((2, 2))), TypeError, "out="),
        (lambda t: np.einsum("ij,jk", t, t, dtype=np.float32), TypeError, "dtype="),
        (lambda t: np.einsum("ij,jk", t, t, nonsense=1), TypeError, "no argument 'nonsense'"),
        (lambda t: np.einsum(), ValueError, "subscripts"),
        (lambda t: ag.einsum(), ValueError, "subscripts"),
        (lambda t: np.einsum("ijk", t), ValueError, "subscripts"),
        (lambda t: np.einsum("ij,kl->ij", t), ValueError, "operands"),
        (lambda t: np.dot(t, t, out=np.ones((2, 2))), TypeError, "out="),
        (lambda t: np.vecdot(t, t, keepdims=True), TypeError, "keepdims="),
        (lambda t: np.tensordot(t, np.ones((3, 3))), ValueError, r"tensordot: axes \(0, 1\) of shape \(2, 2\)"),
        (lambda t: np.tensordot(t, t, 3), ValueError, "out of bounds"),
        (lambda t: np.cross(t[:, :1], t), ValueError, "cross: vectors have 2 or 3 components, not 1 and 2"),
        (lambda t: np.linalg.cross(t, t), ValueError, "3 components, not 2 and 2"),
        (lambda t: np.linalg.outer(t, t), ValueError, "two vectors"),
        (lambda t: np.linalg.multi_dot([t]), ValueError, "at least two"),
        (lambda t: np.linalg.multi_dot([t, t[None], t]), np.linalg.LinAlgError, "matrices"),
        (lambda t: np.linalg.svd(t, hermitian=True), TypeError, "hermitian="),
        (lambda t: np.linalg.pinv(t, hermitian=True), TypeError, "hermitian="),
        (lambda t: np.linalg.trace(t, out=t), TypeError, "out"),
        (lambda t: np.linalg.qr(t, mode="raw"), TypeError, "'reduced', 'complete' or 'r', not 'raw'"),
        (lambda t: np.linalg.norm(t, ord="nuc", axis=0), ValueError, "is for matrices"),
        (lambda t: np.linalg.norm(t, ord=3), ValueError, "ord of a matrix"),
        (lambda t: np.linalg.norm(t[None], ord=1), ValueError, "one axis .* or two"),
        (lambda t: np.linalg.tensorsolve(t, np.ones(3)), np.linalg.LinAlgError, "tensorsolve"),
        (lambda t: np.linalg.tensorinv(t, 0), ValueError, "ind is positive"),
        (lambda t: np.linalg.inv(t), np.linalg.LinAlgError, "Singular"),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(leaf(2, 2))


def test_all_of_numpys_linear_algebra_is_there():
    assert set(ag.linalg.__all__) == set(np.linalg.__all__) - {"LinAlgError"} | {"expm"}
    assert all(callable(getattr(ag.linalg, name)) for name in ag.linalg.__all__)


def test_eigenvalues_of_a_detached_tensor_are_plain():
    assert np.linalg.eigvals(Tensor(np.diag([1.0, 2.0]))).tolist() == [1, 2]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex64])
@pytest.mark.parametrize("shape", [(5, 3), (700, 3), (4, 700, 30)])
def test_the_gradient_of_a_bias_is_the_sum_of_the_rows(dtype, shape):
    rng = np.random.default_rng(0)
    g = rng.uniform(1, 2, shape).astype(dtype)
    b = ag.Tensor(np.zeros(shape[-1], dtype), requires_grad=True)
    y = ag.linear(np.zeros((*shape[:-1], 2), dtype), np.zeros((2, shape[-1]), dtype), b)
    found = ag.gradients(y, b, g)
    assert found.dtype == dtype
    wide = g.astype(np.complex128 if found.dtype.kind == "c" else np.float64)
    np.testing.assert_allclose(
        found.data, wide.reshape(-1, shape[-1]).sum(0), rtol=1e-3 if dtype == np.float16 else 1e-5
    )


@pytest.mark.parametrize(
    "subscripts", ["ij,kj->ik", "ij,jk", "ij,ij->i", "ij,ij", "aij,ajk->aik", "ij,kl->ijkl", "...j,...j"]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, complex])
def test_einsum_of_large_arrays_is_numpys(subscripts, dtype):
    rng = np.random.default_rng(0)
    shape = {"aij,ajk->aik": (9, 23, 23), "ij,kl->ijkl": (47, 47)}.get(subscripts, (70, 70))
    a, b = (rng.normal(size=shape).astype(dtype) for _ in range(2))
    found = ag.einsum(subscripts, a, b)
    expected = np.einsum(subscripts, a.astype(complex), b.astype(complex))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert found.dtype == dtype
