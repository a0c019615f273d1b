r"""Sums of products in Einstein's notation."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..core import FUNCTIONS, Tensor, primitive

__all__ = ["einsum"]

_LARGE = 4096  # elements of two arrays, for which a search takes less long than the sums
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # in the order in which an implied output is sorted


def _explicit(subscripts: str, dims: Sequence[int]) -> tuple[list[str], str]:
    """Give the labels of each operand and of the output one by one: without blanks, ``...`` or an implied output."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    unused = [letter for letter in _LETTERS if letter not in subscripts]
    stretch = max([n - len(term) + 3 for term, n in zip(terms, dims, strict=True) if "..." in term], default=0)
    ellipsis = "".join(unused[:stretch])
    if not arrow:
        letters = inputs.replace(",", "").replace(".", "")
        output = "..." + "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    terms = [
        term.replace("...", ellipsis[stretch - (n - len(term) + 3) :]) for term, n in zip(terms, dims, strict=True)
    ]
    return terms, output.replace("...", ellipsis)


def _rule(g: Any, _y: Any, *operands: Any, wrt: int, subscripts: str, optimize: bool = False) -> Any:
    terms, output = _explicit(subscripts, [x.ndim for x in operands])
    mine, sides = terms[wrt], dict(zip(terms[wrt], operands[wrt].shape, strict=True))
    factors = [(output, g), *((term, x) for i, (term, x) in enumerate(zip(terms, operands, strict=True)) if i != wrt)]
    lengths: dict[str, int] = {}
    for term, x in factors:
        for label, n in zip(term, x.shape, strict=True):
            if lengths.get(label, 1) == 1:
                lengths[label] = n
    # Everything else is summed over: what only the others have, and what this operand was stretched along.
    kept = "".join(label for label in sides if lengths.get(label) == sides[label])
    inputs = ",".join(term for term, _ in factors)
    product = _einsum(*(x for _, x in factors), subscripts=f"{inputs}->{kept}", optimize=optimize)
    return product if kept == mine else _spread(product, kept, mine, sides)


def _spread(x: Any, labels: str, wanted: str, sides: dict[str, int]) -> Any:
    """Copy x along the labels that it lacks, and put it on the diagonal where a label is wanted more than once."""
    terms, factors = [labels], [x]
    for label in sides:
        if label not in labels:
            terms.append(label)
            factors.append(np.ones(sides[label], x.dtype))
    unused: Iterator[str] = (letter for letter in _LETTERS if letter not in wanted)
    places = ""
    for label in wanted:
        if label in places:
            terms.append(label + (twin := next(unused)))
            factors.append(np.eye(sides[label], dtype=x.dtype))
            label = twin
        places += label
    return _einsum(*factors, subscripts=f"{','.join(terms)}->{places}")


@primitive(
    _rule,
    name="einsum",
    variadic=True,
    complex=True,
    formula=r"\bar x_i = \operatorname{einsum}(\bar y, x_{j \ne i} \to \text{the labels of } x_i)",
)
def _einsum(*operands: Any, subscripts: str, optimize: bool = False) -> Any:
    large = len(operands) == 2 and operands[0].size + operands[1].size > _LARGE  # then BLAS is looked for
    out = np.einsum(subscripts, *operands, optimize=optimize or large)
    return out if out.base is None else out.copy()  # of one array it may be a view, as "ii->i" is


def einsum(*operands: Any, optimize: Any = False) -> Any:
    """Sum of products by labels of axes: ``einsum("ij,jk->ik", a, b)``.  As `numpy.einsum`, in each of its forms.

    Parameters
    ----------
    *operands
        The subscripts and then the arrays; or each array followed by the list of its labels, and the output's at last.
    optimize : bool, str or list
        What `numpy.einsum_path` takes.  Unless it is False, arrays are multiplied pair by pair in that order.
    """
    subscripts, arrays = _string_form(operands)
    if optimize is False:
        return _einsum(*arrays, subscripts=subscripts)
    if len(arrays) < 3:
        return _einsum(*arrays, subscripts=subscripts, optimize=True)
    shapes = [np.broadcast_to(np.empty(()), np.shape(x)) for x in arrays]
    path = np.einsum_path(subscripts, *shapes, optimize=optimize)[0][1:]
    terms, output = _explicit(subscripts, [np.ndim(x) for x in arrays])
    for step in path:
        chosen = [(terms.pop(i), arrays.pop(i)) for i in sorted(step, reverse=True)]
        inputs = ",".join(term for term, _ in chosen)
        needed = output + "".join(terms)
        kept = "".join(label for label in dict.fromkeys(inputs) if label in needed) if terms else output
        terms.append(kept)
        arrays.append(_einsum(*(x for _, x in chosen), subscripts=f"{inputs}->{kept}", optimize=True))
    return arrays[0]


einsum.op = _einsum.op  # type: ignore[attr-defined]


def _string_form(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """Give (subscripts, arrays), of a call with a string or with lists of labels."""
    if not operands:
        raise ValueError('einsum: give the subscripts and the arrays, as in einsum("ij,jk->ik", a, b)')
    if isinstance(operands[0], str):
        subscripts, arrays = operands[0], operands[1:]
    else:
        arrays, labels = operands[: len(operands) // 2 * 2 : 2], [_term(part) for part in operands[1::2]]
        subscripts = ",".join(labels) + (f"->{_term(operands[-1])}" if len(operands) % 2 else "")
    return subscripts, [x if type(x) is Tensor else np.asarray(x) for x in arrays]


def _term(labels: Sequence[Any]) -> str:
    return "".join("..." if label is Ellipsis else _LETTERS[label] for label in labels)


def _numpy_einsum(*operands: Any, out: Any = None, optimize: Any = False, **unsupported: Any) -> Any:
    unsupported = {"out": out, **unsupported}
    plain = {"out": None, "dtype": None, "order": "K", "casting": "safe"}
    for key, value in unsupported.items():
        if key not in plain:
            raise TypeError(f"np.einsum has no argument {key!r}")
        if not isinstance(value, type(plain[key])) or value != plain[key]:
            raise TypeError(f"np.einsum: {key}= is not supported on a Tensor; leave it out")
    return einsum(*operands, optimize=optimize)


FUNCTIONS[np.einsum] = _numpy_einsum
