"""How weights begin: ``f(shape, rng, dtype=...) -> ndarray``.

Shapes are (in, out) for dense layers and (out, in / groups, height, width) for filters.  The normal and the
uniform distribution of one name have the same variance; numbers are drawn in float64, so that a seed means
the same weights in every dtype.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Shape = tuple[int, ...]


def fans(shape: Shape) -> tuple[int, int]:
    """Give (fan_in, fan_out): how many numbers meet in one output, and how many outputs one number goes to.

    For filters both count the window; fan_out counts the filters of all groups.

    Raises
    ------
    ValueError
        If the shape is neither (in, out) nor (out, in / groups, height, width).
    """
    if len(shape) == 2:
        return shape[0], shape[1]
    if len(shape) == 4:
        window = shape[2] * shape[3]
        return shape[1] * window, shape[0] * window
    raise ValueError(f"fans: a shape is (in, out) or (out, in / groups, height, width), not {tuple(shape)}")


def _normal(shape: Shape, rng: np.random.Generator, variance: float, dtype: DTypeLike) -> NDArray[Any]:
    return (math.sqrt(variance) * _checked(rng).standard_normal(shape)).astype(dtype)


def _uniform(shape: Shape, rng: np.random.Generator, variance: float, dtype: DTypeLike) -> NDArray[Any]:
    bound = math.sqrt(3 * variance)  # U(-b, b) has the variance b²/3
    return _checked(rng).uniform(-bound, bound, shape).astype(dtype)


def _checked(rng: np.random.Generator) -> np.random.Generator:
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"init: rng is a numpy.random.Generator, as np.random.default_rng(seed) makes, not {type(rng).__name__}"
        )
    return rng


def _he_variance(shape: Shape) -> float:
    return 2 / max(1, fans(shape)[0])


def _xavier_variance(shape: Shape) -> float:
    return 2 / max(1, sum(fans(shape)))


def he_normal(shape: Shape, rng: np.random.Generator, *, dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Give weights from N(0, 2 / fan_in), which keep the variance through ReLUs (He et al. 2015, eq. 10)."""
    return _normal(shape, rng, _he_variance(shape), dtype)


def he_uniform(shape: Shape, rng: np.random.Generator, *, dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Give weights from U(-b, b) with b² = 6 / fan_in (the variance of He et al. 2015, eq. 10)."""
    return _uniform(shape, rng, _he_variance(shape), dtype)


def xavier_normal(shape: Shape, rng: np.random.Generator, *, dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Give weights from N(0, 2 / (fan_in + fan_out)), for tanh (Glorot & Bengio 2010, eq. 12)."""
    return _normal(shape, rng, _xavier_variance(shape), dtype)


def xavier_uniform(shape: Shape, rng: np.random.Generator, *, dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Give weights from U(-b, b) with b² = 6 / (fan_in + fan_out) (Glorot & Bengio 2010, eq. 16)."""
    return _uniform(shape, rng, _xavier_variance(shape), dtype)


def zeros(shape: Shape, rng: np.random.Generator | None = None, *, dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Give zeros: for biases, and for a last layer that is to begin undecided."""
    return np.zeros(shape, dtype)
