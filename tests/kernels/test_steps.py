"""Steps of optimizers: compiled and in NumPy they give the same bits, in whatever memory the arrays lie."""

import numpy as np
import pytest

from autograd_np import kernels
from autograd_np.kernels import fallback
from autograd_np.kernels.parameters import StepGroup

STEPS = {
    "sgd": (2, (0.1,)),
    "momentum": (3, (0.1, 0.9)),
    "nesterov": (3, (0.1, 0.9)),
    "adam": (4, (0.9, 1 - 0.9, 0.999, 1 - 0.999, 1e-8, 0.01)),
}


def arrays(count, shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(rng.uniform(0.1, 2, shape).astype(dtype) for _ in range(count))


def take_step(kind, w, g, *moments, constants):
    kernels.take_steps(kind, kernels.StepArrays([(w, *moments)], [np.empty_like(w)]), [g], [constants])


def check_steps(name, ours, theirs, times=3):
    """Take steps of all arrays at once, and with NumPy: the same bits."""
    numbers = [(*STEPS[name][1][:-1], STEPS[name][1][-1] + k / 8) for k in range(len(ours))]
    scratch = [np.empty_like(w) for w, *_ in ours]
    compiled = kernels.StepArrays([(w, *moments) for w, _, *moments in ours], scratch)
    for _ in range(times):
        kernels.take_steps(name, compiled, [g for _, g, *_ in ours], numbers)
        for (w, g, *moments), own, constants in zip(theirs, scratch, numbers, strict=True):
            group = StepGroup([0], [(w, *moments)], [own], compiled=False)
            fallback.take_steps(name, group, [g], [constants])
    for a, b in zip(ours, theirs, strict=True):
        for mine, numpys in zip(a, b, strict=True):
            np.testing.assert_array_equal(mine, numpys)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(3,), (5000,), (70, 100), (400_001,)])
@pytest.mark.parametrize("name", STEPS)
def test_compiled_steps_are_numpys_to_the_bit(name, shape, dtype):
    count, _ = STEPS[name]
    check_steps(name, [arrays(count, shape, dtype)], [arrays(count, shape, dtype)])


@pytest.mark.parametrize("name", STEPS)
def test_all_parameters_go_in_one_pass_each_with_its_constants(name):
    count, _ = STEPS[name]
    shapes = [((300, 700), "f"), ((), "f"), ((5,), "d"), ((0, 3), "f"), ((7,), "e"), ((90_000,), "d"), ((2, 2), "f")]
    ours, theirs = ([arrays(count, *kind, seed=k) for k, kind in enumerate(shapes)] for _ in range(2))
    check_steps(name, ours, theirs)


@pytest.mark.parametrize("name", STEPS)
def test_other_layouts_are_changed_in_place_too(name):
    count, _ = STEPS[name]
    ours, theirs = arrays(count, (80, 90), np.float32), arrays(count, (80, 90), np.float32)
    ours = tuple(np.asfortranarray(a) if i % 2 else a[::-1].copy()[::-1] for i, a in enumerate(ours))
    check_steps(name, [ours], [theirs], times=1)


def test_a_division_by_zero_is_infinite_as_in_numpy():
    w, g, m, v = (np.zeros(5000) for _ in range(4))
    g[0] = 1.0
    with np.errstate(all="ignore"):
        take_step("adam", w, g, m, v, constants=(0.0, 1.0, 0.0, 1.0, 0.0, 1.0))
    assert w[0] == -1.0
    assert np.isnan(w[1:]).all()


def test_gradients_that_nobody_may_write_to():
    w, g = np.ones((2, 2000), np.float32)
    g.flags.writeable = False
    take_step("sgd", w, g, constants=(0.25,))
    assert (w == 0.75).all()
