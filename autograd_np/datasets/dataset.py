"""A data set in memory, and the split that makes one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Training and test examples with their labels.

    Attributes
    ----------
    name : str
    x_train, x_test : ndarray
        float32 (N, ...), one example a row.
    y_train, y_test : ndarray
        int64 (N,), each label an index into `classes`.
    classes : tuple of str
    """

    name: str
    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"Dataset({self.name!r}: {len(self.x_train)} training and {len(self.x_test)} test examples "
            f"of shape {self.x_train.shape[1:]}, {len(self.classes)} classes)"
        )


def split(
    name: str,
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    classes: tuple[str, ...],
    *,
    test_fraction: float,
    seed: int,
) -> Dataset:
    """Hold out the same fraction of every class, drawn by `seed`; both parts keep the order of `x`.

    Raises
    ------
    ValueError
        `test_fraction` is not between 0 and 1, or leaves one of the parts empty.
    """
    if not 0 < test_fraction < 1:
        raise ValueError(f"test_fraction must lie between 0 and 1, not {test_fraction}")
    rng = np.random.default_rng(seed)
    test = np.zeros(len(y), dtype=bool)
    for label in range(len(classes)):
        members = rng.permutation(np.flatnonzero(y == label))
        test[members[: round(test_fraction * len(members))]] = True
    if test.all() or not test.any():
        raise ValueError(f"test_fraction {test_fraction} of {len(y)} examples leaves one of the parts empty")
    return Dataset(name, x[~test], y[~test], x[test], y[test], classes)
