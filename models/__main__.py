"""Train a model from the command line: ``python -m models --help``."""

import argparse
import math
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

# How long OpenMP's threads spin before they sleep.  Long is best on a machine of one's own, but where another process
# wants a processor, threads that spin while they wait for each other take several times as long.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")

PROG = "models"
OK, FAILURE, USAGE, INTERRUPTED = 0, 1, 2, 130


class _Failed(Exception):
    """Ends the program with one line on stderr and an exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(" ".join(message.split()))
        self.code = code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Failed(message, USAGE)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; give its exit code."""
    try:
        return _run(argv)
    except _Failed as failure:
        print(f"{PROG}: error: {failure}", file=sys.stderr)
        return failure.code
    except KeyboardInterrupt:
        print(f"\n{PROG}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output (head, less) has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE


def _run(argv: Sequence[str] | None) -> int:
    try:
        from .zoo import ZOO
    except ImportError as error:
        raise _missing(error) from error

    parser = _parser()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return OK
    if args.model not in ZOO:
        wrong = "train: which model?" if args.model is None else f"train: no model {args.model!r};"
        raise _Failed(f"{wrong} choose from {', '.join(ZOO)}", USAGE)
    _train(args)
    return OK


def _parser() -> argparse.ArgumentParser:
    from .training import OPTIMIZERS
    from .zoo import ACTIVATIONS, ZOO

    width = max(map(len, ZOO))
    table = "models:\n" + "\n".join(f"  {name:{width}}  {model.summary}" for name, model in ZOO.items())
    options: dict[str, Any] = {"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = _Parser(
        prog="python -m models", description="Train small models with autograd_np.", epilog=table, **options
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    about = "train digits-cnn on 8x8 digits: needs no download, and less than a minute"
    demo = commands.add_parser("demo", help=about, description=about.capitalize() + ".", **options)
    demo.set_defaults(model="digits-cnn")
    demo.add_argument("--out", type=Path, metavar="DIR", help="folder for the results (default: runs/demo)")

    about = "train a model, and write plots, weights and its graph"
    train = commands.add_parser(
        "train",
        usage="python -m models train MODEL [options]",
        help=about,
        description=about.capitalize() + ".",
        epilog=table + "\n\nMNIST and Fashion-MNIST are read from $AUTOGRAD_NP_DATA, or downloaded once.",
        **options,
    )
    train.add_argument("model", nargs="?", metavar="MODEL", help="one of the models below")
    rates = ", ".join(f"{rule.lr:g} for {name}" for name, rule in OPTIMIZERS.items() if name != "adam")
    own = "(default: the model's own)"
    count = _number(int, "a whole number, 1 or more", 1)
    train.add_argument("--epochs", type=count, metavar="N", help=f"times that every example is seen {own}")
    train.add_argument("--batch-size", type=count, metavar="N", help=f"examples in a step {own}")
    train.add_argument(
        "--lr",
        type=_number(float, "a finite number above 0", math.ulp(0)),
        metavar="RATE",
        help="learning rate of the first step; it falls linearly to 0 "
        f"(default: the model's own; with another optimizer {rates})",
    )
    train.add_argument("--optimizer", choices=OPTIMIZERS, help="default: adam; momentum is Nesterov's")
    train.add_argument("--activation", choices=ACTIVATIONS, help="default: relu")
    train.add_argument(
        "--weight-decay",
        type=_number(float, "a finite number, 0 or more", 0),
        metavar="L",
        help="penalty L/2 times the squared weights (default: 0)",
    )
    train.add_argument(
        "--seed",
        type=_number(int, "a whole number, 0 or more", 0),
        metavar="N",
        help="of weights and order: the same seed gives the same bits (default: 0)",
    )
    train.add_argument("--out", type=Path, metavar="DIR", help="folder for the results (default: runs/MODEL)")
    return parser


def _number(kind: type, wanted: str, least: float) -> Callable[[str], float]:
    """Give the reader of an option that is a finite number, `least` or more."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not least <= value < math.inf:
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
        return value

    return read


def _train(args: argparse.Namespace) -> None:
    try:
        from .report import write_report
    except ImportError as error:
        raise _missing(error) from error
    from autograd_np.datasets import DataError

    from .training import OPTIMIZERS, Diverged, evaluate, train
    from .zoo import ACTIVATIONS, ZOO

    entry = ZOO[args.model]
    given = {field: value for field, value in vars(args).items() if value is not None}
    settings = replace(entry.settings, **{k: v for k, v in given.items() if k in asdict(entry.settings)})
    if settings.optimizer != entry.settings.optimizer and "lr" not in given:
        settings = replace(settings, lr=OPTIMIZERS[settings.optimizer].lr)
    name = "demo" if args.command == "demo" else args.model
    out = args.out if args.out is not None else Path("runs", name)
    _make_writable(out)

    weights_rng, training_rng = np.random.default_rng(settings.seed).spawn(2)
    try:
        print(f"loading the data of {args.model}", flush=True)
        data = entry.load()
        print(data)
        model = entry.build(data, ACTIVATIONS[settings.activation], weights_rng)
    except ImportError as error:
        raise _missing(error) from error
    except DataError as error:
        raise _Failed(str(error), USAGE) from error
    except ValueError as error:  # images that the poolings leave nothing of
        raise _Failed(f"{args.model} cannot take examples of shape {data.x_train.shape[1:]}: {error}", USAGE) from error
    print(model, flush=True)

    try:
        history = train(model, data, settings, training_rng)
    except Diverged as error:
        raise _Failed(str(error), FAILURE) from error
    score, predicted = evaluate(model, data.x_test, data.y_test)
    try:
        written = write_report(out, args.model, model, data, settings, history, predicted)
    except OSError as error:
        raise _Failed(f"{out}: cannot be written ({error.strerror or error})", FAILURE) from error
    print(f"\ntest accuracy: {100 * score.accuracy:.1f} %")
    print("\n".join(f"  {path}" for path in written))


def _make_writable(out: Path) -> None:
    """Find out before the training, not after it, whether the results can be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _Failed(f"argument --out: {out} cannot be written to ({reason})", USAGE) from error


def _missing(error: ImportError) -> _Failed:
    remedy = "" if "pip install" in str(error) else "; pip install 'autograd_np[models]'"
    return _Failed(f"{error}{remedy}", FAILURE)


if __name__ == "__main__":
    sys.exit(main())
