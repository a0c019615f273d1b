"""The differentiable operations, a file a family; each is one definition: forward, rules, formula."""

from collections.abc import Callable
from types import ModuleType

from . import (
    activations,
    arithmetic,
    calculus,
    convolution,
    decompositions,
    einsum,
    indexing,
    linalg,
    losses,
    norms,
    nan_reductions,
    operators,
    polynomials,
    pooling,
    products,
    quantiles,
    reductions,
    scans,
    shaping,
    sorting,
    statistics,
)


def _operations(*modules: ModuleType) -> dict[str, Callable]:
    found: dict[str, Callable] = {}
    for module in modules:
        for value in vars(module).values():
            if hasattr(value, "op"):
                public = not value.__name__.startswith("_")
                if public or value.op.name not in found:
                    found[value.op.name] = value
    return found


REGISTRY: dict[str, Callable] = _operations(
    arithmetic,
    reductions,
    scans,
    statistics,
    quantiles,
    nan_reductions,
    sorting,
    calculus,
    polynomials,
    shaping,
    indexing,
    products,
    activations,
    losses,
    convolution,
    pooling,
    einsum,
    linalg,
    decompositions,
    norms,
)
"""Every operation of the library by name: what the completeness test and the tools go through."""

__all__ = ["REGISTRY", "operators"]
