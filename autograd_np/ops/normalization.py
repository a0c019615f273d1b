r"""Batch normalisation (Ioffe and Szegedy 2015, algorithm 1)."""

from typing import Any

import numpy as np

from .. import kernels
from ..core import Tensor, primitive

__all__ = ["normalize_batch"]


class _Statistics:
    """What the rules share: the mean and 1/σ of each channel, and the sums over the last cotangent."""

    __slots__ = ("inverse", "mean", "of", "sums")

    def __init__(self, mean: np.ndarray, inverse: np.ndarray) -> None:
        self.mean, self.inverse, self.of = mean, inverse, None

    def sums_of(self, g: Any, x: np.ndarray) -> tuple[np.ndarray, ...]:
        """Give Σ g and Σ g (x - mean) of each channel; all three rules want them of one g."""
        if self.of is not g:
            self.sums, self.of = kernels.channel_sums(g, x, self.mean), g
        return self.sums


def _axes(x: Any) -> tuple[int, ...]:
    return (0, *range(2, x.ndim))


def _across(channels: Any, x: Any) -> Any:
    """Line values of channels up with the channels of x."""
    return np.reshape(channels, (-1, *(1,) * (x.ndim - 2)))


def _recorded(*arrays: Any) -> bool:
    return Tensor in map(type, arrays)


def _centred(x: Any, eps: float) -> tuple[Any, Any]:
    """Give x - mean and 1/σ, for a sweep that is itself recorded: both depend on x."""
    centred = x - np.mean(x, axis=_axes(x), keepdims=True)
    return centred, 1 / np.sqrt(np.mean(centred * centred, axis=_axes(x), keepdims=True) + eps)


def _x_rule(g: Any, _y: Any, x: Any, gamma: Any, _beta: Any, *, eps: float = 1e-5, statistics: _Statistics) -> Any:
    of_y, of_mean, of_variance = g
    if _recorded(*g, x, gamma):
        n = x.size // x.shape[1]
        centred, inverse = _centred(x, eps)
        h = of_y * _across(gamma, x)
        along = np.mean(h * centred, axis=_axes(x), keepdims=True) * inverse * inverse
        y_part = inverse * (h - np.mean(h, axis=_axes(x), keepdims=True) - centred * along)
        return y_part + _across(of_mean, x) / n + _across(of_variance, x) * centred * (2 / n)
    mean, inverse = statistics.mean, statistics.inverse
    dx, sums, products = kernels.normalize_dx(of_y, x, gamma, mean, inverse, of_mean, of_variance)
    statistics.sums, statistics.of = (sums, products), of_y
    return dx


def _gamma_rule(g: Any, _y: Any, x: Any, _gamma: Any, _beta: Any, *, eps: float = 1e-5, statistics: _Statistics) -> Any:
    if _recorded(*g, x):
        centred, inverse = _centred(x, eps)
        return np.sum(g[0] * centred * inverse, axis=_axes(x))
    return statistics.sums_of(g[0], x)[1] * statistics.inverse


def _beta_rule(g: Any, _y: Any, x: Any, _gamma: Any, _beta: Any, *, eps: float = 1e-5, statistics: _Statistics) -> Any:
    return np.sum(g[0], axis=_axes(x)) if _recorded(*g, x) else statistics.sums_of(g[0], x)[0]


@primitive(
    _x_rule,
    _gamma_rule,
    _beta_rule,
    residual="statistics",
    formula=r"\hat x = (x - \mu) / \sigma,\; \bar x = \tfrac{\gamma}{\sigma} (\bar y - \operatorname{mean} \bar y"
    r" - \hat x \operatorname{mean}(\bar y \odot \hat x)),\; \bar\gamma = \textstyle\sum \bar y \odot \hat x,\;"
    r" \bar\beta = \textstyle\sum \bar y",
)
def normalize_batch(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    """Normalise each channel over the batch: ``gamma (x - mean) / sqrt(variance + eps) + beta``.

    Parameters
    ----------
    x : array_like, shape (N, C, ...)
    gamma, beta : array_like, shape (C,)
    eps : float
        Keeps the root away from 0.

    Returns
    -------
    (y, mean, variance)
        Of shapes (N, C, ...), (C,) and (C,).

    Raises
    ------
    ValueError
        If shapes do not fit, or a channel has no elements.
    TypeError
        If x is not real floating point.
    """
    x, gamma, beta = np.asarray(x), np.asarray(gamma), np.asarray(beta)
    if x.ndim < 2 or gamma.shape != x.shape[1:2] or beta.shape != x.shape[1:2]:
        raise ValueError(
            f"normalize_batch: x (N, C, ...) wants gamma (C,) and beta (C,), not x {x.shape}, gamma {gamma.shape}, "
            f"beta {beta.shape}"
        )
    if x.dtype.kind != "f":
        raise TypeError(f"normalize_batch: x is real floating point, not {x.dtype}; use .astype(float)")
    if not x.size and x.shape[1]:
        raise ValueError(f"normalize_batch: a channel has no elements to take the mean of (x {x.shape})")
    y, mean, variance, inverse = kernels.normalize(x, gamma, beta, eps)
    return (y, mean, variance), _Statistics(mean, inverse)
