"""Linear algebra: the functions of `numpy.linalg` that have gradients, and `expm`."""

from .ops.decompositions import cholesky, eigh, eigvalsh, qr, svd, svdvals
from .ops.eigen import eig, eigvals
from .ops.linalg import (
    det,
    diagonal,
    expm,
    inv,
    lstsq,
    matrix_power,
    matrix_rank,
    matrix_transpose,
    multi_dot,
    pinv,
    slogdet,
    solve,
    tensorinv,
    tensorsolve,
    trace,
)
from .ops.norms import cond, matrix_norm, norm, vector_norm
from .ops.products import cross, matmul, outer, tensordot, vecdot

__all__ = [
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "expm",
    "inv",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "trace",
    "vecdot",
    "vector_norm",
]
