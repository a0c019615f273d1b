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
from .geometry import TapPlan
from .lane_geometry import LanePlan, correlate_plan
from .layouts import blocks_of, look_up, product_plan
from .products import TERMS
from .shapes import Padding, Pair, Shape
from .taps import accumulate_taps, correlate_taps

# Partial sums of dw: their number is independent of the threads, so that results are too.
PARTS, PARTS_BYTES = 8, 1024 * 1024

MULTIPLY_ADDS = 16  # in a nanosecond, roughly

# What a product's sums for dw may take up of the L2 cache.
SUMS_BYTES = 512 * 1024


# Worker's share of the blocks of packed (G, blocks, taps * mr): phase by phase, and tap by tap the weights of all
# outputs of a block; and of starts (G, blocks, mr), what their sums begin with: the bias if there is one, or zeros.
# `lie` says how far apart groups, outputs and channels are in the flat weights, how many outputs there are, and in a
# block; indices without a sign need no test.
@kernel
def _pack(worker, workers, weights, bias, lie, places, phases, packed, starts) -> None:
    groups, blocks, size = packed.shape
    a_group, an_output, a_channel, outputs, mr = lie
    channels = size // mr // len(places)
    flat = packed.reshape(-1)
    start, stop = share(groups * blocks, worker, workers)
    for item in range(start, stop):
        group, block = item // blocks, item % blocks
        for m in range(mr):
            o = block * mr + m
            starts[group, block, m] = bias[group * outputs + o] if o < outputs and len(bias) else 0
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


def _packed(
    weights: np.ndarray, bias: np.ndarray | None, places: np.ndarray, phases: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lay out weights (G, outputs, channels, KH, KW) for the kernels, and what the sums of their blocks begin with.

    The weights are a contiguous array or its channels swapped.
    """
    groups, outputs, channels = weights.shape[:3]
    blocks, mr = blocks_of(outputs)
    packed = np.empty((groups, blocks, mr * channels * places.size), weights.dtype)
    starts = np.empty((groups, blocks, mr), weights.dtype)
    swapped = weights.strides[1] < weights.strides[2]
    flat = (weights.swapaxes(1, 2) if swapped else weights).reshape(-1)
    lie = _lie(weights.strides[:3], weights.itemsize, outputs)
    _pack(flat, flat[:0] if bias is None else bias, lie, places, phases, packed, starts, work=packed.size)
    return packed.reshape(groups, -1), starts


@lru_cache(maxsize=256)
def _partial_shape(dw: Shape, itemsize: int, most: int, multiple: int) -> Shape:
    """Return (parts, G, outputs, taps) for sums over parts of the batch: whole blocks, and a multiple of taps."""
    groups, outputs, *taps = dw
    blocks, mr = blocks_of(outputs)
    padded = groups, blocks * mr, -(-math.prod(taps) // multiple) * multiple
    parts = max(1, min(most, PARTS // groups, PARTS_BYTES // (math.prod(padded) * itemsize)))
    parts = -(-most // -(-most // parts)) if most else 1  # as equal ones as may be
    return parts, *padded


def _partial_sums(dw: np.ndarray, most: int, multiple: int) -> np.ndarray:
    """Return room for these sums.  A single one that needs no more room is dw itself."""
    shape = _partial_shape(dw.shape, dw.itemsize, most, multiple)
    return dw.reshape(shape) if math.prod(shape) == dw.size else np.empty(shape, dw.dtype)


# Worker's share of dw (G, outputs, taps): the sum of all parts, whose last outputs and taps are of none.
@kernel
def _add_parts(worker, workers, partial, dw) -> None:
    groups, outputs, taps = dw.shape
    start, stop = share(groups * outputs, worker, workers)
    for item in range(start, stop):
        group, o = item // outputs, item % outputs
        total = dw[group, o]
        total[:] = partial[0, group, o, :taps]
        for part in range(1, len(partial)):
            more = partial[part, group, o, :taps]
            for t in range(len(total)):
                total[t] += more[t]


def _add_up(partial: np.ndarray, dw: np.ndarray) -> None:
    if partial.base is not dw.base:
        _add_parts(partial, dw.reshape(*dw.shape[:2], -1), work=partial.size // 8)


def _accumulate(source: np.ndarray, weights: np.ndarray, bias, plan: TapPlan, out: np.ndarray) -> None:
    """Run accumulate_taps on source (N, G, channels, H, W) and weights (G, outputs, channels, KH, KW)."""
    products = len(source) * weights.size * plan.positions // (len(plan.phases) - 1)
    work = products // MULTIPLY_ADDS + (source.size + out.size) // 2
    packed, starts = _packed(weights, bias, plan.places, plan.phases)
    accumulate_taps(
        source, plan.layout, plan.copies, plan.bounds, packed, plan.offsets, starts, plan.tiles, out, work=work
    )


def _correlate(x: np.ndarray, g: np.ndarray, plan: TapPlan, dw: np.ndarray) -> None:
    """Run correlate_taps on x (N, G, channels, H, W) and g (N, G, outputs, H', W').

    The sums go to dw (G, outputs, channels, KH, KW).
    """
    partial = _partial_sums(dw, -(-len(x) // plan.images), NT_SINGLE if dw.shape[1] == 1 else NT)
    work = g.size * plan.offsets.size // MULTIPLY_ADDS
    correlate_taps(x, g, plan.layout, plan.copies, plan.bounds, plan.padded_offsets, partial, work=work)
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
def _window(size: int, together: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return places and phases of a window whose taps are taken in order, and `bundle` of the kernel."""
    return np.arange(size), np.array([0, size]), np.array([together, size])


def _accumulate_lanes(source: np.ndarray, weights: np.ndarray, bias, plan: LanePlan, out: np.ndarray) -> None:
    """Run lanes.accumulate on the same."""
    places, phases, bundle = _window(math.prod(weights.shape[3:]), plan.together)
    packed, starts = _packed(weights, bias, places, phases)
    tables = plan.offsets, plan.places, plan.tiles, bundle
    work = weights.size * _positions(source, out) // MULTIPLY_ADDS + source.size + out.size
    lanes.accumulate(source, packed, *tables, starts.reshape(len(starts), -1), out, work=work)


def _correlate_lanes(x: np.ndarray, g: np.ndarray, geometry: Any, dw: np.ndarray) -> None:
    """Run lanes.correlate on the same."""
    taps, strides = correlate_plan(*geometry[1:])
    batches = -(-len(x) * x.itemsize // VECTOR_BYTES)
    partial = _partial_sums(dw, batches, 1)
    lanes.correlate(x, g, taps, strides, partial, work=g.size * dw[0, 0].size // MULTIPLY_ADDS + g.size + x.size)
    _add_up(partial, dw)


def _weigh(source: np.ndarray, weights: np.ndarray, bias, plan: LanePlan, out: np.ndarray) -> None:
    """Run depthwise.weigh on the same, of which each group is a channel."""
    source, out, weights = source[:, :, 0], out[:, :, 0], weights.reshape(len(weights), -1)
    starts = np.zeros(len(weights), weights.dtype) if bias is None else bias
    work = (source.size + out.size) // 4 + min(source.size, out.size) * weights.shape[1] // MULTIPLY_ADDS
    depthwise.weigh(source, weights, plan.offsets, plan.places, plan.tiles, starts, out, work=work)


def _correlate_channels(x: np.ndarray, g: np.ndarray, geometry: Any, dw: np.ndarray) -> None:
    """Run depthwise.correlate on the same."""
    taps, strides = correlate_plan(*geometry[1:])
    partial = np.empty((min(len(x), PARTS), len(dw), len(taps)), dw.dtype)
    work = (x.size + g.size) // 4 + g.size * len(taps) // MULTIPLY_ADDS
    depthwise.correlate(x[:, :, 0], g[:, :, 0], taps, strides, partial, work=work)
    _add_up(partial[:, :, None], dw)


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


def _positions(source: np.ndarray, out: np.ndarray) -> int:
    """Return how many elements each weight is multiplied by, at most: those of the smaller planes of all images."""
    return min(source.size // math.prod(source.shape[1:3]), out.size // math.prod(out.shape[1:3]))


_RUN: dict[type, Callable[..., None]] = {
    TapPlan: _accumulate,
    LanePlan: _accumulate_lanes,
    GemmPlan: _accumulate_product,
}


_SHORT = 8192  # elements up to which a product of BLAS is on one thread


def _is_finite(array: np.ndarray) -> bool:
    """Tell whether all elements are: as is the sum of their squares, if that is not too large."""
    return (array.size <= _SHORT and math.isfinite(np.vdot(array, array))) or bool(np.isfinite(array).all())


def conv2d(
    x: np.ndarray,
    w: np.ndarray,
    bias: np.ndarray | None,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """Compute the convolution of contiguous arrays of one dtype, float32 or float64."""
    task = look_up("forward", x.shape, w.shape, x.itemsize, stride, padding, dilation, groups)
    if task is None:
        return fallback.conv2d(x, w, bias, stride=stride, padding=padding, dilation=dilation, groups=groups)
    out, plan = np.empty(task.out_shape, x.dtype), task.plan
    arrays = x.reshape(task.images), w.reshape(task.weights), bias
    if task.by_channel and _is_finite(w):
        _weigh(*arrays, task.by_channel, out.reshape(task.out))
        return out
    if type(plan) is LanePlan and not _is_finite(w):
        plan = product_plan("forward", *task.sizes, *task.geometry)
    _RUN[type(plan)](*arrays, plan, out.reshape(task.out))
    return out


def conv2d_dx(
    g: np.ndarray, w: np.ndarray, x_shape: Shape, *, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> np.ndarray:
    """Compute the adjoint with respect to x."""
    task = look_up("dx", x_shape, w.shape, g.itemsize, stride, padding, dilation, groups)
    if task is None or not (task.by_channel or type(task.plan) is LanePlan or _is_finite(w)):
        return fallback.conv2d_dx(g, w, x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    dx = np.empty(x_shape, g.dtype)
    arrays = g.reshape(task.out), w.reshape(task.weights).swapaxes(1, 2), None
    if task.by_channel:
        _weigh(*arrays, task.by_channel, dx.reshape(task.images))
    else:
        _RUN[type(task.plan)](*arrays, task.plan, dx.reshape(task.images))
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
    task = look_up("dw", x.shape, w_shape, x.itemsize, stride, padding, dilation, groups)
    if task is None:
        return fallback.conv2d_dw(g, x, w_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    if pointwise.suits(w_shape, groups, x.itemsize, stride, padding):
        return _correlate_pixels(x, g, w_shape, groups)
    plan, dw = task.plan, np.empty(w_shape, x.dtype)
    arrays, result = (x.reshape(task.images), g.reshape(task.out)), dw.reshape(task.weights)
    # Where dw is finite, so is all that went into it, and nothing is to be mended.
    if task.by_channel and not task.by_channel.bare and g[0, 0].size <= depthwise.MOST_OUTPUTS:
        _correlate_channels(*arrays, task.geometry, result)
        if _is_finite(dw) or np.isfinite(g).all():
            return dw
    if type(plan) is LanePlan and not plan.bare:
        _correlate_lanes(*arrays, task.geometry, result)
        if _is_finite(dw) or np.isfinite(g).all():
            return dw
    if type(plan) is TapPlan:
        _correlate(*arrays, plan, result)
        if _is_finite(dw) or np.isfinite(x).all():
            return dw
    if type(plan) is not GemmPlan:
        plan = product_plan("dw", *task.sizes, *task.geometry)
    _correlate_product(*arrays, plan, result)
    return dw
