"""Students who pass or fail: two features, so that a network's decision can be drawn."""

import os
from pathlib import Path

import numpy as np

from .dataset import Dataset, split
from .errors import DataError
from .table import read_table

_FILE = Path(__file__).resolve().parents[2] / "data" / "students.csv"


def load_students(path: str | os.PathLike[str] | None = None, test_fraction: float = 0.2, seed: int = 0) -> Dataset:
    """Load the students: from Score (0 to 100) and Study_Hours (0 to 10) to Pass (0 or 1).

    Parameters
    ----------
    path : str or os.PathLike, optional
        CSV file with these columns; if not given, the repository's ``data/students.csv``.
    test_fraction : float
        The part of every class that is held out, between 0 and 1.
    seed : int
        Seed of the split.

    Returns
    -------
    Dataset
        Features float32 (N, 2) as they stand in the file, not normalised; labels int64 (N,).

    Raises
    ------
    DataError
        The file is missing or malformed.
    """
    if path is None and not _FILE.exists():
        raise DataError(f"{_FILE}: missing (it comes with the repository, not with the package); give a path")
    path = _FILE if path is None else Path(path)
    table = read_table(path, ("Score", "Study_Hours", "Pass"), choices={"Pass": (0, 1)})
    if np.abs(table).max() > np.finfo(np.float32).max:
        raise DataError(f"{path}: a number is too large for float32")
    x, y = table[:, :2].astype(np.float32), table[:, 2].astype(np.int64)
    return split("students", x, y, ("fail", "pass"), test_fraction=test_fraction, seed=seed)
