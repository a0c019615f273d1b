r"""Numerical derivatives along a direction: what analytic gradients are held against.

Each method gives d/dh F(x + h v) at h = 0 for a function F of several arrays, and an estimate of its own error.

exact
    F(x + v) - F(x).  For F affine in x, on small integers: no rounding at all.
complex step
    Im F(x + i h v) / h with h = 1e-30.  For F analytic; no cancellation, so as precise as F itself
    (Squire and Trapp, SIAM Review 40, 1998).
Richardson
    (64 C(h/4) - 20 C(h/2) + C(h)) / 45 of central differences C: the errors in h² and h⁴ cancel
    (Richardson, Phil. Trans. A 210, 1911).  The error is taken to be as large as the last extrapolation's effect, and
    h is made smaller until that is small (as in Ridders, Advances in Engineering Software 4, 1982): near a pole or a
    kink that needs a shorter step, and noise a longer one.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

Arrays = Sequence[np.ndarray]
Function = Callable[[Arrays], list[np.ndarray]]


class Derivative(NamedTuple):
    """Of each output along the direction, with an estimate of its error."""

    values: list[np.ndarray]
    errors: list[np.ndarray]


STEP = 2e-3  # of differences, relative to each element, or to 1 where that is larger
Method = Callable[[Function, Arrays, Arrays, float], Derivative]


def exact(function: Function, x: Arrays, v: Arrays, _: float = STEP) -> Derivative:
    """Take the difference over a step of 1, exact for affine functions of small integers."""
    there, here = function([a + b for a, b in zip(x, v, strict=True)]), function(x)
    values = [a - b for a, b in zip(there, here, strict=True)]
    return Derivative(values, [np.zeros_like(a) for a in values])


def complex_step(function: Function, x: Arrays, v: Arrays, _: float = STEP) -> Derivative:
    """Differentiate without cancellation: analytic functions that accept complex arrays."""
    step = 1e-30
    out = function([a + 1j * step * b for a, b in zip(x, v, strict=True)])
    values = [np.imag(y) / step for y in out]
    return Derivative(values, [np.zeros_like(a) for a in values])


_SHORTER = (1 / 8, 1 / 64, 1 / 512)


def richardson(function: Function, x: Arrays, v: Arrays, step: float = STEP) -> Derivative:
    """Differentiate by central differences, extrapolated twice, with the step that serves each output best."""
    reach = max(
        [0.0, *(float(np.max(np.abs(b) / np.maximum(1, np.abs(a)), initial=0)) for a, b in zip(x, v, strict=True))]
    )
    best = last = _extrapolated(function, x, v, step / (reach or 1.0))
    hopeful = [np.ones(e.shape, bool) for e in best.errors]
    for factor in _SHORTER:
        if all(np.all(e <= 1e-11 + 1e-10 * np.abs(d)) for d, e in zip(best.values, best.errors, strict=True)):
            break
        found = _extrapolated(function, x, v, step * factor / (reach or 1.0))
        # Near a kink or a pole errors do not grow; that of noise is 8 times as large with a step of an eighth.
        for h, before, now in zip(hopeful, last.errors, found.errors, strict=True):
            h &= ~(now > 3 * before)
        best, last = _better(best, found, hopeful), found
    return best


def _extrapolated(function: Function, x: Arrays, v: Arrays, h: float) -> Derivative:
    def central(h: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
        ahead = function([a + h * b for a, b in zip(x, v, strict=True)])
        behind = function([a - h * b for a, b in zip(x, v, strict=True)])
        rounding = [np.finfo(float).eps / h * (np.abs(a) + np.abs(b)) for a, b in zip(ahead, behind, strict=True)]
        return [(a - b) / (2 * h) for a, b in zip(ahead, behind, strict=True)], rounding

    with np.errstate(all="ignore"):  # a step may leave the domain; the error is then NaN, and a shorter one is taken
        (long, _), (middle, _), (short, rounding) = central(h), central(h / 2), central(h / 4)
        once = [(4 * b - a) / 3 for a, b in zip(long, middle, strict=True)]
        again = [(4 * c - b) / 3 for b, c in zip(middle, short, strict=True)]
        values = [(16 * b - a) / 15 for a, b in zip(once, again, strict=True)]
        errors = [np.asarray(np.abs(b - a) + r) for a, b, r in zip(once, again, rounding, strict=True)]
        # Differences shrink with the step, by a factor of 4 each time; where they do not, they are no sequence that
        # can be extrapolated, and how well two of them agree says nothing.
        for a, b, c, r, e in zip(long, middle, short, rounding, errors, strict=True):
            np.copyto(e, np.abs(b - a) + np.abs(c - b), where=np.abs(c - b) > np.abs(b - a) / 2 + 4 * r)
        return Derivative(values, errors)


def _better(a: Derivative, b: Derivative, hopeful: list[np.ndarray]) -> Derivative:
    """Take for each output the value with the smaller error, the second only where there is hope for it."""
    choices = [h & ~(e <= f) for h, e, f in zip(hopeful, a.errors, b.errors, strict=True)]
    return Derivative(
        [np.where(c, p, q) for c, p, q in zip(choices, b.values, a.values, strict=True)],
        [np.where(c, p, q) for c, p, q in zip(choices, b.errors, a.errors, strict=True)],
    )


def is_analytic(function: Function, x: Arrays, v: Arrays) -> bool:
    """Whether the complex step gives what differences give: then it may stand for them, with far less error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            fine = complex_step(function, x, v).values
    except Exception:  # whatever a function does with complex numbers that it was not made for
        return False
    coarse = richardson(function, x, v)
    return all(
        np.all(np.abs(a - b) <= 1e-8 + 1e-6 * np.abs(b) + e) and np.all(e <= 1e-6 * (1 + np.abs(b)))
        for a, b, e in zip(fine, coarse.values, coarse.errors, strict=True)
    )


def is_affine(function: Function, x: Arrays, rng: np.random.Generator) -> bool:
    """Whether the inputs are small integers, and a step in one of them has the same effect wherever it is taken."""
    if not all(np.all((a == np.round(a)) & (np.abs(a) < 2**20)) for a in x):
        return False
    try:
        return _adds_up(function, x, rng)
    except Exception:  # a step has left the domain
        return False


def _adds_up(function: Function, x: Arrays, rng: np.random.Generator) -> bool:
    here = function(x)
    for moved in range(len(x)):
        for _ in range(16):
            v, w = ([rng.integers(-3, 4, a.shape) * float(i == moved) for i, a in enumerate(x)] for _ in range(2))
            ends = [function([a + d for a, d in zip(x, step, strict=True)]) for step in (v, w)]
            both = function([a + b + c for a, b, c in zip(x, v, w, strict=True)])
            if not all(np.array_equal(p - q, r - s) for p, q, r, s in zip(both, ends[0], ends[1], here, strict=True)):
                return False
    return True
