"""The UCI digits that scikit-learn brings along: small enough for a test, real enough to learn."""

import numpy as np

from .dataset import Dataset, split
from .errors import missing_extra


def load_digits(test_fraction: float = 0.2, seed: int = 0) -> Dataset:
    """Load 1,797 handwritten digits of 8 x 8 pixels (Alpaydin and Kaynak, 1998; CC BY 4.0).

    Parameters
    ----------
    test_fraction : float
        The part of every class that is held out, between 0 and 1.
    seed : int
        Seed of the split.

    Returns
    -------
    Dataset
        Images float32 (N, 1, 8, 8) scaled to [0, 1]; labels int64 (N,).

    Raises
    ------
    ImportError
        scikit-learn, of the ``models`` extra, is not installed.
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise missing_extra("scikit-learn") from error
    bundle = datasets.load_digits()
    x = np.divide(bundle.images, 16, dtype=np.float32)[:, np.newaxis]
    y = bundle.target.astype(np.int64)
    return split("digits", x, y, tuple("0123456789"), test_fraction=test_fraction, seed=seed)
