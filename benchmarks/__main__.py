"""Measure autograd_np and its peers: ``python -m benchmarks [GROUP ...]``, or ``make bench`` for all groups.

All engines run in one go: each in a process of its own, with the same threads on the same processors, and in turn,
round by round, so that whatever else the machine does meets all of them.  Nobody runs while another's threads still
spin.  What each computes is compared, after the third call: who computes something else is marked "mismatch", and has
no ratio.  What is not installed, and what fails, is listed with its reason.  Let the machine be idle otherwise.
(tinygrad compiles with clang, which has to be there besides.)

Results are in runs/benchmarks: ``results.md`` (targets and tables, which explain themselves), ``results.json`` (every
sample), ``ratios.png`` and ``scaling.png``; the tables are written after each group, so that an interrupted run leaves
what it has found.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from .cases import CASES, GROUPS, Case, draw
from .engines import ENGINES
from .plots import write_plots
from .processes import processors
from .report import describe_machine, write_report
from .runner import Run, Settings

OK, USAGE, INTERRUPTED = 0, 2, 130


class _Wrong(Exception):
    """Ends the program with one line on stderr."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Wrong(message)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; give its exit code."""
    try:
        return _run(argv)
    except _Wrong as wrong:
        print(f"benchmarks: error: {wrong}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("\nbenchmarks: interrupted", file=sys.stderr)
        return INTERRUPTED


def _run(argv: Sequence[str] | None) -> int:
    args = _parser().parse_args(argv)
    groups = _known("group", args.groups or GROUPS, GROUPS)
    engines = _known("engine", args.engines.split(",") if args.engines else [*ENGINES], [*ENGINES])
    every = CASES if args.draw is None else draw(args.draw)
    cases = [case for case in every if case.group in groups and args.match in case.name]
    cases = [case for case in cases if (case.threads or 1) <= processors()]
    if not cases:
        raise _Wrong(f"no case of {', '.join(groups)} has {args.match!r} in its name; --list names them")
    if args.list:
        print("\n".join(f"{case.group}: {case.name}" for case in cases))
        return OK
    if args.threads > processors():
        raise _Wrong(f"--threads: there are {processors()} processors, not {args.threads}")
    settings = Settings(engines, args.rounds, args.threads, args.processes, args.seconds)
    machine = describe_machine()
    print("\n".join(f"  {path}" for path in [*_measure(settings, cases, machine, args.out)]))
    return OK


def _measure(settings: Settings, cases: Sequence[Case], machine: dict[str, Any], out: Path) -> list[Path]:
    with _Progress(len(cases) * settings.processes) as say:
        run = Run(settings, say)
        for group in dict.fromkeys(case.group for case in cases):
            run.measure([case for case in cases if case.group == group])
            written = write_report(out, _results(run, machine))  # so that an interruption leaves what there is
    return [*written, *write_plots(out, run.rows)]


def _results(run: Run, machine: dict[str, Any]) -> dict[str, Any]:
    limits = {name: {"median": statistics.median(s), "samples": s} for name, s in run.limits.items() if s}
    return {
        "machine": machine,
        "settings": asdict(run.settings),
        "absent": run.absent,
        "limits": limits,
        "restless": run.restless,
        "rows": run.rows,
    }


class _Progress:
    """Says which case is being measured: a bar on a terminal where tqdm is installed, else a line a case."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0
        self.bar: Any = None

    def __enter__(self) -> Callable[[str], None]:
        try:
            from tqdm import tqdm
        except ImportError:
            return self._line
        if not sys.stderr.isatty():
            return self._line
        self.bar = tqdm(total=self.total, unit="case")
        return self._advance

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.update(self.total - self.bar.n if self.done == self.total else 0)
            self.bar.close()

    def _line(self, text: str) -> None:
        self.done += 1
        print(f"{self.done}/{self.total} {text}", file=sys.stderr, flush=True)

    def _advance(self, text: str) -> None:
        self.bar.update(1 if self.done else 0)
        self.bar.set_description(text)
        self.done += 1


def _known(what: str, given: Sequence[str], known: Sequence[str]) -> list[str]:
    unknown = [name for name in given if name not in known]
    if unknown:
        raise _Wrong(f"no {what} {unknown[0]!r}; choose from {', '.join(known)}")
    return list(dict.fromkeys(given))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 < value < 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog=f"groups: {', '.join(GROUPS)}\nengines: {', '.join(ENGINES)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("groups", nargs="*", metavar="GROUP", help="what to measure (default: all)")
    parser.add_argument("--match", default="", metavar="TEXT", help="only cases with this in their name")
    parser.add_argument(
        "--draw", type=int, metavar="SEED", help="other cases in their place, with shapes drawn from this seed"
    )
    parser.add_argument("--engines", metavar="A,B,...", help="whom to measure (default: all)")
    parser.add_argument("--rounds", type=_count, default=15, metavar="N", help="times that each is measured (15)")
    parser.add_argument("--seconds", type=_seconds, default=0.02, metavar="S", help="that a round takes (0.02)")
    parser.add_argument("--threads", type=_count, default=min(2, processors()), metavar="N", help="of each engine (2)")
    parser.add_argument("--processes", type=_count, default=1, metavar="N", help="new ones, and all rounds again (1)")
    parser.add_argument("--out", type=Path, default=Path("runs", "benchmarks"), metavar="DIR", help="for the results")
    parser.add_argument("--list", action="store_true", help="name the cases, and measure nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
