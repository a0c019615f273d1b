"""Numbers from a CSV file."""

import csv
import math
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import DataError


def read_table(
    path: str | os.PathLike[str],
    columns: Sequence[str],
    *,
    choices: Mapping[str, Collection[float]] | None = None,
) -> NDArray[np.float64]:
    """Read the named columns of a CSV file (UTF-8, commas); empty lines are skipped.

    With a header the columns may stand in any order among others. A file whose first row has a number,
    and none of the names, has no header: its columns are then exactly `columns`, in that order.

    Parameters
    ----------
    path : str or os.PathLike
        Path of the file.
    columns : sequence of str
        Names of the columns to read.
    choices : mapping of str to collection of float, optional
        The only values that a column may hold, by its name.

    Returns
    -------
    ndarray
        float64 (rows, columns), all finite.

    Raises
    ------
    DataError
        The file cannot be read, has no rows, lacks a column, or has a ragged row or a bad cell;
        rows are counted from 1, the header included, as a spreadsheet does.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = ((at, row) for at, row in enumerate(csv.reader(file, strict=True), start=1) if row)
            table = list(_numbers(rows, columns, choices or {}))
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: not a CSV file in UTF-8 ({error})") from error
    if not table:
        raise DataError(f"{path}: has no rows of numbers")
    return np.array(table)


def _numbers(
    rows: Iterator[tuple[int, list[str]]], columns: Sequence[str], choices: Mapping[str, Collection[float]]
) -> Iterator[list[float]]:
    at, first = next(rows, (1, []))
    if not first:
        return
    names = [cell.strip() for cell in first]
    if set(columns) & set(names) or not any(map(_is_number, names)):
        order = _order(names, columns)
    else:
        names, order = list(columns), list(range(len(columns)))
        yield _row(at, first, names, order, choices)
    for at, row in rows:
        yield _row(at, row, names, order, choices)


def _order(names: list[str], columns: Sequence[str]) -> list[int]:
    for column in columns:
        if names.count(column) != 1:
            fault = "twice" if column in names else "no"
            raise DataError(f"{fault} column {column!r} in the header {names}")
    return [names.index(column) for column in columns]


def _row(
    at: int, row: list[str], names: list[str], order: list[int], choices: Mapping[str, Collection[float]]
) -> list[float]:
    if len(row) != len(names):
        raise DataError(f"row {at} has {len(row)} cells, not {len(names)}")
    values = []
    for name, cell in ((names[i], row[i]) for i in order):
        value = float(cell) if _is_number(cell) else math.nan
        if not math.isfinite(value):
            raise DataError(f"row {at}, column {name!r}: {cell!r} is not a finite number")
        if name in choices and value not in choices[name]:
            allowed = ", ".join(map(str, choices[name]))
            raise DataError(f"row {at}, column {name!r}: {cell!r} is none of {allowed}")
        values.append(value)
    return values


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # Python reads 1_0 as ten: in a data file it is a slip
