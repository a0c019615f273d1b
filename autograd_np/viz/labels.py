"""The text of a diagram, as Graphviz's HTML-like labels."""

import html
import inspect
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..core import Op
    from .graph import Box

INK, FAINT = "#1f2933", "#52606d"
FONT = "Helvetica,Arial,sans-serif"
SIZE, SMALL = 11, 10

# Told apart by outline as much as by colour: an operation has storeys, a parameter a thick frame, an input
# round corners, an output a double frame.
FILL = {"operation": "#d5e0ec", "parameter": "#fbe3b5", "input": "#e3efdc", "output": "#ffffff"}
_FRAME = {
    "operation": 'BORDER="1"',
    "parameter": 'BORDER="2"',
    "input": 'BORDER="1" STYLE="ROUNDED"',
    "output": 'BORDER="1"',
}
# Graphviz reads escapes such as \N in these labels too, and has no way to write a backslash before a letter.
# But it looks for them in one run of text at a time, so a backslash is made a run of its own.
_BACKSLASH = f'<FONT COLOR="{INK}">&#92;</FONT>'
_WIDTH = 30  # characters in a line of keyword arguments


def visible(text: str) -> str:
    """Write what has no glyph, or cannot be in a file, as a Python literal does."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def literal(text: str) -> str:
    """Write any text so that Graphviz shows it as it is."""
    return html.escape(visible(text)).replace(" ", "&#160;").replace("\\", _BACKSLASH)


def short(value: Any) -> str | None:
    """Write a number, a name, an index or the shape of an array in a few characters; None for all else."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"{value.shape} {value.dtype}"
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.item()
    if isinstance(value, type) and issubclass(value, np.generic):
        value = np.dtype(value)
    if isinstance(value, slice):
        bounds = [value.start, value.stop] + ([value.step] if value.step is not None else [])
        return ":".join("" if bound is None else str(bound) for bound in bounds)
    if isinstance(value, (tuple, list)):
        if len(value) > 8:
            return None
        parts = [short(part) for part in value]
        if None in parts:
            return None
        body = ", ".join(map(str, parts))
        return f"[{body}]" if isinstance(value, list) else f"({body},)" if len(parts) == 1 else f"({body})"
    if value is Ellipsis:
        return "..."
    if value is None or isinstance(value, (bool, int, complex, str)):
        return repr(value)
    if isinstance(value, float):
        return min(repr(value), f"{value:.6g}", key=len) if len(repr(value)) > 8 else repr(value)
    return str(value) if isinstance(value, np.dtype) else None  # another object's text may name its address


def settings(op: "Op", params: Mapping[str, Any]) -> list[str]:
    """Write keyword arguments in lines; whole arrays, long ones and those at their default are left out."""
    words = []
    defaults = _defaults(op) if params else {}
    for key, value in params.items():
        text = short(value)
        if value is None or text is None or len(text) > _WIDTH or text == defaults.get(key):
            continue
        if key == "index":
            words.append(f"[{text[1:-1].rstrip(',')}]" if isinstance(value, tuple) else f"[{text}]")
        elif not isinstance(value, np.ndarray):
            words.append(f"{key}={text}")
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + len(word) + 2 <= _WIDTH:
            lines[-1] += f", {word}"
        else:
            lines.append(word)
    return lines


def _defaults(op: "Op") -> dict[str, str | None]:
    try:
        parameters = inspect.signature(op.forward).parameters
    except (TypeError, ValueError):  # of a builtin
        return {}
    return {key: short(p.default) for key, p in parameters.items() if p.default is not p.empty}


def box(shown: "Box") -> str:
    """Give the label of a box."""
    tensor = [] if shown.tensor is None else [f"{shown.tensor.shape} {shown.tensor.dtype}"]
    if shown.op is None:
        # A frame says what a tensor is to who knows the legend; where there is room, a word says it to all.
        return _table(shown.role, [(shown.name or shown.role, tensor)], double=shown.is_output)
    storeys: list[tuple[str | None, Sequence[str]]] = [(shown.op.name, settings(shown.op, shown.params or {}))]
    if tensor:
        storeys.append((shown.name, tensor))
    return _table("operation", storeys, ports=shown.ports)


def tooltip(shown: "Box") -> str:
    """Give what pointing at a box in an SVG tells: the formula of an operation."""
    text = visible(shown.role if shown.op is None else shown.op.formula or shown.op.name)
    # Some versions of Graphviz look twice for escapes: \Gamma, even with a doubled backslash, would become
    # the graph's name and "amma".  A space of no width keeps the two characters apart.
    return re.sub(r"\\(?=[EGHLNT])", "\\\\\u200b", text).replace("&", "&amp;")


def legend(roles: Sequence[str], note: Sequence[str] = ()) -> str:
    """Give the line below a diagram that says what the boxes are, each drawn as in the diagram."""
    cells = []
    for role in roles:
        storeys = [(None, [role])] + [(None, ["result"])] * (role == "operation")
        swatch = _table(role, storeys, double=role == "output")
        cells.append(f"<TD>{swatch[1:-1]}</TD>")
    rows = f"<TR>{''.join(cells)}</TR>"
    if note:
        lines = "<BR/>".join(map(_line, note))
        rows += f'<TR><TD COLSPAN="{max(1, len(cells))}">{lines}</TD></TR>'
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="6" CELLPADDING="0">{rows}</TABLE>>'


def _table(
    role: str,
    storeys: Sequence[tuple[str | None, Sequence[str]]],
    *,
    ports: Sequence[str] = (),
    double: bool = False,
) -> str:
    parts = []
    if ports:
        cells = [f'<TD PORT="a{i}">{_line(port)}</TD>' for i, port in enumerate(ports)]
        parts.append(f"<TR>{'<VR/>'.join(cells)}</TR>")
    for level, (title, lines) in enumerate(storeys):
        text = [f"<B>{_line(title, SIZE, INK)}</B>"] if title else []
        text += map(_line, lines)
        cell = f'<TD COLSPAN="{max(1, len(ports))}"' + (' BGCOLOR="#ffffff">' if level else ">")
        # Rows of their own: lines of one cell stand too close where their sizes differ.
        parts.append("".join(f"<TR>{cell}{line}</TD></TR>" for line in text))
    table = (
        f'<TABLE {_FRAME[role]} CELLSPACING="0" CELLBORDER="0" CELLPADDING="2" COLOR="{INK}" '
        f'BGCOLOR="{FILL[role]}">{"<HR/>".join(parts)}</TABLE>'
    )
    if double:
        table = (
            f'<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="2" CELLPADDING="0" COLOR="{INK}">'
            f"<TR><TD>{table}</TD></TR></TABLE>"
        )
    return f"<{table}>"


def _line(text: str, size: int = SMALL, colour: str = FAINT) -> str:
    # The spaces are the margins at the sides: a cell's padding would be as large above and below.
    return f'<FONT POINT-SIZE="{size}" COLOR="{colour}">&#160;{literal(text)}&#160;</FONT>'
