"""One row an operation: how to call it on drawn arrays, and by which method its gradient is checked.

A row takes a `Draw` and gives (function, inputs).  An operation without a row fails a test: none ships unchecked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_np as ag
from autograd_np.ops import convolution, indexing, pooling, shaping
from autograd_np.testing.strategies import Draw, broadcastable_shapes

Row = Callable[[Draw], tuple[Callable, list]]


@dataclass(frozen=True)
class Case:
    """How an operation is checked; "exact" is for operations that are affine in each array."""

    row: Row
    method: str = "auto"


def elementwise(f: Callable, values: str) -> Row:
    return lambda d: (f, [d.array(d.shape(), values)])


def broadcasting(f: Callable, left: str, right: str | None = None) -> Row:
    def row(d: Draw) -> tuple[Callable, list]:
        a, b = d(broadcastable_shapes(2))
        return f, [d.array(a, left), d.array(b, right or left)]

    return row


def apart(f: Callable) -> Row:
    """Two arrays, no element of which equals or comes near one of the other."""

    def row(d: Draw) -> tuple[Callable, list]:
        return f, d.ordered(*d(broadcastable_shapes(2)))

    return row


def reduction(f: Callable, values: str) -> Row:
    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.shape()
        axis, keepdims = d.axes(shape), d.one_of(False, True)
        return lambda x: f(x, axis=axis, keepdims=keepdims), [d.array(shape, values)]

    return row


def variance(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis, keepdims = d.axes(shape), d.one_of(False, True)
    n = int(np.prod([shape[i] for i in np.arange(len(shape))[list(axis) if isinstance(axis, tuple) else axis].ravel()]))
    ddof = d.one_of(0, 1) if n > 1 else 0
    return lambda x: ag.var(x, axis=axis, ddof=ddof, keepdims=keepdims), [d.array(shape, "any")]


def over_axis(f: Callable) -> Row:
    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.shape(1)
        axis = d.axis(shape)
        return lambda x: f(x, axis=axis), [d.array(shape, "any")]

    return row


def where(d: Draw) -> tuple[Callable, list]:
    c, a, b = d(broadcastable_shapes(3))
    return ag.where, [d.rng.random(c) < 0.5, d.array(a, "integers"), d.array(b, "integers")]


def clip(d: Draw) -> tuple[Callable, list]:
    x, low, high = d.ordered(*d(broadcastable_shapes(3)))
    return ag.clip, d.one_of([x, low, high], [x, None, high], [x, low, None])


def reshape(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    target = d.one_of(-1, (1, *shape), (*shape[:-2], -1), (-1, 1))
    return lambda x: ag.reshape(x, target), [d.array(shape, "integers")]


def transpose(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    axes = d(st.none() | st.permutations(range(len(shape))))
    if axes is not None:
        axes = [axis - len(shape) * d.one_of(0, 1) for axis in axes]
    return lambda x: ag.transpose(x, axes), [d.array(shape, "integers")]


def expand_dims(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    axis = d.one_of(0, -1, (0, -1), (0, 1))
    return lambda x: ag.expand_dims(x, axis), [d.array(shape, "integers")]


def squeeze(d: Draw) -> tuple[Callable, list]:
    shape = (1, *d.shape(0, 2), 1)
    axis = d.one_of(None, 0, -1, (0, -1))
    return lambda x: ag.squeeze(x, axis), [d.array(shape, "integers")]


def broadcast_to(d: Draw) -> tuple[Callable, list]:
    a, b = d(broadcastable_shapes(2))
    shape = np.broadcast_shapes(a, b)
    return lambda x: ag.broadcast_to(x, shape), [d.array(a, "integers")]


def concatenate(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis = d.axis(shape)
    shapes = []
    for _ in range(d.one_of(1, 2, 3)):
        sides = list(shape)
        sides[axis] = d(st.integers(0, 3))
        shapes.append(tuple(sides))
    shapes.append(shape)
    axis = d.one_of(axis, None)
    return lambda *arrays: ag.concatenate(arrays, axis=axis), [d.array(s, "integers") for s in shapes]


def stack(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    axis = d(st.integers(-len(shape) - 1, len(shape)))
    arrays = [d.array(shape, "integers") for _ in range(d.one_of(1, 2, 3))]
    return lambda *arrays: ag.stack(arrays, axis=axis), arrays


def pad(d: Draw) -> tuple[Callable, list]:
    shape = d.shape()
    widths = d(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=len(shape), max_size=len(shape)))
    width = widths or 0
    value = d.one_of(0, 2.0)
    return lambda x: ag.pad(x, width, constant_values=value), [d.array(shape, "integers")]


def index(d: Draw, shape: tuple[int, ...]) -> Any:
    """An index of any kind that names something: basic, integer arrays with repeats, masks."""
    kind = d.one_of("basic", "integers", "mask", "mixed")
    if kind == "mask":
        mask = d.rng.random(shape) < 0.5
        mask.flat[0] = True
        return mask
    if kind == "integers":
        return d(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3)))
    if kind == "mixed" and len(shape) > 1:
        return (d.rng.integers(-shape[0], shape[0], 3), slice(None, None, -1))
    return basic_index(d, shape)


def basic_index(d: Draw, shape: tuple[int, ...]) -> Any:
    indices = hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)
    return d(indices.filter(lambda i: np.zeros(shape)[i].size > 0))


def getitem(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    i = index(d, shape)
    return lambda x: x[i], [d.array(shape, "integers")]


def scatter_add(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    i = index(d, shape)
    v = d.array(np.zeros(shape)[i].shape, "integers")
    return lambda v: indexing.scatter_add(v, shape=shape, index=i), [v]


def setitem(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    i = index(d, shape)
    if not isinstance(i, np.ndarray) or i.dtype != bool:
        i = basic_index(d, shape)
    place = np.zeros(shape)[i].shape
    v = d.array(place if d.one_of(True, False) else place[1:], "integers")
    if v.shape != place and isinstance(i, np.ndarray):
        v = d.array((), "integers")
    return lambda x, v: indexing.setitem(x, v, index=i), [d.array(shape, "integers"), v]


def matmul(d: Draw) -> tuple[Callable, list]:
    n, k, m = (d(st.integers(1, 3)) for _ in range(3))
    batch_a, batch_b = d(broadcastable_shapes(2))
    a, b = d.one_of(
        ((k,), (k,)),
        ((*batch_a, n, k), (k,)),
        ((k,), (*batch_b, k, m)),
        ((*batch_a[:2], n, k), (k, m)),
        ((*batch_a[-2:], n, k), (*batch_b[-2:], k, m)),
    )
    return ag.matmul, [d.array(a, "integers"), d.array(b, "integers")]


def geometry(d: Draw) -> tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]:
    """An image, filters and a way to slide them."""
    groups = d.one_of(1, 1, 2)
    kernel = (d(st.integers(1, 3)), d(st.integers(1, 3)))
    dilation = (d.one_of(1, 2), d.one_of(1, 2))
    padding = tuple((d(st.integers(0, 3)), d(st.integers(0, 3))) for _ in range(2))
    spans = [dil * (k - 1) + 1 for k, dil in zip(kernel, dilation, strict=True)]
    sides = [max(1, span - sum(p)) + d(st.integers(0, 3)) for span, p in zip(spans, padding, strict=True)]
    channels, filters = groups * d.one_of(1, 2), groups * d.one_of(1, 2)
    x = (d.one_of(1, 2), channels, *sides)
    w = (filters, channels // groups, *kernel)
    stride = (d.one_of(1, 2, 3), d.one_of(1, 2))
    return x, w, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def conv2d(d: Draw) -> tuple[Callable, list]:
    x, w, how = geometry(d)
    arrays = [d.array(x, "integers"), d.array(w, "integers")]
    if d.one_of(True, False):
        arrays.append(d.array(w[:1], "integers"))
    return lambda *arrays: ag.conv2d(*arrays, **how), arrays


def conv2d_dx(d: Draw) -> tuple[Callable, list]:
    x, w, how = geometry(d)
    g = ag.conv2d(np.zeros(x), np.zeros(w), **how).shape
    return lambda g, w: convolution.conv2d_dx(g, w, x_shape=x, **how), [
        d.array(g, "integers"),
        d.array(w, "integers"),
    ]


def conv2d_dw(d: Draw) -> tuple[Callable, list]:
    x, w, how = geometry(d)
    g = ag.conv2d(np.zeros(x), np.zeros(w), **how).shape
    return lambda g, x: convolution.conv2d_dw(g, x, w_shape=w, **how), [
        d.array(g, "integers"),
        d.array(x, "integers"),
    ]


def windows(d: Draw) -> tuple[tuple[int, ...], dict[str, Any]]:
    size = (d(st.integers(1, 3)), d(st.integers(1, 3)))
    padding = tuple((d(st.integers(0, k // 2)), d(st.integers(0, k // 2))) for k in size)
    sides = [k + d(st.integers(0, 3)) for k in size]
    stride = d.one_of(None, 1, (2, 1), 3)
    return (d.one_of(1, 2), d.one_of(1, 2), *sides), {"size": size, "stride": stride, "padding": padding}


def max_pool2d(d: Draw) -> tuple[Callable, list]:
    x, how = windows(d)
    return lambda x: ag.max_pool2d(x, **how), [d.array(x, "ordered")]


def avg_pool2d(d: Draw) -> tuple[Callable, list]:
    x, how = windows(d)
    how["size"] = (2, 2)  # a division by four is exact, too
    how["padding"] = ((0, 1), (1, 0))
    return lambda x: ag.avg_pool2d(x, **how), [d.array((*x[:2], x[2] + 1, x[3] + 1), "integers")]


def avg_pool2d_dx(d: Draw) -> tuple[Callable, list]:
    f, (x,) = avg_pool2d(d)
    how = dict(zip(f.__code__.co_freevars, (cell.cell_contents for cell in f.__closure__), strict=True))["how"]
    return (lambda g: pooling.avg_pool2d_dx(g, x_shape=x.shape, **how)), [d.array(f(x).shape, "integers")]


def winners(d: Draw) -> tuple[tuple[int, ...], np.ndarray]:
    shape = (2, 2, d.one_of(2, 3), d.one_of(2, 3))
    return shape, d.rng.integers(0, shape[2] * shape[3], (2, 2, d.one_of(1, 3), 2))


def scatter_pixels(d: Draw) -> tuple[Callable, list]:
    shape, winner = winners(d)
    return lambda g: pooling.scatter_pixels(g, winner=winner, x_shape=shape), [d.array(winner.shape, "integers")]


def gather_pixels(d: Draw) -> tuple[Callable, list]:
    shape, winner = winners(d)
    return lambda v: pooling.gather_pixels(v, winner=winner), [d.array(shape, "integers")]


def softmax_cross_entropy(d: Draw) -> tuple[Callable, list]:
    shape = (*d.shape(0, 2), d.one_of(1, 2, 4))
    labels = d.rng.integers(0, shape[-1], shape[:-1])
    reduction = d.one_of("mean", "sum", "none")
    return lambda x: ag.softmax_cross_entropy(x, labels, reduction=reduction), [d.array(shape, "any")]


CASES: dict[str, Case] = {
    # arithmetic
    "add": Case(broadcasting(ag.add, "integers"), "exact"),
    "subtract": Case(broadcasting(ag.subtract, "integers"), "exact"),
    "multiply": Case(broadcasting(ag.multiply, "integers"), "exact"),
    "divide": Case(broadcasting(ag.divide, "any", "off zero")),
    "power": Case(broadcasting(ag.power, "positive", "any")),
    "negative": Case(elementwise(ag.negative, "integers"), "exact"),
    "positive": Case(elementwise(ag.positive, "integers"), "exact"),
    "exp": Case(elementwise(ag.exp, "any")),
    "log": Case(elementwise(ag.log, "positive")),
    "sqrt": Case(elementwise(ag.sqrt, "positive")),
    "square": Case(elementwise(ag.square, "any")),
    "absolute": Case(elementwise(ag.absolute, "off zero")),
    "maximum": Case(apart(ag.maximum)),
    "minimum": Case(apart(ag.minimum)),
    "where": Case(where, "exact"),
    "clip": Case(clip),
    # reductions
    "sum": Case(reduction(ag.sum, "integers"), "exact"),
    "mean": Case(reduction(ag.mean, "any")),
    "var": Case(variance),
    "max": Case(reduction(ag.max, "ordered")),
    "min": Case(reduction(ag.min, "ordered")),
    "logsumexp": Case(reduction(ag.logsumexp, "any")),
    # shape
    "reshape": Case(reshape, "exact"),
    "transpose": Case(transpose, "exact"),
    "expand_dims": Case(expand_dims, "exact"),
    "squeeze": Case(squeeze, "exact"),
    "broadcast_to": Case(broadcast_to, "exact"),
    "astype": Case(elementwise(lambda x: ag.astype(x, float), "integers"), "exact"),
    "copy": Case(elementwise(shaping.copy, "integers"), "exact"),
    "concatenate": Case(concatenate, "exact"),
    "stack": Case(stack, "exact"),
    "pad": Case(pad, "exact"),
    # indexing
    "getitem": Case(getitem, "exact"),
    "scatter_add": Case(scatter_add, "exact"),
    "setitem": Case(setitem, "exact"),
    # products
    "matmul": Case(matmul, "exact"),
    # activations
    "tanh": Case(elementwise(ag.tanh, "any")),
    "sigmoid": Case(elementwise(ag.sigmoid, "off zero")),
    "relu": Case(elementwise(ag.relu, "off zero")),
    "leaky_relu": Case(elementwise(lambda x: ag.leaky_relu(x, 0.1), "off zero")),
    "softmax": Case(over_axis(ag.softmax)),
    "log_softmax": Case(over_axis(ag.log_softmax)),
    # losses
    "softmax_cross_entropy": Case(softmax_cross_entropy),
    # images
    "conv2d": Case(conv2d, "exact"),
    "conv2d_dx": Case(conv2d_dx, "exact"),
    "conv2d_dw": Case(conv2d_dw, "exact"),
    "max_pool2d": Case(max_pool2d),
    "scatter_pixels": Case(scatter_pixels, "exact"),
    "gather_pixels": Case(gather_pixels, "exact"),
    "avg_pool2d": Case(avg_pool2d, "exact"),
    "avg_pool2d_dx": Case(avg_pool2d_dx, "exact"),
}
