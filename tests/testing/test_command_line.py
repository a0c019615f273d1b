"""``python -m autograd_np.testing``, as somebody meets it who has just written an operation."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

OPERATIONS = """
import numpy as np
import autograd_np as ag

right = ag.unary(lambda x: np.logaddexp(0, x), lambda g, y, x: g * ag.sigmoid(x), "", name="right")
wrong = ag.unary(lambda x: np.logaddexp(0, x), lambda g, y, x: g * ag.tanh(x), "", name="wrong")
borrowed = ag.exp


@ag.primitive(lambda g, y, a, b: g @ b.T, lambda g, y, a, b: a.T @ (g * np.where(np.arange(g.shape[1]) == 1, 2, 1)))
def product(a, b):
    return a @ b
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "my_ops.py").write_text(OPERATIONS)
    (tmp_path / "broken.py").write_text("import numpy\n\nnumpy.nothing\n")

    def run(*arguments, code):
        done = subprocess.run(
            [sys.executable, "-m", "autograd_np.testing", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code < 2 else done.stderr

    return run


def test_a_right_operation(run):
    out = run("my_ops.py:right", "--examples", "10", code=0)
    assert "right: x: any shape, any number" in out
    assert "gradient of argument 0 (x)  Richardson" in out
    assert "my_ops.py:right: ok, " in out
    assert "WRONG" not in out


def test_a_wrong_operation_is_told_where_and_by_how_much(run):
    out = run("my_ops.py:wrong", code=1)
    assert "my_ops.py:wrong: WRONG\n" in out
    assert "wrong: the gradient of argument 0 (x) at its only element (value " in out
    for part in ("found", "expected", "by Richardson, tolerance", "difference", "to see it again: gradcheck(wrong, ["):
        assert part in out


def test_the_element_and_the_argument_are_named(run):
    out = run("my_ops.py:product", "--order", "1", code=1)
    assert "product: the gradient of argument 1 (b) at element (0, 1)" in out
    assert "difference  " in out
    assert "(+1 of it)" in out


def test_every_operation_of_a_file_and_of_a_module(run):
    out = run("my_ops.py", "--examples", "5", code=1)
    assert [line for line in out.split("\n") if line.startswith("my_ops.py:")] == [
        line
        for line in out.split("\n")
        if line.startswith(("my_ops.py:right: ok", "my_ops.py:wrong", "my_ops.py:product"))
    ]
    assert "borrowed" not in out
    assert "my_ops:right: ok" in run("my_ops:right", "--examples", "5", "--domain", "0.5", "2", code=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["my_ops.py:softplus"], "my_ops.py has no operation 'softplus'; there are: right, wrong, product"),
        (["nowhere.py"], "there is no file nowhere.py"),
        (["no_module:f"], "No module named 'no_module'"),
        (["broken.py:f"], "broken.py:3: AttributeError"),
        (["json"], "json defines no operation"),
        (["json:loads"], "what does loads take?"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(run, arguments, message):
    error = run(*arguments, code=2)
    assert message in error
    assert error.count("\n") == 1


def test_help(run):
    assert "--shapes" in run("--help", code=0)
