"""The training loop."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from autograd_np import Tensor, functional, nn, no_grad, softmax_cross_entropy
from autograd_np.datasets import Dataset, batches
from autograd_np.optim import SGD, Adam, Momentum, Optimizer

_EVALUATION_BATCH = 500


class Diverged(ArithmeticError):
    """The loss is no longer a finite number."""


class Rule(NamedTuple):
    """An optimizer, and the learning rate that suits it where none is asked for."""

    make: Callable[..., Optimizer]
    lr: float


def _nesterov(params: list[Tensor], lr: float, weight_decay: float) -> Momentum:
    return Momentum(params, lr, nesterov=True, weight_decay=weight_decay)


OPTIMIZERS = {
    "sgd": Rule(SGD, 0.1),
    "momentum": Rule(_nesterov, 0.05),
    "adam": Rule(Adam, 0.002),
}


@dataclass(frozen=True)
class Settings:
    """What a run is given; the same settings give the same weights, bit for bit."""

    epochs: int
    batch_size: int
    optimizer: str = "adam"
    lr: float = OPTIMIZERS["adam"].lr
    weight_decay: float = 0.0
    activation: str = "relu"
    seed: int = 0
    jitter: float = 0.0
    """By how many pixels at most (below 1) training images are moved at random."""


class Score(NamedTuple):
    """Mean cross-entropy in nats, and the share of examples that are classified right."""

    loss: float
    accuracy: float


@dataclass
class History:
    """The score of every training step (on its own batch), and on the test set after every epoch."""

    steps: list[Score] = field(default_factory=list)
    tests: list[Score] = field(default_factory=list)


def train(model: nn.Module, data: Dataset, settings: Settings, rng: np.random.Generator) -> History:
    """Fit `model` to the training examples, in the order that `rng` draws; print a line after each epoch.

    The learning rate falls linearly from step to step, towards 0 at the end of the run.

    Raises
    ------
    Diverged
        The loss becomes NaN or infinite.
    """
    make, lr = OPTIMIZERS[settings.optimizer].make, settings.lr
    optimizer = make(model.parameters(), lr, weight_decay=settings.weight_decay)
    per_epoch = math.ceil(len(data.x_train) / settings.batch_size)
    total = settings.epochs * per_epoch
    history = History()

    # A loss that overflows is told below, in better words than NumPy's warnings have.
    with np.errstate(over="ignore", invalid="ignore"):
        for epoch in range(1, settings.epochs + 1):
            start = time.perf_counter()
            pairs = batches(data.x_train, data.y_train, settings.batch_size, rng=rng)
            title = f"epoch {epoch}/{settings.epochs}"
            bar = tqdm(pairs, title, per_epoch, leave=False, disable=None, unit="batch")
            for step, (x, y) in enumerate(bar, start=1):
                if settings.jitter:
                    x = jittered(x, settings.jitter, rng)
                optimizer.lr = lr * (1 - len(history.steps) / total)
                with _hint(model, first=not history.steps):
                    score = train_step(model, optimizer, x, y)
                _check(score.loss, f"at step {step} of epoch {epoch}", lr)
                history.steps.append(score)
            test, _ = evaluate(model, data.x_test, data.y_test)
            _check(test.loss, f"on the test set after epoch {epoch}", lr)
            history.tests.append(test)
            loss, accuracy = np.mean(history.steps[-per_epoch:], axis=0)
            print(
                f"epoch {epoch:{len(str(settings.epochs))}}/{settings.epochs}"
                f"  training loss {loss:.4f}, accuracy {accuracy:6.2%}"
                f"  test loss {test.loss:.4f}, accuracy {test.accuracy:6.2%}"
                f"  {time.perf_counter() - start:.1f} s",
                flush=True,
            )
    return history


def jittered(images: np.ndarray, reach: float, rng: np.random.Generator) -> np.ndarray:
    """Move every image of (N, C, H, W) by up to `reach` < 1 pixels down or up, and right or left."""
    for axis in (2, 3):
        shift = rng.uniform(-reach, reach, (len(images), 1, 1, 1)).astype(images.dtype)
        border = [(0, 0)] * 4
        border[axis] = (1, 1)
        padded = np.pad(images, border)
        before, after = (np.take(padded, np.arange(images.shape[axis]) + i, axis) for i in (0, 2))
        images = (1 - abs(shift)) * images + np.maximum(shift, 0) * before + np.maximum(-shift, 0) * after
    return images


def train_step(model: nn.Module, optimizer: Optimizer, x: np.ndarray, y: np.ndarray) -> Score:
    """Change the weights once; give the score from before."""
    model.train()
    logits = model(x)
    loss = softmax_cross_entropy(logits, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return Score(loss.item(), functional.accuracy(logits, y))


def evaluate(model: nn.Module, x: np.ndarray, y: np.ndarray) -> tuple[Score, np.ndarray]:
    """Give the score on all examples, and the class that each is taken for."""
    model.eval()
    with no_grad():
        parts = [model(part) for part, _ in batches(x, y, _EVALUATION_BATCH)]
        logits = np.concatenate([part.data for part in parts])
    loss = softmax_cross_entropy(logits, y)
    return Score(float(loss), functional.accuracy(logits, y)), logits.argmax(axis=1)


def _check(loss: float, where: str, lr: float) -> None:
    if not math.isfinite(loss):
        raise Diverged(f"loss is {loss} {where}; try a smaller --lr than {lr:g}")


@contextmanager
def _hint(model: nn.Module, first: bool) -> Iterator[None]:
    """Say why the first step takes long, if it does: the kernels are compiled when they are first met."""
    if not first or not any(isinstance(part, nn.Conv2D) for part in model.modules()):
        yield
        return
    text = "compiling the convolution kernels: this takes some seconds, once"
    timer = threading.Timer(2, print, [text], {"flush": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
