"""Linear algebra where matrices are singular or values equal: a gradient by policy, the limit, or a clear error."""

from itertools import permutations

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor

LinAlgError = np.linalg.LinAlgError
E2, E3 = np.eye(2), np.eye(3)
ZEROS = np.zeros((2, 3))


def gradient(f, x):
    t = Tensor(np.array(x, float), requires_grad=True)
    f(t).backward()
    return t.grad.data


def of_order(ord):
    return lambda x: np.linalg.norm(x, ord)


# (name, function, argument, gradient)
TABLE = [
    ("eigenvalue of three equal", lambda x: np.linalg.eigvalsh(x)[-1], E3, E3 / 3),
    ("function of equal eigenvalues", lambda x: np.sum(np.linalg.eigvalsh(x) ** 2), 3 * E3, 6 * E3),
    ("vectors unused", lambda x: np.linalg.eigh(x).eigenvalues[0], np.diag([2.0, 2.0, 5]), np.diag([0.5, 0.5, 0])),
    ("one vector beside equal ones", lambda x: np.linalg.eigh(x)[1][2, 2] ** 2, np.diag([1.0, 1, 2]), np.zeros((3, 3))),
    ("equal singular values", lambda x: np.linalg.svdvals(x)[0], E3, E3 / 3),
    ("a singular value 0", lambda x: np.sum(np.linalg.svdvals(x)), np.diag([2.0, 0]), np.diag([1.0, 0])),
    ("norm 2 of the unit", of_order(2), E2, E2 / 2),
    ("norm -2 of a singular matrix", of_order(-2), np.diag([2.0, 0]), np.zeros((2, 2))),
    ("nuclear norm of the unit", of_order("nuc"), E3, E3),
    ("norm inf of a vector, ties", of_order(np.inf), [2.0, -2, 1], [0.5, -0.5, 0]),
    ("norm -inf of a vector with 0", of_order(-np.inf), [2.0, 0], [0, 0]),
    ("norm 1 of a vector with 0", of_order(1), [2.0, 0, -1], [1, 0, -1]),
    ("norm 1/2 of a vector with 0", of_order(0.5), [4.0, 0], [1, 0]),
    ("norm 3 of a vector with 0", of_order(3), [2.0, 0], [1, 0]),
    ("norm 1 of a matrix, ties", of_order(1), E2, E2 / 2),
    ("norm of 0", of_order(None), ZEROS, ZEROS),
    *(
        (f"norm {ord} of the vector 0", of_order(ord), [0.0, 0], [0, 0])
        for ord in (None, 1, 2, 3, 0.5, np.inf, -np.inf)
    ),
    *(
        (f"norm {ord} of the matrix 0", of_order(ord), ZEROS, ZEROS)
        for ord in ("fro", "nuc", 1, 2, -2, np.inf, -np.inf)
    ),
    ("det of rank n - 1", np.linalg.det, np.diag([2.0, 3, 0]), np.diag([0.0, 0, 6])),
    ("det of rank n - 2", np.linalg.det, np.diag([2.0, 0, 0]), np.zeros((3, 3))),
    ("det of 0", np.linalg.det, [[0.0]], [[1.0]]),
    (
        "det of the magic square",
        np.linalg.det,
        np.arange(1.0, 10).reshape(3, 3),
        [[-3, 6, -3], [6, -12, 6], [-3, 6, -3]],
    ),
    ("slogdet's sign", lambda x: np.linalg.slogdet(x).sign, E2, np.zeros((2, 2))),
    ("slogdet unused", lambda x: 0 * np.linalg.slogdet(x).sign, np.zeros((2, 2)), np.zeros((2, 2))),
    ("matrix to the power 0", lambda x: np.sum(np.linalg.matrix_power(x, 0)), np.zeros((2, 2)), np.zeros((2, 2))),
    ("expm of 0", lambda x: np.sum(ag.linalg.expm(x)), np.zeros((2, 2)), np.ones((2, 2))),
    ("pinv of 0", lambda x: np.sum(np.linalg.pinv(x)), ZEROS, ZEROS),
    ("the only vector beyond", lambda x: np.linalg.svd(x)[0][0, 1] ** 2, [[1.0], [1]], [[-0.5], [0.5]]),
]


@pytest.mark.parametrize(("f", "x", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_table(f, x, expected):
    np.testing.assert_allclose(gradient(f, x), expected, rtol=1e-12, atol=1e-14)


def levi_civita(n):
    signs = np.zeros((n,) * n)
    for p in permutations(range(n)):
        signs[p] = round(np.linalg.det(np.eye(n)[list(p)]))
    return signs


def polynomial(a):
    """The determinant by its definition."""
    n = a.shape[-1]
    return np.einsum(levi_civita(n), range(n), *(part for i in range(n) for part in (a[i], [i])))


@pytest.mark.parametrize("rank", [0, 1, 2, 3, 4])
def test_first_and_second_derivatives_of_det_whatever_the_rank(rank):
    rng = np.random.default_rng(rank)
    x = rng.normal(size=(4, rank)) @ rng.normal(size=(rank, 4))
    v, found = rng.normal(size=(4, 4)), []
    for det in (np.linalg.det, polynomial):
        t = Tensor(x, requires_grad=True)
        g = ag.gradients(det(t), t, create_graph=True)
        h = ag.gradients(np.sum(g * v), t, create_graph=True)
        found.append((g.data, h.data))
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-11)


def test_third_derivatives_of_det():
    x, v = Tensor(np.arange(9.0).reshape(3, 3) ** 2 + E3, requires_grad=True), np.cos(np.arange(9.0)).reshape(3, 3)
    found = []
    for det in (np.linalg.det, polynomial):
        y = det(x)
        for _ in range(3):
            y = np.sum(ag.gradients(y, x, create_graph=True) * v)
        found.append(y.item())
    assert np.isclose(*found, rtol=1e-9)


def reference(f, x):
    """Backward of the sum of squares of f(x), weighted so that it depends on every choice."""
    y = f(Tensor(np.array(x, float), requires_grad=True))
    weights = np.cos(np.arange(y.size)).reshape(y.shape)
    (weights * y).sum().backward()


# (name, function, argument, message)
ERRORS = [
    ("eigenvectors of equal values", lambda x: np.linalg.eigh(x)[1], E2, "eigh: equal values"),
    ("of nearly equal values", lambda x: np.linalg.eigh(x)[1], np.diag([1, 1 + 1e-15]), "eigh: equal values"),
    ("singular vectors of equal values", lambda x: np.linalg.svd(x)[0], E2, "svd: equal values"),
    ("of two zeros", lambda x: np.linalg.svd(x)[0], np.diag([1.0, 0, 0]), "svd: equal values"),
    (
        "of a zero",
        lambda x: np.linalg.svd(x)[2][:1],
        np.zeros((1, 2)),
        "svd: the singular vectors of a singular value 0",
    ),
    ("full matrices", lambda x: np.linalg.svd(x)[0], [[1.0], [2], [3]], "svd: the columns beyond the first 1 .*False"),
    ("complete qr", lambda x: np.linalg.qr(x, "complete")[0], [[1.0], [2], [3]], "qr: the columns beyond .*'reduced'"),
    ("dependent columns", lambda x: np.linalg.qr(x)[1], [[1.0, 0], [0, 0]], "qr: the columns are linearly dependent"),
    ("log of det 0", lambda x: np.linalg.slogdet(x)[1] * np.ones(1), np.zeros((2, 2)), "slogdet: a matrix is singular"),
    ("lstsq", lambda x: np.linalg.lstsq(x, np.ones(2))[0], np.ones((2, 2)), r"lstsq: a \(2, 2\) has rank 1"),
    ("cond", lambda x: np.linalg.cond(x), np.ones((2, 2)) * [1, 0], "cond: a matrix is singular"),
    ("not positive definite", lambda x: np.linalg.cholesky(x), -E2, "positive definite"),
]


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize(("f", "x", "message"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_errors(f, x, message):
    with pytest.raises(LinAlgError, match=message):
        reference(f, x)


def test_there_are_no_third_derivatives_of_det_at_singular_matrices():
    x = Tensor(np.diag([1.0, 2, 0]), requires_grad=True)
    slope = np.sum(ag.gradients(np.linalg.det(x), x, create_graph=True))
    curvature = np.sum(ag.gradients(slope, x, create_graph=True))
    with pytest.raises(LinAlgError, match="third derivatives"):
        ag.gradients(curvature, x)


def test_nothing_is_refused_where_no_gradient_is_wanted():
    assert np.linalg.cond(Tensor(np.diag([1.0, 0]))).item() == np.inf
    assert np.linalg.eigh(Tensor(E2))[1].tolist() == E2.tolist()
    assert np.linalg.qr(Tensor([[1.0], [0]]), "complete")[0].shape == (2, 2)


def test_functions_of_the_space_of_equal_values_only_where_it_is_not_split():
    """The gradient of a projector onto a null space, whichever basis of it was found."""
    x = np.random.default_rng(0).normal(size=(5, 2))
    v = np.random.default_rng(1).normal(size=(5, 5))

    def by_svd(x):
        others = np.linalg.svd(x)[0][:, 2:]
        return np.sum(v * (others @ others.T))

    def directly(x):
        return np.sum(v * (np.eye(5) - x @ np.linalg.inv(x.T @ x) @ x.T))

    np.testing.assert_allclose(gradient(by_svd, x), gradient(directly, x), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("size", [1e-3, 1.0, 30.0])
def test_expm(size):
    x = size * np.random.default_rng(0).normal(size=(2, 4, 4)) / 4
    x = x + np.swapaxes(x, -1, -2)
    w, v = np.linalg.eigh(x)
    expected = (v * np.exp(w)[..., None, :]) @ np.swapaxes(v, -1, -2)
    error = np.abs(ag.linalg.expm(x) - expected).max((-2, -1)) / np.abs(expected).max((-2, -1))
    assert (error < 1e-13 * max(1, size)).all()
    np.testing.assert_allclose(ag.linalg.expm(np.array([[0.0, 1], [0, 0]])), [[1, 1], [0, 1]], atol=1e-15)


def test_hessian_of_a_norm_where_an_element_is_0():
    x = Tensor([3.0, 0.0], requires_grad=True)
    slope = ag.gradients(np.linalg.norm(x), x, create_graph=True)
    assert ag.gradients(slope, x, [0.0, 3.0]).tolist() == [0, 1]
