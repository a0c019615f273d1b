r"""Numerical derivatives along a direction: what analytic gradients are held against.

Each method gives d/dh F(x + h v) at h = 0 for a function F of several arrays.

exact
    F(x + v) - F(x).  For F affine in x, on small integers: no rounding at all.
complex step
    Im F(x + i h v) / h with h = 1e-30.  For F analytic; no cancellation, so as precise as F itself
    (Squire and Trapp, SIAM Review 40, 1998).
Richardson
    (64 C(h/4) - 20 C(h/2) + C(h)) / 45 of central differences C: the errors in h² and h⁴ cancel
    (Richardson, Phil. Trans. A 210, 1911).
"""

import warnings
from collections.abc import Callable, Sequence

import numpy as np

Arrays = Sequence[np.ndarray]
Function = Callable[[Arrays], list[np.ndarray]]
Method = Callable[[Function, Arrays, Arrays], list[np.ndarray]]


def exact(function: Function, x: Arrays, v: Arrays) -> list[np.ndarray]:
    """Take the difference over a step of 1, exact for affine functions of small integers."""
    there, here = function([a + b for a, b in zip(x, v, strict=True)]), function(x)
    return [a - b for a, b in zip(there, here, strict=True)]


def complex_step(function: Function, x: Arrays, v: Arrays) -> list[np.ndarray]:
    """Differentiate without cancellation: analytic functions that accept complex arrays."""
    step = 1e-30
    out = function([a + 1j * step * b for a, b in zip(x, v, strict=True)])
    return [np.imag(y) / step for y in out]


def richardson(function: Function, x: Arrays, v: Arrays) -> list[np.ndarray]:
    """Differentiate by central differences, extrapolated twice."""
    size = max([1.0, *(float(np.abs(a).max()) for a in x if a.size)])
    h = 2e-3 * size

    def central(h: float) -> list[np.ndarray]:
        ahead = function([a + h * b for a, b in zip(x, v, strict=True)])
        behind = function([a - h * b for a, b in zip(x, v, strict=True)])
        return [(a - b) / (2 * h) for a, b in zip(ahead, behind, strict=True)]

    return [(64 * c - 20 * b + a) / 45 for a, b, c in zip(central(h), central(h / 2), central(h / 4), strict=True)]


def is_analytic(function: Function, x: Arrays, v: Arrays) -> bool:
    """Whether the complex step gives what differences give: then it may stand for them, with far less error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            fine = complex_step(function, x, v)
    except Exception:  # whatever a function does with complex numbers that it was not made for
        return False
    coarse = richardson(function, x, v)
    return all(np.allclose(a, b, rtol=1e-6, atol=1e-8) for a, b in zip(fine, coarse, strict=True))
