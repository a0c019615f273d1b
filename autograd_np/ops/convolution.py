r"""Convolution in two dimensions, and its two gradients.

Convolution is one trilinear form ⟨g, x ∗ w⟩.  Each of the three operations solves it for one of the three arrays, so
the rules of each are the other two, and derivatives of every order exist.
"""

from typing import Any

import numpy as np

from .. import kernels
from ..core import primitive
from .windows import Padding, Pair, check_windows, paddings, pair

__all__ = ["conv2d"]


def channel_sum(g: Any) -> Any:
    """Sum g (N, C, H, W) over all axes but the channels'."""
    return kernels.channel_sum(g) if type(g) is np.ndarray else np.sum(g, axis=(0, 2, 3))


def _geometry(stride: Pair, padding: Padding, dilation: Pair, groups: int, kernel: tuple[int, ...]) -> dict[str, Any]:
    strides, dilations = pair("conv2d", "stride", stride), pair("conv2d", "dilation", dilation)
    return {
        "stride": strides,
        "padding": paddings("conv2d", padding, kernel, strides, dilations),
        "dilation": dilations,
        "groups": groups,
    }


@primitive(
    lambda g, _y, _x, w, _b, **k: conv2d_dx(g, w, x_shape=_x.shape, **k),
    lambda g, _y, x, _w, _b, **k: conv2d_dw(g, x, w_shape=_w.shape, **k),
    lambda g, _y, _x, _w, _b, **k: channel_sum(g),
    formula=r"\bar x = \bar y \ast^{\mathsf T} w,\; \bar w = x \ast \bar y,\; \bar b = \textstyle\sum_{nij} \bar y",
)
def conv2d(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Any:
    """Slide the filters of w over the images of x (cross-correlation) and add the bias b.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W)
    w : array_like, shape (O, C / groups, KH, KW)
    b : array_like, shape (O,), optional
    stride, dilation : int or pair of ints
        Step between windows, and between the elements of a window, in pixels.
    padding : int, pair, pair of pairs or "same"
        Zeros around each image: rows and columns, or (top, bottom) and (left, right).  "same" keeps H and W.
    groups : int
        Channels are split into so many independent convolutions; ``groups=C`` is depthwise.

    Returns
    -------
    array, shape (N, O, OH, OW)
        OH = (H + top + bottom - dilation (KH - 1) - 1) // stride + 1, and OW likewise.

    Raises
    ------
    ValueError
        If shapes do not fit, or the filter is larger than the padded image.
    """
    x, w, b = _floating(x, w, b)
    if x.ndim != 4 or w.ndim != 4:
        raise ValueError(f"conv2d: x is (N, C, H, W) and w (O, C / groups, KH, KW), not {x.shape} and {w.shape}")
    if groups < 1 or x.shape[1] != w.shape[1] * groups or w.shape[0] % groups:
        raise ValueError(_misfit(x.shape, w.shape, groups))
    if b is not None and b.shape != w.shape[:1]:
        raise ValueError(f"conv2d: b is one number a filter, shape {w.shape[:1]}, not {b.shape}")
    geometry = _geometry(stride, padding, dilation, groups, w.shape[2:])
    check_windows("conv2d", x.shape, w.shape[2:], geometry["padding"], geometry["dilation"])
    return kernels.conv2d(x, w, b, **geometry)


@primitive(
    lambda v, _y, _g, w, *, x_shape, **k: conv2d(v, w, **k),
    lambda v, _y, g, _w, *, x_shape, **k: conv2d_dw(g, v, w_shape=_w.shape, **k),
    formula=r"\bar g = \bar y \ast w,\; \bar w = \bar y \ast g",
)
def conv2d_dx(
    g: Any,
    w: Any,
    *,
    x_shape: tuple[int, ...],
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Any:
    """Give the cotangent of conv2d's x from that of its output, g: a transposed convolution."""
    g, w, _ = _floating(g, w)
    return kernels.conv2d_dx(g, w, x_shape=x_shape, **_geometry(stride, padding, dilation, groups, w.shape[2:]))


@primitive(
    lambda v, _y, _g, x, *, w_shape, **k: conv2d(x, v, **k),
    lambda v, _y, g, _x, *, w_shape, **k: conv2d_dx(g, v, x_shape=_x.shape, **k),
    formula=r"\bar g = x \ast \bar y,\; \bar x = g \ast^{\mathsf T} \bar y",
)
def conv2d_dw(
    g: Any,
    x: Any,
    *,
    w_shape: tuple[int, ...],
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Any:
    """Give the cotangent of conv2d's w from that of its output, g."""
    g, x, _ = _floating(g, x)
    return kernels.conv2d_dw(g, x, w_shape=w_shape, **_geometry(stride, padding, dilation, groups, w_shape[2:]))


def _misfit(x_shape: tuple[int, ...], w_shape: tuple[int, ...], groups: int) -> str:
    detail = f"(x {x_shape}, w {w_shape}, groups={groups})"
    if groups < 1 or x_shape[1] != w_shape[1] * groups:
        return f"conv2d: x has {x_shape[1]} channels, w expects {w_shape[1] * max(groups, 1)} {detail}"
    return f"conv2d: {w_shape[0]} filters cannot be split into {groups} groups {detail}"


def _floating(x: Any, w: Any, b: Any = None) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Bring the arrays to their common floating point type."""
    alike = type(x) is type(w) is np.ndarray and x.dtype is w.dtype and x.dtype.kind == "f"
    if alike and (b is None or (type(b) is np.ndarray and b.dtype is x.dtype)):  # as nearly always
        return x, w, b
    x, w = np.asarray(x), np.asarray(w)
    b = None if b is None else np.asarray(b)
    dtype = np.result_type(x, w) if b is None else np.result_type(x, w, b)
    if dtype.kind != "f":
        raise TypeError(f"conv2d: real floating point arrays are wanted, not {x.dtype} and {w.dtype}")
    return (
        x.astype(dtype, copy=False),
        w.astype(dtype, copy=False),
        None if b is None else b.astype(dtype, copy=False),
    )
