"""What a check found: a `GradientError` where something is wrong, and a `Report` of all that was compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core import Tensor

_MOST_BOXES = 200


class GradientError(AssertionError):
    """A gradient is wrong; the message says of what, where, and by how much.

    Attributes
    ----------
    facts : dict
        What the message says, for programs: ``operation``, ``argument``, ``element``, ``found``, ``expected``,
        ``method``, ``tolerance``, as far as they are known.
    program : callable or None
        What was differentiated.
    outputs : list of Tensor
        What came out, with its graph.
    suspect : Suspect or None
        The first operation in that graph whose own rule is wrong.
    report : Report or None
        What was compared until then.
    """

    def __init__(self, message: str, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.facts = dict(facts or {})
        self.program: Callable | None = None
        self.outputs: list[Tensor] = []
        self.suspect: Suspect | None = None
        self.report: Report | None = None

    def dot(self) -> str:
        """Give the graph as DOT text, short enough to be read as it is; the operation at fault is red."""
        from ..viz.graph import collect

        marked = "WRONG RULE"
        try:
            graph = collect(self.outputs, {marked: self.suspect.result} if self.suspect else {}, _MOST_BOXES)
        except ValueError as error:  # too many boxes
            return f"// {error}"
        lines, wrong = [], set()
        for box in graph.boxes:
            kind = box.op.name if box.op is not None else box.role
            about = f"{box.tensor.dtype} {box.tensor.shape}" if hasattr(box.tensor, "dtype") else ""
            lines.append(
                (box.id, " ".join(part for part in (kind, box.name if box.name != marked else "", about) if part))
            )
            wrong |= {box.id} if box.name == marked else set()
        # An output's own box has its name; the rule is that of the operation before it.
        wrong |= {edge.source for edge in graph.edges if edge.target in wrong and edge.target.startswith("out")}
        style = {box: f', color=red, xlabel="{marked}"' for box in wrong if not box.startswith("out")}
        return "\n".join(
            [
                "digraph {",
                *(f'  {box} [label="{label}"{style.get(box, "")}]' for box, label in lines),
                *(f"  {edge.source} -> {edge.target}" for edge in graph.edges),
                "}",
            ]
        )


@dataclass
class Suspect:
    """The first operation, from the inputs on, whose rule does not fit its forward function."""

    result: Tensor
    operation: str
    argument: int
    found: float
    expected: float
    position: int
    graph_size: int

    def __str__(self) -> str:
        return (
            f"the fault is in {self.operation}, operation {self.position} of {self.graph_size} in the graph: its rule "
            f"for argument {self.argument} gives {self.found:.9g} along a random direction, not {self.expected:.9g}"
        )


class UntrustedDerivative(ValueError):
    """The numerical derivative has an error too large to judge a gradient by: near a kink, a jump, or in noise."""


@dataclass
class Tally:
    """One line of a report: how many numbers were compared in one way, and the one that came nearest to failing."""

    method: str = ""
    probes: int = 0
    error: float = 0.0
    tolerance: float = 0.0
    wrong: bool = False

    def add(self, method: str, difference: np.ndarray, tolerance: np.ndarray) -> None:
        """Count comparisons; ``tolerance`` is of the shape of ``difference``."""
        if not difference.size:
            return
        with np.errstate(all="ignore"):
            ratio = np.nan_to_num(difference / np.maximum(tolerance, 1e-300), nan=np.inf)
        worst = np.unravel_index(np.argmax(ratio), ratio.shape)
        if not self.probes or ratio[worst] >= self.error / max(self.tolerance, 1e-300):
            self.method, self.error, self.tolerance = method, float(difference[worst]), float(tolerance[worst])
        self.probes += difference.size

    def merge(self, other: "Tally") -> None:
        """Take up what another run has counted for the same line."""
        if not self.probes or other.error * self.tolerance >= self.error * other.tolerance:
            self.method, self.error, self.tolerance = other.method, other.error, other.tolerance
        self.probes += other.probes
        self.wrong |= other.wrong


@dataclass
class Report:
    """What was checked: the method of each part, and how many numbers were really compared."""

    title: str = ""
    methods: dict[str, str] = field(default_factory=dict)
    lines: dict[str, Tally] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def probes(self) -> int:
        """How many numbers were compared."""
        return sum(line.probes for line in self.lines.values())

    def line(self, name: str) -> Tally:
        """Give the line of this name, a new one at first."""
        return self.lines.setdefault(name, Tally())

    def merge(self, other: "Report") -> None:
        """Take up what another run has found."""
        self.methods |= other.methods
        for name, line in other.lines.items():
            self.line(name).merge(line)

    def __str__(self) -> str:
        rows = [("", "method", "probes", "largest error", "tolerance", "")]
        # what was measured first, then what holds or does not
        for name, line in sorted(self.lines.items(), key=lambda item: item[1].method == "contract"):
            numeric = line.method not in ("", "contract")
            rows.append(
                (
                    name,
                    line.method,
                    f"{line.probes:,}",
                    f"{line.error:.1e}" if numeric and line.error else "0" if numeric else "",
                    f"{line.tolerance:.1e}" if numeric and line.tolerance else "0" if numeric else "",
                    "WRONG" if line.wrong else "ok",
                )
            )
        widths = [max(len(row[i]) for row in rows) for i in range(6)]
        table = [
            f"  {row[0]:{widths[0]}}  {row[1]:{widths[1]}}"
            + "".join(f"  {row[i]:>{widths[i]}}" for i in (2, 3, 4))
            + f"  {row[5]}".rstrip()
            for row in rows
        ]
        rule = "  " + "-" * (max(map(len, table)) - 2)
        return "\n".join([*([self.title] if self.title else []), table[0], rule, *table[1:], *self.notes])
