r"""Discrete Fourier transforms.

The transform along one axis is a symmetric matrix, W[j, k] = exp(-2πi jk/n), so it is its own transpose; the inverse is
too.  Those of real signals are rows of the same matrices, and those over several axes go along one after the other.
Every rule ends with `_resized`: the transpose of cutting a signal to n samples is to pad its cotangent with zeros, and
the other way round.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import implements, primitive
from .complex_numbers import conj
from .reordering import roll
from .scans import part

Lengths = Sequence[int] | None
Axes = Sequence[int] | None
Norm = str | None


def _resized(g: Any, n: int, axis: int) -> Any:
    """Cut g to n elements along an axis, or pad it with zeros."""
    missing = n - g.shape[axis]
    if missing <= 0:
        return part(g, axis, 0, n) if missing else g
    return np.pad(g, [(0, missing if i == axis % g.ndim else 0) for i in range(g.ndim)])


def _fft_rule(g: Any, _y: Any, _a: Any, *, n: Any = None, axis: int = -1, norm: Norm = None) -> Any:
    return _resized(fft(g, axis=axis, norm=norm), _a.shape[axis], axis)


@primitive(_fft_rule, of=np.fft.fft, complex=True, formula=r"\bar x = W \bar y, \; W_{jk} = e^{-2 \pi i j k / n}")
def fft(a: Any, n: int | None = None, axis: int = -1, norm: Norm = None) -> Any:
    """Fourier transform along an axis, of n samples.  As `numpy.fft.fft`."""
    return np.fft.fft(a, n, axis, norm)  # type: ignore[arg-type]


def _ifft_rule(g: Any, _y: Any, _a: Any, *, n: Any = None, axis: int = -1, norm: Norm = None) -> Any:
    return _resized(ifft(g, axis=axis, norm=norm), _a.shape[axis], axis)


@primitive(_ifft_rule, of=np.fft.ifft, complex=True, formula=r"\bar x = W^{-1} \bar y")
def ifft(a: Any, n: int | None = None, axis: int = -1, norm: Norm = None) -> Any:
    """Inverse of `fft`.  As `numpy.fft.ifft`."""
    return np.fft.ifft(a, n, axis, norm)  # type: ignore[arg-type]


def _rfft_rule(g: Any, _y: Any, _a: Any, *, n: Any = None, axis: int = -1, norm: Norm = None) -> Any:
    samples = _a.shape[axis] if n is None else n
    return _resized(fft(g, n=samples, axis=axis, norm=norm), _a.shape[axis], axis)


@primitive(
    _rfft_rule,
    of=np.fft.rfft,
    complex=True,
    formula=r"\bar x = \operatorname{Re}(W \bar y), \; \bar y \text{ padded with zeros}",
)
def rfft(a: Any, n: int | None = None, axis: int = -1, norm: Norm = None) -> Any:
    """Fourier transform of n real samples: frequencies 0 to n // 2, the others are their conjugates.

    As `numpy.fft.rfft`.
    """
    return np.fft.rfft(a, n, axis, norm)  # type: ignore[arg-type]


def _irfft_rule(g: Any, y: Any, _a: Any, *, n: Any = None, axis: int = -1, norm: Norm = None) -> Any:
    samples = g.shape[axis]
    frequencies = np.arange(samples // 2 + 1)
    alone = (frequencies == 0) | (2 * frequencies == samples)  # all others stand for their conjugates too
    weights = np.where(alone, 1, 2).astype(g.dtype)
    weights = weights.reshape(-1, *(1,) * (g.ndim - 1 - axis % g.ndim))
    half = part(ifft(g, axis=axis, norm=norm), axis, 0, len(frequencies))
    return _resized(weights * half, _a.shape[axis], axis)


@primitive(
    _irfft_rule,
    of=np.fft.irfft,
    complex=True,
    formula=r"\bar x_k = c_k (W^{-1} \bar y)_k, \; c_k = 1 \text{ for } k = 0, \tfrac n2, \text{ otherwise } 2",
)
def irfft(a: Any, n: int | None = None, axis: int = -1, norm: Norm = None) -> Any:
    """Inverse of `rfft`, of n real samples; by default as many as an even n would have had.  As `numpy.fft.irfft`."""
    return np.fft.irfft(a, n, axis, norm)  # type: ignore[arg-type]


_REVERSED: dict[Norm, str] = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def _reversed(norm: Norm) -> str:
    """Give the normalisation of a transform in the other direction."""
    if norm not in _REVERSED:
        raise ValueError(f"fft: norm is 'backward', 'ortho' or 'forward', not {norm!r}")
    return _REVERSED[norm]


@implements(np.fft.hfft)
def hfft(a: Any, n: int | None = None, axis: int = -1, norm: Norm = None) -> Any:
    """Fourier transform, real, of a signal whose second half is the conjugate of its first.  As `numpy.fft.hfft`."""
    return irfft(conj(a), n=n, axis=axis, norm=_reversed(norm))


@implements(np.fft.ihfft)
def ihfft(a: Any, n: int | None = None, axis: int = -1, norm: Norm = None) -> Any:
    """Inverse of `hfft`.  As `numpy.fft.ihfft`."""
    return conj(rfft(a, n=n, axis=axis, norm=_reversed(norm)))


def _along(a: Any, s: Lengths, axes: Axes) -> list[tuple[int, int | None]]:
    """Give (axis, samples) of each transform; -1 and None are as many as there are."""
    if axes is None:
        axes = range(np.ndim(a)) if s is None else range(-len(s), 0)
    if s is not None and len(s) != len(axes):
        raise ValueError(f"fft: s {tuple(s)} and axes {tuple(axes)} are as many, one length for each axis")
    return [(axis, None if s is None or s[i] == -1 else s[i]) for i, axis in enumerate(axes)]


@implements(np.fft.fftn)
def fftn(a: Any, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> Any:
    """Fourier transform over several axes, all by default, to lengths s.  As `numpy.fft.fftn`."""
    for axis, n in reversed(_along(a, s, axes)):
        a = fft(a, n=n, axis=axis, norm=norm)
    return a


@implements(np.fft.ifftn)
def ifftn(a: Any, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> Any:
    """Inverse of `fftn`.  As `numpy.fft.ifftn`."""
    for axis, n in reversed(_along(a, s, axes)):
        a = ifft(a, n=n, axis=axis, norm=norm)
    return a


@implements(np.fft.rfftn)
def rfftn(a: Any, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> Any:
    """Fourier transform of real numbers over several axes, of which the last is halved.  As `numpy.fft.rfftn`."""
    *others, (last, n) = _along(a, s, axes)
    a = rfft(a, n=n, axis=last, norm=norm)
    for axis, n in reversed(others):
        a = fft(a, n=n, axis=axis, norm=norm)
    return a


@implements(np.fft.irfftn)
def irfftn(a: Any, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> Any:
    """Inverse of `rfftn`.  As `numpy.fft.irfftn`."""
    *others, (last, n) = _along(a, s, axes)
    for axis, each in others:
        a = ifft(a, n=each, axis=axis, norm=norm)
    return irfft(a, n=n, axis=last, norm=norm)


@implements(np.fft.fft2)
def fft2(a: Any, s: Lengths = None, axes: Axes = (-2, -1), norm: Norm = None) -> Any:
    """Fourier transform of images.  As `numpy.fft.fft2`."""
    return fftn(a, s, axes, norm)


@implements(np.fft.ifft2)
def ifft2(a: Any, s: Lengths = None, axes: Axes = (-2, -1), norm: Norm = None) -> Any:
    """Inverse of `fft2`.  As `numpy.fft.ifft2`."""
    return ifftn(a, s, axes, norm)


@implements(np.fft.rfft2)
def rfft2(a: Any, s: Lengths = None, axes: Axes = (-2, -1), norm: Norm = None) -> Any:
    """Fourier transform of real images, of which the last axis is halved.  As `numpy.fft.rfft2`."""
    return rfftn(a, s, axes, norm)


@implements(np.fft.irfft2)
def irfft2(a: Any, s: Lengths = None, axes: Axes = (-2, -1), norm: Norm = None) -> Any:
    """Inverse of `rfft2`.  As `numpy.fft.irfft2`."""
    return irfftn(a, s, axes, norm)


def _shifted(x: Any, axes: int | Axes, forward: bool) -> Any:
    axes = range(np.ndim(x)) if axes is None else [axes] if isinstance(axes, int) else axes
    lengths = [np.shape(x)[axis] for axis in axes]
    return roll(x, shift=tuple(n // 2 if forward else -(n // 2) for n in lengths), axis=tuple(axes))


@implements(np.fft.fftshift)
def fftshift(x: Any, axes: int | Axes = None) -> Any:
    """Roll frequency 0 to the middle.  As `numpy.fft.fftshift`."""
    return _shifted(x, axes, True)


@implements(np.fft.ifftshift)
def ifftshift(x: Any, axes: int | Axes = None) -> Any:
    """Inverse of `fftshift`.  As `numpy.fft.ifftshift`."""
    return _shifted(x, axes, False)
