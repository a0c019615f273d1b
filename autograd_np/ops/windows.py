"""How windows lie over an image, and whether they fit: strides and paddings, for convolution and pooling."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

Pair = int | Sequence[int]
Padding = int | str | Sequence[int] | Sequence[Sequence[int]]


def pair(op: str, name: str, value: Pair, *, least: int = 1) -> tuple[int, int]:
    """Give (rows, columns) from an int or a pair."""
    if type(value) is int and value >= least:  # as nearly always, this or the next
        return value, value
    if type(value) is tuple and len(value) == 2:
        rows, columns = value
        if type(rows) is type(columns) is int and rows >= least <= columns:
            return value
    values = (value, value) if isinstance(value, (int, np.integer)) else _parts(value)
    if len(values) != 2 or any(not isinstance(v, (int, np.integer)) or v < least for v in values):
        raise ValueError(f"{op}: {name} is an int or a pair of ints, at least {least}, not {value!r}")
    return int(values[0]), int(values[1])


def paddings(
    op: str, value: Padding, kernel: tuple[int, ...], stride: tuple[int, int], dilation: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Give ((top, bottom), (left, right)) from an int, (rows, columns), both pairs in full, or "same"."""
    if type(value) is int and value >= 0:  # as nearly always
        return (value, value), (value, value)
    if isinstance(value, str):
        if value != "same" or stride != (1, 1):
            raise ValueError(
                f'{op}: padding is in pixels or "same" (with stride 1), not {value!r} with stride {stride}'
            )
        spans = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return (spans[0] // 2, spans[0] - spans[0] // 2), (spans[1] // 2, spans[1] - spans[1] // 2)
    sides = () if isinstance(value, (int, np.integer)) else _parts(value)
    if not sides or (isinstance(sides[0], (int, np.integer)) and isinstance(sides[-1], (int, np.integer))):
        rows, columns = pair(op, "padding", value, least=0)  # type: ignore[arg-type]
        return (rows, rows), (columns, columns)
    if len(sides) != 2:
        raise ValueError(f"{op}: padding is an int, (rows, columns) or ((top, bottom), (left, right)), not {value!r}")
    return pair(op, "padding", sides[0], least=0), pair(op, "padding", sides[1], least=0)


def _parts(value: object) -> tuple:
    # Tuples first: to ask an abstract class takes longer than all the rest.
    return tuple(value) if isinstance(value, (tuple, Sequence, np.ndarray)) else ()


@lru_cache(maxsize=1024)  # a step asks the same at every layer
def check_windows(
    op: str,
    x_shape: tuple[int, ...],
    kernel: tuple[int, ...],
    padding: tuple[tuple[int, int], tuple[int, int]],
    dilation: tuple[int, int] = (1, 1),
) -> None:
    """Raise where the window does not fit into the padded image even once."""
    padded = tuple(n + sum(p) for n, p in zip(x_shape[2:], padding, strict=True))
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    if min(kernel) < 1 or spans[0] > padded[0] or spans[1] > padded[1]:
        raise ValueError(
            f"{op}: a window of {spans} does not fit into the padded image of {padded} "
            f"(x {x_shape}, window {tuple(kernel)}, padding={padding}, dilation={dilation})"
        )
