"""The engines that are measured: one module each, imported only inside the process that measures it.

A module has

- ``setup(threads)``, called once;
- ``arrays(result)``, which gives what a step returned as a list of NumPy arrays, to be compared;
- ``KINDS``: kind of case → builder.  A builder takes the case's parameters and gives the step: a function of
  no arguments that does the work once, has done it when it returns, and returns its result.  It raises `NoSuchCase`
  where the engine lacks what these parameters want; whatever else is raised is a failure, and reported.
"""

from importlib.util import find_spec
from typing import NamedTuple


class NoSuchCase(Exception):
    """An engine has nothing for the parameters of a case; the message says what it lacks."""


class Engine(NamedTuple):
    """A column of the tables."""

    module: str
    """Of this package."""
    package: str
    """What must be installed, by the name that it is imported by."""


ENGINES = {
    "autograd_np": Engine("autograd_np", "autograd_np"),
    "numpy": Engine("numpy", "numpy"),
    "python": Engine("python", "numpy"),
    "torch": Engine("torch", "torch"),
    "torch-channels-last": Engine("torch_channels_last", "torch"),
    "jax": Engine("jax", "jax"),
    "mygrad": Engine("mygrad", "mygrad"),
    "autograd": Engine("autograd", "autograd"),
    "tinygrad": Engine("tinygrad", "tinygrad"),
}
OURS = "autograd_np"


def installed(name: str) -> bool:
    """Say whether the engine's package can be found."""
    return find_spec(ENGINES[name].package) is not None
