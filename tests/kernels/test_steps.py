"""Steps of optimizers: compiled and in NumPy they give the same bits, in whatever memory the arrays lie."""

import numpy as np
import pytest

from autograd_np import kernels
from autograd_np.kernels import fallback

STEPS = {
    "sgd": (0, lambda module, *arrays: module.sgd_step(*arrays, lr=0.1)),
    "momentum": (1, lambda module, *arrays: module.momentum_step(*arrays, lr=0.1, momentum=0.9, nesterov=False)),
    "nesterov": (1, lambda module, *arrays: module.momentum_step(*arrays, lr=0.1, momentum=0.9, nesterov=True)),
    "adam": (2, lambda module, *arrays: module.adam_step(*arrays, betas=(0.9, 0.999), eps=1e-8, rate=0.01)),
}


def arrays(count, shape, dtype):
    rng = np.random.default_rng(0)
    return [rng.uniform(0.1, 2, shape).astype(dtype) for _ in range(count)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(3,), (5000,), (70, 100), (400_001,)])
@pytest.mark.parametrize("name", STEPS)
def test_compiled_steps_are_numpys_to_the_bit(name, shape, dtype):
    moments, step = STEPS[name]
    ours, theirs = arrays(3 + moments, shape, dtype), arrays(3 + moments, shape, dtype)
    for _ in range(3):
        step(kernels, *ours)
        step(fallback, *theirs)
    for a, b in zip(ours[:-1], theirs[:-1], strict=True):  # the last is scratch
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", STEPS)
def test_other_layouts_are_changed_in_place_too(name):
    moments, step = STEPS[name]
    ours, theirs = arrays(3 + moments, (80, 90), np.float32), arrays(3 + moments, (80, 90), np.float32)
    ours = [np.asfortranarray(a) if i % 2 else a[::-1].copy()[::-1] for i, a in enumerate(ours)]
    step(kernels, *ours)
    step(fallback, *theirs)
    for a, b in zip(ours[:-1], theirs[:-1], strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_division_by_zero_is_infinite_as_in_numpy():
    w, g, m, v, scratch = (np.zeros(5000) for _ in range(5))
    g[0] = 1.0
    with np.errstate(all="ignore"):
        kernels.adam_step(w, g, m, v, scratch, betas=(0.0, 0.0), eps=0.0, rate=1.0)
    assert w[0] == -1.0
    assert np.isnan(w[1:]).all()
