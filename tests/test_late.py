"""What is imported when it is first used: nothing of it is seen, but the time that an import takes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(code: str) -> str:
    """Give what a program prints that starts with nothing imported."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


LOADED = "late = [m for m in ('autograd_np.late', 'autograd_np.ops.norms', 'autograd_np.ops.fft') if m in sys.modules];"


def test_training_imports_nothing_late():
    program = (
        "import sys, numpy as np, autograd_np as ag;"
        "model = ag.nn.Sequential(ag.nn.Dense(4, 3), ag.nn.ReLU(), ag.nn.Dense(3, 2));"
        "optimizer = ag.optim.Adam(model.parameters());"
        "loss = ag.softmax_cross_entropy(model(ag.Tensor(np.ones((5, 4)))), np.zeros(5, int));"
        "loss.backward(); optimizer.step();"
        f"{LOADED} print(late)"
    )
    assert run(program) == "[]"


def test_names_are_those_of_all_families():
    names = "sorted(name for name in {} if name[0] != '_')"
    at_once = run(f"import autograd_np as ag; print({names.format('dir(ag)')})")
    afterwards = run(f"import autograd_np as ag; ag.percentile; print({names.format('dir(ag)')})")
    assert at_once == afterwards
    for name in ("percentile", "pad", "grad", "checkpoint", "histogram", "polyval"):
        assert f"'{name}'" in at_once
    starred = run("from autograd_np import *; print(percentile.__name__, grad.__name__, relu.__name__)")
    assert starred == "percentile grad relu"


def test_an_unknown_name_is_an_attribute_error():
    program = (
        "import autograd_np as ag\n"
        "try: ag.percentiles\n"
        "except AttributeError as error: print(error)\n"
        "print(hasattr(ag, 'nothing'))"
    )
    assert run(program) == "module 'autograd_np' has no attribute 'percentiles'\nFalse"


def test_numpys_functions_find_what_is_not_imported_yet():
    program = (
        "import sys, numpy as np, autograd_np as ag;"
        "x = ag.Tensor([3.0, 4.0], requires_grad=True);"
        f"np.sum(x); np.argmax(x); {LOADED} print(late);"
        "np.linalg.norm(x).backward(); print(x.grad.data)"
    )
    assert run(program) == "[]\n[0.6 0.8]"


def test_a_function_that_writes_is_found_too():
    program = (
        "import numpy as np, autograd_np as ag;"
        "w = ag.Tensor([1.0, 2.0], requires_grad=True); y = w * 3;"
        "np.put(y, 0, 5.0); ag.sum(y).backward(); print(y.data, w.grad.data)"
    )
    assert run(program) == "[5. 6.] [0. 3.]"


def test_a_users_rule_stays_when_ours_come_late():
    program = (
        "import numpy as np, autograd_np as ag;"
        "mine = ag.unary(np.sinc, lambda g, y, x: g * 7, r'\\bar x = 7 \\bar y');"
        "ag.percentile;"  # imports the family with a rule of its own for np.sinc
        "x = ag.Tensor([1.0], requires_grad=True); np.sinc(x).backward(); print(x.grad.data)"
    )
    assert run(program) == "[7.]"


def test_threads_that_ask_at_once_all_find_it():
    program = (
        "import numpy as np, autograd_np as ag\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "x = ag.Tensor([3.0, 4.0], requires_grad=True)\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    norms = list(pool.map(lambda i: np.linalg.norm(x).item() + ag.percentile(x, 0).item(), range(64)))\n"
        "print(set(norms))"
    )
    assert run(program) == "{8.0}"


def test_no_ufunc_comes_late():
    """Only functions are looked for among what is not imported yet."""
    ufuncs = "import autograd_np as ag; from autograd_np.core import UFUNCS; {} print(len(UFUNCS))"
    assert run(ufuncs.format("")) == run(ufuncs.format("ag.ops.registry();"))
