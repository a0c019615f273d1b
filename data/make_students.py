"""Write students.csv, the same bytes on every run: ``python data/make_students.py [path]``."""

import math
import random
import sys
from pathlib import Path

ROWS = 1000
SEED = 2024


def students() -> str:
    """Return the table: whether a student passes is drawn from a logistic rule of score and hours.

    Only `random.Random.random` is used: of Python's generators it alone is promised to give the same
    numbers in every version.
    """
    rng = random.Random(SEED)
    lines = ["Score,Study_Hours,Pass"]
    for _ in range(ROWS):
        score = round(100 * rng.random(), 1)
        hours = round(10 * rng.random(), 1)
        chance = 1 / (1 + math.exp(75 - score - 5 * hours))
        lines.append(f"{score},{hours},{int(rng.random() < chance)}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("students.csv")
    target.write_bytes(students().encode())
