"""Products of matrices, for where BLAS does not use the processor's longest vectors: see `blas`.

    multiply:  out[i, j] = bias[j] + sum_k a[i, k] * b[k, j]

A worker takes a share of the rows or of the columns, and goes through panels of as many columns as a block has vectors.
Of a panel so many rows of b stay in the L1 cache while all rows of a are multiplied by them.  Single elements of a are
read wherever they lie; b's must lie side by side, and are copied, or transposed, to a panel of their own where they do
not, or where the last vector goes past their end.
"""

from functools import lru_cache

import numpy as np

from .blocks import MR, aligned, copy_line, lanes_of
from .compile import inline, kernel, share
from .emitter import NV
from .matrix_blocks import multiply_block, next_rows, next_vectors, transpose_block
from .shapes import Shape

TERMS = 128  # rows of a panel that stay in the L1 cache
FEW_ROWS = 32  # of a, for which to copy a panel does not pay
FEWEST_COLUMNS = 3  # though then most lanes of a vector are empty

MULTIPLY_ADDS = 100  # in a nanosecond, roughly


@inline
def copy_panel(b, begin, b_row, b_column, count, panel, pitch, width) -> None:
    """panel[k, j] = b[begin + k * b_row + j * b_column], for k < count and j < width."""
    lanes = lanes_of(panel)
    if b_column == 1:
        for k in range(count):
            copy_line(b, begin + k * b_row, panel, k * pitch, width)
        return
    tiled, tiled_columns = count // lanes * lanes, width // lanes * lanes
    for j in range(0, tiled_columns, lanes):
        for k in range(0, tiled, lanes):
            transpose_block(b, begin + j * b_column + k, b_column, panel, k * pitch + j, pitch)
    for j in range(width):
        for k in range(0 if j >= tiled_columns else tiled, count):
            panel[k * pitch + j] = b[begin + j * b_column + k]


@kernel
def _multiply(worker, workers, a, b, bias, lie, out) -> None:
    rows, columns = out.shape
    terms, a_row, a_column, b_row, b_column = lie
    flat, lanes = out.reshape(-1), lanes_of(out)
    vectors = (columns + lanes - 1) // lanes
    low, high, first, last = 0, rows, 0, vectors
    if columns > rows:
        first, last = share(vectors, worker, workers)
    else:
        low, high = share((rows + MR - 1) // MR, worker, workers)
        low, high = low * MR, min(rows, high * MR)
    pitch = NV * lanes
    in_place = b_column == 1 and (columns <= pitch or high - low <= FEW_ROWS)
    panel = aligned(np.zeros(lanes if in_place else TERMS * pitch + lanes, out.dtype))
    while first < last:
        nv, at = next_vectors(last - first), first * lanes
        width, first = min(nv * lanes, columns - at), first + nv
        start, begin, apart = bias, at, 0
        for k in range(0, terms, TERMS):
            count = min(TERMS, terms - k)
            if in_place:
                source, read, step = b, k * b_row + at, b_row
            else:
                source, read, step = panel, 0, pitch
                copy_panel(b, k * b_row + at * b_column, b_row, b_column, count, panel, pitch, width)
            row = low
            while row < high:
                together = next_rows(nv, high - row)
                multiply_block(
                    together, nv, a, row * a_row + k * a_column, source, read, start, begin + row * apart,
                    flat, row * columns + at, count, width, a_row, a_column, step, apart, columns,
                )  # fmt: skip
                row += together
            start, begin, apart = flat, at, columns


_C_ORDER, _FORTRAN_ORDER, _BEHAVED = 0x1, 0x2, 0x500  # bits of an array's flags; the last two: aligned, writeable


@lru_cache(maxsize=256)
def _lie(
    a_shape: Shape, a_flags: int, a_dtype: np.dtype, b_shape: Shape, b_flags: int, b_dtype: np.dtype
) -> np.ndarray | None:
    """Return how matrices lie in memory; None if the kernel does not take them, or they do not fill its blocks."""
    if not (len(a_shape) == len(b_shape) == 2 and a_dtype == b_dtype and a_dtype.char in "fd" and a_dtype.isnative):
        return None
    (rows, terms), columns = a_shape, b_shape[1]
    if terms != b_shape[0] or rows < MR or columns < FEWEST_COLUMNS:
        return None
    for flags in (a_flags, b_flags):
        if not flags & (_C_ORDER | _FORTRAN_ORDER) or flags & _BEHAVED != _BEHAVED:
            return None
    a_row, a_column = (terms, 1) if a_flags & _C_ORDER else (1, rows)
    b_row, b_column = (columns, 1) if b_flags & _C_ORDER else (1, terms)
    return np.array([terms, a_row, a_column, b_row, b_column])


@lru_cache(maxsize=16)
def _zeros(count: int, dtype: np.dtype) -> np.ndarray:
    return np.zeros(count, dtype)


def multiply(a: np.ndarray, b: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray | None:
    """Return a @ b, with the bias added to each row; None where the kernel does not take these.

    It wants matrices of one dtype, float32 or float64, that are contiguous in either order.
    """
    lie = _lie(a.shape, a.flags.num, a.dtype, b.shape, b.flags.num, b.dtype)
    if lie is None:
        return None
    rows, columns = len(a), b.shape[1]
    if bias is None:
        bias = _zeros(columns, a.dtype)
    elif bias.dtype != a.dtype or bias.shape != (columns,) or not bias.flags.carray:
        return None
    out = np.empty((rows, columns), a.dtype)
    _multiply(a.ravel("K"), b.ravel("K"), bias, lie, out, work=a.size * columns // MULTIPLY_ADDS)
    return out
