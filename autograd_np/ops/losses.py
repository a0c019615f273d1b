r"""Losses that are one operation because their parts alone would overflow or lose precision."""

from typing import Any

import numpy as np

from .. import kernels
from ..core import Tensor, precise_sum, primitive
from .activations import softmax

__all__ = ["softmax_cross_entropy"]


def _cross_entropy_rule(
    g: Any, _y: Any, x: Any, *, labels: Any, reduction: str = "mean", probabilities: np.ndarray
) -> Any:
    labels = np.asarray(labels)
    plain = type(x) is type(g) is np.ndarray
    g = g.reshape(-1) if plain else g
    g = g / labels.size if reduction == "mean" else g
    if plain:
        dx = kernels.cross_entropy_dx(g, probabilities, labels.reshape(-1))
        return dx if x.ndim == 2 else dx.reshape(x.shape)
    onehot = np.zeros(x.shape, x.dtype)
    np.put_along_axis(onehot, labels[..., None], 1, axis=-1)
    if reduction == "none":
        g = np.expand_dims(g, -1)
    # Of higher order the probabilities depend on x, too.
    return g * ((softmax(x) if type(x) is Tensor else probabilities.reshape(x.shape)) - onehot)


@primitive(
    _cross_entropy_rule,
    residual="probabilities",
    formula=r"\bar x = \bar y\, (\operatorname{softmax} x - \operatorname{onehot}(\mathrm{labels})) / N",
)
def softmax_cross_entropy(logits: Any, labels: Any, reduction: str = "mean") -> Any:
    """-log(softmax(logits))[label]: the loss of a classifier, from its raw scores.

    Parameters
    ----------
    logits : array_like, shape (..., classes)
    labels : array_like of int, shape (...)
        The right class of each row, from 0.
    reduction : {"mean", "sum", "none"}
        What is done with the losses of the rows.

    Raises
    ------
    TypeError
        If labels are not integers.
    ValueError
        If shapes do not fit, a label is no class, or there is no row to take the mean of.
    """
    logits, labels = np.asarray(logits), np.asarray(labels)
    _check(logits, labels, reduction)
    rows, classes = logits, labels
    if logits.ndim != 2:
        rows, classes = logits.reshape(labels.size, logits.shape[-1]), labels.reshape(-1)
    losses, probabilities = kernels.cross_entropy(rows, classes)
    loss = precise_sum(losses)
    if loss != loss:  # so is the loss of NaN, too, but in ordinary steps no label need be looked at twice
        _check_classes(logits, labels)
    if reduction == "none":
        return losses.reshape(labels.shape), probabilities
    return loss / len(losses) if reduction == "mean" else loss, probabilities


def _check(logits: np.ndarray, labels: np.ndarray, reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"softmax_cross_entropy: reduction is 'mean', 'sum' or 'none', not {reduction!r}")
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"softmax_cross_entropy: labels are integers, the index of each row's class, not {labels.dtype}"
        )
    if logits.ndim == 0 or labels.shape != logits.shape[:-1]:
        raise ValueError(
            f"softmax_cross_entropy: logits {logits.shape} want one label a row, shape {logits.shape[:-1]}, "
            f"not {labels.shape}"
        )
    if not labels.size and reduction == "mean":
        raise ValueError(f"softmax_cross_entropy: no row to take the mean of (logits {logits.shape})")
    if labels.size and not logits.size:
        raise ValueError(f"softmax_cross_entropy: there is no class (logits {logits.shape})")


def _check_classes(logits: np.ndarray, labels: np.ndarray) -> None:
    wrong = labels.min() if labels.min() < 0 else labels.max()
    if not 0 <= wrong < logits.shape[-1]:
        raise ValueError(
            f"softmax_cross_entropy: label {wrong} is no class; logits {logits.shape} have classes 0 to "
            f"{logits.shape[-1] - 1}"
        )
