import math

import numpy as np
import pytest

from autograd_np import nn
from autograd_np.nn import init

RANDOM = [init.he_normal, init.he_uniform, init.xavier_normal, init.xavier_uniform]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((784, 64), (784, 64)),
        ((16, 8, 3, 5), (8 * 15, 16 * 15)),
        ((16, 1, 3, 3), (9, 144)),  # depthwise: one input channel meets in each output
    ],
)
def test_fans(shape, expected):
    assert init.fans(shape) == expected


@pytest.mark.parametrize("groups", [1, 2, 8])
def test_the_fan_in_of_a_grouped_filter_is_its_groups(groups):
    layer = nn.Conv2D(8, 4096 * 8, 3, groups=groups, rng=0)
    fan_in = 8 // groups * 9
    assert init.fans(layer.weight.shape)[0] == fan_in
    assert layer.weight.data.var() == pytest.approx(2 / fan_in, rel=0.02)


@pytest.mark.parametrize("shape", [(600, 500), (200, 50, 5, 5)])
@pytest.mark.parametrize("kind", RANDOM)
def test_mean_and_variance(kind, shape):
    fan_in, fan_out = init.fans(shape)
    variance = 2 / fan_in if "he" in kind.__name__ else 2 / (fan_in + fan_out)
    w = kind(shape, np.random.default_rng(0))
    assert w.shape == shape
    assert w.dtype == np.float32
    assert w.mean() == pytest.approx(0, abs=4 * math.sqrt(variance / w.size))
    assert w.var() == pytest.approx(variance, rel=0.01)
    if "uniform" in kind.__name__:
        bound = math.sqrt(3 * variance)
        assert np.abs(w).max() == pytest.approx(bound, rel=1e-3)
        assert np.abs(w).max() <= np.float32(bound)


@pytest.mark.parametrize("kind", RANDOM)
def test_a_seed_means_the_same_weights_in_every_dtype(kind):
    single, double, other = (
        kind((3, 4), np.random.default_rng(seed), dtype=dtype)
        for seed, dtype in [(1, np.float32), (1, np.float64), (2, np.float64)]
    )
    assert double.dtype == np.float64
    np.testing.assert_array_equal(single, double.astype(np.float32))
    assert not np.array_equal(double, other)


@pytest.mark.parametrize("kind", RANDOM)
def test_what_is_refused(kind):
    with pytest.raises(TypeError, match=r"rng is a numpy\.random\.Generator.*not int"):
        kind((3, 4), 0)
    with pytest.raises(ValueError, match=r"a shape is \(in, out\) or .*not \(3,\)"):
        kind((3,), np.random.default_rng(0))


def test_zeros_need_no_generator():
    assert not init.zeros((2, 3)).any()
    assert init.zeros((2, 3), np.random.default_rng(0), dtype=np.float64).dtype == np.float64


def test_he_weights_keep_the_second_moment_through_relus():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 512))
    for _ in range(8):
        x = np.maximum(x @ init.he_normal((512, 512), rng, dtype=np.float64), 0)
    assert (x**2).mean() == pytest.approx(1, rel=0.25)  # E[x²] stays; without the factor 2 it falls to 1/256
