"""The engine: Tensor, the tape, the backward sweep, and how operations are defined.  It knows no operation."""

from .backward import gradients, partials, rows_of
from .debug import debug
from .dispatch import FUNCTIONS, UFUNCS, implements, late_imports
from .grad_mode import enable_grad, is_grad_enabled, no_grad
from .interchange import API_VERSION, DEVICE, check_device
from .memory import keep_freed_memory
from .op import Op
from .primitive import binary, primitive, unary
from .protocols import without_gradient
from .recording import is_unseen, overwritten, picked
from .rows import Rows
from .summation import LARGE, Axis, large_sums, precise_sum
from .tape import Bundle, Leaf, Node, Shaped, note_write
from .tensor import Tensor
from .views import rebind, source_of, views_of

keep_freed_memory()

__all__ = [
    "API_VERSION",
    "DEVICE",
    "FUNCTIONS",
    "LARGE",
    "UFUNCS",
    "Axis",
    "Bundle",
    "Leaf",
    "Node",
    "Op",
    "Rows",
    "Shaped",
    "Tensor",
    "binary",
    "check_device",
    "debug",
    "enable_grad",
    "gradients",
    "implements",
    "is_grad_enabled",
    "is_unseen",
    "large_sums",
    "late_imports",
    "no_grad",
    "note_write",
    "overwritten",
    "partials",
    "picked",
    "precise_sum",
    "primitive",
    "rebind",
    "rows_of",
    "source_of",
    "unary",
    "views_of",
    "without_gradient",
]
