"""Kernels in processes of their own."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from autograd_np import kernels

ROOT = Path(kernels.__file__).parents[2]

# A script's own check of every kernel, small enough for plain Python.
CHECK = """
import numpy as np
from autograd_np import kernels
from tests.kernels import naive
from tests.kernels.geometries import integers

def check(batch=2):
    rng = np.random.default_rng(0)
    conv = {"stride": (1, 2), "padding": ((1, 1), (0, 2)), "dilation": (1, 1), "groups": 1}
    pool = {"size": (2, 2), "stride": (2, 1), "padding": ((1, 0), (0, 1))}
    x, w, b = integers(rng, (batch, 2, 5, 6)), integers(rng, (3, 2, 3, 2)), integers(rng, 3)
    out = kernels.conv2d(x, w, b, **conv)
    assert np.array_equal(out, naive.conv2d(x, w, b, **conv))
    dx = kernels.conv2d_dx(out, w, x_shape=x.shape, **conv)
    assert np.array_equal(dx, naive.conv2d_dx(out, w, x_shape=x.shape, **conv))
    dw = kernels.conv2d_dw(out, x, w_shape=w.shape, **conv)
    assert np.array_equal(dw, naive.conv2d_dw(out, x, w_shape=w.shape, **conv))
    best, winner = kernels.max_pool2d(x, **pool)
    for ours, plain in zip((best, winner), naive.max_pool2d(x, **pool)):
        assert np.array_equal(ours, plain)
    dx = kernels.max_pool2d_scatter(best, winner, x_shape=x.shape)
    assert np.vdot(dx, x) == np.vdot(best, kernels.max_pool2d_gather(x, winner))
    assert np.array_equal(kernels.avg_pool2d(x, **pool), naive.avg_pool2d(x, **pool))
    dx = kernels.avg_pool2d_dx(best, x_shape=x.shape, **pool)
    assert np.array_equal(dx, naive.avg_pool2d_dx(best, x_shape=x.shape, **pool))

def always_parallel():
    from autograd_np.kernels import compile
    compile.PARALLEL_WORK = 0
"""


def run(code, **environment):
    """Run a script with warnings as errors; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHECK + textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
