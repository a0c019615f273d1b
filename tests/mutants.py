"""Mutation testing of the gradient checks: ``python -m tests.mutants``, or ``make mutants``.

Every fault is planted in the rule of every argument of every operation, and the operation's row of ``tests/cases``
is checked.  A mutant that no check notices has survived.  Then the checks are run on the rules as they are: an alarm
there is false.
"""

import argparse
import functools
import multiprocessing
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from autograd_np.core import Rows
from autograd_np.ops import registry
from autograd_np.ops.arithmetic import raw
from autograd_np.testing import GradientError, UntrustedDerivative, gradcheck
from autograd_np.testing.strategies import Draw
from tests.cases import CASES
from tests.testing.faults import FAULTS, applies, source_faults

EXAMPLES, PATIENCE, RUNS = 40, 10, 100
CONTRACTS = ("cotangent overwritten", "memory used again", "second order lost")  # faults that return the right numbers


class Watched:
    """A faulty rule that notes whether it ever gave anything but the right rule's result."""

    def __init__(self, right: Callable, faulty: Callable, contract: bool) -> None:
        self.right, self.faulty, self.contract = right, faulty, contract
        self.differed, self.calls = False, 0

    def __call__(self, g: Any, *args: Any, **params: Any) -> Any:
        self.calls += 1
        if self.differed or self.contract:
            self.differed = True
            return self.faulty(g, *args, **params)
        expected = self.right(g, *args, **params)
        try:
            found = self.faulty(g, *args, **params)
        except Exception:
            self.differed = True
            raise
        self.differed = not _same(expected, found)
        return found


def _same(a: Any, b: Any) -> bool:
    a, b = (x.rows if isinstance(x, Rows) else raw(x) for x in (a, b))
    if a is None or b is None or np.shape(a) != np.shape(b):
        return a is b
    return bool(np.allclose(a, b, rtol=1e-9, atol=0, equal_nan=True))


@dataclass
class Result:
    """What became of the mutants of one operation."""

    killed: Counter = field(default_factory=Counter)
    idle: Counter = field(default_factory=Counter)  # the fault never made a difference
    survived: list[tuple[str, str]] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    probes: int = 0
    checks: int = 0


def check(name: str, examples: int, seed: int, result: Result) -> None:
    """Check an operation's row on drawn examples, without shrinking; raise the first alarm."""

    @seeded(seed)
    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def run(data: Any) -> None:
        f, inputs = CASES[name].row(Draw(data))
        result.checks += 1
        result.probes += gradcheck(f, inputs, method=CASES[name].method).probes

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run()


def mutants(name: str) -> list[tuple[str, int, str, Callable]]:
    """Give all faulty rules of an operation: (kind of fault, argument, what it is, rule)."""
    op = registry()[name].op
    found = []
    for position, rule in enumerate(op.rules):
        if rule is None:
            continue
        found += [(kind, position, kind, fault(rule, position)) for kind, fault in FAULTS.items() if applies(kind, op)]
        for what, faulty in source_faults(rule):
            found.append((what.split(":")[0] + " in its source", position, what, faulty))
    return found


def try_operation(name: str, examples: int, runs: int, seed: int) -> Result:
    """Try all mutants of one operation, then the operation itself."""
    op, result = registry()[name].op, Result()
    right = op.rules
    for kind, position, what, faulty in mutants(name):
        watched = Watched(right[position], faulty, kind in CONTRACTS)
        op.rules = tuple(watched if i == position else rule for i, rule in enumerate(right))
        try:
            check(name, examples, seed, result)
            if watched.differed:  # it has made a difference, but perhaps none to a gradient: a rare case is met later
                check(name, PATIENCE * examples, seed, result)
        except Exception as error:  # a crash is noticed, too
            alarm = error if isinstance(error, GradientError) else None
            result.killed[kind] += 1
            if alarm is None and isinstance(error, UntrustedDerivative):
                result.killed[kind] -= 1
                result.survived.append((kind, f"{name}, argument {position}: {what}: {error}"))
        else:
            if watched.differed:
                result.survived.append((kind, f"{name}, argument {position}: {what}"))
            else:
                result.idle[kind] += 1
        finally:
            op.rules = right
    try:
        check(name, runs, seed + 1, result)
    except Exception as error:
        result.alarms.append(f"{name}: {type(error).__name__}: {error}")
    return result


def main() -> int:
    """Run the program; give its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.split("\n")[0])
    parser.add_argument("operations", nargs="*", help="all by default")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="tried on each mutant")
    parser.add_argument("--runs", type=int, default=RUNS, help="examples of each operation as it is")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the time by default")
    options = parser.parse_args()
    names = options.operations or list(registry())
    if unknown := set(names) - set(registry()):
        parser.error(f"no operation {', '.join(sorted(unknown))}")

    work = functools.partial(try_operation, examples=options.examples, runs=options.runs, seed=options.seed)
    start, total = time.time(), Result()
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        for count, (name, result) in enumerate(zip(names, pool.map(work, names), strict=True), 1):
            if sys.stderr.isatty():
                print(f"\r{count} of {len(names)} operations: {name:20}", end="", file=sys.stderr, flush=True)
            total.killed += result.killed
            total.idle += result.idle
            total.survived += result.survived
            total.alarms += result.alarms
            total.probes += result.probes
            total.checks += result.checks
    print(_table(total, len(names), options, time.time() - start))
    return 1 if total.survived or total.alarms else 0


def _table(total: Result, operations: int, options: argparse.Namespace, seconds: float) -> str:
    survived = Counter(kind for kind, _ in total.survived)
    kinds = sorted({*total.killed, *total.idle, *survived}, key=lambda kind: (kind.endswith("source"), kind))
    lines = [f"{'fault':42} mutants  killed  survived  without effect"]
    for kind in kinds:
        tried = total.killed[kind] + survived[kind]
        lines.append(f"{kind:42} {tried:7,} {total.killed[kind]:7,} {survived[kind]:9,} {total.idle[kind]:15,}")
    killed, tried = total.killed.total(), total.killed.total() + len(total.survived)
    lines += [f"{'all':42} {tried:7,} {killed:7,} {len(total.survived):9,} {total.idle.total():15,}", ""]
    lines += [f"survived: {what}" for _, what in total.survived]
    lines += [f"false alarm: {what}" for what in total.alarms]
    rate = 100 * killed / tried if tried else 0.0
    return "\n".join(
        [
            *lines,
            f"kill rate {rate:.2f} % ({killed:,} of {tried:,} mutants of {operations} operations)",
            f"false alarms: {len(total.alarms)} in {options.runs} examples of each operation as it is",
            f"{total.checks:,} checks, {total.probes:,} numbers compared in those that passed, "
            f"{seconds:.0f} s, --seed {options.seed}",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
