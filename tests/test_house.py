"""The architecture, held up by tests: who may import whom, and what importing costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "autograd_np"

# What each part may import of the others: strictly downwards.
MAY_IMPORT = {
    "core": set(),
    "kernels": set(),
    "datasets": set(),
    "ops": {"core", "kernels"},
    "dtypes": {"core"},
    "info": {"core", "dtypes"},
    "functional": {"core", "ops"},
    "threads": {"kernels"},
    "late": {"ops", "transforms"},
    "linalg": {"ops"},
    "fft": {"core", "ops"},
    "special": {"core", "ops"},
    "transforms": {"core"},
    "optim": {"core", "kernels"},
    "viz": {"core", "ops"},
    "testing": {"core", "ops", "viz"},
    "nn": {"core", "ops", "functional"},
}
EXTERNAL = {
    "core": {"numpy"},
    "kernels": {"numpy", "numba", "llvmlite", "threadpoolctl"},
    "datasets": {"numpy", "pooch", "sklearn"},
    "ops": {"numpy"},
    "dtypes": {"numpy"},
    "info": set(),
    "functional": {"numpy"},
    "threads": {"threadpoolctl"},
    "late": set(),
    "transforms": {"numpy"},
    "linalg": {"numpy"},
    "fft": {"numpy"},
    "special": {"numpy", "scipy"},
    "optim": {"numpy"},
    "viz": {"numpy", "graphviz"},
    "testing": {"numpy", "hypothesis", "pytest"},
    "nn": {"numpy"},
}


def imports(path: Path) -> set[str]:
    """The absolute names of all modules that a file imports, wherever in it."""
    package = [*path.relative_to(ROOT).parts[:-1]]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{origin}.{alias.name}" for alias in node.names}
    return found


def files() -> list[Path]:
    return [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path):
    part = part_of(path)
    for name in imports(path):
        top, *rest = name.split(".")
        if top == "autograd_np":
            assert rest, f"{path.name} imports the whole package"
            assert rest[0] in MAY_IMPORT[part] | {part}, f"{part} must not import {rest[0]}"
        elif top not in sys.stdlib_module_names:
            assert top in EXTERNAL[part], f"{part} must not import {top}"


def test_every_part_is_in_the_picture():
    assert {part_of(path) for path in files()} == set(MAY_IMPORT)


def test_models_use_the_library_and_the_library_not_the_models():
    for path in files():
        assert not any(name.split(".")[0] == "models" for name in imports(path))


def test_importing_is_light():
    heavy = [
        "numba",
        "llvmlite",
        "graphviz",
        "matplotlib",
        "hypothesis",
        "sklearn",
        "pooch",
        "tqdm",
        "scipy",
        "threadpoolctl",
    ]
    code = f"import autograd_np, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


def test_files_stay_small():
    more = [path for folder in ("benchmarks", "models") for path in (ROOT / folder).rglob("*.py")]
    long = {p.name: n for p in [*files(), *more] if (n := p.read_text().count("\n")) > 400}
    assert not long, f"these files want to be two: {long}"
