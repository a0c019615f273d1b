"""Measures cases in all engines, in turn.

Every engine has a process of its own, all with the same number of threads on the same processors.  For each case,
all of them prepare it; then, round by round, each measures it once while the others sleep.  The order changes from
round to round, so that no engine always follows the same one.
"""

import shutil
import statistics
import tempfile
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .cases import Case
from .engines import ENGINES, installed
from .processes import PREPARE_SECONDS, RUN_SECONDS, Gone, Process, fresh
from .results import ABSENT, NO_CASE, Measured, find_mismatches, row

# sgemm of 2048², and the sum of two arrays of 128 MiB: between the cases, by NumPy
LIMITS = {"flops": ("limit_flops", {"size": 2048}, 2 * 2048.0**3),
          "bandwidth": ("limit_bandwidth", {"size": 2**25}, 3 * 4 * 2.0**25)}  # fmt: skip
ENOUGH_ROUNDS = 3
T = TypeVar("T")
FRESH = ("autograd_np", "numpy", "torch", "jax")


@dataclass
class Settings:
    """How a run is done."""

    engines: Sequence[str]
    rounds: int = 15
    threads: int = 2
    processes: int = 1
    seconds: float = 0.02
    """That a round of one engine takes, by repetitions; more where one repetition takes longer."""
    patience: float = 10.0
    """After so many seconds of one case, an engine runs in the first few rounds only."""
    limits: bool = True


def order(engines: Sequence[T], turn: int) -> list[T]:
    """Give the engines as they run in a round: begun at another one each time, forwards and backwards."""
    start = turn // 2 % len(engines) if engines else 0
    turned = [*engines[start:], *engines[:start]]
    return turned[::-1] if turn % 2 else turned


@dataclass
class _Task:
    """A case in an engine's process."""

    engine: str
    threads: int
    found: Measured
    spent: float = 0.0


def _batches(found: Sequence[tuple[Case, dict[str, Measured]]]) -> list[list[tuple[Case, dict[str, Measured]]]]:
    """Put cases together that differ in their threads only: to be compared, they are measured in turn."""
    batches: dict[Any, list[tuple[Case, dict[str, Measured]]]] = {}
    for case, measured in found:
        alike = case.name if case.threads is None else (case.kind, str(case.params))
        batches.setdefault((case.group, alike), []).append((case, measured))
    return [*batches.values()]


@dataclass
class Run:
    """A run in progress."""

    settings: Settings
    say: Callable[[str], None] = lambda text: None
    limits: dict[str, list[float]] = field(default_factory=dict)
    restless: int = 0
    """How often a process was still busy half a second after it should have been idle."""

    def __post_init__(self) -> None:
        self._cache = tempfile.mkdtemp()  # of compiled code, for the cases that have a warm one
        weakref.finalize(self, shutil.rmtree, self._cache, ignore_errors=True)
        self._workers: dict[tuple[str, int, str], Process] = {}
        self._found: list[tuple[Case, int, dict[str, Measured]]] = []
        self.absent = [name for name in self.settings.engines if not installed(name)]

    def measure(self, cases: Sequence[Case]) -> None:
        """Measure the cases; what is found is in `rows` and `limits`, added to what is there."""
        found = [(case, self._empty()) for case in cases]
        try:
            for repeat in range(self.settings.processes):
                for batch in _batches(found):
                    self._batch(batch, repeat)
                self._close()
        finally:
            self._close()
        self._found += [(case, self._threads(case), measured) for case, measured in found]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """All cases that were measured, as JSON."""
        best, rows = self.best_limits(), []
        for case, threads, measured in self._found:
            find_mismatches(measured)
            # the limits are those of the run's threads
            rows.append(row(case, threads, measured, best if threads == self.settings.threads else {}))
        return rows

    def best_limits(self) -> dict[str, float]:
        """Give the median of what the machine was seen to do: FLOP and bytes a second."""
        return {name: statistics.median(samples) for name, samples in self.limits.items() if samples}

    def _empty(self) -> dict[str, Measured]:
        return {name: Measured(ABSENT if name in self.absent else "ok") for name in self.settings.engines}

    # -- one case, or several that differ in their threads ---------------------------------------------------

    def _batch(self, batch: Sequence[tuple[Case, dict[str, Measured]]], repeat: int) -> None:
        for case, _ in batch:
            self.say(f"{case.group}: {case.name}")
        (case, measured), *_ = batch
        rounds = min(self.settings.rounds, case.most_rounds or self.settings.rounds)
        turns = range(repeat * rounds, (repeat + 1) * rounds)
        if case.fresh:
            _Fresh(case, self._threads(case), measured, self._cache).measure(turns)
            return
        ready = []
        for case, measured in batch:
            for engine, found in measured.items():
                if found.status == "ok" and self._prepare(engine, self._threads(case), case, found):
                    ready.append(_Task(engine, self._threads(case), found))
        for turn in turns:
            for task in order(ready, turn):
                if task.spent > self.settings.patience and turn - turns[0] >= ENOUGH_ROUNDS:
                    continue
                answer = self._ask(task.engine, task.threads, {"run": {"turn": turn}}, RUN_SECONDS)
                if "error" in answer:
                    task.found.fail(answer["error"])
                    ready = [other for other in ready if other is not task]
                else:
                    task.found.add(turn, answer["seconds"])
                    task.spent += answer["seconds"] * task.found.repetitions
        if self.settings.limits and (case.flop or case.bytes):
            self._limits()

    def _threads(self, case: Case) -> int:
        return case.threads or self.settings.threads

    def _prepare(self, engine: str, threads: int, case: Case, found: Measured) -> bool:
        seconds = self.settings.seconds
        command = {"prepare": {"kind": case.kind, "params": case.params, "seconds": seconds}}
        answer = self._ask(engine, threads, command, PREPARE_SECONDS)
        if "error" in answer:
            found.fail(answer["error"])
        elif "missing" in answer:
            found.status, found.reason = NO_CASE, answer["missing"]
        else:
            found.first_call, found.fingerprint = answer["first_call"], answer["fingerprint"]
            found.repetitions = answer["repetitions"]
        return found.status == "ok"

    def _limits(self) -> None:
        """Measure once what the machine can do at most."""
        threads = self.settings.threads
        for name, (kind, params, work) in LIMITS.items():
            command = {"prepare": {"kind": kind, "params": params, "seconds": 0.0}}
            if name not in self.limits:
                if not installed("numpy") or "error" in self._ask("numpy", threads, command, PREPARE_SECONDS, name):
                    continue
                self.limits[name] = []
            elif ("numpy", threads, name) not in self._workers:
                self._ask("numpy", threads, command, PREPARE_SECONDS, name)
            turn = {"run": {"turn": len(self.limits[name])}}
            answer = self._ask("numpy", threads, turn, RUN_SECONDS, name)
            if "seconds" in answer:
                self.limits[name].append(work / answer["seconds"])

    # -- processes -------------------------------------------------------------------------------------------

    def _ask(
        self, engine: str, threads: int, command: dict[str, Any], seconds: float, role: str = ""
    ) -> dict[str, Any]:
        """Give the answer of an engine's process, which is begun if need be and quiet afterwards."""
        key = (engine, threads, role)
        if key not in self._workers:
            self._workers[key] = Process(engine, threads)
        try:
            answer = self._workers[key].ask(command, seconds)
        except Gone as gone:
            self._workers.pop(key).close()
            return {"error": str(gone)}
        self.restless += not self._workers[key].settle()
        return answer

    def _close(self) -> None:
        for process in self._workers.values():
            process.close()
        self._workers.clear()


class _Fresh:
    """A case for which every engine begins a new process each round."""

    def __init__(self, case: Case, threads: int, measured: dict[str, Measured], cache: str) -> None:
        self.case, self.threads, self.measured, self.cache = case, threads, measured, cache
        self.engines = []
        for name, found in measured.items():
            if found.status == "ok" and name in FRESH:
                self.engines.append(name)
            elif found.status == "ok":
                found.status = NO_CASE

    def measure(self, turns: range) -> None:
        if self.case.params.get("cache") != "cold":
            for engine in self.engines:  # fills the caches, of the disk and of compiled code
                self._once(engine, None)
        for turn in turns:
            for engine in order([name for name in self.engines if self.measured[name].status == "ok"], turn):
                self._once(engine, turn)

    def _once(self, engine: str, turn: int | None) -> None:
        found = self.measured[engine]
        with tempfile.TemporaryDirectory() as empty:
            folder = empty if self.case.params.get("cache") == "cold" else self.cache
            try:
                answer = fresh(
                    *(engine, self.threads, self.case.kind, self.case.params, turn or 0, PREPARE_SECONDS),
                    NUMBA_CACHE_DIR=folder,
                    JAX_COMPILATION_CACHE_DIR=f"{folder}/jax",
                )
            except Gone as gone:
                answer = {"error": str(gone)}
        if "error" in answer:
            found.fail(answer["error"])
        elif "missing" in answer:
            found.status = NO_CASE
        elif turn is not None:
            found.add(turn, answer["value"])
            found.fingerprint = answer.get("fingerprint")


assert set(FRESH) <= set(ENGINES)
