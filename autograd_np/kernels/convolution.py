"""Convolution and its two adjoints on compiled kernels: plans, packed weights, exceptions to the fast path.

Convolution is the sum of w * g * padded x over all (image, output, tap, position), and each function solves
it for one of the three arrays.  Padding is zeros that take part in the products, as in plain loops over a
padded array: 0 * inf is NaN there and here.  The adjoints also meet zeros that the plain loops do not have,
in the padding of g; so where the other factor is not finite they leave the work to the loops over taps in
`fallback`.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from . import fallback
from .blocks import MR, NT, NT_SINGLE
from .compile import kernel, share
from .geometry import TapPlan, adjoint_plan, forward_plan
from .shapes import Padding, Pair, Shape
from .taps import accumulate_taps, correlate_taps

# Planes of fewer positions than a block has are put into one row with those of other images; in correlate_taps, which
# adds up the lanes of vectors at the end of a row, all that find room.
SMALL, LONG_ROW = 64, 512

# Partial sums of dw: their number is independent of the threads, so that results are too.
PARTS, PARTS_BYTES = 32, 1024 * 1024

MULTIPLY_ADDS = 16  # in a nanosecond, roughly


def _blocks(outputs: int) -> tuple[int, int]:
    """Return into how many blocks of how many output channels the kernels take them: a single one is its own."""
    return (1, 1) if outputs == 1 else (-(-outputs // MR), MR)


@lru_cache(maxsize=256)
def _plan(make: Callable[..., TapPlan], images: int, outputs: int, *geometry: Any) -> TapPlan:
    """Plan with a row for each image, or for several where planes are small."""
    plan = make(*geometry)
    small = plan.plane < SMALL * MR // _blocks(outputs)[1]
    return make(*geometry, min(images, LONG_ROW // plan.plane)) if small else plan


# Worker's share of the blocks of packed (G, blocks, taps * mr): phase by phase, and tap by tap the weights of all
# outputs of a block.  `lie` says how far apart groups, outputs and channels are in the flat weights, how many outputs
# there are, and in a block; indices without a sign need no test.
@kernel
def _pack(worker, workers, weights, lie, places, phases, packed) -> None:
    groups, blocks, size = packed.shape
    a_group, an_output, a_channel, outputs, mr = lie
    channels = size // mr // len(places)
    flat = packed.reshape(-1)
    start, stop = share(groups * blocks, worker, workers)
    for item in range(start, stop):
        group, block = item // blocks, item % blocks
        for phase in range(len(phases) - 1):
            first, last = phases[phase], phases[phase + 1]
            begin = (group * blocks * len(places) + blocks * first + block * (last - first)) * channels * mr
            for m in range(mr):
                o, to, step = block * mr + m, np.uint64(begin + m), np.uint64(mr)
                for c in range(channels):
                    at = group * a_group + o * an_output + c * a_channel
                    if o < outputs:
                        for j in range(first, last):
                            flat[to] = weights[np.uint64(at + places[j])]
                            to += step
                    else:
                        for _ in range(first, last):
                            flat[to] = 0
                            to += step


@lru_cache(maxsize=256)
def _lie(strides: Shape, itemsize: int, outputs: int) -> np.ndarray:
    return np.array([*(stride // itemsize for stride in strides), outputs, _blocks(outputs)[1]])


def _packed(weights: np.ndarray, plan: TapPlan) -> np.ndarray:
    """Lay out weights (G, outputs, channels, KH, KW), a contiguous array or its channels swapped, for the kernels."""
    groups, outputs = weights.shape[:2]
    blocks, mr = _blocks(outputs)
    packed = np.empty((groups, blocks, mr * plan.offsets.size), weights.dtype)
    swapped = weights.strides[1] < weights.strides[2]
    flat = (weights.swapaxes(1, 2) if swapped else weights).reshape(-1)
    lie = _lie(weights.strides[:3], weights.itemsize, outputs)
    _pack(flat, lie, plan.places, plan.phases, packed, work=packed.size)
    return packed.reshape(groups, -1)


def _accumulate(source: np.ndarray, weights: np.ndarray, bias, plan: TapPlan, out: np.ndarray) -> None:
    """Run accumulate_taps on source (N, G, channels, H, W) and weights (G, outputs, channels, KH, KW)."""
    groups, outputs = weights.shape[:2]
    starts = np.zeros((groups, *_blocks(outputs)), source.dtype)
    if bias is not None:
        starts.reshape(groups, -1)[:, :outputs] = bias.reshape(groups, outputs)
    products = len(source) * weights.size * plan.positions // (len(plan.phases) - 1)
    work = products // MULTIPLY_ADDS + (source.size + out.size) // 2
    packed = _packed(weights, plan)
    accumulate_taps(source, plan.layout, plan.bounds, packed, plan.offsets, starts, plan.tiles, out, work=work)


def _grouped(array: np.ndarray, groups: int, axis: int) -> np.ndarray:
    shape = array.shape
    return array.reshape(*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])


def conv2d(
    x: np.ndarray,
    w: np.ndarray,
    bias: np.ndarray | None,
    out_shape: Shape,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """Compute the convolution of contiguous arrays of one dtype, float32 or float64."""
    if not (x.size and w.size and math.prod(out_shape)):
        options: Any = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        return fallback.conv2d(x, w, bias, out_shape, **options)
    geometry = (w.shape[1], x.shape[2:], w.shape[2:], stride, padding, dilation)
    plan = _plan(forward_plan, len(x), len(w) // groups, *geometry)
    out = np.empty(out_shape, x.dtype)
    _accumulate(_grouped(x, groups, 1), _grouped(w, groups, 0), bias, plan, _grouped(out, groups, 1))
    return out


def conv2d_dx(
    g: np.ndarray, w: np.ndarray, x_shape: Shape, *, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> np.ndarray:
    """Compute the adjoint with respect to x."""
    if not (g.size and w.size and math.prod(x_shape)) or not np.isfinite(w).all():
        return fallback.conv2d_dx(g, w, x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    geometry = (len(w) // groups, x_shape[2:], w.shape[2:], stride, padding, dilation)
    plan = _plan(adjoint_plan, len(g), w.shape[1], *geometry)
    dx = np.empty(x_shape, g.dtype)
    _accumulate(_grouped(g, groups, 1), _grouped(w, groups, 0).swapaxes(1, 2), None, plan, _grouped(dx, groups, 1))
    return dx


def conv2d_dw(
    g: np.ndarray,
    x: np.ndarray,
    w_shape: Shape,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """Compute the adjoint with respect to w."""
    if not (g.size and x.size and min(w_shape)) or not np.isfinite(x).all():
        return fallback.conv2d_dw(g, x, w_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    geometry = (w_shape[1], x.shape[2:], w_shape[2:], stride, padding, dilation)
    together = max(1, min(LONG_ROW // forward_plan(*geometry).plane, len(x)))
    plan = forward_plan(*geometry, together)

    outputs, taps = w_shape[0] // groups, plan.offsets.size
    blocks, mr = _blocks(outputs)
    nt = NT_SINGLE if mr == 1 else NT
    padded_outputs, padded_taps = blocks * mr, -(-taps // nt) * nt
    room = PARTS_BYTES // (groups * padded_outputs * padded_taps * x.itemsize)
    parts = max(1, min(len(x) // together, PARTS // groups, room))
    dw = np.empty(w_shape, x.dtype)
    whole = (parts, padded_outputs, padded_taps) == (1, outputs, taps)
    partial = (dw if whole else np.empty(parts * groups * padded_outputs * padded_taps, x.dtype)).reshape(
        parts, groups, padded_outputs, padded_taps
    )
    offsets = np.zeros(padded_taps, np.int64)
    offsets[:taps] = plan.offsets
    work = g.size * taps // MULTIPLY_ADDS
    correlate_taps(
        _grouped(x, groups, 1),
        _grouped(g, groups, 1),
        plan.layout,
        plan.bounds,
        offsets,
        partial,
        work=work,
    )
    if not whole:
        with np.errstate(all="ignore"):
            np.sum(partial[:, :, :outputs, :taps], axis=0, out=dw.reshape(groups, outputs, taps))
    return dw
