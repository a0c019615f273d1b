"""One row an operation: how to call it on drawn arrays, and by which method its gradient is checked.

A row takes a `Draw` and gives (function, inputs).  An operation without a row fails a test: none ships unchecked.
"""

from tests.cases import activations, arithmetic, images, indexing, linalg, products, reductions, shaping
from tests.cases.rows import Case

CASES: dict[str, Case] = {
    **arithmetic.CASES,
    **reductions.CASES,
    **shaping.CASES,
    **indexing.CASES,
    **products.CASES,
    **linalg.CASES,
    **activations.CASES,
    **images.CASES,
}

# What is composed of operations and has no rule of its own: checked in the same way.
COMPOSITIONS: dict[str, Case] = {
    **products.COMPOSITIONS,
    **linalg.COMPOSITIONS,
}
