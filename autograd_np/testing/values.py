"""Numbers to check on, and where in memory they lie: kinks and ties are kept away from by construction."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Shape = tuple[int, ...]


def scattered(
    rng: np.random.Generator,
    shapes: Sequence[Shape],
    domains: Sequence[tuple[float, float]],
    kinks: Sequence[float] = (),
) -> list[np.ndarray]:
    """Make arrays no two elements of which are close, in one array or across them, and none near a round number.

    Numbers lie in the middle of the gaps between multiples of 0.1 (or of 0.05, ... if there are many), give or take
    a little.  So 0, 1, 0.5 and all other multiples, where functions have their kinks, are at least a fifth of a gap
    away, and differences between elements at least two fifths.
    """
    spacing = 0.1
    while True:
        places = [_gaps(low, high, spacing, kinks) for low, high in domains]
        wanted = sum(math.prod(shape) for shape in shapes)
        if len(np.unique(np.concatenate([np.zeros(0, int), *places]))) >= wanted and all(map(len, places)):
            found = _chosen(rng, shapes, places)
            if found is not None:
                return [np.asarray((k + 0.5 + rng.uniform(-0.3, 0.3, k.shape)) * spacing) for k in found]
        spacing /= 2
        if spacing < 1e-6:
            raise ValueError(f"there are no numbers to check on in {list(domains)} away from the kinks {list(kinks)}")


def _gaps(low: float, high: float, spacing: float, kinks: Sequence[float]) -> np.ndarray:
    """Give the numbers of the gaps that lie inside a domain, without those that have a kink inside."""
    first = -3 if not math.isfinite(low) and not math.isfinite(high) else low if math.isfinite(low) else high - 6
    last = high if math.isfinite(high) else max(first + 4, 3)
    k = np.arange(math.ceil(first / spacing - 1e-9), math.floor(last / spacing + 1e-9))
    for kink in kinks:
        k = k[np.abs((k + 0.5) * spacing - kink) > 0.5 * spacing]
    return k


def _chosen(rng: np.random.Generator, shapes: Sequence[Shape], places: Sequence[np.ndarray]) -> list[np.ndarray] | None:
    """Choose gaps for each array, none twice; first for those with the fewest to choose from."""
    found: dict[int, np.ndarray] = {}
    used = np.zeros(0, int)
    for i in sorted(range(len(shapes)), key=lambda i: len(places[i])):
        free, size = np.setdiff1d(places[i], used), math.prod(shapes[i])
        if len(free) < size:
            return None
        found[i] = rng.permutation(free)[:size]
        used = np.concatenate([used, found[i]])
    return [found[i].reshape(shape) for i, shape in enumerate(shapes)]


def _ordered(rng: np.random.Generator, shape: Shape) -> np.ndarray:
    n = math.prod(shape)
    return (rng.permutation(n) * 0.1 + rng.uniform(-0.03, 0.03, n) - 0.05 * n).reshape(shape)


VALUES: dict[str, Callable[[np.random.Generator, Shape], np.ndarray]] = {
    "any": lambda rng, shape: rng.uniform(-2, 2, shape),
    "integers": lambda rng, shape: rng.choice([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], shape),
    "positive": lambda rng, shape: rng.uniform(0.3, 4, shape),
    "inside 1": lambda rng, shape: rng.uniform(-0.9, 0.9, shape),
    # both signs, nothing within 0.1 of the threshold 0
    "off zero": lambda rng, shape: rng.choice([-1.0, 1.0], shape) * rng.uniform(0.1, 3, shape),
    # both signs, and far enough from a pole at 0 for numerical derivatives of second order
    "far from zero": lambda rng, shape: rng.choice([-1.0, 1.0], shape) * rng.uniform(0.6, 3, shape),
    # pairwise at least 0.04 apart: no ties, and no change of order within the steps of a numerical derivative
    "ordered": _ordered,
}
"""How numbers are made, by name: each keeps away from some kind of kink."""


def _reversed(a: np.ndarray) -> np.ndarray:
    backwards: Any = (..., *(slice(None, None, -1),) * a.ndim)
    return a[backwards].copy()[backwards]


def _strided(a: np.ndarray) -> np.ndarray:
    return np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a


def _read_only(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a.flags.writeable = False
    return a


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "C": lambda a: a.copy(order="C"),
    "Fortran": lambda a: a.copy(order="F"),
    "reversed": _reversed,
    "strided": _strided,
    "read-only": _read_only,
}
"""How the same numbers may lie in memory."""
