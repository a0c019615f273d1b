"""Where the elements of a convolution lie that is computed as one product of matrices: integer arithmetic, no numba.

Of the matrix that has a row for each output pixel and a column for each tap, no element is ever stored: that of pixel p
and tap t is `plane[starts[p] + shifts[t]]`, whatever the stride and dilation, in planes that are padded, but not split
as in `geometry`.  So no position is computed and thrown away.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from .geometry import Axis
from .shapes import Padding, Pair, conv_output_sizes

# Outputs whose sums are made together, and which a task has at most: these stay in the L2 cache.
BAND_PIXELS = 512


@dataclass(frozen=True)
class GemmPlan:
    """How one kernel call reads its source and writes its output; all arrays are of int64.

    Attributes
    ----------
    layout : array (4,)
        top, left, rows, pitch: where in a padded plane the source's plane lies, and how large that is.
    starts, rows : arrays
        Where in padded planes the windows of a block of pixels begin, and which pixels of the output these are, counted
        from its first one; one table serves all blocks of as many columns.
    shifts : array (channels * KH * KW,)
        For each tap how far from there it reads.
    places : array (channels * KH * KW,)
        For each weight of an output, in their order in memory, which of those taps it belongs to.
    pieces : array (pieces, 6)
        Blocks of pixels that have the same taps: where in these tables, how many pixels of an image, first tap and how
        many; and the first pixel's place in padded planes, and in its band.
    bands : array (bands, 4)
        Bands of rows of the output: first piece, one past the last, first pixel of the plane, and how many.
    bare : bool
        Whether there is no padding, and planes are read where they are.
    adjoint : bool
        Whether outputs and channels have changed places in the weights.
    images : int
        How many images are computed together: of all the first pixels come first, image by image.
    """

    layout: np.ndarray
    starts: np.ndarray
    rows: np.ndarray
    shifts: np.ndarray
    places: np.ndarray
    pieces: np.ndarray
    bands: np.ndarray
    bare: bool
    adjoint: bool
    images: int


def _table(*columns: Any) -> np.ndarray:
    """Add the numbers of all columns, each along an axis of its own, and flatten the sums."""
    total = np.zeros((), np.int64)
    for column in columns:
        total = np.add.outer(total, np.asarray(column, np.int64))
    return total.ravel()


@dataclass(frozen=True)
class _Band:
    """Lines of a plane, or a part of one."""

    lines: range
    columns: range

    def place(self, width: int) -> list[int]:
        """Return its first pixel, and how many there are: they follow each other."""
        return [self.lines[0] * width + self.columns[0], len(self.lines) * len(self.columns)]


def _bands(size: Pair, least: int, images: int) -> list[_Band]:
    """Cut a plane into at least so many bands, that are not too large; planes of several images are small."""
    height, width = size
    if images > 1:
        return [_Band(range(height), range(width))]
    parts = -(-width // BAND_PIXELS)
    count = min(height, max(least, -(-height * width // BAND_PIXELS)))
    lines = [range(height * band // count, height * (band + 1) // count) for band in range(count)]
    columns = [range(width * part // parts, width * (part + 1) // parts) for part in range(parts)]
    return [_Band(*pair) for pair in product(lines, columns)]


@dataclass(frozen=True)
class _Piece:
    """A block of lines and columns, the first one of its taps and how many, and where it is read and written."""

    lines: int
    columns: int
    first_tap: int
    taps: int
    read: int
    write: int


def _inside(places: range, part: range) -> range:
    """Return which of the places, that are in equal steps, are in a part of the axis."""
    ends = (-(-(end - places.start) // places.step) for end in (part.start, part.stop))
    return range(*(min(max(0, end), len(places)) for end in ends))


def _tables(pieces: list[_Piece], images: int, read: tuple[int, ...], write: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Return `starts`, `rows` and `pieces`: from an image, a line and a column to the next it is so far."""
    most: dict[tuple[int, int], int] = {}
    # Of one image, the table with most lines has those of all.
    kinds = [(piece.columns, 0 if images == 1 else piece.lines) for piece in pieces]
    for piece, kind in zip(pieces, kinds, strict=True):
        most[kind] = max(piece.lines, most.get(kind, 0))
    starts, rows, first = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], {}
    for kind, lines in most.items():
        first[kind] = sum(map(len, starts))
        for table, steps in (starts, read), (rows, write):
            counts = images, lines, kind[0]
            table.append(_table(*(np.arange(n) * step for n, step in zip(counts, steps, strict=True))))
    listed = [
        [first[kind], piece.lines * piece.columns, piece.first_tap, piece.taps, piece.read, piece.write]
        for piece, kind in zip(pieces, kinds, strict=True)
    ]
    return {
        "starts": np.concatenate(starts),
        "rows": np.concatenate(rows),
        "pieces": np.array(listed, np.int64).reshape(-1, 6),
    }


@lru_cache(maxsize=256)
def forward_plan(
    channels: int,
    size: Pair,
    kernel: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int = 1,
    images: int = 1,
    bands: int = 1,
) -> GemmPlan:
    """Plan `out[o, p] = sum_t w[o, t] * plane[starts[p] + shifts[t]]`."""
    (top, bottom), (left, right) = padding
    rows, pitch = size[0] + top + bottom, size[1] + left + right
    height, width = conv_output_sizes(size, kernel, stride, padding, dilation)
    bare = (rows, pitch) == size
    apart = channels * rows * pitch * (groups if bare else 1)
    every = channels * kernel[0] * kernel[1]
    cut = _bands((height, width), bands, images)
    pieces = [
        _Piece(len(b.lines), len(b.columns), 0, every, b.lines[0] * stride[0] * pitch + b.columns[0] * stride[1], 0)
        for b in cut
    ]
    taps = np.arange(kernel[0]) * dilation[0] * pitch, np.arange(kernel[1]) * dilation[1]
    shifts = _table(np.arange(channels) * rows * pitch, *taps)
    return GemmPlan(
        layout=np.array([top, left, rows, pitch]),
        shifts=shifts,
        places=np.arange(shifts.size),
        bands=np.array([[i, i + 1, *band.place(width)] for i, band in enumerate(cut)]),
        bare=bare,
        adjoint=False,
        images=images,
        **_tables(pieces, images, (apart, stride[0] * pitch, stride[1]), (height * width, width, 1)),
    )


@lru_cache(maxsize=256)
def adjoint_plan(
    channels: int,
    size: Pair,
    kernel: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int = 1,
    images: int = 1,
    bands: int = 1,
) -> GemmPlan:
    """Plan the adjoint: each stride phase of x is a convolution of the padded cotangent, with the taps that meet it."""
    height, width = size
    vertical, horizontal = (
        Axis(n, k, s, p[0], d) for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    )
    top, left = (axis.reach - axis.first for axis in (vertical, horizontal))
    rows, pitch = vertical.extent, horizontal.extent
    bare = (top, left, rows, pitch) == (0, 0, *conv_output_sizes(size, kernel, stride, padding, dilation))
    apart = channels * rows * pitch * (groups if bare else 1)
    phases, shifts, weights, count = [], [], [], 0
    for py in range(stride[0]):
        for px in range(stride[1]):
            ys, xs = vertical.taps(py), horizontal.taps(px)
            if ys and xs:
                taps = channels * len(ys) * len(xs)
                phases.append((py, px, count, taps))
                count += taps
                reads = [vertical.shift(k) * pitch for k in ys], [horizontal.shift(k) for k in xs]
                shifts.append(_table(np.arange(channels) * rows * pitch, *reads))
                numbers = [k * kernel[1] for k in ys], list(xs)
                weights.append(_table(np.arange(channels) * kernel[0] * kernel[1], *numbers))
    pieces: list[_Piece] = []
    edges = []
    for band in _bands(size, bands, images):
        before = len(pieces)
        for py, px, first_tap, taps in phases:
            ys, xs = vertical.outputs(py), horizontal.outputs(px)
            lines, columns = _inside(ys, band.lines), _inside(xs, band.columns)
            if lines and columns:
                read = (vertical.origin(py) + lines[0]) * pitch + horizontal.origin(px) + columns[0]
                write = (ys[lines[0]] - band.lines[0]) * width + xs[columns[0]] - band.columns[0]
                pieces.append(_Piece(len(lines), len(columns), first_tap, taps, read, write))
        edges.append([before, len(pieces), *band.place(width)])
    return GemmPlan(
        layout=np.array([top, left, rows, pitch]),
        shifts=np.concatenate(shifts),
        places=np.argsort(np.concatenate(weights)),
        bands=np.array(edges),
        bare=bare,
        adjoint=True,
        images=images,
        **_tables(pieces, images, (apart, pitch, 1), (height * width, stride[0] * width, stride[1])),
    )
