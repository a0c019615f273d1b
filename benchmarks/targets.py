"""What autograd_np is to reach, held against what a run found."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .engines import OURS
from .results import FAILED, MISMATCH

Row = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """A target, what was found, and in which case."""

    target: str
    wanted: str
    found: str
    met: bool | None
    """None if the run did not measure it."""
    where: str = ""


def _median(row: Row, engine: str) -> float | None:
    return row["engines"].get(engine, {}).get("median")


def _group(rows: list[Row], *groups: str) -> list[Row]:
    return [row for row in rows if row["group"] in groups]


def _ratios(rows: list[Row], peer: str) -> list[tuple[float, str]]:
    return [(row["ratios"][peer], row["name"]) for row in rows if peer in row["ratios"]]


def _at_most(target: str, limit: float, found: list[tuple[float, str]], unit: str = "") -> Verdict:
    """Hold the largest of what was found against the limit."""
    if not found:
        return Verdict(target, f"≤ {limit:g}{unit}", "not measured", None)
    value, where = max(found)
    return Verdict(target, f"≤ {limit:g}{unit}", f"{value:.3g}{unit}", value <= limit, where)


def _worst(target: str, limit: float, group: str, peer: str = "torch") -> Callable[[list[Row]], Verdict]:
    name = f"{target}, against {peer}"

    def verdict(rows: list[Row]) -> Verdict:
        if wrong := _faults(_group(rows, group)):
            return Verdict(name, f"≤ {limit:g}", "a case failed", False, wrong[0])
        return _at_most(name, limit, _ratios(_group(rows, group), peer))

    return verdict


def _faults(rows: list[Row]) -> list[str]:
    """Give the cases in which we failed, or were wrong: no target is met by leaving them out."""
    return [row["name"] for row in rows if row["engines"].get(OURS, {}).get("status") in (FAILED, MISMATCH)]


def _conv_mean(rows: list[Row]) -> Verdict:
    target, found = "conv2d, geometric mean, against torch", [r for r, _ in _ratios(_group(rows, "conv"), "torch")]
    if wrong := _faults(_group(rows, "conv")):
        return Verdict(target, "≤ 0.9", "a case failed", False, wrong[0])
    mean = [(math.exp(sum(map(math.log, found)) / len(found)), f"{len(found)} cases")] if found else []
    return _at_most(target, 0.9, mean)


def _seconds(target: str, limit: float, name: str) -> Callable[[list[Row]], Verdict]:
    def verdict(rows: list[Row]) -> Verdict:
        found = [(_median(row, OURS), name) for row in _group(rows, "startup") if row["name"] == name]
        return _at_most(target, limit, [(value, where) for value, where in found if value is not None], " s")

    return verdict


def _threads(rows: list[Row]) -> Verdict:
    times = {row["threads"]: _median(row, OURS) for row in rows if row["name"].startswith("cnn threads")}
    one, two = times.get(1), times.get(2)
    target, wanted = "two threads over one, cnn step", "≥ 1.7"
    if one is None or two is None:
        return Verdict(target, wanted, "not measured", None)
    return Verdict(target, wanted, f"{one / two:.3g}", one / two >= 1.7)


def _overhead(rows: list[Row]) -> Verdict:
    found = []
    for row in _group(rows, "overhead"):
        ours, plain = _median(row, OURS), _median(row, "numpy")
        if row["kind"] == "op_recorded" and ours is not None and plain is not None:
            found.append((1e9 * (ours - plain), row["name"]))
    return _at_most("recorded operation on 8 elements, over NumPy's", 400, found, " ns")


TARGETS: tuple[Callable[[list[Row]], Verdict], ...] = (
    _worst("mlp step", 0.7, "mlp"),
    _worst("cnn step", 0.8, "cnn"),
    _worst("cnn step", 1.0, "cnn", "torch-channels-last"),
    _conv_mean,
    _worst("conv2d, worst", 1.25, "conv"),
    _worst("pooling, worst", 1.0, "pool"),
    _worst("softmax cross-entropy, worst", 1.0, "loss"),
    _worst("batch-norm, worst", 1.0, "norm"),
    _worst("optimizer step, worst", 1.0, "optimizer"),
    _worst("chain of 1000 small operations", 0.8, "chain"),
    _worst("peak memory of a cnn step", 0.8, "memory"),
    lambda rows: _at_most(
        "import, against numpy", 1.3, _ratios([r for r in _group(rows, "startup") if r["name"] == "import"], "numpy")
    ),
    _seconds("first conv gradient, warm cache", 0.5, "first conv gradient, warm cache"),
    _seconds("first step of a cnn, cold cache", 20.0, "first step of cnn 32-64 5x5, cold cache"),
    _threads,
    _overhead,
)


def verdicts(rows: list[Row]) -> list[Verdict]:
    """Hold the rows of a run against every target."""
    return [target(rows) for target in TARGETS]
