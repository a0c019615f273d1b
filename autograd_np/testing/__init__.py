"""Proof of gradients: numerical checks for operations and for whole functions.

`gradcheck` checks a function at a point, `check_op` an operation on all that it may meet; `strategies` draws arrays,
shapes and whole programs for property tests of your own.  ``python -m autograd_np.testing file.py:operation`` does it
from the command line.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .gradcheck import gradcheck
from .report import GradientError, Report, UntrustedDerivative

if TYPE_CHECKING:
    from . import strategies
    from .operations import check_op

__all__ = ["GradientError", "Report", "UntrustedDerivative", "check_op", "gradcheck", "strategies"]


def __getattr__(name: str) -> Any:
    """Import what draws with Hypothesis when it is first used: checking at a point needs no more than NumPy."""
    if name == "strategies":
        return import_module(f"{__name__}.strategies")
    if name == "check_op":
        return import_module(f"{__name__}.operations").check_op
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
