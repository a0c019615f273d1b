"""What a run leaves behind: plots, weights, the graph and the numbers."""

import json
import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, PercentFormatter
from safetensors.numpy import save_file

from autograd_np import Tensor, nn, softmax_cross_entropy, viz
from autograd_np.datasets import Dataset

from .training import History, Settings

BLUE, ORANGE, INK, FAINT = "#1f5f9e", "#c2570c", "#1f2933", "#52606d"
_RIGHT = LinearSegmentedColormap.from_list("right", ["#e4edf6", "#6a9bcb"])
_WRONG = LinearSegmentedColormap.from_list("wrong", ["#fbe3cf", "#ec8a3c"])
_DPI = 150
_POINTS = 60  # of a curve of single steps, which are averaged to as many
_GRAPH_BATCH = 4


def write_report(
    out: Path,
    name: str,
    model: nn.Module,
    data: Dataset,
    settings: Settings,
    history: History,
    predicted: np.ndarray,
) -> list[Path]:
    """Write all files of a finished run into the folder `out`; give their paths.

    Raises
    ------
    OSError
        A file cannot be written.
    """
    curves, confusion = out / "learning_curves.png", out / "confusion_matrix.png"
    learning_curves(name, history).savefig(curves, dpi=_DPI)
    confusion_matrix(name, data.y_test, predicted, data.classes).savefig(confusion, dpi=_DPI)
    graph = write_graph(out / "graph.svg", model, data)
    weights = out / "weights.safetensors"
    save_file(model.state_dict(), weights, metadata={"model": name, "activation": settings.activation})
    numbers = out / "history.json"
    content = {
        "model": name,
        "settings": asdict(settings),
        "steps": [score._asdict() for score in history.steps],
        "tests": [score._asdict() for score in history.tests],
    }
    numbers.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return [curves, confusion, graph, weights, numbers]


def learning_curves(name: str, history: History) -> Figure:
    """Plot loss and accuracy over the epochs: of training in steps, on the test set after every epoch."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    losses, accuracies = figure.subplots(1, 2)
    epochs = len(history.tests)
    chunks = np.array_split(np.array(history.steps), min(_POINTS, len(history.steps)))
    ends = np.cumsum([len(chunk) for chunk in chunks]) / len(history.steps) * epochs
    middles = ends - np.diff(ends, prepend=0) / 2
    training = np.array([chunk.mean(axis=0) for chunk in chunks])
    tests = np.array(history.tests)
    for axes, column in ((losses, 0), (accuracies, 1)):
        axes.plot(middles, training[:, column], color=BLUE, linewidth=1.2, label="training")
        axes.plot(
            np.arange(1, epochs + 1),
            tests[:, column],
            color=ORANGE,
            marker="o",
            markersize=4,
            linewidth=1.2,
            label="test",
        )
        axes.set_xlabel("epoch")
        axes.set_xlim(0, epochs * 1.02)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        _plain(axes)
    losses.set_ylabel("cross-entropy (nats, log scale)")
    losses.set_yscale("log")
    losses.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=20))
    losses.yaxis.set_major_formatter("{x:g}")
    losses.yaxis.set_minor_locator(NullLocator())
    losses.legend(frameon=False, labelcolor=INK)
    accuracies.set_ylabel("accuracy (%)")
    accuracies.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    accuracies.set_ylim(top=1.0 + 0.02 * (1 - training[:, 1].min()))
    figure.suptitle(f"{name}: test accuracy {100 * tests[-1, 1]:.1f} %", color=INK, fontsize=12)
    return figure


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(INK)


def confusion_matrix(name: str, labels: np.ndarray, predicted: np.ndarray, classes: tuple[str, ...]) -> Figure:
    """Count the test examples by true and predicted class: what is right in blue, what is wrong in orange."""
    size = len(classes)
    counts = np.zeros((size, size), dtype=int)
    np.add.at(counts, (labels, predicted), 1)
    side = 2.4 + 0.46 * size
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    diagonal = np.eye(size, dtype=bool)
    for shown, colours in ((diagonal, _RIGHT), (~diagonal & (counts > 0), _WRONG)):
        # From 0, so that a colour means a share of the largest count of its kind.
        axes.imshow(np.ma.array(counts, mask=~shown), cmap=colours, vmin=0, vmax=max(1, counts[shown].max(initial=0)))
    for row, column in np.argwhere(counts):
        axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", color=INK, fontsize=9)
    long = max(map(len, classes)) > 4
    axes.set_xticks(range(size), classes, rotation=45 if long else 0, ha="right" if long else "center")
    axes.set_yticks(range(size), classes)
    axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="both", length=0, colors=FAINT)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("predicted", color=INK)
    axes.set_ylabel("true", color=INK)
    right = int(np.trace(counts))
    title = f"{name}: {100 * right / len(labels):.1f} %\n{right:,} of {len(labels):,} test examples right"
    axes.set_title(title, color=INK, fontsize=11)
    return figure


def write_graph(path: Path, model: nn.Module, data: Dataset) -> Path:
    """Draw the graph of one small batch through to the loss; without Graphviz as DOT text, with a hint."""
    x, labels = data.x_train[:_GRAPH_BATCH], data.y_train[:_GRAPH_BATCH]
    loss = softmax_cross_entropy(model.train()(x), labels)
    names: dict[str, Tensor | np.ndarray] = {"x": x, "labels": labels, "loss": loss}
    names |= {name.removeprefix("layers."): tensor for name, tensor in model.named_parameters()}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        written = viz.save(loss, path, names=names)
    for warning in caught:
        print(warning.message)
    return written
