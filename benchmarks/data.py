"""The numbers that go into every engine: the same for each, from a seed."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def normal(*shapes: tuple[int, ...], seed: int = 0) -> list[Array]:
    """Give float32 arrays from N(0, 1)."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape, dtype=np.float32) for shape in shapes]


def classified(shape: tuple[int, ...], classes: int = 10, seed: int = 1) -> tuple[Array, Array]:
    """Give a batch of images and labels, that can never be learned: each image is there twice, with two labels.

    So the gradients of a model that is trained on them for thousands of steps do not fade away.
    """
    rng = np.random.default_rng(seed)
    half = rng.standard_normal(((shape[0] + 1) // 2, *shape[1:]), dtype=np.float32)
    labels = rng.integers(0, classes, len(half))
    images = np.concatenate([half, half])[: shape[0]]
    return images, np.concatenate([labels, (labels + 1) % classes])[: shape[0]]


def weights(*shapes: tuple[int, ...], seed: int = 2) -> list[Array]:
    """Give He-normal weights (in, out) or (out, in, height, width), and zeros for those of one axis."""
    rng = np.random.default_rng(seed)
    made = []
    for shape in shapes:
        fan_in = shape[0] if len(shape) == 2 else int(np.prod(shape[1:]))
        scale = np.float32((2 / fan_in) ** 0.5 if len(shape) > 1 else 0)
        made.append(scale * rng.standard_normal(shape, dtype=np.float32))
    return made


def mlp(sizes: list[int], batch: int) -> tuple[Array, Array, list[Array]]:
    """Give images, labels and the parameters weight, bias, weight, bias ... of a multilayer perceptron."""
    shapes = [shape for a, b in itertools.pairwise(sizes) for shape in ((a, b), (b,))]
    return (*classified((batch, sizes[0]), sizes[-1]), weights(*shapes))


def cnn(channels: list[int], filter: int, batch: int, size: int) -> tuple[Array, Array, list[Array]]:
    """Give images, labels and the parameters of conv-relu-maxpool2-conv-relu-maxpool2-dense."""
    a, b = channels
    shapes = ((a, 1, filter, filter), (a,), (b, a, filter, filter), (b,), (b * (size // 4) ** 2, 10), (10,))
    return (*classified((batch, 1, size, size)), weights(*shapes))


def parameters(size: int) -> tuple[list[Array], list[Array]]:
    """Give eight parameters of so many elements together, and their gradients."""
    parts = [(size // 8,)] * 8
    return normal(*parts, seed=3), normal(*parts, seed=4)


# Learning rates: small enough to stay put for thousands of steps, large enough to be seen after three.
RATES = {"sgd": 1e-3, "momentum": 1e-3, "adam": 1e-3}
MOMENTUM, BETAS, EPSILON = 0.9, (0.9, 0.999), 1e-8
# The links of the chain: y ← DECAY (y + STEP sin y), four operations that neither grow nor fade away.
STEP, DECAY = 0.01, 0.999


def fingerprint(arrays: list[Array]) -> list[list[float]]:
    """Sum arrays up so that two engines can be compared: for each its norm, and its product with a fixed one.

    Without BLAS, whose threads would spin on into what is measured next.
    """
    prints = []
    for array in arrays:
        flat = np.asarray(array, np.float64).ravel()
        norm = float(np.sqrt(np.sum(np.square(flat))))
        prints.append([norm, float(np.sum(flat * np.cos(np.arange(flat.size))))])
    return prints


def agree(a: list[list[float]], b: list[list[float]], rtol: float = 1e-3) -> bool:
    """Say whether two fingerprints are those of one result; those of NaN never are."""
    if len(a) != len(b):
        return False
    pairs = zip(a, b, strict=True)
    return all(abs(p[i] - q[i]) <= rtol * max(abs(p[0]), abs(q[0])) + 1e-12 for p, q in pairs for i in (0, 1))
