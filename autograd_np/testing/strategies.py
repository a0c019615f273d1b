"""Hypothesis strategies: shapes, indices, geometries, arrays and whole programs to check operations on.

Hypothesis draws shapes and a seed; numbers are made from the seed, which keeps examples small and shrinking quick.
"""

import math
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ..core import Tensor
from .programs import Program, programs
from .values import LAYOUTS, VALUES, Shape, scattered

__all__ = [
    "LAYOUTS",
    "VALUES",
    "Draw",
    "Program",
    "arrays",
    "broadcastable_shapes",
    "conv_geometries",
    "indices",
    "ordered_values",
    "pool_geometries",
    "programs",
    "shapes",
    "shapes_of_signature",
    "tensors",
    "values_away_from",
]

T = TypeVar("T")
_SEEDS = st.integers(0, 2**32 - 1)


def shapes(min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 4) -> st.SearchStrategy[Shape]:
    """Shapes of arrays, small enough for a full Jacobian."""
    sides = st.integers(min_side, max_side)
    return st.integers(min_dims, max_dims).flatmap(lambda ndim: st.tuples(*[sides] * ndim))


@st.composite
def broadcastable_shapes(draw: st.DrawFn, count: int, min_side: int = 1) -> tuple[Shape, ...]:
    """Tuples of ``count`` shapes that broadcast together."""
    whole = draw(shapes(0, 3, min_side, 3))
    found = []
    for _ in range(count):
        left_out = draw(st.integers(0, 2)) % (len(whole) + 1)
        ones = draw(st.integers(0, 7)) & draw(st.integers(0, 7))  # bits: one axis in four
        found.append(tuple(1 if ones >> i & 1 else n for i, n in enumerate(whole))[left_out:])
    return tuple(found)


def shapes_of_signature(signature: str, min_side: int = 1) -> st.SearchStrategy[tuple[Shape, ...]]:
    """Tuples of shapes that go together, as in "(m,k),(k,n)": equal letters are equal sides, numbers are themselves."""
    parts = [part.strip("() ") for part in signature.split("->")[0].replace(" ", "").split("),(")]
    sides = [[side for side in part.split(",") if side] for part in parts]
    names = sorted({side for part in sides for side in part if not side.isdigit()})
    return st.fixed_dictionaries({name: st.integers(min_side, 3) for name in names}).map(
        lambda length: tuple(tuple(int(side) if side.isdigit() else length[side] for side in part) for part in sides)
    )


@st.composite
def arrays(
    draw: st.DrawFn, shape: Shape | st.SearchStrategy[Shape] | None = None, values: str = "any", dtype: Any = np.float64
) -> np.ndarray:
    """Arrays in all memory layouts; ``values`` is the name of one of `VALUES`."""
    wanted = shapes() if shape is None else shape
    size = draw(wanted) if isinstance(wanted, st.SearchStrategy) else wanted
    numbers = VALUES[values](np.random.default_rng(draw(_SEEDS)), size)
    return LAYOUTS[draw(st.sampled_from(list(LAYOUTS)))](np.asarray(numbers, dtype))


def tensors(
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    values: str = "any",
    dtype: Any = np.float64,
    requires_grad: bool = True,
) -> st.SearchStrategy[Tensor]:
    """Tensors in all memory layouts; ``values`` is the name of one of `VALUES`."""
    return arrays(shape, values, dtype).map(lambda data: Tensor(data, requires_grad=requires_grad, copy=False))


@st.composite
def ordered_values(draw: st.DrawFn, *shapes: Shape) -> list[np.ndarray]:
    """Arrays no two elements of which are within 0.04 of each other, in one array or across them: for max, sort, ..."""
    rng = np.random.default_rng(draw(_SEEDS))
    sizes = [math.prod(shape) for shape in shapes]
    parts = np.split(VALUES["ordered"](rng, (sum(sizes),)), np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


@st.composite
def values_away_from(
    draw: st.DrawFn, *kinks: float, shape: Shape = (), low: float = -math.inf, high: float = math.inf
) -> np.ndarray:
    """Arrays with no element near a kink, nor near a multiple of 0.1, nor two near each other."""
    return scattered(np.random.default_rng(draw(_SEEDS)), [shape], [(low, high)], kinks)[0]


@st.composite
def indices(draw: st.DrawFn, shape: Shape, *, allow_empty: bool = False) -> Any:
    """Every kind of index: integers, slices either way, new axes, ellipses, integer arrays with repeats, masks."""
    basic = hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)
    if not allow_empty:
        basic = basic.filter(lambda index: np.zeros(shape)[index].size > 0)
    kind = draw(st.sampled_from(["basic", "integers", "mask", "mixed"] if shape and 0 not in shape else ["basic"]))
    if kind == "basic":
        return draw(basic)
    rng = np.random.default_rng(draw(_SEEDS))
    if kind == "mask":
        mask = rng.random(shape) < 0.5
        mask.flat[0] |= not allow_empty
        return mask
    if kind == "mixed" and len(shape) > 1:
        return (rng.integers(-shape[0], shape[0], 3), slice(None, None, -1))
    return draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3)))


@st.composite
def conv_geometries(draw: st.DrawFn) -> tuple[Shape, Shape, dict[str, Any]]:
    """Give the shapes of an image and of filters, and the keyword arguments of `conv2d`."""
    groups = draw(st.sampled_from([1, 1, 2]))
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilation = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    pads = st.tuples(st.integers(0, 3), st.integers(0, 3))
    padding = draw(st.tuples(pads, pads))
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    sides = [max(1, span - sum(p)) + draw(st.integers(0, 3)) for span, p in zip(spans, padding, strict=True)]
    batch, channels, filters = (draw(st.integers(1, 2)) for _ in range(3))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 2)))
    x, w = (batch, groups * channels, *sides), (groups * filters, channels, *kernel)
    return x, w, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


@st.composite
def pool_geometries(draw: st.DrawFn) -> tuple[Shape, dict[str, Any]]:
    """Give the shape of an image, and the keyword arguments of `max_pool2d`."""
    size = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    padding = tuple(draw(st.tuples(st.integers(0, k // 2), st.integers(0, k // 2))) for k in size)
    sides = [k + draw(st.integers(0, 3)) for k in size]
    stride = draw(st.sampled_from([None, 1, (2, 1), 3]))
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 2)), *sides)
    return shape, {"size": size, "stride": stride, "padding": padding}


class Draw:
    """What a row of a table of cases draws from: one Hypothesis example."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self.rng = np.random.default_rng(self(_SEEDS))

    def __call__(self, strategy: "st.SearchStrategy[T]") -> T:
        """Draw from any strategy."""
        return self._data.draw(strategy)

    def one_of(self, *choices: T) -> T:
        """Draw one of the values given."""
        return self(st.sampled_from(choices))

    def array(self, shape: Shape, values: str = "any") -> np.ndarray:
        """Draw an array of this shape, in some memory layout."""
        return self.layout(np.asarray(VALUES[values](self.rng, shape)))

    def layout(self, array: np.ndarray) -> np.ndarray:
        """Draw where in memory the array lies."""
        return LAYOUTS[self.one_of(*LAYOUTS)](np.asarray(array))

    def ordered(self, *shapes: Shape) -> list[np.ndarray]:
        """Draw arrays no two elements of which are within 0.04 of each other, in one array or across them."""
        sizes = [math.prod(shape) for shape in shapes]
        parts = np.split(VALUES["ordered"](self.rng, (sum(sizes),)), np.cumsum(sizes)[:-1])
        return [self.layout(part.reshape(shape)) for part, shape in zip(parts, shapes, strict=True)]

    def shape(self, min_dims: int = 0, max_dims: int = 3) -> Shape:
        """Draw a shape."""
        return self(shapes(min_dims, max_dims))

    def axis(self, shape: Shape) -> int:
        """Draw an axis, counted from either end."""
        return self(st.integers(-len(shape), len(shape) - 1))

    def axes(self, shape: Shape) -> int | tuple[int, ...] | None:
        """Draw what a reduction takes: an axis, several, none of them (an empty tuple), or all (None)."""
        if not shape:
            return None
        return self(
            st.none()
            | st.integers(-len(shape), len(shape) - 1)
            | st.lists(st.integers(0, len(shape) - 1), unique=True, max_size=len(shape)).map(tuple)
        )
