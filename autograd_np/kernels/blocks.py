"""The cores of the loops over taps: blocks that keep their sums or maxima in vector registers over a whole inner loop.

Numba cannot write these from Python loops, but takes them as LLVM IR through an intrinsic.  Each array comes with the
index of the first element that the block reads or writes.
"""

from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _vector_shape() -> tuple[int, int]:
    """Return the bytes of a vector, and how many a block has: MR times as many sums, all in registers."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 64, 4
    if features.get("avx2"):
        return 32, 3
    return 16, 3


MR = 4  # output channels in a block, on every machine: callers lay out weights for it
VECTOR_BYTES, NV = _vector_shape()
NT = 3  # taps in a block of correlate_taps, on every machine: callers pad the taps to it
NT_SINGLE = 9  # the same where there is one output channel only, as in depthwise convolution: a window of 3 x 3

_i64, _i32 = ir.IntType(64), ir.IntType(32)
_intrinsic: Any = intrinsic


class _Emitter:
    """What the cores are made of: loads and stores of vectors, fused multiply-adds, and a loop."""

    def __init__(self, context, builder, array_type) -> None:
        self.context, self.builder = context, builder
        self.scalar = context.get_value_type(array_type.dtype)
        self.lanes = VECTOR_BYTES // (array_type.dtype.bitwidth // 8)
        self.align = array_type.dtype.bitwidth // 8
        self.vector = ir.VectorType(self.scalar, self.lanes)
        suffix = f"v{self.lanes}f{array_type.dtype.bitwidth}"
        signature = ir.FunctionType(self.vector, [self.vector] * 3)
        # Not fma: without a fused instruction that would be a call, and this is a product and a sum.
        self.fmuladd = cgutils.get_or_insert_function(builder.module, signature, f"llvm.fmuladd.{suffix}")
        signature = ir.FunctionType(self.scalar, [self.scalar, self.vector])
        self.add_lanes = cgutils.get_or_insert_function(builder.module, signature, f"llvm.vector.reduce.fadd.{suffix}")

    def at(self, pointer, index) -> ir.Value:
        return self.builder.gep(pointer, [index if isinstance(index, ir.Value) else ir.Constant(_i64, index)])

    def places(self, signature, arguments) -> list[ir.Value]:
        """Return a pointer for each pair of arguments (array, index)."""
        kinds = signature.args[: len(arguments) : 2]
        arrays = (
            self.context.make_array(kind)(self.context, self.builder, array)
            for kind, array in zip(kinds, arguments[::2], strict=True)
        )
        return [self.at(array.data, index) for array, index in zip(arrays, arguments[1::2], strict=True)]

    def lines(self, count, pointer, pitch) -> list[ir.Value]:
        """Return where `count` lines start that are `pitch` elements apart."""
        return [self.at(pointer, self.builder.mul(pitch, ir.Constant(_i64, m))) for m in range(count)]

    def load(self, pointer) -> ir.Value:
        value = self.builder.load(self.builder.bitcast(pointer, self.vector.as_pointer()))
        value.align = self.align
        return value

    def load_integers(self, pointer, kind) -> ir.Value:
        value = self.builder.load(self.builder.bitcast(pointer, ir.VectorType(kind, self.lanes).as_pointer()))
        value.align = kind.width // 8
        return value

    def is_larger(self, new, old) -> ir.Value:
        """Whether new is the maximum of the two, of which the first NaN is one."""
        b = self.builder
        first_nan = b.and_(b.fcmp_unordered("uno", new, new), b.fcmp_ordered("ord", old, old))
        return b.or_(b.fcmp_ordered(">", new, old), first_nan)

    def store(self, value, pointer) -> None:
        pointer = self.builder.bitcast(pointer, value.type.as_pointer())
        self.builder.store(value, pointer).align = self.align

    def splat(self, scalar) -> ir.Value:
        undefined = ir.Constant(ir.VectorType(scalar.type, self.lanes), ir.Undefined)
        one = self.builder.insert_element(undefined, scalar, ir.Constant(_i32, 0))
        everywhere = ir.Constant(ir.VectorType(_i32, self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(one, undefined, everywhere)

    def loop(self, count, sums, step) -> list[ir.Value]:
        """Emit `for i in range(count): sums = step(i, sums)` with the sums in registers, and return them."""
        b = self.builder
        before = b.block
        head, body, after = (b.append_basic_block(name) for name in ("head", "body", "after"))
        b.branch(head)
        b.position_at_end(head)
        i = b.phi(_i64)
        i.add_incoming(ir.Constant(_i64, 0), before)
        carried = [b.phi(start.type) for start in sums]
        for phi, start in zip(carried, sums, strict=True):
            phi.add_incoming(start, before)
        b.cbranch(b.icmp_signed("<", i, count), body, after)
        b.position_at_end(body)
        following = step(i, carried)
        i.add_incoming(b.add(i, ir.Constant(_i64, 1)), b.block)
        for phi, value in zip(carried, following, strict=True):
            phi.add_incoming(value, b.block)
        b.branch(head)
        b.position_at_end(after)
        return carried


# out[m, :] = bias[m] + sum_t weights[t, m] * row[offsets[t]:]   for mr channels and nv vectors of positions.
# out has rows of `pitch` elements.
def _accumulator(mr: int, nv: int) -> Any:
    @_intrinsic
    def block(typing, weights, w0, row, r0, offsets, t0, bias, b0, out, o0, taps, pitch) -> tuple:
        def codegen(context, b, signature, arguments) -> ir.Value:
            emit = _Emitter(context, b, weights)
            w_at, row_at, offset_at, bias_at, out_at = emit.places(signature, arguments[:10])
            count, out_pitch = arguments[10:]

            def step(t, sums) -> list:
                source = emit.at(row_at, b.load(emit.at(offset_at, t)))
                xs = [emit.load(emit.at(source, v * emit.lanes)) for v in range(nv)]
                ws = emit.at(w_at, b.mul(t, ir.Constant(_i64, mr)))
                following = []
                for m in range(mr):
                    w = emit.splat(b.load(emit.at(ws, m)))
                    following += [b.call(emit.fmuladd, [w, xs[v], sums[m * nv + v]]) for v in range(nv)]
                return following

            starts = [emit.splat(b.load(emit.at(bias_at, m))) for m in range(mr)]
            sums = emit.loop(count, [start for start in starts for _ in range(nv)], step)
            for m, line in enumerate(emit.lines(mr, out_at, out_pitch)):
                for v in range(nv):
                    emit.store(sums[m * nv + v], emit.at(line, v * emit.lanes))
            return context.get_dummy_value()

        return types.void(weights, w0, row, r0, offsets, t0, bias, b0, out, o0, taps, pitch), codegen

    return block


# Four channels read each position once for all; a channel on its own has as many sums, of other positions.
accumulate_block, accumulate_single = _accumulator(MR, NV), _accumulator(1, MR * NV)
accumulate_two = _accumulator(MR, 2)  # vectors, where no more are left


# out[m, t] += sum_s g[m, s] * row[offsets[t] + s]   for mr channels, nt taps, `steps` vectors of s.
def _correlator(mr: int, nt: int) -> Any:
    @_intrinsic
    def block(typing, g, g0, row, r0, offsets, t0, out, o0, g_pitch, out_pitch, steps) -> tuple:
        def codegen(context, b, signature, arguments) -> ir.Value:
            emit = _Emitter(context, b, g)
            g_at, row_at, offset_at, out_at = emit.places(signature, arguments[:8])
            pitch, taps, count = arguments[8:]
            lines = emit.lines(mr, g_at, pitch)
            sources = [emit.at(row_at, b.load(emit.at(offset_at, t))) for t in range(nt)]

            def step(s, sums) -> list:
                s = b.mul(s, ir.Constant(_i64, emit.lanes))
                xs = [emit.load(emit.at(source, s)) for source in sources]
                gs = [emit.load(emit.at(line, s)) for line in lines]
                return [b.call(emit.fmuladd, [gs[m], xs[t], sums[m * nt + t]]) for m in range(mr) for t in range(nt)]

            zero = ir.Constant(emit.vector, [0.0] * emit.lanes)
            sums = emit.loop(count, [zero] * (mr * nt), step)
            for m, line in enumerate(emit.lines(mr, out_at, taps)):
                for t in range(nt):
                    place = emit.at(line, t)
                    # The lanes may be added in any order; NaN, inf and signed zero stay as they are.
                    total = b.call(emit.add_lanes, [b.load(place), sums[m * nt + t]], fastmath=["reassoc"])
                    b.store(total, place)
            return context.get_dummy_value()

        return types.void(g, g0, row, r0, offsets, t0, out, o0, g_pitch, out_pitch, steps), codegen

    return block


correlate_block, correlate_single = _correlator(MR, NT), _correlator(1, NT_SINGLE)


# best[p] = max_t row[p + offsets[t]] and which[p] = tags[t] of the first t that has it, for NV vectors of
# positions.  The first NaN is the maximum; where all are -inf, which[p] stays -1.
@_intrinsic
def maximum_block(typing, row, r0, best, b0, which, w0, offsets, tags, taps) -> tuple:
    """Keep maxima and their tags in registers."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = _Emitter(context, b, row)
        row_at, best_at, which_at = emit.places(signature, arguments[:6])
        start = ir.Constant(_i64, 0)
        kinds = types.void(offsets, taps, tags, taps)
        offset_at, tag_at = emit.places(kinds, [arguments[6], start, arguments[7], start])

        def step(t, carried) -> list:
            source = emit.at(row_at, b.load(emit.at(offset_at, t)))
            tag = emit.splat(b.load(emit.at(tag_at, t)))
            bests, tag_sets = [], []
            for v, (old, old_tag) in enumerate(zip(carried[:NV], carried[NV:], strict=True)):
                new = emit.load(emit.at(source, v * emit.lanes))
                better = emit.is_larger(new, old)
                bests.append(b.select(better, new, old))
                tag_sets.append(b.select(better, tag, old_tag))
            return bests + tag_sets

        integer = context.get_value_type(which.dtype)
        lowest = emit.splat(ir.Constant(emit.scalar, float("-inf")))
        carried = emit.loop(arguments[8], [lowest] * NV + [emit.splat(ir.Constant(integer, -1))] * NV, step)
        for v in range(NV):
            emit.store(carried[v], emit.at(best_at, v * emit.lanes))
            emit.store(carried[NV + v], emit.at(which_at, v * emit.lanes))
        return context.get_dummy_value()

    return types.void(row, r0, best, b0, which, w0, offsets, tags, taps), codegen


# best[p] = max(row[2 p], row[2 p + 1]) and which[p] = firsts[p], or one more if it is the second, for `count` vectors.
@_intrinsic
def maximum_of_pairs(typing, row, firsts, best, which, count) -> tuple:
    """Put neighbours into two vectors, and take the larger ones."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit, start = _Emitter(context, b, row), ir.Constant(_i64, 0)
        kinds = types.void(*(part for kind in (row, firsts, best, which) for part in (kind, count)))
        starts = [part for array in arguments[:4] for part in (array, start)]
        row_at, first_at, best_at, which_at = emit.places(kinds, starts)
        integer, lanes = context.get_value_type(which.dtype), range(emit.lanes)
        evens, odds = (ir.Constant(ir.VectorType(_i32, emit.lanes), [2 * i + odd for i in lanes]) for odd in (0, 1))

        def step(s, _) -> list:
            p = b.mul(s, ir.Constant(_i64, emit.lanes))
            source = emit.at(row_at, b.mul(p, ir.Constant(_i64, 2)))
            low, high = emit.load(source), emit.load(emit.at(source, emit.lanes))
            left, right = b.shuffle_vector(low, high, evens), b.shuffle_vector(low, high, odds)
            second = emit.is_larger(right, left)
            emit.store(b.select(second, right, left), emit.at(best_at, p))
            first = emit.load_integers(emit.at(first_at, p), integer)
            emit.store(b.add(first, b.zext(second, first.type)), emit.at(which_at, p))
            return []

        emit.loop(arguments[4], [], step)
        return context.get_dummy_value()

    return types.void(row, firsts, best, which, count), codegen


# out[to + c] = max(best[at + c], best[at + pitch + c]), and out_which is which there, for `count` vectors.
@_intrinsic
def maximum_of_lines(typing, best, which, at, pitch, out, out_which, to, count) -> tuple:
    """Take the larger ones of two lines."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = _Emitter(context, b, best)
        kinds = types.void(best, at, which, at, out, to, out_which, to)
        bests, whiches, start, down, outs, out_whiches, first, vectors = arguments
        starts = [bests, start, whiches, start, outs, first, out_whiches, first]
        best_at, which_at, out_at, out_which_at = emit.places(kinds, starts)
        integer = context.get_value_type(which.dtype)

        def step(s, _) -> list:
            p = b.mul(s, ir.Constant(_i64, emit.lanes))
            q = b.add(p, down)
            upper, lower = emit.load(emit.at(best_at, p)), emit.load(emit.at(best_at, q))
            above, below = (emit.load_integers(emit.at(which_at, place), integer) for place in (p, q))
            second = emit.is_larger(lower, upper)
            emit.store(b.select(second, lower, upper), emit.at(out_at, p))
            emit.store(b.select(second, below, above), emit.at(out_which_at, p))
            return []

        emit.loop(vectors, [], step)
        return context.get_dummy_value()

    return types.void(best, which, at, pitch, out, out_which, to, count), codegen


# target[t0 + i] = source[s0 + 2 i] for `count` elements, no fewer than a vector has.  The last vector ends where the
# elements do, and so may repeat some of the one before; source[s0 + 2 count - 1] is read, too.
@_intrinsic
def copy_alternate(typing, source, s0, target, t0, count) -> tuple:
    """Take every second element of two vectors."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = _Emitter(context, b, source)
        source_at, target_at = emit.places(signature, arguments[:4])
        lanes, count = ir.Constant(_i64, emit.lanes), arguments[4]
        alternate = ir.Constant(ir.VectorType(_i32, emit.lanes), [2 * i for i in range(emit.lanes)])
        end = b.sub(count, lanes)

        def step(s, _) -> list:
            p = b.mul(s, lanes)
            p = b.select(b.icmp_signed("<", p, end), p, end)
            place = emit.at(source_at, b.mul(p, ir.Constant(_i64, 2)))
            low, high = emit.load(place), emit.load(emit.at(place, emit.lanes))
            emit.store(b.shuffle_vector(low, high, alternate), emit.at(target_at, p))
            return []

        emit.loop(b.sdiv(b.add(count, b.sub(lanes, ir.Constant(_i64, 1))), lanes), [], step)
        return context.get_dummy_value()

    return types.void(source, s0, target, t0, count), codegen


# Copy `count` elements from source[s0:] to target[t0:]: on short lines libc's memcpy beats a loop of vectors.
@_intrinsic
def copy_line(typing, source, s0, target, t0, count) -> tuple:
    """Call memcpy."""

    def codegen(context, b, signature, arguments) -> ir.Value:
        emit = _Emitter(context, b, source)
        source_at, target_at = emit.places(signature, arguments[:4])
        cgutils.raw_memcpy(b, target_at, source_at, arguments[4], emit.align)
        return context.get_dummy_value()

    return types.void(source, s0, target, t0, count), codegen
