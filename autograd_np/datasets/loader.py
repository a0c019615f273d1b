"""Minibatches."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


def batches(
    x: NDArray[Any],
    y: NDArray[Any],
    batch_size: int,
    *,
    rng: np.random.Generator | None = None,
    drop_last: bool = False,
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Go once through the examples, `batch_size` at a time.

    The arguments are checked and the order is drawn at the call, not at the first batch.

    Parameters
    ----------
    x, y : ndarray
        (N, ...), one example a row.
    batch_size : int
        Examples in a batch; the last batch may have fewer.
    rng : numpy.random.Generator, optional
        Shuffles the examples; without it they come in order, as views of `x` and `y`.
    drop_last : bool
        Leave out a last batch that is not full.

    Yields
    ------
    tuple of ndarray
        (n, ...) from `x` and (n, ...) from `y`.

    Raises
    ------
    ValueError
        There is no example, `x` and `y` differ in length, `batch_size` is below 1, or `drop_last`
        would leave no batch at all.
    """
    count = len(x)
    if count != len(y):
        raise ValueError(f"batches: x has {count} examples, y has {len(y)}")
    if count == 0:
        raise ValueError("batches: the data set is empty")
    if batch_size < 1:
        raise ValueError(f"batches: batch_size must be 1 or more, not {batch_size}")
    if drop_last and batch_size > count:
        raise ValueError(f"batches: drop_last leaves no batch of {batch_size} from {count} examples")
    stop = count - count % batch_size if drop_last else count
    starts = range(0, stop, batch_size)
    if rng is None:
        return ((x[i : i + batch_size], y[i : i + batch_size]) for i in starts)
    order = rng.permutation(count)[:stop]
    return ((x[pick], y[pick]) for pick in (order[i : i + batch_size] for i in starts))
