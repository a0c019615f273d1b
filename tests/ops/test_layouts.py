"""Byte order, precision and numbers without axes, in every function: gradients are those of ordinary arrays."""

from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor
from tests.ops.calls import CALLS
from tests.ops.test_arguments import CASES, WRITES, outputs

INF = np.inf


def gradients_of(name: str, number: int, dtype: Any) -> tuple[list, list]:
    """The real results of a call, and the gradients of all its arrays, given in a dtype."""
    leaves: list[Tensor] = []

    def leaf(value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            leaves.append(Tensor(value.astype(dtype), requires_grad=True))
            return ag.copy(leaves[-1]) if name in WRITES else leaves[-1]
        return type(value)(map(leaf, value)) if type(value) in (list, tuple) else value

    args, kwargs = CALLS[name][number]
    found = outputs(name, [leaf(arg) for arg in args], {key: leaf(value) for key, value in kwargs.items()})
    recorded = [y for y in found if type(y) is Tensor and y.requires_grad]
    if not leaves or not recorded:
        return [], []
    cotangents = [np.arange(1.0, 1 + y.size).reshape(y.shape) for y in recorded]
    found = list(ag.gradients(recorded, leaves, cotangents))
    assert all(gradient.dtype == leaf.dtype for gradient, leaf in zip(found, leaves, strict=True))
    return [y.data for y in recorded], [gradient.data for gradient in found]


@pytest.mark.parametrize(("name", "number"), CASES, ids=[f"{name} {number}" for name, number in CASES])
@pytest.mark.parametrize(("dtype", "rtol"), [(">f8", 1e-12), ("f4", 2e-3), (">f4", 2e-3)])
def test_dtypes(name, number, dtype, rtol):
    for found, expected in zip(gradients_of(name, number, dtype), gradients_of(name, number, float), strict=True):
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a.astype(float), b, rtol=rtol, atol=rtol * (1 + np.abs(b).max(initial=0)))


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize(
    "name", ["sum", "prod", "max", "min", "ptp", "nansum", "nanprod", "nanmax", "nanmin", "cumsum"]
)
def test_numbers_have_an_axis_where_numpy_gives_them_one(name, axis):
    x = Tensor(1.5, requires_grad=True)
    y = getattr(np, name)(x, axis=axis)
    assert y.shape == getattr(np, name)(x.data, axis=axis).shape
    y.sum().backward()
    assert x.grad.shape == ()
    assert x.grad.item() == (0 if name == "ptp" else 1)
    with pytest.raises(np.exceptions.AxisError):
        getattr(np, name)(x, axis=1)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty_arrays_in_every_reduction(shape):
    cases = {"sum": 0, "prod": 1, "nansum": 0, "nanprod": 1, "linalg.norm": 0, "count_nonzero": 0}
    for name, value in cases.items():
        f = np.linalg.norm if name == "linalg.norm" else getattr(np, name)
        x = Tensor(np.zeros(shape), requires_grad=True)
        y = f(x)
        assert y.item() == value if type(y) is Tensor else y == value
        if type(y) is Tensor and y.requires_grad:
            y.backward()
            assert x.grad.shape == shape
    x = Tensor(np.zeros(shape), requires_grad=True)
    assert ag.logsumexp(x).item() == -INF
    for name in ("mean", "var", "std", "median"):
        with pytest.warns(RuntimeWarning):
            y = getattr(np, name)(x)
        assert np.isnan(y.item())
    for name in ("max", "min", "ptp", "nanmax", "argmax"):
        with pytest.raises(ValueError, match=r"zero-size|empty"):
            getattr(np, name)(x)
    for f in (np.cumsum, np.cumprod, np.sort, np.diff, np.ravel, np.exp, np.square, np.abs):
        x.grad = None
        f(x).sum().backward()
        assert x.grad.shape == shape


def test_broadcast_against_nothing():
    a = Tensor(np.ones((0, 3)), requires_grad=True)
    b = Tensor(np.ones((1, 3)), requires_grad=True)
    (a + b).sum().backward()
    assert a.grad.shape == (0, 3)
    assert b.grad.tolist() == [[0, 0, 0]]
