"""Compile kernels with Numba, lazily, and run them on several threads where that is safe and worth it.

A kernel is a plain function `body(worker, workers, *arrays)` that does its share of the work.  It is
compiled once a dtype; a second, tiny function calls it in a parallel loop.  Small integers travel in arrays,
as Numba's parallel loops take no tuples.
"""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from types import FunctionType
from typing import Any

import numba
import numpy as np
from numba import prange, types
from numba._dispatcher import compute_fingerprint
from numba.core import cgutils, event
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys
from numba.extending import intrinsic

from . import threads

# Below so much work, in nanoseconds of one thread, a second one gains less than it costs to wake it.  The longer it has
# slept, the more that is: 8 µs at once, 24 µs after 0.5 ms, 55 µs after 2 ms, 160 µs after 10 ms.
PARALLEL_WORK = 50_000
DROWSY, ASLEEP = 1_250_000, 10_000_000  # nanoseconds, after which the cost has doubled, and grows no more

# Of these versions of Numba it is known that compiled functions need its runtime only: see _Cache.
_KNOWN_NUMBA = {(0, minor) for minor in range(64, 69)}

_state = {"announced": False, "forked": False, "reentrant": False}
_last_large = 0  # when a kernel was last called for which a thread that is awake is worth it
_one_at_a_time = threading.Lock()


def _threads_have_started() -> bool:
    try:
        numba.threading_layer()
    except ValueError:
        return False
    return True


def _workers() -> int:
    if threads.limit is not None:
        numba.set_num_threads(min(threads.limit, threads.available()))  # each thread has its own setting
    return numba.get_num_threads()


def _is_worth_threads(work: int) -> bool:
    global _last_large
    now = perf_counter_ns()
    idle, _last_large = now - _last_large, now
    return work >= PARALLEL_WORK * (1 + min(idle, ASLEEP) / DROWSY)


def _after_fork_in_child() -> None:
    """Stay on one thread from now on: GNU OpenMP aborts the child of a process that has used its threads."""
    global _one_at_a_time
    _one_at_a_time = threading.Lock()
    _state["forked"] = _state["forked"] or _threads_have_started()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


class _Announcement(event.Listener):
    """Say, once, that kernels are being compiled: it takes seconds, and nobody shall think that the program hangs."""

    def on_start(self, started: event.Event) -> None:
        made = started.data["dispatcher"].py_func.__module__
        if not _state["announced"] and made.startswith(f"{__package__}."):
            _state["announced"] = True
            logging.getLogger("autograd_np").warning(
                "autograd_np: compiling kernels for this machine, some seconds each; the next run finds them in a cache"
            )

    def on_end(self, ended: event.Event) -> None:
        pass


event.register("numba:compile", _Announcement())


def inline(function: Callable) -> Any:
    """Compile a helper that kernels call."""
    return numba.njit(nogil=True, forceinline=True)(function)


def inline_sum(function: Callable) -> Any:
    """Compile a helper that adds up in vectors, whose lanes may be in any order; NaN and infinity stay as they are."""
    return numba.njit(nogil=True, fastmath={"reassoc"})(function)


_intrinsic: Any = intrinsic


# Call the compiled body at an address.  Called by name it would be compiled twice more, as a part of the parallel loop.
@_intrinsic
def _call(typing, address, worker, workers, arguments) -> tuple:
    kinds = (worker, workers, *arguments.types)

    def codegen(context, builder, signature, values) -> Any:
        place, first, second, rest = values
        kind = context.call_conv.get_function_type(types.none, kinds)
        function = builder.inttoptr(place, kind.as_pointer())
        parts = [first, second, *cgutils.unpack_tuple(builder, rest)]
        context.call_conv.call_function(builder, function, types.none, kinds, parts)
        return context.get_dummy_value()

    return types.void(address, worker, workers, arguments), codegen


def _launch(address, workers, *arguments) -> None:
    for worker in prange(workers):
        _call(address, np.int64(worker), workers, arguments)


def _launcher(source: Callable) -> Callable:
    """Return `_launch` for one body.

    Numba's cache tells functions apart by file, line and name: so the launcher takes the place of its body.
    """
    place: dict[str, Any] = {"co_filename": source.__code__.co_filename}
    place["co_firstlineno"] = source.__code__.co_firstlineno
    scope = {"prange": prange, "np": np, "_call": _call, "__name__": source.__module__}
    launch = FunctionType(_launch.__code__.replace(**place), scope, f"{source.__name__}_launch")
    launch.__qualname__, launch.__module__ = launch.__name__, source.__module__
    return launch


def _versions() -> tuple[tuple[str, int, int], ...]:
    """Return what tells one version of this folder's files from another: kernels call helpers from several of them."""
    files = ((path.name, path.stat()) for path in Path(__file__).parent.glob("*.py"))
    return tuple(sorted((name, found.st_mtime_ns, found.st_size) for name, found in files))


_stamp = _versions()


class _Cache(FunctionCache):
    """Numba's cache of compiled functions, but for two things.

    It looks at all files of this folder, where Numba's would look at the function's own.  And what it finds is loaded
    without all that Numba imports for compiling, which took three quarters of the first call.
    """

    def __init__(self, function: Callable) -> None:
        super().__init__(function)
        self._cache_file._source_stamp = _stamp

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)  # all of target_context.refresh() that compiled functions call
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


class Kernel:
    """A compiled body, called as `kernel(*arrays, work=nanoseconds)`."""

    def __init__(self, body: Callable) -> None:
        self.body = body
        self._compile(cache=True)

    def _compile(self, cache: bool) -> None:
        # error_model: x / 0 is infinite, as NumPy has it; a branch that raises would keep vectors away
        self.serial = numba.njit(nogil=True, error_model="numpy")(self.body)
        self.parallel = numba.njit(nogil=True, parallel=True)(_launcher(self.body))
        self._addresses: dict[bytes, int] = {}
        if cache and not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
            try:
                for dispatcher in (self.serial, self.parallel):
                    if numba.version_info.short in _KNOWN_NUMBA:
                        dispatcher._cache = _Cache(dispatcher.py_func)  # type: ignore[attr-defined]
                    else:
                        dispatcher.enable_caching()
            except RuntimeError:
                self._compile(cache=False)  # there is no folder to write to: only the start is slower

    def __call__(self, *arguments: Any, work: int) -> None:
        """Run the body on as many threads as `work`, a rough estimate for one thread, is worth."""
        workers = _workers() if work >= PARALLEL_WORK and not _state["forked"] else 1
        if workers > 1 and not (threads.may_share("kernels", work) and _is_worth_threads(work)):
            workers = 1
        try:
            if workers == 1:
                self.serial(0, 1, *arguments)
            else:
                self._run_parallel(workers, arguments)
        except OSError:  # the cache's folder has become full or unwritable; kernels themselves touch no files
            self._compile(cache=False)
            self.serial(0, 1, *arguments)

    def _run_parallel(self, workers: int, arguments: tuple) -> None:
        address = self._address(arguments)
        if _state["reentrant"]:
            self.parallel(address, workers, *arguments)
        else:
            # Numba's workqueue layer aborts when two threads enter it; the first run chooses the layer.
            with _one_at_a_time:
                self.parallel(address, workers, *arguments)
                _state["reentrant"] = numba.threading_layer() != "workqueue"

    def _address(self, arguments: tuple) -> int:
        """Return where the body is that is compiled for arguments of these types."""
        key = compute_fingerprint(arguments)  # of their types, as Numba's own calls tell them apart
        if key not in self._addresses:
            kinds = tuple([numba.typeof(argument) for argument in (0, 1, *arguments)])
            self.serial.compile(kinds)
            compiled: Any = self.serial.overloads[kinds]
            self._addresses[key] = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
        return self._addresses[key]


def kernel(body: Callable) -> Kernel:
    """Decorate `body(worker, workers, *arrays)`, which does the worker's share of the work."""
    return Kernel(body)


@inline
def share(items: int, worker: int, workers: int) -> tuple[int, int]:
    """Return the first and one past the last item of a worker: contiguous, and equal to within one."""
    return items * worker // workers, items * (worker + 1) // workers
