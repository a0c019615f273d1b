r"""Activations: elementwise, and over the classes of one axis."""

import math
from typing import Any

import numpy as np

from .. import kernels
from ..core import primitive, unary
from .arithmetic import floating
from .reductions import shifted_exp, sum

__all__ = ["gelu", "leaky_relu", "log_sigmoid", "log_softmax", "relu", "sigmoid", "silu", "softmax", "softplus", "tanh"]


tanh = unary(np.tanh, lambda g, y, _x: g * (1 - y * y), r"\bar x = \bar y \odot (1 - y^2)", complex=True)


def _sigmoid(x: Any) -> Any:
    if (y := kernels.sigmoid(x)) is not None:
        return y
    with np.errstate(over="ignore"):  # 1 / inf is what it should be
        return 1 / (1 + np.exp(-floating(x)))


def _sigmoid_rule(g: Any, y: Any, _x: Any) -> Any:
    return g * y * (1 - y) if (dx := kernels.sigmoid_dx(g, y)) is None else dx


sigmoid = unary(_sigmoid, _sigmoid_rule, r"\bar x = \bar y \odot y \odot (1 - y)", name="sigmoid")


def _log1p_exp(x: Any) -> Any:
    """log(1 + exp(-|x|)), which does not overflow; `np.logaddexp` would take twenty times as long."""
    return np.log1p(np.exp(-np.absolute(x)))


softplus = unary(
    lambda x: np.maximum(x := floating(x), 0) + _log1p_exp(x),
    lambda g, _y, x: g * sigmoid(x),
    r"\bar x = \bar y \odot \sigma(x)",
    name="softplus",
)

log_sigmoid = unary(
    lambda x: np.minimum(x := floating(x), 0) - _log1p_exp(x),
    lambda g, _y, x: g * sigmoid(-x),
    r"\bar x = \bar y \odot \sigma(-x)",
    name="log_sigmoid",
)


def _silu_rule(g: Any, _y: Any, x: Any) -> Any:
    s = sigmoid(x)
    return g * s * (1 + x * (1 - s))


silu = unary(
    lambda x: np.multiply(x, sigmoid(x)),
    _silu_rule,
    r"\bar x = \bar y \odot \sigma(x) \odot (1 + x \odot (1 - \sigma(x)))",
    name="silu",
)

# gelu in its form with tanh (Hendrycks and Gimpel, 2016, section 2): x σ(2u), u = √(2/π) (x + 0.044715 x³).
_GELU = 2 * math.sqrt(2 / math.pi)
_GELU_CUBIC = 0.044715


def _gelu_gate(x: Any) -> tuple[Any, Any]:
    """Give σ(2u), and x so limited that its cube does not overflow: the gate is 0 or 1 far within."""
    near = np.clip(x, -40, 40)
    return sigmoid(_GELU * near * (1 + _GELU_CUBIC * near * near)), near


def _gelu_rule(g: Any, _y: Any, x: Any) -> Any:
    s, near = _gelu_gate(x)
    return g * s * (1 + _GELU * near * (1 + 3 * _GELU_CUBIC * near * near) * (1 - s))


gelu = unary(
    lambda x: np.multiply(x, _gelu_gate(x)[0]),
    _gelu_rule,
    r"\bar x = \bar y \odot (s + x \odot s \odot (1 - s) \odot 2u'),\; s = \sigma(2u)",
    name="gelu",
)

relu = unary(
    lambda x, *, into=None: kernels.relu(x, into) if type(x) is np.ndarray else np.maximum(x, 0),
    lambda g, y, _x, *, into=None: kernels.relu_dx(g, y, into) if type(g) is np.ndarray else g * (y != 0),
    r"\bar x = \bar y \odot [x > 0]",
    name="relu",
)


def _leak(v: Any, x: Any, slope: float) -> Any:
    if (y := kernels.leak(v, x, slope)) is not None:
        return y
    return np.where(np.greater(x, 0), v, np.multiply(slope, v))


@primitive(
    lambda g, _y, x, *, slope=0.01: _leak(g, x, slope),
    elementwise=True,
    formula=r"\bar x = \bar y \odot ([x > 0] + \mathrm{slope}\,[x \le 0])",
)
def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """X where it is positive, slope * x elsewhere."""
    return _leak(x, x, slope)


@primitive(
    lambda g, _y, _x, **how: drop(g, **how),
    elementwise=True,
    formula=r"\bar x = \bar y \odot m,\; m_i \in \{0, 1 / (1 - p)\}",
)
def drop(x: Any, *, seed: int, p: float) -> Any:
    """Set elements to 0 with probability p < 1, and divide the others by 1 - p; which ones, the seed (64 bits) tells.

    So no mask is kept for the way back.  A NaN stays.
    """
    x = np.asarray(x)
    if x.dtype.kind not in "fiub":
        raise TypeError(f"dropout: real numbers are wanted, not {x.dtype}")
    return kernels.drop(x, seed=seed, p=p)


def _is_last(axis: int, x: Any) -> bool:
    return axis in (-1, x.ndim - 1)


def _softmax_rule(g: Any, y: Any, _x: Any, *, axis: int = -1) -> Any:
    if _is_last(axis, y) and (dx := kernels.softmax_dx(g, y)) is not None:
        return dx
    return y * (g - np.sum(g * y, axis=axis, keepdims=True))


@primitive(_softmax_rule, formula=r"\bar x = y \odot (\bar y - \textstyle\sum \bar y \odot y)")
def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) over axis, without overflow.  NaN where every x is -inf."""
    x = np.asarray(x)
    if _is_last(axis, x) and (y := kernels.softmax(x)) is not None:
        return y
    with np.errstate(invalid="ignore"):
        e, _ = shifted_exp(x, axis)
        return e / sum(e, axis=axis, keepdims=True)


def _log_softmax_rule(g: Any, y: Any, _x: Any, *, axis: int = -1) -> Any:
    if _is_last(axis, y) and (dx := kernels.softmax_dx(g, y, logarithm=True)) is not None:
        return dx
    return g - np.exp(y) * np.sum(g, axis=axis, keepdims=True)


@primitive(_log_softmax_rule, formula=r"\bar x = \bar y - e^y \textstyle\sum \bar y")
def log_softmax(x: Any, axis: int = -1) -> Any:
    """X - logsumexp(x) over axis, without overflow.  NaN where every x is -inf."""
    x = np.asarray(x)
    if _is_last(axis, x) and (y := kernels.softmax(x, logarithm=True)) is not None:
        return y
    with np.errstate(divide="ignore", invalid="ignore"):
        e, top = shifted_exp(x, axis)
        return (x - top) - np.log(sum(e, axis=axis, keepdims=True))
