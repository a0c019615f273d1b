"""Products of matrices."""

from collections.abc import Callable

from hypothesis import strategies as st

import autograd_np as ag
from autograd_np.testing.strategies import Draw, broadcastable_shapes
from tests.cases.rows import Case


def matmul(d: Draw) -> tuple[Callable, list]:
    n, k, m = (d(st.integers(1, 3)) for _ in range(3))
    batch_a, batch_b = d(broadcastable_shapes(2))
    a, b = d.one_of(
        ((k,), (k,)),
        ((*batch_a, n, k), (k,)),
        ((k,), (*batch_b, k, m)),
        ((*batch_a[:2], n, k), (k, m)),
        ((*batch_a[-2:], n, k), (*batch_b[-2:], k, m)),
    )
    return ag.matmul, [d.array(a, "integers"), d.array(b, "integers")]


CASES = {
    "matmul": Case(matmul, "exact"),
}
