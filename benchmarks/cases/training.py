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


def _mlp(group: str, name: str, sizes: tuple[int, ...], batch: int, optimizer: str = "adam") -> Case:
    params = {"sizes": sizes, "batch": batch, "optimizer": optimizer}
    return Case(group, name, "mlp", params, _mlp_flop(sizes, batch), _mlp_bytes(sizes, batch, TRAFFIC[optimizer] + 3))


def cnn_params(channels: tuple[int, int], filter: int, batch: int, optimizer: str) -> dict[str, Any]:
    """Give what engines build a CNN from, and its step."""
    return {"channels": channels, "filter": filter, "batch": batch, "size": 28, "optimizer": optimizer}


def _cnn(
    group: str,
    name: str,
    channels: tuple[int, int],
    filter: int,
    batch: int,
    optimizer: str = "adam",
    threads: int | None = None,
) -> Case:
    first = 28**2 * channels[0] * filter**2
    second = 14**2 * math.prod(channels) * filter**2
    flop = 2.0 * batch * (2 * first + 3 * second + 3 * 7**2 * channels[1] * 10)
    params = cnn_params(channels, filter, batch, optimizer)
    return Case(group, name, "cnn", params, flop, threads=threads)


CNNS = (((8, 16), 3, 64), ((16, 32), 3, 128), ((32, 64), 5, 64))


def _cnn_name(channels: tuple[int, int], filter: int, batch: int) -> str:
    return f"cnn {channels[0]}-{channels[1]} {filter}x{filter}, B={batch}"


CASES: list[Case] = [
    *(
        # logits are read, and their gradient written
        Case("loss", f"softmax cross-entropy {n}x{k}, gradient", "cross_entropy", {"rows": n, "classes": k},
             bytes=FLOAT * 2 * n * k)
        for n, k in ((64, 10), (512, 10), (4096, 10), (512, 1000))
    ),
    *(
        Case("optimizer", f"{which} 1e{power} parameters", "optimizer", {"which": which, "size": 10**power},
             bytes=FLOAT * 10**power * TRAFFIC[which])
        for which in ("sgd", "momentum", "adam")
        for power in (4, 5, 6, 7)
    ),
    *(
        _mlp("mlp", f"mlp 784-64-10, B={batch}, {optimizer}", (784, 64, 10), batch, optimizer)
        for batch in (64, 128, 512)
        for optimizer in OPTIMIZERS
    ),
    *(_cnn("cnn", f"{_cnn_name(*cnn)}, {optimizer}", *cnn, optimizer) for cnn in CNNS for optimizer in OPTIMIZERS),
    *(_mlp("scaling", f"mlp batch {n}", (784, 64, 10), n) for n in (16, 64, 256, 1024)),
    *(_mlp("scaling", f"mlp width {n}", (784, n, 10), 128) for n in (16, 64, 256, 1024)),
    *(_mlp("scaling", f"mlp depth {n}", (784, *[64] * n, 10), 128) for n in (1, 2, 4, 8)),
    *(_cnn("scaling", f"cnn threads {n}", (16, 32), 3, 128, threads=n) for n in (1, 2, 4, 8)),
    *(
        Case("memory", f"{_cnn_name(*cnn)}", "memory", cnn_params(*cnn, "adam"), unit="B", fresh=True, most_rounds=5)
        for cnn in CNNS
    ),
]  # fmt: skip
