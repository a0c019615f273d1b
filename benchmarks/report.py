"""What a run leaves behind: results.json with every sample, and results.md with the tables."""

import datetime
import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .engines import ENGINES, OURS
from .processes import processors
from .results import ABSENT, FAILED, MISMATCH, NO_CASE
from .targets import verdicts

_LEGEND = """\
Each cell is the median of the rounds.  Ours has the spread with it, half the distance of the quartiles; a peer has
**ours / peer** in parentheses, the median of the rounds' ratios: below 1, we are faster (or smaller).  "of the limit"
is the time that the machine needs at least, by its measured FLOP/s and memory bandwidth, over ours; what stays in a
cache may exceed 100 %.  "–": the engine has no such case."""


def describe_machine() -> dict[str, Any]:
    """Give what the numbers depend on."""
    packages = dict.fromkeys(["numba", *(engine.package for engine in ENGINES.values())])
    versions = {}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        "processors": processors(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions,
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def write_report(out: Path, results: dict[str, Any]) -> list[Path]:
    """Write both files; give their paths."""
    out.mkdir(parents=True, exist_ok=True)
    data, tables = out / "results.json", out / "results.md"
    data.write_text(json.dumps(results, indent=1) + "\n")
    tables.write_text(markdown(results), encoding="utf-8")
    return [data, tables]


def markdown(results: dict[str, Any]) -> str:
    """Give the tables of a run."""
    rows = results["rows"]
    parts = ["# Benchmarks", _machine(results), _targets(rows), _problems(rows), "## Results", _LEGEND]
    for group in dict.fromkeys(row["group"] for row in rows):
        parts += [f"### {group}", _table([row for row in rows if row["group"] == group])]
    return "\n\n".join(part for part in parts if part) + "\n"


def _machine(results: dict[str, Any]) -> str:
    machine, settings = results["machine"], results["settings"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    lines = [
        f"{machine['processor']}, {machine['processors']} processors, {machine['system']}; {machine['date']}; "
        f"load at the start: {machine['load']}.",
        f"Python {machine['python']}, {versions}.",
        f"{settings['threads']} threads, rounds: {settings['rounds']} of {settings['seconds']:g} s, "
        f"{settings['processes']} × a process per engine.",
    ]
    limits = results["limits"]
    if limits:
        units = {"flops": "GFLOP/s", "bandwidth": "GB/s"}
        found = [f"{limit['median'] / 1e9:.0f} {units[name]}" for name, limit in limits.items()]
        lines.append(f"Measured in between, by NumPy: {' and '.join(found)}.")
    if results["absent"]:
        lines.append(f"Not installed, and so not measured: {', '.join(results['absent'])}.")
    if results["restless"]:
        lines.append(f"{results['restless']} times a process was still busy half a second after its turn.")
    return "  \n".join(lines)


def _grid(head: list[str], lines: list[list[str]], align: str) -> str:
    rules = [{"l": ":--", "r": "--:", "c": ":-:"}[a] for a in align]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rules, *lines])


def _targets(rows: list[dict[str, Any]]) -> str:
    words = {True: "met", False: "**not met**", None: "–"}
    lines = [[v.target, v.wanted, v.found, words[v.met], v.where] for v in verdicts(rows)]
    return "## Targets\n\n" + _grid(["target", "wanted", "found", "", "where"], lines, "lrrcl")


def _problems(rows: list[dict[str, Any]]) -> str:
    lines = [
        f"- {row['group']}, {row['name']}: {name}: {found['status']}: {found['reason']}"
        for row in rows
        for name, found in row["engines"].items()
        if found["status"] in (FAILED, MISMATCH)
    ]
    return "## Failures and mismatches\n\n" + "\n".join(lines) if lines else ""


def _table(rows: list[dict[str, Any]]) -> str:
    engines = [
        name
        for name in rows[0]["engines"]
        if any(row["engines"][name]["status"] not in (NO_CASE, ABSENT) for row in rows)
    ]
    bounded = any(row["least"] for row in rows)
    lines = []
    for row in rows:
        cells = [row["name"], *(_cell(row, name) for name in engines)]
        if bounded:
            ours = row["engines"].get(OURS, {}).get("median")
            cells.append(f"{100 * row['least'] / ours:.0f} %" if row["least"] and ours else "–")
        lines.append(cells)
    head = ["case", *engines, *(["of the limit"] if bounded else [])]
    return _grid(head, lines, "l" + "r" * (len(head) - 1)) + _first_calls(rows, engines)


def _first_calls(rows: list[dict[str, Any]], engines: list[str]) -> str:
    """Say how long the first call took, which is in no median: where it was longest."""
    longest = []
    for name in engines:
        calls = [call for row in rows if (call := row["engines"][name]["first_call"]) is not None]
        if calls:
            longest.append(f"{name} {quantity(max(calls), 's')}")
    return f"\n\nLongest first call, apart: {', '.join(longest)}." if longest else ""


def _cell(row: dict[str, Any], engine: str) -> str:
    found = row["engines"][engine]
    if found["status"] in (FAILED, MISMATCH, ABSENT):
        return found["status"]
    if "median" not in found:
        return "–"
    text = quantity(found["median"], row["unit"])
    if engine == OURS:
        first, third = found["quartiles"]
        spread = 100 * (third - first) / 2 / found["median"] if found["median"] else 0
        return f"{text} ± {spread:.0f} %"
    if engine not in row["ratios"]:
        return text
    ratio = row["ratios"][engine]
    return f"{text} ({ratio:.2f})" if ratio >= 0.1 else f"{text} ({ratio:.2g})"


def quantity(value: float, unit: str) -> str:
    """Write seconds or bytes with three digits and a fitting unit."""
    if unit == "B":
        return f"{value / 2**20:.3g} MiB"
    for factor, name in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= 0.9995 * factor:
            return f"{_digits(value / factor)} {name}"
    return f"{_digits(value / 1e-9)} ns"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 99.95 else f"{value:.3g}"
