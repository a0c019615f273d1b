"""How many threads kernels may use; known before Numba is imported."""

import os

limit: int | None = None
"""What the user has set; Numba's own setting where it is None."""

kernels_in_use = False
"""Whether a kernel has run on several threads: then threads of BLAS that spin are in the way."""


def available() -> int:
    """Return how many threads there are by default: Numba's own rule."""
    named = os.environ.get("NUMBA_NUM_THREADS", "")
    if named.isdigit() and int(named):
        return int(named)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
