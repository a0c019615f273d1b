"""Cases with shapes that nobody chose: drawn from a seed, as a check that the table's are not the only quick ones."""

import math
from random import Random

from .case import Case
from .images import Conv, batch_norm, conv, pooling
from .training import OPTIMIZERS, TRAFFIC, cnn, cross_entropy, mlp, optimizer

# So large is a convolution at least, and at most, in FLOP: from some microseconds to some milliseconds.
_LEAST, _MOST = 5e5, 1.5e9


def _spread(rng: Random, low: int, high: int) -> int:
    """Draw a whole number, small ones as often as large ones: evenly on a logarithmic scale."""
    return round(math.exp(rng.uniform(math.log(low), math.log(high))))


def _channels(rng: Random) -> int:
    """Draw a number of channels: more often than not a multiple of 8, as most networks have it."""
    number = _spread(rng, 4, 256)
    return -(-number // 8) * 8 if rng.random() < 0.6 else number


def _conv(rng: Random) -> Conv:
    while True:
        size, filter = _spread(rng, 4, 64), rng.choice((1, 2, 3, 3, 3, 4, 5, 7))
        inputs, outputs = rng.choice((1, 3, *(_channels(rng) for _ in range(4)))), _channels(rng)
        groups, stride, dilation = 1, rng.choice((1, 1, 1, 2, 3)), rng.choice((1, 1, 1, 1, 2))
        if rng.random() < 0.2:  # depthwise, or in several groups
            groups = rng.choice((outputs, 2, 4))
            inputs = outputs = -(-outputs // groups) * groups
        batch = _spread(rng, 1, 128)
        name = f"{inputs}→{outputs} {filter}x{filter}"
        name += "".join(f" {word} {n}" for word, n in _unusual(groups, stride, dilation).items())
        drawn = Conv(f"{name} at {size}², B={batch}", batch, inputs, outputs, size, filter, stride, dilation, groups)
        if dilation * (filter - 1) < size and _LEAST <= drawn.flop() <= _MOST:
            return drawn


def _unusual(groups: int, stride: int, dilation: int) -> dict[str, int]:
    named = {"groups": groups, "stride": stride, "dilation": dilation}
    return {word: n for word, n in named.items() if n > 1}


def _planes(rng: Random, low: int, high: int) -> tuple[int, int, int]:
    """Draw a batch, channels and a side, of some thousand to some million numbers."""
    while True:
        batch, channels, side = _spread(rng, 1, 128), _channels(rng), _spread(rng, low, high)
        if 2**12 <= batch * channels * side**2 <= 2**22:
            return batch, channels, side


def _hidden(rng: Random) -> tuple[int, ...]:
    return tuple(_spread(rng, 8, 512) for _ in range(rng.randint(1, 4)))


def draw(seed: int) -> tuple[Case, ...]:
    """Draw cases for the groups of which the shapes are free: the same ones from the same seed."""
    rng = Random(seed)
    cases = [case for _ in range(12) for case in conv(_conv(rng))]
    for _ in range(4):
        batch, channels, side = _planes(rng, 4, 64)
        cases += pooling(rng.choice(("max", "avg")), (batch, channels, side, side), rng.choice((2, 2, 3, 4)))
    cases += [batch_norm(*_planes(rng, 1, 64)) for _ in range(4)]
    cases += [cross_entropy(_spread(rng, 16, 4096), _spread(rng, 2, 1000)) for _ in range(6)]
    cases += [optimizer(rng.choice([*TRAFFIC]), 8 * _spread(rng, 2**8, 2**19)) for _ in range(6)]
    for _ in range(6):
        sizes = (_spread(rng, 8, 1024), *_hidden(rng), _spread(rng, 2, 100))
        cases.append(mlp("mlp", sizes, _spread(rng, 8, 1024), rng.choice(OPTIMIZERS)))
    for _ in range(4):
        layers = _spread(rng, 4, 32), _spread(rng, 4, 64)
        cases.append(cnn("cnn", layers, rng.choice((3, 5)), _spread(rng, 4, 128), rng.choice(OPTIMIZERS)))
    return tuple({(case.group, case.name): case for case in cases}.values())
