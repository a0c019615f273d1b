"""`check_op`: property tests of a whole operation, with everything that they are tried on chosen for it."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

try:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("check_op draws its examples with hypothesis: pip install 'autograd_np[testing]'") from error

from .check import Check
from .edges import check_edges
from .gradcheck import gradcheck
from .report import GradientError, Report, UntrustedDerivative
from .search import Plan, Signature, plan_for, with_keywords
from .strategies import Draw
from .values import VALUES, scattered

# What a point outside an operation's domain, or a numerical derivative taken too near its edge, may raise.
_OUTSIDE = (UntrustedDerivative, ArithmeticError, np.linalg.LinAlgError)


@dataclass
class _Run:
    """What has happened so far."""

    report: Report
    used: int = 0
    passed_over: dict[str, int] = field(default_factory=dict)
    failure: tuple[GradientError, list[str], list[Any]] | None = None

    def pass_over(self, why: str) -> None:
        self.passed_over[why] = self.passed_over.get(why, 0) + 1


def check_op(
    op: Callable[..., Any],
    *arguments: Any,
    shapes: "str | st.SearchStrategy | None" = None,
    domain: Sequence[Any] | None = None,
    kinks: Sequence[float] = (),
    params: Mapping[str, Any] | None = None,
    method: str = "auto",
    order: int = 2,
    examples: int = 60,
    seed: int = 0,
) -> Report:
    """Check an operation: its gradients, by `gradcheck`, and its contracts, on everything it may meet.

    Shapes, broadcasts, memory layouts, empty and 0-d arrays, dtypes and numbers are drawn with Hypothesis.  What the
    operation takes is found out by trying.  Numbers keep away from each other and from all multiples of 0.1, and so
    from most kinks and ties; others are to be declared.

    Parameters
    ----------
    op : callable
        Made by `unary`, `binary` or `primitive`; or any function of Tensors.
    *arguments : array_like or strategy, optional
        What the operation takes, where finding out is not enough: strategies are drawn from, anything else is passed
        on as it is.
    shapes : str or strategy, optional
        Shapes that go together, as in ``"(m,k),(k,n)"``; or a strategy of tuples of shapes.
    domain : (low, high) or sequence of them, optional
        Where numbers may lie, for all arguments or for each; None or an infinity for no bound.
    kinks : sequence of float
        Arguments at which the operation has no derivative, and which are no multiples of 0.1.
    params : mapping, optional
        Keyword arguments: strategies are drawn from, anything else is passed on as it is.
    method, order : str, int
        As for `gradcheck`.
    examples : int
        How many are drawn.
    seed : int
        The same seed gives the same examples.

    Returns
    -------
    Report
        Printed, it is a table of all that was compared.

    Raises
    ------
    GradientError
        For the smallest example found on which something is wrong, with the call that shows it.
    ValueError
        If it cannot be found out what the operation takes, or too few examples could be judged.

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> square = ag.primitive(lambda g, y, x: g * 2 * x)(lambda x: x * x)
    >>> ag.testing.check_op(square).probes > 1000
    True
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    signature = Signature.of(op)
    plan = plan_for(signature, arguments, shapes, domain, kinks, dict(params or {}), seed)
    run = _Run(Report(f"{signature.name}: {plan}"))

    @seeded(seed)
    @settings(
        max_examples=examples,
        phases=[Phase.generate, Phase.shrink],
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def one(data: Any) -> None:
        _one_example(Draw(data), op, plan, run, method, order)

    try:
        one()
        check_edges(signature, plan, run.report, seed)
    except GradientError as error:
        raise _explained(error, signature, run) from None
    if run.used < min(examples, 10) // 2:
        why = "; ".join(f"{count} times: {what}" for what, count in run.passed_over.items())
        raise ValueError(
            f"check_op: only {run.used} of {examples} examples of {signature.name} could be judged; {why}; "
            "give domain= or kinks=, or the arguments"
        )
    run.report.notes += [f"  {run.used} examples judged"] + [
        f"  {count} passed over: {what}" for what, count in run.passed_over.items()
    ]
    return run.report


def _one_example(draw: Draw, op: Callable, plan: Plan, run: _Run, method: str, order: int) -> None:
    params = {key: draw(value) if isinstance(value, st.SearchStrategy) else value for key, value in plan.params.items()}
    inputs = _inputs(draw, plan)
    f = with_keywords(op, params)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            check = Check(f, inputs, "Richardson", 0, 0)
            finite = all(np.all(np.isfinite(y.data)) for y in check.outputs)
        except _OUTSIDE as error:
            run.pass_over(f"{type(error).__name__}: {error}")
            return
        except ValueError as error:
            if plan.found or "nothing to check" not in str(error):
                run.pass_over(str(error))
                return
            raise
        if not finite:
            run.pass_over("the value is not finite")
            return
        try:
            report = gradcheck(f, inputs, order=order, method=method, seed=draw(st.integers(0, 255)))
        except GradientError as error:
            if run.failure is None and error.report is not None:
                run.report.merge(error.report)
            run.failure = error, list(getattr(error, "__notes__", [])), [inputs, params]
            raise
        except _OUTSIDE as error:
            run.pass_over(f"{type(error).__name__} near a kink, a jump or a pole")
            return
    run.used += 1
    if run.failure is None:
        run.report.merge(report)


def _inputs(draw: Draw, plan: Plan) -> list[Any]:
    if plan.arguments:
        return [draw(a) if isinstance(a, st.SearchStrategy) else a for a in plan.arguments]
    shapes = draw(plan.shapes)
    if plan.affine and draw.one_of(True, False):
        return [draw.layout(VALUES["integers"](draw.rng, shape)) for shape in shapes]
    numbers = scattered(draw.rng, shapes, plan.domains, plan.kinks)
    if not plan.bounded:  # mostly of the size of 1, but rules that overflow show it at larger numbers
        numbers = [x * draw.one_of(1, 1, 1, 1, 1, 1, 10, 1000) for x in numbers]
    return [draw.layout(x) for x in numbers]


def _explained(error: GradientError, signature: Signature, run: _Run) -> GradientError:
    """Give the fault of the smallest example, with the call that shows it."""
    error.report = run.report
    error.__traceback__ = None
    error.__context__ = None
    if run.failure is not None and run.failure[0] is error:
        _, error.__notes__, (inputs, params) = run.failure
        error.add_note(_reproduction(signature, inputs, params))
    return error


def _reproduction(signature: Signature, inputs: Sequence[Any], params: Mapping[str, Any]) -> str:
    arrays = ", ".join(_literal(x) for x in inputs)
    keywords = "".join(f", {key}={value!r}" for key, value in params.items())
    names = ", ".join(f"x{i}" for i in range(len(inputs)))
    f = f"lambda {names}: {signature.name}({names}{keywords})" if params else signature.name
    layouts = [f"argument {i} is {kind} in memory" for i, x in enumerate(inputs) if (kind := _layout(x)) is not None]
    return "\n".join([f"to see it again: gradcheck({f}, [{arrays}])", *layouts])


def _literal(x: Any) -> str:
    if not isinstance(x, np.ndarray):
        return repr(x)
    if not x.size:
        return f"np.zeros({x.shape})"
    return f"np.array({np.array2string(x, separator=', ', floatmode='unique', threshold=10**6).replace(chr(10), '')})"


def _layout(x: Any) -> str | None:
    if not isinstance(x, np.ndarray) or x.size < 2:
        return None
    if not x.flags.writeable:
        return "read-only"
    return None if x.flags.c_contiguous else "Fortran-ordered" if x.flags.f_contiguous else "not contiguous"
