"""`save`: a diagram as a file."""

import os
import secrets
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import Tensor
from .drawing import diagram

if TYPE_CHECKING:
    import graphviz

_SUFFIXES = (".svg", ".png", ".pdf", ".dot")


def save(picture: "graphviz.Digraph | Tensor | Sequence[Tensor]", path: str | os.PathLike[str], **options: Any) -> Path:
    """Write a diagram to a file, whole or not at all.

    Parameters
    ----------
    picture : graphviz.Digraph, Tensor or sequence of Tensors
        A Tensor is drawn first.
    path : path-like
        Its suffix is the format: .svg, .png, .pdf, or .dot for Graphviz's text.
    **options
        For `diagram`, where Tensors are given.

    Returns
    -------
    Path
        The file that was written.  Without Graphviz's program ``dot`` that is DOT text with the suffix .dot,
        and a UserWarning says so.

    Raises
    ------
    ValueError
        If the suffix is another.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in _SUFFIXES:
        raise ValueError(f"save: {path.name!r} must end in one of {', '.join(_SUFFIXES)}")
    if isinstance(picture, (Tensor, Sequence)):
        picture = diagram(picture, **options)
    elif not hasattr(picture, "pipe"):
        raise TypeError(f"save: a diagram or Tensors are wanted, not {type(picture).__name__}")
    elif options:
        raise TypeError(f"save: {', '.join(options)} must be given to diagram(), which made this picture")
    if kind == ".dot":
        return _write(path, picture.source.encode())

    import graphviz

    if kind == ".png" and "dpi" not in picture.graph_attr:
        picture = picture.copy()
        picture.graph_attr["dpi"] = "144"  # text at 96 is hard to read
    try:
        return _write(path, picture.pipe(format=kind[1:], quiet=True))
    except graphviz.ExecutableNotFound:
        written = _write(path.with_suffix(".dot"), picture.source.encode())
    warnings.warn(
        f"save: Graphviz's program 'dot' is missing, so DOT text was written to {written}; install it "
        "(apt-get install graphviz, brew install graphviz, or https://graphviz.org/download) for "
        f"{kind} files",
        stacklevel=2,
    )
    return written


def _write(path: Path, content: bytes) -> Path:
    """Write beside the file and then rename, so that a failure leaves nothing half done."""
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path
