"""Convolution and its two adjoints on compiled kernels: plans, packed weights, exceptions to the fast path.

Convolution is the sum of w * g * padded x over all (image, output, tap, position), and each function solves
it for one of the three arrays.  Padding is zeros that take part in the products, as in plain loops over a
padded array: 0 * inf is NaN there and here.  The adjoints also meet zeros that the plain loops do not have,
in the padding of g; so where the other factor is not finite, dx is left to the loops over taps in `fallback`, and dw
to a product, which has no more zeros than they.  Loops over `lanes` have no padding, and so are for finite factors
where the plain loops have it.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from . import depthwise, fallback, gemm, lanes, pointwise
from .blocks import NT, NT_SINGLE
from .compile import kernel, share
from .emitter import NV, VECTOR_BYTES
from .gemm_geometry import GemmPlan
from .geometry import TapPlan, forward_plan
from .lane_geometry import LanePlan, correlate_plan
from .layouts import blocks_of, choose, in_a_row, product_plan
from .products import TERMS
from .shapes import Padding, Pair, Shape
from .taps import accumulate_taps, correlate_taps

# Partial sums of dw: their number is independent of the threads, so that results are too.
PARTS, PARTS_BYTES = 8, 1024 * 1024

MULTIPLY_ADDS = 16  # in a nanosecond, roughly

# What a product's sums for dw may take up of the L2 cache.
SUMS_BYTES = 512 * 1024


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
    return np.array([*(stride // itemsize for stride in strides), outputs, blocks_of(outputs)[1]])


def _packed(weights: np.ndarray, places: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Lay out weights (G, outputs, channels, KH, KW), a contiguous array or its channels swapped, for the kernels."""
    groups, outputs, channels = weights.shape[:3]
    blocks, mr = blocks_of(outputs)
    packed = np.empty((groups, blocks, mr * channels * places.size), weights.dtype)
    swapped = weights.strides[1] < weights.strides[2]
    flat = (weights.swapaxes(1, 2) if swapped else weights).reshape(-1)
    lie = _lie(weights.strides[:3], weights.itemsize, outputs)
    _pack(flat, lie, places, phases, packed, work=packed.size)
    return packed.reshape(groups, -1)


def _starts(bias: np.ndarray | None, weights: np.ndarray) -> np.ndarray:
    """Return what sums of blocks begin with, (G, blocks, mr): the bias, or zeros."""
    groups, outputs = weights.shape[:2]
    starts = np.zeros((groups, *blocks_of(outputs)), weights.dtype)
    if bias is not None:
        starts.reshape(groups, -1)[:, :outputs] = bias.reshape(groups, outputs)
    return starts


def _partial_sums(dw: np.ndarray, most: int, multiple: int) -> np.ndarray:
    """Return room for sums over parts of the batch (parts, G, outputs, taps): whole blocks, and a multiple of taps.

    A single one that needs no more room is dw itself.
    """
    groups, outputs, *taps = dw.shape
    blocks, mr = blocks_of(outputs)
    padded = groups, blocks * mr, -(-math.prod(taps) // multiple) * multiple
    parts = max(1, min(most, PARTS // groups, PARTS_BYTES // (math.prod(padded) * dw.itemsize)))
    parts = -(-most // -(-most // parts)) if most else 1  # as equal ones as may be
    if parts == 1 and math.prod(padded) == dw.size:
        return dw.reshape(1, *padded)
    return np.empty((parts, *padded), dw.dtype)


def _add_up(partial: np.ndarray, dw: np.ndarray) -> None:
    if partial.base is not dw.base:
        groups, outputs, *taps = dw.shape
        with np.errstate(all="ignore"):
            size = math.prod(taps)
            np.add.reduce(partial[:, :, :outputs, :size], axis=0, out=dw.reshape(groups, outputs, size))


def _accumulate(source: np.ndarray, weights: np.ndarray, bias, plan: TapPlan, out: np.ndarray) -> None:
    """Run accumulate_taps on source (N, G, channels, H, W) and weights (G, outputs, channels, KH, KW)."""
    starts = _starts(bias, weights)
    products = len(source) * weights.size * plan.positions // (len(plan.phases) - 1)
    work = products // MULTIPLY_ADDS + (source.size + out.size) // 2
    packed = _packed(weights, plan.places, plan.phases)
    accumulate_taps(
        source, plan.layout, plan.copies, plan.bounds, packed, plan.offsets, starts, plan.tiles, out, work=work
    )


def _correlate(x: np.ndarray, g: np.ndarray, geometry: Any, dw: np.ndarray) -> None:
    """Run correlate_taps on x (N, G, channels, H, W) and g (N, G, outputs, H', W').

    The sums go to dw (G, outputs, channels, KH, KW); the geometry is what plans are made for.
    """
    divided = len(dw) == 1 and 4 * dw.size < x.size  # else sums of their own cost each more than that they pack alone
    together = in_a_row(len(x), forward_plan(*geometry).plane, divided)
    plan = forward_plan(*geometry, together)
    nt = NT_SINGLE if dw.shape[1] == 1 else NT
    partial = _partial_sums(dw, -(-len(x) // together), nt)
    offsets = np.zeros(partial.shape[3], np.int64)
    offsets[: plan.offsets.size] = plan.offsets
    work = g.size * plan.offsets.size // MULTIPLY_ADDS
    correlate_taps(x, g, plan.layout, plan.copies, plan.bounds, offsets, partial, work=work)
    _add_up(partial, dw)


@lru_cache(maxsize=256)
def _runs(strides: Shape, itemsize: int, outputs: int, channels: int, taps: int, adjoint: bool) -> np.ndarray:
    """Return `lie` of `gemm.pack`: an output's weights are one run, or there is one for each channel."""
    group, output, channel = (stride // itemsize for stride in strides)
    runs = (channels, taps, False) if adjoint else (1, channels * taps, True)
    return np.array([group, output, channel, outputs, *runs])


def _accumulate_product(source: np.ndarray, weights: np.ndarray, bias, plan: GemmPlan, out: np.ndarray) -> None:
    """Run gemm.accumulate on the same."""
    (groups, outputs, channels), taps = weights.shape[:3], math.prod(weights.shape[3:])
    lanes = VECTOR_BYTES // weights.itemsize
    packed = np.empty((groups, -(-outputs // lanes), channels * taps * lanes), weights.dtype)
    flat = (weights.swapaxes(1, 2) if plan.adjoint else weights).reshape(-1)
    lie = _runs(weights.strides[:3], weights.itemsize, outputs, channels, taps, plan.adjoint)
    gemm.pack(flat, lie, plan.places, packed, work=packed.size // 4)
    starts = np.zeros((groups, packed.shape[1] * lanes), weights.dtype)
    if bias is not None:
        starts[:, :outputs] = bias.reshape(groups, outputs)
    work = weights.size * _positions(source, out) // gemm.MULTIPLY_ADDS + (source.size + out.size) // 2
    gemm.accumulate(
        source, plan.layout, plan.bare, plan.starts, plan.rows, plan.shifts, plan.pieces, plan.bands, plan.images,
        packed, starts, out, work=work,
    )  # fmt: skip


def _correlate_product(x: np.ndarray, g: np.ndarray, plan: GemmPlan, dw: np.ndarray) -> None:
    """Run gemm.correlate on the same."""
    groups, outputs, *window = dw.shape
    blocks, taps = -(-outputs * dw.itemsize // VECTOR_BYTES), math.prod(window)
    partial = _partial_sums(dw, min(-(-len(x) // plan.images), max(1, PARTS // blocks)), 1)
    # Taps are cut where there is little else to divide, and so that the sums of one cut stay in the L2 cache.
    few = len(partial) * groups * blocks < PARTS
    cuts = max(min(2, taps) if few else 1, -(-NV * VECTOR_BYTES * taps // SUMS_BYTES))
    work = g.size * taps // gemm.MULTIPLY_ADDS + g.size + x.size
    gemm.correlate(
        x, g, plan.layout, plan.bare, plan.starts, plan.shifts, plan.pieces, plan.bands, plan.places, plan.images, cuts,
        partial, work=work,
    )  # fmt: skip
    _add_up(partial, dw)


@lru_cache(maxsize=256)
def _window(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return places and phases of a window whose taps are taken in order."""
    return np.arange(size), np.array([0, size])


def _accumulate_lanes(source: np.ndarray, weights: np.ndarray, bias, plan: LanePlan, out: np.ndarray) -> None:
    """Run lanes.accumulate on the same."""
    groups, window = len(weights), math.prod(weights.shape[3:])
    starts = _starts(bias, weights).reshape(groups, -1)
    bundle = np.array([plan.together, window])
    packed = _packed(weights, *_window(window))
    work = weights.size * _positions(source, out) // MULTIPLY_ADDS + source.size + out.size
    lanes.accumulate(source, packed, plan.offsets, plan.places, plan.tiles, bundle, starts, out, work=work)


def _correlate_lanes(x: np.ndarray, g: np.ndarray, geometry: Any, dw: np.ndarray) -> None:
    """Run lanes.correlate on the same."""
    taps, strides = correlate_plan(*geometry[1:])
    batches = -(-len(x) * x.itemsize // VECTOR_BYTES)
    partial = _partial_sums(dw, batches, 1)
    lanes.correlate(x, g, taps, strides, partial, work=g.size * dw[0, 0].size // MULTIPLY_ADDS + g.size + x.size)
    _add_up(partial, dw)


def _weigh(source: np.ndarray, w: np.ndarray, bias, plan: LanePlan, out: np.ndarray) -> None:
    """Run depthwise.weigh on images (N, C, H, W) and weights (C, 1, KH, KW)."""
    weights = w.reshape(len(w), -1)
    starts = np.zeros(len(w), w.dtype) if bias is None else bias
    work = (source.size + out.size) // 4 + min(source.size, out.size) * weights.shape[1] // MULTIPLY_ADDS
    depthwise.weigh(source, weights, plan.offsets, plan.places, plan.tiles, starts, out, work=work)


def _correlate_channels(x: np.ndarray, g: np.ndarray, geometry: Any, dw: np.ndarray) -> None:
    """Run depthwise.correlate on images, their cotangents, and dw (C, 1, KH, KW)."""
    taps, strides = correlate_plan(*geometry)
    partial = np.empty((min(len(x), PARTS), len(dw), len(taps)), dw.dtype)
    work = (x.size + g.size) // 4 + g.size * len(taps) // MULTIPLY_ADDS
    depthwise.correlate(x, g, taps, strides, partial, work=work)
    _add_up(partial[:, :, None], _of_groups(dw, len(dw)))


def _correlate_pixels(x: np.ndarray, g: np.ndarray, w_shape: Shape, groups: int) -> np.ndarray:
    """Run pointwise.correlate on images and their cotangents; return dw (O, C / groups, 1, 1)."""
    pixels = x[0, 0].size
    planes = [array.reshape(len(x), groups, -1, pixels) for array in (x, g)]
    dw = np.empty(w_shape, x.dtype)
    target = dw.reshape(groups, -1, w_shape[1])
    swapped = w_shape[1] < min(target.shape[1], VECTOR_BYTES // x.itemsize)
    if swapped:
        planes, target = planes[::-1], target.swapaxes(1, 2)
    parts = min(PARTS // groups, max(2, PARTS_BYTES // dw.nbytes), len(x) * -(-pixels // TERMS))
    partial = np.empty((max(1, parts), *target.shape), x.dtype)
    pointwise.correlate(*planes, partial, work=len(x) * dw.size * pixels // pointwise.MULTIPLY_ADDS)
    with np.errstate(all="ignore"):
        np.add.reduce(partial, axis=0, out=target)
    return dw


def _channel_plan(w_shape: Shape, groups: int, itemsize: int, adjoint: bool, *geometry: Any) -> LanePlan | None:
    """Plan with a channel in each lane, where each has a filter of its own and that pays."""
    return depthwise.plan(groups, itemsize, adjoint, *geometry) if w_shape[:2] == (groups, 1) else None


def _in_groups(images: np.ndarray, groups: int) -> np.ndarray:
    """Return images (N, C, H, W) as (N, G, C / G, H, W)."""
    count, channels, height, width = images.shape
    return images.reshape(count, groups, channels // groups, height, width)


def _of_groups(w: np.ndarray, groups: int) -> np.ndarray:
    """Return weights (O, channels, KH, KW) as (G, O / G, channels, KH, KW)."""
    outputs, channels, height, width = w.shape
    return w.reshape(groups, outputs // groups, channels, height, width)


def _positions(source: np.ndarray, out: np.ndarray) -> int:
    """Return how many elements each weight is multiplied by, at most: those of the smaller planes of all images."""
    return min(source.size // math.prod(source.shape[1:3]), out.size // math.prod(out.shape[1:3]))


_RUN: dict[type, Callable[..., None]] = {
    TapPlan: _accumulate,
    LanePlan: _accumulate_lanes,
    GemmPlan: _accumulate_product,
}


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
    task = (w.shape[1], x.shape[2:], w.shape[2:], stride, padding, dilation)
    out = np.empty(out_shape, x.dtype)
    arrays = _in_groups(x, groups), _of_groups(w, groups), bias
    by_channel = _channel_plan(w.shape, groups, x.itemsize, False, *task[1:])
    if by_channel and np.isfinite(w).all():
        _weigh(x, w, bias, by_channel, out)
        return out
    sizes = len(x), groups, len(w) // groups, x.itemsize
    plan = choose("forward", *sizes, *task)
    if type(plan) is LanePlan and not np.isfinite(w).all():
        plan = product_plan("forward", *sizes, *task)
    _RUN[type(plan)](*arrays, plan, _in_groups(out, groups))
    return out


def conv2d_dx(
    g: np.ndarray, w: np.ndarray, x_shape: Shape, *, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> np.ndarray:
    """Compute the adjoint with respect to x."""
    task = (len(w) // groups, x_shape[2:], w.shape[2:], stride, padding, dilation)
    if g.size and w.size and math.prod(x_shape):
        dx = np.empty(x_shape, g.dtype)
        by_channel = _channel_plan(w.shape, groups, g.itemsize, True, *task[1:])
        if by_channel:
            _weigh(g, w, None, by_channel, dx)
            return dx
        plan = choose("dx", len(g), groups, w.shape[1], g.itemsize, *task)
        if type(plan) is LanePlan or np.isfinite(w).all():
            _RUN[type(plan)](
                _in_groups(g, groups), _of_groups(w, groups).swapaxes(1, 2), None, plan, _in_groups(dx, groups)
            )
            return dx
    return fallback.conv2d_dx(g, w, x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)


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
    if not (g.size and x.size and min(w_shape)):
        return fallback.conv2d_dw(g, x, w_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    if pointwise.suits(w_shape, groups, x.itemsize, stride, padding):
        return _correlate_pixels(x, g, w_shape, groups)
    task = (w_shape[1], x.shape[2:], w_shape[2:], stride, padding, dilation)
    dw = np.empty(w_shape, x.dtype)
    by_channel = _channel_plan(w_shape, groups, x.itemsize, False, *task[1:])
    # Where dw is finite, so is all that went into it, and nothing is to be mended.
    if by_channel and not by_channel.bare and g[0, 0].size <= depthwise.MOST_OUTPUTS:
        _correlate_channels(x, g, task[1:], dw)
        if np.isfinite(dw).all() or np.isfinite(g).all():
            return dw
    sizes = len(x), groups, w_shape[0] // groups, x.itemsize
    plan, arrays = choose("dw", *sizes, *task), (_in_groups(x, groups), _in_groups(g, groups))
    if type(plan) is LanePlan and not plan.bare:
        _correlate_lanes(*arrays, task, _of_groups(dw, groups))
        if np.isfinite(dw).all() or np.isfinite(g).all():
            return dw
    if type(plan) is TapPlan:
        _correlate(*arrays, task, _of_groups(dw, groups))
        if np.isfinite(dw).all() or np.isfinite(x).all():
            return dw
    if type(plan) is not GemmPlan:
        plan = product_plan("dw", *sizes, *task)
    _correlate_product(*arrays, plan, _of_groups(dw, groups))
    return dw
