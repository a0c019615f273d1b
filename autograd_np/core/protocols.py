"""NumPy's protocols: ``np.exp(t)``, ``np.sum(t, axis=0)`` and ``array * t`` run our operations.

What has no rule is computed plainly where no gradient can be lost, and is otherwise an error that says what to use:
a gradient is never dropped in silence.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .dispatch import FUNCTIONS, REMEDY, UFUNCS
from .grad_mode import mode
from .tensor import Tensor

# Piecewise constant or without a derivative: their results are plain, and that loses nothing.
PLAIN_UFUNCS = frozenset(
    {np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal}
    | {np.isfinite, np.isinf, np.isnan, np.signbit, np.sign, np.floor, np.ceil, np.rint, np.trunc, np.floor_divide}
    | {np.logical_and, np.logical_or, np.logical_not, np.logical_xor}
)
PLAIN_FUNCTIONS = frozenset(
    {np.shape, np.ndim, np.size, np.argmax, np.argmin, np.argsort, np.argwhere, np.nonzero, np.flatnonzero}
    | {np.searchsorted, np.count_nonzero, np.zeros_like, np.ones_like, np.empty_like, np.result_type, np.can_cast}
    | {np.shares_memory, np.may_share_memory, np.allclose, np.array_equal, np.isclose, np.any, np.all, np.round}
    | {np.ix_, np.unravel_index, np.ravel_multi_index, np.tril_indices_from, np.triu_indices_from, np.diag_indices_from}
    | {np.array2string, np.array_repr, np.array_str, np.iscomplexobj, np.isrealobj}
    | {np.einsum_path, np.linalg.matrix_rank}
    | {np.nanargmax, np.nanargmin, np.argpartition, np.lexsort, np.digitize, np.histogram_bin_edges}
    | {np.unique, np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values}
)


def array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
    """Run a ufunc on Tensors: `Tensor.__array_ufunc__`."""
    if out is not None:
        raise TypeError(
            f"np.{ufunc.__name__}: out= (and array += tensor) would write a Tensor into memory without recording it; "
            f"write result = np.{ufunc.__name__}(...), or use tensor.data"
        )
    operation = UFUNCS.get(ufunc)
    if method == "__call__" and (not kwargs or (ufunc.signature and kwargs.keys() == {"axis"})):
        if operation is not None:
            return operation(*inputs, **kwargs)
        if ufunc in PLAIN_UFUNCS:
            return _plain(ufunc, inputs, {})
    if not _records(inputs):
        return _plain(ufunc if method == "__call__" else getattr(ufunc, method), inputs, kwargs)
    call = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    remedy = "leave out " + ", ".join(f"{key}=" for key in kwargs) if kwargs and operation else REMEDY
    raise TypeError(f"np.{call}: no gradient rule for this call; {remedy}")


def array_function(self: Tensor, function: Callable, types: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Run a NumPy function on Tensors: `Tensor.__array_function__`."""
    operation = FUNCTIONS.get(function)
    if operation is not None:
        return operation(*args, **kwargs)
    if function in PLAIN_FUNCTIONS or not _records((args, kwargs)):
        return _plain(function, args, kwargs)
    raise TypeError(f"np.{function.__name__}: no gradient rule; {REMEDY}")


def _tensors(value: Any) -> Iterator[Tensor]:
    if type(value) is Tensor:
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(tuple(value.values()))


def _records(values: Any) -> bool:
    return mode.recording and any(tensor.node is not None for tensor in _tensors(values))


def _strip(value: Any) -> Any:
    if type(value) is Tensor:
        return value.data
    if type(value) in (tuple, list):
        return type(value)(_strip(item) for item in value)
    if type(value) is dict:
        return {key: _strip(item) for key, item in value.items()}
    return value


def _wrap(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return Tensor.make(np.asarray(value), None)
    if type(value) in (tuple, list):
        return type(value)(_wrap(item) for item in value)
    return value


def _plain(function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
    return _wrap(function(*_strip(args), **_strip(kwargs)))


Tensor.__array_ufunc__ = array_ufunc  # type: ignore[attr-defined]
Tensor.__array_function__ = array_function  # type: ignore[attr-defined]
