"""The pytest plugin shows the program, its graph and the operation at fault."""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

TEST = """
import numpy as np
from hypothesis import Phase, given, settings

import autograd_np as ag
from autograd_np.testing import check_op, gradcheck
from autograd_np.testing.strategies import programs

wrong = ag.unary(lambda x: np.sin(x), lambda g, y, x: g * ag.cos(x) * 1.01, "", name="my_sine")


@settings(max_examples=100, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
@given(programs(operations=[wrong]))
def test_programs(program):
    gradcheck(program, program.inputs, order=1)


def test_operation():
    check_op(wrong)


def test_something_else():
    raise ValueError("nothing to do with gradients")
"""


def test_sections_of_a_failing_test(tmp_path):
    (tmp_path / "test_mine.py").write_text(TEST)
    installed = any(point.name == "autograd_np" for point in importlib.metadata.entry_points(group="pytest11"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *([] if installed else ["-p", "autograd_np.testing.plugin"]), "test_mine.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    out = done.stdout
    assert "3 failed" in out, out + done.stderr
    assert out.count("gradient check: the program") == 1
    assert "def program(x0" in out
    assert "my_sine(" in out
    assert out.count("gradient check: the operation at fault") == 2
    assert "the fault is in my_sine, operation " in out
    assert "digraph {" in out
    assert 'xlabel="WRONG RULE"' in out
    assert "derivatives.py:" not in out, "the lines of the checker itself are not shown"
