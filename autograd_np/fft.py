"""Fourier transforms: the functions of `numpy.fft`, with gradients."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .core import Tensor, check_device
from .ops.fft import (
    fft,
    fft2,
    fftn,
    fftshift,
    hfft,
    ifft,
    ifft2,
    ifftn,
    ifftshift,
    ihfft,
    irfft,
    irfft2,
    irfftn,
    rfft,
    rfft2,
    rfftn,
)

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]


def fftfreq(n: int, /, *, d: float = 1.0, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Frequencies, in cycles per unit of d, that `fft` gives of n samples a distance d apart."""
    return _frequencies(np.fft.fftfreq(n, d), dtype, device)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Frequencies, in cycles per unit of d, that `rfft` gives of n samples a distance d apart."""
    return _frequencies(np.fft.rfftfreq(n, d), dtype, device)


def _frequencies(values: np.ndarray, dtype: DTypeLike | None, device: Any) -> Tensor:
    check_device("fft", device)
    if dtype is not None and np.dtype(dtype).kind != "f":
        raise ValueError(f"fft: frequencies are real floating point numbers, not {dtype}")
    return Tensor.make(values.astype(float if dtype is None else dtype), None)
