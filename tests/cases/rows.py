"""What a row is made of: a case, and the kinds of rows that many operations share."""

from collections.abc import Callable
from dataclasses import dataclass

from autograd_np.testing.strategies import Draw, broadcastable_shapes

Row = Callable[[Draw], tuple[Callable, list]]


@dataclass(frozen=True)
class Case:
    """How an operation is checked; "exact" is for operations that are affine in each array."""

    row: Row
    method: str = "auto"


def elementwise(f: Callable, values: str) -> Row:
    return lambda d: (f, [d.array(d.shape(), values)])


def broadcasting(f: Callable, left: str, right: str | None = None) -> Row:
    def row(d: Draw) -> tuple[Callable, list]:
        a, b = d(broadcastable_shapes(2))
        return f, [d.array(a, left), d.array(b, right or left)]

    return row


def apart(f: Callable) -> Row:
    """Two arrays, no element of which equals or comes near one of the other."""

    def row(d: Draw) -> tuple[Callable, list]:
        return f, d.ordered(*d(broadcastable_shapes(2)))

    return row


def reduction(f: Callable, values: str) -> Row:
    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.shape()
        axis, keepdims = d.axes(shape), d.one_of(False, True)
        return lambda x: f(x, axis=axis, keepdims=keepdims), [d.array(shape, values)]

    return row


def over_axis(f: Callable) -> Row:
    def row(d: Draw) -> tuple[Callable, list]:
        shape = d.shape(1)
        axis = d.axis(shape)
        return lambda x: f(x, axis=axis), [d.array(shape, "any")]

    return row
