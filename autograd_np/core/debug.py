"""`debug`: find the first NaN or infinity, and arrays that were changed behind the tape's back."""

import sys
import weakref
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import numpy as np

from .grad_mode import contexts, mode
from .op import Op
from .tape import Bundle, Node, owner_of
from .tensor import Tensor

_LIBRARIES = tuple(f"{Path(file).parent}/" for file in (Path(__file__).parent, np.__file__))


class debug:
    """Check all that this thread computes: a context manager.  Everything is slower inside.

    - The operation that first makes a NaN or an infinity out of finite numbers raises, in a forward pass and in
      backward.
    - An array that backward needs, but that was changed since it was recorded (``t.data[...] = v``, or writing to an
      ndarray that an operation took), raises when backward comes to it; so does a rule that writes to its arguments,
      or over what a rule gave before.

    Messages name the operation, shapes, and the line of your code.

    Raises
    ------
    FloatingPointError
        At a NaN or an infinity.
    RuntimeError
        At a changed array.

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> x = ag.Tensor([1.0, 0.0], requires_grad=True)
    >>> with ag.debug():  # doctest: +ELLIPSIS
    ...     y = np.log(x)
    Traceback (most recent call last):
    ...
    FloatingPointError: log gave -inf at index (1,) from finite arguments (float64 (2,)), at <doctest ...>:2
    """

    def __init__(self) -> None:
        self._before: list[tuple[Any, str | None]] = []  # a stack, so that it can be entered again inside itself

    def __enter__(self) -> Self:
        quiet = np.errstate(all="ignore")  # what NumPy would warn of is reported here, by the operation that did it
        quiet.__enter__()
        self._before.append((quiet, mode.debugging))
        mode.debugging = "values"
        contexts.append(None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        quiet, mode.debugging = self._before.pop()
        contexts.pop()
        quiet.__exit__(kind, error, trace)


class SweepWatch:
    """Watch the rules of one sweep: a context manager.

    While the sweep is itself recorded, `watch` notes what is done where, but leaves it to this to judge whole rules.
    """

    def __enter__(self) -> Self:
        self._before = mode.debugging
        mode.debugging = self._before and "traces"
        self._checksums: dict[str, int] = {}
        # The arrays that own the memory of what rules gave, and what was in them then.
        self._results: dict[int, tuple[weakref.ref, int]] = {}
        return self

    def __exit__(self, *error: object) -> None:
        mode.debugging = self._before

    def before_rules(self, node: Node, g: Any) -> None:
        """Note what the rules of an entry are given."""
        self._checksums = _checksums(_given(node, g))

    def after_rule(self, node: Node, position: int, g: Any, new: Any) -> None:
        """Raise if a rule wrote to what it was given or gave before, or made a NaN or an infinity of finite numbers."""
        given, rule = list(_given(node, g)), f"the rule of {_name(node)} for argument {position}"
        if changed := _changed(self._checksums, given):
            raise RuntimeError(
                f"backward: {rule} changed {changed[0]}, {_kinds(changed[1:])}; others need it too, so rules write to "
                "new arrays only"
            )
        if self._written_again(new, given):
            raise RuntimeError(
                f"backward: {rule} gave memory that a rule of this sweep had given before, with something else in it; "
                "others may still need what was there, so rules give new arrays or parts of what they are given"
            )
        fault = _fault([new])
        if fault and not _fault([array for _, array in given]):
            place, _ = getattr(node, "trace", ("an unknown line", None))
            raise FloatingPointError(
                f"backward: {rule} gave {fault} from a finite cotangent "
                f"({_kinds(g if isinstance(g, tuple) else [g])}); {_name(node)} was recorded at {place}"
            )

    def _written_again(self, new: Any, given: Sequence[tuple[str, np.ndarray]]) -> bool:
        array = _array(new)
        if not isinstance(array, np.ndarray):
            return False
        owner = owner_of(array)
        if any(owner is owner_of(other) for _, other in given):
            return False
        known, content = self._results.get(id(owner)), _checksum(owner)
        self._results[id(owner)] = weakref.ref(owner), content
        return known is not None and known[0]() is owner and known[1] != content


def watch(op: Op, args: Sequence[Any], outs: Sequence[Any], node: Node | None) -> None:
    """Look at what an operation has just done; called only while some context is open."""
    if not mode.debugging:
        return
    place = _users_line()
    if node is not None:
        node.trace = (place, _checksums(_saved_arrays(node)))
    fault = _fault(outs) if mode.debugging == "values" else None
    if fault and not _fault(args):
        raise FloatingPointError(f"{op.name} gave {fault} from finite arguments ({_kinds(args)}), at {place}")


def check_saved(node: Node) -> None:
    """Raise if an array that an entry saved is not what it was when the entry was made."""
    place, before = getattr(node, "trace", (None, None))
    if mode.debugging and before is not None and (changed := _changed(before, list(_saved_arrays(node)))):
        raise RuntimeError(
            f"backward: {changed[0]} of {_name(node)}, {_kinds(changed[1:])}, was changed from outside after "
            f"{place} recorded it; give a copy, or change it after backward"
        )


def _name(node: Node) -> str:
    return node.op.name if node.op is not None else "a leaf"


def _array(value: Any) -> Any:
    return value.data if isinstance(value, Tensor) else value


def _fault(values: Sequence[Any]) -> str | None:
    """Name the first NaN or infinity."""
    for value in values:
        value = _array(value)
        if isinstance(value, (float, complex, np.generic, np.ndarray)) and np.asarray(value).dtype.kind in "fc":
            bad = ~np.isfinite(value)
            if np.any(bad):
                index = tuple(int(i) for i in np.argwhere(bad)[0]) if np.ndim(value) else ()
                return f"{np.asarray(value)[index]}" + (f" at index {index}" if index else "")
    return None


def _kinds(values: Sequence[Any]) -> str:
    arrays = (np.asarray(_array(value)) for value in values if value is not None)
    return ", ".join(f"{array.dtype} {array.shape}" for array in arrays)


def _saved_arrays(node: Node) -> Iterator[tuple[str, np.ndarray]]:
    """Give all arrays that an entry keeps for its rules, each with what a message calls it."""
    for position, arg in enumerate(node.args or ()):
        if isinstance(arg, np.ndarray):
            yield f"argument {position}", arg
    outs = node.out if isinstance(node, Bundle) else (node.out,)
    for position, out in enumerate(outs):
        if isinstance(out, np.ndarray):
            yield f"output {position}" if isinstance(node, Bundle) else "the output", out
    for key, value in (node.params or {}).items():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, np.ndarray):
                yield f"{key}=", part


def _given(node: Node, g: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Give all arrays that an entry's rules may read: the cotangent, and what was saved."""
    for part, cotangent in enumerate(map(_array, g) if isinstance(g, tuple) else [_array(g)]):
        if isinstance(cotangent, np.ndarray):
            yield f"the cotangent of output {part}" if isinstance(g, tuple) else "the cotangent", cotangent
    yield from _saved_arrays(node)


def _checksum(array: np.ndarray, start: int = 0) -> int:
    return hash((start, array.tobytes()))


def _checksums(arrays: Iterable[tuple[str, np.ndarray]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, array in arrays:
        found[name] = _checksum(array, found.get(name, 0))
    return found


def _changed(before: dict[str, int], arrays: Sequence[tuple[str, np.ndarray]]) -> tuple[str, np.ndarray] | None:
    """Give the first array whose checksum is another one now."""
    now = _checksums(arrays)
    return next(((name, array) for name, array in arrays if now[name] != before.get(name)), None)


def _users_line() -> str:
    """Give the line that called the library: of the first frame that is neither ours nor NumPy's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_LIBRARIES):
        frame = frame.f_back
    return "an unknown line" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
