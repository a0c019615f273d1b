"""For every function of the standard, a row that draws its arguments: (positional ones, keywords)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from tests.array_api.draws import Draw

Call = tuple[tuple, dict[str, Any]]
Row = Callable[[Draw], Call]


def unary(kinds: str) -> Row:
    return lambda d: ((d.array(kinds=kinds),), {})


def reduction(kinds: str, special: bool = True, empty: bool = True, **more: Callable[[Draw, np.ndarray], Any]) -> Row:
    def row(d: Draw) -> Call:
        x = d.array(d.shape(min_side=0 if empty else 1), kinds, special)
        given = {"axis": d.axes(x.shape), "keepdims": d.one_of(False, True)}
        given |= {name: draw(d, x) for name, draw in more.items()}
        return (x,), given

    return row


def wider(d: Draw, x: np.ndarray) -> np.dtype | None:
    return d.one_of(None, d.like(x.dtype))


def spread(d: Draw) -> Call:
    x = d.array(d.shape(min_side=1), "f", special=False)
    axis = d.axes(x.shape)
    count = np.sum(np.ones_like(x), axis=axis).min()  # with a correction of that, the oracle's are infinite
    correction = d.one_of(*(value for value in (0, 0.5, 1, 2.0) if value < count))
    return (x,), {"axis": axis, "correction": correction, "keepdims": d.one_of(False, True)}


def one_axis(kinds: str, special: bool = True, **more: Callable[[Draw, np.ndarray], Any]) -> Row:
    def row(d: Draw) -> Call:
        x = d.array(d.shape(1), kinds, special)
        return (x,), {"axis": d.axis(x.shape)} | {name: draw(d, x) for name, draw in more.items()}

    return row


def arg_extreme(d: Draw) -> Call:
    x = d.array(d.shape(1, 3, 1), "iuf")
    return (x,), {"axis": d.one_of(None, d.axis(x.shape)), "keepdims": d.one_of(False, True)}


def flag(d: Draw, x: np.ndarray) -> bool:
    return d.one_of(False, True)


def arange(d: Draw) -> Call:
    number = d.one_of(st.integers(-9, 9), st.integers(-36, 36).map(lambda n: n / 4))
    start, stop = d(number), d.one_of(None, d(number))
    step = d(number.filter(bool))
    dtype = d.one_of(None, d.dtype("f"))
    return d.one_of((start,), (start, stop), (start, stop, step)), {"dtype": dtype}


def linspace(d: Draw) -> Call:
    dtype = d.one_of(None, d.dtype("fc"))
    number = st.integers(-9, 9).map(lambda n: n * (1j if dtype is not None and dtype.kind == "c" else 0.5))
    return (d(number), d(number), d(st.integers(0, 5))), {"dtype": dtype, "endpoint": d.one_of(False, True)}


def new(d: Draw) -> Call:
    return (d.one_of(3, d.shape()),), {"dtype": d.one_of(None, d.dtype()), "device": None}


def full(d: Draw) -> Call:
    value = d.one_of(True, 2, 2.5)
    kind = {bool: "b", int: "iufc", float: "fc"}[type(value)]
    return (d.one_of(3, d.shape()), value), {"dtype": d.one_of(None, d.dtype(kind))}


def like(d: Draw) -> Call:
    return (d.array(),), {"dtype": d.one_of(None, d.dtype())}


def full_like(d: Draw) -> Call:
    x = d.array(kinds="iufc")
    return (x, 2), {"dtype": d.one_of(None, d.dtype("iufc"))}


def eye(d: Draw) -> Call:
    sizes = d(st.lists(st.integers(0, 4), min_size=1, max_size=2))
    return tuple(sizes), {"k": d(st.integers(-3, 3)), "dtype": d.one_of(None, d.dtype())}


def asarray(d: Draw) -> Call:
    x = d.array()
    if d.one_of(False, True):
        return (x,), {"copy": d.one_of(None, True, False)}
    kinds = {"b": "b", "i": "ifc", "u": "iufc", "f": "fc", "c": "c"}[x.dtype.kind]
    nested = x.tolist()
    assume(x.size)  # the oracle takes an empty list for floats
    return (nested,), {"dtype": d.one_of(None, d.dtype(kinds))}


def meshgrid(d: Draw) -> Call:
    dtype = d.dtype()
    return tuple(d.array((n,), dtype) for n in d.shape(0, 3)), {"indexing": d.one_of("xy", "ij")}


def triangle(d: Draw) -> Call:
    return (d.array(d.shape(2)),), {"k": d(st.integers(-3, 3))}


def astype(d: Draw) -> Call:
    x = d.array(special=False)
    dtype = d.dtype({"b": "biufc", "i": "biufc", "u": "biufc", "f": "bfc", "c": "c"}[x.dtype.kind])
    return (x, dtype), {"copy": d.one_of(False, True)}


def can_cast(d: Draw) -> Call:
    dtype = d.dtype()
    return (d.one_of(dtype, d.array((), dtype)), d.like(dtype)), {}


def isdtype(d: Draw) -> Call:
    kinds = ["bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating", "numeric"]
    kind = st.sampled_from([*kinds, d.dtype()])
    return (d.dtype(), d.one_of(d(kind), tuple(d(st.lists(kind))))), {}


def result_type(d: Draw) -> Call:
    dtype = d.dtype("iufc")
    others = [d.one_of(d.like(dtype), d.array((), d.like(dtype)), 1) for _ in range(d(st.integers(0, 3)))]
    weak = [1.5] if dtype.kind in "fc" and d.one_of(False, True) else []
    return (dtype, *others, *weak), {}


def take(d: Draw) -> Call:
    shape = d.shape(1, 3, 1)
    axis = d.axis(shape)
    rng = np.random.default_rng(d(st.integers(0, 99)))
    indices = rng.integers(0, shape[axis], d.shape(1, 1)).astype(d.dtype("i"))
    return (d.array(shape), indices), {"axis": axis}


def take_along_axis(d: Draw) -> Call:
    shape = d.shape(1, 3, 1)
    axis = d.axis(shape)
    rng = np.random.default_rng(d(st.integers(0, 99)))
    sides = [*shape]
    sides[axis] = d(st.integers(0, 4))
    return (d.array(shape), rng.integers(0, shape[axis], sides)), {"axis": axis}


def matmul(d: Draw) -> Call:
    n, m, k = (d(st.integers(1, 3)) for _ in range(3))
    batch = d.shapes()
    dtype = d.dtype("iufc")
    left, right = d.one_of(((n,), (n, m)), ((m, n), (n,)), ((*batch[0], m, n), (*batch[1], n, k)))
    return (d.array(left, dtype, False), d.array(right, d.like(dtype), False)), {}


def tensordot(d: Draw) -> Call:
    shared, dtype = d.shape(0, 2), d.dtype("iufc")
    before, after = d.shape(0, 2), d.shape(0, 1)
    x, y = d.array((*before, *shared), dtype, False), d.array((*shared, *after), d.like(dtype), False)
    lists = tuple(range(len(before), x.ndim)), tuple(range(len(shared)))
    return (x, y), {"axes": d.one_of(len(shared), lists)}


def vecdot(d: Draw) -> Call:
    dtype, shape = d.dtype("iufc"), d.shape(1)
    other = d.one_of(shape, shape[-1:])
    axis = -1 if other != shape else d(st.integers(-len(shape), -1))
    return (d.array(shape, dtype, False), d.array(other, d.like(dtype), False)), {"axis": axis}


def several(d: Draw, same: bool) -> Call:
    dtype = d.dtype()
    shape = d.shape(1)
    axis = d.axis(shape)

    def of(n: int) -> tuple[int, ...]:
        return tuple(n if i == axis % len(shape) and not same else side for i, side in enumerate(shape))

    arrays = [d.array(of(d(st.integers(0, 3))), d.like(dtype)) for _ in range(d(st.integers(1, 3)))]
    return (d.one_of(arrays, tuple(arrays)),), {"axis": axis}


def concat(d: Draw) -> Call:
    (arrays,), given = several(d, False)
    return (arrays,), d.one_of({}, {"axis": None}, given) if len({a.shape for a in arrays}) == 1 else given


def expand_dims(d: Draw) -> Call:
    x = d.array()
    return (x,), {"axis": d(st.integers(-x.ndim - 1, x.ndim))}


def squeeze(d: Draw) -> Call:
    shape = d(st.lists(st.sampled_from([1, 1, 2]), max_size=3).map(tuple))
    ones = [i for i, n in enumerate(shape) if n == 1]
    chosen = tuple(d(st.lists(st.sampled_from(ones), unique=True))) if ones else ()
    return (d.array(shape), d.one_of(chosen, *chosen[:1])), {}


def moveaxis(d: Draw) -> Call:
    x = d.array(d.shape(1))
    count = d(st.integers(0, x.ndim))
    source, target = (tuple(d(st.permutations(range(x.ndim))))[:count] for _ in range(2))
    return d.one_of((x, source, target), (x, d.axis(x.shape), d.axis(x.shape))), {}


def permute_dims(d: Draw) -> Call:
    x = d.array()
    return (x, tuple(d(st.permutations(range(x.ndim))))), {}


def repeat(d: Draw) -> Call:
    x = d.array(d.shape(1, 3, 1))
    axis = d.one_of(None, d.axis(x.shape))
    length = x.size if axis is None else x.shape[axis]
    counts = np.random.default_rng(d(st.integers(0, 99))).integers(0, 3, length)
    return (x, d.one_of(2, counts.astype(d.dtype("i")), np.array([2]))), {"axis": axis}


def reshape(d: Draw) -> Call:
    x = d.array()
    shape = d.one_of((x.size,), (1, *x.shape), x.shape[::-1], (-1,) if x.size else x.shape)
    return (x, shape), {"copy": d.one_of(None, True, not x.size)}


def roll(d: Draw) -> Call:
    x = d.array(d.shape(1))
    axis = d.axes(x.shape)
    count = len(axis) if isinstance(axis, tuple) else 0
    moves = st.integers(-5, 5)
    return (x, tuple(d(moves) for _ in range(count)) if count else d(moves)), {"axis": axis or None}


def tile(d: Draw) -> Call:
    return (d.array(), d.shape(0, 3)), {}


def broadcast_to(d: Draw) -> Call:
    a, b = d.shapes()
    return (d.array(a), np.broadcast_shapes(a, b)), {}


def searchsorted(d: Draw) -> Call:
    dtype = d.dtype("iuf")
    x = d.array(d.shape(1, 1, 1), dtype, False)
    given: dict[str, Any] = {"side": d.one_of("left", "right")}
    if d.one_of(False, True):
        given["sorter"] = np.argsort(x)
    else:
        x = np.sort(x)
    return (x, d.one_of(d.array(d.shape(), dtype, False), 2)), given


def where(d: Draw) -> Call:
    a, b, c = d.shapes(3)
    dtype = d.dtype()
    x, y = d.array(b, dtype), d.array(c, d.like(dtype))
    scalar = np.zeros((), dtype).item()
    return (d.array(a, "b"), *d.one_of((x, y), (x, scalar), (scalar, y))), {}


def isin(d: Draw) -> Call:
    dtype = d.dtype("iu")
    return (d.array(None, dtype), d.one_of(d.array(None, dtype), 2)), {}  # the oracle does not mind invert=


def diff(d: Draw) -> Call:
    x = d.array(d.shape(1), "iufc", False)
    axis = d.axis(x.shape)
    given = {"axis": axis, "n": d(st.integers(0, 3))}
    sides = [*x.shape]
    for name in d(st.lists(st.sampled_from(["prepend", "append"]), unique=True)):
        sides[axis] = d(st.integers(1, 2))
        given[name] = d.array(tuple(sides), x.dtype, False)
    return (x,), given


def sorting(d: Draw) -> Call:
    (x,), given = one_axis("iuf", descending=flag, stable=lambda d, x: True)(d)
    assume(not (given["descending"] and np.isnan(x).any()))  # where NaN come is left open then
    return (x,), given


def each(names: str, row: Row) -> dict[str, Row]:
    return dict.fromkeys(names.split(), row)


MAIN: dict[str, Row] = {
    **each("zeros ones empty", new),
    **each("zeros_like ones_like empty_like", like),
    "arange": arange,
    "asarray": asarray,
    "eye": eye,
    "from_dlpack": lambda d: ((d.array(),), {"copy": d.one_of(None, True, False)}),
    "full": full,
    "full_like": full_like,
    "linspace": linspace,
    "meshgrid": meshgrid,
    "tril": triangle,
    "triu": triangle,
    "astype": astype,
    "can_cast": can_cast,
    "finfo": lambda d: ((d.dtype("fc"),) if d.one_of(False, True) else (d.array((), "fc"),), {}),
    "iinfo": lambda d: ((d.dtype("iu"),) if d.one_of(False, True) else (d.array((), "iu"),), {}),
    "isdtype": isdtype,
    "result_type": result_type,
    "take": take,
    "take_along_axis": take_along_axis,
    "matmul": matmul,
    "matrix_transpose": lambda d: ((d.array(d.shape(2)),), {}),
    "tensordot": tensordot,
    "vecdot": vecdot,
    "broadcast_arrays": lambda d: (tuple(d.array(shape) for shape in d.shapes(3)), {}),
    "broadcast_shapes": lambda d: (tuple(d.shapes(3)), {}),
    "broadcast_to": broadcast_to,
    "concat": concat,
    "expand_dims": expand_dims,
    "flip": lambda d: (((x := d.array()),), {"axis": d.axes(x.shape)}),
    "moveaxis": moveaxis,
    "permute_dims": permute_dims,
    "repeat": repeat,
    "reshape": reshape,
    "roll": roll,
    "squeeze": squeeze,
    "stack": lambda d: several(d, True),
    "tile": tile,
    "unstack": one_axis("biufc"),
    "argmax": arg_extreme,
    "argmin": arg_extreme,
    "count_nonzero": reduction("biufc"),
    "nonzero": lambda d: ((d.array(d.shape(1)),), {}),
    "searchsorted": searchsorted,
    "where": where,
    "isin": isin,
    **each("unique_all unique_counts unique_values", unary("biuf")),
    "unique_inverse": lambda d: ((d.array(kinds="biuf", special=False),), {}),  # NaN come in any order
    "argsort": sorting,
    "sort": sorting,
    "cumulative_prod": one_axis("iufc", special=False, dtype=wider, include_initial=flag),
    "cumulative_sum": one_axis("iufc", dtype=wider, include_initial=flag),
    "max": reduction("iuf", empty=False),
    "min": reduction("iuf", empty=False),
    "mean": reduction("fc"),
    "prod": reduction("iufc", special=False, dtype=wider),  # of infinite complex numbers the order matters
    "sum": reduction("iufc", dtype=wider),
    **each("std var", spread),
    "all": reduction("biufc"),
    "any": reduction("biufc"),
    "diff": diff,
}
