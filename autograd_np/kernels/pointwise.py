"""dw of filters of one pixel: a product of matrices, of the pixels where they lie.

    dw[o, c] = sum_np g[n, o, p] * x[n, c, p]

A vector has the same pixel of neighbouring channels, of x or, where x has fewer, of g.  As nothing is padded, every
product is one of the plain loops'.
"""

import numpy as np

from .blocks import MR, aligned, lanes_of
from .compile import kernel, share
from .emitter import NV, VECTOR_BYTES
from .matrix_blocks import multiply_block, next_rows, next_vectors
from .products import TERMS, copy_panel
from .shapes import Padding, Pair, Shape

MULTIPLY_ADDS = 60  # in a nanosecond, roughly


@kernel
def correlate(worker, workers, x, g, partial) -> None:
    """Fill a share of the (part, group) items of partial (parts, G, O, C): each part has some pieces of TERMS pixels.

    x is (N, G, C, pixels), g is (N, G, O, pixels).
    """
    images, groups, channels, pixels = x.shape
    parts, _, outputs, _ = partial.shape
    lanes = lanes_of(x)
    flat_x, flat_g, pitch = x.reshape(-1), g.reshape(-1), NV * lanes
    panel = aligned(np.zeros(TERMS * pitch + lanes, x.dtype))
    sums, nothing = np.zeros(outputs * channels, x.dtype), np.zeros(pitch, x.dtype)
    pieces = (pixels + TERMS - 1) // TERMS
    start, stop = share(parts * groups, worker, workers)
    for item in range(start, stop):
        part, group = item // groups, item % groups
        total = partial[part, group].reshape(-1)
        total[:] = 0
        low, high = share(images * pieces, part, parts)
        for piece in range(low, high):
            plane, first = piece // pieces * groups + group, piece % pieces * TERMS
            count, at = min(TERMS, pixels - first), 0
            while at < channels:
                nv = next_vectors((channels - at + lanes - 1) // lanes)
                width = min(nv * lanes, channels - at)
                copy_panel(flat_x, (plane * channels + at) * pixels + first, 1, pixels, count, panel, pitch, width)
                row = 0
                while row < outputs:
                    together = next_rows(nv, outputs - row)
                    multiply_block(
                        together, nv, flat_g, (plane * outputs + row) * pixels + first, panel, 0, nothing, 0,
                        sums, row * channels + at, count, width, pixels, 1, pitch, 0, channels,
                    )  # fmt: skip
                    row += together
                at += width
            for i in range(len(total)):  # sums begin anew for each piece: so long ones lose little
                total[i] += sums[i]


def suits(w_shape: Shape, groups: int, itemsize: int, stride: Pair, padding: Padding) -> bool:
    """Whether filters are of one pixel, with stride 1 and no padding, and there are channels enough for that to pay.

    Vectors of 16 bytes, of SSE and NEON, have no masks: there the ends of rows would be loaded one by one.
    """
    outputs, channels, *kernel = w_shape
    plain = (*kernel, *stride) == (1, 1, 1, 1) and padding == ((0, 0), (0, 0)) and VECTOR_BYTES > 16
    return plain and channels >= MR and 2 * max(outputs // groups, channels) * itemsize >= VECTOR_BYTES
