"""Bind Tensor's operators, methods and properties to the operations."""

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..core import Tensor
from . import (
    arithmetic,
    complex_numbers,
    diagonals,
    discrete,
    parts,
    products,
    reductions,
    repetition,
    scans,
    selection,
    shaping,
    splitting,
)
from .arithmetic import raw
from .indexing import update

__all__: list[str] = []  # it is imported for what it gives to Tensor

ARITHMETIC: dict[str, Callable] = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "mul": arithmetic.multiply,
    "truediv": arithmetic.divide,
    "pow": arithmetic.power,
    "mod": parts.remainder,
    "matmul": products.matmul,
}


def _reflected(operation: Callable) -> Callable:
    return lambda self, other: operation(other, self)


def _in_place(operation: Callable, sign: str) -> Callable:
    return lambda self, other: update(self, operation(self, other), f"t {sign}= v")


_SIGNS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "mod": "%", "matmul": "@"}
for _name, _operation in ARITHMETIC.items():
    setattr(Tensor, f"__{_name}__", _operation)
    setattr(Tensor, f"__r{_name}__", _reflected(_operation))
    setattr(Tensor, f"__i{_name}__", _in_place(_operation, _SIGNS[_name]))


def _without_gradient(function: Callable) -> Callable:
    def method(self: Tensor, other: Any) -> Tensor:
        return Tensor.make(np.asarray(function(self.data, raw(other))), None)

    return method


# Comparisons and the operators of integers: their results carry no gradient.
for _name in ("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "xor", "lshift", "rshift", "floordiv"):
    _function = discrete.floor_divide if _name == "floordiv" else getattr(operator, f"__{_name}__")
    setattr(Tensor, f"__{_name}__", _without_gradient(_function))
    if _name in ("and", "or", "xor", "lshift", "rshift", "floordiv"):
        setattr(Tensor, f"__i{_name}__", _in_place(_without_gradient(_function), _name))
        setattr(Tensor, f"__r{_name}__", _without_gradient(lambda a, b, f=_function: f(b, a)))


def _shape_arguments(values: tuple) -> Any:
    """``t.reshape(2, 3)`` means ``t.reshape((2, 3))``."""
    return values[0] if len(values) == 1 and not isinstance(values[0], (int, np.integer)) else values


def _rearranged(t: Tensor, result: Any, what: str) -> None:
    """Carry out what NumPy's method of this name does in place."""
    update(t, result, what)


def _iterate(t: Tensor) -> Iterator[Tensor]:
    if not t.ndim:
        raise TypeError("iteration over a 0-d Tensor; use tensor.item() for its value")
    return iter(splitting.unstack(t))  # one operation, so that backward is linear in the number of parts


_METHODS: dict[str, Any] = {
    "__iter__": _iterate,
    "__neg__": arithmetic.negative,
    "__pos__": arithmetic.positive,
    "__abs__": arithmetic.absolute,
    "__divmod__": parts.divmod,
    "__rdivmod__": lambda t, other: parts.divmod(other, t),
    "__invert__": discrete.bitwise_invert,
    "sum": reductions.sum,
    "mean": reductions.mean,
    "var": reductions.var,
    "std": reductions.std,
    "prod": reductions.prod,
    "cumsum": scans.cumsum,
    "cumprod": scans.cumprod,
    "max": reductions.max,
    "min": reductions.min,
    "clip": arithmetic.clip,
    "conj": complex_numbers.conjugate,
    "conjugate": complex_numbers.conjugate,
    "round": discrete.round,
    "squeeze": shaping.squeeze,
    "swapaxes": shaping.swapaxes,
    "astype": shaping.astype,
    "copy": lambda t, order="C": shaping.copy(t, order=order),
    "ravel": shaping.ravel,
    "flatten": lambda t, order="C": shaping.copy(shaping.ravel(t, order)),
    "repeat": repetition.repeat,
    "take": selection.take,
    "choose": selection.choose,
    "compress": lambda t, condition, axis=None: selection.compress(condition, t, axis=axis),
    "diagonal": diagonals.diagonal,
    "trace": diagonals.trace,
    # NumPy's functions of the same arguments as its methods: they come back here, to the operation of that name
    **{name: getattr(np, name) for name in ("all", "any", "argmax", "argmin", "argpartition", "argsort")},
    **{name: getattr(np, name) for name in ("dot", "nonzero", "searchsorted")},
    "sort": lambda t, axis=-1: _rearranged(t, np.sort(t, axis=axis), "t.sort()"),
    "partition": lambda t, kth, axis=-1: _rearranged(t, np.partition(t, kth, axis=axis), "t.partition()"),
    "fill": lambda t, value: t.__setitem__(..., value),
    "put": lambda t, indices, values, mode="raise": np.put(t, indices, values, mode),
    "reshape": lambda t, *shape, order="C": shaping.reshape(t, shape=_shape_arguments(shape), order=order),
    "transpose": lambda t, *axes: shaping.transpose(t, axes=_shape_arguments(axes) if axes else None),
    "real": property(complex_numbers.real),
    "imag": property(complex_numbers.imag),
    "T": property(shaping.transpose),
    "mT": property(shaping.matrix_transpose),
}
for _name, _method in _METHODS.items():
    setattr(Tensor, _name, _method)
