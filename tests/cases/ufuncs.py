"""Elementwise functions: trigonometry, exponentials, parts of numbers, special functions, smooth activations."""

from collections.abc import Callable

import numpy as np

import autograd_np as ag
from autograd_np.ops import special
from autograd_np.testing.strategies import Draw, broadcastable_shapes
from tests.cases.rows import Case, apart, broadcasting, elementwise


def uneven(d: Draw) -> list[np.ndarray]:
    """Dividends and divisors whose quotient is not near an integer."""
    a, b = d(broadcastable_shapes(2))
    dividend = d.rng.integers(-4, 4, a) + d.rng.uniform(0.2, 0.8, a)
    divisor = d.rng.choice([-2.0, -1.0, 1.0, 2.0], b) * d.rng.uniform(0.99, 1.01, b)
    return [d.layout(dividend), d.layout(divisor)]


def away_from_integers(d: Draw) -> np.ndarray:
    shape = d.shape()
    return d.layout(np.asarray(d.rng.integers(-4, 4, shape) + d.rng.uniform(0.2, 0.8, shape)))


def away_from_powers_of_two(d: Draw) -> np.ndarray:
    shape = d.shape()
    return d.layout(np.asarray(d.rng.choice([-1.0, 1.0], shape) * 2.0 ** (d.rng.integers(0, 3, shape) + 0.5)))


def ldexp(d: Draw) -> tuple[Callable, list]:
    a, b = d(broadcastable_shapes(2))
    return ag.ldexp, [d.array(a, "integers"), d.rng.integers(-3, 4, b)]


def copysign(d: Draw) -> tuple[Callable, list]:
    a, b = d(broadcastable_shapes(2))
    return ag.copysign, [d.array(a, "off zero"), d.array(b, "off zero")]


def heaviside(d: Draw) -> tuple[Callable, list]:
    a, b = d(broadcastable_shapes(2))
    step = np.asarray(d.rng.choice([-1, 0, 0, 0, 1], a))
    step.flat[:1] = 0
    return lambda h: ag.heaviside(step, h), [d.array(b, "integers")]


def unwrap(d: Draw) -> tuple[Callable, list]:
    shape = d.shape(1)
    axis, period = d.axis(shape), d.one_of(3.0, 7.0)  # steps of whole numbers are not half a period long
    jumps = d.rng.integers(-9, 10, shape) + d.rng.uniform(-0.1, 0.1, shape)
    return lambda p: np.unwrap(p, axis=axis, period=period), [d.layout(jumps)]


def of_order(f: Callable) -> Callable[[Draw], tuple[Callable, list]]:
    def row(d: Draw) -> tuple[Callable, list]:
        order = d.one_of(0, 1, 2, 3)
        return lambda x: f(x, order=order), [d.array(d.shape(), "any")]

    return row


def nan_to_num(d: Draw) -> tuple[Callable, list]:
    x = d.array(d.shape(), "integers")
    hole = np.asarray(d.rng.random(x.shape) < 0.3)
    hole.flat[:1] = False
    value = d.one_of(np.nan, np.inf, -np.inf)
    if d.one_of(True, False):
        return lambda t: np.nan_to_num(ag.where(hole, value, t), nan=3.0, posinf=5.0, neginf=-5.0), [x]
    inputs = [x, *(d.array((), "integers") for _ in range(3))]
    return lambda t, *given: np.nan_to_num(
        ag.where(hole, value, t), **dict(zip(("nan", "posinf", "neginf"), given, strict=True))
    ), inputs


CASES = {
    "cbrt": Case(elementwise(ag.cbrt, "far from zero")),
    "reciprocal": Case(elementwise(ag.reciprocal, "far from zero")),
    "fabs": Case(elementwise(ag.fabs, "off zero")),
    "fmax": Case(apart(ag.fmax)),
    "fmin": Case(apart(ag.fmin)),
    "sin": Case(elementwise(ag.sin, "any")),
    "cos": Case(elementwise(ag.cos, "any")),
    "tan": Case(elementwise(ag.tan, "inside 1")),
    "arcsin": Case(elementwise(ag.arcsin, "inside 1")),
    "arccos": Case(elementwise(ag.arccos, "inside 1")),
    "arctan": Case(elementwise(ag.arctan, "any")),
    "sinh": Case(elementwise(ag.sinh, "any")),
    "cosh": Case(elementwise(ag.cosh, "any")),
    "arcsinh": Case(elementwise(ag.arcsinh, "any")),
    "arccosh": Case(elementwise(lambda x: ag.arccosh(1 + x), "positive")),
    "arctanh": Case(elementwise(ag.arctanh, "inside 1")),
    "hypot": Case(broadcasting(ag.hypot, "far from zero")),
    "arctan2": Case(broadcasting(ag.arctan2, "positive", "any")),
    "degrees": Case(elementwise(ag.degrees, "any")),
    "rad2deg": Case(elementwise(ag.rad2deg, "any")),
    "radians": Case(elementwise(ag.radians, "any")),
    "deg2rad": Case(elementwise(ag.deg2rad, "any")),
    "exp2": Case(elementwise(ag.exp2, "any")),
    "expm1": Case(elementwise(ag.expm1, "any")),
    "log1p": Case(elementwise(ag.log1p, "positive")),
    "log2": Case(elementwise(ag.log2, "positive")),
    "log10": Case(elementwise(ag.log10, "positive")),
    "logaddexp": Case(broadcasting(ag.logaddexp, "any")),
    "logaddexp2": Case(broadcasting(ag.logaddexp2, "any")),
    "remainder": Case(lambda d: (ag.remainder, uneven(d))),
    "fmod": Case(lambda d: (ag.fmod, uneven(d))),
    "modf": Case(lambda d: (ag.modf, [away_from_integers(d)])),
    "frexp": Case(lambda d: (ag.frexp, [away_from_powers_of_two(d)])),
    "ldexp": Case(ldexp, "exact"),
    "copysign": Case(copysign),
    "heaviside": Case(heaviside, "exact"),
    "conjugate": Case(elementwise(ag.conjugate, "integers"), "exact"),
    "real": Case(elementwise(ag.real, "integers"), "exact"),
    "real_if_close": Case(elementwise(ag.real_if_close, "integers"), "exact"),
    "unwrap": Case(unwrap),
    "sinc": Case(elementwise(ag.sinc, "any")),
    "sinc_derivative": Case(of_order(special.sinc_derivative)),
    "i0": Case(elementwise(ag.i0, "off zero")),
    "bessel_i": Case(of_order(special.bessel_i)),
    "erf": Case(elementwise(ag.erf, "any")),
    "softplus": Case(elementwise(ag.softplus, "any")),
    "log_sigmoid": Case(elementwise(ag.log_sigmoid, "any")),
    "silu": Case(elementwise(ag.silu, "off zero")),
    "gelu": Case(elementwise(ag.gelu, "off zero")),
}

COMPOSITIONS = {
    "divmod": Case(lambda d: (np.divmod, uneven(d))),
    "float_power": Case(broadcasting(np.float_power, "positive", "any")),
    "nan_to_num": Case(nan_to_num, "exact"),
}
