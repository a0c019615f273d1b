"""A Tensor at any argument of any of NumPy's functions gets its gradient, or is refused: never forgotten."""

import inspect
import warnings
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.core import FUNCTIONS
from tests.ops.calls import CALLS

WRITES = {"copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"}
REFUSED = (TypeError, ValueError, IndexError, AttributeError, RuntimeError)
CASES = [(name, number) for name, calls in CALLS.items() for number in range(len(calls))]
NUMPY = [value for module in (np, np.linalg) for value in vars(module).values()]


def function_of(name: str) -> Callable:
    return attrgetter(name)(np)


def places(value: Any, path: tuple = ()) -> Iterator[tuple[tuple, Any]]:
    """An argument itself, and what its lists hold."""
    yield path, value
    for i, item in enumerate(value if isinstance(value, (list, tuple)) else ()):
        yield from places(item, (*path, i))


def put(value: Any, path: tuple, new: Any) -> Any:
    if not path:
        return new
    items = list(value)
    items[path[0]] = put(items[path[0]], path[1:], new)
    return type(value)(items)


def start_of(value: Any) -> np.ndarray:
    """A number or an array to begin from; for truth values, names and None as well."""
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind == "f":
        return array
    return array + 0.25 if array.dtype.kind == "i" else np.asarray(0.37)  # in whole numbers jumps would hide slopes


def recorded(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return ag.copy(Tensor(value, requires_grad=True))
    return type(value)(map(recorded, value)) if type(value) in (list, tuple) else value


def outputs(name: str, args: list, kwargs: dict[str, Any]) -> list[Any]:
    """Run a function, and give those of its results that are real numbers."""
    if name in WRITES:
        args = [np.copy(args[0]), *args[1:]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = function_of(name)(*args, **kwargs)
    found, flat = [args[0] if name in WRITES else found], []
    while found:
        value = found.pop(0)
        if isinstance(value, (list, tuple)):
            found = [*value, *found]
        elif getattr(value, "dtype", np.dtype(bool)).kind == "f":
            flat.append(value)
    return flat


def slope(f: Callable[[Any], list], start: np.ndarray, direction: np.ndarray, cotangents: list) -> float:
    step = 1e-6
    ends = [f(start + sign * step * direction) for sign in (1, -1)]
    return sum(float(np.sum((b - a) * u)) for b, a, u in zip(*ends, cotangents, strict=True)) / (2 * step)


def check(name: str, args: tuple, kwargs: dict[str, Any], key: Any, path: tuple, value: Any, others: Any) -> bool:
    """Whether a Tensor there is taken; if so its gradient is that of NumPy's own results."""

    def run(new: Any, others: Callable[[Any], Any] = lambda other: other) -> list:
        given = {**dict(enumerate(args)), **kwargs}
        given = {k: v if k == key else others(v) for k, v in given.items()}
        given[key] = put(others(given[key]) if path else None, path, new)
        return outputs(name, [given.pop(i) for i in range(len(args))], given)

    start = start_of(value)
    leaf = Tensor(start, requires_grad=True)
    try:
        found = run(leaf, others)
    except REFUSED:
        return False
    as_given = (lambda x: x.tolist()) if isinstance(value, (list, tuple)) or not start.ndim else (lambda x: x)
    try:
        expected = run(as_given(start))
    except REFUSED:
        return True  # NumPy takes no number there, so there is no slope
    rng = np.random.default_rng(0)
    direction = rng.uniform(0.5, 1.5, start.shape) * (start != 0)
    if start.ndim == 2 and start.shape[0] == start.shape[1]:
        direction = direction + direction.T  # functions that read one triangle take matrices for symmetric
    cotangents = [np.where(np.isfinite(y), rng.uniform(0.5, 1.5, y.shape), 0) for y in expected]
    for y, z in zip(found, expected, strict=True):
        np.testing.assert_allclose(y.data if type(y) is Tensor else y, z, rtol=1e-9, atol=1e-12)
    pairs = [(y, u) for y, u in zip(found, cotangents, strict=True) if type(y) is Tensor and y.requires_grad]
    gradient = ag.gradients([y for y, _ in pairs], leaf, [u for _, u in pairs]).data if pairs else np.zeros(start.shape)
    with np.errstate(invalid="ignore"):
        number = slope(lambda x: run(as_given(x)), start, direction, [np.nan_to_num(u) for u in cotangents])
    assert np.sum(gradient * direction) == pytest.approx(number, rel=1e-5, abs=1e-5)
    return True


@pytest.mark.parametrize(("name", "number"), CASES, ids=[f"{name} {number}" for name, number in CASES])
@pytest.mark.parametrize("others", [lambda other: other, recorded], ids=["alone", "among Tensors"])
def test_no_argument_loses_its_gradient(name, number, others):
    args, kwargs = CALLS[name][number]
    taken = [
        check(name, args, kwargs, key, path, value, others)
        for key, argument in {**dict(enumerate(args)), **kwargs}.items()
        for path, value in places(argument)
        if not callable(value)
    ]
    assert any(taken)


def test_every_function_and_every_argument_has_a_call():
    names = {name: function_of(name) for name in CALLS}
    moved_together = {np.intersect1d}  # of which a row of tests/cases moves both arrays
    assert {f for f in FUNCTIONS if f in NUMPY} <= set(names.values()) | moved_together
    for name, function in names.items():
        kinds = inspect.signature(function).parameters
        known = [key for key, kind in kinds.items() if kind.kind not in (kind.VAR_POSITIONAL, kind.VAR_KEYWORD)]
        given = {key for args, kwargs in CALLS[name] for key in (*known[: len(args)], *kwargs)}
        assert given >= set(known), f"{name}: no call gives {set(known) - given}"
