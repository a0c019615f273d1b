"""What the standard demands and NumPy, or the oracle, does otherwise."""

import numpy as np
import pytest

import autograd_np as ag

INF, NAN = np.inf, np.nan


def same(found: ag.Tensor, expected: object) -> None:
    """Equal, with the signs of zeros."""
    expected = np.asarray(expected, found.dtype)
    np.testing.assert_array_equal(found.data, expected)
    for part in ("real", "imag"):
        a, b = getattr(found.data, part), getattr(expected, part)
        assert np.array_equal(np.signbit(a) | np.isnan(a), np.signbit(b) | np.isnan(b))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (INF, 1, INF),
        (INF, -1, -INF),
        (-INF, 1, -INF),
        (-INF, -1, INF),
        (INF, 0.0, INF),
        (INF, -0.0, -INF),
        (1, INF, 0.0),
        (1, -INF, -1),
        (-1, INF, -1),
        (-1, -INF, 0.0),
        (INF, INF, NAN),
        (INF, NAN, NAN),
        (0.0, 1, 0.0),
        (-0.0, 1, -0.0),
        (0.0, -1, -0.0),
        (-0.0, -1, 0.0),
        (1, 0.0, INF),
        (1, -0.0, -INF),
    ],
)
@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
def test_floor_divide(a, b, expected, dtype):
    x, y = ag.asarray(a, dtype=dtype), ag.asarray(b, dtype=dtype)
    with np.errstate(all="ignore"):
        same(ag.floor_divide(x, y), expected)
        same(x // y, expected)
        same(x // b, expected)
        same(a // y, expected)
        x //= y
        same(x, expected)


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        (complex(INF, 0), complex(INF, 0)),
        (complex(-INF, 2), complex(-1, 0)),
        (complex(-INF, -2), complex(-1, -0.0)),
        (complex(INF, 1), complex(INF, INF)),
        (complex(-INF, NAN), complex(-1, 0)),
        (complex(INF, NAN), complex(INF, NAN)),
        (complex(NAN, 0), complex(NAN, 0)),
        (complex(1, INF), complex(NAN, NAN)),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_complex_expm1(z, expected):
    same(ag.expm1(ag.asarray([z, 0j])), [expected, 0j])
    same(ag.expm1(ag.asarray(z, dtype=ag.complex64)), expected)


def test_unique_values_are_sorted_and_every_nan_is_one():
    x = ag.asarray([3.0, NAN, 1.0, NAN, 3.0, -2.0])
    assert ag.unique_values(x).tolist()[:3] == [-2, 1, 3]
    values, indices, inverse, counts = ag.unique_all(x)
    assert np.isnan(values.data).sum() == 2
    assert indices.tolist() == [5, 2, 0, 1, 3]
    assert inverse.tolist() == [2, 3, 1, 4, 2, 0]
    assert counts.tolist() == [1, 1, 2, 1, 1]


def test_unique_values_have_a_gradient():
    for unique in (ag.unique_values, np.unique_values, np.unique, lambda x: np.unique_counts(x).values):
        x = ag.Tensor([[3.0, 1.0], [1.0, 2.0]], requires_grad=True)
        ag.sum(unique(x) * ag.asarray([1.0, 10.0, 100.0])).backward()
        assert x.grad.tolist() == [[100, 1], [0, 10]]
    x = ag.Tensor([[3.0, 1.0], [1.0, 2.0], [3.0, 1.0]], requires_grad=True)
    rows, counts = np.unique(x, return_counts=True, axis=0)
    rows.backward(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert x.grad.tolist() == [[3, 4], [1, 2], [0, 0]]
    assert counts.tolist() == [1, 2]


def test_isin_inverted():
    assert ag.isin(ag.asarray([1, 2, 3]), 2, invert=True).tolist() == [True, False, True]
    assert ag.isin(2, ag.asarray([1, 2, 3])).item() is True


def test_descending_sort_is_stable():
    x = ag.asarray([2, 1, 2, 1])
    assert ag.argsort(x, descending=True).tolist() == [0, 2, 1, 3]
    assert ag.argsort(x).tolist() == [1, 3, 0, 2]
    y = ag.Tensor([2.0, 1.0, 2.0], requires_grad=True)
    ag.sort(y, descending=True).backward(np.array([1.0, 10.0, 100.0]))
    assert y.grad.tolist() == [1, 100, 10]
    assert np.isnan(ag.sort(ag.asarray([1.0, NAN]), descending=True).data[0])


def test_clip_keeps_the_type():
    x = ag.asarray([1.0, 5.0], dtype=ag.float32)
    assert ag.clip(x, 2).dtype == ag.float32
    assert ag.clip(x, max=ag.asarray(2.0)).dtype == ag.float32
    assert ag.clip(x).tolist() == [1, 5]
    assert np.clip(x, 0, np.float64(2.0)).dtype == np.float64


def test_integers_add_up_to_the_type_asked_for():
    x = ag.asarray([100, 100], dtype=ag.int8)
    for f, expected in ((ag.sum, 200), (ag.prod, 10_000)):
        assert f(x).dtype == ag.int64
        assert f(x).item() == expected
        assert f(x, dtype=ag.int16).dtype == ag.int16
        assert f(x, dtype=ag.int16).item() == expected
    assert ag.prod(x, axis=()).dtype == ag.int64
    assert ag.cumulative_sum(x, dtype=ag.uint8).dtype == ag.uint8
    assert ag.sum(ag.asarray([1, 2], dtype=ag.uint8)).dtype == ag.uint64


def test_vecdot_conjugates_the_first():
    x, y = ag.asarray([1j, 2.0]), ag.asarray([1j, 1.0])
    for f in (ag.vecdot, ag.linalg.vecdot, np.vecdot):
        assert f(x, y).item() == 3


def test_a_complex_number_does_not_become_a_real_one():
    with pytest.raises(TypeError, match="real part"):
        ag.astype(ag.asarray([1j]), ag.float64)
    assert ag.astype(ag.asarray([1j, 0]), ag.bool).tolist() == [True, False]


def test_qr_of_complex_numbers():
    a = ag.asarray([[1 + 2j, 3j, 4.0], [2.0, 1j, 1 - 1j]])
    q, r = ag.linalg.qr(a)
    np.testing.assert_allclose((q @ r).data, a.data, atol=1e-14)


@pytest.mark.parametrize("shape", [(), (1,), (9,)])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_powers_of_one_half(shape):
    for x, expected in ((-INF, INF), (-0.0, 0.0), (4.0, 2.0), (-1.0, NAN), (INF, INF), (NAN, NAN)):
        base = ag.full(shape, x)
        for y in (base**0.5, base ** ag.asarray(0.5), ag.pow(base, ag.full(shape, 0.5)), np.power(base, 0.5)):
            same(y, np.full(shape, expected))
        base **= 0.5
        same(base, np.full(shape, expected))
