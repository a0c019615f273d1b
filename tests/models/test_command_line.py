"""Whatever is asked wrongly: exit code 2 and one line that says what is right."""

import os
import signal
import subprocess
import sys
import time

import pytest

from models import __main__ as program
from models.training import OPTIMIZERS
from models.zoo import ACTIVATIONS, ZOO


@pytest.fixture
def fails(capsys, tmp_path, monkeypatch):
    """Run the program where nothing can be harmed; give its exit code and its one line on stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*argv):
        code = program.main(argv)
        error = capsys.readouterr().err
        assert error.startswith("models: error: ")
        assert error.count("\n") == 1
        return code, error

    return run


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (["train", "resnet"], ["'resnet'", *ZOO]),
        (["train"], list(ZOO)),
        (["fly"], ["'fly'", "demo", "train"]),
        (["train", "students", "--optimizer", "lion"], ["--optimizer", "'lion'", *OPTIMIZERS]),
        (["train", "students", "--activation", "gelu"], ["--activation", "'gelu'", *ACTIVATIONS]),
        (["train", "students", "--speed", "9"], ["--speed"]),
        (["train", "students", "--epo", "9"], ["--epo"]),
        (["demo", "--epochs", "9"], ["--epochs"]),
        *((["train", "students", "--lr", lr], ["--lr", repr(lr), "finite number above 0"])
          for lr in ("nan", "inf", "0", "fast", "")),
        (["train", "students", "--lr=-0.1"], ["--lr", "'-0.1'", "finite number above 0"]),
        *((["train", "students", "--epochs", n], ["--epochs", repr(n), "whole number, 1 or more"])
          for n in ("0", "1.5", "ten")),
        (["train", "students", "--epochs=-1"], ["--epochs", "'-1'"]),
        (["train", "students", "--epochs"], ["--epochs", "expected one argument"]),
        (["train", "students", "--batch-size", "0"], ["--batch-size", "whole number, 1 or more"]),
        (["train", "students", "--seed=-1"], ["--seed", "whole number, 0 or more"]),
        (["train", "students", "--weight-decay", "inf"], ["--weight-decay", "finite number, 0 or more"]),
    ],
)  # fmt: skip
def test_wrong_arguments(fails, argv, wanted):
    code, error = fails(*argv)
    assert code == 2
    for text in wanted:
        assert text in error


def test_a_folder_that_cannot_be_written_to_is_found_before_training(fails, tmp_path):
    (tmp_path / "file").write_text("")
    for out in ("file", "file/below"):
        code, error = fails("train", "students", "--out", out)
        assert code == 2
        assert f"argument --out: {out} cannot be written to" in error


def test_missing_data_are_named(fails, tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_NP_DATA", str(tmp_path))
    code, error = fails("train", "mnist-mlp")
    assert code == 2
    assert f"{tmp_path / 'mnist'} (from AUTOGRAD_NP_DATA): missing train-images-idx3-ubyte[.gz]" in error


@pytest.mark.parametrize("package", ["matplotlib.figure", "safetensors.numpy"])
def test_a_missing_package_is_named_with_its_remedy(fails, monkeypatch, package):
    monkeypatch.delitem(sys.modules, "models.report", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    code, error = fails("train", "students")
    assert code == 1
    assert package.partition(".")[0] in error
    assert "pip install 'autograd_np[models]'" in error


def test_a_loss_that_is_no_number_ends_the_run(fails, tmp_path):
    code, error = fails("train", "students", "--lr", "1e30", "--optimizer", "sgd", "--out", "here")
    assert code == 1
    assert "loss is " in error
    assert "of epoch 1; try a smaller --lr than 1e+30" in error
    assert list((tmp_path / "here").iterdir()) == []


def test_without_a_command_help_is_printed(capsys):
    assert program.main([]) == 0
    shown = capsys.readouterr()
    assert all(name in shown.out for name in ("demo", "train", *ZOO))
    assert shown.err == ""


def test_help_has_no_traceback(capsys):
    with pytest.raises(SystemExit) as caught:
        program.main(["train", "--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in (*ZOO, *OPTIMIZERS, *ACTIVATIONS))


def test_as_a_process_a_fault_is_one_line():
    run = subprocess.run([sys.executable, "-m", "models", "train", "resnet"], capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_an_interrupt_ends_with_one_line_and_130(tmp_path):
    command = [sys.executable, "-u", "-m", "models", "train", "students", "--epochs", "100000"]
    with subprocess.Popen(
        [*command, "--out", str(tmp_path)],
        # not under coverage, which a signal that meets it within its own lock stops for ever
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # which what runs in the background ignores
    ) as run:
        for line in run.stdout:
            if line.startswith("epoch"):
                break
        time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        try:
            _, error = run.communicate(timeout=30)
        finally:
            run.kill()
    assert run.returncode == 130
    assert error.strip() == "models: interrupted"
