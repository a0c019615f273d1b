import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import NamedTuple

import pytest


class Box(NamedTuple):
    role: str
    lines: list[str]  # the text, from top to bottom; the arguments' names are in ports
    ports: dict[str, str]
    tooltip: str
    framed_twice: bool


class Picture(NamedTuple):
    boxes: dict[str, Box]
    edges: list[tuple[str, str]]
    caption: str

    def of(self, role: str) -> list[Box]:
        return [box for box in self.boxes.values() if box.role == role]

    def find(self, line: str) -> str:
        (found,) = [key for key, box in self.boxes.items() if line in box.lines]
        return found


def _cells(label: str) -> tuple[ElementTree.Element, list[tuple[str | None, str]]]:
    assert label[:2] + label[-2:] == "<<>>"
    table = ElementTree.fromstring(label[1:-1])
    cells = [cell for cell in table.iter("TD") if cell.find("TABLE") is None]
    return table, [(cell.get("PORT"), "".join(cell.itertext())[1:-1].replace("\xa0", " ")) for cell in cells]


def _read(source: str) -> Picture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pydot's own use of pyparsing
        import pydot

        (graph,) = pydot.graph_from_dot_data(source)
    boxes = {}
    for node in graph.get_nodes():
        if node.get_name() in ("node", "edge", "graph", "\\n"):
            continue
        table, cells = _cells(node.get("label"))
        boxes[node.get_name()] = Box(
            node.get("class"),
            [text for port, text in cells if port is None],
            {port: text for port, text in cells if port is not None},
            node.get("tooltip"),
            table.find(".//TABLE") is not None,
        )
    edges = [(edge.get_source(), edge.get_destination()) for edge in graph.get_edges()]
    for ends in edges:
        for end in ends:
            box, _, port = end.partition(":")
            assert box in boxes
            assert not port or port in boxes[box].ports
    # pydot gives the attributes of `graph [...]` as a list, one for each such statement
    label = next((entry["label"] for entry in graph.get_graph_defaults() or [] if "label" in entry), "")
    caption = " ".join(text for _, text in _cells(label)[1]) if label else ""
    return Picture(boxes, edges, caption)


@pytest.fixture(scope="session")
def read() -> Callable[[str], Picture]:
    """Parse DOT text, with a parser that is not Graphviz's own, into what the picture shows."""
    return _read
