"""First and second derivatives, and forward mode, held against numerical ones."""

from collections.abc import Callable, Iterator

import numpy as np

from ..core import Tensor
from . import numeric
from .check import METHODS, Check
from .report import GradientError

FULL_JACOBIAN = 4096  # elements; above it a gradient is probed along random directions only
_TINY = 1e-300


def first_order(check: Check) -> None:
    """Check each argument: every element of a small Jacobian, and ⟨g, v⟩ = ⟨u, dF(v)⟩ along random directions.

    All arguments are checked before the first fault is raised, so that a report shows which are right.
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    faults = []
    for argument, x in enumerate(check.point):
        if x.size:
            try:
                _argument(check, argument)
            except GradientError as error:
                faults.append(error)
    if faults:
        raise faults[0]


def _argument(check: Check, argument: int) -> None:
    __tracebackhide__ = True
    x, name = check.point[argument], check.arguments[argument]
    line = f"gradient of {name}"
    if x.size * sum(u.size for u in check.cotangents) <= FULL_JACOBIAN:
        _jacobian(check, argument, line)
    g = check.backward(check.point, check.cotangents)[argument]
    for _ in range(check.directions):
        v = check.along(argument)
        found, expected, scale, error = _along(check, g, v, argument)
        method = check.method

        def element(_: tuple[int, ...], v: list[np.ndarray] = v) -> str:
            index = _wrong_element(check, g, v, argument)
            value = x[index]
            return f"the gradient of {name}, most of all{_place(index)} (value {value:.6g}), along a random direction"

        check.compare(line, found, expected, scale, error, method=method, describe=element, argument=argument)


def _along(check: Check, g: np.ndarray, v: numeric.Arrays, argument: int) -> tuple[np.ndarray, ...]:
    """Give ⟨g, v⟩, ⟨u, dF(v)⟩, the size of their terms, and the error of the second."""
    found = check.derivative(v)
    expected, error = dot(check.cotangents, found.values), dot([np.abs(u) for u in check.cotangents], found.errors)
    scale = norm([g], [v[argument]]) + norm(check.cotangents, found.values)
    return dot([g], [v[argument]]), expected, np.asarray(scale), error


def _wrong_element(check: Check, g: np.ndarray, v: numeric.Arrays, argument: int) -> tuple[int, ...]:
    """Halve the direction, each time taking the half whose derivative is the more wrong."""
    candidates = np.arange(g.size)

    def fault(chosen: np.ndarray) -> float:
        part = [np.zeros_like(a) for a in v]
        part[argument].flat[chosen] = v[argument].flat[chosen]
        found, expected, scale, _ = _along(check, g, part, argument)
        return float(np.nan_to_num(np.abs(found - expected) / (scale + _TINY), nan=np.inf))

    while candidates.size > 1:
        candidates = max(np.array_split(candidates, 2), key=fault)
    return tuple(int(i) for i in np.unravel_index(candidates[0], g.shape))


def _jacobian(check: Check, argument: int, line: str) -> None:
    __tracebackhide__ = True
    x, name = check.point[argument], check.arguments[argument]
    columns, errors = [], []
    for index in np.ndindex(x.shape):
        v = [np.zeros(a.shape) for a in check.point]
        v[argument][index] = 1.0
        column = check.derivative(v)
        columns.append(_flat(column.values))
        errors.append(_flat(column.errors))
    expected, error = np.stack(columns, axis=-1), np.stack(errors, axis=-1)
    found = np.stack([check.backward(check.point, unit)[argument].ravel() for unit in _units(check)])
    # The terms that a rule adds up are of the size of its row, or of its column, or of the output itself.
    size = np.abs(np.where(np.isfinite(expected), expected, 0))
    value = np.abs(_flat([y.data for y in check.outputs]))[:, None]
    scale = np.maximum(np.maximum(size.max(1, keepdims=True), size.max(0, keepdims=True)), value)
    places = [(k, i) for k, u in enumerate(check.cotangents) for i in np.ndindex(u.shape)]

    def element(entry: tuple[int, ...]) -> str:
        k, i = places[entry[0]]
        j = tuple(int(n) for n in np.unravel_index(entry[1], x.shape))
        output = "output" if len(check.outputs) == 1 else f"output {k}"
        of_output = f"{output}{list(i)}" if i else output
        symbol = check.symbols[argument] + (f"{list(j)}" if j else "")
        return f"the gradient of {name}{_place(j)} (value {x[j]:.6g}), d {of_output} / d {symbol},"

    check.compare(line, found, expected, scale, error, method=check.method, describe=element, argument=argument)


def _units(check: Check) -> Iterator[list[np.ndarray]]:
    for k, u in enumerate(check.cotangents):
        for index in np.ndindex(u.shape):
            unit = [np.zeros_like(c) for c in check.cotangents]
            unit[k][index] = 1.0
            yield unit


def second_order(check: Check) -> None:
    """Differentiate ⟨g(x, u), v⟩ again: by u it is forward mode, by x it is the Hessian times v."""
    __tracebackhide__ = True
    everything = range(len(check.point))
    if check.method == "exact":  # only one argument moves at a time: a product is affine in each, not in both
        pairs = [(check.along(i), check.along(int(check.rng.integers(len(check.point))))) for i in everything]
    else:
        pairs = [(check.along(*everything), check.along(*everything))]
    # Backward runs on real arrays, so its own derivative is taken by differences, exact ones where they can be.
    method = "exact" if check.method == "exact" else "Richardson"
    check.report.methods["second order"] = method
    for v, w in pairs:
        forward, along_v = _twice(check, v)
        _forward_mode(check, forward, v)
        _hessian(check, along_v, v, method)
        _, along_w = _twice(check, w)
        check.compare(
            "symmetry of the Hessian",
            dot(along_v, w),
            dot(along_w, v),
            norm(along_v, w) + norm(along_w, v),
            method="complex step" if method == "Richardson" else method,  # both sides are precise
            describe=lambda _: "the Hessian is not symmetric: vᵀHw, which should equal wᵀHv,",
        )


def _forward_mode(check: Check, found: list[np.ndarray], v: numeric.Arrays) -> None:
    __tracebackhide__ = True
    expected = check.derivative(v)
    size = float(np.abs(_flat(expected.values)).max(initial=0))
    scale = np.maximum(size, np.abs(_flat([y.data for y in check.outputs])))
    check.compare(
        "forward mode",
        _flat(found),
        _flat(expected.values),
        scale,
        _flat(expected.errors),
        method=check.method,
        describe=lambda i: f"forward mode (reverse over reverse), element {i[0]} of the outputs in a row,",
    )


def _hessian(check: Check, found: list[np.ndarray], v: numeric.Arrays, method: str) -> None:
    """Compare each element of the Hessian times v with the derivative of the gradient along v."""
    __tracebackhide__ = True

    def gradient(point: numeric.Arrays) -> list[np.ndarray]:
        return check.backward(point, check.cotangents)

    here, slope = gradient(check.point), METHODS[method](gradient, check.point, v, check.step)
    size = max(float(np.abs(_flat(arrays)).max(initial=0)) for arrays in (here, slope.values))
    for i, name in enumerate(check.arguments):
        if check.point[i].size:
            check.compare(
                "second derivatives",
                found[i],
                slope.values[i],
                size,
                slope.errors[i],
                method=method,
                describe=_second_of(name),
                argument=i,
            )


def _second_of(name: str) -> Callable[[tuple[int, ...]], str]:
    return lambda j: f"the second derivative by {name}{_place(j)}, of the gradient along a random direction,"


def _place(index: tuple[int, ...]) -> str:
    return f" at element {index}" if index else " at its only element"


def _twice(check: Check, directions: numeric.Arrays) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Give d⟨g, v⟩/du and d⟨g, v⟩/dx."""
    leaves, outputs = check.run(check.point)
    seeds = [Tensor(u, requires_grad=True) for u in check.cotangents]
    first = check.pull(outputs, leaves, seeds, create_graph=True)
    slope = sum((np.sum(g * v) for g, v in zip(first, directions, strict=True)), start=Tensor(0.0))
    if not slope.requires_grad:
        check.fail("create_graph=True gave gradients that record nothing", line="forward mode")
    found = [g.data for g in check.pull([slope], [*seeds, *leaves], [np.ones(())])]
    return found[: len(seeds)], found[len(seeds) :]


def _flat(arrays: numeric.Arrays) -> np.ndarray:
    return np.concatenate([np.ravel(a) for a in arrays])


def dot(a: numeric.Arrays, b: numeric.Arrays) -> np.ndarray:
    """Give the sum of all products of elements."""
    return np.asarray(sum(np.sum(x * y) for x, y in zip(a, b, strict=True)))


def norm(a: numeric.Arrays, b: numeric.Arrays) -> float:
    """Give the root of the sum of their squares: the size of what is added up."""
    return float(np.sqrt(sum(float(np.sum(np.square(x * y))) for x, y in zip(a, b, strict=True))))
