"""Convolution and its adjoints against plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_np import kernels
from autograd_np.kernels import fallback

from . import naive
from .geometries import Conv, conv_geometries, integers, wild

pytestmark = pytest.mark.usefixtures("engine", "layout")


def out_shape(case):
    axes = zip(
        case.x_shape[2:],
        case.w_shape[2:],
        case.options["stride"],
        case.options["padding"],
        case.options["dilation"],
        strict=True,
    )
    return (case.x_shape[0], case.w_shape[0], *(kernels.conv_output_size(*axis) for axis in axes))


def check(case, make, dtype):
    """Compare all three with the loops, exactly; return arrays and results."""
    rng = np.random.default_rng(case.seed)
    x, w, g = (make(rng, s, dtype) for s in (case.x_shape, case.w_shape, out_shape(case)))
    bias = make(rng, case.w_shape[0], dtype)
    out = kernels.conv2d(x, w, bias, **case.options)
    dx = kernels.conv2d_dx(g, w, x_shape=x.shape, **case.options)
    dw = kernels.conv2d_dw(g, x, w_shape=w.shape, **case.options)
    np.testing.assert_array_equal(out, naive.conv2d(x, w, bias, **case.options))
    np.testing.assert_array_equal(dx, naive.conv2d_dx(g, w, x_shape=x.shape, **case.options))
    np.testing.assert_array_equal(dw, naive.conv2d_dw(g, x, w_shape=w.shape, **case.options))
    for result in (out, dx, dw):
        assert result.dtype == dtype
        assert result.flags.owndata
        assert result.flags.c_contiguous
    return x, w, g, out, bias, dx, dw


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(case=conv_geometries())
def test_equal_to_plain_loops_and_adjoint(case, dtype):
    x, w, g, out, bias, dx, dw = check(case, integers, dtype)
    linear = np.vdot(g, out - bias[:, None, None])
    assert np.vdot(dx, x) == linear
    assert np.vdot(dw, w) == linear


@pytest.mark.parametrize("make", [integers, wild])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(case=conv_geometries(min_batch=1), channels=st.sampled_from([6, 12, 16, 17, 30]))
def test_a_filter_for_each_of_many_channels(case, channels, dtype, make):
    x_shape, w_shape = list(case.x_shape), list(case.w_shape)
    x_shape[1], w_shape[:2] = channels, [channels, 1]
    check(Conv((*x_shape,), (*w_shape,), case.options | {"groups": channels}, case.seed), make, dtype)


counts = st.sampled_from([1, 3, 4, 8, 9, 17, 40, 70])


@pytest.mark.parametrize("make", [integers, wild])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(outputs=counts, channels=counts, images=st.integers(1, 9), size=st.sampled_from([1, 3, 12]))
def test_filters_of_one_pixel(outputs, channels, images, size, dtype, make):
    rng = np.random.default_rng(size)
    for groups in 1, 3:
        x, g = (make(rng, (images, groups, count, size, size), dtype) for count in (channels, outputs))
        planes = [array.reshape(images, -1, size, size) for array in (x, g)]
        w_shape = groups * outputs, channels, 1, 1
        options = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (2, 1), "groups": groups}
        dw = kernels.conv2d_dw(planes[1], planes[0], w_shape=w_shape, **options)
        with np.errstate(all="ignore"):
            wanted = np.einsum("ngohw,ngchw->goc", g, x)
        np.testing.assert_array_equal(dw.reshape(wanted.shape), wanted)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("left", [0, 1, 2])
@pytest.mark.parametrize("width", [15, 16, 17, 18, 33, 40])
def test_every_second_pixel_of_lines_longer_than_vectors(width, left, dtype):
    options = {"stride": (1, 2), "padding": ((0, 1), (left, 1)), "dilation": (1, 1), "groups": 1}
    check(Conv((2, 2, 3, width), (2, 2, 2, 3), options, seed=width), integers, dtype)


@given(case=conv_geometries(min_batch=1))
def test_nan_and_inf_where_the_plain_loops_have_them(case):
    check(case, wild, np.float32)


@pytest.mark.parametrize("odd", ["x", "w", "g"])
@given(case=conv_geometries(min_batch=1))
def test_a_single_nan_stays_where_it_belongs(case, odd):
    def make(rng, shape, dtype):
        array = integers(rng, shape, dtype)
        if shape == {"x": case.x_shape, "w": case.w_shape, "g": out_shape(case)}[odd]:
            array.flat[rng.integers(array.size)] = rng.choice([np.nan, np.inf])
        return array

    check(case, make, np.float32)


def windows(x, kernel, *, stride, padding, dilation):
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), *padding))
    extent = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    view = np.lib.stride_tricks.sliding_window_view(padded, extent, axis=(2, 3))
    return view[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


@pytest.mark.parametrize(
    ("x_shape", "outputs", "kernel", "stride", "dilation", "groups"),
    [
        ((2, 1, 28, 28), 8, 3, 1, 1, 1),
        ((2, 64, 32, 32), 64, 3, 1, 1, 1),  # several bands of rows, several groups of blocks
        ((9, 64, 4, 4), 130, 3, 1, 1, 1),  # small images that share a row
        ((23, 6, 4, 4), 10, 3, 1, 1, 1),  # and more than there is room for in one
        ((3, 32, 33, 31), 20, 3, 2, 1, 2),
        ((2, 6, 60, 61), 7, 5, 3, 2, 1),
        ((3, 40, 14, 14), 40, 3, 1, 1, 40),
        ((2, 16, 17, 17), 10, 1, 2, 1, 1),
        ((1, 3, 64, 64), 5, 7, 2, 1, 1),
        ((20, 130, 3, 5), 90, 3, 1, 1, 1),  # several bundles of channels, a part of a vector
    ],
)
def test_realistic_shapes_to_rounding(x_shape, outputs, kernel, stride, dilation, groups):
    options = {"stride": (stride,) * 2, "padding": ((kernel // 2,) * 2,) * 2, "dilation": (dilation,) * 2}
    rng = np.random.default_rng(0)
    x = rng.standard_normal(x_shape).astype(np.float32)
    w = rng.standard_normal((outputs, x_shape[1] // groups, kernel, kernel)).astype(np.float32)
    bias = rng.standard_normal(outputs).astype(np.float32)
    out = kernels.conv2d(x, w, bias, groups=groups, **options)
    g = rng.standard_normal(out.shape).astype(np.float32)
    dx = kernels.conv2d_dx(g, w, x_shape=x.shape, groups=groups, **options)
    dw = kernels.conv2d_dw(g, x, w_shape=w.shape, groups=groups, **options)

    view = windows(x, (kernel,) * 2, **options)
    view = view.reshape(view.shape[0], groups, -1, *view.shape[2:])
    grouped_w = w.reshape(groups, -1, *w.shape[1:]).astype(np.float64)
    grouped_g = g.reshape(len(g), groups, -1, *g.shape[2:]).astype(np.float64)
    expected = np.einsum("ngchwij,gocij->ngohw", view, grouped_w, optimize=True).reshape(out.shape)
    expected_dw = np.einsum("ngchwij,ngohw->gocij", view, grouped_g, optimize=True).reshape(dw.shape)
    assert np.abs(out - bias[:, None, None] - expected).max() <= 1e-5 * np.abs(expected).max()
    assert np.abs(dw - expected_dw).max() <= 1e-5 * np.abs(expected_dw).max()
    left, right = np.vdot(dx.astype(np.float64), x), np.vdot(grouped_g, expected)
    assert abs(left - right) <= 1e-6 * np.linalg.norm(grouped_g) * np.linalg.norm(expected)


def test_many_filters_of_one_pixel_whose_sums_have_little_room():
    rng = np.random.default_rng(0)
    x, g = integers(rng, (3, 500, 2, 3)), integers(rng, (3, 400, 2, 3))
    options = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    dw = kernels.conv2d_dw(g, x, w_shape=(400, 500, 1, 1), **options)
    np.testing.assert_array_equal(dw[..., 0, 0], np.einsum("nohw,nchw->oc", g, x))


def test_large_integers_dx_is_the_adjoint_exactly():
    rng = np.random.default_rng(1)
    options = {"stride": (1, 2), "padding": ((1, 1), (2, 0)), "dilation": (1, 1), "groups": 1}
    x, w = integers(rng, (3, 20, 40, 41)), integers(rng, (70, 20, 3, 3))
    out = kernels.conv2d(x, w, **options)
    g = integers(rng, out.shape)
    assert np.vdot(g, out) == np.vdot(kernels.conv2d_dx(g, w, x_shape=x.shape, **options), x)
    assert np.vdot(g, out) == np.vdot(kernels.conv2d_dw(g, x, w_shape=w.shape, **options), w)


def test_empty_arrays():
    options = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
    x, w, g = (
        np.zeros((0, 2, 4, 4), np.float32),
        np.ones((3, 2, 3, 3), np.float32),
        np.zeros((0, 3, 4, 4), np.float32),
    )
    assert kernels.conv2d(x, w, np.ones(3, np.float32), **options).shape == (0, 3, 4, 4)
    assert kernels.conv2d_dx(g, w, x_shape=x.shape, **options).shape == x.shape
    np.testing.assert_array_equal(kernels.conv2d_dw(g, x, w_shape=w.shape, **options), np.zeros(w.shape))
    x, w = np.zeros((2, 0, 4, 4)), np.zeros((3, 0, 3, 3))
    np.testing.assert_array_equal(kernels.conv2d(x, w, np.ones(3), **options), np.ones((2, 3, 4, 4)))
    assert kernels.conv2d_dx(np.ones((2, 3, 4, 4)), w, x_shape=x.shape, **options).shape == x.shape
    assert kernels.conv2d_dw(np.ones((2, 3, 4, 4)), x, w_shape=w.shape, **options).shape == w.shape


def test_many_planes_of_one_image_are_shared_among_threads():
    rng = np.random.default_rng(2)
    x, w = integers(rng, (1, 2, 70, 70)), integers(rng, (3, 2, 3, 3))
    options = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    expected = np.einsum(
        "nchwij,ocij->nohw", windows(x, (3, 3), stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1)), w
    )
    np.testing.assert_array_equal(kernels.conv2d(x, w, **options), expected)


# One vector of outputs to seven, whole ones and not; images that are computed together, bands of one, cuts of the taps.
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("images", "groups", "channels", "outputs", "size", "kernel", "stride", "dilation", "padding"),
    [
        (3, 1, 20, 70, (9, 11), (3, 3), (1, 1), (1, 1), ((1, 1), (1, 1))),
        (2, 1, 33, 48, (12, 13), (3, 2), (2, 3), (2, 1), ((0, 2), (1, 0))),
        (5, 2, 17, 19, (5, 5), (5, 5), (1, 1), (1, 1), ((0, 0), (0, 0))),
        (7, 2, 40, 24, (4, 6), (3, 3), (3, 2), (1, 2), ((1, 0), (0, 1))),
        (1, 1, 112, 80, (3, 40), (1, 4), (1, 2), (1, 1), ((0, 0), (2, 1))),
        (1, 1, 130, 16, (23, 24), (4, 4), (1, 1), (1, 1), ((0, 0), (0, 0))),
        (1, 1, 6, 21, (2, 1600), (1, 5), (1, 2), (1, 2), ((0, 0), (3, 0))),
        (2, 3, 16, 1, (6, 7), (2, 2), (2, 2), (1, 1), ((3, 3), (3, 3))),
    ],
)
def test_many_channels(images, groups, channels, outputs, size, kernel, stride, dilation, padding, dtype):
    rng = np.random.default_rng(0)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    x = integers(rng, (images, groups * channels, *size), dtype)
    w, bias = integers(rng, (groups * outputs, channels, *kernel), dtype), integers(rng, groups * outputs, dtype)
    out = kernels.conv2d(x, w, bias, **options)
    np.testing.assert_array_equal(out, fallback.conv2d(x, w, bias, **options))
    g = integers(rng, out.shape, dtype)
    dx, dw = kernels.conv2d_dx(g, w, x_shape=x.shape, **options), kernels.conv2d_dw(g, x, w_shape=w.shape, **options)
    np.testing.assert_array_equal(dx, fallback.conv2d_dx(g, w, x.shape, **options))
    np.testing.assert_array_equal(dw, fallback.conv2d_dw(g, x, w.shape, **options))


def test_nan_and_inf_among_many_channels():
    rng = np.random.default_rng(0)
    options = {"stride": (2, 1), "padding": ((1, 1), (0, 1)), "dilation": (1, 1), "groups": 1}
    x, w = wild(rng, (4, 18, 7, 9), odds=1e-3), wild(rng, (35, 18, 3, 3), odds=1e-3)
    out = kernels.conv2d(x, w, **options)
    np.testing.assert_array_equal(out, fallback.conv2d(x, w, None, **options))
    g = wild(rng, out.shape, odds=1e-3)
    dw = kernels.conv2d_dw(g, x, w_shape=w.shape, **options)
    np.testing.assert_array_equal(dw, fallback.conv2d_dw(g, x, w.shape, **options))
    dx = kernels.conv2d_dx(g, w, x_shape=x.shape, **options)
    np.testing.assert_array_equal(dx, fallback.conv2d_dx(g, w, x.shape, **options))


def test_long_sums_keep_their_precision():
    """Of so many equal numbers, added one after the other, the rounding errors would be 1e-4 and more."""
    options = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
    x, g = np.full((32, 2, 48, 48), 0.1, np.float32), np.full((32, 17, 48, 48), 0.3, np.float32)
    dw = kernels.conv2d_dw(g, x, w_shape=(17, 2, 3, 3), **options)
    exact = kernels.conv2d_dw(g.astype(float), x.astype(float), w_shape=(17, 2, 3, 3), **options)
    np.testing.assert_allclose(dw, exact, rtol=2e-6)


def test_small_planes_of_many_images_go_into_lanes():
    layouts = pytest.importorskip("autograd_np.kernels.layouts")

    def is_chosen(images, channels, outputs, size, kernel, stride=1):
        padding = ((kernel // 2,) * 2,) * 2
        geometry = channels, (size, size), (kernel, kernel), (stride, stride), padding, (1, 1)
        return type(layouts.choose("forward", images, 1, outputs, 4, *geometry)) is layouts.LanePlan

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layouts, "LAYOUTS", ("rows", "lanes"))
        assert is_chosen(64, 128, 128, 7, 3)
        assert is_chosen(64, 64, 64, 14, 3, stride=2)
        assert not is_chosen(1, 128, 128, 7, 3)  # all lanes but one would be empty
        assert not is_chosen(64, 64, 64, 56, 3)  # nearly all of a row is used
        assert not is_chosen(64, 64, 64, 7, 1)  # all of it is
        assert not is_chosen(64, 1, 4, 20, 3)  # to turn the images would cost more
        assert not is_chosen(64, 9, 1, 14, 3)  # a single output has no block of four


def test_plans_of_products_are_small_for_large_images():
    geometry = pytest.importorskip("autograd_np.kernels.gemm_geometry")
    task = 3, (4001, 3999), (3, 3), (2, 2), ((1, 1), (0, 1)), (1, 1)
    for plan in geometry.forward_plan(*task), geometry.adjoint_plan(*task):
        assert plan.starts.size == plan.rows.size <= 4 * geometry.BAND_PIXELS
        assert plan.bands[:, 3].max() <= geometry.BAND_PIXELS


def test_many_channels_are_a_product():
    layouts = pytest.importorskip("autograd_np.kernels.layouts")

    def is_chosen(what, images, channels, outputs, size, kernel, stride=1):
        task = channels, (size, size), (kernel, kernel), (stride, stride), ((0, 0), (0, 0)), (1, 1)
        plan = layouts.choose(what, images, 1, outputs, 4, *task)
        return type(plan) is layouts.GemmPlan

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layouts, "LAYOUTS", ("rows", "lanes", "product"))
        for what in ("forward", "dx", "dw"):
            assert is_chosen(what, 2, 128, 128, 7, 3)  # a row would hold few pixels
        assert is_chosen("forward", 8, 64, 64, 32, 3, stride=2)  # nothing is split into phases
        assert is_chosen("dw", 8, 64, 64, 32, 3)
        assert not is_chosen("forward", 8, 3, 4, 32, 3)  # most of a vector would be empty
        assert not is_chosen("dx", 8, 64, 3, 32, 3)
