"""The plots of a run: how we compare to a peer, and how we scale."""

import math
import re
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

from .engines import OURS

BLUE, ORANGE, INK, FAINT = "#1f5f9e", "#c2570c", "#1f2933", "#52606d"
COLOURS = {
    OURS: BLUE,
    "torch": ORANGE,
    "torch-channels-last": "#e0a06a",
    "jax": "#3a7d44",
    "numpy": "#7a869a",
    "mygrad": "#8e5ea2",
    "autograd": "#b5508a",
    "tinygrad": "#a88c1f",
}
_DPI = 150


def write_plots(out: Path, rows: list[dict[str, Any]]) -> list[Path]:
    """Write ratios.png and scaling.png, as far as there is something to draw and Matplotlib; give their paths."""
    try:
        import matplotlib

        matplotlib.use("agg")
    except ImportError:
        return []
    made = [_ratios(out / "ratios.png", rows, "torch"), _scaling(out / "scaling.png", rows)]
    return [path for path in made if path is not None]


def _bare(axes: Any) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=8)


def _ratios(path: Path, rows: list[dict[str, Any]], peer: str) -> Path | None:
    """Draw a dot a case: our time over the peer's, with the line where both are equal."""
    from matplotlib.figure import Figure

    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if peer in row["ratios"] and row["group"] != "scaling":
            groups.setdefault(row["group"], []).append(row)
    if not groups:
        return None
    columns = _columns([(name, len(found)) for name, found in groups.items()])
    values = [row["ratios"][peer] for found in groups.values() for row in found]
    low, high = min(0.5, *values) / 1.25, max(2.0, *values) * 1.25
    tallest = max(sum(len(groups[name]) + 1.6 for name in column) for column in columns)
    figure = Figure(figsize=(5.6 * len(columns), 0.19 * tallest + 1.3), layout="constrained")
    figure.suptitle(f"autograd_np / {peer}: left of the line, autograd_np needs less", fontsize=12, color=INK)
    plots = figure.subplots(1, len(columns), squeeze=False, sharex=True)[0]
    for axes, column in zip(plots, columns, strict=True):
        place, ticks, labels = 0.0, [], []
        for name in column:
            axes.text(low, place, f" {name}", fontsize=9, fontweight="bold", color=INK, va="center")
            place += 1
            for row in groups[name]:
                value = row["ratios"][peer]
                colour = BLUE if value <= 1 else ORANGE
                axes.plot([1, value], [place, place], color=colour, linewidth=1.5, alpha=0.45, solid_capstyle="butt")
                axes.plot(value, place, "o", color=colour, markersize=4.5)
                ticks.append(place)
                labels.append(row["name"])
                place += 1
            place += 0.6
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        axes.set_ylim(tallest, -0.8)
        axes.set_yticks(ticks, labels)
        _bare(axes)
        axes.tick_params(axis="y", length=0, labelsize=7.5)
        axes.spines["left"].set_visible(False)
        axes.axvline(1, color=INK, linewidth=1)
        axes.grid(axis="x", color="#e4e7eb", linewidth=0.8)
        axes.set_axisbelow(True)
        _plain_ticks(axes.xaxis, low, high)
        axes.set_xlabel(f"ours / {peer}, log scale", fontsize=8.5, color=INK)
    figure.savefig(path, dpi=_DPI)
    return path


def _columns(sizes: list[tuple[str, int]]) -> list[list[str]]:
    """Split the groups, in their order, into up to three columns, so that the longest is as short as it can be."""
    count = min(len(sizes), 1 + sum(size for _, size in sizes) // 35, 3)
    splits = [(0, *cuts, len(sizes)) for cuts in combinations(range(1, len(sizes)), count - 1)]
    longest = lambda split: max(sum(size + 1.6 for _, size in sizes[i:j]) for i, j in pairwise(split))
    return [[name for name, _ in sizes[i:j]] for i, j in pairwise(min(splits, key=longest))]


def _plain_ticks(axis: Any, low: float, high: float) -> None:
    """Label a logarithmic axis with plain numbers, not too many."""
    steps = (1, 2, 5) if high / low < 300 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**power for power in powers for step in steps if low <= step * 10.0**power <= high]
    axis.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axis.set_ticks([], minor=True)


def _scaling(path: Path, rows: list[dict[str, Any]]) -> Path | None:
    """Draw the time of a training step over batch, width, depth and threads, a line an engine."""
    from matplotlib.figure import Figure

    pattern = re.compile(r"(mlp|cnn) (\w+) (\d+)")
    found: dict[tuple[str, str], dict[str, list[tuple[int, float]]]] = {}
    for row in rows:
        match = pattern.fullmatch(row["name"]) if row["group"] == "scaling" else None
        if match is None:
            continue
        for engine, measured in row["engines"].items():
            if "median" in measured and engine in COLOURS and measured["status"] == "ok":
                lines = found.setdefault((match[1], match[2]), {})
                lines.setdefault(engine, []).append((int(match[3]), 1e3 * measured["median"]))
    if not found:
        return None
    across = min(2, len(found))
    down = -(-len(found) // across)
    figure = Figure(figsize=(4.8 * across, 3.4 * down + 0.5), layout="constrained")
    figure.suptitle("Time of a training step", fontsize=12, color=INK)
    plots = figure.subplots(down, across, squeeze=False).ravel()
    for axes, ((model, what), lines) in zip(plots, found.items(), strict=False):
        for engine in sorted(lines, key=lambda name: name == OURS):
            x, y = zip(*sorted(lines[engine]), strict=True)
            ours = engine == OURS
            axes.plot(x, y, "o-", color=COLOURS[engine], linewidth=2.4 if ours else 1.3, markersize=5 if ours else 3.5)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        _bare(axes)
        places = sorted({place for points in lines.values() for place, _ in points})
        axes.set_xticks(places, [str(place) for place in places])
        axes.set_xticks([], minor=True)
        _plain_ticks(axes.yaxis, *axes.get_ylim())
        axes.grid(axis="y", color="#e4e7eb", linewidth=0.8)
        axes.set_title(f"{model}: {what}", fontsize=10, color=INK, loc="left")
        axes.set_xlabel(what, fontsize=8.5, color=INK)
        axes.set_ylabel("ms a step", fontsize=8.5, color=INK)
        _name_lines(axes, lines)
    for axes in plots[len(found) :]:
        axes.set_visible(False)
    figure.savefig(path, dpi=_DPI)
    return path


def _name_lines(axes: Any, lines: dict[str, list[tuple[int, float]]]) -> None:
    """Write each engine's name at the end of its line, moved apart where they would meet."""
    ends = sorted((math.log(max(points)[1]), max(points)[0], engine) for engine, points in lines.items())
    low, high = (math.log(value) for value in axes.get_ylim())
    heights = _apart([height for height, _, _ in ends], (high - low) * 0.075)
    for height, (_, x, engine) in zip(heights, ends, strict=True):
        axes.annotate(
            engine,
            (x, math.exp(height)),
            xytext=(6, 0),
            textcoords="offset points",
            fontsize=7.5,
            color=COLOURS[engine],
            va="center",
            fontweight="bold" if engine == OURS else "normal",
            annotation_clip=False,
        )


def _apart(heights: list[float], gap: float) -> list[float]:
    """Move sorted heights as little as makes them at least `gap` apart: those that meet stand around their mean."""
    clusters: list[list[float]] = []
    for height in heights:
        clusters.append([height])
        while len(clusters) > 1 and _bottom(clusters[-1], gap) < _bottom(clusters[-2], gap) + len(clusters[-2]) * gap:
            last = clusters.pop()
            clusters[-1] += last
    return [_bottom(cluster, gap) + i * gap for cluster in clusters for i in range(len(cluster))]


def _bottom(cluster: list[float], gap: float) -> float:
    """Give where the lowest of a cluster stands."""
    return sum(cluster) / len(cluster) - gap * (len(cluster) - 1) / 2
