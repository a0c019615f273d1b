r"""Eigenvalues and eigenvectors of any square matrices: complex in general."""

from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from ..core import Tensor, implements, primitive
from .arithmetic import absolute, raw, sqrt
from .complex_numbers import conjugated, squared_modulus
from .decompositions import check_separate, diagonal_matrix, inverse_gaps, is_used, mT, shared
from .linalg import inv
from .reductions import sum
from .scans import as_dtype
from .selection import take_along_axis
from .shaping import operand

__all__ = ["eig", "eigvals"]


def _eig_rule(g: Any, y: Any, _a: Any) -> Any:
    (dw, dv), (w, v) = g, y
    if raw(v).size and np.max(np.linalg.cond(raw(v))) > 0.1 / np.sqrt(np.finfo(v.dtype).eps):
        raise LinAlgError("eig: the eigenvectors are nearly dependent, and there the eigenvalues have no gradient")
    inner = diagonal_matrix(shared(dw, raw(w)))
    if is_used(dv):
        close = check_separate("eig", raw(w), dv)
        inner = inner + inverse_gaps(w, close) * (mT(v) @ dv)
    return mT(inv(v)) @ inner @ mT(v)


@primitive(
    _eig_rule,
    name="eig",
    complex=True,
    formula=r"\bar A = V^{-\mathsf T} (\operatorname{diag} \bar w + F \odot V^{\mathsf T} \bar V) V^{\mathsf T},"
    r"\; F_{ij} = 1 / (w_j - w_i) \text{, before the vectors are scaled}",
)
def _eig(a: Any) -> Any:
    return np.linalg.eig(a)


def _scaled(v: Any) -> Any:
    """Let the columns have length 1, and the component that LAPACK made real stay so: any factor falls out."""
    array = raw(v)
    length = sqrt(sum(squared_modulus(v), axis=-2, keepdims=True))
    if v.dtype.kind != "c":
        return v / length
    place = np.argmax(np.where(array.imag == 0, np.abs(array), -1), axis=-2, keepdims=True)
    top = take_along_axis(v, place, axis=-2)
    sign = np.where(raw(top).real < 0, -1, 1).astype(array.real.dtype)
    return v * conjugated(top) / (absolute(top) * length) * sign


@implements(np.linalg.eig)
def _numpys_eig(a: Any) -> Any:
    a = operand(a)
    if type(a) is not Tensor or not a.size:
        found: Any = np.linalg.eig(raw(a))
        return type(found)(*map(Tensor, found)) if type(a) is Tensor else found
    found = _eig(a)
    return type(found)(found[0], _scaled(found[1]))


@implements(np.linalg.eigvals)
def _numpys_eigvals(a: Any) -> Any:
    return _numpys_eig(a)[0] if type(a) is not Tensor or not a.size else _eig(a)[0]


def _complex(x: Any) -> Any:
    return as_dtype(x, np.result_type(x.dtype, np.complex64))


def eig(a: Any, /) -> Any:
    """(eigenvalues, eigenvectors) of any square matrices, in no order and always complex.

    As `numpy.linalg.eig`, which gives real ones where all are real.  The vectors are the columns, of length 1, the
    largest component of each real.  Equal eigenvalues share their cotangents.

    Raises
    ------
    LinAlgError
        By backward, where there are no or nearly no independent eigenvectors, or a function of the eigenvectors of
        equal eigenvalues is differentiated.
    """
    found = _numpys_eig(a)
    return type(found)(*map(_complex, found))


eig.op = _eig.op  # type: ignore[attr-defined]


def eigvals(a: Any, /) -> Any:
    """Eigenvalues of any square matrices, in no order and always complex.  See `eig`; as `numpy.linalg.eigvals`."""
    return _complex(_numpys_eigvals(a))
