"""`gradcheck`: hold the gradients of a function against numerical derivatives, to second order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core import Tensor, gradients, no_grad
from . import numeric


class GradientError(AssertionError):
    """A gradient is wrong; the message says of what, where, and by how much."""


@dataclass
class Report:
    """What was checked: the method of each part, and how many numbers were really compared."""

    methods: dict[str, str] = field(default_factory=dict)
    probes: int = 0


# The relative tolerance of each method: far above its own error, far below the smallest fault worth finding (1e-6).
RTOL = {"exact": 0.0, "complex step": 1e-11, "Richardson": 1e-9}
_METHODS: dict[str, numeric.Method] = {
    "exact": numeric.exact,
    "complex step": numeric.complex_step,
    "Richardson": numeric.richardson,
}
_FULL_JACOBIAN = 4096


def gradcheck(
    f: Callable[..., Any],
    inputs: Sequence[Any],
    *,
    order: int = 2,
    method: str = "auto",
    directions: int = 4,
    seed: int = 0,
) -> Report:
    """Check that backward through f gives the gradients that f's own values imply.

    Parameters
    ----------
    f : callable
        Of as many arguments as ``inputs``; a Tensor comes out, or a sequence of Tensors.
    inputs : sequence
        Floating point arrays (or Tensors) are differentiated, in float64; anything else is passed on as it is.  Keep
        away from kinks and from ties.
    order : {1, 2}
        Whether second derivatives, and forward mode by reverse over reverse, are checked too.
    method : {"auto", "exact", "complex step", "Richardson"}
        "exact" is for functions that are affine in each input, on small integers: then the tolerance is zero.
        "auto" takes the complex step where the function is analytic, and Richardson extrapolation elsewhere.
    directions : int
        How many random directions are probed for each input.  Where the Jacobian has at most 4,096 elements each of
        them is checked as well.
    seed : int
        Of the random directions and cotangents.

    Returns
    -------
    Report
        Which methods were used and how many numbers were compared.

    Raises
    ------
    GradientError
        If a gradient is wrong: the operation, argument, element, expected and found value, method and tolerance.
    ValueError
        If there is nothing to check: no floating point input, an empty one only, or an output without a graph.

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> ag.testing.gradcheck(ag.tanh, [np.ones(3)]).methods["first order"]
    'complex step'
    """
    if order not in (1, 2) or (method != "auto" and method not in _METHODS):
        raise ValueError(f"gradcheck: order is 1 or 2 and method 'auto' or one of {list(_METHODS)}")
    check = _Check(f, inputs, method, directions, np.random.default_rng(seed))
    check.contracts()
    check.first_order()
    if order == 2:
        check.second_order()
    check.float32()
    return check.report


class _Check:
    """One function at one point."""

    def __init__(
        self, f: Callable, inputs: Sequence[Any], method: str, directions: int, rng: np.random.Generator
    ) -> None:
        self.f, self.rng, self.directions = f, rng, directions
        self.inputs = [x.data if isinstance(x, Tensor) else x for x in inputs]
        self.wrt = [i for i, x in enumerate(self.inputs) if _floating(x)]
        if not any(np.size(self.inputs[i]) for i in self.wrt):
            raise ValueError("gradcheck: nothing to check; give at least one floating point input with an element")
        self.point = [_as_float64(self.inputs[i]) for i in self.wrt]
        self.report = Report()
        _, outputs = self.run(self.point)
        if not any(y.requires_grad for y in outputs):
            raise ValueError("gradcheck: nothing to check; no output of the function records a gradient")
        self.name = outputs[0].node.op.name if outputs[0].node is not None and outputs[0].node.op else "the identity"
        self.cotangents = [self.draw(y.shape, method == "exact") for y in outputs]
        if not any(u.size for u in self.cotangents):
            raise ValueError("gradcheck: nothing to check; every output is empty")
        self.method = method if method != "auto" else self.strongest(self.values, self.point)
        self.report.methods["first order"] = self.method

    # -- running the function ----------------------------------------------------------------------------------------

    def call(self, tensors: Sequence[Any]) -> list[Tensor]:
        arguments = list(self.inputs)
        for place, tensor in zip(self.wrt, tensors, strict=True):
            arguments[place] = tensor
        out = self.f(*arguments)
        outputs = list(out) if isinstance(out, (tuple, list)) else [out]
        for y in outputs:
            if not isinstance(y, Tensor):
                raise GradientError(
                    f"gradcheck: the function gave {type(y).__name__} for Tensors; its gradient is lost"
                )
        return [y for y in outputs if y.dtype.kind in "fc"]

    def run(self, point: numeric.Arrays) -> tuple[list[Tensor], list[Tensor]]:
        leaves = [Tensor(x, requires_grad=True, copy=False) for x in point]
        return leaves, self.call(leaves)

    def values(self, point: numeric.Arrays) -> list[np.ndarray]:
        with no_grad():
            return [y.data for y in self.call([Tensor(x, copy=False) for x in point])]

    def backward(self, point: numeric.Arrays, cotangents: numeric.Arrays) -> list[np.ndarray]:
        leaves, outputs = self.run(point)
        recorded = [(y, u) for y, u in zip(outputs, cotangents, strict=True) if y.requires_grad]
        found = gradients([y for y, _ in recorded], leaves, [u for _, u in recorded])
        return [g.data for g in found]

    # -- probing -----------------------------------------------------------------------------------------------------

    def draw(self, shape: tuple[int, ...], integers: bool = False) -> np.ndarray:
        """Random numbers of both signs, none of them near 0: every element of a gradient counts."""
        signs = self.rng.choice([-1.0, 1.0], shape)
        return signs * (self.rng.integers(1, 4, shape) if integers else self.rng.uniform(0.5, 1.5, shape))

    def along(self, argument: int) -> list[np.ndarray]:
        """Draw a direction that moves one argument only."""
        exact = self.method == "exact"
        return [self.draw(x.shape, exact) if i == argument else np.zeros(x.shape) for i, x in enumerate(self.point)]

    def strongest(self, function: numeric.Function, point: numeric.Arrays) -> str:
        direction = [self.draw(x.shape) for x in point]
        return "complex step" if numeric.is_analytic(function, point, direction) else "Richardson"

    def compare(self, what: str, found: np.ndarray, expected: np.ndarray, scale: Any, method: str) -> None:
        """Compare element by element; ``scale`` is the size of the terms that were added up to each."""
        tolerance = RTOL[method] * np.asarray(scale) + (0.0 if method == "exact" else 1e-11)
        wrong = ~(np.abs(found - expected) <= tolerance)
        self.report.probes += wrong.size
        if wrong.any():
            with np.errstate(all="ignore"):
                worst = np.unravel_index(
                    np.argmax(
                        np.where(
                            wrong,
                            np.nan_to_num(np.abs(found - expected) / (np.abs(expected) + 1e-300), nan=np.inf),
                            -1,
                        )
                    ),
                    wrong.shape,
                )
            raise GradientError(
                f"{self.name}: {what} is wrong"
                + (f" at element {tuple(int(i) for i in worst)}" if wrong.ndim else "")
                + f": found {found[worst]:.12g}, expected {expected[worst]:.12g} "
                f"(difference {found[worst] - expected[worst]:.3g}; by {method}, tolerance "
                f"{np.broadcast_to(tolerance, wrong.shape)[worst]:.1g}; {int(wrong.sum())} of {wrong.size} wrong)"
            )

    # -- what is checked ---------------------------------------------------------------------------------------------

    def contracts(self) -> None:
        """Shapes, dtypes, repeatable bits, inputs left alone, no shared memory, and a zero cotangent gives zeros."""
        before = [x.copy() for x in self.point]
        seeds = [u.copy() for u in self.cotangents]
        first, second = self.backward(self.point, seeds), self.backward(self.point, seeds)
        zeros = self.backward(self.point, [np.zeros_like(u) for u in seeds])
        for place, x, old, g, again, zero in zip(self.wrt, self.point, before, first, second, zeros, strict=True):
            if g.shape != x.shape or g.dtype != x.dtype:
                raise GradientError(
                    f"{self.name}: the gradient of argument {place} is {g.dtype} {g.shape}, not {x.dtype} {x.shape}"
                )
            if not np.array_equal(g, again, equal_nan=True):
                raise GradientError(f"{self.name}: the gradient of argument {place} differs from run to run")
            if not np.array_equal(x, old, equal_nan=True):
                raise GradientError(f"{self.name}: argument {place} was changed by the function or its rule")
            if zero.any():
                raise GradientError(f"{self.name}: a zero cotangent gives argument {place} a gradient that is not 0")
            others = [*self.point, *seeds, *(h for h in first if h is not g)]
            if any(np.shares_memory(g, other) for other in others):
                raise GradientError(f"{self.name}: the gradient of argument {place} shares memory with other data")
        if not all(np.array_equal(u, seed) for u, seed in zip(self.cotangents, seeds, strict=True)):
            raise GradientError(f"{self.name}: a rule changed the cotangent that it was given")

    def first_order(self) -> None:
        """Compare ⟨g, v⟩ with ⟨u, dF(v)⟩ along random directions, and each element of a small Jacobian."""
        analytic = self.backward(self.point, self.cotangents)
        for argument, (place, x) in enumerate(zip(self.wrt, self.point, strict=True)):
            if not x.size:
                continue
            if x.size * sum(u.size for u in self.cotangents) <= _FULL_JACOBIAN:
                self.jacobian(argument, place)
            for _ in range(self.directions):
                v = self.along(argument)
                derivative = _METHODS[self.method](self.values, self.point, v)
                found = _dot([analytic[argument]], [v[argument]])
                expected = _dot(self.cotangents, derivative)
                scale = _norm([analytic[argument]], [v[argument]]) + _norm(self.cotangents, derivative)
                self.compare(f"the gradient of argument {place}", found, expected, scale, self.method)

    def jacobian(self, argument: int, place: int) -> None:
        columns = []
        x = self.point[argument]
        for index in np.ndindex(x.shape):
            v = [np.zeros(a.shape) for a in self.point]
            v[argument][index] = 1.0
            columns.append(_flat(_METHODS[self.method](self.values, self.point, v)))
        expected = np.stack(columns, axis=-1)
        rows = [self.backward(self.point, unit)[argument].ravel() for unit in self.units()]
        found = np.stack(rows)
        size = max(
            1.0,
            float(np.abs(expected).max()),
            *(float(np.abs(y).max(initial=0)) for y in self.values(self.point)),
        )
        what = f"d output[i] / d argument {place}[j] (i, j counted flat)"
        self.compare(what, found, expected, size, self.method)

    def units(self) -> Iterator[list[np.ndarray]]:
        for k, u in enumerate(self.cotangents):
            for index in np.ndindex(u.shape):
                unit = [np.zeros_like(c) for c in self.cotangents]
                unit[k][index] = 1.0
                yield unit

    def second_order(self) -> None:
        """Differentiate ⟨g(x, u), v⟩ again: by u it is forward mode, by x it is the Hessian along v."""
        if self.method == "exact":  # only one argument moves at a time: a product is affine in each, not in both
            count = len(self.point)
            pairs = [(self.along(i), self.along(int(self.rng.integers(count)))) for i in range(count)]
        else:
            pairs = [([self.draw(x.shape) for x in self.point], [self.draw(x.shape) for x in self.point])]
        # Backward runs on real arrays, so its own derivative is taken by differences, exact ones where they can be.
        method = "exact" if self.method == "exact" else "Richardson"
        self.report.methods["second order"] = method
        size = max(1.0, *(float(np.abs(y).max(initial=0)) for y in self.values(self.point)))
        for v, w in pairs:
            forward, along_v = self.twice(v)
            _, along_w = self.twice(w)
            found, expected = _flat(forward), _flat(_METHODS[self.method](self.values, self.point, v))
            scale = max(size, float(np.abs(expected).max()))
            self.compare("forward mode (reverse over reverse)", found, expected, scale, self.method)

            def slope(point: numeric.Arrays, v: numeric.Arrays = v) -> list[np.ndarray]:
                return [_dot(self.backward(point, self.cotangents), v)]

            found, expected = _dot(along_v, w), _METHODS[method](slope, self.point, w)[0]
            scale = _norm(along_v, w) + float(np.abs(expected)) + float(np.abs(slope(self.point)[0]))
            self.compare("the second derivative", found, expected, scale, method)
            scale = _norm(along_v, w) + _norm(along_w, v)
            self.compare("the Hessian is not symmetric: it", found, _dot(along_w, v), scale, method)

    def twice(self, directions: numeric.Arrays) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Give d⟨g, v⟩/du and d⟨g, v⟩/dx."""
        leaves, outputs = self.run(self.point)
        seeds = [Tensor(u, requires_grad=True) for u in self.cotangents]
        recorded = [(y, u) for y, u in zip(outputs, seeds, strict=True) if y.requires_grad]
        first = gradients([y for y, _ in recorded], leaves, [u for _, u in recorded], create_graph=True)
        slope: Any = 0.0
        for g, v in zip(first, directions, strict=True):
            slope = slope + np.sum(g * v)
        if not isinstance(slope, Tensor) or not slope.requires_grad:
            raise GradientError(f"{self.name}: create_graph=True gave gradients that record nothing")
        found = gradients(slope, [*seeds, *leaves])
        return [g.data for g in found[: len(seeds)]], [g.data for g in found[len(seeds) :]]

    def float32(self) -> None:
        """Compare the gradients of float32 inputs with those of float64: differences would drown in rounding."""
        point = [x.astype(np.float32) for x in self.point]
        single = self.backward(point, self.cotangents)
        double = self.backward([x.astype(np.float64) for x in point], self.cotangents)
        for place, g, expected in zip(self.wrt, single, double, strict=True):
            if g.dtype != np.float32:
                raise GradientError(f"{self.name}: argument {place} is float32, its gradient {g.dtype}")
            size = 1.0 + float(np.abs(expected).max(initial=0))
            if not np.allclose(g, expected, rtol=1e-3, atol=1e-3 * size, equal_nan=True):
                raise GradientError(
                    f"{self.name}: the float32 gradient of argument {place} is off by "
                    f"{float(np.abs(g - expected).max()):.3g} from the float64 one"
                )


def _floating(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.floating, float)) and np.asarray(x).dtype.kind == "f"


def _as_float64(x: Any) -> np.ndarray:
    """Convert, but keep the memory layout of what is float64 already: layouts are part of what is checked."""
    return np.asarray(x, dtype=np.float64)


def _flat(arrays: numeric.Arrays) -> np.ndarray:
    return np.concatenate([np.ravel(a) for a in arrays])


def _dot(a: numeric.Arrays, b: numeric.Arrays) -> np.ndarray:
    return np.asarray(sum(np.sum(x * y) for x, y in zip(a, b, strict=True)))


def _norm(a: numeric.Arrays, b: numeric.Arrays) -> float:
    return float(np.sqrt(sum(float(np.sum(np.square(x * y))) for x, y in zip(a, b, strict=True))))
