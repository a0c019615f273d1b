import sys

import numpy as np
import pytest

from autograd_np.datasets import load_digits


def test_the_digits():
    data = load_digits()
    assert (data.name, data.classes) == ("digits", tuple("0123456789"))
    assert data.x_train.shape == (1438, 1, 8, 8)
    assert data.x_test.shape == (359, 1, 8, 8)
    assert data.x_train.dtype == np.float32
    assert data.y_train.dtype == np.int64
    assert data.x_train.min() == 0
    assert data.x_train.max() == 1
    sixteenths = data.x_train * 16
    np.testing.assert_array_equal(sixteenths, np.round(sixteenths))


def test_every_class_is_held_out_alike():
    data = load_digits(test_fraction=0.25, seed=5)
    held_out, rest = np.bincount(data.y_test), np.bincount(data.y_train)
    np.testing.assert_allclose(held_out, 0.25 * (held_out + rest), atol=0.5)


def test_the_split_is_the_seeds():
    one, same, other = (load_digits(seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.x_test, same.x_test)
    assert not np.array_equal(one.x_test, other.x_test)
    assert images(one) == images(other)


def images(data):
    return sorted(image.tobytes() for image in (*data.x_train, *data.x_test))


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_fractions_out_of_range(fraction):
    with pytest.raises(ValueError, match="test_fraction must lie between 0 and 1"):
        load_digits(test_fraction=fraction)


@pytest.mark.parametrize("fraction", [1e-6, 1 - 1e-6])
def test_fractions_that_leave_nothing(fraction):
    with pytest.raises(ValueError, match="leaves one of the parts empty"):
        load_digits(test_fraction=fraction)


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"scikit-learn: pip install 'autograd_np\[models\]'"):
        load_digits()
