"""How kernels write loops over vectors as LLVM IR, which Numba cannot make of Python loops.

Each array comes with the index of the first element that is read or written.
"""

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils


def _vector_shape() -> tuple[int, int]:
    """Return the bytes of a vector, and how many a block has: MR times as many sums, all in registers."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 64, 4
    if features.get("avx2"):
        return 32, 3
    return 16, 3


VECTOR_BYTES, NV = _vector_shape()

i64, i32 = ir.IntType(64), ir.IntType(32)


class Emitter:
    """What the blocks are made of: loads and stores of vectors, fused multiply-adds, and a loop."""

    def __init__(self, context, builder, array_type, size=None) -> None:
        self.context, self.builder = context, builder
        self.scalar = context.get_value_type(array_type.dtype)
        self.lanes = (size or VECTOR_BYTES) // (array_type.dtype.bitwidth // 8)
        self.align = array_type.dtype.bitwidth // 8
        self.vector = ir.VectorType(self.scalar, self.lanes)
        self.suffix = suffix = f"v{self.lanes}f{array_type.dtype.bitwidth}"
        signature = ir.FunctionType(self.vector, [self.vector] * 3)
        # Not fma: without a fused instruction that would be a call, and this is a product and a sum.
        self.fmuladd = cgutils.get_or_insert_function(builder.module, signature, f"llvm.fmuladd.{suffix}")
        signature = ir.FunctionType(self.scalar, [self.scalar, self.vector])
        self.add_lanes = cgutils.get_or_insert_function(builder.module, signature, f"llvm.vector.reduce.fadd.{suffix}")
        signature = ir.FunctionType(self.scalar, [self.vector])
        self.compare_lanes = cgutils.get_or_insert_function(
            builder.module, signature, f"llvm.vector.reduce.fmax.{suffix}"
        )

    def at(self, pointer, index) -> ir.Value:
        """Return the place of an element behind a pointer."""
        return self.builder.gep(pointer, [index if isinstance(index, ir.Value) else ir.Constant(i64, index)])

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
        return [self.at(pointer, self.builder.mul(pitch, ir.Constant(i64, m))) for m in range(count)]

    def load(self, pointer) -> ir.Value:
        """Emit the load of a vector, which may lie anywhere."""
        value = self.builder.load(self._as_vector(pointer))
        value.align = self.align
        return value

    def first_lanes(self, count) -> ir.Value:
        """Return a mask of so many lanes."""
        numbers = ir.Constant(ir.VectorType(count.type, self.lanes), list(range(self.lanes)))
        return self.builder.icmp_signed("<", numbers, self.splat(count))

    def load_lanes(self, pointer, mask) -> ir.Value:
        """Emit the load of a vector's lanes of a mask, and of nothing else; the others are 0."""
        zeros, align = ir.Constant(self.vector, None), ir.Constant(i32, self.align)
        return self._masked("load", self.vector, [self._as_vector(pointer), align, mask, zeros])

    def store_lanes(self, value, pointer, mask) -> None:
        """Emit the store of a vector's lanes of a mask."""
        align = ir.Constant(i32, self.align)
        self._masked("store", ir.VoidType(), [value, self._as_vector(pointer), align, mask])

    def _masked(self, what, result, arguments) -> ir.Value:
        signature = ir.FunctionType(result, [argument.type for argument in arguments])
        name = f"llvm.masked.{what}.{self.suffix}.p0"
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, signature, name), arguments)

    def _as_vector(self, pointer) -> ir.Value:
        return self.builder.bitcast(pointer, self.vector.as_pointer())

    def is_larger(self, new, old) -> ir.Value:
        """Whether new is the maximum of the two, of which the first NaN is one."""
        b = self.builder
        return b.and_(b.fcmp_unordered(">", new, old), b.fcmp_ordered("ord", old, old))

    def store(self, value, pointer) -> None:
        """Emit the store of a vector."""
        pointer = self.builder.bitcast(pointer, value.type.as_pointer())
        self.builder.store(value, pointer).align = self.align

    def add_to(self, pointer, vector) -> None:
        """Add all lanes to one element."""
        self.builder.store(self.sum_of_lanes(vector, self.builder.load(pointer)), pointer)

    def sum_of_lanes(self, vector, start=None) -> ir.Value:
        """Return the sum of all lanes, in any order: NaN, inf and signed zero stay as they are."""
        start = ir.Constant(self.scalar, 0.0) if start is None else start
        return self.builder.call(self.add_lanes, [start, vector], fastmath=["reassoc"])

    def largest_of_lanes(self, vector) -> ir.Value:
        """Return the largest of all lanes, of which none is NaN."""
        return self.builder.call(self.compare_lanes, [vector], fastmath=["nnan"])

    def splat(self, scalar) -> ir.Value:
        """Return a vector with the same number in all lanes."""
        undefined = ir.Constant(ir.VectorType(scalar.type, self.lanes), ir.Undefined)
        one = self.builder.insert_element(undefined, scalar, ir.Constant(i32, 0))
        everywhere = ir.Constant(ir.VectorType(i32, self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(one, undefined, everywhere)

    def loop(self, count, sums, step, unroll=True) -> list[ir.Value]:
        """Emit `for i in range(count): sums = step(i, sums)` with the sums in registers, and return them.

        LLVM unrolls loops by its own judgement; where places depend on many numbers it has no registers for them then.
        """
        b = self.builder
        before = b.block
        head, body, after = (b.append_basic_block(name) for name in ("head", "body", "after"))
        b.branch(head)
        b.position_at_end(head)
        i = b.phi(i64)
        i.add_incoming(ir.Constant(i64, 0), before)
        carried = [b.phi(start.type) for start in sums]
        for phi, start in zip(carried, sums, strict=True):
            phi.add_incoming(start, before)
        b.cbranch(b.icmp_signed("<", i, count), body, after)
        b.position_at_end(body)
        following = step(i, carried)
        i.add_incoming(b.add(i, ir.Constant(i64, 1)), b.block)
        for phi, value in zip(carried, following, strict=True):
            phi.add_incoming(value, b.block)
        end = b.branch(head)
        if not unroll:
            off = b.module.add_metadata([ir.MetaDataString(b.module, "llvm.loop.unroll.disable")])
            loop = b.module.add_metadata([ir.Constant(i32, len(b.module.metadata))])  # unlike all others
            loop.operands = (loop, off)  # by naming itself it belongs to this loop alone
            end.set_metadata("llvm.loop", loop)
        b.position_at_end(after)
        return carried

    def choose(self, value, choices, make) -> None:
        """Emit `make(choice)` for each choice, of which the one that `value` is will run."""
        for choice in choices:
            with self.builder.if_then(self.builder.icmp_signed("==", value, ir.Constant(value.type, choice))):
                make(choice)
