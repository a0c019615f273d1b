"""NumPy's protocols: ``np.exp(t)``, ``np.sum(t, axis=0)`` and ``array * t`` run our operations.

What has no rule is computed plainly where no gradient can be lost, and is otherwise an error that says what to use:
a gradient is never dropped in silence.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .dispatch import FUNCTIONS, REMEDY, UFUNCS, late_imports
from .grad_mode import mode
from .tape import note_write
from .tensor import Tensor

# Piecewise constant or without a derivative: their results are plain, and that loses nothing.
PLAIN_UFUNCS = frozenset(
    {np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal}
    | {np.isfinite, np.isinf, np.isnan, np.signbit, np.floor, np.ceil, np.rint, np.trunc, np.floor_divide}
    | {np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.nextafter, np.spacing, np.isnat}
    | {np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.bitwise_count}
    | {np.gcd, np.lcm}
)
PLAIN_FUNCTIONS = frozenset(
    {np.shape, np.ndim, np.size, np.argmax, np.argmin, np.argsort, np.argwhere, np.nonzero, np.flatnonzero}
    | {np.searchsorted, np.count_nonzero, np.zeros_like, np.ones_like, np.empty_like, np.result_type, np.can_cast}
    | {np.shares_memory, np.may_share_memory, np.allclose, np.array_equal, np.isclose, np.any, np.all, np.round}
    | {np.ix_, np.unravel_index, np.ravel_multi_index, np.tril_indices_from, np.triu_indices_from, np.diag_indices_from}
    | {np.around, np.fix, np.isneginf, np.isposinf, np.isreal, np.iscomplex, np.array_equiv}
    | {np.array2string, np.array_repr, np.array_str, np.iscomplexobj, np.isrealobj}
    | {np.einsum_path, np.linalg.matrix_rank}
    | {np.nanargmax, np.nanargmin, np.argpartition, np.lexsort, np.digitize}
    | {np.isin, np.common_type, np.min_scalar_type}
)

# Methods of ufuncs, and the functions whose rules they have.
SAME_AS: dict[Callable, Callable] = {
    np.add.reduce: np.sum,
    np.multiply.reduce: np.prod,
    np.maximum.reduce: np.max,
    np.minimum.reduce: np.min,
    np.logaddexp.reduce: np.logaddexp.reduce,
    np.add.accumulate: np.cumsum,
    np.multiply.accumulate: np.cumprod,
}


def array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
    """Run a ufunc, or a method of one, on Tensors: `Tensor.__array_ufunc__`."""
    if out is not None:
        return _into(out, ufunc, method, inputs, kwargs)
    operation = UFUNCS.get(ufunc)
    named = ufunc.signature is not None and kwargs.keys() == {"axis"}  # as in np.vecdot(a, b, axis=0)
    if method == "__call__" and operation is not None and (not kwargs or named):
        return operation(*inputs, **kwargs)
    if method == "at":
        return _at(ufunc, *inputs)
    if ufunc in PLAIN_UFUNCS or not _records((inputs, kwargs)):
        return _plain(ufunc if method == "__call__" else getattr(ufunc, method), inputs, kwargs)
    given = {key: value for key, value in kwargs.items() if value is not None}
    if method == "outer":
        return ufunc(*_crossed(*inputs), **given)
    if method == "__call__" and operation is not None:
        return operation(*_converted(ufunc, inputs, **given))
    call = f"np.{ufunc.__name__}" if method == "__call__" else f"np.{ufunc.__name__}.{method}"
    function = SAME_AS.get(getattr(ufunc, method))
    operation = FUNCTIONS.get(function) if function is not None else None
    if operation is None:
        raise TypeError(f"{call}: no gradient rule for this call; {REMEDY}")
    axis = given.pop("axis", None if inputs[0].ndim == 0 or "axis" in kwargs else 0)
    return operation(*inputs, axis=axis, **given)


def _into(out: tuple, ufunc: np.ufunc, method: str, inputs: tuple, kwargs: dict[str, Any]) -> Any:
    """Let Tensors take up the results in place, as ``t[...] = v`` does."""
    if not all(target is None or type(target) is Tensor for target in out):
        raise TypeError(
            f"np.{ufunc.__name__}: out= (and array += tensor) would write a Tensor into memory without recording it; "
            f"write result = np.{ufunc.__name__}(...), or use tensor.data"
        )
    chosen = kwargs.pop("where", True) if method in ("__call__", "outer") else True
    with np.errstate(all=None if chosen is True else "ignore"):  # what is not chosen may be undefined
        found = (ufunc if method == "__call__" else getattr(ufunc, method))(*inputs, **kwargs)
    results = []
    for target, result in zip(out, found if ufunc.nout > 1 else (found,), strict=True):
        if target is not None:
            result = result if chosen is True else np.where(chosen, result, target)
            result = result if type(result) is Tensor else Tensor.make(np.asarray(result), None)
            result = target._update(result, f"np.{ufunc.__name__}(..., out=t)")
        results.append(result)
    return tuple(results) if ufunc.nout > 1 else results[0]


def _at(ufunc: np.ufunc, target: Any, *rest: Any) -> None:
    if _records((target, *rest)):
        values = ", v" if ufunc.nin > 1 else ""
        raise TypeError(
            f"np.{ufunc.__name__}.at: it would change an array without recording it; assign to the index instead: "
            f"t[i] = np.{ufunc.__name__}(t[i]{values})"
        )
    ufunc.at(*_strip((target, *rest)))
    if type(target) is Tensor:
        note_write(target.data)


def _crossed(a: Any, b: Any) -> tuple[Any, Any]:
    """Give a so many axes of length 1 that it meets every element of b."""
    return np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b


def _converted(ufunc: np.ufunc, inputs: tuple, dtype: Any = None, casting: Any = "same_kind", **others: Any) -> list:
    """Convert the arguments as ``dtype=`` and ``casting=`` demand."""
    where = others.pop("where", True)
    if where is not True:
        raise TypeError(
            f"np.{ufunc.__name__}: elements left out by where= have no value; give out=tensor too, leave out where=, "
            f"or use np.where(mask, np.{ufunc.__name__}(...), other)"
        )
    if others:
        raise TypeError(
            f"np.{ufunc.__name__}: not supported on a Tensor; leave out {', '.join(map('{}='.format, others))}"
        )
    weak = [isinstance(x, (int, float)) and not isinstance(x, (bool, np.generic)) for x in inputs]
    arrays = [x if scalar or type(x) is Tensor else np.asarray(x) for x, scalar in zip(inputs, weak, strict=True)]
    loop = ufunc.resolve_dtypes(
        (*(type(x) if scalar else x.dtype for x, scalar in zip(arrays, weak, strict=True)), *(None,) * ufunc.nout),
        signature=None if dtype is None else (None,) * ufunc.nin + (np.dtype(dtype),) * ufunc.nout,
        casting=casting,
    )
    return [x if scalar else x.astype(to) for x, to, scalar in zip(arrays, loop, weak, strict=False)]


def array_function(self: Tensor, function: Callable, types: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Run a NumPy function on Tensors: `Tensor.__array_function__`."""
    operation = FUNCTIONS.get(function)
    if operation is None and function not in PLAIN_FUNCTIONS:
        for complete in late_imports:
            complete()
        operation = FUNCTIONS.get(function)
    if operation is not None:
        return operation(*args, **kwargs)
    if function in PLAIN_FUNCTIONS or not _records((args, kwargs)):
        return _plain(function, args, kwargs)
    module = function.__module__.replace("numpy", "np", 1)
    raise TypeError(f"{module}.{function.__name__}: no gradient rule; {REMEDY}")


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
    if hasattr(value, "_fields"):
        return type(value)(*map(_wrap, value))
    if type(value) in (tuple, list):
        return type(value)(_wrap(item) for item in value)
    return value


def _plain(function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
    return _wrap(function(*_strip(args), **_strip(kwargs)))


def without_gradient(function: Callable) -> Callable:
    """Let a function of arrays take Tensors as well, and then give constants: a decorator."""

    @functools.wraps(function)
    def plain(*args: Any, **kwargs: Any) -> Any:
        if next(_tensors((args, kwargs)), None) is None:
            return function(*args, **kwargs)
        return _plain(function, args, kwargs)

    return plain


Tensor.__array_ufunc__ = array_ufunc  # type: ignore[attr-defined]
Tensor.__array_function__ = array_function  # type: ignore[attr-defined]
