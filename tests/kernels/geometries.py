"""Hypothesis strategies for the geometry of convolution and pooling, and data to go with it."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st


@dataclass(frozen=True)
class Conv:
    x_shape: tuple
    w_shape: tuple
    options: dict
    seed: int


@dataclass(frozen=True)
class Pool:
    x_shape: tuple
    options: dict
    seed: int


def integers(rng, shape, dtype=np.float64):
    """Small non-zero integers: sums of their products are exact in any order, and no error cancels."""
    return (rng.integers(1, 5, shape) * rng.choice([-1, 1], shape)).astype(dtype)


def wild(rng, shape, dtype=np.float64, odds=0.1):
    """Small integers with some NaN, infinities and zeros among them."""
    odd = rng.choice([np.nan, np.inf, -np.inf, 0.0], shape)
    return np.where(rng.random(shape) < odds, odd, integers(rng, shape)).astype(dtype)


seeds = st.integers(0, 2**32 - 1)


@st.composite
def conv_geometries(draw, min_batch=0):
    """Stride x dilation x padding (asymmetric, beyond the kernel) x groups x kernels down to 1 x 1."""
    groups = draw(st.integers(1, 3))
    channels, outputs = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 4)))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilation = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    pair = st.tuples(st.integers(0, 5), st.integers(0, 5))
    padding = draw(st.tuples(pair, pair))
    size = [
        max(1, d * (k - 1) + 1 - sum(pads)) + draw(st.integers(0, 6))
        for k, d, pads in zip(kernel, dilation, padding, strict=True)
    ]
    return Conv(
        x_shape=(draw(st.integers(min_batch, 3) | st.sampled_from([8, 18])), groups * channels, *size),
        w_shape=(groups * outputs, channels, *kernel),
        options={"stride": stride, "padding": padding, "dilation": dilation, "groups": groups},
        seed=draw(seeds),
    )


@st.composite
def pool_geometries(draw, min_batch=0):
    """Window x stride (overlapping, touching, with gaps) x padding up to half of the window."""
    size = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    padding = tuple(tuple(draw(st.integers(0, k // 2)) for _ in range(2)) for k in size)
    plane = [max(1, k - sum(pads)) + draw(st.integers(0, 7)) for k, pads in zip(size, padding, strict=True)]
    return Pool(
        x_shape=(draw(st.integers(min_batch, 3)), draw(st.integers(1, 3)), *plane),
        options={"size": size, "stride": stride, "padding": padding},
        seed=draw(seeds),
    )
