"""Parameters and gradients to step with."""

import numpy as np

import autograd_np as ag


def leaf(values, dtype=np.float64):
    return ag.Tensor(values, requires_grad=True, dtype=dtype)


def give(parameter, values):
    parameter.grad = ag.Tensor(values, dtype=parameter.dtype)


def give_and_step(optimizer, w):
    give(w, np.ones(w.shape))
    optimizer.step()
