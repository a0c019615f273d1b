"""Arguments of the array API standard's functions, drawn as NumPy arrays and handed to either library as its own."""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import array_api_strict as strict
import numpy as np
from hypothesis import strategies as st

import autograd_np as ag

strict.set_array_api_strict_flags(api_version="2025.12")

DTYPES = {
    "b": ("bool",),
    "i": ("int8", "int16", "int32", "int64"),
    "u": ("uint8", "uint16", "uint32", "uint64"),
    "f": ("float32", "float64"),
    "c": ("complex64", "complex128"),
}
SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan])


class Draw:
    """Draws parts of a call; dtypes of one call are of one kind, so that they have a common one."""

    def __init__(self, draw: Callable) -> None:
        self.draw = draw

    def __call__(self, strategy: st.SearchStrategy) -> Any:
        return self.draw(strategy)

    def one_of(self, *values: Any) -> Any:
        return self(st.sampled_from(values))

    def shape(self, min_dims: int = 0, max_dims: int = 3, min_side: int = 0) -> tuple[int, ...]:
        return tuple(self(st.lists(st.integers(min_side, 3), min_size=min_dims, max_size=max_dims)))

    def shapes(self, count: int = 2) -> list[tuple[int, ...]]:
        """Shapes that broadcast against each other."""
        full = self.shape(0, 3)
        found = []
        for _ in range(count):
            part = [self.one_of(n, n, 1) for n in full]
            found.append(tuple(part[self(st.integers(0, len(part))) if self.one_of(False, True) else 0 :]))
        return found

    def axis(self, shape: tuple[int, ...]) -> int:
        return self(st.integers(-len(shape), len(shape) - 1))

    def axes(self, shape: tuple[int, ...]) -> int | tuple[int, ...] | None:
        """None, one axis, or several."""
        several = self(st.permutations(range(len(shape))))[: self(st.integers(0, len(shape)))]
        return self.one_of(None, tuple(several), *([several[0]] if several else []))

    def dtype(self, kinds: str = "biufc") -> np.dtype:
        kind = self.one_of(*kinds, *"f" * kinds.count("f"))  # those that can be inside a graph are drawn more often
        return np.dtype(self.one_of(*DTYPES[kind]))

    def like(self, dtype: np.dtype) -> np.dtype:
        """Draw a dtype of the same kind."""
        return self.dtype(dtype.kind)

    def array(self, shape: tuple[int, ...] | None = None, kinds: str | np.dtype = "biufc", special: bool = True) -> Any:
        """Draw an array of one of some kinds, or of a dtype; floating point ones with infinities, NaN and -0."""
        shape = self.shape() if shape is None else shape
        dtype = self.dtype(kinds) if isinstance(kinds, str) else kinds
        rng = np.random.default_rng(self(st.integers(0, 2**32)))
        if dtype.kind == "b":
            return np.asarray(rng.random(shape) < 0.5)
        if dtype.kind in "iu":
            return np.asarray(rng.integers(0 if dtype.kind == "u" else -9, 9, shape), dtype)
        values = rng.normal(0, 3, shape) + (1j * rng.normal(0, 3, shape) if dtype.kind == "c" else 0)
        values = np.asarray(values, dtype)
        if special and self.one_of(False, True):
            values = np.where(rng.random(shape) < 0.5, rng.choice(SPECIAL, shape).astype(dtype), values)
        return values

    def matrices(self, kinds: str = "f", square: bool = True) -> np.ndarray:
        """Draw a batch of well-conditioned matrices."""
        batch, n = self.shape(0, 1), self(st.integers(1, 3))
        m = n if square else self(st.integers(1, 3))
        return self.array((*batch, n, m), kinds, special=False) + np.asarray(9 * np.eye(n, m), self.dtype("f")).astype(
            "f4"
        )

    def hermitian(self, kinds: str = "fc") -> np.ndarray:
        """Draw positive definite matrices."""
        a = self.matrices(kinds)
        return (a @ np.conj(np.swapaxes(a, -1, -2))).astype(a.dtype)


def functions_of(namespace: ModuleType) -> dict[str, Callable]:
    """Give the functions of the standard in one of the oracle's namespaces."""
    found = {name: getattr(namespace, name) for name in namespace.__all__ if not name.endswith("_strict_flags")}
    return {name: value for name, value in found.items() if inspect.isfunction(value) and not name.startswith("_")}


def handed(value: Any, array: Callable, namespace: Any) -> Any:
    """Give arguments with arrays and dtypes as a library's own."""
    if isinstance(value, np.ndarray):
        return array(value)
    if isinstance(value, np.dtype):
        return getattr(namespace, value.name)
    if isinstance(value, (tuple, list)):
        return type(value)(handed(item, array, namespace) for item in value)
    if isinstance(value, dict):
        return {key: handed(item, array, namespace) for key, item in value.items()}
    return value


def to_strict(value: Any) -> Any:
    return handed(value, lambda a: strict.asarray(a, copy=True), strict)


def to_tensors(value: Any) -> Any:
    return handed(value, lambda a: ag.asarray(a, copy=True), ag)


def to_graph(value: Any) -> Any:
    """As Tensors, those of real floating point each inside a graph."""
    return handed(value, lambda a: ag.Tensor(a, requires_grad=True) * 1 if a.dtype.kind == "f" else ag.asarray(a), ag)


def parts(value: Any) -> list:
    """Give the single results in a result."""
    if isinstance(value, (tuple, list)):
        return [part for item in value for part in parts(item)]
    return [value]


def plain(value: Any) -> Any:
    """As NumPy's, and dtypes as theirs."""
    if isinstance(value, strict._array_object.Array):
        return value._array
    if isinstance(value, ag.Tensor):
        return value.data
    return value


def compare(found: Any, expected: Any, exact: bool = False, scaled: bool = False) -> None:
    """Assert that a result of ours is the oracle's: structure, shapes, dtypes, values.

    ``scaled``: small elements need to be right only in comparison with the largest.
    """
    if isinstance(expected, (tuple, list)):
        assert isinstance(found, tuple)
        assert len(found) == len(expected)
        if hasattr(expected, "_fields"):
            assert found._fields == expected._fields
        for mine, theirs in zip(found, expected, strict=True):
            compare(mine, theirs, exact, scaled)
        return
    if not isinstance(expected, strict._array_object.Array):
        assert found == getattr(expected, "_np_dtype", expected)
        return
    assert type(found) is ag.Tensor
    assert type(found.data) is np.ndarray
    a, b = found.data, expected._array
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    if exact or a.dtype.kind not in "fc":
        np.testing.assert_array_equal(a, b)
    else:
        eps = float(np.finfo(a.dtype).eps)
        largest = float(np.max(np.abs(b), initial=1)) if scaled else 1
        np.testing.assert_allclose(a, b, rtol=200 * eps, atol=100 * eps * largest)
