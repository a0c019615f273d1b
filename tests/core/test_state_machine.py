"""Random programs of arithmetic, views, in-place work and backward, against a model that shares no code with them.

The model is NumPy itself, on arrays of objects: who shares memory with whom is NumPy's own answer.  Each element is a
`Number` that carries its derivative by every element of every leaf, computed forwards in the most naive way.
"""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import autograd_np as ag
from autograd_np import Tensor


class Number:
    """A value, and its slope by each element of each leaf."""

    def __init__(self, value, slopes=None):
        self.value, self.slopes = float(value), slopes or {}

    def combined(self, value, by_self, other=None, by_other=0.0):
        slopes = Counter({key: by_self * slope for key, slope in self.slopes.items()})
        for key, slope in other.slopes.items() if other else ():
            slopes[key] += by_other * slope
        return Number(value, dict(slopes))

    def __add__(self, other):
        return self.combined(self.value + other.value, 1, other, 1)

    def __sub__(self, other):
        return self.combined(self.value - other.value, 1, other, -1)

    def __mul__(self, other):
        return self.combined(self.value * other.value, other.value, other, self.value)

    def tanh(self):
        return self.combined(math.tanh(self.value), 1 - math.tanh(self.value) ** 2)


number = np.frompyfunc(Number, 1, 1)
value_of = np.frompyfunc(lambda n: n.value, 1, 1)
constant_of = np.frompyfunc(lambda n: Number(n.value), 1, 1)
# In-place work that is not recorded changes what is in memory, and nothing on the tape.
overwritten = np.frompyfunc(lambda old, new: Number(new.value, old.slopes), 2, 1)


def numbers(values):
    return np.asarray(number(np.asarray(values, float)), dtype=object)


def values(array):
    return np.asarray(value_of(array), dtype=float)


def memory(array):
    """Whose memory an array of the model is in."""
    while array.base is not None:
        array = array.base
    return id(array)


class Group:
    """Handles that share memory, and follow each other."""

    def __init__(self, recorded, leaf=False, history=frozenset()):
        self.recorded, self.leaf, self.history = recorded, leaf, set(history)


class Handle:
    """A Tensor, and what the model knows of it."""

    def __init__(self, tensor, array, group, top=None, detached=False):
        self.tensor, self.array, self.group, self.top = tensor, array, group, top
        self.detached = detached  # shares memory with a group that it does not follow
        self.frozen = False

    @property
    def recorded(self):
        return self.group.recorded and not self.detached

    def read(self):
        return self.array if self.recorded else np.asarray(constant_of(self.array), dtype=object)


SHAPES = st.sampled_from([(), (3,), (2, 3), (2, 3), (2, 1), (0, 3)])
RECORDING = st.sampled_from([True, True, True, False])
PICKS = st.integers(0, 255)
VALUES = st.integers(0, 2**32 - 1)
OPERATORS = {"+": "add", "-": "sub", "*": "mul"}
INDICES = st.sampled_from([0, -1, slice(1, None), slice(None, None, -1), slice(None, 2), Ellipsis, (Ellipsis, None)])
FACTORS = st.sampled_from([-1.0, 0.0, 0.5, 1.0])


class Programs(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.clock = 0
        self.live = []
        self.leaves = []
        self.gradients = {}
        self.written = {}
        self.released = set()  # what may have been, by the graphs that were passed
        self.spent = set()  # what surely was

    # -- the model's bookkeeping -------------------------------------------------------------------------------------

    def tick(self):
        self.clock += 1
        return self.clock

    def add(self, tensor, array, group, **more):
        handle = Handle(tensor, array, group, **more)
        self.live.append(handle)
        return handle

    def pick(self, number):
        """Give one of the handles: mostly one in a graph, mostly a young one, which has more behind it."""
        pool = [handle for handle in self.live if handle.recorded] if number % 4 else self.live
        pool = (pool or self.live)[-6 if number % 3 else 0 :]
        return pool[number // 12 % len(pool)]

    def history(self, *operands):
        """Everything that a result of these operands, made now, may depend on."""
        found = set()
        for operand in operands:
            if operand.recorded:
                found |= operand.group.history
            found.add(("read", memory(operand.array), self.clock))
        return found

    def computed(self, tensor, array, recording, *operands):
        time = self.tick()
        recorded = recording and any(operand.recorded for operand in operands)
        if not recorded:
            array = np.asarray(constant_of(array), dtype=object)
        group = Group(recorded, history={("op", time), ("read", memory(array), time), *self.history(*operands)})
        self.add(tensor, array, group, top=time)

    def record_write(self, target):
        """A recorded change moves a group to new memory; those that shared the old one without following stay."""
        for handle in self.live:
            if handle.detached and np.shares_memory(handle.array, target.array):
                handle.array, handle.frozen = handle.read().copy(), True

    def may_refuse(self, handle):
        entries = handle.group.history if handle.recorded else set()
        stale = any(kind == "read" and self.written.get(rest[0], 0) > rest[1] for kind, *rest in entries)
        return stale or any(kind == "op" and rest[0] in self.released for kind, *rest in entries)

    # -- what programs are made of -----------------------------------------------------------------------------------

    @initialize(seed=VALUES)
    def begin(self, seed):
        self.create((2, 3), seed, True)
        self.create((3,), seed, True)
        self.create((2, 3), seed, False)

    @rule(shape=SHAPES, seed=VALUES, leaf=st.booleans())
    def create(self, shape, seed, leaf):
        data = np.random.default_rng(seed).choice([-1.0, -0.5, 0.25, 0.5, 1.0], shape)
        array = numbers(data)
        tensor = Tensor(data, requires_grad=leaf)
        if leaf:
            key = len(self.leaves)
            for i, index in enumerate(np.ndindex(shape)):
                array[index] = Number(data[index], {(key, i): 1.0})
            self.leaves.append(tensor)
        self.add(tensor, array, Group(leaf, leaf))

    @rule(a=PICKS, b=PICKS, sign=st.sampled_from("+-*"), recording=RECORDING)
    def arithmetic(self, a, b, sign, recording):
        a, b = self.pick(a), self.pick(b)
        name = f"__{OPERATORS[sign]}__"
        try:
            array = np.asarray(getattr(a.read(), name)(b.read()), dtype=object)
        except ValueError:
            return
        if array.size and np.abs(values(array)).max() > 100:
            return
        with (ag.enable_grad if recording else ag.no_grad)():
            tensor = getattr(a.tensor, name)(b.tensor)
        self.computed(tensor, array, recording, a, b)

    @rule(a=PICKS, recording=RECORDING)
    def tanh(self, a, recording):
        a = self.pick(a)
        with (ag.enable_grad if recording else ag.no_grad)():
            tensor = ag.tanh(a.tensor)
        self.computed(tensor, np.asarray(np.tanh(a.read()), dtype=object), recording, a)

    @rule(a=PICKS)
    def total(self, a):
        a = self.pick(a)
        start = numbers(0.0)
        for element in a.read().ravel():
            start[()] = start[()] + element
        self.computed(ag.sum(a.tensor), start, True, a)

    @rule(a=PICKS, where=st.sampled_from([[0, -1], [0]]))
    def copy_part(self, a, where):
        a = self.pick(a)
        if not a.array.ndim or not len(a.array):
            return
        self.computed(a.tensor[where], a.read()[where], True, a)

    @rule(
        a=PICKS,
        how=INDICES | st.sampled_from(["transpose", "ravel", "reshape"]),
        recording=RECORDING,
    )
    def view(self, a, how, recording):
        a = self.pick(a)
        take = {
            "transpose": lambda x: x.T,
            "ravel": lambda x: x.reshape(-1),
            "reshape": lambda x: x.reshape((1, *x.shape)),
        }.get(how if isinstance(how, str) else "", lambda x: x[how])
        try:
            array = take(a.array)
        except IndexError:
            return
        with (ag.enable_grad if recording else ag.no_grad)():
            tensor = take(a.tensor)
        shares = isinstance(array, np.ndarray) and memory(array) == memory(a.array)
        if not shares:
            self.computed(tensor, np.asarray(take(a.read()), dtype=object), recording, a)
            return
        if a.detached or (a.recorded and not recording):
            self.add(tensor, array, a.group, detached=True).frozen = a.frozen
            return
        time = self.tick()
        a.group.history |= {("op", time), *self.history(a)}
        self.add(tensor, array, a.group, top=time)

    @rule(a=PICKS)
    def detach(self, a):
        a = self.pick(a)
        self.add(a.tensor.detach(), a.array, a.group, detached=True).frozen = a.frozen

    def write(self, target, recording, operands, change, apply):
        """Let the model make a change and the engine too; or see the engine refuse what must be refused."""
        if target.frozen:
            return
        recorded = recording and (target.recorded or any(operand.recorded for operand in operands))
        if recorded and target.detached:
            return
        new = np.array(target.array if recorded else constant_of(target.array), dtype=object)
        try:
            new = change(new)
            fits = new.shape == target.array.shape
        except ValueError:
            fits = False
        if new.size and np.abs(values(new)).max() > 100:
            return
        refused = not fits or (recorded and target.group.leaf)
        with (ag.enable_grad if recording else ag.no_grad)():
            try:
                apply(target.tensor)
            except (RuntimeError, ValueError):
                assert refused
                return
        assert not refused
        time = self.tick()
        if not recorded:
            target.array[...] = overwritten(target.array, new)
            self.written[memory(target.array)] = time
            return
        self.record_write(target)
        target.group.history |= {("op", time), *self.history(target, *operands)}
        target.group.recorded = True
        target.array[...] = new
        for handle in self.live:  # every member has a new entry
            if handle.group is target.group and not handle.detached:
                handle.top = time

    @rule(a=PICKS, b=PICKS, sign=st.sampled_from("+-*"), recording=RECORDING)
    def update(self, a, b, sign, recording):
        a, b = self.pick(a), self.pick(b)
        name = OPERATORS[sign]

        def change(x):
            return np.asarray(getattr(x, f"__{name}__")(b.read()), dtype=object)

        self.write(a, recording, [b], change, lambda t: getattr(t, f"__i{name}__")(b.tensor))

    @rule(a=PICKS, b=PICKS, index=INDICES, recording=RECORDING)
    def assign(self, a, b, index, recording):
        a, b = self.pick(a), self.pick(b)
        try:
            if b.array.ndim > a.array[index].ndim:
                return
        except (IndexError, AttributeError):
            return

        def change(x):
            x[index] = b.read()
            return x

        def apply(t):
            t[index] = b.tensor

        self.write(a, recording, [b], change, apply)

    @rule(a=PICKS, index=INDICES, factor=FACTORS, recording=RECORDING)
    def update_part(self, a, index, factor, recording):
        a = self.pick(a)

        def change(x):
            x[index] = x[index] * numbers(factor)[()]
            return x

        def apply(t):
            t[index] *= factor

        try:
            a.array[index]
        except IndexError:
            return
        self.write(a, recording, [], change, apply)

    @rule(a=PICKS, bound=FACTORS, recording=RECORDING)
    def assign_where(self, a, bound, recording):
        a = self.pick(a)

        def change(x):
            x[values(x) > bound] = Number(bound)
            return x

        def apply(t):
            t[t > bound] = bound

        self.write(a, recording, [], change, apply)

    @rule(a=PICKS)
    def drop(self, a):
        a = self.pick(a)
        if len(self.live) > 1:
            self.live.remove(a)

    @rule(a=PICKS, seed=VALUES, retain=st.sampled_from([True, True, True, False]))
    def backward(self, a, seed, retain):
        a = self.pick(a)
        cotangent = np.random.default_rng(seed).integers(-2, 3, a.array.shape).astype(float)
        if not a.recorded:
            with pytest.raises(RuntimeError, match="records no gradient"):
                a.tensor.backward(cotangent)
            return
        try:
            a.tensor.backward(cotangent, retain_graph=retain)
        except RuntimeError:
            assert self.may_refuse(a)
            self.release(a, retain)  # what it had passed until then
            return
        assert a.top not in self.spent
        for u, element in zip(cotangent.ravel(), a.array.ravel(), strict=True):
            for (leaf, i), slope in element.slopes.items():
                self.gradients.setdefault(leaf, Counter())[i] += u * slope
        self.release(a, retain)
        if not retain:
            self.spent |= {a.top} - {None}  # a leaf is never released

    def release(self, a, retain):
        if not retain:
            self.released |= {time for kind, time, *_ in a.group.history if kind == "op"}

    # -- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def values_agree(self):
        for handle in self.live:
            assert handle.tensor.requires_grad == handle.recorded
            np.testing.assert_allclose(handle.tensor.data, values(handle.array), rtol=1e-12, atol=1e-12)

    @invariant()
    def gradients_agree(self):
        for key, leaf in enumerate(self.leaves):
            expected = np.zeros(leaf.size)
            for i, slope in self.gradients.get(key, {}).items():
                expected[i] = slope
            found = np.zeros(leaf.size) if leaf.grad is None else leaf.grad.data.ravel()
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


TestPrograms = Programs.TestCase
