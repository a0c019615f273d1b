"""How a convolution is laid out: in rows, in lanes, or as a product of matrices, whichever is likely to cost least.

    rows      a vector has neighbouring pixels                       (`geometry`, `taps`)
    lanes     a vector has one pixel of several images               (`lane_geometry`, `lanes`)
    product   a vector has one pixel or tap of neighbouring outputs  (`gemm_geometry`, `gemm`)

Costs are those of a group of channels, in multiply-adds of a vector; they were fitted to some hundred random tasks.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from . import depthwise, gemm_geometry, geometry
from .blocks import MR
from .emitter import VECTOR_BYTES
from .gemm_geometry import GemmPlan
from .geometry import TapPlan
from .lane_geometry import LanePlan, accumulate_plan, count_products
from .products import TERMS
from .shapes import Padding, Pair, Shape, conv_output_sizes

Plan = TapPlan | LanePlan | GemmPlan

LAYOUTS = "rows", "lanes", "product"

# Planes of fewer positions than a block has are put into one row with those of other images; in correlate_taps, which
# adds up the lanes of vectors at the end of a row, all that find room.
SMALL, LONG_ROW = 64, 512
# Pixels up to which images go into one product, as long as so many items are left that threads divide; and where there
# are fewer than so many, bands are cut.
FEW_PIXELS, FEWEST_ITEMS, FEW_ITEMS = 64, 4, 16

COPYING = 18  # a piece of a plane, into a row or out of it
TURNING, TILING = 3, 1  # a pixel of an image into a lane or back: alone, and in tiles of as many as there are lanes
PACKING, TILING_WEIGHTS = 6, 1.5  # a weight, for rows and lanes, and for a product
ALIGNED = 0.9  # a multiply-add of a product, where no vector lies across two lines of the cache
ADDING_UP = 4  # a vector of a product's sums
REDUCING = 1.4  # times as much, where rows and lanes give dw
MOST_PIXELS = 600  # with more, lanes leave the L1 cache


def blocks_of(outputs: int) -> tuple[int, int]:
    """Return into how many blocks of how many output channels rows and lanes take them: a single one is its own."""
    return (1, 1) if outputs == 1 else (-(-outputs // MR), MR)


def in_a_row(images: int, plane: int, divided: bool) -> int:
    """Return how many images are put into one row: half of them at most, if two threads have nothing else to divide.

    Both would have to pack the row.
    """
    return max(1, min(-(-images // 2) if divided else images, LONG_ROW // plane))


def _rows(images: int, groups: int, outputs: int, vector: int, adjoint: bool, *task: Any) -> tuple[TapPlan, float]:
    """Plan with a row for each image, or for several where planes are small."""
    channels, _, kernel, *_ = task
    make = geometry.adjoint_plan if adjoint else geometry.forward_plan
    plan = make(*task)
    if plan.plane < SMALL * MR // blocks_of(outputs)[1]:
        plan = make(*task, in_a_row(images, plan.plane, groups == 1))
    products = plan.positions * math.prod(kernel) // (len(plan.phases) - 1) * channels * outputs
    into, out_of = plan.pieces
    return plan, images * (products / vector + COPYING * (channels * into + outputs * out_of))


def _cost_of_lanes(images: int, outputs: int, vector: int, adjoint: bool, *task: Any) -> float:
    channels, size, *_ = task
    if outputs == 1 or math.prod(size) > MOST_PIXELS:
        return math.inf
    out, tiled = conv_output_sizes(*task[1:]), images // vector * vector
    read, written = (out, size) if adjoint else (size, out)
    turned = channels * math.prod(read) + outputs * math.prod(written)
    products = -(-images // vector) * count_products(*task[1:]) * channels * outputs
    return products + (TILING * tiled + TURNING * (images - tiled)) * turned


def product_plan(what: str, images: int, groups: int, outputs: int, itemsize: int, *task: Any) -> GemmPlan:
    """Plan as a product: of several images where planes are small, in two bands where there is little to divide."""
    adjoint = what == "dx"
    pixels = math.prod(task[1] if adjoint else conv_output_sizes(*task[1:]))
    items = images * groups * -(-outputs * itemsize // VECTOR_BYTES)
    together = min(images, TERMS // pixels if what == "dw" else min(FEW_PIXELS // pixels, items // FEWEST_ITEMS))
    bands = 2 if items < FEW_ITEMS and pixels >= FEW_PIXELS else 1
    make = gemm_geometry.adjoint_plan if adjoint else gemm_geometry.forward_plan
    return make(*task, groups, max(1, together), bands)


def _cost_of_product(plan: GemmPlan, images: int, outputs: int, vector: int, adjoint: bool, *task: Any) -> float:
    channels, size, *_ = task
    out, blocks = conv_output_sizes(*task[1:]), -(-outputs // vector)
    read, written = (out, size) if adjoint else (size, out)
    products = sum(count * taps for _, count, _, taps, *_ in plan.pieces.tolist())
    sums = sum(count * -(-taps // TERMS) for _, count, _, taps, *_ in plan.pieces.tolist()) * blocks
    cost = ALIGNED * products * (1.2 if blocks == 1 else blocks)  # a vector alone takes longer
    padded = 0 if plan.bare else channels * read[0]
    return images * (cost + ADDING_UP * sums + TILING * outputs * math.prod(written) + COPYING * padded)


def choose(what: str, images: int, groups: int, outputs: int, itemsize: int, *task: Any) -> Plan:
    """Return the plan of the layout that is the quickest for "forward", "dx" or "dw".

    The task is what plans are made for, and its channels are those that are added up; for dw, as for forward.
    """
    channels, _, kernel, *_ = task
    vector, adjoint = VECTOR_BYTES // itemsize, what == "dx"
    weights, slower = channels * outputs * math.prod(kernel), REDUCING if what == "dw" else 1
    rows, by_rows = _rows(images, groups, outputs, vector, adjoint, *task)
    product = product_plan(what, images, groups, outputs, itemsize, *task)
    costs = {
        "rows": slower * (by_rows + PACKING * weights),
        "lanes": slower * (_cost_of_lanes(images, outputs, vector, adjoint, *task) + PACKING * weights),
        "product": _cost_of_product(product, images, outputs, vector, adjoint, *task) + TILING_WEIGHTS * weights,
    }
    cheapest = min(LAYOUTS, key=costs.__getitem__)
    if cheapest == "product":
        return product
    if cheapest == "rows" or costs[cheapest] == math.inf:
        return rows
    return accumulate_plan(*task, vector, MR, adjoint)


@dataclass(frozen=True)
class Task:
    """What is known of a convolution by its shapes, looked up at once.

    Attributes
    ----------
    geometry : tuple
        The channels that are added up, size, kernel, stride, padding and dilation: what plans are made for.
    sizes : tuple of int
        Images, groups, outputs of a group, and the size of an element, of which the layout depends, too.
    plan : Plan
    by_channel : LanePlan or None
        With a channel in each lane, where each has a filter of its own and that pays.
    images, weights, out : Shape
        With groups on an axis of their own.
    out_shape : Shape
        Without.
    """

    geometry: tuple[Any, ...]
    sizes: tuple[int, int, int, int]
    plan: Plan
    by_channel: LanePlan | None
    images: Shape
    weights: Shape
    out: Shape
    out_shape: Shape


@lru_cache(maxsize=256)
def look_up(
    what: str,
    images: Shape,
    weights: Shape,
    itemsize: int,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Task | None:
    """Return what is known for "forward", "dx" or "dw"; None where there is nothing to multiply."""
    (count, _, *size), (outputs, of_group, *kernel) = images, weights
    windows = tuple(size), tuple(kernel), stride, padding, dilation
    out = conv_output_sizes(*windows)
    if not math.prod((*images, *weights, *out)):
        return None
    together = outputs // groups, of_group
    added, given = together if what == "dx" else together[::-1]
    sizes, task = (count, groups, given, itemsize), (added, *windows)
    by_channel = depthwise.plan(groups, itemsize, what == "dx", *windows) if together == (1, 1) else None
    grouped = (count, groups, of_group, *size), (groups, *together, *kernel), (count, groups, together[0], *out)
    plan = choose(what, *sizes, *task)
    if what == "dw" and type(plan) is TapPlan:
        # Sums of their own cost each thread more than that it packs alone, if there are many of them.
        divided = groups == 1 and 4 * math.prod(weights) < math.prod(images)
        plan = geometry.forward_plan(*task, in_a_row(count, geometry.forward_plan(*task).plane, divided))
    return Task(task, sizes, plan, by_channel, *grouped, (count, outputs, *out))
