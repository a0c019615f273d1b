"""How many threads compute: one setting for the kernels and for the BLAS that NumPy uses."""

import operator

from .kernels import threads


def set_num_threads(n: int) -> None:
    """Let kernels, and NumPy's matrix products, use n threads; in all threads of the process, from now on.

    Without it both use all processors.  Small models may be faster on one; two processes that train side by side are
    faster with half of the processors each.

    Parameters
    ----------
    n : int
        From 1 to the number of processors (or ``NUMBA_NUM_THREADS``).

    Raises
    ------
    ValueError
        If n is out of range.
    """
    count = operator.index(n)
    if not 1 <= count <= threads.available():
        raise ValueError(f"set_num_threads: n is from 1 to {threads.available()}, the threads of this machine, not {n}")
    from threadpoolctl import threadpool_limits

    threadpool_limits(count, user_api="blas")
    threads.limit = count


def get_num_threads() -> int:
    """Tell how many threads kernels may use."""
    return threads.limit or threads.available()
