"""Fourier transforms of real and complex numbers, and the parts of complex numbers."""

from collections.abc import Callable

import numpy as np

import autograd_np as ag
from autograd_np.testing.strategies import Draw
from tests.cases.rows import Case, Row

NORMS = ("backward", "ortho", "forward")


def numbers(d: Draw, shape: tuple[int, ...], real: bool) -> np.ndarray:
    return d.array(shape) if real else d.array(shape) + 1j * d.array(shape)


def along_one(f: Callable, real: bool, least: int = 1) -> Row:
    """Of so many samples as there are, fewer, or more."""

    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.shape(1)
        axis, n = d.axis(shape), d.one_of(None, 1, 2, 3, 4, 5, 6)
        if shape[axis] < least:
            n = n or 3
        norm = d.one_of(None, *NORMS)
        return lambda x: f(x, n=n, axis=axis, norm=norm), [numbers(d, shape, real)]

    return row


def along_many(f: Callable, real: bool, two: bool = False) -> Row:
    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.shape(2)
        axes = d.one_of((-2, -1), (0, 1), (-1, 0)) if two else d.one_of(None, (0, 1), (-1, 0))
        count = len(shape) if axes is None else 2
        s = None if d.one_of(True, False) else tuple(d.one_of(2, 3, 4) for _ in range(count))
        if s is not None and axes is None:
            axes = tuple(range(count))
        if s is None and (f in (np.fft.irfftn, np.fft.irfft2)) and shape[-1 if axes is None else axes[-1]] == 1:
            shape = (*shape[:-1], 3) if axes is None or axes[-1] in (-1, len(shape) - 1) else (3,) * len(shape)
        norm = d.one_of(None, *NORMS)
        return lambda x: f(x, s=s, axes=axes, norm=norm), [numbers(d, shape, real)]

    return row


def shifting(f: Callable) -> Row:
    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.shape(1)
        axes = d.one_of(None, d.axis(shape), (0,))
        return lambda x: f(x, axes=axes), [numbers(d, shape, d.one_of(True, False))]

    return row


def away_from_zero(f: Callable) -> Row:
    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.shape()
        turns = d.rng.choice([-1, 1], shape) * d.rng.uniform(0.2, 1.4, shape)
        turned = d.array(shape, "far from zero") * np.exp(1j * turns)
        return f, [np.asarray(turned)]

    return row


CASES = {
    "fft": Case(along_one(ag.fft.fft, real=False)),
    "ifft": Case(along_one(ag.fft.ifft, real=False)),
    "rfft": Case(along_one(ag.fft.rfft, real=True)),
    "irfft": Case(along_one(ag.fft.irfft, real=False, least=2)),
    "real": Case(away_from_zero(ag.real)),
    "imag": Case(away_from_zero(ag.imag)),
}

COMPOSITIONS = {
    "fft.fft": Case(along_one(np.fft.fft, real=True)),
    "fft.ifft": Case(along_one(np.fft.ifft, real=True)),
    "fft.rfft": Case(along_one(np.fft.rfft, real=True)),
    "fft.irfft": Case(along_one(np.fft.irfft, real=True, least=2)),
    "fft.hfft": Case(along_one(np.fft.hfft, real=False, least=2)),
    "fft.ihfft": Case(along_one(np.fft.ihfft, real=True)),
    "fft.fftn": Case(along_many(np.fft.fftn, real=False)),
    "fft.ifftn": Case(along_many(np.fft.ifftn, real=False)),
    "fft.rfftn": Case(along_many(np.fft.rfftn, real=True)),
    "fft.irfftn": Case(along_many(np.fft.irfftn, real=False)),
    "fft.fft2": Case(along_many(np.fft.fft2, real=False, two=True)),
    "fft.ifft2": Case(along_many(np.fft.ifft2, real=False, two=True)),
    "fft.rfft2": Case(along_many(np.fft.rfft2, real=True, two=True)),
    "fft.irfft2": Case(along_many(np.fft.irfft2, real=False, two=True)),
    "fft.fftshift": Case(shifting(np.fft.fftshift)),
    "fft.ifftshift": Case(shifting(np.fft.ifftshift)),
    "angle": Case(away_from_zero(np.angle)),
    "sign of complex numbers": Case(away_from_zero(np.sign)),
    "absolute of complex numbers": Case(away_from_zero(np.absolute)),
}
