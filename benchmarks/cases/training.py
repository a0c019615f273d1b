"""Losses, optimizer steps and whole training steps."""

import itertools
import math
from typing import Any

from .case import FLOAT, Case

OPTIMIZERS = ("adam", "momentum")


def _mlp_flop(sizes: tuple[int, ...], batch: int) -> float:
    """Count two FLOP a weight and example, three times over (forward, dw, dx), but no dx for the data."""
    weights = [math.prod(pair) for pair in itertools.pairwise(sizes)]
    return 2.0 * batch * (3 * sum(weights) - weights[0])


def _mlp_bytes(sizes: tuple[int, ...], batch: int, arrays: int) -> float:
    """Count the images and, at each step, `arrays` arrays the size of all parameters."""
    parameters = sum((a + 1) * b for a, b in itertools.pairwise(sizes))
    return FLOAT * (batch * sizes[0] + arrays * parameters)


# Arrays of a parameter's size that a step reads or writes: adam g, w, m, v; momentum g, w, v; sgd g, w.
TRAFFIC = {"adam": 7, "momentum": 5, "sgd": 3}


def mlp(group: str, sizes: tuple[int, ...], batch: int, optimizer: str = "adam", name: str = "") -> Case:
    """Give a step of a multilayer perceptron; its name says all of its sizes, if no other is given."""
    name = name or f"mlp {'-'.join(map(str, sizes))}, B={batch}, {optimizer}"
    params = {"sizes": sizes, "batch": batch, "optimizer": optimizer}
    return Case(group, name, "mlp", params, _mlp_flop(sizes, batch), _mlp_bytes(sizes, batch, TRAFFIC[optimizer] + 3))


def cnn_params(channels: tuple[int, int], filter: int, batch: int, optimizer: str) -> dict[str, Any]:
    """Give what engines build a CNN from, and its step."""
    return {"channels": channels, "filter": filter, "batch": batch, "size": 28, "optimizer": optimizer}


def cnn(
    group: str,
    channels: tuple[int, int],
    filter: int,
    batch: int,
    optimizer: str = "adam",
    *,
    name: str = "",
    threads: int | None = None,
) -> Case:
    """Give a step of a convolutional network on images of 28²; its name says all of it, if no other is given."""
    name = name or f"{_cnn_name(channels, filter, batch)}, {optimizer}"
    first = 28**2 * channels[0] * filter**2
    second = 14**2 * math.prod(channels) * filter**2
    flop = 2.0 * batch * (2 * first + 3 * second + 3 * 7**2 * channels[1] * 10)
    params = cnn_params(channels, filter, batch, optimizer)
    return Case(group, name, "cnn", params, flop, threads=threads)


def _cnn_name(channels: tuple[int, int], filter: int, batch: int) -> str:
    return f"cnn {channels[0]}-{channels[1]} {filter}x{filter}, B={batch}"


def cross_entropy(rows: int, classes: int) -> Case:
    """Give the loss of a classifier, with its gradient: logits are read, and their gradient written."""
    params, traffic = {"rows": rows, "classes": classes}, FLOAT * 2 * rows * classes
    return Case("loss", f"softmax cross-entropy {rows}x{classes}, gradient", "cross_entropy", params, bytes=traffic)


def optimizer(which: str, size: int, name: str = "") -> Case:
    """Give a step on eight parameters of so many elements together."""
    params, traffic = {"which": which, "size": size}, FLOAT * size * TRAFFIC[which]
    return Case("optimizer", f"{which} {name or size} parameters", "optimizer", params, bytes=traffic)


CNNS = (((8, 16), 3, 64), ((16, 32), 3, 128), ((32, 64), 5, 64))


CASES: list[Case] = [
    *(cross_entropy(n, k) for n, k in ((64, 10), (512, 10), (4096, 10), (512, 1000))),
    *(optimizer(which, 10**power, f"1e{power}") for which in ("sgd", "momentum", "adam") for power in (4, 5, 6, 7)),
    *(mlp("mlp", (784, 64, 10), batch, optimizer) for batch in (64, 128, 512) for optimizer in OPTIMIZERS),
    *(cnn("cnn", *shapes, optimizer) for shapes in CNNS for optimizer in OPTIMIZERS),
    *(mlp("scaling", (784, 64, 10), n, name=f"mlp batch {n}") for n in (16, 64, 256, 1024)),
    *(mlp("scaling", (784, n, 10), 128, name=f"mlp width {n}") for n in (16, 64, 256, 1024)),
    *(mlp("scaling", (784, *[64] * n, 10), 128, name=f"mlp depth {n}") for n in (1, 2, 4, 8)),
    *(cnn("scaling", *CNNS[1], name=f"cnn threads {n}", threads=n) for n in (1, 2, 4, 8)),
    *(
        Case("memory", _cnn_name(*shapes), "memory", cnn_params(*shapes, "adam"), unit="B", fresh=True, most_rounds=5)
        for shapes in CNNS
    ),
]
