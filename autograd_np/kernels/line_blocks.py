"""The cores of the loops over lines, of as many elements as a vector has or more: sums, the largest, affine maps.

The last vector ends where the line does, and so may have some elements of the one before once more.  LLVM's own loops
have vectors only for several times as many elements, and lines are short: of a plane of 7² pixels, a row of 20 scores.

Each array comes with the index of the first element that is read or written; but vectors that have a channel in each
lane, whose sums go to one vector, are a whole array.
"""

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .emitter import Emitter, i64

_intrinsic: Any = intrinsic


# Combine all vectors of so many lines to one: `vector_at(line, p)` is the one that begins with element p of a line,
# `combine` takes two to one, and `start` is what leaves a lane as it is.
def _reduced(emit, lines, count, start: float, vector_at: Callable, combine: Callable) -> ir.Value:
    b, lanes = emit.builder, ir.Constant(i64, emit.lanes)
    neutral, whole = ir.Constant(emit.vector, [start] * emit.lanes), b.sdiv(count, lanes)
    known = emit.first_lanes(b.sub(b.mul(b.add(whole, ir.Constant(i64, 1)), lanes), count))

    def reduce_line(line, totals) -> list[ir.Value]:
        (total,) = emit.loop(whole, totals, lambda s, sums: [combine(sums[0], vector_at(line, b.mul(s, lanes)))])
        return [combine(total, b.select(known, neutral, vector_at(line, b.sub(count, lanes))))]

    (total,) = emit.loop(lines, [neutral], reduce_line)
    return total


# The sum of x[x0 + l * apart:][:count] for l < lines.
@_intrinsic
def sum_of_lines(typing, x, x0, lines, apart, count) -> tuple:
    """Add up in vectors."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit, (x, x0, lines, apart, count) = Emitter(context, b, signature.args[0]), arguments
        (at,) = emit.places(signature, [x, x0])

        def vector_at(line, p) -> ir.Value:
            return emit.load(emit.at(at, b.add(b.mul(line, apart), p)))

        return emit.sum_of_lanes(_reduced(emit, lines, count, 0.0, vector_at, b.fadd))

    return x.dtype(x, x0, lines, apart, count), codegen


SUMS = 4  # that are added up side by side: each waits for the one before


# Add up `count` vectors, of which `vector_at` gives the one that begins with an element.
def _added(emit, count, vector_at: Callable) -> ir.Value:
    b, lanes, several = emit.builder, ir.Constant(i64, emit.lanes), ir.Constant(i64, SUMS)
    rounds, zeros = b.sdiv(count, several), ir.Constant(emit.vector, [0.0] * emit.lanes)

    def add(total, at) -> ir.Value:
        return b.fadd(total, vector_at(b.mul(at, lanes)))

    def add_several(s, sums) -> list[ir.Value]:
        first = b.mul(s, several)
        return [add(total, b.add(first, ir.Constant(i64, k))) for k, total in enumerate(sums)]

    first, *others = emit.loop(rounds, [zeros] * SUMS, add_several)
    done = b.mul(rounds, several)
    (total,) = emit.loop(b.sub(count, done), [first], lambda s, sums: [add(sums[0], b.add(done, s))])
    for other in others:
        total = b.fadd(total, other)
    return total


# out[b] = the sum of x[p * lanes + b] for p < count: each lane on its own.
@_intrinsic
def sum_in_lanes(typing, x, count, out) -> tuple:
    """Add up vectors."""

    def codegen(context, b, signature, arguments) -> Any:
        emit, (x_array, count, target), zero = Emitter(context, b, x), arguments, ir.Constant(i64, 0)
        at, out_at = emit.places(types.void(x, types.int64, out, types.int64), [x_array, zero, target, zero])
        emit.store(_added(emit, count, lambda p: emit.load(emit.at(at, p))), out_at)
        return context.get_dummy_value()

    return types.void(x, count, out), codegen


# out[b] = the sum of (g[at] - shift[b]) * (x[at] - mean[b]), with at = p * lanes + b, for p < count.
@_intrinsic
def sum_products_in_lanes(typing, g, shift, x, mean, count, out) -> tuple:
    """Add up products of differences."""

    def codegen(context, b, signature, arguments) -> Any:
        emit, (g_array, shifts, x_array, means, count, target) = Emitter(context, b, x), arguments
        index, zero = types.int64, ir.Constant(i64, 0)
        kinds, begins = types.void(g, index, x, index, out, index), [g_array, zero, x_array, zero, target, zero]
        g_at, x_at, out_at = emit.places(kinds, begins)
        by_g, by_x = _vectors(emit, (shift, mean), (shifts, means))

        def product(p) -> ir.Value:
            return b.fmul(b.fsub(emit.load(emit.at(g_at, p)), by_g), b.fsub(emit.load(emit.at(x_at, p)), by_x))

        emit.store(_added(emit, count, product), out_at)
        return context.get_dummy_value()

    return types.void(g, shift, x, mean, count, out), codegen


# The largest of x[x0:][:count], NaN left out.
@_intrinsic
def largest_of(typing, x, x0, count) -> tuple:
    """Compare vectors."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit, (x, x0, count) = Emitter(context, b, signature.args[0]), arguments
        (at,), one = emit.places(signature, [x, x0]), ir.Constant(i64, 1)

        def larger(old, new) -> ir.Value:
            return b.select(b.fcmp_ordered(">", new, old), new, old)

        found = _reduced(emit, one, count, -math.inf, lambda _, p: emit.load(emit.at(at, p)), larger)
        return emit.largest_of_lanes(found)

    return x.dtype(x, x0, count), codegen


# The sum of (g[at:] - shift) * (x[at:] - mean), for `count` elements of lines as those of `sum_of_lines`.
@_intrinsic
def sum_of_products(typing, g, shift, x, mean, x0, lines, apart, count) -> tuple:
    """Add up products of differences."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit, (g, shift, x, mean, x0, lines, apart, count) = Emitter(context, b, signature.args[0]), arguments
        kinds = types.void(signature.args[0], types.int64, signature.args[2], types.int64)
        places, shifts = emit.places(kinds, [g, x0, x, x0]), (emit.splat(shift), emit.splat(mean))

        def product(line, p) -> ir.Value:
            offset = b.add(b.mul(line, apart), p)
            return b.fmul(*[b.fsub(emit.load(emit.at(at, offset)), by) for at, by in zip(places, shifts, strict=True)])

        return emit.sum_of_lanes(_reduced(emit, lines, count, 0.0, product, b.fadd))

    return x.dtype(g, shift, x, mean, x0, lines, apart, count), codegen


# Fill `count` elements from `at` on, which are none of those that the vectors are made of.
def _fill(emit, at, count, vector_at: Callable) -> None:
    b, lanes = emit.builder, ir.Constant(i64, emit.lanes)

    def fill(p) -> None:
        emit.store(vector_at(p), emit.at(at, p))

    def step(s, _) -> list:
        fill(b.mul(s, lanes))
        return []

    emit.loop(b.sdiv(count, lanes), [], step)
    fill(b.sub(count, lanes))


# Numbers as vectors: those that are arrays have one for each lane.
def _vectors(emit, kinds, numbers) -> list[ir.Value]:
    zero = ir.Constant(i64, 0)
    return [
        emit.load(emit.places(types.void(kind, types.int64), [number, zero])[0])
        if isinstance(kind, types.Array)
        else emit.splat(number)
        for kind, number in zip(kinds, numbers, strict=True)
    ]


# out[o0:] = (x[x0:] - mean) * scale + shift, for `count` elements.
@_intrinsic
def scale_line(typing, x, x0, mean, scale, shift, out, o0, count) -> tuple:
    """Map one line."""

    def codegen(context, b, signature, arguments) -> Any:
        emit, (line, at, *numbers, target, to, count) = Emitter(context, b, x), arguments
        x_at, out_at = emit.places(types.void(x, x0, out, o0), [line, at, target, to])
        centre, *map_to = _vectors(emit, (mean, scale, shift), numbers)

        def scaled(p) -> ir.Value:
            return b.call(emit.fmuladd, [b.fsub(emit.load(emit.at(x_at, p)), centre), *map_to])

        _fill(emit, out_at, count, scaled)
        return context.get_dummy_value()

    return types.void(x, x0, mean, scale, shift, out, o0, count), codegen


# out[o0:] = scale * g[g0:] + slope * (x[x0:] - mean) + shift, for `count` elements.
@_intrinsic
def blend_lines(typing, g, g0, scale, x, x0, mean, slope, shift, out, o0, count) -> tuple:
    """Map two lines to one."""

    def codegen(context, b, signature, arguments) -> Any:
        emit, (first, g_begin, scale, second, x_begin, *numbers, target, to, count) = Emitter(context, b, x), arguments
        lines = types.void(g, g0, x, x0, out, o0)
        g_at, x_at, out_at = emit.places(lines, [first, g_begin, second, x_begin, target, to])
        kinds = signature.args[2], *signature.args[5:8]
        scale, mean, slope, shift = _vectors(emit, kinds, (scale, *numbers))

        def blended(p) -> ir.Value:
            rest = b.call(emit.fmuladd, [b.fsub(emit.load(emit.at(x_at, p)), mean), slope, shift])
            return b.call(emit.fmuladd, [scale, emit.load(emit.at(g_at, p)), rest])

        _fill(emit, out_at, count, blended)
        return context.get_dummy_value()

    return types.void(g, g0, scale, x, x0, mean, slope, shift, out, o0, count), codegen
