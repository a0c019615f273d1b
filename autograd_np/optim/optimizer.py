"""`Optimizer`: what all of them have in common."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core import Tensor, note_write
from ..kernels import StepArrays, take_steps

Array = NDArray[Any]
Move = tuple[int, Array, Array]
"""A parameter's place in the lists of `Optimizer.state`, its values, and its gradient with weight decay."""


class Optimizer:
    """Changes parameters in place by their gradients.  New kinds write `update`, for the arrays of one parameter.

    Parameters
    ----------
    params : iterable of Tensor
        As ``model.parameters()`` gives them; each real floating point, given (not computed), and listed
        once.
    lr : float
        Learning rate, finite and not negative.
    weight_decay : float
        λ of the penalty λ/2 ‖w‖², whose gradient λw is added to each gradient.

    Attributes
    ----------
    params : list of Tensor
    lr, weight_decay : float
        May be changed between steps.

    Raises
    ------
    TypeError, ValueError
        If a parameter or a number is not as above.
    """

    state: tuple[str, ...] = ()
    """Which attributes hold an array for each parameter that is kept from step to step."""

    def __init__(self, params: Iterable[Tensor], lr: float, *, weight_decay: float = 0.0) -> None:
        self.params = _parameters(type(self).__name__, params)
        self.lr = self.checked("lr", lr)
        self.weight_decay = self.checked("weight_decay", weight_decay)
        # Intermediate results go into memory that all parameters share, as large as the largest of them.
        self._scratch = _scratch(self.params)
        self._decayed: list[Array] = []

    def step(self) -> None:
        """Update every parameter that has a gradient; graphs that saved its old value refuse backward now.

        Raises
        ------
        ValueError
            If lr or weight_decay are not as above, or a gradient has not its parameter's shape; nothing is changed.
        """
        lr, decay = self.checked("lr", self.lr), self.checked("weight_decay", self.weight_decay)
        if decay and not self._decayed:
            self._decayed = self.zeros()
        moves = []
        for index, parameter in enumerate(self.params):
            grad = parameter.grad
            if grad is None:
                continue
            w, g = parameter.data, grad.data
            if g.shape != w.shape:
                raise self._misfit(index, w, g)
            if decay:
                g = np.multiply(w, decay, out=self._decayed[index])
                g += grad.data
            moves.append((index, w, g))
        try:
            self.update_all(moves, lr)
        finally:
            note_write(*[w for _, w, _ in moves])

    def _misfit(self, index: int, w: Array, g: Array) -> ValueError:
        """Say which shapes differ, as they do where somebody puts other arrays into Tensors."""
        return ValueError(
            f"{type(self).__name__}: the gradient of params[{index}] has shape {g.shape}, the parameter {w.shape}; "
            "nothing was changed"
        )

    def update_all(self, moves: list[Move], lr: float) -> None:
        """Change all parameters in place: each by `update`, unless there is a quicker way to do all at once."""
        for index, w, g in moves:
            self.update(index, w, g, lr, self._scratch[index])

    def update(self, index: int, w: Array, g: Array, lr: float, scratch: Array) -> None:
        """Change w in place.

        Parameters
        ----------
        index : int
            Which parameter this is: its place in the lists of `state`.
        w : ndarray
            The parameter's values.
        g : ndarray
            Its gradient, of w's shape and dtype, weight decay included; not to be written to.
        lr : float
            Learning rate.
        scratch : ndarray
            Of w's shape and dtype, with anything in it: for intermediate results.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no update; write def update(self, index, w, g, lr, scratch): ... in it"
        )

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.params:
            parameter.grad = None

    def _arrays(self) -> dict[str, Array]:
        return {f"{name}.{i}": array for name in self.state for i, array in enumerate(getattr(self, name))}

    def state_dict(self) -> dict[str, Array]:
        """Copy what the next steps depend on besides parameters, as arrays: ``lr``, ``<state>.<index>``."""
        lr = {"lr": np.array(float(self.lr))}
        return lr | {name: array.copy() for name, array in self._arrays().items()}

    def load_state_dict(self, state: Mapping[str, ArrayLike]) -> None:
        """Take up the state that `state_dict` gave: all of it or, if anything does not fit, none.

        Raises
        ------
        ValueError
            If names are missing or unexpected, or shapes or kinds of dtype differ, as the message lists; if
            lr is not a learning rate.
        """
        arrays = self._arrays()
        expected = {"lr": np.zeros(())} | arrays
        given = {name: np.asarray(value) for name, value in state.items()}
        faults = [f"{name} is missing" for name in expected if name not in given]
        faults += [f"{name} is unexpected" for name in given if name not in expected]
        for name in expected.keys() & given.keys():
            theirs, ours = given[name], expected[name]
            if theirs.shape != ours.shape or not np.can_cast(theirs.dtype, ours.dtype, "same_kind"):
                faults.append(f"{name} is {theirs.dtype} {theirs.shape}, not {ours.dtype} {ours.shape}")
        if faults:
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: nothing was loaded:\n  " + "\n  ".join(sorted(faults))
            )
        values = {name: given[name].astype(array.dtype) for name, array in arrays.items()}
        self.lr = self.checked("lr", given["lr"].item())
        for name, array in arrays.items():
            array[...] = values[name]

    def checked(self, name: str, value: float, below: float = math.inf) -> float:
        """Give value as a float if 0 <= value < below; raise ValueError otherwise."""
        if not 0 <= value < below:  # which a NaN is not, either
            raise ValueError(f"{type(self).__name__}: {name} must be 0 <= {name} < {below}, not {value}")
        return float(value)

    def zeros(self) -> list[Array]:
        """Give an array of zeros like each parameter: how moments begin."""
        return [np.zeros_like(parameter.data) for parameter in self.params]


class FusedOptimizer(Optimizer, ABC):
    """An optimizer whose step a kernel does: its arrays are read and written once."""

    kind: str
    """What `kernels.take_steps` calls the step."""

    def __init_subclass__(cls) -> None:
        if "update" in cls.__dict__:  # a kind made from one of these, whose own update must not be passed by
            cls.update_all = Optimizer.update_all  # type: ignore[method-assign]

    def __init__(self, params: Iterable[Tensor], lr: float, *, weight_decay: float = 0.0) -> None:
        super().__init__(params, lr, weight_decay=weight_decay)
        self._last: StepArrays | None = None  # what the last step changed, as the next one does, too

    def update_all(self, moves: list[Move], lr: float) -> None:
        """Change all parameters in place."""
        places = [index for index, _, _ in moves]
        lists = [[w for _, w, _ in moves], *[[moment[i] for i in places] for moment in self.moments()]]
        if self._last is None or not self._last.are(lists):
            self._last = StepArrays(list(zip(*lists, strict=True)), [self._scratch[i] for i in places])
        take_steps(self.kind, self._last, [g for _, _, g in moves], self.next_constants(places, lr))

    def update(self, index: int, w: Array, g: Array, lr: float, scratch: Array) -> None:
        """Change w in place."""
        if g.shape != w.shape:  # kernels rely on it
            raise self._misfit(index, w, g)
        FusedOptimizer.update_all(self, [(index, w, g)], lr)

    @abstractmethod
    def moments(self) -> tuple[list[Array], ...]:
        """Give what steps change besides the parameters: lists with an array for each."""

    @abstractmethod
    def next_constants(self, places: list[int], lr: float) -> list[tuple[float, ...]]:
        """Count a step of the parameters in these places, and give the numbers in it for each."""


def _parameters(name: str, params: Iterable[Tensor]) -> list[Tensor]:
    if isinstance(params, Tensor) or not isinstance(params, Iterable):
        raise TypeError(
            f"{name}: params is a list of Tensors, as model.parameters() gives, not a {type(params).__name__}"
        )
    parameters = list(params)
    if not parameters:
        raise ValueError(f"{name}: params is empty; there is nothing to optimize")
    seen: dict[Any, int] = {}
    for index, parameter in enumerate(parameters):
        if not isinstance(parameter, Tensor):
            raise TypeError(
                f"{name}: params[{index}] is a {type(parameter).__name__}, not a Tensor; give model.parameters()"
            )
        if not parameter.requires_grad or not parameter.is_leaf:
            fault = "was computed; give" if parameter.requires_grad else "requires no gradient; make it"
            raise ValueError(f"{name}: params[{index}] {fault} a Tensor(..., requires_grad=True)")
        if parameter.dtype.kind == "c":
            raise TypeError(f"{name}: params[{index}] is complex; let its real and imaginary parts be parameters")
        if parameter.node in seen:
            raise ValueError(f"{name}: params[{index}] is params[{seen[parameter.node]}] again; list it once")
        seen[parameter.node] = index
    return parameters


def _scratch(parameters: list[Tensor]) -> list[Array]:
    """Give each parameter an array of its shape and dtype; those of one dtype share memory."""
    sizes: dict[np.dtype, int] = {}
    for parameter in parameters:
        sizes[parameter.dtype] = max(sizes.get(parameter.dtype, 0), parameter.size)
    memory = {dtype: np.empty(size, dtype) for dtype, size in sizes.items()}
    return [memory[p.dtype][: p.size].reshape(p.shape) for p in parameters]
