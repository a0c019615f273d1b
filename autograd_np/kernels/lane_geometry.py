"""Which taps a position has where each lane of a vector is an image: integer arithmetic only, no numba.

A plane is stored as one vector a pixel, with an element of each of several images.  A window's elements are whole
vectors then, wherever they lie: whatever the stride and dilation, no padding is stored, no product with it computed,
and no vector is filled in part, be planes as small as they may.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from .shapes import Padding, Pair, conv_output_sizes

# Taps that are added up at a time: what they read of a few neighbouring positions stays in the L1 cache.
BUNDLE_TAPS = 200
# Vectors of g and x, in four and three planes of which all taps are correlated, that stay there, too.
BAND_VECTORS = 900


def plane_pitch(positions: int) -> int:
    """Return how many vectors apart planes lie: never a high power of two, which would share a few lines of a cache."""
    return positions + (2 - positions) % 4


def _uses(size: int, kernel: int, stride: int, before: int, dilation: int, outputs: int) -> Iterator[tuple]:
    """Give (output, tap, input) of each product along an axis, without those with padding."""
    for output in range(outputs):
        for tap in range(kernel):
            at = output * stride - before + tap * dilation
            if 0 <= at < size:
                yield output, tap, at


def count_products(size: Pair, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair) -> int:
    """Return how often an element of a plane is multiplied by a weight, in a convolution or its adjoint."""
    count = 1
    outputs = conv_output_sizes(size, kernel, stride, padding, dilation)
    for n, k, s, pair, d, windows in zip(size, kernel, stride, padding, dilation, outputs, strict=True):
        output, tap = np.ogrid[:windows, :k]
        at = output * s - pair[0] + tap * d
        count *= int(np.count_nonzero((at >= 0) & (at < n)))
    return count


@dataclass(frozen=True)
class _Run:
    """Positions in equal steps whose taps read in equal steps; `taps` are pairs (tap, where from `read` on)."""

    taps: tuple[tuple[int, int], ...]
    read: int
    read_step: int
    write: int
    write_step: int
    count: int


def _runs(uses: list[tuple[int, int, int]], positions: int) -> list[_Run]:
    """Sort the positions that are written into runs, from (position, tap, read position) of each product."""
    taps_of: list[list[tuple[int, int]]] = [[] for _ in range(positions)]
    for position, tap, read in uses:
        taps_of[position].append((tap, read))
    alike: dict[tuple, list[tuple[int, int]]] = {}
    for position, taps in enumerate(taps_of):
        first = taps[0][1] if taps else 0
        alike.setdefault(tuple((tap, read - first) for tap, read in taps), []).append((position, first))
    runs = []
    for key, places in alike.items():
        while places:
            steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(places)] or [(0, 0)]
            count = 1 + next((i for i, step in enumerate(steps) if step != steps[0]), len(places) - 1)
            runs.append(_Run(key, places[0][1], steps[0][1], places[0][0], steps[0][0], count))
            places = places[count:]
    return runs


@dataclass(frozen=True)
class LanePlan:
    """How `lanes.accumulate` reads its source and writes its output.

    Attributes
    ----------
    offsets, places : int64 arrays (taps,)
        For each run of positions, and channel by channel of a bundle, where its taps read, in elements from the run's
        first on, and where their weights are.
    tiles : int64 array (runs, 10)
        First tap, taps of a channel, where the run begins to read and to write; how many lines, and their distance in
        both; how many positions in a line, and their distance in both.
    together : int
        The channels of a bundle.
    bare : bool
        Whether some window lies in the padding as a whole.
    """

    offsets: np.ndarray
    places: np.ndarray
    tiles: np.ndarray
    together: int
    bare: bool


@lru_cache(maxsize=256)
def accumulate_plan(
    channels: int,
    size: Pair,
    kernel: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    lanes: int,
    block: int,
    adjoint: bool,
) -> LanePlan:
    """Plan the convolution of planes of `size`, or its adjoint, with weights in blocks of so many outputs."""
    outputs = conv_output_sizes(size, kernel, stride, padding, dilation)
    befores = (top for top, _ in padding)
    uses = [list(_uses(*axis)) for axis in zip(size, kernel, stride, befores, dilation, outputs, strict=True)]
    if adjoint:
        uses = [[(at, tap, output) for output, tap, at in pairs] for pairs in uses]
    (read_height, read_width), (written_height, written_width) = (outputs, size) if adjoint else (size, outputs)
    vertical, horizontal = _runs(uses[0], written_height), _runs(uses[1], written_width)
    window = kernel[0] * kernel[1]
    together = max(1, min(channels, BUNDLE_TAPS // window))
    channel, pitch = np.arange(together)[:, None], plane_pitch(read_height * read_width)
    offsets, places, tiles, first = [], [], [], 0
    for down in vertical:
        for along in horizontal:
            reads = [y * read_width + x for _, y in down.taps for _, x in along.taps]
            taps = [ky * kernel[1] + kx for ky, _ in down.taps for kx, _ in along.taps]
            offsets.append((channel * pitch + np.array(reads, np.int64)).ravel() * lanes)
            places.append((channel * window + np.array(taps, np.int64)).ravel() * block)
            starts = down.read * read_width + along.read, down.write * written_width + along.write
            lines = down.count, down.read_step * read_width, down.write_step * written_width
            positions = along.count, along.read_step, along.write_step
            if down.count > along.count:
                lines, positions = positions, lines
            tiles.append([first, len(taps), *starts, *lines, *positions])
            first += together * len(taps)
    table = np.array(tiles, np.int64)
    table[:, [2, 3, 5, 6, 8, 9]] *= lanes
    bare = not table[:, 1].all()
    return LanePlan(np.concatenate(offsets), np.concatenate(places), table, together, bare)


@lru_cache(maxsize=256)
def correlate_plan(
    size: Pair, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> tuple[np.ndarray, np.ndarray]:
    """Return which outputs each tap is multiplied with, and how far they move through x.

    The first is an int64 array (KH * KW, 6): first row and one past the last, first column and one past the last, and
    where the tap reads for output (0, 0), as row and column, which may be negative.  The second holds the strides, in
    how many bands the rows are taken, and how many batches of images together.
    """
    ranges: list[list[tuple[int, int, int]]] = [[], []]
    outputs = conv_output_sizes(size, kernel, stride, padding, dilation)
    for found, n, k, s, pair, d, count in zip(ranges, size, kernel, stride, padding, dilation, outputs, strict=True):
        uses = list(_uses(n, k, s, pair[0], d, count))
        for tap in range(k):
            users = [output for output, used, _ in uses if used == tap] or [0, -1]
            found.append((users[0], users[-1] + 1, tap * d - pair[0]))
    taps = [[*ys[:2], *xs[:2], ys[2], xs[2]] for ys in ranges[0] for xs in ranges[1]]
    vectors = 4 * outputs[0] * outputs[1] + 3 * size[0] * size[1]
    bands, together = -(-vectors // BAND_VECTORS), max(1, BAND_VECTORS // vectors)
    return np.array(taps, np.int64), np.array([*stride, bands, together])
