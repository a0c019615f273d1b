"""One row an operation: how to call it on drawn arrays, and by which method its gradient is checked.

A row takes a `Draw` and gives (function, inputs).  An operation without a row fails a test: none ships unchecked.
Each file here has the `CASES` of a family, and may have `COMPOSITIONS`: functions by their name in NumPy that have no
rule of their own, checked in the same way.
"""

from importlib import import_module
from pkgutil import iter_modules

from tests.cases.rows import Case

_FAMILIES = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
CASES: dict[str, Case] = {}
COMPOSITIONS: dict[str, Case] = {}
for _family in _FAMILIES:
    CASES |= getattr(_family, "CASES", {})
    COMPOSITIONS |= getattr(_family, "COMPOSITIONS", {})
