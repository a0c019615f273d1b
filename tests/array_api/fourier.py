"""A drawn call of each function of the standard's fft extension."""

import numpy as np

from tests.array_api.calls import Call, Row
from tests.array_api.draws import Draw

NORMS = ("backward", "ortho", "forward")


def along_one(kinds: str) -> Row:
    def row(d: Draw) -> Call:
        x = d.array(d.shape(1, 3, 2), kinds, special=False)
        return (x,), {"n": d.one_of(None, 2, 3, 4), "axis": d.axis(x.shape), "norm": d.one_of(*NORMS)}

    return row


def along_many(kinds: str) -> Row:
    def row(d: Draw) -> Call:
        x = d.array(d.shape(2, 3, 2), kinds, special=False)
        axes = d.one_of((0, 1), (-1, 0))
        return (x,), {"s": d.one_of(None, (2, 3), (4, 2)), "axes": axes, "norm": d.one_of(*NORMS)}

    return row


def frequencies(d: Draw) -> Call:
    return (d.one_of(1, 2, 5, 8),), {"d": d.one_of(1.0, 0.25), "dtype": d.one_of(None, np.dtype(np.float32))}


def shift(d: Draw) -> Call:
    x = d.array(d.shape(1), "fc")
    return (x,), {"axes": d.one_of(None, d.axis(x.shape), (0,))}


FFT: dict[str, Row] = {
    "fft": along_one("c"),
    "ifft": along_one("c"),
    "fftn": along_many("c"),
    "ifftn": along_many("c"),
    "rfft": along_one("f"),
    "irfft": along_one("c"),
    "rfftn": along_many("f"),
    "irfftn": along_many("c"),
    "hfft": along_one("c"),
    "ihfft": along_one("f"),
    "fftfreq": frequencies,
    "rfftfreq": frequencies,
    "fftshift": shift,
    "ifftshift": shift,
}
