"""`Case`: one thing to measure."""

from dataclasses import dataclass, field
from typing import Any

FLOAT = 4  # bytes of a float32, which all data are


@dataclass(frozen=True)
class Case:
    """One thing to measure, in every engine that has it.

    Parameters
    ----------
    group : str
        The table that it is a row of.
    name : str
        Its row; one of a kind within the group.
    kind : str
        Which of an engine's builders makes it.
    params : dict
        What the builder is given; JSON.
    flop : float
        Floating point operations that the task takes at least, where they may be the limit; else 0.
    bytes : float
        Bytes that must be read and written at least, every array once; else 0.
    threads : int, optional
        If the case wants other threads than the run.
    unit : {"s", "B"}
        Of what is measured: seconds or bytes.
    fresh : bool
        Whether each round is a process of its own.
    most_rounds : int, optional
        For cases that take long.
    """

    group: str
    name: str
    kind: str
    params: dict[str, Any] = field(default_factory=dict)
    flop: float = 0.0
    bytes: float = 0.0
    threads: int | None = None
    unit: str = "s"
    fresh: bool = False
    most_rounds: int | None = None
