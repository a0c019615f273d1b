"""The models: for each its data set, its layers and the settings it trains well with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from autograd_np import Tensor, datasets, nn
from autograd_np.datasets import Dataset
from autograd_np.nn.layers import Init

from .training import Settings


@dataclass(frozen=True)
class Activation:
    """A kind of layer, and how the weights before it begin."""

    layer: Callable[[], nn.Module]
    init: Init


ACTIVATIONS = {
    "relu": Activation(nn.ReLU, nn.init.he_normal),
    "leaky-relu": Activation(nn.LeakyReLU, nn.init.he_normal),
    "sigmoid": Activation(nn.Sigmoid, nn.init.xavier_normal),
    "tanh": Activation(nn.Tanh, nn.init.xavier_normal),
}

Build = Callable[[Dataset, Activation, np.random.Generator], nn.Module]


class Standardise(nn.Module):
    """Bring every feature to mean 0 and deviation 1, as measured on the training examples."""

    def __init__(self, x: np.ndarray) -> None:
        self.mean = Tensor(x.mean(axis=0))
        self.deviation = Tensor(x.std(axis=0))

    def forward(self, x: Tensor) -> Tensor:
        """Map x (N, features)."""
        return (x - self.mean) / self.deviation


def mlp(*hidden: int) -> Build:
    """Give the builder of a network with dense hidden layers of these widths."""

    def build(data: Dataset, activation: Activation, rng: np.random.Generator) -> nn.Module:
        flat = data.x_train.ndim == 2
        layers: list[nn.Module] = [Standardise(data.x_train) if flat else nn.Flatten()]
        features = int(np.prod(data.x_train.shape[1:]))
        for width in hidden:
            layers += [nn.Dense(features, width, init=activation.init, rng=rng), activation.layer()]
            features = width
        return nn.Sequential(*layers, nn.Dense(features, len(data.classes), rng=rng))

    return build


def cnn(*layers: int | Literal["pool"], dropout: float = 0.0) -> Build:
    """Give the builder of a network of 3 x 3 convolutions (a number: its channels) and 2 x 2 poolings."""

    def build(data: Dataset, activation: Activation, rng: np.random.Generator) -> nn.Module:
        depth, height, width = data.x_train.shape[1:]
        modules: list[nn.Module] = []
        for layer in layers:
            if layer == "pool":
                modules.append(nn.MaxPool2D(2))
                height, width = height // 2, width // 2
            else:
                convolution = nn.Conv2D(depth, layer, 3, padding=1, init=activation.init, rng=rng)
                modules += [convolution, activation.layer()]
                depth = layer
        modules.append(nn.Flatten())
        if dropout:
            modules.append(nn.Dropout(dropout, rng=rng))
        return nn.Sequential(*modules, nn.Dense(depth * height * width, len(data.classes), rng=rng))

    return build


@dataclass(frozen=True)
class Model:
    """A row of the zoo."""

    summary: str
    load: Callable[[], Dataset]
    build: Build
    settings: Settings


ZOO = {
    "digits-cnn": Model(
        "8x8 digits: three convolutions and a dense layer",
        datasets.load_digits,
        cnn(32, 32, "pool", 64, dropout=0.5),
        Settings(epochs=15, batch_size=32, jitter=0.5),
    ),
    "mnist-cnn": Model(
        "28x28 digits: two convolutions and a dense layer",
        datasets.load_mnist,
        cnn(8, "pool", 16, "pool"),
        Settings(epochs=2, batch_size=32, lr=0.006),
    ),
    "mnist-mlp": Model(
        "28x28 digits: one hidden layer of 128",
        datasets.load_mnist,
        mlp(128),
        Settings(epochs=5, batch_size=64),
    ),
    "fashion-mnist-cnn": Model(
        "28x28 articles of clothing: two convolutions and a dense layer",
        datasets.load_fashion_mnist,
        cnn(16, "pool", 32, "pool"),
        Settings(epochs=5, batch_size=32, lr=0.003),
    ),
    "students": Model(
        "score and hours of study to pass or fail: two hidden layers of 16",
        datasets.load_students,
        mlp(16, 16),
        Settings(epochs=20, batch_size=32),
    ),
}
