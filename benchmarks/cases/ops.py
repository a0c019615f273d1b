"""Single operations, small and large, and chains of them."""

import math

from .case import FLOAT, Case


def _size(shape: tuple[int, ...]) -> int:
    return math.prod(shape)


def _op(group: str, op: str, name: str, *shapes: tuple[int, ...], measured: bool = True) -> list[Case]:
    """Give the operation recorded for a gradient, and with its gradient."""
    read = sum(map(_size, shapes))
    if op == "matmul":
        written = shapes[0][0] * shapes[1][1]
        flop = 2 * shapes[0][0] * _size(shapes[1])
    else:
        written = 1 if op in ("sum", "max") else read // len(shapes)
        flop = 0
    params = {"op": op, "shapes": shapes}
    forward, gradient = read + written, 2 * read + 2 * written
    return [
        Case(group, f"{name}, recorded", "op_recorded", params, flop, FLOAT * forward * measured),
        Case(group, f"{name}, gradient", "op_gradient", params, 3 * flop, FLOAT * gradient * measured),
    ]


def _overhead() -> list[Case]:
    """Eight elements: what is left is what a call costs, so that there is no limit to compare with."""
    cases = [*_op("overhead", "tanh", "tanh", (8,), measured=False)]
    cases += _op("overhead", "multiply", "multiply", (8,), (8,), measured=False)
    cases += _op("overhead", "sum", "sum", (8,), measured=False)
    matmul = Case("overhead", "matmul, recorded", "op_recorded", {"op": "matmul", "shapes": ((2, 4), (4, 2))})
    return [*cases, matmul, Case("overhead", "matmul, gradient", "op_gradient", matmul.params)]


def _power(n: int) -> str:
    return f"1e{round(math.log10(n))}"


SIZES = (10**3, 10**4, 10**5, 10**6, 10**7)

CASES: list[Case] = [
    *_overhead(),
    Case("chain", "1000 ops on 8 elements, gradient", "chain", {"size": 8, "links": 250}),
    *(case for n in SIZES for case in _op("elementwise", "tanh", f"tanh {_power(n)}", (n,))),
    *(case for n in SIZES for case in _op("elementwise", "multiply", f"multiply {_power(n)}", (n,), (n,))),
    *(case for n in SIZES for case in _op("reduction", "sum", f"sum {_power(n)}", (n,))),
    *(case for n in SIZES for case in _op("reduction", "max", f"max {_power(n)}", (n,))),
    *(case for n in (64, 256, 1024) for case in _op("matmul", "matmul", f"{n}x{n} @ {n}x{n}", (n, n), (n, n))),
    *_op("matmul", "matmul", "128x784 @ 784x64", (128, 784), (784, 64)),
]
