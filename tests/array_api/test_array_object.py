"""The Tensor as the standard's array: operators, indices, numbers, exchange of memory."""

import operator
from typing import Any

import array_api_strict as strict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np import Tensor
from tests.array_api.calls import matmul
from tests.array_api.draws import Draw, compare, to_graph, to_strict, to_tensors
from tests.array_api.elementwise import binary, logical, power, shift

OPERATORS: dict[str, Any] = {
    **dict.fromkeys(("add", "sub", "mul"), binary("iufc")),
    **dict.fromkeys(("floordiv", "mod"), binary("iuf", special=False)),
    **dict.fromkeys(("lt", "le", "gt", "ge"), binary("iuf")),
    **dict.fromkeys(("eq", "ne"), binary("biufc")),
    **dict.fromkeys(("and_", "or_", "xor"), lambda d: d.one_of(logical, binary("iu"))(d)),
    **dict.fromkeys(("lshift", "rshift"), shift),
    "truediv": binary("fc"),
    "pow": power,
    "matmul": matmul,
}
DISCRETE = {"floordiv", "lt", "le", "gt", "ge", "eq", "ne", "and_", "or_", "xor", "lshift", "rshift"}


@pytest.mark.parametrize("name", OPERATORS)
@given(data=st.data())
def test_operators(name: str, data: st.DataObject):
    args, _ = OPERATORS[name](Draw(data.draw))
    f = getattr(operator, name)
    with np.errstate(all="ignore"):
        expected = f(*to_strict(args))
        compare(f(*to_tensors(args)), expected)
        inside = to_graph(args)
        recorded = any(type(x) is Tensor and x.requires_grad for x in inside)
        if recorded and expected.dtype not in (strict.complex64, strict.complex128):
            found = f(*inside)
            compare(found, expected)
            assert found.requires_grad is (name not in DISCRETE)


@pytest.mark.parametrize("name", [name for name in OPERATORS if name not in ("lt", "le", "gt", "ge", "eq", "ne")])
@given(data=st.data())
def test_operators_in_place(name: str, data: st.DataObject):
    args, _ = OPERATORS[name](Draw(data.draw))
    f, in_place = getattr(operator, name), getattr(operator, f"i{name.rstrip('_')}")
    with np.errstate(all="ignore"):
        expected = f(*to_strict(args))
        x, y = to_tensors(args)
        if type(x) is not Tensor or x.shape != expected.shape or x.dtype != expected.dtype._np_dtype:
            return
        memory = x.data
        z = in_place(x, y)
        assert z is x
        assert z.data is memory
        compare(x, expected)
        x, y = to_graph(args)
        if x.requires_grad and name != "floordiv":
            compare(in_place(x, y), expected)
            assert x.requires_grad


@pytest.mark.parametrize("name", ["neg", "pos", "abs", "invert"])
@given(data=st.data())
def test_operators_of_one(name: str, data: st.DataObject):
    x = Draw(data.draw).array(kinds="biu" if name == "invert" else "ifc")
    f = getattr(operator, name)
    expected = f(to_strict(x))
    compare(f(to_tensors(x)), expected)
    if x.dtype.kind == "f":
        assert f(to_graph(x)).requires_grad


def indices(d: Draw, shape: tuple[int, ...], reading: bool = True) -> Any:
    """An index of the standard's: integers, slices, an ellipsis; a mask; to read also None and integer arrays."""
    match d.one_of("basic", "mask", "arrays"):
        case "mask":
            return np.asarray(np.random.default_rng(d(st.integers(0, 99))).random(shape) < 0.5)
        case "arrays" if shape and 0 not in shape and reading:
            rng = np.random.default_rng(d(st.integers(0, 99)))
            size = d.shape(0, 2)
            arrays = tuple(np.asarray(rng.integers(-n, n, size)) for n in shape)
            return tuple(int(i.flat[0]) if i.size and d.one_of(False, False, True) else i for i in arrays)
    index: list[Any] = []
    for n in shape:
        start, stop = sorted((d(st.integers(0, n)), d(st.integers(0, n))))
        part = d.one_of(slice(None), slice(start, stop), slice(None, None, -1) if n else slice(None), slice(0, n, 2))
        index.append(d(st.integers(-n, n - 1)) if n and d.one_of(False, True) else part)
    if d.one_of(False, True):
        index = [*index[: d(st.integers(0, len(index)))], ...]
    if reading and d.one_of(False, True):
        index.insert(d(st.integers(0, len(index))), None)
    if ... not in index and len([i for i in index if i is not None]) < len(shape):
        index.append(...)
    return tuple(index)


@given(data=st.data())
def test_reading_by_index(data: st.DataObject):
    d = Draw(data.draw)
    x = d.array(d.shape())
    index = indices(d, x.shape)
    expected = to_strict(x)[to_strict(index)]
    compare(to_tensors(x)[to_tensors(index)], expected, exact=True)
    if x.dtype.kind == "f":
        found = to_graph(x)[to_tensors(index)]
        compare(found, expected, exact=True)
        assert found.requires_grad


@given(data=st.data())
def test_writing_by_index(data: st.DataObject):
    d = Draw(data.draw)
    x = d.array(d.shape())
    index = indices(d, x.shape, reading=False)
    part = np.zeros(x.shape, x.dtype)[index]
    value = d.one_of(np.zeros((), x.dtype).item(), d.array(np.shape(part), x.dtype))
    if isinstance(index, np.ndarray):
        value = np.zeros((), x.dtype).item()
    expected, found = to_strict(x), to_tensors(x)
    memory = found.data
    expected[to_strict(index)] = to_strict(value)
    found[to_tensors(index)] = to_tensors(value)
    compare(found, expected, exact=True)
    assert found.data is memory
    if x.dtype.kind == "f":
        inside = to_graph(x)
        inside[to_tensors(index)] = to_graph(value)
        compare(inside, expected, exact=True)
        assert inside.requires_grad


def test_an_empty_index_gives_all():
    x = ag.asarray(3.0)
    assert x[()].item() == 3
    assert ag.ones((2, 2))[()].shape == (2, 2)
    assert ag.ones((2, 2))[...].shape == (2, 2)


def test_numbers():
    assert bool(ag.asarray(True)) is True
    assert int(ag.asarray(3, dtype=ag.int8)) == 3
    assert float(ag.asarray(2.5, dtype=ag.float32)) == 2.5
    assert complex(ag.asarray(1 + 2j)) == 1 + 2j
    assert complex(ag.asarray(2.0)) == 2
    assert operator.index(ag.asarray(3, dtype=ag.uint8)) == 3
    assert [*range(5)][ag.asarray(-1)] == 4
    with pytest.raises(TypeError):
        float(ag.asarray(1j))
    with pytest.raises(TypeError):
        operator.index(ag.asarray(1.0))
    with pytest.raises(TypeError):
        operator.index(ag.asarray([1]))
    with pytest.raises(OverflowError):
        int(ag.asarray(ag.inf))
    inside = ag.Tensor(2.0, requires_grad=True)
    for number in (int, float, complex):
        with pytest.raises(TypeError, match="drop this Tensor's gradient"):
            number(inside)
    with ag.no_grad():
        assert float(inside) == 2


def test_pythons_numbers_are_weak():
    for dtype in (ag.float32, ag.float64):
        x = ag.ones(2, dtype=dtype)
        for y in (x * 2.5, 2.5 * x, x + 1, 1 - x, x / 3, x**2, 2**x, x // 2, x % 2, ag.where(x > 0, x, 0.5)):
            assert y.dtype == dtype
    assert (ag.ones(2, dtype=ag.int8) + 1).dtype == ag.int8
    assert (ag.ones(2, dtype=ag.complex64) * 1j).dtype == ag.complex64
    assert (ag.ones(2, dtype=ag.float32) * 1j).dtype == ag.complex64


def test_nothing_is_ever_a_numpy_scalar():
    for x in (ag.arange(3.0), ag.Tensor([1.0, 2.0, 3.0], requires_grad=True) * 1):
        results = [
            *(x[0], x[-1:][0], x.sum(), x.mean(), x.max(), x.std(), x.argmax(), x.any(), x @ x, ag.prod(x), ag.min(x)),
            *(ag.all(x), ag.any(x), ag.count_nonzero(x), ag.argmin(x), ag.searchsorted(ag.arange(3.0), 1.0)),
            *(ag.vecdot(x, x), ag.linalg.vector_norm(x), ag.linalg.matrix_rank(ag.ones((2, 2))), *x, ag.var(x)),
            *(ag.take(x, ag.asarray(1), axis=0), ag.squeeze(x[:1], 0), ag.sum(x == x), ag.abs(x[0]), x[0] // 2),
        ]
        for result in results:
            assert type(result) is Tensor
            assert type(result.data) is np.ndarray
            assert result.shape == ()


def test_devices():
    x = ag.ones(3, device="cpu")
    assert x.device == "cpu"
    assert x.to_device("cpu") is x
    assert ag.zeros_like(x, device=x.device).device == "cpu"
    with pytest.raises(ValueError, match="only device"):
        x.to_device("gpu")
    with pytest.raises(ValueError, match="streams"):
        x.to_device("cpu", stream=1)
    for make in (ag.ones, ag.zeros, ag.empty, ag.eye, ag.arange):
        with pytest.raises(ValueError, match=f"{make.__name__}: the only device"):
            make(3, device="gpu")


def test_exchange_of_memory():
    x = ag.arange(6.0)
    for taken in (np.from_dlpack(x), np.asarray(x)):
        taken[0] += 1
    assert x.tolist()[0] == 2
    assert x.__dlpack_device__() == (1, 0)
    assert np.shares_memory(ag.from_dlpack(np.ones(3)).data, np.ones(3)) is False
    a = np.arange(3)
    assert np.shares_memory(ag.from_dlpack(a).data, a)
    assert not np.shares_memory(ag.from_dlpack(a, copy=True).data, a)
    assert ag.from_dlpack(ag.asarray([True])).dtype == ag.bool
    inside = ag.Tensor([1.0], requires_grad=True) * 2
    assert ag.from_dlpack(inside) is inside
    with pytest.raises(TypeError, match=r"__dlpack__\(\) would drop this Tensor's gradient"):
        np.from_dlpack(inside)
    with ag.no_grad():
        assert np.from_dlpack(inside).tolist() == [2]


def test_asarray():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    assert ag.asarray(x) is x
    assert ag.asarray(x, copy=False) is x
    assert ag.asarray(x, dtype=ag.float64) is x
    for y in (ag.asarray(x, copy=True), ag.asarray(x, dtype=ag.float32)):
        assert y.requires_grad
        assert not np.shares_memory(y.data, x.data)
    with pytest.raises(ValueError, match="without a copy"):
        ag.asarray(x, dtype=ag.float32, copy=False)
    a = np.ones(2)
    assert ag.asarray(a).data is a
    assert ag.asarray(a, copy=False).data is a
    assert not np.shares_memory(ag.asarray(a, copy=True).data, a)
    for obj in ([1.0, 2.0], 3):
        with pytest.raises(ValueError, match="copy"):
            ag.asarray(obj, copy=False)
    with pytest.raises(OverflowError):
        ag.asarray(2**70)
    with pytest.raises(OverflowError):
        ag.asarray([300], dtype=ag.int8)
    with pytest.raises(TypeError, match="mask"):
        ag.asarray(np.ma.masked_array([1.0], mask=[True]))
    with pytest.raises(TypeError, match="numbers are wanted"):
        ag.asarray(["a"])


def test_sequences_of_tensors_stay_in_the_graph():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    y = ag.asarray([[x[0], 3], (x[1], x[0])])
    assert y.tolist() == [[1, 3], [2, 1]]
    ag.sum(y).backward()
    assert x.grad.tolist() == [2, 1]
    assert ag.asarray([ag.ones((), dtype=ag.float32), 2]).dtype == ag.float32
    assert ag.full((2, 2), x[0]).requires_grad


def test_what_is_born_of_constants_is_one():
    for x in (ag.ones(2), ag.arange(3), ag.linspace(0, 1, 3), ag.eye(2), ag.full(2, 1.5), ag.zeros_like(ag.ones(1))):
        assert type(x) is Tensor
        assert not x.requires_grad
    with pytest.raises(TypeError, match="int64"):
        ag.arange(3).requires_grad = True


def test_meshgrids_and_dtypes_of_arguments():
    assert type(ag.meshgrid(ag.arange(2), ag.arange(3))) is tuple
    assert type(ag.broadcast_arrays(ag.ones(2), ag.ones((3, 2)))) is tuple
    assert ag.can_cast(ag.float32, ag.float64) is True
    assert ag.isdtype(ag.ones(1).dtype, "real floating") is True
    assert ag.result_type(ag.ones(1, dtype=ag.float32), 1.5) == ag.float32
    assert type(ag.finfo(ag.float32).eps) is float
    assert ag.finfo(ag.complex64).dtype == ag.float32
    assert ag.result_type(ag.int8, ag.uint8) == ag.int16
