"""Steps of optimizers: one pass over all parameters, in which every array is read and written once.

NumPy goes through memory at each operation.  Here constants are turned into the parameter's dtype first, so that
float32 is computed in float32; the operations and their order are those of `fallback`, and so are the bits.

A kernel finds its arrays by their addresses, in a table that has a row for each parameter: its size, and where its
gradient is, it itself, and its moments.  To hand over arrays one by one takes longer than most have to be worked on.
Constants are a table, too, of one row if they are the same for all.  A share of each parameter is the worker's: arrays
that begin at 0 are known not to be indexed by negative numbers, and only then are there vector instructions.
"""

from collections.abc import Sequence
from ctypes import addressof, c_char
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .compile import inline, kernel, share
from .parameters import StepGroup

# What an element costs one thread, in nanoseconds.
_WORK = {"sgd": 0.2, "momentum": 0.3, "nesterov": 0.3, "adam": 0.7}

_intrinsic: Any = intrinsic


# The vector of `count` numbers at an address, of the dtype of `like`.
@_intrinsic
def _vector_at(typing, like, address, count) -> tuple:
    kind = types.Array(like.dtype, 1, "C")

    def codegen(context, builder, signature, arguments) -> ir.Value:
        from numba.np.arrayobj import populate_array  # for compiling only: it brings much with it

        _, place, length = arguments
        vector = context.make_array(kind)(context, builder)
        size = ir.Constant(length.type, like.dtype.bitwidth // 8)
        data = builder.inttoptr(place, vector.data.type)
        populate_array(vector, data=data, shape=[length], strides=[size], itemsize=size, meminfo=None)
        return vector._getvalue()

    return kind(like, address, count), codegen


# From `start` to `stop` of the array at an address.
@inline
def _part(like, address, start, stop) -> np.ndarray:
    return _vector_at(like, address + start * like.itemsize, stop - start)


@kernel
def _sgd(worker, workers, like, table, constants) -> None:
    for p in range(len(table)):
        lr = like.dtype.type(constants[p % len(constants), 0])
        size, g_at, w_at = table[p]
        start, stop = share(size, worker, workers)
        g, w = _part(like, g_at, start, stop), _part(like, w_at, start, stop)
        for i in range(len(w)):
            w[i] -= g[i] * lr


# Where the step looks ahead, along the velocity, it is Nesterov's.
@inline
def _follow_velocity(worker, workers, like, table, constants, ahead) -> None:
    for p in range(len(table)):
        numbers, (size, g_at, w_at, v_at) = constants[p % len(constants)], table[p]
        lr, momentum = like.dtype.type(numbers[0]), like.dtype.type(numbers[1])
        start, stop = share(size, worker, workers)
        g, w, v = _part(like, g_at, start, stop), _part(like, w_at, start, stop), _part(like, v_at, start, stop)
        for i in range(len(w)):
            velocity = v[i] * momentum + g[i]
            v[i] = velocity
            w[i] -= (velocity * momentum + g[i] if ahead else velocity) * lr


@kernel
def _momentum(worker, workers, like, table, constants) -> None:
    _follow_velocity(worker, workers, like, table, constants, False)


@kernel
def _nesterov(worker, workers, like, table, constants) -> None:
    _follow_velocity(worker, workers, like, table, constants, True)


# rest1 is 1 - beta1, rest2 is 1 - beta2.
@kernel
def _adam(worker, workers, like, table, constants) -> None:
    kind = like.dtype.type
    for p in range(len(table)):
        numbers, (size, g_at, w_at, m_at, v_at) = constants[p % len(constants)], table[p]
        beta1, rest1, beta2, rest2 = kind(numbers[0]), kind(numbers[1]), kind(numbers[2]), kind(numbers[3])
        eps, rate = kind(numbers[4]), kind(numbers[5])
        start, stop = share(size, worker, workers)
        g, w = _part(like, g_at, start, stop), _part(like, w_at, start, stop)
        m, v = _part(like, m_at, start, stop), _part(like, v_at, start, stop)
        for i in range(len(w)):
            mean = m[i] * beta1 + g[i] * rest1
            square = v[i] * beta2 + g[i] * g[i] * rest2
            m[i], v[i] = mean, square
            w[i] -= mean / (np.sqrt(square) + eps) * rate


_KERNELS = {"sgd": _sgd, "momentum": _momentum, "nesterov": _nesterov, "adam": _adam}
_LIKE = {"f": np.empty(0, np.float32), "d": np.empty(0, np.float64)}


def _address_of(array: Any) -> int:
    return addressof(c_char.from_buffer(array))  # a third of what `array.ctypes.data` costs


def take_steps(
    kind: str, group: StepGroup, gradients: Sequence[np.ndarray], constants: Sequence[tuple[float, ...]]
) -> None:
    """Change the parameters of a group by one step; the gradients lie as they do."""
    assert group.table is not None
    group.table[:, 1] = [_address_of(g) for g in gradients]
    if constants.count(constants[0]) == len(constants):
        constants = constants[:1]
    work = int(group.size * _WORK[kind])
    _KERNELS[kind](_LIKE[gradients[0].dtype.char], group.table, np.array(constants), work=work)
