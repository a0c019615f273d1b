"""What a fresh process takes until it can work."""

from .case import Case

CASES: list[Case] = [
    Case("startup", "import", "import", fresh=True),
    Case("startup", "first conv gradient, warm cache", "first_gradient", {"cache": "warm"}, fresh=True, most_rounds=7),
    Case("startup", "first conv gradient, cold cache", "first_gradient", {"cache": "cold"}, fresh=True, most_rounds=3),
]
