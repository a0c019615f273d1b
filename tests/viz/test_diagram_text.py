"""The text of a diagram: the same in every process, valid whatever the names, of bounded size."""

import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.viz import diagram

PROGRAM = """
import numpy as np
import autograd_np as ag
from autograd_np.viz import diagram
x, w, b = np.ones((4, 3)), *(ag.Tensor(np.ones(s), requires_grad=True) for s in [(3, 2), 2])
h = ag.tanh(x @ w + b)
y = ag.sum(h * h / (1.0 + ag.exp(h)), axis=0)
picture = diagram([y, h], names={"x": x, "w": w, "b": b, "y": y})
"""


def text_of_program() -> str:
    scope: dict = {}
    exec(PROGRAM, scope)
    return scope["picture"].source


def test_same_program_same_text():
    assert text_of_program() == text_of_program()  # though every serial number is another


def test_same_text_in_every_process():
    root = Path(ag.__file__).parents[1]
    texts = []
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(root), "PYTHONUTF8": "1"}
        command = [sys.executable, "-c", PROGRAM + "print(picture.source)"]
        run = subprocess.run(command, env=environment, capture_output=True, check=True, encoding="utf-8")
        texts.append(run.stdout.strip())
    assert texts[0] == texts[1] == text_of_program().strip()


def shown(name: str) -> str:
    """How a name is read in the picture: as it is, but what has no glyph as in a Python literal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


HOSTILE = [
    'a "quoted" name',
    "back\\slash",
    "ends in \\",
    "\\N \\G \\E \\T \\H \\L \\l \\r \\n",
    "two\nlines\r\n",
    "<b>bold</b>",
    "<<TABLE></TABLE>>",
    "<",
    "&lt;&amp;&#65;",
    "-->]]>",
    "ünïcödé 日本 ∂s/∂x 🙂",
    "nul\0",
    "lone \ud800",
    "   ",
    r"\Gamma \Lambda \Theta",
    "graph",
    "n1:a0",
    "a;b}",
    "x" * 500,
]


def check_name(read, name: str) -> str:
    w = ag.Tensor([1.0, 2.0], requires_grad=True, name=name)
    hidden = w * 2.0
    source = diagram(ag.sum(hidden), names={name + "h": hidden}, legend=False).source
    picture = read(source)
    assert picture.boxes["n1"].lines[0] == (shown(name).replace("\xa0", " ") or "parameter")
    assert picture.boxes["n2"].lines[1] == shown(name + "h").replace("\xa0", " ")
    return source


@given(st.text())
@settings(deadline=None, max_examples=30)
@example("")
@example("]")
def test_any_name_is_shown_as_it_is(read, name):
    check_name(read, name)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_hostile_names(read, name):
    source = check_name(read, name)
    if shutil.which("dot"):
        run = subprocess.run(["dot", "-Tsvg"], input=source.encode(), capture_output=True, check=True)
        assert run.stderr == b""
        svg = ElementTree.fromstring(run.stdout)
        box = next(g for g in svg.iter("{http://www.w3.org/2000/svg}g") if g.get("id") == "node1")
        text = "".join("".join(t.itertext()) for t in box.iter("{http://www.w3.org/2000/svg}text"))
        assert text.replace("\xa0", " ").startswith(f" {shown(name)} ")


@pytest.mark.parametrize("formula", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_hostile_formulas(read, formula):
    odd = ag.primitive(lambda g, _y, _x: g, formula=formula, name=formula)(lambda x: x + 0)
    source = diagram(odd(ag.Tensor([1.0], requires_grad=True)), legend=False).source
    assert read(source).boxes["n2"].lines == [shown(formula)]
    if shutil.which("dot"):
        run = subprocess.run(["dot", "-Tsvg"], input=source.encode(), capture_output=True, check=True)
        assert run.stderr == b""
        link = "{http://www.w3.org/1999/xlink}title"
        (title,) = [
            box.find(f".//{{*}}a[@{link}]").get(link)
            for box in ElementTree.fromstring(run.stdout).iter("{http://www.w3.org/2000/svg}g")
            if box.get("class") == "node operation"
        ]
        assert title.replace("\xa0", " ").replace("\u200b", "") == shown(formula)


def test_settings_without_a_stable_text_are_left_out(read):
    @ag.primitive(lambda g, _y, _x, *, by: g)
    def odd(x, by):
        return x + 0

    x = ag.Tensor([1.0], requires_grad=True)
    for by in (lambda: 0, object(), [object()], list(range(1000)), "long" * 100, None):
        assert read(diagram(odd(x, by=by), legend=False).source).boxes["n2"].lines == ["odd"]
    for by, text in [
        (1 / 3, "0.333333"),
        (np.float32(0.5), "0.5"),
        ("same", "'same'"),
        (False, "False"),
        ([1, 2], "[1, 2]"),
    ]:
        assert read(diagram(odd(x, by=by), legend=False).source).boxes["n2"].lines == ["odd", f"by={text}"]


def test_nothing_in_the_text_names_a_machine_or_an_address():
    assert not re.search(r"0x[0-9a-f]{6}|/home|/tmp", text_of_program())


def chain(length: int) -> ag.Tensor:
    y = ag.Tensor([1.0], requires_grad=True)
    for _ in range(length):
        y = ag.negative(y)
    return y


def test_a_long_chain_is_refused_quickly():
    y = chain(100_000)
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"100,001 operations.*max_nodes=1000 .*larger max_nodes"):
        diagram(y)
    assert time.perf_counter() - start < 5


def test_a_long_chain_is_drawn_if_wanted():
    source = diagram(chain(3000), max_nodes=10_000).source
    assert source.count("->") == 3001


def test_the_bound_counts_every_box(read):
    y = ag.sum(ag.Tensor([1.0], requires_grad=True) * np.ones(3))  # leaf, constant, two operations, output
    assert len(read(diagram(y, max_nodes=5).source).boxes) == 5
    with pytest.raises(ValueError, match=r"the graph has 5 operations, leaves, inputs and outputs"):
        diagram(y, max_nodes=4)
