"""The kernels in NumPy alone, for where Numba is missing or switched off: loops over taps of strided slices.

They are also the exact path for arrays with NaN or inf, since every product here is one of the plain loops'.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from .parameters import StepGroup
from .random_numbers import number_at
from .shapes import Padding, Pair, Shape, conv_output_sizes, index_type, pool_output_shape


def _padded(x: np.ndarray, padding: Padding, value: float = 0) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), *padding), constant_values=value)


def _taps(kernel: Shape, out_size: Shape, stride: Pair, dilation: Pair = (1, 1)) -> Iterator[tuple[int, int, tuple]]:
    """Yield each tap (kh, kw) with the index of the elements of padded planes that it meets."""
    for kh in range(kernel[0]):
        for kw in range(kernel[1]):
            rows, columns = (
                slice(k * d, k * d + (n - 1) * s + 1, s) if n else slice(0)
                for k, d, n, s in zip((kh, kw), dilation, out_size, stride, strict=True)
            )
            yield kh, kw, (..., rows, columns)


def _matrices(planes: np.ndarray, groups: int) -> np.ndarray:
    """Reshape (N, C, H, W) to (N, G, C / G, H * W)."""
    n, c, h, w = planes.shape
    return planes.reshape(n, groups, c // groups, h * w)


def _padded_zeros(shape: Shape, padding: Padding, dtype: np.dtype) -> tuple[np.ndarray, tuple]:
    """Return zeros of the padded shape, and the index of what lies within the padding."""
    sizes = [n + sum(p) for n, p in zip(shape[2:], padding, strict=True)]
    inner = (..., *(slice(p[0], p[0] + n) for n, p in zip(shape[2:], padding, strict=True)))
    return np.zeros((*shape[:2], *sizes), dtype), inner


@np.errstate(all="ignore")
def conv2d(x, w, bias, *, stride: Pair, padding: Padding, dilation: Pair, groups: int) -> np.ndarray:
    """Compute the convolution."""
    windows = conv_output_sizes(x.shape[2:], w.shape[2:], stride, padding, dilation)
    out = np.zeros((len(x), len(w), *windows), x.dtype)
    if bias is not None:
        out += bias[:, None, None]
    padded, lined = _padded(x, padding), _matrices(out, groups)
    weights = w.reshape(groups, len(w) // groups, *w.shape[1:])
    for kh, kw, index in _taps(w.shape[2:], windows, stride, dilation):
        lined += weights[..., kh, kw] @ _matrices(padded[index], groups)
    return out


@np.errstate(all="ignore")
def conv2d_dx(g, w, x_shape: Shape, *, stride: Pair, padding: Padding, dilation: Pair, groups: int) -> np.ndarray:
    """Compute the adjoint with respect to x."""
    padded, inner = _padded_zeros(x_shape, padding, g.dtype)
    lined = _matrices(g, groups)
    weights = w.reshape(groups, len(w) // groups, *w.shape[1:]).swapaxes(1, 2)
    for kh, kw, index in _taps(w.shape[2:], g.shape[2:], stride, dilation):
        padded[index] += (weights[..., kh, kw] @ lined).reshape(padded[index].shape)
    return padded[inner].copy()


@np.errstate(all="ignore")
def conv2d_dw(g, x, w_shape: Shape, *, stride: Pair, padding: Padding, dilation: Pair, groups: int) -> np.ndarray:
    """Compute the adjoint with respect to w."""
    dw = np.zeros(w_shape, g.dtype)
    padded, lined = _padded(x, padding), _matrices(g, groups)
    for kh, kw, index in _taps(w_shape[2:], g.shape[2:], stride, dilation):
        products = lined @ _matrices(padded[index], groups).swapaxes(2, 3)
        dw[..., kh, kw] = products.sum(axis=0).reshape(w_shape[:2])
    return dw


def max_pool2d(x, *, size: Pair, stride: Pair, padding: Padding) -> tuple[np.ndarray, np.ndarray]:
    """Return the maxima of the windows and where in the plane they are."""
    (top, _), (left, _) = padding
    width = x.shape[3]
    best = np.full(pool_output_shape(x.shape, size, stride, padding), -np.inf, x.dtype)
    rows, columns = np.ogrid[: best.shape[2], : best.shape[3]]
    rows, columns = rows * stride[0] - top, columns * stride[1] - left
    first = np.maximum(rows, 0) * width + np.maximum(columns, 0)  # the first element that is not padding
    winner: np.ndarray = np.broadcast_to(first, best.shape).astype(index_type(x.shape[2:]))
    padded = _padded(x, padding, -np.inf)
    for kh, kw, index in _taps(size, best.shape[2:], stride):
        value = padded[index]
        better = (value > best) | (np.isnan(value) & ~np.isnan(best))
        np.copyto(best, value, where=better)
        np.copyto(winner, (rows + kh) * width + columns + kw, where=better, casting="unsafe")
    return best, winner


@np.errstate(all="ignore")
def max_pool2d_scatter(g, winner, x_shape: Shape) -> np.ndarray:
    """Add g to zeros at its winners."""
    dx = np.zeros(x_shape, g.dtype)
    planes = np.arange(g.shape[0] * g.shape[1]).reshape(*g.shape[:2], 1, 1) * (x_shape[2] * x_shape[3])
    np.add.at(dx.reshape(-1), planes + winner, g)
    return dx


def max_pool2d_gather(v, winner) -> np.ndarray:
    """Read v at the winners."""
    n, c, h, w = v.shape
    places = winner.reshape(n, c, winner.shape[2] * winner.shape[3]).astype(np.intp)
    return np.take_along_axis(v.reshape(n, c, h * w), places, axis=2).reshape(winner.shape).copy()


@np.errstate(all="ignore")
def avg_pool2d(x, *, size: Pair, stride: Pair, padding: Padding) -> np.ndarray:
    """Average windows, padding counted as zeros."""
    out = np.zeros(pool_output_shape(x.shape, size, stride, padding), x.dtype)
    padded = _padded(x, padding)
    for _, _, index in _taps(size, out.shape[2:], stride):
        out += padded[index]
    out /= size[0] * size[1]
    return out


@np.errstate(all="ignore")
def avg_pool2d_dx(g, x_shape: Shape, *, size: Pair, stride: Pair, padding: Padding) -> np.ndarray:
    """Spread each g evenly over its window."""
    padded, inner = _padded_zeros(x_shape, padding, g.dtype)
    share = g / (size[0] * size[1])
    for _, _, index in _taps(size, g.shape[2:], stride):
        padded[index] += share
    return padded[inner].copy()


def _sgd(w, g, scratch, lr) -> None:
    w -= np.multiply(g, lr, out=scratch)


def _momentum(w, g, v, scratch, lr, momentum) -> None:
    v *= momentum
    v += g
    w -= np.multiply(v, lr, out=scratch)


def _nesterov(w, g, v, scratch, lr, momentum) -> None:
    v *= momentum
    v += g
    np.multiply(v, momentum, out=scratch)
    scratch += g
    scratch *= lr
    w -= scratch


def _adam(w, g, m, v, scratch, beta1, rest1, beta2, rest2, eps, rate) -> None:
    m *= beta1
    m += np.multiply(g, rest1, out=scratch)
    v *= beta2
    np.multiply(g, g, out=scratch)
    scratch *= rest2
    v += scratch
    np.sqrt(v, out=scratch)
    scratch += eps
    np.divide(m, scratch, out=scratch)
    scratch *= rate
    w -= scratch


_STEPS: dict[str, Callable] = {"sgd": _sgd, "momentum": _momentum, "nesterov": _nesterov, "adam": _adam}


def take_steps(
    kind: str, group: StepGroup, gradients: Sequence[np.ndarray], constants: Sequence[tuple[float, ...]]
) -> None:
    """Change the parameters by one step, one after the other."""
    for (w, *moments), scratch, g, numbers in zip(group.arrays, group.scratch, gradients, constants, strict=True):
        _STEPS[kind](w, g, *moments, scratch, *numbers)


def _over_batch(values: np.ndarray) -> np.ndarray:
    """Sum over all axes but the channels', in float64."""
    return np.asarray(np.sum(values, axis=(0, *range(2, values.ndim)), dtype=np.float64))


def _across(channels: np.ndarray, x: np.ndarray) -> np.ndarray:
    return channels.reshape(-1, *(1,) * (x.ndim - 2))


@np.errstate(all="ignore")
def normalize(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> tuple[np.ndarray, ...]:
    """Return gamma (x - mean) / sqrt(variance + eps) + beta, the mean, the variance and 1 / sqrt(variance + eps)."""
    count = x.size // x.shape[1] if x.shape[1] else 1
    mean = (_over_batch(x) / count).astype(x.dtype)
    y = x - _across(mean, x)
    variance = (_over_batch(np.square(y)) / count).astype(x.dtype)
    inverse = 1 / np.sqrt(variance + eps)
    y *= _across(gamma * inverse, x)
    y += _across(beta, x)
    return y, mean, variance, inverse


@np.errstate(all="ignore")
def normalize_dx(
    g: np.ndarray,
    x: np.ndarray,
    gamma: np.ndarray,
    mean: np.ndarray,
    inverse: np.ndarray,
    of_mean: np.ndarray,
    of_variance: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the adjoint, and the sums of g, and of g * (x - mean), in each channel."""
    sums, products = channel_sums(g, x, mean)
    scale, count = gamma * inverse, x.size // x.shape[1] if x.shape[1] else 1
    dx = x - _across(mean, x)
    dx *= _across((2 * of_variance - scale * inverse**2 * products) / count, x)
    dx += _across(scale, x) * g
    dx += _across((of_mean - scale * sums) / count, x)
    return dx, sums, products


@np.errstate(all="ignore")
def channel_sum(g: np.ndarray) -> np.ndarray:
    """Return the sum of g in each channel."""
    return _over_batch(g).astype(g.dtype)


@np.errstate(all="ignore")
def channel_sums(g: np.ndarray, x: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of g, and of g * (x - mean), in each channel."""
    products = _over_batch((x - _across(mean, x)) * g)
    return _over_batch(g).astype(x.dtype), products.astype(x.dtype)


def relu(x: np.ndarray, into: np.ndarray | None = None) -> np.ndarray:
    """Return the larger of x and 0."""
    return np.maximum(x, 0, out=into)


def relu_dx(g: np.ndarray, y: np.ndarray, into: np.ndarray | None = None) -> np.ndarray:
    """Return g where y is not 0, or g is NaN."""
    if into is None:
        return np.where((y != 0) | (g != g), g, g.dtype.type(0))
    np.copyto(into, 0, where=(y == 0) & (g == g))
    return into


where, add_at = np.where, np.add.at


@np.errstate(all="ignore")
def drop(x: np.ndarray, seed: int, limit: int, scale: float) -> np.ndarray:
    """Return x times the scale where SplitMix64's numbers reach the limit, 0 elsewhere, NaN where x is."""
    kept = number_at(np.uint64(seed), np.arange(1, x.size + 1, dtype=np.uint64)).reshape(x.shape) >= limit
    return np.where(kept | (x != x), x * x.dtype.type(scale), x.dtype.type(0))


@np.errstate(all="ignore")
def cross_entropy(x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss of each row, and its softmax."""
    top = np.max(x, axis=1, keepdims=True, initial=-np.inf)
    shifted = x - top
    if not np.isfinite(top).all():  # inf - inf: the limit is 1 for +inf, and 0 where all are -inf
        limits = np.where(top > 0, 0, -np.inf)
        shifted = np.where(np.isnan(shifted) & ~np.isnan(x), limits, shifted).astype(x.dtype)
    e = np.exp(shifted)
    total = e.sum(axis=1, keepdims=True)
    known = (labels >= 0) & (labels < x.shape[1])
    losses = np.log(total[:, 0]) - (x[np.arange(len(x)), labels * known] - top[:, 0])
    losses[~known] = np.nan
    return losses, e / total


def cross_entropy_dx(g: np.ndarray, p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return g (p - onehot), of each row."""
    known = (labels >= 0) & (labels < p.shape[1])
    dx = p.copy()
    dx[np.arange(len(p)), labels * known] -= 1
    dx *= g[:, None]
    dx[~known] = np.nan
    return dx
