"""Convolution, pooling, normalisation and optimizer steps on ndarrays; Numba is imported and compiles when needed.

Images are (N, C, H, W), weights (O, C / groups, KH, KW).  `stride`, `dilation` and `size` are pairs,
`padding` is ((top, bottom), (left, right)) with non-negative entries.  Arguments are taken as valid: the
operations above check them.  Any memory layout and byte order will do.  float32 and float64 are computed as
they are, float16 in float32, everything else real in float64; results have NumPy's result type of the
inputs, integers giving float64.
"""

import sys
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from . import fallback
from .blas import matmul
from .parameters import StepArrays
from .shapes import Padding, Pair, Shape, conv_output_size, index_type

__all__ = [
    "StepArrays",
    "add_at",
    "avg_pool2d",
    "avg_pool2d_dx",
    "channel_sum",
    "channel_sums",
    "conv2d",
    "conv2d_dw",
    "conv2d_dx",
    "conv_output_size",
    "cross_entropy",
    "cross_entropy_dx",
    "drop",
    "leak",
    "matmul",
    "max_pool2d",
    "max_pool2d_gather",
    "max_pool2d_scatter",
    "normalize",
    "normalize_dx",
    "relu",
    "relu_dx",
    "sigmoid",
    "sigmoid_dx",
    "softmax",
    "softmax_dx",
    "take_steps",
    "where",
]


@cache
def _backend() -> ModuleType:
    """Return the compiled kernels, or the same in NumPy if Numba is missing or switched off."""
    try:
        import numba
    except ImportError:
        return fallback
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return fallback
    from . import compiled

    return compiled


def _native(array: np.ndarray, dtype: np.dtype | type) -> np.ndarray:
    """Return the array as native, aligned, C-ordered and writeable: kernels are compiled once a dtype."""
    if type(array) is np.ndarray and array.dtype is dtype and array.flags.carray:
        return array
    return np.require(np.asarray(array), dtype, ["C", "A", "W"])


def _floats(*arrays: np.ndarray) -> tuple[Sequence[np.ndarray], np.dtype]:
    """Return the arrays in the dtype to compute in, and the dtype of the result."""
    dtype = arrays[0].dtype
    if dtype.char in "fd" and dtype.isnative:
        for array in arrays:
            if array.dtype is not dtype or not array.flags.carray:
                break
        else:  # as nearly always
            return arrays, dtype
    dtype = np.result_type(*arrays)
    if dtype.kind not in "fiub":
        raise TypeError(f"kernels take real arrays, not {dtype}")
    result = dtype if dtype.kind == "f" else np.dtype(np.float64)
    compute = np.dtype(np.float32 if result.itemsize <= 4 else np.float64)
    return [_native(a, compute) for a in arrays], result


def _as(dtype: np.dtype, array: np.ndarray) -> np.ndarray:
    """Return an array in the dtype of the result."""
    return array if array.dtype is dtype else array.astype(dtype)


def _of(dtype: np.dtype, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return several arrays of one dtype in that of the result."""
    return arrays if arrays[0].dtype is dtype else tuple([array.astype(dtype) for array in arrays])


def conv2d(
    x: np.ndarray,
    w: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """Cross-correlate images with weights, as PyTorch's conv2d: out (N, O, H', W'), bias (O,)."""
    arrays, dtype = _floats(x, w) if bias is None else _floats(x, w, bias)
    out = _backend().conv2d(
        arrays[0],
        arrays[1],
        arrays[2] if bias is not None else None,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
    )
    return _as(dtype, out)


def conv2d_dx(
    g: np.ndarray,
    w: np.ndarray,
    *,
    x_shape: Shape,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """Return the adjoint of conv2d with respect to x: dx of x_shape from g (N, O, H', W')."""
    (g, w), dtype = _floats(g, w)
    dx = _backend().conv2d_dx(g, w, x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return _as(dtype, dx)


def conv2d_dw(
    g: np.ndarray,
    x: np.ndarray,
    *,
    w_shape: Shape,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """Return the adjoint of conv2d with respect to w: dw of w_shape from g (N, O, H', W')."""
    (g, x), dtype = _floats(g, x)
    dw = _backend().conv2d_dw(g, x, w_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return _as(dtype, dw)


def max_pool2d(x: np.ndarray, *, size: Pair, stride: Pair, padding: Padding) -> tuple[np.ndarray, np.ndarray]:
    """Return the maxima of windows, and the flat index (h * W + w) of each window's first one.

    The first NaN of a window wins.  Padding never does, as each window must have a real element: padding is
    at most half of `size`.
    """
    (x,), dtype = _floats(x)
    out, winner = _backend().max_pool2d(x, size=size, stride=stride, padding=padding)
    return _as(dtype, out), winner


def max_pool2d_scatter(g: np.ndarray, winner: np.ndarray, *, x_shape: Shape) -> np.ndarray:
    """Return dx of x_shape: g added up at the winners of max_pool2d."""
    (g,), dtype = _floats(g)
    winner = _native(winner, index_type(x_shape[2:]))
    return _as(dtype, _backend().max_pool2d_scatter(g, winner, x_shape))


def max_pool2d_gather(v: np.ndarray, winner: np.ndarray) -> np.ndarray:
    """Return v (N, C, H, W) read at the winners of max_pool2d: the adjoint of max_pool2d_scatter."""
    (v,), dtype = _floats(v)
    winner = _native(winner, index_type(v.shape[2:]))
    return _as(dtype, _backend().max_pool2d_gather(v, winner))


def avg_pool2d(x: np.ndarray, *, size: Pair, stride: Pair, padding: Padding) -> np.ndarray:
    """Return the means of windows, padding counted as zeros."""
    (x,), dtype = _floats(x)
    return _as(dtype, _backend().avg_pool2d(x, size=size, stride=stride, padding=padding))


def avg_pool2d_dx(g: np.ndarray, *, x_shape: Shape, size: Pair, stride: Pair, padding: Padding) -> np.ndarray:
    """Return the adjoint of avg_pool2d: g spread evenly over its windows."""
    (g,), dtype = _floats(g)
    dx = _backend().avg_pool2d_dx(g, x_shape, size=size, stride=stride, padding=padding)
    return _as(dtype, dx)


# Below so many elements NumPy is not much slower, and need not wait for Numba to be imported and to compile.
_CHANNELS_SIZE, _ROWS_SIZE, _ELEMENTS_SIZE = 128, 16, 512

_INT64 = np.dtype(np.int64)
_COMPILED = f"{__name__}.compiled"


def _from(least: int, size: int) -> ModuleType:
    return _backend() if size >= least else fallback


def _exactly_from(least: int, size: int) -> ModuleType:
    """Return the same where both give the same bits: once kernels are there, they take what is smaller, too."""
    return _backend() if size >= least or _COMPILED in sys.modules else fallback


def normalize(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> tuple[np.ndarray, ...]:
    """Return gamma (x - mean) / sqrt(variance + eps) + beta for x (N, C, ...), the mean, the variance and that root.

    The last three are of shape (C,); of the root it is the inverse.
    """
    arrays, dtype = _floats(x, gamma, beta)
    return _of(dtype, *_from(_CHANNELS_SIZE, x.size).normalize(*arrays, float(eps)))  # an int would be compiled anew


def normalize_dx(
    g: np.ndarray,
    x: np.ndarray,
    gamma: np.ndarray,
    mean: np.ndarray,
    inverse: np.ndarray,
    of_mean: np.ndarray,
    of_variance: np.ndarray,
) -> tuple[np.ndarray, ...]:
    """Return the adjoint of normalize, and the sums of g, and of g * (x - mean), in each channel.

    g, of_mean and of_variance are the cotangents of y, the mean and the variance; inverse is 1 / sqrt(variance + eps).
    """
    arrays, dtype = _floats(g, x, gamma, mean, inverse, of_mean, of_variance)
    return _of(dtype, *_from(_CHANNELS_SIZE, x.size).normalize_dx(*arrays))


def channel_sum(g: np.ndarray) -> np.ndarray:
    """Return the sum of g (N, C, ...) in each channel."""
    (g,), dtype = _floats(g)
    return _as(dtype, _from(_CHANNELS_SIZE, g.size).channel_sum(g))


def channel_sums(g: np.ndarray, x: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the sums of g, and of g * (x - mean), in each channel."""
    arrays, dtype = _floats(g, x, mean)
    return _of(dtype, *_from(_CHANNELS_SIZE, x.size).channel_sums(*arrays))


def _elementwise(least: int, *arrays: np.ndarray) -> ModuleType:
    """Return what runs through these arrays: compiled where they are large, and lie as the kernels want them."""
    first = arrays[0]
    if first.size < least or first.dtype.char not in "fd" or not first.dtype.isnative:
        return fallback
    for array in arrays:
        if not array.flags.carray or array.dtype != first.dtype:
            return fallback
    return _backend()


def relu(x: np.ndarray, into: np.ndarray | None = None) -> np.ndarray:
    """Return the larger of x and 0, NaN where x is; written into x itself if that is given once more."""
    return _elementwise(_ELEMENTS_SIZE, x).relu(x, into)


def relu_dx(g: np.ndarray, y: np.ndarray, into: np.ndarray | None = None) -> np.ndarray:
    """Return g where y, of the same shape, is not 0, or g is NaN; written into g itself if that is given once more."""
    return _elementwise(_ELEMENTS_SIZE, g, y).relu_dx(g, y, into)


def drop(x: np.ndarray, *, seed: int, p: float) -> np.ndarray:
    """Return x / (1 - p), but 0 with probability p, < 1, as the seed of 64 bits has it; NaN where x is."""
    (x,), dtype = _floats(x)
    return _as(dtype, _exactly_from(_ELEMENTS_SIZE, x.size).drop(x, seed, int(p * 2**64), 1 / (1 - p)))


_WHERE_SIZE = 4096  # up to which the processor foresees much of what is chosen
_NUMBERS = (int, float)


def where(c: Any, a: Any, b: Any) -> Any:
    """Return a where c and b elsewhere, as `numpy.where`."""
    if type(c) is np.ndarray and c.size >= _WHERE_SIZE and c.dtype.char == "?" and c.flags.carray:
        if _lies_as(c, a) and (type(b) in _NUMBERS or (_lies_as(c, b) and a.dtype == b.dtype)):
            return _backend().where(c, a, b)
        if _lies_as(c, b) and type(a) in _NUMBERS:
            return _backend().where(c, a, b)
    return np.where(c, a, b)


def _lies_as(c: np.ndarray, a: Any) -> bool:
    return type(a) is np.ndarray and a.shape == c.shape and a.flags.carray and a.dtype.char in "fd" and a.dtype.isnative


def add_at(out: np.ndarray, places: np.ndarray, v: np.ndarray) -> None:
    """Add each v to the element of out, a vector, at its place, as `numpy.add.at`."""
    if v.dtype.char in "fd" and v.dtype.isnative and out.dtype == v.dtype and v.flags.carray:
        _exactly_from(_ELEMENTS_SIZE, v.size).add_at(out, places, v)
    else:
        fallback.add_at(out, places, v)


def _has_kernel(kinds: str, *arrays: Any) -> bool:
    """Whether there is more than NumPy for these arrays: of one shape, and of one dtype among these kinds."""
    first = arrays[0]
    for array in arrays:
        if type(array) is not np.ndarray or array.dtype.char not in kinds or not array.flags.carray:
            return False
        if array.shape != first.shape or array.dtype != first.dtype:
            return False
    return first.size >= _ELEMENTS_SIZE and first.dtype.isnative and _backend() is not fallback


def leak(v: Any, x: Any, slope: float) -> np.ndarray | None:
    """Return v where x > 0, v times the slope elsewhere; None where there is no kernel for these."""
    # A slope of 0 makes 0 * inf possible, which NumPy tells the sweep of, and a kernel does not.
    return _backend().leak(v, x, slope) if slope and _has_kernel("fd", v, x) else None


def sigmoid(x: Any) -> np.ndarray | None:
    """Return 1 / (1 + exp(-x)), or None where there is no kernel for x."""
    return _backend().sigmoid(x) if _has_kernel("f", x) else None


def sigmoid_dx(g: Any, y: Any) -> np.ndarray | None:
    """Return g y (1 - y), for y = sigmoid(x); None where there is no kernel for these."""
    return _backend().sigmoid_dx(g, y) if _has_kernel("f", g, y) else None


def softmax(x: Any, *, logarithm: bool = False) -> np.ndarray | None:
    """Return the softmax over the last axis, or its logarithm; None where there is no kernel for x."""
    if not _has_kernel("f", x):
        return None
    return _backend().softmax(x.reshape(-1, x.shape[-1]), logarithm).reshape(x.shape)


def softmax_dx(g: Any, y: Any, *, logarithm: bool = False) -> np.ndarray | None:
    """Return its adjoint, by what `softmax` has given; None where there is no kernel for these."""
    if not _has_kernel("f", g, y):
        return None
    rows = -1, y.shape[-1]
    return _backend().softmax_dx(g.reshape(rows), y.reshape(rows), logarithm).reshape(y.shape)


def cross_entropy(x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return -log(softmax(x))[label] of each row of x (rows, classes), and the softmax; NaN for a label of no class."""
    (x,), dtype = _floats(x)
    losses, p = _from(_ROWS_SIZE, x.size).cross_entropy(x, _native(labels, _INT64))
    return _as(dtype, losses), _as(dtype, p)


def cross_entropy_dx(g: np.ndarray, p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return g (p - onehot(labels)), with g (rows,), or (1,) for all rows."""
    (g, p), dtype = _floats(g, p)
    dx = _from(_ROWS_SIZE, p.size).cross_entropy_dx(g, p, _native(labels, _INT64))
    return _as(dtype, dx)


def take_steps(
    kind: str, arrays: StepArrays, gradients: Sequence[np.ndarray], constants: Sequence[tuple[float, ...]]
) -> None:
    """Change parameters in place by one step each.

    Parameters
    ----------
    kind : str
        ======== ======= ================================= =====================================================
        kind     moments constants                         step
        ======== ======= ================================= =====================================================
        sgd              (lr,)                             w ← w - lr g
        momentum (v,)    (lr, μ)                           v ← μ v + g, w ← w - lr v
        nesterov (v,)    (lr, μ)                           v ← μ v + g, w ← w - lr (g + μ v)
        adam     (m, v)  (β₁, 1 - β₁, β₂, 1 - β₂, ε, rate) m ← β₁ m + (1 - β₁) g, v likewise of g²,
                                                           w ← w - rate m / (√v + ε)
        ======== ======= ================================= =====================================================
    arrays : StepArrays
        The parameters and their moments.
    gradients : sequence of ndarray
        One for each parameter, of its shape and dtype.
    constants : sequence of tuple of float
        For each parameter.
    """
    for group in arrays.groups:
        own, numbers = [gradients[i] for i in group.places], [constants[i] for i in group.places]
        if group.table is None:
            fallback.take_steps(kind, group, own, numbers)
        else:  # what is compiled for the large ones serves the small ones, too
            own = [_native(g, group.dtype) for g in own]
            _exactly_from(_ELEMENTS_SIZE, group.size).take_steps(kind, group, own, numbers)
