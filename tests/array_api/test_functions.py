"""Every function of the standard against array-api-strict: values, shapes, dtypes, structure; and inside a graph."""

import warnings
from types import ModuleType
from typing import Any

import array_api_strict as strict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_np as ag
from tests.array_api.calls import MAIN, Row
from tests.array_api.draws import Draw, compare, functions_of, parts, to_graph, to_strict, to_tensors
from tests.array_api.elementwise import ELEMENTWISE
from tests.array_api.fourier import FFT
from tests.array_api.linalg import LINALG

EXTENSIONS = {"linalg": (strict.linalg, ag.linalg, LINALG), "fft": (strict.fft, ag.fft, FFT)}
CASES = [pytest.param(strict, ag, name, row, id=name) for name, row in (ELEMENTWISE | MAIN).items()] + [
    pytest.param(theirs, ours, name, row, id=f"{extension}.{name}")
    for extension, (theirs, ours, rows) in EXTENSIONS.items()
    for name, row in rows.items()
]
# what gives floating point numbers that have no gradient
CONSTANT = {"ceil", "floor", "floor_divide", "nextafter", "round", "sign", "trunc"}
CONSTANT |= {"empty_like", "full_like", "ones_like", "zeros_like"}


def outcome(function: Any, args: tuple, given: dict[str, Any]) -> Any:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return function(*args, **given)


def check(name: str, found: Any, expected: Any, args: tuple) -> None:
    if name in ("empty", "empty_like"):
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype._np_dtype)
    elif name in ("finfo", "iinfo"):
        for field in vars(expected):
            mine, theirs = getattr(found, field), getattr(expected, field)
            assert mine == getattr(theirs, "_np_dtype", theirs)
            assert type(mine) in (float, int) or field == "dtype"
    elif name in ("eig", "eigh", "svd", "qr"):  # bases are unique up to signs: the product is not
        compare_factors(name, found, expected, args[0])
    else:
        compare(found, expected, scaled=name in LINALG | FFT and np.isfinite(args[0]).all())


def compare_factors(name: str, found: Any, expected: Any, a: np.ndarray) -> None:
    assert found._fields == expected._fields
    for mine, theirs in zip(found, expected, strict=True):
        assert (mine.shape, mine.dtype) == (theirs.shape, theirs.dtype._np_dtype)
    first, second, *third = (part.data for part in found)
    if name in ("eig", "eigh"):
        product, whole = a @ second, second * first[..., None, :]
    elif name == "qr":
        product, whole = first @ second, a
    else:
        n = second.shape[-1]
        product, whole = (first[..., :n] * second[..., None, :]) @ third[0][..., :n, :], a
    tolerance = 1e-3 if a.dtype in (np.float32, np.complex64) else 1e-9
    np.testing.assert_allclose(product, whole, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("theirs", "ours", "name", "row"), CASES)
@given(data=st.data())
def test_results_are_the_oracles(theirs: ModuleType, ours: ModuleType, name: str, row: Row, data: st.DataObject):
    args, keywords = row(Draw(data.draw))
    expected = outcome(getattr(theirs, name), to_strict(args), to_strict(keywords))
    check(name, outcome(getattr(ours, name), to_tensors(args), to_tensors(keywords)), expected, args)
    if is_real(args) and is_real(keywords):
        check_in_graph(ours, name, args, keywords, expected)


def is_real(value: Any) -> bool:
    """Whether no array, number or dtype in arguments is complex."""
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, (tuple, list)):
        return all(map(is_real, value))
    return getattr(getattr(value, "dtype", value), "kind", None) != "c" and not isinstance(value, complex)


def check_in_graph(ours: ModuleType, name: str, args: tuple, keywords: dict[str, Any], expected: Any) -> None:
    """The same with each floating point array inside a graph, in which the result stays."""
    inside, given = to_graph(args), to_graph(keywords)
    if not any(part.requires_grad for part in parts((inside, *given.values())) if type(part) is ag.Tensor):
        return
    found = outcome(getattr(ours, name), inside, given)
    check(name, found, expected, args)
    if (name == "copysign" and type(inside[0]) is not ag.Tensor) or keywords.get("ord") == 0:
        return  # only the sign of a number depends on the array, or a count
    for part in parts(found):
        if type(part) is ag.Tensor and part.dtype.kind == "f":
            assert part.requires_grad is (name not in CONSTANT)


def test_every_function_has_a_row():
    assert functions_of(strict).keys() == (ELEMENTWISE | MAIN).keys()
    assert functions_of(strict.linalg).keys() | {"eig", "eigvals"} == LINALG.keys()  # which its list forgets
