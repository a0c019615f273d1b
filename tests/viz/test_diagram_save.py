"""Diagrams as files, with and without Graphviz's program, and without its Python package."""

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import autograd_np as ag
from autograd_np.viz import diagram, save

MAGIC = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}


@pytest.fixture
def y():
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    return ag.sum(x * x)


@pytest.fixture
def without_dot(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))


@pytest.mark.parametrize("suffix", MAGIC)
def test_pictures(y, tmp_path, suffix):
    path = tmp_path / f"graph{suffix}"
    if shutil.which("dot"):
        assert save(y, path) == path
        assert path.read_bytes().startswith(MAGIC[suffix])
    else:
        with pytest.warns(UserWarning, match="graphviz"):
            path = save(y, path)
        assert path == tmp_path / "graph.dot"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", MAGIC)
def test_without_dot_the_text_is_written(y, tmp_path, without_dot, read, suffix):
    with pytest.warns(UserWarning, match=r"graph\.dot; install it \(apt-get install graphviz") as hints:
        written = save(y, tmp_path / f"graph{suffix}")
    assert len(hints) == 1
    assert hints[0].filename == __file__
    assert written == tmp_path / "graph.dot"
    assert list(tmp_path.iterdir()) == [written]
    assert read(written.read_text(encoding="utf-8")).boxes["n1"].lines[0] == "x"


def test_text_needs_no_dot_and_no_hint(y, tmp_path, without_dot):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = save(diagram(y), str(tmp_path / "Graph.DOT"))
    assert path.read_text(encoding="utf-8") == diagram(y).source


def test_options_go_to_the_diagram(y, tmp_path, read):
    path = save([y], tmp_path / "graph.dot", names={"loss": y}, legend=False)
    assert read(path.read_text(encoding="utf-8")).find("loss") == "out1"
    with pytest.raises(TypeError, match=r"names must be given to diagram\(\)"):
        save(diagram(y), path, names={})


@pytest.mark.parametrize("name", ["graph.jpg", "graph", "graph.svg.txt", ".svg"])
def test_other_suffixes_are_refused(y, tmp_path, name):
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot"):
        save(y, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [1, None, "y", ["y"]])
def test_other_things_are_refused(tmp_path, wrong):
    with pytest.raises(TypeError, match="Tensor"):
        save(wrong, tmp_path / "graph.svg")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_nothing_and_keeps_what_was_there(y, tmp_path, monkeypatch):
    path = tmp_path / "graph.dot"
    path.write_text("before")

    def fail(*_args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save(y, path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "before"


def test_a_missing_folder_is_said(y, tmp_path):
    with pytest.raises(FileNotFoundError):
        save(y, tmp_path / "nowhere" / "graph.dot")


def test_a_saved_diagram_is_not_changed(y, tmp_path, without_dot):
    picture = diagram(y)
    before = picture.source
    with pytest.warns(UserWarning, match="dot"):
        save(picture, tmp_path / "graph.png")
    assert picture.source == before


def test_a_missing_package_is_said(y, monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(ImportError, match=r"pip install 'autograd_np\[viz\]'"):
        diagram(y)


def test_importing_does_not_import_graphviz():
    program = "import autograd_np, autograd_np.viz, sys; assert 'graphviz' not in sys.modules"
    root = str(Path(ag.__file__).parents[1])
    subprocess.run([sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": root}, check=True)
