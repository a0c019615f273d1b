"""`Module`: what layers and models have in common."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core import Tensor, note_write


class Module:
    """A function with parameters.  Write ``__init__``, which sets plain attributes, and ``forward``.

    Tensors, Modules and random generators are found through attributes, and through lists, tuples and dicts
    in them; ``layers.0.weight`` is the name of ``self.layers[0].weight``.  What is reached twice is listed
    once, under its first name, so shared parameters and circles do no harm.  Computed Tensors are left out.

    Attributes
    ----------
    training : bool
        Whether `forward` should behave as in training (Dropout drops); set by `train` and `eval`.

    Examples
    --------
    >>> import autograd_np as ag
    >>> from autograd_np import nn
    >>> class Classifier(nn.Module):
    ...     def __init__(self):
    ...         self.hidden = nn.Dense(784, 64)
    ...         self.scores = nn.Dense(64, 10)
    ...
    ...     def forward(self, x):
    ...         return self.scores(ag.relu(self.hidden(x)))
    >>> Classifier()
    Classifier()  [50,890 parameters]
      hidden: Dense(784, 64)  [50,240 parameters]
      scores: Dense(64, 10)  [650 parameters]
    """

    training = True

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs: what ``module(...)`` gives.  Written by each kind of module."""
        raise NotImplementedError(f"{type(self).__name__} has no forward; write def forward(self, x): ... in it")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`; an exception says in a note through which modules it came."""
        try:
            return self.forward(*args, **kwargs)
        except Exception as error:
            error.add_note(f"in {self.describe()}")
            raise

    # -- what is in it ---------------------------------------------------------------------------------------

    def _members(self) -> Iterator[tuple[str, Any]]:
        """Every Tensor that was not computed, Module and Generator, once each, in the order of definition."""
        seen: set[int] = set()
        stack: list[tuple[str, Any]] = [("", self)]
        while stack:
            name, value = stack.pop()
            if id(value) in seen:
                continue
            children: dict[Any, Any] = {}
            if isinstance(value, Module):
                children = vars(value)
            elif isinstance(value, dict):
                children = value
            elif isinstance(value, (list, tuple)):
                children = dict(enumerate(value))
            elif not isinstance(value, np.random.Generator) and not (isinstance(value, Tensor) and value.is_leaf):
                continue
            seen.add(id(value))
            if not isinstance(value, (list, tuple, dict)):
                yield name, value
            prefix = f"{name}." if name else ""
            stack += [(f"{prefix}{key}", child) for key, child in reversed(children.items())]

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Go through (name, Tensor) for every parameter: a leaf that requires a gradient."""
        return ((name, t) for name, t in self._members() if isinstance(t, Tensor) and t.requires_grad)

    def parameters(self) -> list[Tensor]:
        """List the parameters, in the order of definition: what an optimizer takes."""
        return [tensor for _, tensor in self.named_parameters()]

    def named_modules(self) -> Iterator[tuple[str, "Module"]]:
        """Go through (name, Module) for this module, whose name is "", and all within it."""
        return ((name, m) for name, m in self._members() if isinstance(m, Module))

    def modules(self) -> list["Module"]:
        """List this module and all within it."""
        return [module for _, module in self.named_modules()]

    def named_generators(self) -> Iterator[tuple[str, np.random.Generator]]:
        """Go through (name, Generator) for the sources of randomness: their states belong in a checkpoint."""
        return ((name, g) for name, g in self._members() if isinstance(g, np.random.Generator))

    # -- modes and gradients ---------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Set ``training`` here and in all modules within; gives this module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Set ``training`` to False here and in all modules within; gives this module."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    # -- state -----------------------------------------------------------------------------------------------

    def _state(self) -> dict[str, Tensor]:
        """Every Tensor by name, without a gradient too: a frozen layer still belongs in checkpoints."""
        state: dict[str, Tensor] = {}
        for name, value in self._members():
            if isinstance(value, Tensor):
                if name in state:
                    raise ValueError(f"{type(self).__name__}: two Tensors are called {name!r}; rename one")
                state[name] = value
        return state

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Copy the values of all Tensors, parameters or not, by name."""
        return {name: tensor.data.copy() for name, tensor in self._state().items()}

    def load_state_dict(self, state: Mapping[str, ArrayLike]) -> None:
        """Write values into the Tensors, in place, in their dtypes: all or, if anything does not fit, none.

        Raises
        ------
        ValueError
            If names are missing or unexpected, or shapes or kinds of dtype differ, as the message lists.
        """
        tensors = self._state()
        given = {name: _array(value) for name, value in state.items()}
        faults = [f"{name} is missing" for name in tensors if name not in given]
        faults += [f"{name} is unexpected" for name in given if name not in tensors]
        for name in tensors.keys() & given.keys():
            theirs, ours = given[name], tensors[name]
            if theirs.shape != ours.shape or not np.can_cast(theirs.dtype, ours.dtype, "same_kind"):
                faults.append(f"{name} is {theirs.dtype} {theirs.shape}, not {ours.dtype} {ours.shape}")
        if faults:
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: nothing was loaded:\n  " + "\n  ".join(sorted(faults))
            )
        # Copied first: an array may be a view of a parameter that is written before its turn comes.
        values = {name: given[name].astype(tensor.dtype) for name, tensor in tensors.items()}
        for name, tensor in tensors.items():
            tensor.data[...] = values[name]
            note_write(tensor.data)

    # -- how it looks ----------------------------------------------------------------------------------------

    def describe(self) -> str:
        """Say in one line what this is: ``Dense(784, 64)``; by default, its class and its own Tensors."""
        own = (f"{name} {value.shape}" for name, value in vars(self).items() if isinstance(value, Tensor))
        return f"{type(self).__name__}({', '.join(own)})"

    def __repr__(self) -> str:
        lines: list[str] = []
        above: list[str] = []  # the names of the modules around this one; in preorder, a stack
        for name, module in self.named_modules():
            while above and not name.startswith(above[-1]):
                above.pop()
            label = f"{name.removeprefix(above[-1])}: " if above else ""
            lines.append("  " * len(above) + label + module.describe() + _count(module))
            above.append(f"{name}." if name else "")
        return "\n".join(lines)


def _array(value: ArrayLike) -> NDArray[Any]:
    return np.asarray(value.data if isinstance(value, Tensor) else value)


def _count(module: Module) -> str:
    total = sum(parameter.size for parameter in module.parameters())
    return f"  [{total:,} parameter{'s' * (total != 1)}]" if total else ""
