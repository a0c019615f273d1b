"""Hypothesis's own strategies for the array API build their arrays with this package."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.array_api import make_strategies_namespace

import autograd_np as ag

xps = make_strategies_namespace(ag)


@given(st.data())
def test_arrays_and_indices(data: st.DataObject):
    dtype = data.draw(xps.scalar_dtypes())
    x = data.draw(xps.arrays(dtype, xps.array_shapes(min_dims=0, max_dims=3), unique=data.draw(st.booleans())))
    assert type(x) is ag.Tensor
    assert x.dtype == dtype
    index = data.draw(xps.indices(x.shape, allow_newaxis=True))
    assert np.array_equal(x[index].data, x.data[index], equal_nan=x.dtype.kind in "fc")


@given(data=st.data(), shapes=xps.mutually_broadcastable_shapes(2))
def test_shapes(data: st.DataObject, shapes: object):
    a, b = (data.draw(xps.arrays(xps.real_dtypes(), shape)) for shape in shapes.input_shapes)
    assert [x.shape for x in ag.broadcast_arrays(a, b)] == [shapes.result_shape] * 2
    assert ag.broadcast_shapes(a.shape, b.shape) == shapes.result_shape
