"""autograd_np: automatic differentiation on NumPy and Numba.

>>> import autograd_np as ag
>>> x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> y = ag.sum(x * ag.exp(-x))
>>> y.backward()
>>> x.grad
Tensor([ 0.        , -0.13533528, -0.09957414])
"""

import functools
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .core import API_VERSION as __array_api_version__
from .core import (
    Tensor,
    binary,
    debug,
    enable_grad,
    gradients,
    is_grad_enabled,
    no_grad,
    primitive,
    unary,
)
from .dtypes import *
from .info import __array_namespace_info__
from .ops.activations import *
from .ops.arithmetic import *
from .ops.complex_numbers import *
from .ops.convolution import *
from .ops.creation import *
from .ops.diagonals import *
from .ops.discrete import *
from .ops.einsum import *
from .ops.exponentials import *
from .ops.indexing import *
from .ops.joining import *
from .ops.losses import *
from .ops.normalization import *
from .ops.operators import *
from .ops.parts import *
from .ops.pooling import *
from .ops.products import *
from .ops.reductions import *
from .ops.reordering import *
from .ops.repetition import *
from .ops.scans import *
from .ops.searching import *
from .ops.selection import *
from .ops.shaping import *
from .ops.slices import *
from .ops.sorting import *
from .ops.spacing import *
from .ops.splitting import *
from .ops.statistics import *
from .ops.trigonometry import *
from .threads import get_num_threads, set_num_threads

if TYPE_CHECKING:
    from .late import *

__version__ = "0.1.0"

_SUBPACKAGES = ("datasets", "fft", "functional", "linalg", "nn", "optim", "special", "testing", "viz")


def __getattr__(name: str) -> Any:
    """Import what is first used later: ``import autograd_np`` costs little more than ``import numpy``."""
    if name in _SUBPACKAGES:
        return import_module(f"{__name__}.{name}")
    if name in _late():
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    _late()
    return [*globals(), *_SUBPACKAGES]


@functools.cache
def _late() -> list[str]:
    """Take over the names of the module `late`, as if it had been imported with an asterisk."""
    found = {name: value for name, value in vars(import_module(f"{__name__}.late")).items() if name[0] != "_"}
    globals().update(found)
    return list(found)
