"""How many threads kernels may use, and who uses several: kernels or BLAS.  Known before Numba is imported.

After a matrix product on several threads, OpenBLAS's workers spin for some 25 ms in wait of the next one, and Numba's
do the same, for less time.  Whoever comes next finds the processors taken, and a parallel loop that waits for a thread
without a processor takes milliseconds: training steps that mixed the two took two to four times as long as with either
kind on one thread.  So several threads are for those who have had most to do lately: for kernels in a convolutional
network, for products in a multilayer perceptron.  The others stay on one, where little is lost.
"""

import os
from time import perf_counter_ns

limit: int | None = None
"""What the user has set; Numba's own setting where it is None."""

_HALF_LIFE = 25_000_000  # nanoseconds after which work counts half: as long as BLAS's threads spin
_work = {"kernels": 0, "products": 0}
_owner = ""
_halved = 0  # when


def may_share(who: str, work: int) -> bool:
    """Tell whether "kernels", or "products", with so many nanoseconds of work for one thread, may use several.

    That changes only where the others have had twice as much to do, not to and fro within a step.  Threads of Python
    that ask at once may lose a little of the count, and no more.
    """
    global _owner, _halved
    now = perf_counter_ns()
    half_lives = (now - _halved) // _HALF_LIFE
    if half_lives > 0:
        _halved = now
        for kind in _work:
            _work[kind] >>= min(half_lives, 60)
    _work[who] += work
    if _owner != who and (not _owner or _work[who] > 2 * _work[_owner]):
        _owner = who
    return _owner == who


def available() -> int:
    """Return how many threads there are by default: Numba's own rule."""
    named = os.environ.get("NUMBA_NUM_THREADS", "")
    if named.isdigit() and int(named):
        return int(named)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
