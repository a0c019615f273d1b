"""What a layer says of a wrong input or a wrong argument of its constructor."""

import numpy as np
import pytest

from autograd_np import nn


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (
            nn.Dense(784, 64),
            (32, 512),
            "Dense(784, 64): x has 512 features (x (32, 512)); give it x (..., 784), or make it Dense(512, 64)",
        ),
        (
            nn.Dense(784, 64, bias=False),
            (32, 1, 28, 28),
            "Dense(784, 64, bias=False): x has 28 features (x (32, 1, 28, 28)); put Flatten() before this layer",
        ),
        (nn.Dense(2, 3), (), "Dense(2, 3): x has no axis (x ()); give it x (..., 2)"),
        (
            nn.Conv2D(3, 8, 3),
            (2, 1, 28, 28),
            "Conv2D(3, 8, 3): x has 1 channels (x (2, 1, 28, 28)); give it x (N, 3, H, W)",
        ),
        (
            nn.Conv2D(3, 8, (3, 5), stride=2, bias=False),
            (2, 28, 28, 3),
            "Conv2D(3, 8, (3, 5), stride=2, bias=False): x has 28 channels (x (2, 28, 28, 3)); "
            "give it x (N, 3, H, W): np.moveaxis(x, -1, 1) brings the channels there",
        ),
        (
            nn.Conv2D(3, 8, 3),
            (3, 28, 28),
            "Conv2D(3, 8, 3): x has 3 axes, not 4 (x (3, 28, 28)); "
            "give it x (N, 3, H, W): x[None] makes a batch of one image",
        ),
        (
            nn.Conv2D(1, 8, 3),
            (64, 28, 28),
            "Conv2D(1, 8, 3): x has 3 axes, not 4 (x (64, 28, 28)); "
            "give it x (N, 1, H, W): x[:, None] gives each image its channel axis",
        ),
    ],
)
def test_a_wrong_input_is_named_with_the_remedy(layer, shape, message):
    with pytest.raises(ValueError, match="x has") as caught:
        layer(np.zeros(shape))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv2D(1, 2, 5), (2, 1, 4, 4)),
        (nn.MaxPool2D(3), (2, 1, 2, 2)),
        (nn.AvgPool2D(3), (2, 1, 8)),
        (nn.Flatten(), ()),
    ],
)
def test_what_the_operation_refuses_names_the_layer(layer, shape):
    with pytest.raises(ValueError, match=r"\(") as caught:
        layer(np.zeros(shape))
    assert caught.value.__notes__ == [f"in {layer.describe()}"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Dense(0, 3), "Dense: in_features is an int, 1 or more, not 0"),
        (lambda: nn.Dense(3, -1), "Dense: out_features is an int, 1 or more, not -1"),
        (lambda: nn.Dense(3, 2.5), "Dense: out_features is an int, 1 or more, not 2.5"),
        (lambda: nn.Conv2D(0, 3, 3), "Conv2D: in_channels is an int"),
        (lambda: nn.Conv2D(3, 0, 3), "Conv2D: out_channels is an int"),
        (lambda: nn.Conv2D(4, 4, 3, groups=0), "Conv2D: groups is an int"),
        (
            lambda: nn.Conv2D(4, 6, 3, groups=4),
            "Conv2D: groups=4 must divide in_channels=4 and out_channels=6",
        ),
        (lambda: nn.Conv2D(5, 6, 3, groups=2), "Conv2D: groups=2 must divide in_channels=5"),
        (lambda: nn.Conv2D(1, 1, 0), "Conv2D: kernel_size is an int or a pair of ints, at least 1, not 0"),
        (lambda: nn.Conv2D(1, 1, 3, stride=0), "Conv2D: stride is"),
        (lambda: nn.Conv2D(1, 1, 3, dilation=(1, 0)), "Conv2D: dilation is"),
        (lambda: nn.Conv2D(1, 1, 3, padding=-1), "Conv2D: padding is"),
        (lambda: nn.Conv2D(1, 1, 3, padding="full"), "Conv2D: padding is in pixels or"),
        (lambda: nn.Conv2D(1, 1, 3, padding="same", stride=2), "Conv2D: padding is in pixels or"),
        (lambda: nn.MaxPool2D(0), "MaxPool2D: size is"),
        (lambda: nn.MaxPool2D(2, stride=0), "MaxPool2D: stride is"),
        (
            lambda: nn.AvgPool2D(3, padding=2),
            r"AvgPool2D: padding is at most half the window \(3, 3\), not 2",
        ),
        (lambda: nn.Dropout(-0.1), "Dropout: p is a probability, 0 <= p <= 1, not -0.1"),
        (lambda: nn.Dropout(1.1), "Dropout: p is"),
        (lambda: nn.Dropout(float("nan")), "Dropout: p is"),
        (lambda: nn.LeakyReLU(float("nan")), "LeakyReLU: slope is a finite number, not nan"),
    ],
)
def test_wrong_constructor_arguments(make, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        make()
