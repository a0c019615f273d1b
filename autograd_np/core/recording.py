"""What operations do with their results: Tensors, with their entries on the tape where gradients are wanted."""

from collections.abc import Sequence
from sys import getrefcount
from typing import Any
from weakref import getweakrefcount

import numpy as np
from numpy import ndarray

from .debug import watch
from .grad_mode import contexts, mode
from .op import PICK, Op
from .tape import Bundle, Node, Shaped, next_serial
from .tensor import Tensor

_new = object.__new__


def taped(
    op: Op,
    args: tuple,
    parents: tuple[Node | None, ...],
    params: dict[str, Any] | None,
    out: ndarray,
    saves_out: bool,
) -> Tensor:
    """Make the Tensor of a result, with its entry on the tape."""
    node = Node()
    node.serial = next_serial()
    node.op = op
    node.args = args
    node.parents = parents
    node.params = params
    node.shape = out.shape
    node.dtype = out.dtype
    node.out = out if saves_out else None
    node.retains_grad = False
    tensor = _new(Tensor)
    tensor.data = out
    tensor.node = node
    return tensor


def overwritten(op: Op, x: Tensor) -> Tensor:
    """Give what an operation of one array makes of x, in the memory of x: its forward function takes that as `into`.

    Of x nothing is left, so no rule may read it, and nobody else may see it: see `is_unseen`.
    """
    data, node = op.forward(x.data, into=x.data), x.node
    tensor = Tensor.make(data, None) if node is None else taped(op, (node,), (node,), None, data, True)
    return attended(op, (data,), tensor) if contexts else tensor


def is_unseen(x: Any) -> bool:
    """Whether x is a Tensor that only who asks can see, in one variable, and its memory nobody else at all."""
    return (
        type(x) is Tensor
        and (getrefcount(x), getrefcount(x.data)) == _UNSEEN
        and not (getweakrefcount(x) or getweakrefcount(x.data))
        and x.data.base is None
        and x.data.flags.writeable
        and x.data.dtype.kind == "f"
        and mode.debugging is None  # else it is looked at
    )


def _count_unseen() -> tuple[int, int]:
    x = Tensor.make(np.empty(0), None)
    return _references(x)


def _references(x: Tensor) -> tuple[int, int]:
    return getrefcount(x), getrefcount(x.data)


_UNSEEN = _count_unseen()


def record(
    op: Op, args: Sequence[Any], nodes: Sequence[Node | None], params: dict[str, Any], out: np.ndarray
) -> Tensor:
    """Make the output Tensor, with its entry on the tape if any node is given.  ``args`` are raw arrays."""
    if not any(nodes) or out.dtype.kind not in "fc":
        return Tensor.make(out, None)
    if not op.complex:
        refuse_complex(op, *nodes, out)
    saves_out, kept = _kept(op, args, nodes)
    return taped(op, kept, tuple(nodes), params, out, saves_out)


def several(
    op: Op, args: Sequence[Any], nodes: Sequence[Node | None], params: dict[str, Any], outs: tuple[Any, ...]
) -> Any:
    """Make the output Tensors of an operation that gives a tuple, named as it is."""
    arrays = tuple(map(np.asarray, outs))
    bundle = None
    if arrays and any(nodes) and mode.recording:
        if not op.complex:
            refuse_complex(op, *nodes, *arrays)
        saves_out, kept = _kept(op, args, nodes)
        bundle = Bundle(op, kept, tuple(nodes), params, arrays, saves_out)
        tensors = [picked(bundle, index, array) for index, array in enumerate(arrays)]
    else:
        tensors = [Tensor.make(array, None) for array in arrays]
    if contexts:
        watch(op, args, arrays, bundle)
    return type(outs)(*tensors) if hasattr(outs, "_fields") else tuple(tensors)


def picked(bundle: Bundle, index: int, out: np.ndarray) -> Tensor:
    """Make the Tensor of one of several outputs, on the tape if it may have a gradient."""
    if out.dtype.kind not in "fc":
        return Tensor.make(out, None)
    return taped(PICK, (), (bundle,), {"index": index}, out, False)


def refuse_complex(op: Op, *parts: Any) -> None:
    """Raise if any of these nodes and arrays is of complex numbers, and the operation's rules are for real ones."""
    for part in parts:
        if part is not None and part.dtype.kind == "c" and mode.recording:
            raise TypeError(
                f"{op.name}: its rules are for real numbers; take the parts of complex ones apart (ag.real, ag.imag, "
                "ag.abs), or use tensor.detach() if no gradient is wanted"
            )


def _kept(op: Op, args: Sequence[Any], nodes: Sequence[Node | None]) -> tuple[bool, tuple]:
    """Give whether to keep the output, and the arguments, with stand-ins for what no wanted rule reads."""
    saves_out, saves = op.saves(tuple([node is not None for node in nodes]))
    kept = list(args)
    for i, node in enumerate(nodes):
        if node is None:
            arg = operand(args[i])
            kept[i] = arg if saves[i] else stand_in(arg)
        elif not saves[i]:
            kept[i] = node
    return saves_out, tuple(kept)


def stand_in(arg: Any) -> Any:
    """Give what has an array's shape and dtype, and not its memory; a recorded argument's own node has them too."""
    return Shaped(arg.shape, arg.dtype) if type(arg) is ndarray else arg


def attended(op: Op, args: Sequence[Any], made: Tensor) -> Tensor:
    """Do what an open `no_grad` or `debug` block of this thread wants done with the result of an operation."""
    if not mode.recording:
        made.node = None
    watch(op, args, (made.data,), made.node)
    return made


_NUMBERS = (bool, int, float, complex)


def operand(arg: Any) -> Any:
    """Array-likes as arrays; Python scalars stay weak, as NumPy's promotion wants them."""
    kind = type(arg)
    return arg if kind is ndarray or kind is float or arg is None or isinstance(arg, _NUMBERS) else np.asarray(arg)
