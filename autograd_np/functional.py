"""Compositions of operations: they have no rules of their own, their gradients follow from their parts'."""

import math
from typing import Any

import numpy as np

from .ops.activations import drop
from .ops.arithmetic import add, divide, multiply, raw, sqrt, square, subtract, where
from .ops.normalization import normalize_batch
from .ops.reductions import mean
from .ops.shaping import reshape


def flatten(x: Any) -> Any:
    """Keep the first axis and put the others together: (N, ...) -> (N, product of the others)."""
    shape = np.shape(raw(x))
    if not shape:
        raise ValueError("flatten: x is 0-d and has no batch axis to keep; use reshape(x, (1, 1))")
    return reshape(x, shape=(shape[0], math.prod(shape[1:])))  # not -1, which an empty batch leaves undefined


def dropout(x: Any, p: float, rng: np.random.Generator) -> Any:
    """Set each element to 0 with probability p, and divide the others by 1 - p: the expectation is x.

    Parameters
    ----------
    x : array_like
        Of any shape and real dtype; the result has its floating point type.
    p : float
        From 0, which gives x itself, to 1, which gives zeros.
    rng : numpy.random.Generator
        Draws the elements; it goes on from call to call.

    Raises
    ------
    ValueError
        If p is not in [0, 1].
    TypeError
        If rng is no Generator: a seed would drop the same elements in every call.

    References
    ----------
    Srivastava et al. 2014, section 10 (the inverted form, which needs no scaling at evaluation).
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p is a probability, 0 <= p <= 1, not {p}")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"dropout: rng is a numpy.random.Generator, as np.random.default_rng(seed) makes, not {type(rng).__name__}"
        )
    if p == 0:
        return x
    if p == 1:
        return where(False, x, 0)  # 0 even where x is infinite
    return drop(x, p=float(p), seed=int(rng.integers(2**64, dtype=np.uint64)))


def batch_norm(x: Any, gamma: Any, beta: Any, *, mean: Any = None, variance: Any = None, eps: float = 1e-5) -> Any:
    """Give gamma (x - mean) / sqrt(variance + eps) + beta, each channel for itself.

    Parameters
    ----------
    x : array_like, shape (N, C, ...)
    gamma, beta : array_like, shape (C,)
    mean, variance : array_like, shape (C,), optional
        By default those of the batch, through which gradients flow too (as in training).
    eps : float
        Keeps the root away from 0.

    References
    ----------
    Ioffe and Szegedy 2015.
    """
    if mean is None and variance is None:
        return normalize_batch(x, gamma, beta, eps=eps)[0]
    if mean is None or variance is None:
        raise TypeError("batch_norm: give mean and variance, or neither")
    scale = divide(gamma, sqrt(add(variance, eps)))
    shift = subtract(beta, multiply(scale, mean))
    across = (-1, *(1,) * (np.ndim(raw(x)) - 2))
    return add(multiply(x, reshape(scale, shape=across)), reshape(shift, shape=across))


def mse(prediction: Any, target: Any) -> Any:
    """Mean of (prediction - target)² over all elements.

    Raises
    ------
    ValueError
        If the shapes differ, (N, 1) and (N,) too: broadcasting would compare every row with every other.
        If there is no element to take the mean of.
    TypeError
        If neither is floating point: differences of integers may wrap around.
    """
    p, t = np.asarray(raw(prediction)), np.asarray(raw(target))
    if p.shape != t.shape:
        raise ValueError(f"mse: prediction {p.shape} and target {t.shape} must have equal shapes; reshape one of them")
    if not p.size:
        raise ValueError(f"mse: no element to take the mean of (prediction {p.shape})")
    if np.result_type(p, t).kind != "f":
        raise TypeError(
            f"mse: prediction or target must be real floating point, not {p.dtype} and {t.dtype}; use .astype(float)"
        )
    return mean(square(subtract(prediction, target)))


def accuracy(logits: Any, labels: Any) -> float:
    """Give the share of rows whose largest logit is their label's; a row with a NaN in it is wrong.

    Parameters
    ----------
    logits : array_like, shape (..., classes)
        Of equal largest ones, the first counts.
    labels : array_like of int, shape (...)

    Raises
    ------
    TypeError
        If labels are not integers.
    ValueError
        If shapes do not fit, a label is no class, or there is no row.
    """
    scores, classes = np.asarray(raw(logits)), np.asarray(raw(labels))
    if classes.dtype.kind not in "iu":
        raise TypeError(f"accuracy: labels are integers, the index of each row's class, not {classes.dtype}")
    if scores.ndim == 0 or classes.shape != scores.shape[:-1]:
        raise ValueError(
            f"accuracy: logits {scores.shape} want one label a row, shape {scores.shape[:-1]}, not {classes.shape}"
        )
    if not scores.size:
        raise ValueError(f"accuracy: no row, or no class (logits {scores.shape})")
    wrong = classes[(classes < 0) | (classes >= scores.shape[-1])]
    if wrong.size:
        raise ValueError(f"accuracy: label {wrong[0]} is no class; classes are 0 to {scores.shape[-1] - 1}")
    right = (np.argmax(scores, axis=-1) == classes) & ~np.isnan(scores).any(axis=-1)
    return float(np.mean(right))
