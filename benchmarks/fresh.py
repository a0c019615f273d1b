"""What can only be measured once in a process: ``benchmarks.fresh ENGINE THREADS KIND PARAMS TURN`` prints JSON.

- ``import``: seconds that the import of the engine's package takes.
- ``first_gradient``: seconds from after that import to the gradients of a small convolution.
- ``first_step``: seconds that the first training step of a CNN takes.
- ``memory``: bytes by which the process's largest size, during a training step, exceeds its size just before.
"""

import gc
import importlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from .engines import ENGINES
from .worker import begin, described, load, pin

_SMALL_BATCH = 4


def importing(engine: str) -> dict[str, Any]:
    """Import the package; give the seconds."""
    start = time.perf_counter()
    importlib.import_module(ENGINES[engine].package)
    return {"value": time.perf_counter() - start}


def first(engine: str, threads: int, kind: str, params: dict[str, Any]) -> dict[str, Any]:
    """Import the package, and do once what `kind` is; give the seconds that it takes."""
    from .data import fingerprint

    module = load(engine, threads)
    if kind not in module.KINDS:
        return {"missing": ""}
    step = module.KINDS[kind](**params)
    start = time.perf_counter()
    result = step()
    return {"value": time.perf_counter() - start, "fingerprint": fingerprint(module.arrays(result))}


def memory(engine: str, threads: int, params: dict[str, Any]) -> dict[str, Any]:
    """Train one step of a CNN; give the bytes that it needs besides model, data and optimizer.

    What the first step of a process alone needs, such as compilers, has been there before, in a smaller step.
    """
    from .data import fingerprint

    module = load(engine, threads)
    if "cnn" not in module.KINDS:
        return {"missing": ""}
    small = module.KINDS["cnn"](**(params | {"batch": _SMALL_BATCH}))
    for _ in range(2):
        small()
    if hasattr(module, "load_code"):
        module.load_code(small)
    del small
    step = module.KINDS["cnn"](**params)
    gc.collect()
    before = _reset_peak()
    result = step()
    peak = _peak()
    return {"value": max(0, peak - before), "fingerprint": fingerprint(module.arrays(result))}


def _status(field: str) -> int | None:
    """Give a line of Linux's report on this process, in bytes."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:")), None)


def _reset_peak() -> int:
    """Let the largest size begin anew, where the system can; give what it is now."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return _peak()
    size = _status("VmRSS")
    return _peak() if size is None else size


def _peak() -> int:
    """Give the largest size that this process has had, in bytes."""
    peak = _status("VmHWM")
    if peak is not None:
        return peak
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def main(engine: str, threads: int, kind: str, params: dict[str, Any], turn: int) -> dict[str, Any]:
    """Measure; give the answer."""
    pin(threads)
    begin(turn)
    try:
        if kind == "import":
            return importing(engine)
        if kind == "memory":
            return memory(engine, threads, params)
        params.pop("cache")  # which is for who starts this process
        return first(engine, threads, "cnn" if kind == "first_step" else kind, params)
    except Exception as error:
        return {"error": described(error)}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4]), int(sys.argv[5]))))
