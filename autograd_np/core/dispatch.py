"""The tables behind ``np.f(tensor)``: which operation stands for which of NumPy's functions."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

UFUNCS: dict[np.ufunc, Callable] = {}
FUNCTIONS: dict[Callable, Callable] = {}

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
        known = list(inspect.signature(ours).parameters)
        theirs = inspect.signature(function).parameters
        if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in theirs.values()):
            FUNCTIONS[function] = ours  # as many arrays as one likes: nothing to match by position
            return ours
        names = list(theirs)
        renamed = dict(zip(names[:arrays], known[:arrays], strict=False))

        def adapted(*args: Any, **kwargs: Any) -> Any:
            given = {}
            for key, value in (dict(zip(names, args, strict=False)) | kwargs).items():
                if value is np._NoValue:
                    continue
                if renamed.get(key, key) in known:
                    given[renamed.get(key, key)] = value
                elif key not in theirs:
                    raise TypeError(f"np.{function.__name__} has no argument {key!r}")
                elif value is not theirs[key].default and value is not None:
                    raise TypeError(f"np.{function.__name__}: {key}= is not supported on a Tensor; {REMEDY}")
            return ours(**given)

        adapted.operation = ours  # type: ignore[attr-defined]
        FUNCTIONS[function] = adapted
        return ours

    return register
