"""Matrix products of middling size on one thread of BLAS.

After a product on several threads, OpenBLAS's workers spin for some 20 ms in wait of the next one, on the very
processors that a kernel of ours now wants: a training step of a convolutional network took twice as long as with BLAS
on one thread.  What a second thread gains in a product of middling size is less.  Where no kernel runs on several
threads, as in small multilayer perceptrons, nobody is in the way of anybody, and products are left alone.
"""

import threading
from functools import cache
from typing import Any

import numpy as np

from . import threads

# Multiply-adds of a product.  Fewer than these OpenBLAS computes on one thread anyway; for more than those the second
# thread is worth its price.
FEW, MANY = 2**18, 2**24

_lock = threading.Lock()
_state: dict[str, Any] = {"users": 0, "threads": []}


@cache
def _libraries() -> list[Any]:
    """Find the BLAS libraries of this process."""
    from threadpoolctl import ThreadpoolController  # it looks at all that is loaded: not before it is needed

    return ThreadpoolController().select(user_api="blas").lib_controllers


class _OneThread:
    """Within it, BLAS computes on one thread: for whoever came first until the last has left, in any thread."""

    def __enter__(self) -> None:
        with _lock:
            _state["users"] += 1
            if _state["users"] == 1:
                _state["threads"] = [library.get_num_threads() for library in _libraries()]
                for library in _libraries():
                    library.set_num_threads(1)

    def __exit__(self, *error: object) -> None:
        with _lock:
            _state["users"] -= 1
            if not _state["users"]:
                for library, count in zip(_libraries(), _state["threads"], strict=True):
                    library.set_num_threads(count)


_one_thread = _OneThread()


def _is_of_middling_size(a: Any, b: Any) -> bool:
    matrices = type(a) is type(b) is np.ndarray and a.ndim == b.ndim == 2 and b.dtype.kind in "fc"
    return matrices and FEW < a.size * b.shape[1] <= MANY


def matmul(a: Any, b: Any) -> Any:
    """Return a @ b, as `numpy.matmul`."""
    if threads.kernels_in_use and _is_of_middling_size(a, b):
        with _one_thread:
            return np.matmul(a, b)
    return np.matmul(a, b)
