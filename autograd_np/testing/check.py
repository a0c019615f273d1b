"""`Check`: one function at one point, how it is run and how numbers are compared."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from ..core import Tensor, gradients, no_grad
from . import numeric
from .complex_parts import of_parts, parts
from .report import GradientError, Report, UntrustedDerivative

# The relative tolerance of each method: far above its own error, far below the smallest fault worth finding (1e-6).
# Where a method estimates its error, twice the estimate is added.
RTOL = {"exact": 0.0, "complex step": 1e-11, "Richardson": 1e-9}
METHODS: dict[str, numeric.Method] = {
    "exact": numeric.exact,
    "complex step": numeric.complex_step,
    "Richardson": numeric.richardson,
}
_TRUSTED = 1e-5  # an estimated error above this part of the derivative's size leaves nothing to judge by


class Check:
    """One function at one point.

    Attributes
    ----------
    point : list of ndarray
        The arguments that are differentiated, in float64; ``wrt`` has their positions.
    cotangents : list of ndarray
        One for each output.
    method : str
        By which first derivatives are found.
    complex : bool
        Whether an output is complex: it counts as its real and its imaginary part, and so does an argument.
    """

    complex: bool

    def __init__(
        self, f: Callable, inputs: Sequence[Any], method: str, directions: int, seed: int, step: float = numeric.STEP
    ) -> None:
        self.step = step
        self.rng, self.directions = np.random.default_rng(seed), directions
        self.f, self.inputs, sources = of_parts(f, [x.data if isinstance(x, Tensor) else x for x in inputs])
        self.wrt = [i for i, x in enumerate(self.inputs) if _floating(x)]
        if not any(np.size(self.inputs[i]) for i in self.wrt):
            raise ValueError("gradcheck: nothing to check; give at least one floating point input with an element")
        self.point = [_as_float64(self.inputs[i]) for i in self.wrt]
        self.report = Report()
        self.leaves, self.outputs = self.run(self.point)
        recorded = [y for y in self.outputs if y.requires_grad]
        if not recorded:
            raise ValueError("gradcheck: nothing to check; no output of the function records a gradient")
        self.name = _name(f, recorded[0])
        names = argument_names(f)
        of = [sources[i] for i in self.wrt]
        self.symbols = [names.get(i, f"argument {i}") + suffix for i, suffix in of]
        self.arguments = [f"argument {i}" + (f" ({names[i]}{suffix})" if i in names else suffix) for i, suffix in of]
        self.cotangents = [self.draw(y.shape, method == "exact") for y in self.outputs]
        if not any(u.size for u in self.cotangents):
            raise ValueError("gradcheck: nothing to check; every output is empty")
        self.method = method if method != "auto" else self.strongest()
        if method == "auto" and self.method == "exact":
            self.cotangents = [self.draw(u.shape, True) for u in self.cotangents]
        self.report.methods["first order"] = self.method

    # -- running the function ----------------------------------------------------------------------------------------

    def call(self, tensors: Sequence[Any]) -> list[Tensor]:
        """Run the function with the differentiated arguments replaced; give its outputs, complex ones in two parts."""
        outputs = self.whole_outputs(tensors)
        if any(tensor.dtype.kind == "c" for tensor in tensors):  # a complex step, for functions of real numbers
            if self.complex:
                raise TypeError("gradcheck: the function's own outputs are complex")
            return outputs
        self.complex = any(y.dtype.kind == "c" for y in outputs)
        return parts(outputs)

    def whole_outputs(self, tensors: Sequence[Any]) -> list[Tensor]:
        """Give the function's floating point outputs as they are."""
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
        """Give new leaves, and what the function makes of them."""
        leaves = [Tensor(x, requires_grad=True, copy=False) for x in point]
        return leaves, self.call(leaves)

    def values(self, point: numeric.Arrays) -> list[np.ndarray]:
        """Run the function without a graph."""
        with no_grad():
            return [y.data for y in self.call([Tensor(x, copy=False) for x in point])]

    def pull(
        self,
        outputs: Sequence[Tensor],
        leaves: Sequence[Tensor],
        cotangents: Sequence[Any],
        **how: bool,
    ) -> list[Tensor]:
        """Take cotangents back to the leaves; what a rule raises is a fault found."""
        __tracebackhide__ = True  # pytest shows the line of the test
        recorded = [(y, u) for y, u in zip(outputs, cotangents, strict=True) if y.requires_grad]
        try:
            return list(gradients([y for y, _ in recorded], leaves, [u for _, u in recorded], **how))
        except Exception as error:
            notes = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
            self.fail(f"backward raises {type(error).__name__}: {error}{notes}", error)

    def backward(self, point: numeric.Arrays, cotangents: numeric.Arrays) -> list[np.ndarray]:
        """Give the gradients that are to be checked."""
        leaves, outputs = self.run(point)
        return [g.data for g in self.pull(outputs, leaves, cotangents)]

    # -- probing -----------------------------------------------------------------------------------------------------

    def draw(self, shape: tuple[int, ...], integers: bool = False) -> np.ndarray:
        """Random numbers of both signs, none of them near 0: every element of a gradient counts."""
        signs = self.rng.choice([-1.0, 1.0], shape)
        return signs * (self.rng.integers(1, 4, shape) if integers else self.rng.uniform(0.5, 1.5, shape))

    def along(self, *moved: int) -> list[np.ndarray]:
        """Draw a direction that moves some arguments only."""
        exact = self.method == "exact"
        return [self.draw(x.shape, exact) if i in moved else np.zeros(x.shape) for i, x in enumerate(self.point)]

    def strongest(self) -> str:
        """Choose the method with the smallest error that applies."""
        if numeric.is_affine(self.values, self.point, self.rng):
            return "exact"
        direction = [self.draw(x.shape) for x in self.point]
        return "complex step" if numeric.is_analytic(self.values, self.point, direction) else "Richardson"

    def derivative(self, v: numeric.Arrays) -> numeric.Derivative:
        """Differentiate the function along a direction, numerically."""
        return METHODS[self.method](self.values, self.point, v, self.step)

    # -- comparing ---------------------------------------------------------------------------------------------------

    def compare(
        self,
        line: str,
        found: Any,
        expected: Any,
        scale: Any,
        error: Any = 0.0,
        *,
        method: str,
        describe: Callable[[tuple[int, ...]], str],
        argument: int | None = None,
    ) -> None:
        """Compare element by element; ``scale`` is the size of the terms that were added up to each.

        ``describe`` says of an index what was compared there.
        """
        __tracebackhide__ = True  # pytest shows the line of the test
        found, expected = np.asarray(found), np.asarray(expected)
        tolerance = RTOL[method] * np.asarray(scale) + 2 * np.asarray(error)
        tolerance = np.broadcast_to(tolerance + (0.0 if method == "exact" else 1e-12), found.shape)
        with np.errstate(all="ignore"):
            unsure = ~(error <= _TRUSTED * np.asarray(scale) + 1e-9)
            difference = np.abs(found - expected)
        if np.any(unsure):
            index = tuple(int(i) for i in np.argwhere(np.broadcast_to(unsure, found.shape))[0])
            raise UntrustedDerivative(
                f"{self.name}: {describe(index)} cannot be judged: the numerical derivative there, "
                f"{expected[index]:.3g} by {method}, may be off by {np.broadcast_to(error, found.shape)[index]:.1g}; "
                "keep the inputs away from kinks, jumps and poles"
            )
        self.report.line(line).add(method, difference, tolerance)
        wrong = ~(difference <= tolerance)
        if not wrong.any():
            return
        with np.errstate(all="ignore"):
            relative = np.nan_to_num(difference / (np.abs(expected) + 1e-300), nan=np.inf)
        worst = np.unravel_index(np.argmax(np.where(wrong, relative, -1)), wrong.shape)
        index = tuple(int(i) for i in worst)
        count = (
            f"\n  {int(wrong.sum()):,} of the {wrong.size:,} numbers compared here are wrong" if wrong.size > 1 else ""
        )
        self.fail(
            f"{describe(index)} is wrong\n"
            f"  found       {found[index]:.15g}\n"
            f"  expected    {expected[index]:.15g}  (by {method}, tolerance {tolerance[index]:.1g})\n"
            f"  difference  {found[index] - expected[index]:.3g}"
            + (f"  ({found[index] / expected[index] - 1:+.3g} of it)" if expected[index] else "")
            + count,
            line=line,
            argument=argument,
            element=index,
            found=float(found[index]),
            expected=float(expected[index]),
            method=method,
            tolerance=float(tolerance[index]),
        )

    def holds(self, line: str, true: Any, otherwise: str) -> None:
        """Check a contract: something that is so or not."""
        __tracebackhide__ = True  # pytest shows the line of the test
        self.report.line(line).add("contract", np.zeros(1), np.ones(1))
        if not true:
            self.fail(otherwise, line=line)

    def fail(self, what: str, cause: Exception | None = None, *, line: str = "backward runs", **facts: Any) -> NoReturn:
        """Raise, with all that is known."""
        __tracebackhide__ = True  # pytest shows the line of the test
        self.report.line(line).wrong = True
        error = GradientError(f"{self.name}: {what}", {"operation": self.name, **facts})
        error.program, error.outputs, error.report = self.f, self.outputs, self.report
        raise error from cause


def argument_names(f: Callable) -> dict[int, str]:
    """Give the names of the arguments by position, of an operation as its rules call them."""
    op = getattr(f, "op", None)
    rule = next((rule for rule in op.rules if rule is not None), None) if op and not op.variadic else None
    try:
        parameters = inspect.signature(rule or f).parameters.values()
    except (TypeError, ValueError):
        return {}
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if op is not None:
        names = [name.lstrip("_") for name in names[2 : 2 + len(op.rules)]] if rule else []
    return dict(enumerate(names))


def _name(f: Callable, y: Tensor) -> str:
    if hasattr(f, "op"):
        return f.op.name
    own = getattr(f, "__name__", "<lambda>")
    if own != "<lambda>":
        return own
    return y.node.op.name if y.node is not None and y.node.op else "the identity"


def _floating(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.floating, float)) and np.asarray(x).dtype.kind == "f"


def _as_float64(x: Any) -> np.ndarray:
    """Convert, but keep the memory layout of what is float64 already: layouts are part of what is checked."""
    return np.asarray(x, dtype=np.float64)
