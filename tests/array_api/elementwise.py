"""A drawn call of each of the standard's elementwise functions."""

import numpy as np

from tests.array_api.calls import Call, Row, each, unary
from tests.array_api.draws import Draw


def binary(kinds: str, special: bool = True) -> Row:
    """Two arrays, or an array and a Python number on either side."""

    def row(d: Draw) -> Call:
        a, b = d.shapes()
        dtype = d.dtype(kinds)
        x, y = d.array(a, dtype, special), d.array(b, d.like(dtype), special)
        match d.one_of("arrays", "left", "right"):
            case "left":
                return (x.flat[0].item() if x.size else np.zeros((), dtype).item(), y), {}
            case "right":
                return (x, y.flat[0].item() if y.size else np.zeros((), dtype).item()), {}
        return (x, y), {}

    return row


def logical(d: Draw) -> Call:
    a, b = d.shapes()
    return (d.array(a, "b"), d.array(b, "b")), {}


def shift(d: Draw) -> Call:
    a, b = d.shapes()
    dtype = d.dtype("iu")
    x, y = d.array(a, dtype), d.array(b, d.like(dtype))
    return (np.asarray(np.abs(x)), np.asarray(np.abs(y) % 7)), {}


def power(d: Draw) -> Call:
    (x, y), _ = binary("iufc")(d)
    kind = np.result_type(x, y).kind
    if kind in "iu":  # small and not negative
        y = np.asarray(np.abs(y) % 3) if isinstance(y, np.ndarray) else abs(y)
    return (x, y), {}


def clip(d: Draw) -> Call:
    x = d.array(kinds="iuf")
    low = d.one_of(None, 1, d.array((), d.like(x.dtype), False), d.array(x.shape, x.dtype, False))
    high = d.one_of(None, 20, np.asarray(20, x.dtype), np.asarray(np.abs(d.array(x.shape, x.dtype, False)) + 20))
    if d.one_of(False, True):
        return (x, low, high), {}
    return (x,), {"min": low, "max": high}


ELEMENTWISE: dict[str, Row] = {
    **each("acos acosh asin asinh atan atanh cos cosh exp log log10 log1p log2", unary("fc")),
    **each("sin sinh sqrt tan tanh", unary("fc")),
    **each("abs negative positive square", unary("ifc")),
    **each("ceil floor trunc", unary("iuf")),
    **each("isfinite isinf isnan round", unary("iufc")),
    **each("add subtract multiply", binary("iufc")),
    **each("equal not_equal", binary("biufc")),
    **each("less less_equal greater greater_equal maximum minimum remainder", binary("iuf")),
    **each("atan2 copysign hypot logaddexp nextafter", binary("f")),
    **each("logical_and logical_or logical_xor", logical),
    **each("bitwise_and bitwise_or bitwise_xor", binary("biu")),
    **each("bitwise_left_shift bitwise_right_shift", shift),
    "bitwise_invert": unary("biu"),
    "clip": clip,
    "conj": unary("iufc"),
    "divide": binary("fc"),
    "floor_divide": binary("iuf", special=False),  # of infinities NumPy, and so the oracle, gives NaN
    "expm1": lambda d: ((d.array(kinds="fc", special=False),), {}),  # of infinite complex numbers NumPy makes NaN
    "imag": unary("c"),
    "logical_not": unary("b"),
    "pow": power,
    "real": unary("iufc"),
    "reciprocal": unary("fc"),
    "sign": unary("iuf"),
    "signbit": unary("f"),
}
