"""The differentiable operations, a file a family; each is one definition: forward, rules, formula."""

import functools
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType

from ..core import late_imports


def _operations(modules: Iterable[ModuleType]) -> dict[str, Callable]:
    found: dict[str, Callable] = {}
    for module in modules:
        for value in vars(module).values():
            if type(value) is FunctionType and hasattr(value, "op"):
                public = not value.__name__.startswith("_")
                if public or value.op.name not in found:
                    found[value.op.name] = value
    return found


@functools.cache
def registry() -> dict[str, Callable]:
    """Import every family, and give every operation by name: what the completeness test and the tools go through."""
    files = sorted(Path(__file__).parent.glob("[a-z]*.py"))
    return _operations(import_module(f"{__name__}.{file.stem}") for file in files)


late_imports.append(registry)
