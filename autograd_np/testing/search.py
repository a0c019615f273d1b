"""Find out what an operation takes: how many arrays, of which shapes, with numbers from where."""

import inspect
import itertools
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from ..core import Op, Tensor, no_grad
from . import numeric
from .check import argument_names
from .strategies import broadcastable_shapes, conv_geometries, shapes_of_signature
from .strategies import shapes as any_shape
from .values import VALUES, Shape, scattered

_TRIES = 12
_ANYWHERE = (-math.inf, math.inf)
# Tried in this order; each is inside the one before, so that the largest that is accepted is taken.
_DOMAINS = {
    "any number": _ANYWHERE,
    "positive": (0.0, math.inf),
    "between -1 and 1": (-1.0, 1.0),
    "between 0 and 1": (0.0, 1.0),
    "above 1": (1.0, math.inf),
}


@dataclass
class Signature:
    """The arguments of an operation."""

    f: Callable
    name: str
    op: Op | None
    arrays: list[str]  # the names of its array arguments
    required: int  # how many of them it cannot do without

    @classmethod
    def of(cls, f: Callable) -> "Signature":
        """Read it off the function, and off its rules if it has some."""
        if not callable(f):
            raise TypeError(f"check_op: an operation is wanted, or a function of Tensors; not {type(f).__name__}")
        op = getattr(f, "op", None)
        try:
            parameters = list(inspect.signature(op.forward if op else f).parameters.values())
        except (TypeError, ValueError):
            parameters = []
        positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        name = op.name if op else getattr(f, "__name__", "the function")
        count = len(op.rules) if op and not op.variadic else len(positional) or 1
        names = [p.name for p in positional[:count]] + [str(i) for i in range(len(positional), count)]
        required = sum(p.default is p.empty for p in positional[:count]) + max(0, count - len(positional))
        if op is None:
            names = names[:required] or names[:1]
        known = argument_names(f)
        names = [known.get(i, name) for i, name in enumerate(names)]
        return cls(f, name, op, names, max(1, min(required, len(names))))


@dataclass
class Plan:
    """What to try an operation on."""

    description: str
    arguments: Sequence[Any]
    shapes: Any
    domains: list[tuple[float, float]]
    kinks: Sequence[float]
    params: dict[str, Any]
    found: bool  # by trying, and not given
    affine: bool = False

    @property
    def bounded(self) -> bool:
        """Whether some argument may not be any number."""
        return any(domain != _ANYWHERE for domain in self.domains)

    def __str__(self) -> str:
        return self.description


def plan_for(
    signature: Signature,
    arguments: Sequence[Any],
    shapes: Any,
    domain: Sequence[Any] | None,
    kinks: Sequence[float],
    params: dict[str, Any],
    seed: int,
) -> Plan:
    """Take what is given, and find the rest out by trying."""
    if arguments:
        return Plan("on the arguments given", arguments, None, [], kinks, params, found=False)
    errors: list[str] = []
    counts = sorted({len(signature.arrays), signature.required}, reverse=True)
    for count in counts:
        for about, candidate in _shape_candidates(signature, count, shapes):
            for names, domains in _domain_candidates(count, domain):
                plan = Plan("", (), candidate, domains, kinks, params, found=shapes is None or domain is None)
                if _accepts(signature, plan, seed, errors):
                    plan.affine = domain is None and not kinks and _is_affine(signature, plan, seed)
                    plan.description = _describe(signature, count, about, names, plan)
                    return plan
    last = f"; the last error was: {errors[-1]}" if errors else ""
    raise ValueError(
        f"check_op: what does {signature.name} take? Nothing that was tried was accepted{last}; "
        'say it by shapes="(m,k),(k,n)", by domain=(low, high), by params={...}, or give the arguments'
    )


def _describe(signature: Signature, count: int, about: str, names: str, plan: Plan) -> str:
    arrays = ", ".join(signature.arrays[:count])
    left_out = signature.arrays[count:]
    return (
        f"{arrays}: {about}, {names}"
        + (", affine in each" if plan.affine else "")
        + (f"; NOT CHECKED: {', '.join(left_out)}" if left_out else "")
    )


def _shape_candidates(signature: Signature, count: int, shapes: Any) -> list[tuple[str, Any]]:
    if isinstance(shapes, str):
        return [(shapes, shapes_of_signature(shapes))]
    if shapes is not None:
        return [("shapes as given", shapes)]
    together = ("shapes that broadcast together", broadcastable_shapes(count))
    if count == 1:
        alone: list[Any] = [any_shape(least).map(lambda shape: (shape,)) for least in (0, 1, 2, 3)]
        found: list[tuple[str, Any]] = [
            ("any shape" if n == 0 else f"{n} or more axes", s) for n, s in enumerate(alone)
        ]
        found += [(text, shapes_of_signature(text)) for text in ("(n,n)", "(b,n,n)", "(n)", "(m,n)", "(b,c,4,4)")]
        return found[:1] if signature.op is not None and signature.op.elementwise else found
    if signature.op is not None and signature.op.elementwise:
        return [together]
    texts = {
        2: [
            "(m,k),(k,n)",
            "(b,m,k),(b,k,n)",
            "(m,k),(k)",
            "(n),(n)",
            "(n,n),(n)",
            "(n,n),(n,m)",
            "(b,c,4,5),(f,c,2,3)",
        ],
        3: ["(m,k),(k,n),(n)", "(n),(n),(n)", "(m,k),(k,n),(n,l)", "(b,n),(n),(n)", "(b,c,4,5),(f,c,2,3),(f)"],
    }
    same = any_shape().map(lambda shape: (shape,) * count)
    conv = [("an image and filters", conv_geometries().map(lambda found: found[:2]))] if count == 2 else []
    return [
        together,
        ("equal shapes", same),
        *((text, shapes_of_signature(text)) for text in texts.get(count, [])),
        *conv,
    ]


def _domain_candidates(count: int, domain: Sequence[Any] | None) -> list[tuple[str, list[tuple[float, float]]]]:
    if domain is not None:
        pairs = [domain] * count if len(domain) == 2 and not isinstance(domain[0], Sequence) else list(domain)
        if len(pairs) < count:
            raise ValueError(f"check_op: domain has {len(pairs)} pairs (low, high) for {count} arguments")
        bounds = [
            (-math.inf if low is None else low, math.inf if high is None else high) for low, high in pairs[:count]
        ]
        text = ", ".join(f"{low:g} to {high:g}" for low, high in bounds)
        return [(text, bounds)]
    names = list(_DOMAINS)
    choices = itertools.product(names, repeat=count) if count <= 2 else ((name,) * count for name in names)
    return [
        (chosen[0] if len(set(chosen)) == 1 else ", ".join(chosen), [_DOMAINS[name] for name in chosen])
        for chosen in choices
    ]


def examples_of(strategy: Any, seed: int, count: int = _TRIES) -> list[Any]:
    """Draw some examples, the same for the same seed."""
    found: list[Any] = []

    @seeded(seed)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found


def fixed(params: Mapping[str, Any], seed: int = 0) -> dict[str, Any]:
    """Give the keyword arguments with one example in the place of each strategy."""
    return {
        key: examples_of(value, seed, 1)[0] if isinstance(value, st.SearchStrategy) else value
        for key, value in params.items()
    }


def with_keywords(op: Callable, params: dict[str, Any]) -> Callable:
    """Give the operation with these keyword arguments, under its own name."""
    if not params:
        return op

    def call(*arrays: Any) -> Any:
        return op(*arrays, **params)

    call.__name__ = getattr(op, "__name__", "the function")
    if hasattr(op, "op"):
        call.op = op.op  # type: ignore[attr-defined]
    call.__wrapped__ = op  # type: ignore[attr-defined]
    return call


def _accepts(signature: Signature, plan: Plan, seed: int, errors: list[str]) -> bool:
    """Whether the operation gives finite numbers on all that is tried."""
    rng = np.random.default_rng(seed)
    params = fixed(plan.params)
    for shapes in examples_of(plan.shapes, seed):
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"), no_grad():
                warnings.simplefilter("ignore")
                numbers = scattered(rng, shapes, plan.domains, plan.kinks)
                out = signature.f(*(Tensor(x) for x in numbers), **params)
                outs = out if isinstance(out, (tuple, list)) else [out]
        except Exception as error:  # whatever it says to what it does not take
            errors.append(f"{type(error).__name__}: {error} (for shapes {', '.join(map(str, shapes))})")
            return False
        if not all(np.all(np.isfinite(y.data)) for y in outs if isinstance(y, Tensor)):
            errors.append("its values were not finite")
            return False
    return True


def _is_affine(signature: Signature, plan: Plan, seed: int) -> bool:
    """Whether it is affine in each argument, on integers of both signs."""
    rng, params = np.random.default_rng(seed), fixed(plan.params)

    def values(point: numeric.Arrays) -> list[np.ndarray]:
        with no_grad(), np.errstate(all="ignore"):
            out = signature.f(*(Tensor(x) for x in point), **params)
        return [y.data for y in (out if isinstance(out, (tuple, list)) else [out])]

    points: list[list[np.ndarray]] = [
        [VALUES["integers"](rng, shape) for shape in shapes] for shapes in examples_of(plan.shapes, seed)
    ]
    return all(numeric.is_affine(values, point, rng) for point in points)


def empty_shapes(shapes: tuple[Shape, ...], broadcast: bool) -> set[tuple[Shape, ...]]:
    """Give variations with a side of 0: in one axis of all if shapes broadcast, else for all sides of one length."""
    if not broadcast:
        return {tuple(tuple(0 if n == side else n for n in shape) for shape in shapes) for s in shapes for side in s}
    found = set()
    for axis in range(1, max(map(len, shapes), default=0) + 1):
        varied = [tuple(0 if i == len(shape) - axis and n > 1 else n for i, n in enumerate(shape)) for shape in shapes]
        if any(0 in shape for shape in varied):
            found.add(tuple(varied))
    return found


def larger(side: int) -> int:
    """Make sides many times as long; equal ones stay equal, longer ones longer, and those of 1 as they are."""
    return side if side <= 1 else 8 * side + 1
