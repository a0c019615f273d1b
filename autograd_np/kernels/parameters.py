"""What the steps of an optimizer change, and how it lies in memory: looked at once for all steps."""

from collections.abc import Sequence
from itertools import chain
from operator import is_
from typing import Any

import numpy as np

Arrays = tuple[np.ndarray, ...]
"""A parameter, and what an optimizer keeps of it from step to step: of one shape and dtype."""


class StepGroup:
    """Parameters that one call of a kernel changes.

    Attributes
    ----------
    places : list of int
        Which they are.
    arrays : list of Arrays
    scratch : list of ndarray
        One more array like each parameter, with anything in it; they may share memory.
    table : ndarray of int, or None
        For each parameter its size, room for its gradient's address, its own address and those of its moments; None
        where compiled kernels cannot take them.
    dtype : dtype
        Of the parameters that are in a table.
    size : int
        The number of elements of all parameters.
    """

    def __init__(self, places: list[int], arrays: list[Arrays], scratch: list[np.ndarray], compiled: bool) -> None:
        self.places, self.arrays, self.scratch = places, arrays, scratch
        self.dtype = arrays[0][0].dtype
        self.size = sum([w.size for w, *_ in arrays])
        self.table = None
        if compiled:
            self.table = np.array([(own[0].size, 0, *[array.ctypes.data for array in own]) for own in arrays])


class StepArrays:
    """All parameters that change in a step.

    Parameters
    ----------
    arrays : sequence of Arrays
        Of each parameter, with the moments that `take_steps` wants for its kind of step.
    scratch : sequence of ndarray
        As in `StepGroup`.

    Attributes
    ----------
    groups : list of StepGroup
    """

    def __init__(self, arrays: Sequence[Arrays], scratch: Sequence[np.ndarray]) -> None:
        self._given = arrays, scratch
        self._flat = list(chain.from_iterable(zip(*arrays, strict=True)))
        alike: dict[np.dtype | None, list[int]] = {}
        for place, (w, *moments) in enumerate(arrays):
            fit = w.dtype.char in "fd" and w.size and all(a.flags.carray and a.dtype is w.dtype for a in (w, *moments))
            alike.setdefault(w.dtype if fit else None, []).append(place)
        self.groups = [
            StepGroup(places, [arrays[i] for i in places], [scratch[i] for i in places], compiled=dtype is not None)
            for dtype, places in alike.items()
        ]

    def are(self, lists: Sequence[Sequence[np.ndarray]]) -> bool:
        """Tell whether these very arrays are meant: all parameters, and all moments of a kind."""
        flat = list(chain.from_iterable(lists))
        return len(flat) == len(self._flat) and all(map(is_, flat, self._flat))

    def __reduce__(self) -> tuple[Any, ...]:
        return StepArrays, self._given  # a copy has addresses of its own
