"""`programs`: random differentiable programs, to be checked whole."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

from .. import ops as _ops
from ..core import Tensor, no_grad
from .values import Shape, scattered

_LARGEST, _MOST_ELEMENTS = 30.0, 48
_GAP = 0.05


@dataclass
class Program:
    """A few lines of Python that compute something differentiable.

    Attributes
    ----------
    inputs : list of ndarray
        Where to run it: away from all kinks.
    lines : list of str
        One operation each.
    outputs : list of str
        The names of all results that no later line uses.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd_np.testing.strategies import Program
    >>> program = Program([np.ones(2)], ["v1 = np.exp(x0)"], ["v1"])
    >>> print(program)
    def program(x0):  # float64 (2,)
        v1 = np.exp(x0)
        return v1
    """

    inputs: list[np.ndarray]
    lines: list[str]
    outputs: list[str]
    operations: dict[str, Callable] = field(default_factory=dict)

    __name__ = "program"

    @property
    def __signature__(self) -> inspect.Signature:
        """The arguments' names."""
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return inspect.Signature([inspect.Parameter(f"x{i}", kind) for i in range(len(self.inputs))])

    def __call__(self, *arrays: Any) -> Any:
        """Run it; the outputs come as a list, or alone if there is only one."""
        scope = {**_names(), **self.operations, **{f"x{i}": array for i, array in enumerate(arrays)}}
        exec("\n".join(self.lines), scope)
        found = [scope[name] for name in self.outputs]
        return found[0] if len(found) == 1 else found

    def __str__(self) -> str:
        arguments = ", ".join(f"x{i}" for i in range(len(self.inputs)))
        kinds = ", ".join(f"{x.dtype} {x.shape}" for x in self.inputs)
        head = f"def program({arguments}):  # {kinds}"
        return "\n    ".join([head, *self.lines, f"return {', '.join(self.outputs)}"])

    __repr__ = __str__


def _names() -> dict[str, Any]:
    """Give what lines may call: NumPy, and the operations that it has not."""
    return {"np": np, **{name: op for name, op in _ops.registry().items() if not hasattr(np, name)}}


def _apart(x: np.ndarray) -> bool:
    """No ties, and nothing that a small step would bring into another order."""
    return x.size < 2 or bool(np.diff(np.sort(x, axis=None)).min() > _GAP)


def _off_zero(x: np.ndarray) -> bool:
    return bool(np.abs(x).min(initial=1) > _GAP)


def _tame(x: np.ndarray) -> bool:
    return bool(np.abs(x).max(initial=0) < 4)


def _anything(*x: np.ndarray) -> bool:
    return True


_Guard = Callable[..., bool]

# Lines of one value x of any shape, and what x must be like.
_OF_ONE: dict[str, _Guard] = {
    "np.tanh({x})": _anything,
    "np.sin({x})": _anything,
    "np.cos({x}) * {x}": _anything,
    "np.exp({x})": _tame,
    "sigmoid({x})": _anything,
    "softplus({x})": _anything,
    "np.arctan({x})": _anything,
    "np.square({x})": _tame,
    "np.sqrt(1 + {x} * {x})": _anything,
    "np.log(2 + np.cos({x}))": _anything,
    "-{x}": _anything,
    "{x} ** 3": _tame,
    "{x} / (2 + np.sin({x}))": _anything,
    "np.sum({x})": _anything,
    "np.mean({x}, keepdims=True)": _anything,
    "np.ravel({x})": _anything,
    "{x}.T": _anything,
    "{x}[None]": _anything,
    "np.stack([{x}, {x} * 2])": _anything,
    "relu({x})": _off_zero,
    "np.abs({x})": _off_zero,
    "leaky_relu({x})": _off_zero,
    "np.clip({x}, 0.0, None)": _off_zero,
    "np.max({x})": _apart,
}
# Of one value with at least one axis.
_OF_AXIS: dict[str, _Guard] = {
    "np.sum({x}, axis={axis})": _anything,
    "np.mean({x}, axis={axis}, keepdims=True)": _anything,
    "np.var({x}, axis={axis})": _anything,
    "np.prod({x}, axis={axis})": _tame,
    "np.cumsum({x}, axis={axis})": _anything,
    "logsumexp({x}, axis={axis})": _anything,
    "softmax({x}, axis={axis})": _anything,
    "log_softmax({x}, axis={axis})": _anything,
    "np.flip({x}, {axis})": _anything,
    "np.roll({x}, 1, {axis})": _anything,
    "np.expand_dims({x}, {axis})": _anything,
    "np.take({x}, [0, -1, 0], axis={axis})": _anything,
    "{x}[..., ::-1]": _anything,
    "{x}[0]": _anything,
    "{x}[[0, 0]]": _anything,
    "np.concatenate([{x}, {x}], axis={axis})": _anything,
    "np.repeat({x}, 2, axis={axis})": _anything,
    "np.max({x}, axis={axis})": _apart,
    "np.min({x}, axis={axis}, keepdims=True)": _apart,
    "np.sort({x}, axis={axis})": _apart,
}
# Of two values that broadcast together.
_OF_TWO: dict[str, _Guard] = {
    "{x} + {y}": _anything,
    "{x} - {y}": _anything,
    "{x} * {y}": _anything,
    "{x} / (1 + {y} * {y})": _anything,
    "np.logaddexp({x}, {y})": _anything,
    "np.hypot({x}, 1 + {y} * {y})": _anything,
    "(1 + {x} * {x}) ** np.tanh({y})": _anything,
    "np.where({x} > 0, {x}, {y})": lambda x, y: _off_zero(x),
    "np.maximum({x}, {y})": lambda x, y: bool(np.abs(x - y).min(initial=1) > _GAP),
}
_OF_MATRICES = {"{x} @ {y}.T": 2, "np.einsum('ij,kj->ik', {x}, {y})": 2, "np.matmul({x}, np.swapaxes({y}, -1, -2))": 2}
# Of an image, (N, C, H, W) with sides of 2 or more.
_OF_IMAGE: dict[str, _Guard] = {
    "max_pool2d({x}, 2)": _apart,
    "avg_pool2d({x}, 2)": _anything,
    "avg_pool2d({x}, 2, stride=1)": _anything,
    "np.pad({x}, ((0, 0), (0, 0), (1, 0), (0, 1)))": _anything,
}
_CONVOLUTIONS = [
    "conv2d({x}, {y}, padding=1)",
    "conv2d({x}, {y}, stride=2, padding=1)",
    "conv2d({x}, {y}, padding=2, dilation=2)",
]


def _choices(
    values: dict[str, np.ndarray], x: str, y: str, axis: int, own: Sequence[Callable]
) -> list[tuple[str, _Guard]]:
    """Give the lines that fit two values, as text to be filled in."""
    a, b = values[x], values[y]
    found = list(_OF_ONE.items())
    if a.ndim:
        found += [(text.replace("{axis}", str(axis % a.ndim)), guard) for text, guard in _OF_AXIS.items()]
    if _broadcast(a.shape, b.shape):
        found += [*_OF_TWO.items()] * 2
        found += [(f"{op.__name__}({{x}}, {{y}})", _anything) for op in own if len(op.op.rules) == 2]  # type: ignore[attr-defined]
    found += [(f"{op.__name__}({{x}})", _anything) for op in own if len(op.op.rules) == 1] * 4  # type: ignore[attr-defined]
    if a.ndim == b.ndim == 2 and a.shape[1] == b.shape[1]:
        found += [(text, _anything) for text in _OF_MATRICES] * 4
    if a.ndim == 4 and min(a.shape[2:]) >= 2:
        found += [*_OF_IMAGE.items()] * 4
        if b.ndim == 4 and b.shape[1:] == (a.shape[1], 3, 3):
            found += [(text, _anything) for text in _CONVOLUTIONS] * 8
    return found


def _broadcast(*shapes: Shape) -> bool:
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


_INPUTS: list[list[Shape]] = [
    [()],
    [(3,)],
    [(2, 3)],
    [(2, 3), (3,)],
    [(2, 3), (2, 1)],
    [(2, 3), (4, 3), ()],
    [(1, 2, 4, 4), (2, 2, 3, 3)],
]


_LINE = st.tuples(st.integers(0, 5), st.integers(0, 11), st.integers(0, 10**4), st.integers(0, 3))


@st.composite
def programs(draw: st.DrawFn, operations: Sequence[Callable] = (), max_lines: int = 8) -> Program:
    """Random differentiable programs of NumPy's functions and this library's, and your operations.

    They reuse values, broadcast, reduce, reshape, convolve and pool, and stay away from kinks at their inputs:
    ``gradcheck(program, program.inputs)`` checks one whole.

    Parameters
    ----------
    operations : sequence of callable
        Elementwise operations of your own, of one or two arrays, to be used among the others.
    max_lines : int
        The length of a program at most.
    """
    shapes = draw(st.sampled_from(_INPUTS))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    inputs = scattered(rng, shapes, [(-2.0, 2.0)] * len(shapes))
    own = {op.__name__: op for op in operations}
    scope = {**_names(), **own}
    values = {f"x{i}": x for i, x in enumerate(inputs)}
    used: set[str] = set()
    lines: list[str] = []
    # A list of numbers that choose, so that Hypothesis can leave lines out when it shrinks.
    for back, other, choice, axis in draw(st.lists(_LINE, min_size=1, max_size=max_lines)):
        recent = [*values][::-1]
        x, y = recent[back % len(recent)], recent[other % len(recent)]
        fitting = _choices(values, x, y, axis, list(operations))
        text, guard = fitting[choice % len(fitting)]
        names = [x, y] if "{y}" in text else [x]
        if not guard(*(values[name] for name in names)):
            continue
        expression = text.format(x=x, y=y)
        with np.errstate(all="ignore"), no_grad():
            found = eval(expression, dict(scope), {name: Tensor(value) for name, value in values.items()})
        result = found.data
        if result.size > _MOST_ELEMENTS or not np.all(np.abs(result) <= _LARGEST):
            continue
        new = f"v{len(values)}"
        lines.append(f"{new} = {expression}")
        values[new] = result
        used |= set(names)
    outputs = [name for name in values if name not in used and name.startswith("v")]
    if not lines:
        return Program(inputs, ["v0 = np.tanh(x0)"], ["v0"], own)
    return Program(inputs, lines, outputs, own)
