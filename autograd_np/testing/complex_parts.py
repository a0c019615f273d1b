"""Functions of complex numbers as functions of their parts, for checks that are made for real ones."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def parts(outputs: Sequence[Any]) -> list[Any]:
    """Give each complex array or Tensor as two real ones."""
    return [part for y in outputs for part in ((np.real(y), np.imag(y)) if y.dtype.kind == "c" else (y,))]


def of_parts(f: Callable, inputs: Sequence[Any]) -> tuple[Callable, list[Any], list[tuple[int, str]]]:
    """Give f as a function of the parts of its complex inputs, those, and which input each is from.

    If none is complex, f itself.
    """
    if not any(_is_complex(x) for x in inputs):
        return f, list(inputs), [(i, "") for i in range(len(inputs))]
    given: list[Any] = []
    sources: list[tuple[int, str]] = []
    for i, x in enumerate(inputs):
        given += [np.real(x), np.imag(x)] if _is_complex(x) else [x]
        sources += [(i, ".real"), (i, ".imag")] if _is_complex(x) else [(i, "")]

    def of_real(*values: Any) -> Any:
        left = iter(values)
        return f(*(next(left) + 1j * next(left) if _is_complex(x) else next(left) for x in inputs))

    of_real.__name__ = getattr(f, "__name__", "<lambda>")
    return of_real, given, sources


def _is_complex(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.generic, complex)) and np.iscomplexobj(x)
