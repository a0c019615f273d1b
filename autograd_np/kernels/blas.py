"""Matrix products: of BLAS, on one thread where several are for kernels (see `threads`); or a kernel's, where quicker.

OpenBLAS takes a processor that is newer than itself for an older one, and so may leave half of its vectors' length
unused, as version 0.3.31 does with AVX-512 on AMD's Zen 5.
"""

import threading
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy import ndarray

from . import threads

# Multiply-adds of a product: so many are worth the call of a kernel, and up to so many are on one thread of OpenBLAS's
# anyway; where sums have a single term, NumPy goes through them one by one.
FOR_KERNEL, FEW, _OUTER = 2**17, 2**18, 2**11
PER_NANOSECOND = 40  # of them on one thread

# What OpenBLAS calls its code for processors without AVX-512.
_WITHOUT_AVX512 = {"Sandybridge", "Haswell", "Zen"}

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


@cache
def _quicker() -> ModuleType | None:
    """Return products of our own if they are quicker than BLAS's."""
    from . import _backend, fallback

    kinds = {getattr(library, "architecture", None) for library in _libraries()}
    if not kinds or not kinds <= _WITHOUT_AVX512 or _backend() is fallback:
        return None
    from . import emitter, products

    return products if emitter.VECTOR_BYTES == 64 else None


def matmul(a: Any, b: Any, bias: ndarray | None = None) -> Any:
    """Return a @ b, as `numpy.matmul`; and each of its rows plus a bias."""
    size = a.size * b.shape[-1] if type(a) is ndarray and type(b) is ndarray and b.ndim > 1 else 0
    large = size > FOR_KERNEL and b.dtype.kind in "fc"
    if large and (own := _quicker()) is not None and (y := own.multiply(a, b, bias)) is not None:
        return y
    if size > _OUTER and b.shape[-2] == 1 < a.ndim and a.shape[-1] == 1:
        y = a * b
    elif large and size > FEW:
        y = _large_product(a, b)
    else:
        y = np.matmul(a, b)
    if bias is None:
        return y
    return np.add(y, bias, out=y) if y.dtype is bias.dtype else y + bias


def _large_product(a: ndarray, b: ndarray) -> ndarray:
    if threads.may_share("products", a.size * b.shape[-1] // PER_NANOSECOND):
        return np.matmul(a, b)
    with _one_thread:
        return np.matmul(a, b)
