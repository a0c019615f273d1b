"""What a fresh process takes until it can work."""

from .case import Case
from .training import CNNS, cnn_params

CASES: list[Case] = [
    Case("startup", "import", "import", fresh=True),
    Case("startup", "first conv gradient, warm cache", "first_gradient", {"cache": "warm"}, fresh=True, most_rounds=7),
    Case("startup", "first conv gradient, cold cache", "first_gradient", {"cache": "cold"}, fresh=True, most_rounds=3),
    Case(
        "startup",
        "first step of cnn 32-64 5x5, cold cache",
        "first_step",
        {"cache": "cold", **cnn_params(*CNNS[2], "adam")},
        fresh=True,
        most_rounds=3,
    ),
]
