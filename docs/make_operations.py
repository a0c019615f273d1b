"""Write docs/operations.md from the registry of operations and the table of their tests: ``make docs``."""

import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

import autograd_np as ag  # noqa: E402
from autograd_np import ops  # noqa: E402
from autograd_np.core import FUNCTIONS, UFUNCS  # noqa: E402
from tests.cases import CASES, COMPOSITIONS  # noqa: E402

PROOF = {"exact": "exact", "auto": "complex step or Richardson"}
HEAD = """# Operations

Made by `make docs`; a test holds it up to date.

Each operation has a rule of its own.  $\\bar y$ is the cotangent of the result, $\\bar x$ the argument's.  Every row is
checked in first and second order in float64, and in float32 against float64; *exact* means on integers with no error
at all, *complex step* and *Richardson* are explained in [architecture](architecture.md#proof).  What is chosen at kinks
and singularities is in [subgradients](subgradients.md).  Where *complex* is ticked the rule holds for complex numbers
too, and is checked on them; the others refuse those.
"""


def numpy_name(function: object) -> str:
    """Give the name by which users call a function of NumPy's."""
    if isinstance(function, np.ufunc):
        known = getattr(np, function.__name__, None) is function
        return f"{'np' if known else 'scipy.special'}.{function.__name__}"
    module = (getattr(function, "__module__", None) or "numpy").replace("numpy", "np").split("._")[0]
    name = getattr(function, "__qualname__", None) or function.__name__  # type: ignore[attr-defined]
    return f"{'np' if module.startswith('np.lib') and 'stride' not in module else module}.{name}"


def reached() -> tuple[dict[str, list[str]], list[str]]:
    """Give the NumPy names that reach each operation, and those that are composed of several."""
    direct: dict[str, list[str]] = {}
    composed = []
    for function, target in (FUNCTIONS | UFUNCS).items():
        operation = getattr(target, "operation", target)
        if not numpy_name(function).startswith("np."):
            continue
        if hasattr(operation, "op"):
            direct.setdefault(operation.op.name, []).append(numpy_name(function))
        else:
            composed.append(numpy_name(function))
    return direct, sorted(set(composed))


def document() -> str:
    """Give the text of docs/operations.md."""
    registry = ops.registry()  # before anything is counted, as it imports what is imported late
    direct, composed = reached()
    families: dict[str, list[str]] = {}
    for name, operation in sorted(registry.items()):
        rule = next(rule for rule in operation.op.rules if rule is not None)
        names = ", ".join(f"`{n}`" for n in sorted(set(direct.get(name, []))))
        public = f"`ag.{name}`" if hasattr(ag, name) else f"`{name}`"
        proof = PROOF.get(CASES[name].method, CASES[name].method)
        complex_too = "✓" if operation.op.complex else ""
        row = f"| {public} | ${operation.op.formula}$ | {names} | {complex_too} | {proof} |"
        families.setdefault(rule.__module__, []).append(row)
    parts = [HEAD]
    for module, rows in sorted(families.items()):
        title = (import_module(module).__doc__ or module).strip().splitlines()[0].rstrip(".:")
        parts.append(f"## {title}\n\n| operation | rule | reached by | complex | checked by |\n|---|---|---|:-:|---|")
        parts += [*rows, ""]
    parts.append(
        "## Composed of these\n\nThese have no rule of their own; their gradients follow from their parts', and "
        f"{len(COMPOSITIONS)} rows check them in the same way.\n\n"
        + ", ".join(f"`{name}`" for name in composed)
        + ".\n"
    )
    total = len({n for names in direct.values() for n in names} | set(composed))
    parts.append(f"In all, {len(registry)} operations, and {total} names of NumPy's that are differentiable.\n")
    return "\n".join(parts)


if __name__ == "__main__":
    (ROOT / "docs" / "operations.md").write_text(document(), encoding="utf-8")
