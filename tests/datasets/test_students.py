import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograd_np.datasets import DataError, load_students, students

DATA = Path(__file__).parents[2] / "data"


def test_the_committed_file_is_what_the_generator_writes(tmp_path):
    fresh = tmp_path / "students.csv"
    subprocess.run([sys.executable, DATA / "make_students.py", fresh], check=True)
    assert fresh.read_bytes() == (DATA / "students.csv").read_bytes()


def test_the_repositorys_students():
    data = load_students()
    assert (data.name, data.classes) == ("students", ("fail", "pass"))
    assert len(data.x_train) + len(data.x_test) == 1000
    assert data.x_train.shape == (800, 2)
    assert data.x_train.dtype == np.float32
    assert data.y_train.dtype == np.int64
    x = np.concatenate([data.x_train, data.x_test])
    np.testing.assert_array_equal(x.min(axis=0) >= 0, True)
    np.testing.assert_allclose(x.max(axis=0), [100, 10], rtol=0.01)  # raw, not normalised
    assert 0.4 < data.y_train.mean() < 0.6


def test_the_rule_behind_them_gets_most_and_not_all():
    data = load_students()
    right = (data.x_test @ np.float32([1, 5]) > 75) == data.y_test
    assert 0.95 < right.mean() < 1


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("".join(f"{i},{i / 10},{i % 2}\n" for i in range(20)))
    data = load_students(path, test_fraction=0.5, seed=3)
    assert data.y_train.tolist().count(1) == data.y_test.tolist().count(1) == 5
    np.testing.assert_array_equal(data.x_train[:, 0] % 2, data.y_train)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("50,5,2", "row 2, column 'Pass': '2' is none of 0, 1"),
        ("50,5,-1", "row 2, column 'Pass': '-1' is none of 0, 1"),
        ("50,nan,1", "row 2, column 'Study_Hours'"),
        ("1e300,5,1", "too large for float32"),
    ],
)
def test_bad_rows(tmp_path, row, fault):
    path = tmp_path / "own.csv"
    path.write_text(f"Score,Study_Hours,Pass\n{row}\n")
    with pytest.raises(DataError, match=fault) as caught:
        load_students(path)
    assert str(path) in str(caught.value)


def test_without_the_repository_a_path_is_asked_for(monkeypatch, tmp_path):
    monkeypatch.setattr(students, "_FILE", tmp_path / "students.csv")
    with pytest.raises(DataError, match=r"students\.csv: missing .* give a path"):
        load_students()
    with pytest.raises(DataError, match="cannot be read"):
        load_students(tmp_path / "nowhere.csv")
