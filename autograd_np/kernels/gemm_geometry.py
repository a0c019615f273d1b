"""Where the elements of a convolution lie that is computed as one product of matrices: integer arithmetic, no numba.

Of the matrix that has a row for each output pixel and a column for each tap, no element is ever stored: that of pixel p
and tap t is `plane[starts[p] + shifts[t]]`, whatever the stride and dilation, in planes that are padded, but not split
as in `geometry`.  So no position is computed and thrown away.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
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
    starts : array (pixels,)
        For each output pixel where in a padded plane its window begins.
    rows : array (pixels,)
        Which one of the output plane it is, counted from the first one of its band.
    shifts : array (channels * KH * KW,)
        For each tap how far from there it reads.
    places : array (channels * KH * KW,)
        For each weight of an output, in their order in memory, which of those taps it belongs to.
    pieces : array (pieces, 4)
        Pixels that have the same taps: first pixel, how many of an image, first tap, how many.
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


def _cut(rows: int, width: int, least: int) -> list[tuple[int, int]]:
    """Cut a plane into at least so many bands of rows, (first, one past the last), that are not too large."""
    bands = min(rows, max(least, -(-rows * width // BAND_PIXELS)))
    return list(pairwise(rows * band // bands for band in range(bands + 1)))


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
    starts: list[np.ndarray] = []
    pieces: list[list[int]] = []
    places: list[np.ndarray] = []
    edges: list[list[int]] = []
    for first, last in _cut(height, width, bands) if images == 1 else [(0, height)]:
        pixels = (last - first) * width
        pieces.append([images * first * width, pixels, 0, channels * kernel[0] * kernel[1]])
        edges.append([len(edges), len(edges) + 1, first * width, pixels])
        lines = np.arange(first, last) * stride[0] * pitch
        starts.append(_table(np.arange(images) * apart, lines, np.arange(width) * stride[1]))
        places.append(np.arange(images * pixels))
    taps = np.arange(kernel[0]) * dilation[0] * pitch, np.arange(kernel[1]) * dilation[1]
    shifts = _table(np.arange(channels) * rows * pitch, *taps)
    return GemmPlan(
        layout=np.array([top, left, rows, pitch]),
        starts=np.concatenate(starts),
        rows=np.concatenate(places),
        shifts=shifts,
        places=np.arange(shifts.size),
        pieces=np.array(pieces),
        bands=np.array(edges),
        bare=bare,
        adjoint=False,
        images=images,
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
    starts, targets = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]  # it may be that no tap meets any pixel
    pieces: list[list[int]] = []
    edges: list[list[int]] = []
    known = 0
    for first, last in _cut(height, width, bands) if images == 1 else [(0, height)]:
        before = len(pieces)
        for py, px, first_tap, taps in phases:
            columns = horizontal.outputs(px)
            lines = [(i, y) for i, y in enumerate(vertical.outputs(py)) if first <= y < last]
            if lines and columns:
                i, y = np.array(lines).T
                origin = vertical.origin(py) * pitch + horizontal.origin(px)
                starts.append(_table(np.arange(images) * apart, origin + i * pitch, np.arange(len(columns))))
                targets.append(_table(np.arange(images) * height * width, (y - first) * width, list(columns)))
                pieces.append([known, len(lines) * len(columns), first_tap, taps])
                known += images * len(lines) * len(columns)
        edges.append([before, len(pieces), first * width, (last - first) * width])
    return GemmPlan(
        layout=np.array([top, left, rows, pitch]),
        starts=np.concatenate(starts),
        rows=np.concatenate(targets),
        shifts=np.concatenate(shifts),
        places=np.argsort(np.concatenate(weights)),
        pieces=np.array(pieces, np.int64).reshape(-1, 4),
        bands=np.array(edges),
        bare=bare,
        adjoint=True,
        images=images,
    )
