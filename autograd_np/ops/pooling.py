r"""Pooling: the maximum or the mean of each window of an image."""

from functools import lru_cache
from typing import Any

import numpy as np

from .. import kernels
from ..core import primitive
from .windows import Padding, Pair, check_windows, paddings, pair

__all__ = ["avg_pool2d", "max_pool2d"]


def _geometry(
    op: str, shape: tuple[int, ...], dtype: np.dtype, size: Pair, stride: Pair | None, padding: Padding
) -> dict[str, Any]:
    if len(shape) != 4:
        raise ValueError(f"{op}: x is (N, C, H, W), not {shape}")
    if dtype.kind != "f":
        raise TypeError(f"{op}: a real floating point array is wanted, not {dtype}")
    sizes = pair(op, "size", size)
    strides = sizes if stride is None else pair(op, "stride", stride)
    sides = paddings(op, padding, sizes, strides, (1, 1))
    _check(op, shape, sizes, sides)
    return {"size": sizes, "stride": strides, "padding": sides}


@lru_cache(maxsize=1024)
def _check(
    op: str, shape: tuple[int, ...], sizes: tuple[int, int], sides: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    """Raise where a window does not fit into the padded image, or could lie in the padding."""
    (top, bottom), (left, right) = sides
    if max(top, bottom) > sizes[0] // 2 or max(left, right) > sizes[1] // 2:
        raise ValueError(f"{op}: padding {sides} is over half the window {sizes}; a window could lie in it wholly")
    check_windows(op, shape, sizes, sides)


@primitive(
    lambda g, _y, _x, *, winner, **_k: scatter_pixels(g, winner=winner, x_shape=_x.shape),
    residual="winner",
    formula=r"\bar x_j = \textstyle\sum_{i : j = \arg\max_i} \bar y_i",
)
def max_pool2d(x: Any, size: Pair, stride: Pair | None = None, padding: Padding = 0) -> Any:
    """Maximum of each window; the first of equal ones takes the gradient, and so does a NaN.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W)
    size : int or pair of ints
        The window's height and width, in pixels.
    stride : int or pair of ints, optional
        Step between windows; by default their size, so that they do not overlap.
    padding : int, pair or pair of pairs
        Border, at most half the window, that is never the maximum.

    Returns
    -------
    array, shape (N, C, OH, OW)

    Raises
    ------
    ValueError
        If the window does not fit into the padded image, or the padding is over half the window.
    """
    x = np.asarray(x)
    return kernels.max_pool2d(x, **_geometry("max_pool2d", x.shape, x.dtype, size, stride, padding))


@primitive(
    lambda v, _y, _g, *, winner, x_shape: gather_pixels(v, winner=winner),
    formula=r"\bar g_i = \bar y_{\mathrm{winner}_i}",
)
def scatter_pixels(g: Any, *, winner: np.ndarray, x_shape: tuple[int, ...]) -> Any:
    """Add each g to the pixel ``winner`` (its index in the plane) of a plane of zeros: how max_pool2d goes back."""
    return kernels.max_pool2d_scatter(g, winner, x_shape=x_shape)


@primitive(
    lambda g, _y, _v, *, winner: scatter_pixels(g, winner=winner, x_shape=_v.shape),
    formula=r"\bar v_j = \textstyle\sum_{i : j = \mathrm{winner}_i} \bar y_i",
)
def gather_pixels(v: Any, *, winner: np.ndarray) -> Any:
    """Read the pixel ``winner`` of each plane: the transpose of `scatter_pixels`."""
    return kernels.max_pool2d_gather(v, winner)


@primitive(
    lambda g, _y, _x, **k: avg_pool2d_dx(g, x_shape=_x.shape, **k),
    formula=r"\bar x_j = \textstyle\sum_{i : j \in \text{window } i} \bar y_i / n",
)
def avg_pool2d(x: Any, size: Pair, stride: Pair | None = None, padding: Padding = 0) -> Any:
    """Mean of each window, the zeros of the padding included.  Parameters as of `max_pool2d`."""
    x = np.asarray(x)
    return kernels.avg_pool2d(x, **_geometry("avg_pool2d", x.shape, x.dtype, size, stride, padding))


@primitive(
    lambda v, _y, _g, *, x_shape, **k: avg_pool2d(v, **k),
    formula=r"\bar g = \operatorname{avg\_pool2d} \bar y",
)
def avg_pool2d_dx(
    g: Any, *, x_shape: tuple[int, ...], size: Pair, stride: Pair | None = None, padding: Padding = 0
) -> Any:
    """Give the cotangent of avg_pool2d's x, shape ``x_shape``, from the cotangent g of its output."""
    g = np.asarray(g)
    geometry = _geometry("avg_pool2d", x_shape, g.dtype, size, stride, padding)
    return kernels.avg_pool2d_dx(g, x_shape=x_shape, **geometry)
