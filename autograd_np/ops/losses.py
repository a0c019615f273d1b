r"""Losses that are one operation because their parts alone would overflow or lose precision."""

from typing import Any

import numpy as np

from ..core import Tensor, primitive
from .activations import softmax
from .reductions import shifted_exp, sum

__all__ = ["softmax_cross_entropy"]


def _cross_entropy_rule(
    g: Any, _y: Any, x: Any, *, labels: Any, reduction: str = "mean", probabilities: np.ndarray
) -> Any:
    p = softmax(x) if type(x) is Tensor else probabilities  # of higher order: p depends on x, too
    labels = np.asarray(labels)
    onehot = np.zeros(x.shape, x.dtype)
    np.put_along_axis(onehot, labels[..., None], 1, axis=-1)
    if reduction == "mean":
        g = g / labels.size
    elif reduction == "none":
        g = np.expand_dims(g, -1)
    return g * (p - onehot)


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
    e, top = shifted_exp(logits, -1)
    total = sum(e, axis=-1, keepdims=True)
    places = labels[..., None]
    chosen = np.take_along_axis(logits, places, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        losses = (np.log(total) - (chosen - top))[..., 0]
        probabilities = e / total
    if reduction == "none":
        return losses, probabilities
    loss = sum(losses)
    return (loss / losses.size).astype(logits.dtype) if reduction == "mean" else loss, probabilities


def _check(logits: np.ndarray, labels: Any, reduction: str) -> None:
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
    if not labels.size:
        if reduction == "mean":
            raise ValueError(f"softmax_cross_entropy: no row to take the mean of (logits {logits.shape})")
    elif labels.min() < 0 or labels.max() >= logits.shape[-1]:
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise ValueError(
            f"softmax_cross_entropy: label {wrong} is no class; logits {logits.shape} have classes 0 to "
            f"{logits.shape[-1] - 1}"
        )
