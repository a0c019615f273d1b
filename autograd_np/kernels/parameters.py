"""What a step of an optimizer changes, and how it lies in memory: looked at once for all steps."""

import operator
from typing import Any

import numpy as np


class StepArrays:
    """A parameter, and what an optimizer keeps of it from step to step.

    Parameters
    ----------
    w : ndarray
        The parameter.
    *moments : ndarray
        As `take_steps` wants them for its kind of step; of w's shape and dtype.
    scratch : ndarray
        One more such array, with anything in it; parameters may share it.

    Attributes
    ----------
    addresses : tuple of int, or None
        Of w and its moments, where compiled kernels can take them.
    """

    __slots__ = ("addresses", "moments", "scratch", "w")

    def __init__(self, w: np.ndarray, *moments: np.ndarray, scratch: np.ndarray) -> None:
        self.w, self.moments, self.scratch = w, moments, scratch
        fit = w.dtype.char in "fd" and w.size and all(a.flags.carray and a.dtype is w.dtype for a in (w, *moments))
        self.addresses = tuple([a.ctypes.data for a in (w, *moments)]) if fit else None

    def are(self, w: np.ndarray, moments: tuple[np.ndarray, ...]) -> bool:
        """Tell whether these very arrays are meant."""
        return self.w is w and all(map(operator.is_, self.moments, moments))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.w, self.moments, self.scratch)  # a copy has addresses of its own


def _restored(w: np.ndarray, moments: tuple[np.ndarray, ...], scratch: np.ndarray) -> StepArrays:
    return StepArrays(w, *moments, scratch=scratch)


# A parameter's arrays, its gradient, and the numbers in its step.
Step = tuple[StepArrays, np.ndarray, tuple[float, ...]]
