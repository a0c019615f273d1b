"""Hypothesis strategies: shapes, axes and arrays to check operations on.

Hypothesis draws shapes and a seed; numbers are made from the seed, which keeps examples small and shrinking quick.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

T = TypeVar("T")


def shapes(min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 4) -> st.SearchStrategy:
    """Shapes of arrays, small enough for a full Jacobian."""
    return hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side) | (
        st.just(()) if min_dims == 0 else st.nothing()
    )


def broadcastable_shapes(count: int, min_side: int = 1) -> st.SearchStrategy:
    """Tuples of ``count`` shapes that broadcast together."""
    return hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, min_side=min_side, max_side=3).map(
        lambda found: found.input_shapes
    )


def _ordered(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    n = int(np.prod(shape))
    return (rng.permutation(n) * 0.1 + rng.uniform(-0.03, 0.03, n) - 0.05 * n).reshape(shape)


VALUES: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "any": lambda rng, shape: rng.uniform(-2, 2, shape),
    "integers": lambda rng, shape: rng.choice([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], shape),
    "positive": lambda rng, shape: rng.uniform(0.3, 4, shape),
    "inside 1": lambda rng, shape: rng.uniform(-0.9, 0.9, shape),
    # both signs, nothing within 0.1 of the threshold 0
    "off zero": lambda rng, shape: rng.choice([-1.0, 1.0], shape) * rng.uniform(0.1, 3, shape),
    # both signs, and far enough from a pole at 0 for numerical derivatives of second order
    "far from zero": lambda rng, shape: rng.choice([-1.0, 1.0], shape) * rng.uniform(0.6, 3, shape),
    # pairwise at least 0.04 apart: no ties, and no change of order within the steps of a numerical derivative
    "ordered": _ordered,
}
"""How numbers are made, by name: each keeps away from some kind of kink."""


def _reversed(a: np.ndarray) -> np.ndarray:
    backwards: Any = (..., *(slice(None, None, -1),) * a.ndim)
    return a[backwards].copy()[backwards]


def _strided(a: np.ndarray) -> np.ndarray:
    return np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a


def _read_only(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a.flags.writeable = False
    return a


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "C": lambda a: a.copy(order="C"),
    "Fortran": lambda a: a.copy(order="F"),
    "reversed": _reversed,
    "strided": _strided,
    "read-only": _read_only,
}
"""How the same numbers may lie in memory."""


class Draw:
    """What a row of a table of cases draws from: one Hypothesis example."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self.rng = np.random.default_rng(self(st.integers(0, 2**32 - 1)))

    def __call__(self, strategy: "st.SearchStrategy[T]") -> T:
        """Draw from any strategy."""
        return self._data.draw(strategy)

    def one_of(self, *choices: T) -> T:
        """Draw one of the values given."""
        return self(st.sampled_from(choices))

    def array(self, shape: tuple[int, ...], values: str = "any") -> np.ndarray:
        """Draw an array of this shape, in some memory layout."""
        return self.layout(np.asarray(VALUES[values](self.rng, shape)))

    def layout(self, array: np.ndarray) -> np.ndarray:
        """Draw where in memory the array lies."""
        return LAYOUTS[self.one_of(*LAYOUTS)](np.asarray(array))

    def ordered(self, *shapes: tuple[int, ...]) -> list[np.ndarray]:
        """Draw arrays no two elements of which are within 0.04 of each other, in one array or across them."""
        sizes = [int(np.prod(shape)) for shape in shapes]
        parts = np.split(VALUES["ordered"](self.rng, (sum(sizes),)), np.cumsum(sizes)[:-1])
        return [self.layout(part.reshape(shape)) for part, shape in zip(parts, shapes, strict=True)]

    def shape(self, min_dims: int = 0, max_dims: int = 3) -> tuple[int, ...]:
        """Draw a shape."""
        return self(shapes(min_dims, max_dims))

    def axis(self, shape: tuple[int, ...]) -> int:
        """Draw an axis, counted from either end."""
        return self(st.integers(-len(shape), len(shape) - 1))

    def axes(self, shape: tuple[int, ...]) -> int | tuple[int, ...] | None:
        """Draw what a reduction takes: an axis, several, none of them (an empty tuple), or all (None)."""
        if not shape:
            return None
        return self(
            st.none()
            | st.integers(-len(shape), len(shape) - 1)
            | st.lists(st.integers(0, len(shape) - 1), unique=True, max_size=len(shape)).map(tuple)
        )
