"""What a run finds: samples, their medians and spread, the ratios between engines, who disagrees."""

import statistics
from dataclasses import asdict, dataclass, field
from typing import Any

from .cases import Case
from .data import agree
from .engines import OURS

OK, FAILED, ABSENT, NO_CASE, MISMATCH = "ok", "failed", "not installed", "no case", "mismatch"


@dataclass
class Measured:
    """What one engine did with one case; samples are seconds (or bytes), those of the rounds in `rounds`."""

    status: str = OK
    reason: str = ""
    samples: list[float] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    first_call: float | None = None
    repetitions: int = 1
    fingerprint: list[list[float]] | None = None

    def fail(self, reason: str) -> None:
        """Note why there is no result."""
        self.status, self.reason, self.samples, self.rounds = FAILED, reason, [], []

    def add(self, turn: int, sample: float) -> None:
        """Note what was measured in a round."""
        self.rounds.append(turn)
        self.samples.append(sample)

    def summary(self) -> dict[str, Any]:
        """Give everything, with the median and the quartiles."""
        found = asdict(self)
        if self.samples:
            found["median"] = statistics.median(self.samples)
            found["quartiles"] = quartiles(self.samples)
        return found


def quartiles(samples: list[float]) -> list[float]:
    """Give the first and the third quartile."""
    if len(samples) < 2:
        return [samples[0], samples[0]]
    first, _, third = statistics.quantiles(samples, n=4, method="inclusive")
    return [first, third]


def ratio(ours: Measured, theirs: Measured) -> float:
    """Give the median of the rounds' ratios: in a round, both met the machine as it then was."""
    other = dict(zip(theirs.rounds, theirs.samples, strict=True))
    both = zip(ours.rounds, ours.samples, strict=True)
    return statistics.median(sample / other[turn] for turn, sample in both if turn in other)


def find_mismatches(measured: dict[str, Measured]) -> None:
    """Mark the engines whose results are not those of most (of the first, where they are equally many)."""
    prints = {name: m.fingerprint for name, m in measured.items() if m.status == OK and m.fingerprint is not None}
    if len(prints) < 2:
        return
    friends = {name: sum(agree(a, b) for b in prints.values()) for name, a in prints.items()}
    reference = max(friends, key=lambda name: friends[name])
    for name, found in prints.items():
        if not agree(found, prints[reference]):
            measured[name].status = MISMATCH
            measured[name].reason = f"its result is not that of {reference}" if name != reference else "not a number"


def row(case: Case, threads: int, measured: dict[str, Measured], limits: dict[str, float]) -> dict[str, Any]:
    """Give what is known of a case, as JSON."""
    ours = measured.get(OURS)
    ratios = {}
    if ours is not None and ours.status == OK and ours.samples:
        ratios = {name: ratio(ours, m) for name, m in measured.items() if name != OURS and m.status == OK and m.samples}
    return {
        **asdict(case),
        "threads": threads,
        "engines": {name: m.summary() for name, m in measured.items()},
        "ratios": ratios,
        "least": least_time(case, limits),
    }


def least_time(case: Case, limits: dict[str, float]) -> float | None:
    """Give the seconds below which the machine cannot do a case, if data come from memory."""
    times = []
    if case.flop and "flops" in limits:
        times.append(case.flop / limits["flops"])
    if case.bytes and "bandwidth" in limits:
        times.append(case.bytes / limits["bandwidth"])
    return max(times, default=None)
