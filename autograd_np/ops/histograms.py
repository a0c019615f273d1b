"""Counts, or sums of weights, of the elements in bins.

Counts move in jumps, and have no gradient; sums follow their weights, and edges the data that they are computed from.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Tensor, implements, primitive
from .arithmetic import raw
from .calculus import diff
from .reductions import max, min, sum
from .scans import as_dtype
from .shaping import reshape
from .spacing import linspace
from .splitting import unstack

__all__ = ["bincount", "histogram", "histogram2d", "histogram_bin_edges", "histogramdd"]


@primitive(
    None,
    lambda g, _y, x, _w, *, minlength=0: g[x],
    of=np.bincount,
    formula=r"\bar w_i = \bar y_{x_i}",
)
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """Count how often each integer occurs in x, or add its weights, which have a gradient.  As `numpy.bincount`."""
    counts = np.bincount(x, weights, minlength)
    return counts if weights is None else counts.astype(float, copy=False)  # NumPy's are integers where x is empty


@implements(np.histogram_bin_edges, arrays=1)
def histogram_bin_edges(x: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """Edges of bins: as given, or at equal distances over the data or the range.  As `numpy.histogram_bin_edges`.

    How many bins a rule such as "auto" takes counts as constant.
    """
    x = as_dtype(x, None)
    if np.ndim(raw(bins)):
        np.histogram_bin_edges(raw(x), raw(bins))  # raises what NumPy raises
        return as_dtype(bins, None)
    limits = None if range is None else tuple(raw(limit) for limit in range)
    edges = np.histogram_bin_edges(raw(x), raw(bins), limits, raw(weights))
    first, last = range if range is not None else (min(x), max(x)) if x.size else (0.0, 1.0)
    if raw(first) == raw(last):
        first, last = first - 0.5, last + 0.5
    return linspace(first, last, edges.size, dtype=edges.dtype)


def _binned(columns: Sequence[Any], edges: Sequence[Any], weights: Any, density: bool | None) -> Any:
    """Give the sums of the weights in boxes, whose sides are bins of the columns; the last edge belongs to the last."""
    values, known = [np.ravel(raw(column)) for column in columns], [raw(edge) for edge in edges]
    shape = tuple(edge.size - 1 for edge in known)
    places = [
        np.searchsorted(edge, column, "right") - 1 - (column == edge[-1])
        for column, edge in zip(values, known, strict=True)
    ]
    inside = np.all([(place >= 0) & (place < n) for place, n in zip(places, shape, strict=True)], axis=0)
    boxes = np.ravel_multi_index(tuple(place[inside] for place in places), shape)
    if weights is not None:
        weights = reshape(weights, shape=-1)
        if weights.shape != values[0].shape:
            raise ValueError(f"histogram: {weights.size} weights for {values[0].size} elements; give one for each")
        weights = weights[inside]
    sums = reshape(bincount(boxes, weights, minlength=int(np.prod(shape))), shape=shape)
    if density:
        sums = sums / sum(sums)
        for axis, edge in enumerate(edges):
            sums = sums / reshape(as_dtype(diff(edge), float), shape=(-1,) + (1,) * (len(shape) - axis - 1))
    return sums


def _as_tensors(*results: Any) -> Any:
    return tuple(result if type(result) is Tensor else Tensor.make(result, None) for result in results)


@implements(np.histogram, arrays=1)
def histogram(
    x: Any, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Any = None
) -> tuple[Any, Any]:
    """Count elements, or add their weights, in bins; gives the edges of these too.  As `numpy.histogram`.

    Gradients flow to the weights, and through the edges to x, ``bins`` and ``range``.
    """
    if not any(type(value) is Tensor for value in (x, bins, weights, *(range or ()))):
        return np.histogram(x, bins, range, density, weights)
    edges = histogram_bin_edges(x, bins, range, weights)
    sums = _binned([x], [edges], weights, density)
    if weights is not None and not density:
        sums = as_dtype(sums, as_dtype(weights, None).dtype)
    return _as_tensors(sums, edges)


@implements(np.histogramdd)
def histogramdd(
    sample: Any, bins: Any = 10, range: Sequence[Any] | None = None, density: bool | None = None, weights: Any = None
) -> tuple[Any, list[Any]]:
    """Count points, or add their weights, in boxes.  As `numpy.histogramdd`.

    Parameters
    ----------
    sample : array_like (n, d), or sequence of d arrays
        The points.
    bins : int, sequence of d ints, or sequence of d arrays
        How many bins each axis has, or their edges.
    range : sequence of d (lowest, highest), optional
        What the bins cover, by default the data.
    density : bool, optional
        Divide by the sum of all and by the volume of the box.
    weights : array_like (n,), optional
        Of each point; 1 by default.

    Returns
    -------
    Tensor, list of Tensors
        The counts or sums, and the edges of each axis.  Gradients are those of `histogram`.
    """
    if isinstance(sample, (list, tuple)):
        columns = [as_dtype(column, None) for column in sample]
    else:
        sample = as_dtype(sample, None)
        columns = [sample] if sample.ndim < 2 else list(unstack(sample, axis=1))
    each = list(bins) if np.iterable(bins) else [bins] * len(columns)
    limits = [None] * len(columns) if range is None else list(range)
    if not len(columns) == len(each) == len(limits):
        raise ValueError(
            f"histogramdd: {len(columns)} axes, but bins for {len(each)} and ranges for {len(limits)} of them"
        )
    edges = [histogram_bin_edges(*given) for given in zip(columns, each, limits, strict=True)]
    sums, *edges = _as_tensors(as_dtype(_binned(columns, edges, weights, density), float), *edges)
    return sums, edges


@implements(np.histogram2d, arrays=2)
def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Any = None
) -> tuple[Any, Any, Any]:
    """Count points (x, y), or add their weights, in rectangles.  As `numpy.histogram2d`; see `histogramdd`."""
    if np.iterable(bins) and len(list(bins)) not in (1, 2):
        bins = [bins, bins]  # the edges of both
    sums, (first, second) = histogramdd([x, y], bins, range, density, weights)
    return sums, first, second
