r"""Complex numbers: their parts and conjugates, which are what makes functions of them not holomorphic.

A rule here is, as everywhere, the transpose of a derivative for cotangents with dL = Re(z̄ dz): see `core.sweep`.
"""

from typing import Any

import numpy as np

from ..core import Tensor, implements, primitive, unary
from .arithmetic import absolute, square, where
from .trigonometry import arctan2, degrees

__all__ = ["angle", "conj", "conjugate", "imag", "real", "real_if_close", "sign"]

conjugate = unary(np.conjugate, lambda g, _y, _x: np.conjugate(g), r"\bar x = \bar y^*", complex=True)
conj = conjugate


@primitive(lambda g, _y, _val: g, of=np.real, view=True, complex=True, formula=r"\bar x = \bar y")
def real(val: Any) -> Any:
    """Real part: of real numbers they themselves.  As `numpy.real`."""
    return np.real(val)


@primitive(lambda g, _y, _val: -1j * g, of=np.imag, view=True, complex=True, formula=r"\bar x = -i \bar y")
def imag(val: Any) -> Any:
    """Imaginary part: of real numbers 0.  As `numpy.imag`."""
    return np.imag(val)


@implements(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """Angle of complex numbers with the positive real axis, in radians or degrees.  As `numpy.angle`."""
    turn = arctan2(imag(z), real(z))
    return degrees(turn) if deg else turn


@implements(np.sign)
def sign(x: Any, /) -> Any:
    """-1, 0 or 1, without a gradient; of complex numbers x / |x|, which turns with x.  As `numpy.sign`."""
    if type(x) is not Tensor:
        return np.sign(x)
    if x.dtype.kind != "c" or x.node is None:
        return Tensor.make(np.asarray(np.sign(x.data)), None)
    return x / where(x.data == 0, 1, absolute(x))


def squared_modulus(x: Any) -> Any:
    """|x|², without a root, so smooth at 0 too."""
    return square(real(x)) + square(imag(x)) if x.dtype.kind == "c" else square(x)


def conjugated(x: Any) -> Any:
    """X itself where it is real: for products that conjugate."""
    return conjugate(x) if x.dtype.kind == "c" else x


@primitive(lambda g, _y, _a, **_: g, of=np.real_if_close, view=True, complex=True, formula=r"\bar x = \bar y")
def real_if_close(a: Any, tol: float = 100) -> Any:
    """Real part, where the imaginary ones are all nearly 0.  As `numpy.real_if_close`."""
    return np.real_if_close(a, tol)
