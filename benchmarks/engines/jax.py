"""JAX: every step compiled as a whole, what a step replaces donated, and waited for."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .. import data

Step = Callable[[], Any]
OPS: dict[str, Callable[..., Any]] = {"tanh": jnp.tanh, "multiply": jnp.multiply, "sum": jnp.sum, "max": jnp.max,
                                      "matmul": jnp.matmul}  # fmt: skip


def setup(threads: int) -> None:
    """Threads are set by the environment, and by the processors that we may use."""


def arrays(result: Any) -> list[np.ndarray]:
    """Give a step's result as arrays."""
    return [np.asarray(r) for r in (result if isinstance(result, list | tuple) else [result])]


def _inputs(*shapes: Any, seed: int = 0) -> list[Any]:
    return [jnp.asarray(a) for a in data.normal(*shapes, seed=seed)]


def _compiled(f: Callable[..., Any], *args: Any) -> Step:
    """Give the step that calls f compiled, and waits."""
    compiled = jax.jit(f)
    return lambda: jax.block_until_ready(compiled(*args))


def _gradient(f: Callable[..., Any], *args: Any, cotangent: Any) -> Step:
    """Give the step that computes f and its gradients."""

    def both(g: Any, *args: Any) -> Any:
        value, back = jax.vjp(f, *args)
        return list(back(g)), value  # f's value is wanted too, so that it is not left out

    compiled = jax.jit(both)
    return lambda: jax.block_until_ready(compiled(cotangent, *args))[0]


def op_recorded(op: str, shapes: Any) -> Step:
    """Time an operation: JAX records nothing when it runs."""
    f, inputs = jax.jit(OPS[op]), _inputs(*shapes)
    return lambda: f(*inputs).block_until_ready()


def op_gradient(op: str, shapes: Any) -> Step:
    """Time an operation and its gradients."""
    inputs = _inputs(*shapes)
    (cotangent,) = _inputs(OPS[op](*inputs).shape, seed=5)
    return _gradient(OPS[op], *inputs, cotangent=cotangent)


def chain(size: int, links: int) -> Step:
    """Operations one after the other, as a loop that is compiled, and the gradient through all."""
    (x,) = _inputs((size,))

    def f(x: Any) -> Any:
        link = lambda y, _: ((y + jnp.sin(y) * data.STEP) * data.DECAY, None)
        return lax.scan(link, x, length=links)[0].sum()

    return _compiled(lambda x: [jax.grad(f)(x)], x)


def _conv(x: Any, w: Any, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1) -> Any:
    return lax.conv_general_dilated(
        x,
        w,
        (stride, stride),
        [(padding, padding)] * 2,
        rhs_dilation=(dilation, dilation),
        feature_group_count=groups,
        dimension_numbers=("NCHW", "OIHW", "NCHW"),
    )


def conv_forward(x: Any, w: Any, g: Any, **geometry: Any) -> Step:
    """Time the convolution."""
    return _compiled(lambda x, w: _conv(x, w, **geometry), *_inputs(x, w))


def conv_dx(x: Any, w: Any, g: Any, **geometry: Any) -> Step:
    """Its gradient on the image: the transpose of a linear function."""
    image, filters, cotangent = _inputs(x, w, g)
    f = lambda g, w: jax.linear_transpose(lambda x: _conv(x, w, **geometry), image)(g)[0]
    return _compiled(f, cotangent, filters)


def conv_dw(x: Any, w: Any, g: Any, **geometry: Any) -> Step:
    """Its gradient on the filters."""
    image, filters, cotangent = _inputs(x, w, g)
    f = lambda g, x: jax.linear_transpose(lambda w: _conv(x, w, **geometry), filters)(g)[0]
    return _compiled(f, cotangent, image)


def _pool(x: Any, which: str, size: int) -> Any:
    window = (1, 1, size, size)
    if which == "max":
        return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")
    return lax.reduce_window(x, 0.0, lax.add, window, window, "VALID") / size**2


def pool_recorded(which: str, shape: Any, size: int) -> Step:
    """Time a pooling."""
    return _compiled(lambda x: _pool(x, which, size), *_inputs(shape))


def pool_gradient(which: str, shape: Any, size: int) -> Step:
    """Time a pooling and its gradient."""
    n, c, h, w = shape
    x, cotangent = _inputs(shape, (n, c, h // size, w // size))
    return _gradient(lambda x: _pool(x, which, size), x, cotangent=cotangent)


def batch_norm(shape: Any) -> Step:
    """Batch-norm in training, and its gradients."""
    channels = (shape[1],)
    x, gamma, beta, cotangent = _inputs(shape, channels, channels, shape)

    def f(x: Any, gamma: Any, beta: Any) -> Any:
        mean, variance = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
        z = (x - mean) * lax.rsqrt(variance + 1e-5)
        return z * gamma[:, None, None] + beta[:, None, None]

    return _gradient(f, x, gamma, beta, cotangent=cotangent)


def _loss(scores: Any, labels: Any) -> Any:
    logs = jax.nn.log_softmax(scores)
    return -jnp.take_along_axis(logs, labels[:, None], axis=1).mean()


def cross_entropy(rows: int, classes: int) -> Step:
    """Time the loss of a classifier, and its gradient."""
    scores, labels = map(jnp.asarray, data.classified((rows, classes), classes))
    compiled = jax.jit(jax.value_and_grad(_loss))
    return lambda: [jax.block_until_ready(compiled(scores, labels))[1]]


def _update(which: str, values: Any, gradients: Any, state: Any) -> tuple[Any, Any]:
    """Give the new values and the new state, which is (time, means, squares)."""
    time, means, squares = state
    time, lr, (b1, b2) = time + 1, data.RATES[which], data.BETAS
    each = jax.tree.map
    if which == "sgd":
        return each(lambda w, g: w - lr * g, values, gradients), (time, means, squares)
    if which == "momentum":
        means = each(lambda v, g: data.MOMENTUM * v + g, means, gradients)
        return each(lambda w, v: w - lr * v, values, means), (time, means, squares)
    means = each(lambda m, g: b1 * m + (1 - b1) * g, means, gradients)
    squares = each(lambda v, g: b2 * v + (1 - b2) * g * g, squares, gradients)
    root = jnp.sqrt(1 - b2**time)
    rate = lr * root / (1 - b1**time)
    step = lambda w, m, v: w - rate * m / (jnp.sqrt(v) + data.EPSILON * root)
    return each(step, values, means, squares), (time, means, squares)


def _state(which: str, values: list[np.ndarray]) -> Any:
    zeros = lambda wanted: [jnp.zeros(v.shape, v.dtype) for v in values] if wanted else []
    return jnp.zeros((), jnp.float32), zeros(which != "sgd"), zeros(which == "adam")


def optimizer(which: str, size: int) -> Step:
    """Time a step of an optimizer, the gradients being there."""
    arrays, given = data.parameters(size)
    values, gradients, state = [jnp.array(v) for v in arrays], [jnp.array(g) for g in given], _state(which, arrays)
    compiled = jax.jit(lambda v, g, s: _update(which, v, g, s), donate_argnums=(0, 2))

    def step() -> Any:
        nonlocal values, state
        values, state = jax.block_until_ready(compiled(values, gradients, state))
        return values[0]

    return step


def _training(forward: Callable[..., Any], arrays: Any, images: Any, labels: Any, which: str) -> Step:
    values, state = [jnp.array(v) for v in arrays], _state(which, arrays)
    x, y = jnp.asarray(images), jnp.asarray(labels)

    def both(values: Any, state: Any, x: Any, y: Any) -> Any:
        loss, gradients = jax.value_and_grad(lambda v: _loss(forward(v, x), y))(values)
        return loss, *_update(which, values, gradients, state)

    compiled = jax.jit(both, donate_argnums=(0, 1)).lower(values, state, x, y).compile()

    def step() -> Any:
        nonlocal values, state
        loss, values, state = jax.block_until_ready(compiled(values, state, x, y))
        return loss

    return step


def mlp(sizes: list[int], batch: int, optimizer: str) -> Step:
    """Time a training step of a multilayer perceptron."""
    images, labels, values = data.mlp(sizes, batch)

    def forward(values: Any, x: Any) -> Any:
        for i in range(0, len(values) - 2, 2):
            x = jax.nn.relu(x @ values[i] + values[i + 1])
        return x @ values[-2] + values[-1]

    return _training(forward, values, images, labels, optimizer)


def cnn(channels: list[int], filter: int, batch: int, size: int, optimizer: str) -> Step:
    """Time a training step of a convolutional network."""
    images, labels, values = data.cnn(channels, filter, batch, size)

    def forward(values: Any, x: Any) -> Any:
        for i in (0, 2):
            x = _conv(x, values[i], padding=filter // 2) + values[i + 1][:, None, None]
            x = _pool(jax.nn.relu(x), "max", 2)
        return x.reshape(len(x), -1) @ values[4] + values[5]

    return _training(forward, values, images, labels, optimizer)


def first_gradient() -> Step:
    """Time a small convolution and its gradients."""
    f = jax.jit(jax.grad(lambda x, w: _conv(x, w, padding=1).sum(), (0, 1)))
    x, w = _inputs((2, 3, 8, 8), (4, 3, 3, 3))
    return lambda: list(jax.block_until_ready(f(x, w)))


KINDS: dict[str, Callable[..., Step]] = {
    "op_recorded": op_recorded,
    "op_gradient": op_gradient,
    "chain": chain,
    "conv_forward": conv_forward,
    "conv_dx": conv_dx,
    "conv_dw": conv_dw,
    "pool_recorded": pool_recorded,
    "pool_gradient": pool_gradient,
    "batch_norm": batch_norm,
    "cross_entropy": cross_entropy,
    "optimizer": optimizer,
    "mlp": mlp,
    "cnn": cnn,
    "first_gradient": first_gradient,
}
