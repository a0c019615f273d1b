"""Whether operations are recorded, and watched: switches of each thread's own."""

import functools
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

F = TypeVar("F", bound=Callable)


class _Mode(threading.local):
    recording = True
    debugging: str | None = None  # "values", or in a sweep "traces": see `core.debug`


mode = _Mode()


# An item for each block that is open, in any thread, in which anything but recording is done.  Where there is none, as
# in every training step, one look at this tells an operation to record and to ask no further: a thread's own switch
# costs three times as much.
contexts: list[None] = []


class _Switch:
    """Sets recording inside a ``with`` block or a decorated function, and puts it back however that ends."""

    recording: bool

    def __init__(self) -> None:
        self._before: list[bool] = []  # a stack, so that one object can be entered again inside itself

    def __enter__(self) -> Self:
        self._before.append(mode.recording)
        contexts.append(None)
        mode.recording = self.recording
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        mode.recording = self._before.pop()
        contexts.pop()

    def __call__(self, function: F) -> F:
        @functools.wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            with type(self)():
                return function(*args, **kwargs)

        return switched  # type: ignore[return-value]


class no_grad(_Switch):
    """Record nothing: a context manager and a decorator, for this thread only.

    Examples
    --------
    >>> import autograd_np as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> with ag.no_grad():
    ...     w -= 0.1 * w
    >>> w
    Tensor([0.9, 1.8], requires_grad=True)
    """

    recording = False


class enable_grad(_Switch):
    """Record again inside a `no_grad` block: a context manager and a decorator, for this thread only."""

    recording = True


def is_grad_enabled() -> bool:
    """Whether this thread records operations now."""
    return mode.recording
