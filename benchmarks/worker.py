"""One engine in a process of its own: reads commands from stdin, a JSON object a line, and answers each with one.

- ``{"prepare": {"kind": ..., "params": ..., "seconds": ...}}`` builds a case, runs it until it is warm, and finds
  how many repetitions take that long; the answer has the first call's time, the result's fingerprint, and the
  repetitions.
- ``{"run": {"turn": ...}}`` measures once, in this round: seconds a repetition.

An answer with ``"error"`` says what was raised, one with ``"missing"`` that the engine has no such case.
Run as ``python -m benchmarks.worker ENGINE THREADS``.
"""

import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .engines import ENGINES, NoSuchCase

CALLS_TO_COMPARE = 3
"""The result of this call is compared: for training steps, the loss after so many."""
_MOST_REPETITIONS = 1_000_000
_LITTLE = 0.05  # of a step's time

Step = Callable[[], Any]


def pin(threads: int) -> None:
    """Keep this process to so many processors, where that is possible; before any other thread begins."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def begin(turn: int) -> None:
    """Move this thread to one of its processors, in each round to the next one.

    Whoever shares one with us, outside of this system, slows it down, by a third or more and for seconds; and threads
    stay where they are.  So all engines begin a round on the same one, if what they do needs only one: where another
    thread has slept there, it would be woken there too, and might not move away.
    """
    if hasattr(os, "sched_setaffinity"):
        processors = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {sorted(processors)[turn % len(processors)]})
        os.sched_setaffinity(0, processors)


def load(engine: str, threads: int) -> ModuleType:
    """Import an engine's module, and let it set its threads."""
    module = importlib.import_module(f".engines.{ENGINES[engine].module}", __package__)
    module.setup(threads)
    return module


def of_others() -> float:
    """Give the seconds of processors' time that the other threads of this process have used."""
    return time.process_time() - time.thread_time()


def described(error: Exception) -> str:
    """Give an error as one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def measure(step: Step, repetitions: int) -> float:
    """Give the seconds that one of so many calls took."""
    calls = range(repetitions)
    start = time.perf_counter()
    for _ in calls:
        step()
    return (time.perf_counter() - start) / repetitions


def calibrate(step: Step, seconds: float) -> int:
    """Give how many calls take so long; `step` has been called before."""

    def best() -> float:  # of two: one may load the code for several threads, or be interrupted
        return min(measure(step, repetitions), measure(step, repetitions))

    repetitions = 1
    taken = best()
    while taken * repetitions < seconds / 2 and repetitions < _MOST_REPETITIONS:
        repetitions = min(10 * repetitions, max(2 * repetitions, int(seconds / taken)))
        taken = best()
    return max(1, min(_MOST_REPETITIONS, round(seconds / taken)))


class Worker:
    """Answers commands about one engine."""

    def __init__(self, engine: ModuleType) -> None:
        self.engine = engine
        self.step: Step = lambda: None
        self.repetitions = 1
        self.alone = False  # whether the step was last seen to use one thread

    def prepare(self, kind: str, params: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Build a case, and find out what a round is."""
        from .data import fingerprint  # here, so that benchmarks.fresh can do without NumPy

        self.step, self.alone = lambda: None, False  # so that the last case's memory is free
        gc.unfreeze()
        gc.collect()
        if kind not in self.engine.KINDS:
            return {"missing": ""}
        step = self.engine.KINDS[kind](**params)
        start = time.perf_counter()
        result = step()
        first = time.perf_counter() - start
        for _ in range(CALLS_TO_COMPARE - 1):
            result = step()
        compared = fingerprint(self.engine.arrays(result))
        del result
        self.step, self.repetitions = step, calibrate(step, seconds)
        gc.collect()
        gc.freeze()  # what there is now need not be looked through at every round
        return {"first_call": first, "fingerprint": compared, "repetitions": self.repetitions}

    def run(self, turn: int) -> dict[str, Any]:
        """Measure once, when who asked for it is asleep again: a thread that is woken wants a processor for itself.

        The first call is not measured: it brings code and data back to the caches, which the others' turns have taken,
        and wakes threads.  A long step has but a few calls in a round, and its loop has no such pauses.
        """
        gc.collect()
        time.sleep(0.001)
        if self.alone:
            begin(turn)
        self.step()
        before = of_others()
        seconds = measure(self.step, self.repetitions)
        self.alone = of_others() - before < _LITTLE * seconds * self.repetitions
        return {"seconds": seconds}

    def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        """Do what a command says; give what was found, or what went wrong."""
        try:
            return self.prepare(**command["prepare"]) if "prepare" in command else self.run(**command["run"])
        except NoSuchCase as error:
            return {"missing": str(error)}
        except Exception as error:
            return {"error": described(error)}


def main(engine: str, threads: int) -> None:
    """Answer commands until stdin ends."""
    pin(threads)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an engine prints is no answer

    def say(answer: dict[str, Any]) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    try:
        worker = Worker(load(engine, threads))
    except Exception as error:
        say({"error": described(error)})
        return
    say({"ready": True})
    for line in sys.stdin:
        say(worker.answer(json.loads(line)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
