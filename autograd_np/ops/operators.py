"""Bind Tensor's operators, methods and properties to the operations."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Tensor
from . import arithmetic, products, reductions, scans, shaping
from .arithmetic import raw
from .indexing import update

ARITHMETIC: dict[str, Callable] = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "mul": arithmetic.multiply,
    "truediv": arithmetic.divide,
    "pow": arithmetic.power,
    "matmul": products.matmul,
}


def _reflected(operation: Callable) -> Callable:
    return lambda self, other: operation(other, self)


def _in_place(operation: Callable, sign: str) -> Callable:
    return lambda self, other: update(self, operation(self, other), f"t {sign}= v")


_SIGNS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "matmul": "@"}
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
    _function = getattr(operator, f"__{_name}__")
    setattr(Tensor, f"__{_name}__", _without_gradient(_function))
    if _name in ("and", "or", "xor", "lshift", "rshift", "floordiv"):
        setattr(Tensor, f"__i{_name}__", _in_place(_without_gradient(_function), _name))
        setattr(Tensor, f"__r{_name}__", _without_gradient(lambda a, b, f=_function: f(b, a)))


def _shape_arguments(values: tuple) -> Any:
    """``t.reshape(2, 3)`` means ``t.reshape((2, 3))``."""
    return values[0] if len(values) == 1 and not isinstance(values[0], (int, np.integer)) else values


_METHODS: dict[str, Any] = {
    "__neg__": arithmetic.negative,
    "__pos__": arithmetic.positive,
    "__abs__": arithmetic.absolute,
    "__invert__": lambda t: Tensor.make(~t.data, None),
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
    "squeeze": shaping.squeeze,
    "swapaxes": shaping.swapaxes,
    "astype": shaping.astype,
    "copy": shaping.copy,
    "reshape": lambda t, *shape: shaping.reshape(t, shape=_shape_arguments(shape)),
    "transpose": lambda t, *axes: shaping.transpose(t, axes=_shape_arguments(axes) if axes else None),
    "argmax": lambda t, axis=None: Tensor.make(np.asarray(np.argmax(t.data, axis=axis)), None),
    "argmin": lambda t, axis=None: Tensor.make(np.asarray(np.argmin(t.data, axis=axis)), None),
    "any": lambda t, axis=None: Tensor.make(np.asarray(np.any(t.data, axis=axis)), None),
    "all": lambda t, axis=None: Tensor.make(np.asarray(np.all(t.data, axis=axis)), None),
    "T": property(shaping.transpose),
    "mT": property(lambda t: shaping.swapaxes(t, -1, -2)),
}
for _name, _method in _METHODS.items():
    setattr(Tensor, _name, _method)
