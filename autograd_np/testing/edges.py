"""Where operations are tried least: empty, large and 0-d arrays, mixed dtypes, numbers for arrays."""

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Tensor, gradients, no_grad
from .gradcheck import gradcheck
from .report import GradientError, Report
from .search import Plan, Signature, empty_shapes, examples_of, fixed, larger, with_keywords
from .values import scattered

_EMPTY, _MIXED, _NUMBERS = "empty arrays", "mixed dtypes", "Python numbers"
_LARGE = 20_000  # elements of all arguments together


def check_edges(signature: Signature, plan: Plan, report: Report, seed: int) -> None:
    """Check that gradients have their argument's shape and dtype, whatever the arguments are."""
    if plan.arguments:
        return
    edges = _Edges(signature, plan, report, seed)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        edges.empty()
        edges.large()
        if len(plan.domains) > 1:
            edges.mixed()
            if edges.elementwise:
                edges.numbers()


class _Edges:
    def __init__(self, signature: Signature, plan: Plan, report: Report, seed: int) -> None:
        self.f, self.name, self.plan, self.report = signature.f, signature.name, plan, report
        self.elementwise = signature.op is not None and signature.op.elementwise
        self.params = fixed(plan.params, seed)
        self.examples = examples_of(plan.shapes, seed)
        self.rng = np.random.default_rng(seed)

    def numbers_of(self, shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
        return scattered(self.rng, shapes, self.plan.domains, self.plan.kinks)

    def empty(self) -> None:
        refused = None
        variations = {e for shapes in self.examples for e in empty_shapes(shapes, self.elementwise)}
        for shapes in sorted(variations):
            try:
                self.gradients(_EMPTY, self.numbers_of(shapes))
            except _Refused as error:
                refused = error
        if refused is not None:
            self.report.notes.append(f"  some empty arrays are refused: {refused}")

    def large(self) -> None:
        """Check along random directions where there are thousands of elements, and four or five axes."""
        enlarged = [[tuple(larger(n) for n in shape) for shape in shapes] for shapes in self.examples]
        sizes = [sum(math.prod(shape) for shape in shapes) for shapes in enlarged]
        fitting = [(size, shapes) for size, shapes in zip(sizes, enlarged, strict=True) if size <= _LARGE]
        tried = [max(fitting)[1]] if fitting else []
        if self.elementwise:
            tried += [[shape] * len(enlarged[0]) for shape in ((2, 3, 1, 2), (2, 1, 3, 1, 2))]
        f = with_keywords(self.f, self.params)
        for shapes in tried:
            numbers = self.numbers_of(shapes)
            try:
                with no_grad():
                    out = f(*(Tensor(x) for x in numbers))
                if not all(np.all(np.isfinite(y.data)) for y in (out if isinstance(out, (tuple, list)) else [out])):
                    raise FloatingPointError("values are not finite")
                self.report.merge(gradcheck(f, numbers, order=1))
            except (ValueError, ArithmeticError) as error:
                self.report.notes.append(f"  not judged, shapes {', '.join(map(str, shapes))}: {error}")

    def mixed(self) -> None:
        for shapes in self.examples[:6]:
            numbers = self.numbers_of(shapes)
            for single in range(len(numbers)):
                point: list[Any] = [x.astype(np.float32) if i == single else x for i, x in enumerate(numbers)]
                expected = self.gradients(_MIXED, [x.astype(np.float64) for x in point])
                for i, (g, e) in enumerate(zip(self.gradients(_MIXED, point), expected, strict=True)):
                    size = 1 + float(np.abs(e).max(initial=0))
                    if np.all(np.isfinite(e)) and not np.allclose(g, e, rtol=1e-3, atol=1e-3 * size):
                        self.wrong(_MIXED, f"the gradient of argument {i} is {g}, in float64 {e}", point)

    def numbers(self) -> None:
        for place in range(len(self.plan.domains)):
            point = self.numbers_of([()] * len(self.plan.domains))
            arrays = [x.astype(np.float32) if i == place else float(x) for i, x in enumerate(point)]
            self.gradients(_NUMBERS, arrays)

    def gradients(self, line: str, point: list[Any]) -> list[np.ndarray]:
        """Differentiate by all arrays, and check the shapes and dtypes of what comes back."""
        operands = [Tensor(x, requires_grad=True) if isinstance(x, np.ndarray) else x for x in point]
        leaves = [x for x in operands if isinstance(x, Tensor)]
        try:
            out = self.f(*operands, **self.params)
        except Exception as error:
            raise _Refused(f"{type(error).__name__}: {error}") from error
        outputs = [y for y in (out if isinstance(out, (tuple, list)) else [out]) if y.requires_grad]
        if not outputs:
            return [np.zeros(x.shape, x.dtype) for x in leaves]
        try:
            found = gradients(outputs, leaves, [np.ones(y.shape) for y in outputs])
        except Exception as error:
            self.wrong(line, f"backward raises {type(error).__name__}: {error}", point)
        for i, (g, x) in enumerate(zip(found, leaves, strict=True)):
            self.report.line(line).add("contract", np.zeros(1), np.ones(1))
            if g.shape != x.shape or g.dtype != x.dtype:
                self.wrong(line, f"gradient {i} is {g.dtype} {g.shape}, not {x.dtype} {x.shape}", point)
        return [g.data for g in found]

    def wrong(self, line: str, what: str, point: list[Any]) -> None:
        self.report.line(line).wrong = True
        kinds = ", ".join(f"{x.dtype} {x.shape}" if isinstance(x, np.ndarray) else repr(x) for x in point)
        error = GradientError(f"{self.name}: {line}: {what}; for {kinds}", {"operation": self.name})
        error.report = self.report
        raise error


class _Refused(Exception):
    """The operation does not take such arguments, and has said so."""
