"""The tape: one `Node` for each recorded operation, one for each leaf.

A node is written once, when its operation runs, and never changes: in-place work gives a *Tensor* a new node and
leaves what was recorded alone.  Nodes point backwards only, from an output to its inputs, and hold raw arrays, never
Tensors: so there are no reference circles, and a graph that is dropped is freed at once by reference counts alone.
"""

import itertools
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .hooks import Hook
    from .op import Op
    from .tensor import Tensor

# One count for the whole process.  Serial numbers are a topological order of every graph (an output is always younger
# than its inputs), the names of nodes in diagrams, and the clock by which stale entries are recognised.
next_serial = itertools.count(1).__next__


class Shaped:
    """Stands in for an array that a rule does not read: its shape and dtype, without its memory."""

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.shape = shape
        self.dtype = dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)


class Node(Shaped):
    """An entry of the tape: the operation, what its rules need to go backwards, and the nodes of its inputs.

    Attributes
    ----------
    serial : int
        Position on the tape.
    op : Op or None
        The operation; None for a leaf.
    args : tuple or None
        Its arguments as raw arrays (a `Shaped` where no rule reads the array).  None once backward released them.
    parents : tuple of (Node or None)
        For each argument the node that made it; None where no gradient is wanted.
    params : dict or None
        Its keyword arguments.
    out : ndarray or None
        Its result, where a rule reads it.
    grad : Tensor or None
        For a leaf (or after `Tensor.retain_grad`) the gradient that backward has accumulated.
    """

    __slots__ = (
        "__weakref__",
        "args",
        "grad",
        "hooks",
        "name",
        "op",
        "out",
        "params",
        "parents",
        "retains_grad",
        "serial",
        "trace",
    )

    serial: int
    op: "Op | None"
    args: tuple | None
    parents: tuple["Node | None", ...]
    params: dict[str, Any] | None
    out: Any
    grad: "Tensor | None"
    hooks: list["Hook"]  # only where one was registered
    name: str | None
    retains_grad: bool
    trace: tuple[str, dict[str, int]]  # only under `debug`: the user's line, and checksums of what is saved

    __init__ = object.__init__  # `recording.taped` fills it: a call of Python's in between costs as much again


class Bundle(Node):
    """The entry of an operation with several outputs; each output's own node picks its part of it.

    ``parts`` has the shape and dtype of each output, ``out`` is the tuple of them where a rule reads it.
    """

    __slots__ = ("parts",)

    def __init__(
        self,
        op: "Op",
        args: tuple,
        parents: tuple["Node | None", ...],
        params: dict[str, Any] | None,
        outs: tuple[np.ndarray, ...],
        saves_out: bool,
    ) -> None:
        self.serial = next_serial()
        self.op = op
        self.args = args
        self.parents = parents
        self.params = params
        self.shape, self.dtype = outs[0].shape, outs[0].dtype
        self.parts = tuple([Shaped(out.shape, out.dtype) for out in outs])
        self.out = outs if saves_out else self.parts
        self.retains_grad = False


class Leaf(Node):
    """The node of a Tensor that was made by the user with ``requires_grad=True``."""

    __slots__ = ()

    def __init__(self, data: np.ndarray, name: str | None = None) -> None:
        self.serial = next_serial()
        self.op = None
        self.args = None
        self.parents = ()
        self.params = None
        self.out = None
        self.shape = data.shape
        self.dtype = data.dtype
        self.grad = None
        self.name = name
        self.retains_grad = True


# In-place writes by this library (optimizer steps, ``t[i] = v``, ``t += v`` on data outside a graph).  An entry that
# saved the memory *before* it was written must refuse to go backwards.  What is remembered is the array that owns the
# memory, so every view of it and every `detach`ed handle is covered; and as long as no write is younger than an entry,
# which is so in every ordinary training step, the sweep's comparison of two integers is the whole check.
_writes: dict[int, tuple[weakref.ref, int]] = {}
last_write = 0


def owner_of(array: np.ndarray) -> np.ndarray:
    """Give the array that owns the memory of this one."""
    owner, base = array, array.base
    while base is not None:  # not every link is an array: as_strided puts an object of its own between
        if isinstance(base, np.ndarray):
            owner = base
        base = getattr(base, "base", None)
    return owner


def note_write(*arrays: np.ndarray) -> None:
    """Remember that the library has just written into the memory of these arrays."""
    global last_write
    last_write = next_serial()
    for array in arrays:
        owner = array if array.base is None else owner_of(array)
        key = id(owner)
        known = _writes.get(key)
        _writes[key] = (known[0] if known else weakref.ref(owner, _forgetting(key)), last_write)


def _forgetting(key: int) -> Callable[[weakref.ref], Any]:
    return lambda _: _writes.pop(key, None)


def is_stale(node: Node) -> bool:
    """Whether memory that this entry saved was written by the library after the entry was made."""
    outs = node.out if isinstance(node.out, tuple) else (node.out,)
    saved = [*outs, *(node.args or ()), *(node.params or {}).values()]
    owners = (id(owner_of(array)) for array in saved if isinstance(array, np.ndarray))
    return any(owner in _writes and _writes[owner][1] > node.serial for owner in owners)
