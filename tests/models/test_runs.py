"""Short runs from the command line, and what they leave behind."""

import gzip
import json
import os
import re
import struct
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from safetensors.numpy import load_file

from autograd_np import Tensor
from models import __main__ as program
from models.training import OPTIMIZERS, History, Score, Settings, evaluate, jittered, train
from models.zoo import ACTIVATIONS, ZOO

PLOTS = ("learning_curves.png", "confusion_matrix.png")


def run(capsys, *argv):
    """Run the program; give what it printed and the final test accuracy in per cent."""
    assert program.main([str(argument) for argument in argv]) == 0
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return printed.out, float(re.search(r"^test accuracy: (\d+\.\d) %$", printed.out, re.MULTILINE)[1])


def rebuilt(name, folder, activation="relu"):
    """Give the model that a run has left behind, and its data."""
    data = ZOO[name].load()
    model = ZOO[name].build(data, ACTIVATIONS[activation], np.random.default_rng(99))
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    return model, data


def check_graph(folder):
    """The SVG is XML, or the DOT text parses; both name the input of the loss."""
    svg, dot = folder / "graph.svg", folder / "graph.dot"
    if svg.exists():
        text = " ".join(ElementTree.parse(svg).getroot().itertext())
    else:
        text = dot.read_text(encoding="utf-8")
        with warnings.catch_warnings():  # about pydot's own use of pyparsing
            warnings.simplefilter("ignore", DeprecationWarning)
            import pydot

            assert len(pydot.graph_from_dot_data(text)) == 1
    assert "labels" in text
    assert "loss" in text


def check_plots(folder):
    for name in PLOTS:
        content = (folder / name).read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", content[16:24])
        assert 400 <= width <= 2000
        assert 400 <= height <= 2000


@pytest.mark.parametrize("name", ["students", "digits-cnn"])
@pytest.mark.filterwarnings("always:save. Graphviz:UserWarning")
def test_a_run_leaves_valid_files(name, capsys, tmp_path):
    printed, accuracy = run(capsys, "train", name, "--epochs", 2, "--out", tmp_path / "out")
    assert len(re.findall(r"^epoch \d/2  training loss \d", printed, re.MULTILINE)) == 2
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files - {"graph.svg", "graph.dot"} == {*PLOTS, "weights.safetensors", "history.json"}
    assert all(str(tmp_path / "out" / file) in printed for file in files)
    check_plots(tmp_path / "out")
    check_graph(tmp_path / "out")

    model, data = rebuilt(name, tmp_path / "out")
    score, predicted = evaluate(model, data.x_test, data.y_test)
    assert f"{100 * score.accuracy:.1f}" == f"{accuracy:.1f}"
    assert np.mean(predicted == data.y_test) == score.accuracy

    history = json.loads((tmp_path / "out" / "history.json").read_text())
    assert history["tests"][-1] == {"loss": score.loss, "accuracy": score.accuracy}
    assert len(history["steps"]) == 2 * -(-len(data.x_train) // history["settings"]["batch_size"])


def test_without_the_program_dot_the_graph_is_text_with_a_hint(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    printed, _ = run(capsys, "train", "students", "--epochs", 1, "--out", tmp_path)
    assert "install it" in printed
    assert (tmp_path / "graph.dot").exists()
    check_graph(tmp_path)


def test_one_seed_gives_the_same_bits_in_two_processes(tmp_path):
    for out, seed, salt in (("a", "3", "1"), ("b", "3", "2"), ("c", "4", "1")):
        command = [sys.executable, "-m", "models", "train", "digits-cnn", "--epochs", "1", "--batch-size", "256"]
        subprocess.run(
            [*command, "--seed", seed, "--out", str(tmp_path / out)],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": salt},
        )
    a, b, c = (load_file(tmp_path / out / "weights.safetensors") for out in "abc")
    assert all(a[name].tobytes() == b[name].tobytes() for name in a)
    assert any(a[name].tobytes() != c[name].tobytes() for name in a)


def test_students_are_learned(capsys, tmp_path):
    _, accuracy = run(capsys, "train", "students", "--out", tmp_path)
    assert accuracy >= 95


def test_digits_are_learned_in_a_few_epochs(capsys, tmp_path):
    _, accuracy = run(capsys, "train", "digits-cnn", "--epochs", 4, "--out", tmp_path)
    assert accuracy >= 95


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_optimizer_and_activation_learns(optimizer, activation, capsys, tmp_path):
    options = ["--optimizer", optimizer, "--activation", activation, "--weight-decay", "1e-4"]
    printed, accuracy = run(capsys, "train", "students", *options, "--out", tmp_path)
    assert accuracy >= 90
    assert ACTIVATIONS[activation].layer.__name__ in printed
    settings = json.loads((tmp_path / "history.json").read_text())["settings"]
    assert settings["lr"] == OPTIMIZERS[optimizer].lr
    assert settings["weight_decay"] == 1e-4


def idx(array):
    array = np.asarray(array, np.uint8)
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def mnist(tmp_path, monkeypatch):
    """A folder of tiny IDX files, in which a class is a bright row."""

    def write(side=28):
        rng = np.random.default_rng(0)
        for folder in ("mnist", "fashion-mnist"):
            (tmp_path / folder).mkdir()
            for part, count in (("train", 300), ("t10k", 40)):
                labels = np.arange(count) % 10
                images = rng.integers(0, 40, (count, side, side))
                images[np.arange(count), labels * side // 10] = 255
                for kind, content in (("images-idx3", images), ("labels-idx1", labels)):
                    path = tmp_path / folder / f"{part}-{kind}-ubyte.gz"
                    path.write_bytes(gzip.compress(idx(content)))
        monkeypatch.setenv("AUTOGRAD_NP_DATA", str(tmp_path))

    return write


@pytest.mark.parametrize("name", ["mnist-mlp", "mnist-cnn", "fashion-mnist-cnn"])
def test_mnist_is_read_from_the_folder_that_the_variable_names(name, mnist, capsys, tmp_path):
    mnist()
    printed, accuracy = run(capsys, "train", name, "--epochs", 6, "--out", tmp_path / "out")
    assert "300 training and 40 test examples of shape (1, 28, 28)" in printed
    assert accuracy >= 90
    check_plots(tmp_path / "out")
    check_graph(tmp_path / "out")


def test_images_too_small_for_the_network_are_refused_in_one_line(mnist, capsys, tmp_path):
    mnist(side=3)
    assert program.main(["train", "mnist-cnn", "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("models: error: mnist-cnn cannot take examples of shape (1, 3, 3)")
    assert error.count("\n") == 1


def test_the_default_folder_is_named_after_the_model(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(capsys, "train", "students", "--epochs", 1)
    assert (tmp_path / "runs" / "students" / "weights.safetensors").exists()


def test_the_demo_trains_on_the_digits(capsys, tmp_path, monkeypatch):
    calls = []

    def short(model, data, settings, rng):
        calls.append((data.name, settings))
        return History([Score(2.0, 0.1)], [Score(2.0, 0.1)])

    monkeypatch.setattr("models.training.train", short)
    monkeypatch.chdir(tmp_path)
    printed, _ = run(capsys, "demo")
    assert calls == [("digits", ZOO["digits-cnn"].settings)]
    assert (tmp_path / "runs" / "demo" / "graph.svg").exists() or "graph.dot" in printed


def test_students_are_standardised_by_the_training_examples_alone():
    data = ZOO["students"].load()
    first = ZOO["students"].build(data, ACTIVATIONS["relu"], np.random.default_rng(0))[0]
    scaled = first(Tensor(data.x_train)).data
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=1e-5)
    assert abs(first(Tensor(data.x_test)).data.mean(axis=0)).max() > 1e-3


def test_jittered_images_are_moved_by_interpolation():
    image = np.zeros((1, 1, 5, 5), np.float32)
    image[0, 0, 2, 2] = 1
    rng = np.random.default_rng(0)
    for _ in range(20):
        moved = jittered(image, 0.5, rng)
        assert moved.dtype == np.float32
        np.testing.assert_allclose(moved.sum(), 1, rtol=1e-6)
        rows, columns = (moved[0, 0].sum(axis=axis) @ np.arange(5) for axis in (1, 0))
        assert 0 < max(abs(rows - 2), abs(columns - 2)) <= 0.5
        assert moved[0, 0, 2, 2] >= 0.25
    np.testing.assert_array_equal(jittered(image, 0, rng), image)


def test_dropout_is_off_where_the_score_is_taken():
    data = ZOO["digits-cnn"].load()
    model = ZOO["digits-cnn"].build(data, ACTIVATIONS["relu"], np.random.default_rng(0))
    x, y = data.x_test[:50], data.y_test[:50]
    first, again = (evaluate(model.train(), x, y)[0] for _ in range(2))
    assert first == again
    assert not model.training


def test_the_last_epochs_of_a_run_step_ever_less(monkeypatch, capsys):
    rates = []

    def record(model, optimizer, x, y):
        rates.append(optimizer.lr)
        return Score(1.0, 0.5)

    monkeypatch.setattr("models.training.train_step", record)
    data = ZOO["students"].load()
    model = ZOO["students"].build(data, ACTIVATIONS["relu"], np.random.default_rng(0))
    train(model, data, Settings(epochs=2, batch_size=100, lr=0.1), np.random.default_rng(0))
    np.testing.assert_allclose(rates, 0.1 * (1 - np.arange(len(rates)) / len(rates)))
