"""Functions of complex numbers as functions of their parts, which real-valued checks can take."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_np as ag


def parts(y: Any) -> list[Any]:
    """Each complex output as two real ones."""
    outputs = y if isinstance(y, (tuple, list)) else [y]
    return [part for z in outputs for part in ((ag.real(z), ag.imag(z)) if z.dtype.kind == "c" else (z,))]


def of_parts(f: Callable, inputs: list) -> tuple[Callable, list]:
    """A function of complex arrays as one of their real and imaginary parts."""
    sizes = [2 if isinstance(x, np.ndarray) and x.dtype.kind == "c" else 1 for x in inputs]
    taken = [p for x, size in zip(inputs, sizes, strict=True) for p in ((x.real, x.imag) if size == 2 else (x,))]

    def of_real(*values: Any) -> list[Any]:
        given = iter(values)
        return parts(f(*(next(given) + 1j * next(given) if size == 2 else next(given) for size in sizes)))

    return of_real, taken
