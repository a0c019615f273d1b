"""A pytest plugin: a failing gradient check shows the program, its graph as DOT text, and the operation at fault.

Installed with the package, it needs no set-up: a test that raises `GradientError` (from `gradcheck`, `check_op`, or a
property test of your own; Hypothesis has shrunk it by then) has these sections in its report.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .report import GradientError


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Any:
    """Add sections to the report of a test that a gradient check has failed."""
    report = yield
    if call.excinfo is not None:
        for error in _gradient_errors(call.excinfo.value):
            report.sections += _sections(error)
    return report


def _gradient_errors(error: BaseException) -> "Iterator[GradientError]":
    """Find them in what was raised: it may be several at once, or a cause of something else."""
    from .report import GradientError

    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, GradientError):
            yield current
        pending += [current.__cause__, *(current.exceptions if isinstance(current, BaseExceptionGroup) else ())]


def _sections(error: "GradientError") -> list[tuple[str, str]]:
    found = []
    if hasattr(error.program, "lines"):
        found.append(("gradient check: the program", str(error.program)))
    if error.suspect is not None:
        found.append(("gradient check: the operation at fault", str(error.suspect)))
    if error.report is not None:
        found.append(("gradient check: what was compared", str(error.report)))
    if error.outputs:
        found.append(("gradient check: the graph, as DOT text", error.dot()))
    return found
