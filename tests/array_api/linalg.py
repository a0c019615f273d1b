"""A drawn call of each function of the standard's linalg extension."""

import numpy as np
from hypothesis import strategies as st

from tests.array_api.calls import MAIN, Call, Row, matmul, tensordot, vecdot, wider
from tests.array_api.draws import Draw


def matrix(kinds: str = "fc", square: bool = True) -> Row:
    return lambda d: ((d.matrices(kinds, square),), {})


def with_options(row: Row, **options: tuple) -> Row:
    def drawn(d: Draw) -> Call:
        args, given = row(d)
        return args, given | {name: d.one_of(*values) for name, values in options.items()}

    return drawn


def cross(d: Draw) -> Call:
    dtype, shape = d.dtype("iufc"), d.shape(0, 2)
    x, y = (d.array((*shape, 3), dtype, False) for _ in range(2))
    return (x, y), {"axis": -1}


def outer(d: Draw) -> Call:
    dtype = d.dtype("iufc")
    return (d.array(d.shape(1, 1), dtype, False), d.array(d.shape(1, 1), d.like(dtype), False)), {}


def trace(d: Draw) -> Call:
    x = d.array(d.shape(2), "iufc", False)
    return (x,), {"offset": d(st.integers(-2, 2)), "dtype": wider(d, x)}


def solve(d: Draw) -> Call:
    a = d.matrices("fc")
    b = d.one_of(a.shape[-1:], (*a.shape[:-1], d(st.integers(1, 3))))
    return (a, d.array(b, a.dtype, False)), {}


def matrix_power(d: Draw) -> Call:
    return (d.matrices("fc"), d(st.integers(-2, 4))), {}


def vector_norm(d: Draw) -> Call:
    x = d.array(d.shape(1, 3, 1), "fc", False)
    order = d.one_of(2, 1, 0, 3, np.inf, -np.inf, -1, 0.5)
    return (x,), {"axis": d.axes(x.shape) or None, "keepdims": d.one_of(False, True), "ord": order}


LINALG: dict[str, Row] = {
    "cholesky": with_options(lambda d: ((d.hermitian(),), {}), upper=(False, True)),
    "cross": cross,
    "det": matrix(),
    "diagonal": with_options(lambda d: ((d.array(d.shape(2)),), {}), offset=(-2, -1, 0, 1, 2)),
    "eig": matrix(),
    "eigh": lambda d: ((d.hermitian(),), {}),
    "eigvals": matrix(),
    "eigvalsh": lambda d: ((d.hermitian(),), {}),
    "inv": matrix(),
    "matmul": matmul,
    "matrix_norm": with_options(
        matrix(square=False), ord=("fro", "nuc", 1, 2, -1, -2, np.inf, -np.inf), keepdims=(False, True)
    ),
    "matrix_power": matrix_power,
    "matrix_rank": with_options(matrix(square=False), rtol=(None, 0.5)),
    "matrix_transpose": MAIN["matrix_transpose"],
    "outer": outer,
    "pinv": with_options(matrix(square=False), rtol=(None, 1e-3)),
    "qr": with_options(matrix(square=False), mode=("reduced", "complete")),
    "slogdet": matrix(),
    "solve": solve,
    "svd": with_options(matrix(square=False), full_matrices=(False, True)),
    "svdvals": matrix(square=False),
    "tensordot": tensordot,
    "trace": trace,
    "vecdot": vecdot,
    "vector_norm": vector_norm,
}
