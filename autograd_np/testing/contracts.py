"""What gradients owe their users besides being right."""

from typing import Any

import numpy as np

from ..core import Tensor, debug, gradients, rows_of
from . import numeric
from .check import Check

_FEW_ROWS = 64


def check_contracts(check: Check) -> None:
    """Check all of them at the point of the check."""
    __tracebackhide__ = True  # pytest shows the line of the test
    with np.errstate(all="ignore"):
        _same_bits_and_nothing_touched(check)
        _linear_in_the_cotangent(check)
        _arguments_left_alone(check)
        _results_left_alone(check)
        _any_layout_of_the_cotangent(check)
        _each_argument_alone(check)
        _rows_in_one_sweep(check)
        _float32(check)


def _same_bits_and_nothing_touched(check: Check) -> None:
    __tracebackhide__ = True
    before = [x.copy() for x in check.point]
    leaves, outputs = check.run(check.point)
    made = [y.data.copy() for y in outputs]
    first = [g.data for g in check.pull(outputs, leaves, check.cotangents, retain_graph=True)]
    kept = [g.copy() for g in first]
    again = [g.data for g in check.pull(outputs, leaves, check.cotangents)]
    afresh = check.backward(check.point, check.cotangents)
    for x, g, name in zip(check.point, first, check.arguments, strict=True):
        fits = g.shape == x.shape and g.dtype == x.dtype
        kind = f"{g.dtype} {g.shape}, not {x.dtype} {x.shape}"
        check.holds("shape and dtype", fits, f"the gradient of {name} is {kind}")
    for g, old, *others, name in zip(first, kept, again, afresh, check.arguments, strict=True):
        same = all(np.array_equal(old, other, equal_nan=True) for other in (g, *others))
        check.holds("repeatable bits", same, f"the gradient of {name} differs from run to run")
    for x, old, name in zip(check.point, before, check.arguments, strict=True):
        same = np.array_equal(x, old, equal_nan=True)
        check.holds("inputs left alone", same, f"{name} was changed by the function or its rule")
    for k, (y, old) in enumerate(zip(outputs, made, strict=True)):
        same = np.array_equal(y.data, old, equal_nan=True)
        check.holds("outputs left alone", same, f"output {k} was changed by a backward rule")
    for i, (g, name) in enumerate(zip(first, check.arguments, strict=True)):
        others = [*check.point, *made, *check.cotangents, *(h for j, h in enumerate(first) if j != i)]
        shared = any(np.shares_memory(g, other) for other in others)
        check.holds("no shared memory", not shared, f"the gradient of {name} shares memory with other data")


def _linear_in_the_cotangent(check: Check) -> None:
    __tracebackhide__ = True
    g = check.backward(check.point, check.cotangents)
    none = check.backward(check.point, [np.zeros_like(u) for u in check.cotangents])
    twice = check.backward(check.point, [-2 * u for u in check.cotangents])
    for zero, name in zip(none, check.arguments, strict=True):
        otherwise = f"a zero cotangent gives {name} a gradient that is not 0"
        check.holds("zero cotangent", not zero.any(), otherwise)
    for a, b, name in zip(g, twice, check.arguments, strict=True):
        # Doubling and changing signs are exact, but the order in which threads add up need not be the same.
        size = float(np.abs(a).max(initial=0))
        same = np.allclose(-2 * a, b, rtol=1e-12, atol=1e-12 * size + 1e-300, equal_nan=True)
        otherwise = (
            f"the gradient of {name} is not proportional to the cotangent: -2 times it gives not -2 times as much"
        )
        check.holds("linear in cotangent", same, otherwise)


def _arguments_left_alone(check: Check) -> None:
    """Run backward where every rule is watched: what it writes to and gives is neither its arguments' nor another's.

    All rules run twice in one sweep, for other cotangents, to see whether they give the same memory again.
    """
    __tracebackhide__ = True
    leaves = [Tensor(x, requires_grad=True, copy=False) for x in [*check.point, *check.point]]
    outputs = []
    with debug():
        try:
            both = [check.whole_outputs(some) for some in (leaves[: len(check.point)], leaves[len(check.point) :])]
            seeds = [(y, np.full(y.shape, seed)) for ys, seed in zip(both, (1.0, -2.0), strict=True) for y in ys]
            outputs = [y for y, _ in seeds if y.requires_grad]
            gradients(outputs, leaves, [seed for y, seed in seeds if y.requires_grad])
        except FloatingPointError:
            return  # a NaN on the way, as behind a `where`, is no fault of its own
        except RuntimeError as error:
            check.fail(str(error), error, line="arguments left alone")
    check.holds("arguments left alone", outputs, "no output records a gradient")


def _results_left_alone(check: Check) -> None:
    """Let the same rules run twice in one sweep: the second time must not change what they gave the first time."""
    __tracebackhide__ = True
    expected = check.backward(check.point, check.cotangents)
    leaves = [[Tensor(x, requires_grad=True, copy=False) for x in check.point] for _ in range(2)]
    outputs = [check.call(some) for some in leaves]
    seeds = [*check.cotangents, *(-2 * u for u in check.cotangents)]
    found = check.pull([*outputs[0], *outputs[1]], [*leaves[0], *leaves[1]], seeds)
    for place, g in enumerate(found):
        factor, name = (1, -2)[place // len(expected)], check.arguments[place % len(expected)]
        once = factor * expected[place % len(expected)]
        size = float(np.abs(once).max(initial=0))
        same = np.allclose(g.data, once, rtol=1e-12, atol=1e-12 * size + 1e-300, equal_nan=True)
        otherwise = f"the gradient of {name} is another one where the same rule runs twice in a sweep"
        check.holds("results left alone", same, otherwise)


def _any_layout_of_the_cotangent(check: Check) -> None:
    """Let rules meet cotangents that are read-only, broadcast or backwards."""
    __tracebackhide__ = True
    expected = check.backward(check.point, check.cotangents)
    leaves, outputs = check.run(check.point)
    turned: list[Any] = [np.transpose(np.flip(y)) if y.requires_grad else y for y in outputs]
    seeds = [np.flip(u).T for u in check.cotangents]
    _agree(check, expected, [g.data for g in check.pull(turned, leaves, seeds)], "reversed and transposed")

    expected = check.backward(check.point, [np.ones_like(u) for u in check.cotangents])
    leaves, outputs = check.run(check.point)
    sums = [np.sum(y) if y.requires_grad else y for y in outputs]
    found = check.pull(sums, leaves, [np.ones(y.shape) for y in sums])
    _agree(check, expected, [g.data for g in found], "read-only and broadcast")


def _agree(check: Check, expected: numeric.Arrays, found: numeric.Arrays, kind: str) -> None:
    __tracebackhide__ = True
    for a, b, name in zip(expected, found, check.arguments, strict=True):
        close = _agrees(b, a, expected)
        otherwise = f"the gradient of {name} is another one where the cotangent is {kind} in memory"
        check.holds("any memory layout", close, otherwise)


def _agrees(found: np.ndarray, expected: np.ndarray, all_expected: numeric.Arrays) -> bool:
    """Compare where sums may be in another order; what is 0 but for rounding has the others' for its size."""
    size = float(np.abs(expected).max(initial=0))
    sizes = [float(np.abs(g).max(initial=0)) for g in all_expected]
    return np.allclose(found, expected, rtol=1e-10, atol=1e-10 * size + 1e-14 * max(sizes), equal_nan=True)


def _each_argument_alone(check: Check) -> None:
    """Let one argument be differentiated while the others are constants: its gradient is the same."""
    __tracebackhide__ = True
    if len(check.point) < 2:
        return
    together = check.backward(check.point, check.cotangents)
    for i, name in enumerate(check.arguments):
        operands = [Tensor(x, requires_grad=i == j, copy=False) for j, x in enumerate(check.point)]
        outputs = check.call(operands)
        if not any(y.requires_grad for y in outputs):
            check.holds("each argument alone", not together[i].any(), f"{name} alone records no gradient")
            continue
        (alone,) = check.pull(outputs, [operands[i]], check.cotangents)
        same = np.allclose(alone.data, together[i], rtol=1e-12, atol=1e-12, equal_nan=True)
        otherwise = f"the gradient of {name} is another one where the other arguments are constants"
        check.holds("each argument alone", same, otherwise)


def _rows_in_one_sweep(check: Check) -> None:
    """Send rows of a Jacobian back one after the other, and all at once."""
    __tracebackhide__ = True
    for k, u in enumerate(check.cotangents):
        if not 0 < u.size <= _FEW_ROWS or not check.outputs[k].requires_grad:
            continue
        seeds = check.draw((2, *u.shape))
        leaves, outputs = check.run(check.point)
        nodes = [leaf.node for leaf in leaves if leaf.node is not None]
        try:
            blocks = rows_of(outputs[k], nodes, seeds)
        except Exception as error:
            check.fail(f"many rows at once: backward raises {type(error).__name__}: {error}", error)
        for row, seed in enumerate(seeds):
            single = [seed if j == k else np.zeros_like(other) for j, other in enumerate(check.cotangents)]
            alone = check.backward(check.point, single)
            for g, block, name in zip(alone, blocks, check.arguments, strict=True):
                same = _agrees(block[row], g, alone)
                otherwise = f"the gradient of {name} is another one where many cotangents go back in one sweep"
                check.holds("many rows at once", same, otherwise)


def _float32(check: Check) -> None:
    """Compare the gradients of float32 inputs with those of float64: differences would drown in rounding."""
    __tracebackhide__ = True
    line = "float32 against float64"
    point = [x.astype(np.float32) for x in check.point]
    doubles = [x.astype(np.float64) for x in point]
    values = zip(check.values(point), check.values(doubles), strict=True)
    if not all(np.array_equal(np.isfinite(a), np.isfinite(b)) for a, b in values):
        return  # what overflows in float32 has no gradient there
    single = check.backward(point, check.cotangents)
    double = check.backward(doubles, check.cotangents)
    # How far rounding of the inputs alone moves the gradient says how much of a difference means nothing.
    noise = [x * (1 + 2**-23 * check.rng.choice([-1.0, 1.0], x.shape)) for x in doubles]
    moved = check.backward(noise, check.cotangents)
    for x, g, expected, other, name in zip(point, single, double, moved, check.arguments, strict=True):
        check.holds("shape and dtype", g.dtype == x.dtype, f"{name} is float32, its gradient {g.dtype}")
        allowed = 3e-5 * (1e-2 + np.abs(expected).max(initial=0)) + 30 * np.abs(other - expected).max(initial=0)
        off = np.abs(g - expected)
        check.report.line(line).add("float64", off, np.broadcast_to(allowed, off.shape))
        if not np.all((off <= allowed) | (np.isnan(g) & np.isnan(expected))):
            with np.errstate(all="ignore"):
                worst = tuple(int(i) for i in np.unravel_index(np.argmax(np.nan_to_num(off, nan=np.inf)), off.shape))
            check.fail(
                f"the float32 gradient of {name} at element {worst} is {g[worst]:.7g}, "
                f"the float64 one {expected[worst]:.7g} (tolerance {allowed:.1g})",
                line=line,
            )
