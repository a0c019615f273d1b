"""The examples in docstrings and in the documents, run as they stand."""

import doctest
import importlib.util
import pkgutil
import re
import textwrap
from pathlib import Path

import pytest

import autograd_np

ROOT = Path(__file__).parent.parent
MODULES = ["autograd_np"] + [found.name for found in pkgutil.walk_packages(autograd_np.__path__, "autograd_np.")]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/transforms.md", "docs/proving-gradients.md"]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents(name, tmp_path, monkeypatch):
    blocks = re.findall(r"^ *```python\n(.*?)^ *```", (ROOT / name).read_text(), re.M | re.S)
    assert blocks
    monkeypatch.chdir(tmp_path)
    scope: dict = {}
    for block in blocks:
        if ">>>" in block:
            test = doctest.DocTestParser().get_doctest(block, scope, name, name, 0)
            assert doctest.DocTestRunner().run(test, clear_globs=False).failed == 0
            scope = test.globs
        else:
            exec(compile(textwrap.dedent(block), name, "exec"), scope)


def test_the_list_of_operations_is_up_to_date():
    path = ROOT / "docs" / "make_operations.py"
    maker = importlib.util.module_from_spec(spec := importlib.util.spec_from_file_location("make_operations", path))
    spec.loader.exec_module(maker)
    assert (ROOT / "docs" / "operations.md").read_text() == maker.document(), "run `make docs`"
