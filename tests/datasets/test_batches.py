import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_np.datasets import batches

ROOT = Path(__file__).parents[2]


def examples(count):
    return np.arange(2 * count).reshape(count, 2), np.arange(count)


@given(st.integers(1, 40), st.integers(1, 50), st.none() | st.integers(0, 99))
def test_every_example_comes_once_with_its_label(count, size, seed):
    x, y = examples(count)
    rng = None if seed is None else np.random.default_rng(seed)
    found = list(batches(x, y, size, rng=rng))
    assert [len(part) for _, part in found[:-1]] == [size] * (len(found) - 1)
    assert 1 <= len(found[-1][1]) <= size
    labels = np.concatenate([part for _, part in found])
    np.testing.assert_array_equal(np.concatenate([part for part, _ in found]), x[labels])
    np.testing.assert_array_equal(labels if seed is None else np.sort(labels), y)


@given(st.integers(1, 40), st.data(), st.booleans())
def test_drop_last_keeps_the_full_batches(count, data, shuffled):
    size = data.draw(st.integers(1, count))
    x, y = examples(count)
    rngs = [np.random.default_rng(0) if shuffled else None for _ in range(2)]
    kept = list(batches(x, y, size, rng=rngs[0], drop_last=True))
    every = list(batches(x, y, size, rng=rngs[1]))
    assert len(kept) == count // size
    for (a, b), (c, d) in zip(kept, every, strict=False):
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, d)
        assert len(b) == size


def test_a_batch_over_the_data_set_is_one_smaller_batch():
    x, y = examples(3)
    ((a, b),) = batches(x, y, 10)
    np.testing.assert_array_equal(a, x)
    np.testing.assert_array_equal(b, y)


def test_the_order_is_the_generators():
    x, y = examples(50)
    runs = [next(batches(x, y, 50, rng=np.random.default_rng(seed)))[1].tolist() for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]
    rng = np.random.default_rng(1)
    epochs = [next(batches(x, y, 50, rng=rng))[1].tolist() for _ in range(2)]
    assert epochs[0] != epochs[1]


@pytest.mark.parametrize(
    ("count", "labels", "size", "drop_last", "fault"),
    [
        (0, 0, 4, False, "the data set is empty"),
        (3, 3, 0, False, "batch_size must be 1 or more, not 0"),
        (3, 3, -2, False, "batch_size must be 1 or more, not -2"),
        (3, 2, 1, False, "x has 3 examples, y has 2"),
        (3, 3, 4, True, "drop_last leaves no batch of 4 from 3 examples"),
    ],
)
def test_faults_are_raised_at_the_call(count, labels, size, drop_last, fault):
    with pytest.raises(ValueError, match=fault):
        batches(examples(count)[0], examples(labels)[1], size, drop_last=drop_last)


def test_the_import_is_light():
    code = (
        "import sys, autograd_np.datasets; "
        "print({'pooch', 'requests', 'sklearn', 'pandas', 'numba'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr
