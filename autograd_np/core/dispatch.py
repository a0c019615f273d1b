"""The tables behind ``np.f(tensor)``: which operation stands for which of NumPy's functions."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

UFUNCS: dict[np.ufunc, Callable] = {}
FUNCTIONS: dict[Callable, Callable] = {}

late_imports: list[Callable[[], object]] = []
"""What imports operations that are not imported yet: all are called before a function is said to have no rule."""

REMEDY = "write it with functions that have one, or pass tensor.detach() if no gradient is wanted"


def implements(function: Callable, *, arrays: int = 0) -> Callable[[Callable], Callable]:
    """Let ``function(tensor, ...)`` run the decorated function: a decorator.

    The first ``arrays`` parameters correspond by position, whatever they are called; the others by name.  Parameters
    of NumPy's that the decorated function lacks are refused, unless they are given NumPy's own default.  A ufunc's
    are all positional.
    """

    def register(ours: Callable) -> Callable:
        if isinstance(function, np.ufunc):
            UFUNCS[function] = ours
            return ours
        matching: tuple | None = None

        def adapted(*args: Any, **kwargs: Any) -> Any:
            nonlocal matching
            if matching is None:  # not before: there are hundreds
                matching = _match(function, ours, arrays)
            names, defaults, renamed, alike = matching
            if names is None or (alike and len(args) == 1 and not kwargs):
                return ours(*args, **kwargs)
            given = {}
            for key, value in (dict(zip(names, args, strict=False)) | kwargs).items():
                if value is np._NoValue:
                    continue
                if key in renamed:
                    given[renamed[key]] = value
                elif key not in defaults:
                    raise TypeError(f"np.{function.__name__} has no argument {key!r}")
                elif value is not defaults[key] and value is not None:
                    raise TypeError(f"np.{function.__name__}: {key}= is not supported on a Tensor; {REMEDY}")
            return ours(**given)

        adapted.operation = ours  # type: ignore[attr-defined]
        if str(ours.__module__).partition(".")[0] == __name__.partition(".")[0]:
            FUNCTIONS.setdefault(function, adapted)  # a user's own may be there before this is imported
        else:
            FUNCTIONS[function] = adapted
        return ours

    return register


def _match(
    function: Callable, ours: Callable, arrays: int
) -> tuple[list[str] | None, dict[str, Any], dict[str, str], bool]:
    """Give the names of NumPy's parameters and defaults, what ours calls those that it has, and if the first agree.

    No names where it takes as many arrays as one likes: then there is nothing to match by position.
    """
    known = list(inspect.signature(ours).parameters)
    theirs = inspect.signature(function).parameters
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in theirs.values()):
        return None, {}, {}, False
    names = list(theirs)
    renamed = dict(zip(names[:arrays], known[:arrays], strict=False))
    renamed = {name: renamed.get(name, name) for name in [*names, *known] if renamed.get(name, name) in known}
    defaults = {name: parameter.default for name, parameter in theirs.items()}
    return names, defaults, renamed, renamed.get(names[0]) == known[0]
