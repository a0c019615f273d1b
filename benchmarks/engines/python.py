"""Python alone: what loops over lists cost, which is what a compiled kernel saves."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import data
from . import NoSuchCase

_MOST = 1_000_000  # multiplications
Step = Callable[[], Any]


def setup(threads: int) -> None:
    """Python has one thread."""


def arrays(result: Any) -> list[np.ndarray]:
    """Give a step's result as arrays."""
    return [np.asarray(result, np.float64)]


def conv_forward(x: Any, w: Any, g: Any, stride: int, padding: int, dilation: int, groups: int) -> Step:
    """Time the convolution, seven loops deep, of the lists that the arrays hold; without groups."""
    if groups != 1:
        raise NoSuchCase("these loops have no groups")
    if math.prod(g) * math.prod(w[1:]) > _MOST:
        raise NoSuchCase("it would take seconds")
    images, filters = data.normal(x, w)
    sides = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    padded, weights = np.pad(images, sides).tolist(), filters.tolist()
    taps = range(w[2])

    def pixel(image: Any, filter: Any, row: int, column: int) -> float:
        total = 0.0
        for plane, weight in zip(image, filter, strict=True):
            for i in taps:
                line, factors = plane[row + i * dilation], weight[i]
                for j in taps:
                    total += line[column + j * dilation] * factors[j]
        return total

    places = range(0, g[2] * stride, stride)
    return lambda: [
        [[[pixel(image, filter, row, column) for column in places] for row in places] for filter in weights]
        for image in padded
    ]


KINDS: dict[str, Callable[..., Step]] = {"conv_forward": conv_forward}
