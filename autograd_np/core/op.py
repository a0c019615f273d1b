"""`Op`: what the tape and the tools know about an operation."""

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

Rule = Callable[..., Any]


class Op:
    """What the tape and the tools know about an operation.

    Attributes
    ----------
    name : str
        As in ``autograd_np.<name>``.
    forward : callable
        Raw arrays in, raw array out.
    rules : tuple
        A VJP rule for each array argument; None where there is no gradient.
    formula : str
        The rules in LaTeX; a bar marks a cotangent.
    reads : tuple of (tuple of bool)
        For each rule, whether it reads the memory of y and of each argument.
    elementwise : bool
        Whether each element of the output depends on one element of each argument; see `sweep` for what that means
        at singularities.
    broadcasts : bool
        Whether arguments are broadcast against each other; the sweep then sums their cotangents back.
    variadic : bool
        One rule serves any number of arguments and is told which by the keyword ``wrt``.
    view : bool
        Whether the output may share memory with the argument.
    selects : bool
        Whether it leaves elements of its arguments out, whose cotangent is then 0 whatever they are.
    complex : bool
        Whether its rules hold for complex numbers too; see `sweep` for what a cotangent of those is.
    """

    __slots__ = (
        "_defaults",
        "_saves",
        "broadcasts",
        "complex",
        "elementwise",
        "formula",
        "forward",
        "name",
        "reads",
        "reuses",
        "rules",
        "selects",
        "variadic",
        "view",
    )

    def __init__(
        self,
        name: str,
        forward: Callable,
        rules: tuple[Rule | None, ...],
        formula: str,
        *,
        elementwise: bool = False,
        broadcasts: bool = False,
        variadic: bool = False,
        view: bool = False,
        selects: bool = False,
        complex: bool = False,
    ) -> None:
        self.name = name
        self.forward = forward
        self.rules = rules
        self.formula = formula
        self.elementwise = elementwise
        self.broadcasts = broadcasts or elementwise
        self.variadic = variadic
        self.view = view
        self.selects = selects
        self.complex = complex
        self.reads = tuple(_reads(rule, len(rules)) for rule in rules)
        # Whether its only rule can write over g: then g is its keyword `into`, where the sweep alone can see it.
        self.reuses = len(rules) == 1 and not variadic and _takes_into(rules[0])
        self._saves: dict[tuple[bool, ...], tuple[bool, tuple[bool, ...]]] = {}
        self._defaults: dict[str, Any] | None = None

    def saves(self, wanted: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        """Tell whether to keep y, and which arguments, for the rules of the arguments whose gradient is wanted."""
        saves = self._saves.get(wanted)
        if saves is None:
            if self.variadic:
                saves = self.reads[0][0], self.reads[0][1:] * len(wanted)
            else:
                used = [reads for reads, want in zip(self.reads, wanted, strict=True) if want]
                y, *args = (any(column) for column in zip(*used, strict=True))
                saves = y, tuple(args)
            self._saves[wanted] = saves
        return saves

    def defaults(self) -> dict[str, Any]:
        """Give the parameters of the forward function, in their order, with their defaults."""
        if self._defaults is None:  # not before a call needs them: there are hundreds of operations
            self._defaults = {name: p.default for name, p in inspect.signature(self.forward).parameters.items()}
        return self._defaults

    def __repr__(self) -> str:
        return f"<Op {self.name}>"


def _reads(rule: Rule | None, arity: int) -> tuple[bool, ...]:
    """Tell of (y, *args) which ones a rule reads, as the names of its parameters say."""
    if rule is None:
        return (False,) * (1 + arity)
    names, rest = _parameters(rule)
    reads = [not name.startswith("_") for name in names]
    if rest is not None:
        reads += [not rest.startswith("_")] * (2 + arity - len(reads))
    if len(reads) < 2 + arity:
        raise TypeError(f"a rule takes (g, y, *args) for {arity} array arguments, not {inspect.signature(rule)}")
    return tuple(reads[1 : 2 + arity])


def _takes_into(rule: Rule | None) -> bool:
    code = getattr(rule, "__code__", None)
    return code is not None and "into" in code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]


def _parameters(function: Callable) -> tuple[list[str], str | None]:
    """Give the names of the parameters that are taken by position, and that of the rest."""
    if type(function) is FunctionType and not hasattr(function, "__wrapped__"):
        code = function.__code__  # a tenth of what a signature costs, for hundreds of rules
        rest = code.co_argcount + code.co_kwonlyargcount
        has_rest = code.co_flags & inspect.CO_VARARGS
        return list(code.co_varnames[: code.co_argcount]), code.co_varnames[rest] if has_rest else None
    found = inspect.signature(function).parameters.values()
    names = [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return names, next((p.name for p in found if p.kind is p.VAR_POSITIONAL), None)


# How an output of several is read off the entry of all: the sweep collects its cotangent for their common rules.
PICK = Op("pick", lambda *outs, index: outs[index], (), r"\bar y_i = \bar x")
