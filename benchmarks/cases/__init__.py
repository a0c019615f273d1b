"""What is measured: a list of cases that knows no engine."""

from . import images, ops, startup, training
from .case import Case
from .drawn import draw

CASES: tuple[Case, ...] = (*ops.CASES, *images.CASES, *training.CASES, *startup.CASES)
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(case.group for case in CASES))

__all__ = ["CASES", "GROUPS", "Case", "draw"]
