"""The layers.  Parameters are float32 unless told otherwise, and random numbers come from ``rng``.

Types are NumPy's: float64 images through float32 layers are computed in float64, so convert them first.

``rng`` is a `numpy.random.Generator`, a seed for one, or None for one that differs from run to run.  Give
all layers of a model the same Generator: from equal seeds, layers of one shape begin with equal weights.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .. import functional
from ..core import Tensor, is_unseen, note_write
from ..ops.convolution import conv2d
from ..ops.normalization import normalize_batch
from ..ops.pooling import avg_pool2d, max_pool2d
from ..ops.products import linear
from ..ops.windows import Padding, Pair, paddings, pair
from .activations import ReLU
from .init import he_normal
from .module import Module

Init = Callable[..., ArrayLike]
Rng = np.random.Generator | int | None


class Sequential(Module):
    """Layers one after the other: ``Sequential(Dense(784, 64), ReLU(), Dense(64, 10))``."""

    def __init__(self, *layers: Module) -> None:
        for position, layer in enumerate(layers):
            if not isinstance(layer, Module):
                found = f"the class {layer.__name__}" if isinstance(layer, type) else f"a {type(layer).__name__}"
                raise TypeError(
                    f"Sequential: layer {position} is {found}, not a Module; write Sequential(Dense(2, 8), ReLU())"
                )
        self.layers = list(layers)

    def forward(self, x: Any) -> Any:
        """Give the last layer's output."""
        for layer in self.layers:
            # Nobody will ever miss what a ReLU is given here, so there is no need to fetch as much memory again.
            x = layer.overwrite(x) if type(layer) is ReLU and is_unseen(x) else layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> "Sequential": ...
    def __getitem__(self, index: int | slice) -> Module:
        """Give a layer; a slice gives a Sequential of the same layers."""
        return Sequential(*self.layers[index]) if isinstance(index, slice) else self.layers[index]


class Dense(Module):
    """x @ weight + bias, over the last axis.

    Parameters
    ----------
    in_features, out_features : int
        Length of the last axis before and after; the weight is (in_features, out_features).
    bias : bool
        Whether a bias (out_features,), at first 0, is added.
    init : callable, optional
        Of `autograd_np.nn.init`, or any ``init(shape, rng, dtype=dtype) -> array``; `he_normal` by default.
    rng : numpy.random.Generator or int, optional
        Where the weights come from.
    dtype : dtype_like
        Of the parameters, floating point.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias: bool = True,
        init: Init | None = None,
        rng: Rng = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.in_features = _size("Dense", "in_features", in_features)
        self.out_features = _size("Dense", "out_features", out_features)
        self.weight = _weight("Dense", (in_features, out_features), init, rng, dtype)
        self.bias = _bias(out_features, dtype) if bias else None

    def forward(self, x: Any) -> Any:
        """Map x (..., in_features) to (..., out_features)."""
        x = _array(x)
        if x.ndim == 0 or x.shape[-1] != self.in_features:
            raise ValueError(self._misfit(x.shape))
        return linear(x, self.weight, self.bias)

    def _misfit(self, shape: tuple[int, ...]) -> str:
        found = f"{shape[-1]} features" if shape else "no axis"
        if math.prod(shape[1:]) == self.in_features:
            remedy = "put Flatten() before this layer"
        elif shape:
            remedy = f"give it x (..., {self.in_features}), or make it Dense({shape[-1]}, {self.out_features})"
        else:
            remedy = f"give it x (..., {self.in_features})"
        return f"{self.describe()}: x has {found} (x {shape}); {remedy}"

    def describe(self) -> str:
        """Say what this is."""
        return f"Dense({self.in_features}, {self.out_features}{_unless(bias=(self.bias is not None, True))})"


class Conv2D(Module):
    """Slide filters over images (cross-correlation) and add a bias: `conv2d` with its weights.

    Parameters
    ----------
    in_channels, out_channels : int
        The weight is (out_channels, in_channels / groups, height, width).
    kernel_size : int or pair of ints
        Height and width of the filters, in pixels.
    stride, padding, dilation, groups
        As of `conv2d`; padding may be "same".
    bias : bool
        Whether a bias (out_channels,), at first 0, is added.
    init, rng, dtype
        As of `Dense`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        *,
        stride: Pair = 1,
        padding: Padding = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        init: Init | None = None,
        rng: Rng = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.in_channels = _size("Conv2D", "in_channels", in_channels)
        self.out_channels = _size("Conv2D", "out_channels", out_channels)
        self.groups = _size("Conv2D", "groups", groups)
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"Conv2D: groups={groups} must divide in_channels={in_channels} and out_channels={out_channels}"
            )
        kernel = pair("Conv2D", "kernel_size", kernel_size)
        strides, dilations = pair("Conv2D", "stride", stride), pair("Conv2D", "dilation", dilation)
        paddings("Conv2D", padding, kernel, strides, dilations)
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride, padding, dilation
        self.weight = _weight("Conv2D", (out_channels, in_channels // groups, *kernel), init, rng, dtype)
        self.bias = _bias(out_channels, dtype) if bias else None

    def forward(self, x: Any) -> Any:
        """Map x (N, in_channels, H, W) to (N, out_channels, OH, OW)."""
        x = _array(x)
        if x.ndim != 4 or x.shape[1] != self.in_channels:
            raise ValueError(self._misfit(x.shape))
        return conv2d(
            x,
            self.weight,
            self.bias,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
        )

    def _misfit(self, shape: tuple[int, ...]) -> str:
        found = f"{shape[1]} channels" if len(shape) == 4 else f"{len(shape)} axes, not 4"
        wanted = f"give it x (N, {self.in_channels}, H, W)"
        if len(shape) == 4 and shape[3] == self.in_channels:
            wanted += ": np.moveaxis(x, -1, 1) brings the channels there"
        elif len(shape) == 3 and shape[0] == self.in_channels:
            wanted += ": x[None] makes a batch of one image"
        elif len(shape) == 3 and self.in_channels == 1:
            wanted += ": x[:, None] gives each image its channel axis"
        return f"{self.describe()}: x has {found} (x {shape}); {wanted}"

    def describe(self) -> str:
        """Say what this is."""
        options = _unless(
            stride=(self.stride, 1),
            padding=(self.padding, 0),
            dilation=(self.dilation, 1),
            groups=(self.groups, 1),
            bias=(self.bias is not None, True),
        )
        return f"Conv2D({self.in_channels}, {self.out_channels}, {self.kernel_size}{options})"


class _Pool2D(Module):
    def __init__(self, size: Pair, stride: Pair | None = None, padding: Padding = 0) -> None:
        name = type(self).__name__
        sizes = pair(name, "size", size)
        strides = sizes if stride is None else pair(name, "stride", stride)
        sides = paddings(name, padding, sizes, strides, (1, 1))
        if any(max(side) > k // 2 for side, k in zip(sides, sizes, strict=True)):
            raise ValueError(f"{name}: padding is at most half the window {sizes}, not {padding}")
        self.size, self.stride, self.padding = size, stride, padding

    def describe(self) -> str:
        """Say what this is."""
        options = _unless(stride=(self.stride, None), padding=(self.padding, 0))
        return f"{type(self).__name__}({self.size}{options})"


class MaxPool2D(_Pool2D):
    """Maximum of each window: `max_pool2d` with size, stride (the size by default) and padding."""

    def forward(self, x: Any) -> Any:
        """Map x (N, C, H, W) to (N, C, OH, OW)."""
        return max_pool2d(x, size=self.size, stride=self.stride, padding=self.padding)


class AvgPool2D(_Pool2D):
    """Mean of each window: `avg_pool2d` with size, stride (the size by default) and padding."""

    def forward(self, x: Any) -> Any:
        """Map x (N, C, H, W) to (N, C, OH, OW)."""
        return avg_pool2d(x, size=self.size, stride=self.stride, padding=self.padding)


class BatchNorm(Module):
    """Bring each channel to mean 0 and variance 1 over the batch, then to a learned scale and shift.

    In training by the batch's own mean and variance, of which running averages are kept; in evaluation by those.

    Parameters
    ----------
    channels : int
        Length of the second axis; ``gamma``, at first 1, and ``beta``, at first 0, are (channels,).
    momentum : float
        In [0, 1]: how much of each batch's statistics goes into the running averages.
    eps : float
        Is added to variances.
    dtype : dtype_like
        Of the parameters and averages, floating point.

    Attributes
    ----------
    running_mean, running_variance : Tensor
        The variance is that of the population, estimated from the batch: with n - 1.
    """

    def __init__(
        self, channels: int, *, momentum: float = 0.1, eps: float = 1e-5, dtype: DTypeLike = np.float32
    ) -> None:
        self.channels = _size("BatchNorm", "channels", channels)
        if not 0 <= momentum <= 1 or not eps > 0:
            raise ValueError(f"BatchNorm: 0 <= momentum <= 1 and eps > 0 are wanted, not {momentum} and {eps}")
        self.momentum, self.eps = momentum, eps
        self.gamma = Tensor(np.ones(channels, dtype), requires_grad=True, name="gamma")
        self.beta = Tensor(np.zeros(channels, dtype), requires_grad=True, name="beta")
        self.running_mean = Tensor(np.zeros(channels, dtype))
        self.running_variance = Tensor(np.ones(channels, dtype))

    def forward(self, x: Any) -> Any:
        """Map x (N, channels, ...) to the same shape."""
        x = _array(x)
        if x.ndim < 2 or x.shape[1] != self.channels:
            raise ValueError(f"{self.describe()}: give it x (N, {self.channels}, ...), not {x.shape}")
        if not self.training:
            mean, variance = self.running_mean, self.running_variance
            return functional.batch_norm(x, self.gamma, self.beta, mean=mean, variance=variance, eps=self.eps)
        count = x.size // self.channels
        if count < 2:
            raise ValueError(
                f"{self.describe()}: a channel wants two elements or more to train with (x {x.shape}); give larger "
                "batches, or call eval()"
            )
        y, mean, variance = normalize_batch(x, self.gamma, self.beta, eps=self.eps)
        self._average(self.running_mean, mean.data)
        self._average(self.running_variance, variance.data * (count / (count - 1)))
        return y

    def _average(self, running: Tensor, new: np.ndarray) -> None:
        running.data += self.momentum * (new - running.data)
        note_write(running.data)

    def describe(self) -> str:
        """Say what this is."""
        options = _unless(momentum=(self.momentum, 0.1), eps=(self.eps, 1e-5))
        return f"BatchNorm({self.channels}{options})"


class Flatten(Module):
    """Keep the batch axis and put the others together."""

    def forward(self, x: Any) -> Any:
        """Map x (N, ...) to (N, features)."""
        return functional.flatten(x)


class Dropout(Module):
    """In training set each element to 0 with probability p and divide the others by 1 - p; otherwise give x.

    Parameters
    ----------
    p : float
        In [0, 1].
    rng : numpy.random.Generator or int, optional
        Draws the elements.
    """

    def __init__(self, p: float, *, rng: Rng = None) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p is a probability, 0 <= p <= 1, not {p}")
        self.p = p
        self.rng = np.random.default_rng(rng)

    def forward(self, x: Any) -> Any:
        """Map x, of any shape."""
        return functional.dropout(x, self.p, self.rng) if self.training else x

    def describe(self) -> str:
        """Say what this is."""
        return f"Dropout({self.p})"


def _array(x: Any) -> Any:
    return x if isinstance(x, (Tensor, np.ndarray)) else np.asarray(x)


def _size(layer: str, name: str, value: int) -> int:
    if not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{layer}: {name} is an int, 1 or more, not {value!r}")
    return int(value)


def _weight(layer: str, shape: tuple[int, ...], init: Init | None, rng: Rng, dtype: DTypeLike) -> Tensor:
    values = np.asarray((init or he_normal)(shape, np.random.default_rng(rng), dtype=dtype))
    if values.shape != shape:
        raise ValueError(f"{layer}: init gave weights of shape {values.shape}, not {shape}")
    return Tensor(values, requires_grad=True, dtype=dtype, name="weight")


def _bias(size: int, dtype: DTypeLike) -> Tensor:
    return Tensor(np.zeros(size, dtype), requires_grad=True, name="bias")


def _unless(**options: tuple[Any, Any]) -> str:
    """Those options that are not their defaults, as a call has them."""
    return "".join(f", {name}={value!r}" for name, (value, default) in options.items() if value != default)
