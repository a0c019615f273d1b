"""Convolution and pooling as plain loops in float64, with nothing of the kernels in them."""

import itertools

import numpy as np


def _outputs(size, kernel, stride, pads, dilation):
    return len(range(0, size + sum(pads) - dilation * (kernel - 1), stride))


def _terms(x_shape, w_shape, *, stride, padding, dilation, groups):
    """Yield the indices (into out, into padded x, into w) of every product of a convolution."""
    n_images, _, height, width = x_shape
    n_out, group_channels, kernel_h, kernel_w = w_shape
    out_h = _outputs(height, kernel_h, stride[0], padding[0], dilation[0])
    out_w = _outputs(width, kernel_w, stride[1], padding[1], dilation[1])
    for n in range(n_images):
        for o in range(n_out):
            group = o // (n_out // groups)
            for i in range(out_h):
                for j in range(out_w):
                    for c in range(group_channels):
                        for kh in range(kernel_h):
                            for kw in range(kernel_w):
                                y, x = i * stride[0] + kh * dilation[0], j * stride[1] + kw * dilation[1]
                                yield (n, o, i, j), (n, group * group_channels + c, y, x), (o, c, kh, kw)


def _pad(x, padding):
    return np.pad(np.asarray(x, np.float64), ((0, 0), (0, 0), *padding))


@np.errstate(all="ignore")
def conv2d(x, w, bias=None, **options):
    xp, w = _pad(x, options["padding"]), np.asarray(w, np.float64)
    size = [
        _outputs(*axis)
        for axis in zip(
            x.shape[2:], w.shape[2:], options["stride"], options["padding"], options["dilation"], strict=True
        )
    ]
    out = np.zeros((len(x), len(w), *size))
    if bias is not None:
        out += np.asarray(bias, np.float64)[:, None, None]
    for at_out, at_x, at_w in _terms(x.shape, w.shape, **options):
        out[at_out] += xp[at_x] * w[at_w]
    return out


@np.errstate(all="ignore")
def conv2d_dx(g, w, *, x_shape, **options):
    g, w = np.asarray(g, np.float64), np.asarray(w, np.float64)
    (top, _), (left, _) = options["padding"]
    dxp = _pad(np.zeros(x_shape), options["padding"])
    for at_out, at_x, at_w in _terms(x_shape, w.shape, **options):
        dxp[at_x] += g[at_out] * w[at_w]
    return dxp[:, :, top : top + x_shape[2], left : left + x_shape[3]]


@np.errstate(all="ignore")
def conv2d_dw(g, x, *, w_shape, **options):
    g, xp = np.asarray(g, np.float64), _pad(x, options["padding"])
    dw = np.zeros(w_shape)
    for at_out, at_x, at_w in _terms(x.shape, w_shape, **options):
        dw[at_w] += g[at_out] * xp[at_x]
    return dw


def _windows(shape, *, size, stride, padding):
    """Yield (index of the output, list of the indices of the window's elements that are not padding)."""
    out_h, out_w = (_outputs(*axis, 1) for axis in zip(shape[2:], size, stride, padding, strict=True))
    for n, c, i, j in itertools.product(range(shape[0]), range(shape[1]), range(out_h), range(out_w)):
        y, x = i * stride[0] - padding[0][0], j * stride[1] - padding[1][0]
        places = itertools.product(range(y, y + size[0]), range(x, x + size[1]))
        yield (n, c, i, j), [(n, c, y, x) for y, x in places if 0 <= y < shape[2] and 0 <= x < shape[3]]


def _pooled(shape, *, size, stride, padding):
    return (*shape[:2], *(_outputs(*axis, 1) for axis in zip(shape[2:], size, stride, padding, strict=True)))


def max_pool2d(x, **options):
    out, winner = np.zeros(_pooled(x.shape, **options)), np.zeros(_pooled(x.shape, **options), int)
    for at, places in _windows(x.shape, **options):
        best = places[0]
        for place in places[1:]:
            if not np.isnan(x[best]) and (x[place] > x[best] or np.isnan(x[place])):
                best = place
        out[at], winner[at] = x[best], best[2] * x.shape[3] + best[3]
    return out, winner


@np.errstate(all="ignore")
def avg_pool2d(x, **options):
    out = np.zeros(_pooled(x.shape, **options))
    for at, places in _windows(x.shape, **options):
        for place in places:
            out[at] += x[place]
    return out / (options["size"][0] * options["size"][1])


@np.errstate(all="ignore")
def avg_pool2d_dx(g, *, x_shape, **options):
    dx = np.zeros(x_shape)
    for at, places in _windows(x_shape, **options):
        for place in places:
            dx[place] += g[at] / (options["size"][0] * options["size"][1])
    return dx
