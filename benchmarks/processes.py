"""Processes that measure: their environment, talking to them, and waiting until they are quiet."""

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PREPARE_SECONDS, RUN_SECONDS = 300.0, 120.0
"""How long an answer may take before the process is given up."""
_WINDOW, _QUIET, _PATIENCE = 0.001, 3, 0.5


def environment(threads: int, **more: str) -> dict[str, str]:
    """Give the variables that hold an engine to so many threads."""
    count = str(threads)
    names = ("OMP", "OPENBLAS", "MKL", "NUMBA", "NUMEXPR", "VECLIB")
    return {
        **os.environ,
        **{f"{name}_{'MAXIMUM' if name == 'VECLIB' else 'NUM'}_THREADS": count for name in names},
        "NPROC": count,  # of XLA's pool
        **{"DEV": "CPU", "NUM_CPU_THREADS": count},  # of tinygrad
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}",
        "JAX_PLATFORMS": "cpu",
        "KMP_BLOCKTIME": "1",  # else Intel's threads spin for 200 ms, into what is measured next
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "PYTHONDONTWRITEBYTECODE": "",  # installed packages are compiled; a checkout is by its first import
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        **more,
    }


def processors() -> int:
    """Give how many processors there are for us."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Gone(Exception):
    """A process has ended, or does not answer."""


class Process:
    """A worker (`benchmarks.worker`): one engine, so many threads."""

    def __init__(self, engine: str, threads: int) -> None:
        self.engine, self.threads = engine, threads
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115, closed by close()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", engine, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environment(threads),
        )
        self._started = False

    def ask(self, command: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Give the answer to a command; raise Gone if there is none."""
        if not self._started:
            first = self._answer(PREPARE_SECONDS)
            if "error" in first:
                raise Gone(first["error"])
            self._started = True
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Gone(self._last_words()) from None
        return self._answer(seconds)

    def _answer(self, seconds: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                self.close()
                raise Gone(f"no answer in {seconds:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise Gone(self._last_words())
        return json.loads(line)

    def _last_words(self) -> str:
        code = self._process.wait(10)
        self._log.seek(0)
        lines = [line.strip() for line in self._log if line.strip()]
        return f"the process ended with code {code}" + (f": {lines[-1][:200]}" if lines else "")

    def settle(self) -> bool:
        """Wait until the threads of the process sleep; say whether they do."""
        deadline = time.monotonic() + _PATIENCE
        quiet = 0
        while quiet < _QUIET and time.monotonic() < deadline:
            quiet = 0 if _is_running(self._process.pid) else quiet + 1
            time.sleep(_WINDOW)
        return quiet == _QUIET

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe is not None:
                pipe.close()


def _is_running(pid: int) -> bool:
    """Say whether a thread of a process runs, or spins in wait of work; no where the system does not tell.

    Not by the time that it has taken, which the system adds up once in some milliseconds only.
    """
    for path in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            state = path.read_text().rpartition(")")[2].split()[0]
        except OSError:  # this thread has just ended
            continue
        if state == "R":
            return True
    return False


def fresh(
    engine: str, threads: int, kind: str, params: dict[str, Any], turn: int, seconds: float, **more: str
) -> dict[str, Any]:
    """Run `benchmarks.fresh` in a new process; give its answer."""
    command = [sys.executable, "-m", "benchmarks.fresh", engine, str(threads), kind, json.dumps(params), str(turn)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=environment(threads, **more),
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise Gone(f"no answer in {seconds:.0f} s") from None
    lines = done.stdout.splitlines()
    if not lines:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        raise Gone(f"the process ended with code {done.returncode}: {last[:200]}")
    return json.loads(lines[-1])
