"""Convolution and its two adjoints on compiled kernels: plans, packed weights, exceptions to the fast path.

Convolution is the sum of w * g * padded x over all (image, output, tap, position), and each function solves
it for one of the three arrays.  Padding is zeros that take part in the products, as in plain loops over a
padded array: 0 * inf is NaN there and here.  The adjoints also meet zeros that the plain loops do not have,
in the padding of g; so where the other factor is not finite they leave the work to the loops over taps in
`fallback`.
"""

import math
from typing import Any

import numpy as np

from . import fallback
from .geometry import TapPlan, adjoint_plan, forward_plan
from .shapes import Padding, Pair, Shape
from .taps import MR, NT, NT_SINGLE, accumulate_taps, correlate_taps

# Partial sums of dw: their number is independent of the threads, so that results are too.
PARTS, PARTS_BYTES = 32, 32 * 1024 * 1024

# So many positions of small images are put into one row of correlate_taps: the many, if items enough remain.
SHORT_ROW, LONG_ROW = 256, 512

# Where there are fewer items of work than this, each is cut into chunks of output channels: threads want some.
LEAST_ITEMS = 8

MULTIPLY_ADDS = 16  # in a nanosecond, roughly


def _blocks(outputs: int) -> tuple[int, int]:
    """Return into how many blocks of how many output channels the kernels take them: a single one is its own."""
    return (1, 1) if outputs == 1 else (-(-outputs // MR), MR)


def _chunks(items: int, blocks: int) -> np.ndarray:
    """Return into how many chunks of blocks items of work are cut, as kernels take small integers."""
    return np.array([min(blocks, -(-LEAST_ITEMS // items))])


def _pack_weights(weights: np.ndarray, plan: TapPlan) -> np.ndarray:
    """Lay out weights (G, outputs, channels, KH, KW) as (G, blocks * taps * outputs of a block), phase by phase."""
    groups, outputs = weights.shape[:2]
    blocks, mr = _blocks(outputs)
    packed = np.zeros((groups, blocks * mr * plan.offsets.size), weights.dtype)
    start = 0
    for rows, columns in plan.phases:
        phase = weights[..., rows, columns]
        taps = phase[0, 0].size
        place = packed[:, start : start + blocks * mr * taps].reshape(groups, blocks, taps, mr)
        lined = phase.reshape(groups, outputs, taps)
        whole = outputs // mr
        place[:, :whole] = lined[:, : whole * mr].reshape(groups, whole, mr, taps).swapaxes(2, 3)
        place[:, whole:, :, : outputs - whole * mr] = lined[:, None, whole * mr :].swapaxes(2, 3)
        start += blocks * mr * taps
    return packed


def _accumulate(source: np.ndarray, weights: np.ndarray, bias, plan: TapPlan, out: np.ndarray) -> None:
    """Run accumulate_taps on source (N, G, channels, H, W) and weights (G, outputs, channels, KH, KW)."""
    groups, outputs = weights.shape[:2]
    starts = np.zeros((groups, *_blocks(outputs)), source.dtype)
    if bias is not None:
        starts.reshape(groups, -1)[:, :outputs] = bias.reshape(groups, outputs)
    packed = _pack_weights(weights, plan)
    work = len(source) * weights.size * plan.positions // (MULTIPLY_ADDS * len(plan.phases))
    chunks = _chunks(len(source) * groups * len(plan.tiles), starts.shape[1])
    accumulate_taps(source, plan.layout, packed, plan.offsets, starts, plan.tiles, chunks, out, work=work)


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
    plan = forward_plan(w.shape[1], x.shape[2:], w.shape[2:], stride, padding, dilation)
    out = np.empty(out_shape, x.dtype)
    _accumulate(_grouped(x, groups, 1), _grouped(w, groups, 0), bias, plan, _grouped(out, groups, 1))
    return out


def conv2d_dx(
    g: np.ndarray, w: np.ndarray, x_shape: Shape, *, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> np.ndarray:
    """Compute the adjoint with respect to x."""
    if not (g.size and w.size and math.prod(x_shape)) or not np.isfinite(w).all():
        return fallback.conv2d_dx(g, w, x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    plan = adjoint_plan(len(w) // groups, x_shape[2:], w.shape[2:], stride, padding, dilation)
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
    rows, pitch = forward_plan(*geometry).layout[4:6]
    plane = int(rows * pitch)
    together = max(1, min(LONG_ROW // plane, max(SHORT_ROW // plane, len(x) // LEAST_ITEMS), len(x)))
    plan = forward_plan(*geometry, images=together)

    outputs, taps = w_shape[0] // groups, plan.offsets.size
    blocks, mr = _blocks(outputs)
    nt = NT_SINGLE if mr == 1 else NT
    padded_outputs, padded_taps = blocks * mr, -(-taps // nt) * nt
    room = PARTS_BYTES // (groups * padded_outputs * padded_taps * x.itemsize)
    parts = max(1, min(len(x) // together, PARTS // groups, room))
    chunks = _chunks(parts * groups, blocks)
    partial = np.empty((parts, groups, padded_outputs, padded_taps), x.dtype)
    offsets = np.zeros(padded_taps, np.int64)
    offsets[:taps] = plan.offsets
    work = g.size * taps // MULTIPLY_ADDS
    correlate_taps(
        _grouped(x, groups, 1),
        _grouped(g, groups, 1),
        plan.layout,
        offsets,
        np.array([together]),
        chunks,
        partial,
        work=work,
    )
    dw = np.empty(w_shape, x.dtype)
    with np.errstate(all="ignore"):
        dw.reshape(groups, outputs, taps)[...] = partial.sum(axis=0)[:, :outputs, :taps]
    return dw
