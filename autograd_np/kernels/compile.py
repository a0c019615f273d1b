"""Compile kernels with Numba, lazily, and run them on several threads where that is safe and worth it.

A kernel is a plain function `body(worker, workers, *arrays)` that does its share of the work.  It is
compiled once a dtype; a second, tiny function has it called by a parallel loop, which is one for all kernels.
"""

import functools
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import perf_counter_ns
from types import FunctionType
from typing import Any

import numba
import numpy as np
from llvmlite import ir
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


# Call the task at an address, a function of three integers.
@_intrinsic
def _run(typing, task, worker, workers, data) -> tuple:
    def codegen(context, builder, signature, arguments) -> Any:
        integer = arguments[0].type
        kind = ir.FunctionType(ir.VoidType(), [integer] * 3)
        builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])
        return context.get_dummy_value()

    return types.void(task, worker, workers, data), codegen


def _on_threads(task, workers, data) -> None:
    for worker in prange(workers):
        _run(task, np.int64(worker), workers, data)


# Have `launcher`, the address of _on_threads, call `body` at its address on several threads; return whether one failed,
# for want of memory.  Arguments that are arrays go through memory: so the parallel loop is one for all kernels.
@_intrinsic
def _spread(typing, launcher, body, workers, arguments) -> tuple:
    kinds = (workers, workers, *arguments.types)

    def call(context, builder, address, kinds, values) -> Any:
        kind = context.call_conv.get_function_type(types.none, kinds)
        function = builder.inttoptr(address, kind.as_pointer())
        return context.call_conv.call_function(builder, function, types.none, kinds, values)[0]

    def codegen(context, builder, signature, values) -> Any:
        launcher, body, count, rest = values
        integer = count.type
        failed = cgutils.alloca_once_value(builder, integer(0))
        data = cgutils.alloca_once_value(builder, cgutils.pack_struct(builder, [body, failed, rest]))
        kind = ir.FunctionType(ir.VoidType(), [integer] * 3)
        task = ir.Function(builder.module, kind, builder.module.get_unique_name("task"))
        task.linkage = "internal"
        inner = ir.IRBuilder(task.append_basic_block())
        worker, of, where = task.args
        address, mark, packed = cgutils.unpack_tuple(inner, inner.load(inner.inttoptr(where, data.type)))
        status = call(context, inner, address, kinds, [worker, of, *cgutils.unpack_tuple(inner, packed)])
        with inner.if_then(status.is_error):
            inner.store(integer(1), mark)
        inner.ret_void()
        places = [builder.ptrtoint(task, integer), count, builder.ptrtoint(data, integer)]
        call(context, builder, launcher, (types.int64,) * 3, places)
        return builder.load(failed)

    return types.int64(launcher, body, workers, arguments), codegen


def _launch(launcher, body, workers, *arguments) -> int:
    return _spread(launcher, body, workers, arguments)


def _launcher(source: Callable) -> Callable:
    """Return `_launch` for one body.

    Numba's cache tells functions apart by file, line and name: so the launcher takes the place of its body.
    """
    place: dict[str, Any] = {"co_filename": source.__code__.co_filename}
    place["co_firstlineno"] = source.__code__.co_firstlineno
    scope = {"_spread": _spread, "__name__": source.__module__}
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


def _lazily(function: Callable, cache: bool = True, **options: Any) -> Any:
    """Compile a function when it is called, or find it in the cache if there is a folder to write to."""
    dispatcher: Any = numba.njit(nogil=True, **options)(function)
    if cache and not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        with suppress(RuntimeError):  # no folder: only the start is slower
            if numba.version_info.short in _KNOWN_NUMBA:
                dispatcher._cache = _Cache(function)
            else:
                dispatcher.enable_caching()
    return dispatcher


def _address_of(dispatcher: Any, kinds: tuple) -> int:
    """Return where the code is for arguments of these types."""
    dispatcher.compile(kinds)
    compiled = dispatcher.overloads[kinds]
    return compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)


@functools.cache
def _loop() -> tuple[int, Any]:
    """Return where `_on_threads` is, and what keeps it there."""
    kinds = (types.int64,) * 3
    loop = _lazily(_on_threads, parallel=True)
    try:
        return _address_of(loop, kinds), loop
    except OSError:  # as in `kernel`
        loop = _lazily(_on_threads, cache=False, parallel=True)
        return _address_of(loop, kinds), loop


class Compiled:
    """The code of a kernel's body, for one thread and for several."""

    def __init__(self, body: Callable) -> None:
        self.body = body
        self._compile(cache=True)

    def _compile(self, cache: bool) -> None:
        # error_model: x / 0 is infinite, as NumPy has it; a branch that raises would keep vectors away
        self.serial = _lazily(self.body, cache, error_model="numpy")
        self.parallel = _lazily(_launcher(self.body), cache)
        self._addresses: dict[bytes, int] = {}

    def run(self, arguments: tuple, work: int) -> None:
        """Run the body on as many threads as `work`, nanoseconds of one thread, is worth now."""
        workers = 1 if _state["forked"] else _workers()
        if workers > 1 and not (threads.may_share("kernels", work) and _is_worth_threads(work)):
            workers = 1
        if workers == 1:
            self.serial(0, 1, *arguments)
        else:
            self._run_parallel(workers, arguments)

    def run_uncached(self, arguments: tuple) -> None:
        """Do without the cache's folder, from now on."""
        self._compile(cache=False)
        self.serial(0, 1, *arguments)

    def _run_parallel(self, workers: int, arguments: tuple) -> None:
        loop, address = _loop()[0], self._address(arguments)
        if _state["reentrant"]:
            failed = self.parallel(loop, address, workers, *arguments)
        else:
            # Numba's workqueue layer aborts when two threads enter it; the first run chooses the layer.
            with _one_at_a_time:
                failed = self.parallel(loop, address, workers, *arguments)
                _state["reentrant"] = numba.threading_layer() != "workqueue"
        if failed:
            raise MemoryError(f"no memory for what {self.body.__name__.strip('_')} keeps on each thread")

    def _address(self, arguments: tuple) -> int:
        """Return where the body is that is compiled for arguments of these types."""
        key = compute_fingerprint(arguments)  # of their types, as Numba's own calls tell them apart
        if key not in self._addresses:
            kinds = tuple([numba.typeof(argument) for argument in (0, 1, *arguments)])
            self._addresses[key] = _address_of(self.serial, kinds)
        return self._addresses[key]


def kernel(body: Callable) -> Callable:
    """Decorate `body(worker, workers, *arrays)`, which does the worker's share of the work.

    It is called as `kernel(*arrays, work=nanoseconds)`, a rough estimate for one thread, and has its `compiled` code.
    """
    compiled = Compiled(body)

    def run(*arguments: Any, work: int) -> None:  # of an object with __call__, this would take twice as long
        try:
            if work < PARALLEL_WORK:
                compiled.serial(0, 1, *arguments)
            else:
                compiled.run(arguments, work)
        except OSError:  # the cache's folder has become full or unwritable; kernels themselves touch no files
            compiled.run_uncached(arguments)

    run.compiled = compiled  # type: ignore[attr-defined]
    return run


@inline
def share(items: int, worker: int, workers: int) -> tuple[int, int]:
    """Return the first and one past the last item of a worker: contiguous, and equal to within one."""
    return items * worker // workers, items * (worker + 1) // workers
