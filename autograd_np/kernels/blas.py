"""Matrix products: on one thread of BLAS where several are for kernels (see `threads`), else as NumPy has them."""

import threading
from functools import cache
from typing import Any

import numpy as np

from . import threads

FEW = 2**18  # multiply-adds of a product, which OpenBLAS computes on one thread anyway
PER_NANOSECOND = 40  # of them on one thread

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


def matmul(a: Any, b: Any) -> Any:
    """Return a @ b, as `numpy.matmul`."""
    if type(a) is type(b) is np.ndarray and b.ndim > 1 and b.dtype.kind in "fc":
        products = a.size * b.shape[-1]
        if products > FEW and not threads.may_share("products", products // PER_NANOSECOND):
            with _one_thread:
                return np.matmul(a, b)
    return np.matmul(a, b)
