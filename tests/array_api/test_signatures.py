"""Every function and method can be called as the standard has it, and `inspect` says so."""

import inspect
from collections.abc import Callable
from types import ModuleType

import array_api_strict as strict
import numpy as np
import pytest

import autograd_np as ag
from tests.array_api.draws import functions_of
from tests.array_api.fourier import FFT
from tests.array_api.linalg import LINALG

POSITIONAL, EITHER, KEYWORD = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)
FUNCTIONS = [
    *(pytest.param(f, getattr(ag, name, None), id=name) for name, f in functions_of(strict).items()),
    *(pytest.param(getattr(strict.linalg, name), getattr(ag.linalg, name), id=f"linalg.{name}") for name in LINALG),
    *(pytest.param(getattr(strict.fft, name), getattr(ag.fft, name), id=f"fft.{name}") for name in FFT),
]
METHODS = {
    name: f
    for name, f in vars(strict._array_object.Array).items()
    if inspect.isfunction(f) and (not name.startswith("_") or name.endswith("__"))
}
NOT_THE_STANDARDS = {"__new__", "__repr__", "__str__", "__reduce__", "__buffer__", "__array__", "__iter__", "__hash__"}
NOT_THE_STANDARDS |= {"to_device"}  # the oracle takes its stream by position too


def agree(ours: Callable, standards: Callable, bound: int = 0) -> None:
    """Assert that a call which the standard allows is allowed; the first ``bound`` arguments are left out."""
    mine = list(inspect.signature(ours).parameters.values())[bound:]
    theirs = list(inspect.signature(standards).parameters.values())[bound:]
    positional = [p for p in theirs if p.kind is not KEYWORD]
    for p, q in zip(mine, positional, strict=False):
        if q.kind is POSITIONAL:
            assert p.kind in (POSITIONAL, EITHER)
        else:
            assert p.kind is q.kind
            assert p.name == q.name or q.kind is q.VAR_POSITIONAL
    assert len(mine) >= len(positional)
    named = {p.name: p for p in mine}
    for q in theirs:
        if q.kind is KEYWORD:
            assert named[q.name].kind in (EITHER, KEYWORD)
        if q.default is not q.empty and q.kind is KEYWORD:
            assert named[q.name].default is not q.empty
    for p in mine[len(positional) :]:
        assert p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)


@pytest.mark.parametrize(("standards", "ours"), FUNCTIONS)
def test_functions(standards: Callable, ours: Callable):
    agree(ours, standards)


@pytest.mark.parametrize("name", sorted(METHODS.keys() - NOT_THE_STANDARDS))
def test_methods(name: str):
    agree(getattr(ag.Tensor, name), METHODS[name], bound=1)


def test_every_name_is_there():
    for ours, theirs in ((ag, strict), (ag.linalg, strict.linalg), (ag.fft, strict.fft)):
        missing = {name for name in theirs.__all__ if not hasattr(ours, name) and "strict" not in name.lower()}
        assert missing <= {"Device"}
    for name, value in vars(strict._array_object.Array).items():
        assert hasattr(ag.Tensor, name) or not isinstance(value, property)


def test_constants():
    assert (ag.e, ag.pi, ag.inf) == (np.e, np.pi, np.inf)
    assert np.isnan(ag.nan)
    assert ag.newaxis is None
    assert all(type(value) is float for value in (ag.e, ag.pi, ag.inf, ag.nan))


def test_the_namespace_is_the_package():
    x = ag.ones(3)
    namespace = x.__array_namespace__()
    assert isinstance(namespace, ModuleType)
    assert namespace is ag
    assert ag.__array_api_version__ == "2025.12"
    for version in ("2022.12", "2024.12", "2025.12", None):
        assert x.__array_namespace__(api_version=version) is ag
    with pytest.raises(ValueError, match="2031"):
        x.__array_namespace__(api_version="2031.12")


def test_info():
    info, oracle = ag.__array_namespace_info__(), strict.__array_namespace_info__()
    assert info.capabilities() == oracle.capabilities()
    assert info.default_device() == "cpu"
    assert info.devices() == ("cpu",)
    assert info.default_dtypes(device="cpu")["indexing"] == ag.int64
    for kind in (None, "bool", "signed integer", "integral", "real floating", "complex floating", "numeric"):
        expected = oracle.dtypes(kind=kind)
        assert {name: getattr(strict, name) for name in info.dtypes(kind=kind)} == expected
        assert all(info.dtypes(kind=kind)[name] is getattr(ag, name) for name in expected)
    assert info.dtypes(kind=("bool", "real floating")).keys() == {"bool", "float32", "float64"}
    with pytest.raises(ValueError, match="'floating'"):
        info.dtypes(kind="floating")
    with pytest.raises(ValueError, match="'gpu'"):
        info.dtypes(device="gpu")
