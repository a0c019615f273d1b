"""Where the taps of a convolution lie in memory: integer arithmetic only, no numba.

One layout serves every stride, dilation and group.  A padded plane is split into its stride phases: with
stride (sh, sw), element (y, x) goes to phase (y % sh, x % sw), position (y // sh, x // sw), and each phase
is stored as one contiguous row of `rows * pitch` elements.  Then the input of tap (c, kh, kw) at output
position p = i * pitch + j is `row[p + offset]`, with one offset a tap, whatever the stride: inner loops are
contiguous.  The columns between the output's width and the pitch are computed and thrown away; to have few
of them, the padding on the right of a line and on the left of the next one share their place, and so do that below
a plane and above the next.  Planes of several images may follow each other in a phase: short rows waste vectors.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from math import gcd
from typing import Any

import numpy as np

from .shapes import Padding, Pair, Shape, conv_output_size, conv_output_sizes

# Output positions of one tile: enough to amortise a block's start, few enough to stay in the L1 cache.
TILE_POSITIONS = 640


def _pitch(before: int, size: int, extent: int, outputs: int) -> int:
    """Return how far apart lines (planes) of `extent` columns (rows) lie, that have data in `size` of them.

    What one lacks at its end is read from the beginning of the next, so that must be padding, of which there is as much
    as `before`; and the outputs of two must not meet.
    """
    start, stop = max(before, 0), min(before + size, extent)
    return max(stop, extent - start, outputs)


@dataclass(frozen=True)
class TapPlan:
    """How one kernel call reads its source and writes its output.

    Attributes
    ----------
    layout : int64 array (8,)
        top, left, sh, sw, rows, pitch: where a source plane lies in its phase layout; then how many of the sh, and of
        the sw phases there are, without those that no tap reads.
    copies : int64 array (stride phases, 6)
        What to copy of a source plane into each phase: the y and x of its first pixel, its place in the row, past which
        y there are no more, and how many there are in a line.  Where lines are pairs of pixels, the place of the second
        ones, which have no phase of their own in this table then; else -1.
    offsets : int64 array (taps,)
        Where in the row each tap starts: for each phase, channel by channel, in the order of `places`.
    places : int64 array (KH * KW,)
        Where in a filter the taps of a channel are, phase by phase.
    phases : int64 array (phases + 1,)
        Where among those the ones that feed each phase of the output begin and end; a forward convolution has one
        phase with all taps.
    tiles : int64 array (tiles, 10)
        Pieces of the output: first tap, taps, origin in the row, rows, columns, y, y step, x, x step, and the
        number of positions.
    images : int
        How many follow each other in the row.
    """

    layout: np.ndarray
    copies: np.ndarray
    offsets: np.ndarray
    places: np.ndarray
    phases: np.ndarray
    tiles: np.ndarray
    images: int

    @cached_property
    def plane(self) -> int:
        """The number of positions from an image to the next."""
        return int(self.layout[4] * self.layout[5])

    @cached_property
    def bounds(self) -> np.ndarray:
        """`images`; then the largest of the offsets, and of all tiles' taps, origins and numbers of positions.

        Kernels do not look for them: with Numba's `max` they would take longer to be loaded.
        """
        largest = self.tiles.max(axis=0)
        return _int64([self.images, self.offsets.max(), *largest[[1, 2, 9]]])

    @cached_property
    def padded_offsets(self) -> np.ndarray:
        """The offsets, and zeros for as many taps as a block may have too many."""
        return np.append(self.offsets, np.zeros(16, np.int64))

    @cached_property
    def pieces(self) -> tuple[int, int]:
        """In how many pieces a plane is copied into the row, and in how many a plane of outputs out of it."""
        _, _, sh, sw, _, pitch, _, _ = self.layout.tolist()
        source = [1 if sh == sw == 1 and count == pitch else -(-(last_y - y) // sh)
                  for y, _, _, last_y, count, _ in self.copies.tolist()]  # fmt: skip
        result = [1 if columns == pitch and y_step == x_step == 1 else rows
                  for _, _, _, rows, columns, _, y_step, _, x_step, _ in self.tiles.tolist()]  # fmt: skip
        return sum(source), sum(result)

    @cached_property
    def positions(self) -> int:
        """The number of positions of all tiles: what a tap costs in multiply-adds."""
        return int(self.tiles[:, 9].sum())


def _int64(values: Any) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def _phases(kernel: int, stride: int, dilation: int) -> list[int]:
    """Return the stride phases that taps read along an axis."""
    return sorted({tap * dilation % stride for tap in range(kernel)})


def _copies(layout: np.ndarray, phases: tuple[list[int], list[int]], size: Shape, images: int) -> np.ndarray:
    """Return `TapPlan.copies` for planes of `size`."""
    top, left, sh, sw, rows, pitch, _, wide = layout.tolist()
    height, width = size
    first_y, last_y = max(0, -top), min(height, rows * sh - top)
    first_x, last_x = max(0, -left), min(width, pitch * sw - left)
    copies = []
    for i, py in enumerate(phases[0]):
        y = first_y + (py - top - first_y) % sh
        line = []
        for j, px in enumerate(phases[1]):
            x = first_x + (px - left - first_x) % sw
            place = (i * wide + j) * images * rows * pitch + (y + top) // sh * pitch + (x + left) // sw
            line.append([x, place, (last_x - x + sw - 1) // sw])
        (x, place, count), *others = sorted(line)
        if sw == 2 and others and x == 0 and count == others[0][2] and 2 * count == width:
            copies.append([y, 0, place, last_y, count, others[0][1]])
        else:
            copies += [[y, x, place, last_y, count, -1] for x, place, count in line]
    return _int64(copies)


def _tiles(first_tap: int, taps: int, origin: int, pitch: int, rows: range, columns: range) -> list[list[int]]:
    """Cut an output phase, whose rows and columns are ranges of the output's indices, into bands of rows."""
    if not rows or not columns:
        return []
    bands = -(-len(rows) * pitch // TILE_POSITIONS)
    edges = [len(rows) * band // bands for band in range(bands + 1)]
    tiles = []
    for start, stop in pairwise(edges):
        if start < stop:
            span = (stop - start - 1) * pitch + len(columns)
            place = [rows[start], rows.step, columns[0], columns.step]
            tiles.append([first_tap, taps, origin + start * pitch, stop - start, len(columns), *place, span])
    return tiles


@lru_cache(maxsize=256)
def forward_plan(
    channels: int, size: Pair, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair, images: int = 1
) -> TapPlan:
    """Plan `out[o, p] = sum_t w[o, t] * row[p + offset[t]]` for planes of `size`.

    Each phase holds the planes of so many images, one after the other.
    """
    (top, bottom), (left, right) = padding
    sh, sw = stride
    out_rows, out_columns = (
        range(conv_output_size(n, k, s, p, d))
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    )
    rows, pitch = -(-(size[0] + top + bottom) // sh), -(-(size[1] + left + right) // sw)
    # With a stride the padding is dealt out among phases, and some may have none at their beginning.
    if sh == 1:
        rows = _pitch(top, size[0], rows, len(out_rows))
    if sw == 1:
        pitch = _pitch(left, size[1], pitch, len(out_columns))
    ys, xs = (_phases(*axis) for axis in zip(kernel, stride, dilation, strict=True))
    c, y, x = np.ogrid[:channels, : kernel[0], : kernel[1]]
    y, x = y * dilation[0], x * dilation[1]
    phase = (c * len(ys) + np.searchsorted(ys, y % sh)) * len(xs) + np.searchsorted(xs, x % sw)
    offsets = phase * (images * rows * pitch) + (y // sh) * pitch + x // sw
    layout = _int64([top, left, sh, sw, rows, pitch, len(ys), len(xs)])
    return TapPlan(
        layout=layout,
        copies=_copies(layout, (ys, xs), size, images),
        offsets=_int64(offsets.ravel()),
        places=np.arange(kernel[0] * kernel[1]),
        phases=_int64([0, kernel[0] * kernel[1]]),
        tiles=_int64(_tiles(0, offsets.size, 0, pitch, out_rows, out_columns)),
        images=images,
    )


@dataclass(frozen=True)
class Axis:
    """One axis of the adjoint: x[i * stride + phase - before] gets g[i - k * dilation // stride] by tap k."""

    size: int
    kernel: int
    stride: int
    before: int
    dilation: int

    @property
    def reach(self) -> int:
        """How many outputs earlier the furthest tap was used."""
        return (self.kernel - 1) * self.dilation // self.stride

    @property
    def first(self) -> int:
        """The lowest i of any phase."""
        return self.before // self.stride

    @property
    def extent(self) -> int:
        """The length of the padded cotangent."""
        return self.reach + (self.before + self.size - 1) // self.stride - self.first + 1

    def taps(self, phase: int) -> range:
        """Return the taps that fall on a stride phase of the padded x."""
        period = self.stride // gcd(self.stride, self.dilation)
        first = next((k for k in range(period) if k * self.dilation % self.stride == phase), self.kernel)
        return range(first, self.kernel, period)

    def outputs(self, phase: int) -> range:
        """Return the indices of x in a stride phase of the padded x."""
        return range((phase - self.before) % self.stride, self.size, self.stride)

    def shift(self, tap: int) -> int:
        """Return where in the padded cotangent a tap's window starts."""
        return self.reach - tap * self.dilation // self.stride

    def origin(self, phase: int) -> int:
        """Return the padded cotangent's index that goes with the first of `outputs`."""
        return ((phase - self.before) % self.stride + self.before) // self.stride - self.first


@lru_cache(maxsize=256)
def adjoint_plan(
    channels: int, size: Pair, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair, images: int = 1
) -> TapPlan:
    """Plan the adjoint: each stride phase of x (planes of `size`) is a convolution of the padded cotangent.

    The phase takes the subset of taps that falls on it, and writes every stride-th element of x.  The row holds the
    planes of so many images for each channel.
    """
    vertical, horizontal = (
        Axis(n, k, s, p[0], d) for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    )
    top, left = (axis.reach - axis.first for axis in (vertical, horizontal))
    rows, pitch = (
        _pitch(before, conv_output_size(n, k, s, p, d), axis.extent, -(-n // s))
        for before, axis, n, k, s, p, d in zip(
            (top, left), (vertical, horizontal), size, kernel, stride, padding, dilation, strict=True
        )
    )
    places: list[int] = []
    phases, offsets, tiles = [0], [np.zeros(0, np.int64)], []
    for py in range(stride[0]):
        for px in range(stride[1]):
            ys, xs = vertical.taps(py), horizontal.taps(px)
            o = np.arange(channels)[:, None, None]
            y = _int64([vertical.shift(k) for k in ys])[:, None]
            x = _int64([horizontal.shift(k) for k in xs])
            offsets.append((o * (images * rows * pitch) + y * pitch + x).ravel())
            taps = channels * len(ys) * len(xs)
            origin = vertical.origin(py) * pitch + horizontal.origin(px)
            first = channels * len(places)
            tiles += _tiles(first, taps, origin, pitch, vertical.outputs(py), horizontal.outputs(px))
            places += [ky * kernel[1] + kx for ky in ys for kx in xs]
            phases.append(len(places))
    layout = _int64([top, left, 1, 1, rows, pitch, 1, 1])
    return TapPlan(
        layout=layout,
        copies=_copies(layout, ([0], [0]), conv_output_sizes(size, kernel, stride, padding, dilation), images),
        offsets=np.concatenate(offsets),
        places=_int64(places),
        phases=_int64(phases),
        tiles=_int64(tiles),
        images=images,
    )
