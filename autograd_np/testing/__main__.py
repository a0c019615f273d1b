"""Check operations from the command line: ``python -m autograd_np.testing file.py:operation``."""

import argparse
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

from .report import GradientError

OK, WRONG, USAGE = 0, 1, 2
_EXAMPLES = """examples:
  python -m autograd_np.testing my_ops.py                  every operation that the file defines
  python -m autograd_np.testing my_ops.py:softplus         one of them
  python -m autograd_np.testing package.module:softplus    of a module that can be imported
  python -m autograd_np.testing my_ops.py:solve --shapes '(n,n),(n,m)' --domain 0.5 2
"""


class _Usage(Exception):
    """What was asked for cannot be done; one line says why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; give its exit code."""
    options = _parser().parse_args(argv)
    code = OK
    try:
        found = [pair for target in options.target for pair in operations(target)]
        for place, op in found:
            code = max(code, _check(place, op, options))
            sys.stdout.flush()
    except (_Usage, ImportError) as error:
        print(f"autograd_np.testing: error: {' '.join(str(error).split())}", file=sys.stderr)
        return USAGE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograd_np.testing",
        description="Check the gradients of operations, of first and second order, and all that they owe their users.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("target", nargs="+", help="file.py, file.py:operation, module or module:operation")
    parser.add_argument("--shapes", metavar="SHAPES", help="shapes that go together, as in '(m,k),(k,n)'")
    parser.add_argument("--domain", nargs=2, type=float, metavar=("LOW", "HIGH"), help="where numbers may lie")
    parser.add_argument("--kinks", nargs="+", type=float, default=(), metavar="X", help="where there is no derivative")
    parser.add_argument("--examples", type=int, default=100, metavar="N", help="how many are drawn (100)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the same one gives the same examples (0)")
    parser.add_argument("--order", type=int, choices=(1, 2), default=2, help="of the derivatives (2)")
    return parser


def _check(place: str, op: Callable, options: argparse.Namespace) -> int:
    from .operations import check_op

    try:
        report = check_op(
            op,
            shapes=options.shapes,
            domain=options.domain,
            kinks=options.kinks,
            examples=options.examples,
            seed=options.seed,
            order=options.order,
        )
    except GradientError as error:
        if error.report is not None:
            print(f"{error.report}\n")
        print("\n".join([f"{place}: WRONG", str(error), *getattr(error, "__notes__", [])]), end="\n\n")
        return WRONG
    except (ValueError, TypeError) as error:
        raise _Usage(f"{place}: {error}") from error
    print(f"{report}\n{place}: ok, {report.probes:,} numbers compared\n")
    return OK


def operations(target: str) -> list[tuple[str, Callable]]:
    """Give the operations that a target names, each with what to call it."""
    place, _, name = target.partition(":")
    module = _load(place)
    if name:
        if not callable(getattr(module, name, None)):
            raise _Usage(f"{place} has no operation {name!r}; there are: {', '.join(_own(module)) or 'none'}")
        return [(target, getattr(module, name))]
    found = _own(module)
    if not found:
        raise _Usage(f"{place} defines no operation; make one with unary, binary or primitive, or name a function")
    return [(f"{place}:{name}", getattr(module, name)) for name in found]


def _own(module: ModuleType) -> list[str]:
    """Name the operations whose rules are written in this module."""
    names = []
    for name, value in vars(module).items():
        rules = [rule for rule in getattr(getattr(value, "op", None), "rules", ()) if rule is not None]
        if any(rule.__module__ == module.__name__ for rule in rules):
            names.append(name)
    return names


def _load(place: str) -> ModuleType:
    if not place.endswith(".py"):
        sys.path.insert(0, "")
        return importlib.import_module(place)
    path = Path(place)
    if not path.is_file():
        raise _Usage(f"there is no file {place}")
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if Path(frame.filename).resolve() == path.resolve()]
        where = f"{place}:{lines[-1]}" if lines else place
        raise _Usage(f"{where}: {type(error).__name__}: {error}") from error
    return module


if __name__ == "__main__":
    sys.exit(main())
