"""`gradcheck`: hold the gradients of a function against numerical derivatives, to second order."""

from collections.abc import Callable, Sequence
from typing import Any

from .check import METHODS, Check
from .contracts import check_contracts
from .derivatives import first_order, second_order
from .report import GradientError, Report, UntrustedDerivative
from .suspects import find_suspect

_OTHER_STEP = 1.37e-3  # no simple ratio to the usual one


def gradcheck(
    f: Callable[..., Any],
    inputs: Sequence[Any],
    *,
    order: int = 2,
    method: str = "auto",
    directions: int = 4,
    seed: int = 0,
) -> Report:
    """Check that backward through f gives the gradients that f's own values imply.

    Parameters
    ----------
    f : callable
        Of as many arguments as ``inputs``; a Tensor comes out, or a sequence of Tensors.
    inputs : sequence
        Floating point arrays (or Tensors) are differentiated, in float64, complex ones by their real and by their
        imaginary parts; anything else is passed on as it is.  Keep away from kinks and from ties.
    order : {1, 2}
        Whether second derivatives, and forward mode by reverse over reverse, are checked too.
    method : {"auto", "exact", "complex step", "Richardson"}
        "exact" is for functions that are affine in each input, on small integers: then the tolerance is zero.
        "auto" takes it where inputs are such and the function is, the complex step where that is analytic, and
        Richardson extrapolation elsewhere.
    directions : int
        How many random directions are probed for each input.  Where the Jacobian has at most 4,096 elements each of
        them is checked as well.
    seed : int
        Of the random directions and cotangents.

    Returns
    -------
    Report
        Which methods were used and how many numbers were compared; printed, it is a table.

    Raises
    ------
    GradientError
        If a gradient is wrong: the operation, argument, element, expected and found value, method and tolerance.
    UntrustedDerivative
        A ValueError: if the function is too rough at this point for any numerical derivative.
    ValueError
        If there is nothing to check: no floating point input, an empty one only, or an output without a graph.

    Examples
    --------
    >>> import numpy as np, autograd_np as ag
    >>> ag.testing.gradcheck(ag.tanh, [np.ones(3) / 3]).methods["first order"]
    'complex step'
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    if order not in (1, 2) or (method != "auto" and method not in METHODS):
        raise ValueError(f"gradcheck: order is 1 or 2 and method 'auto' or one of {list(METHODS)}")
    check = Check(f, inputs, method, directions, seed)
    try:
        _run(check, order)
    except GradientError as error:
        if error.facts.get("method") == "Richardson":
            _confirm(Check(f, inputs, method, directions, seed, _OTHER_STEP), order)
        error.report = check.report
        error.suspect = find_suspect(check)
        if error.suspect is not None and error.suspect.graph_size > 1:
            error.add_note(str(error.suspect))
        raise
    return check.report


def _run(check: Check, order: int) -> None:
    __tracebackhide__ = True
    _all_of(check_contracts, first_order)(check)
    if order == 2:
        second_order(check)


def _confirm(check: Check, order: int) -> None:
    """Raise unless differences over another step find a fault as well: noise may agree with itself by chance."""
    __tracebackhide__ = True
    try:
        _run(check, order)
    except GradientError:
        return
    raise UntrustedDerivative(
        f"{check.name}: a gradient differs from the numerical derivative by one step and not by another; "
        "keep the inputs away from kinks, jumps and poles"
    )


def _all_of(*parts: Callable[[Check], None]) -> Callable[[Check], None]:
    """Run all parts before the first fault is raised: then a report shows what is right as well."""

    def run(check: Check) -> None:
        __tracebackhide__ = True
        faults = []
        for part in parts:
            try:
                part(check)
            except GradientError as error:
                faults.append(error)
        if faults:
            raise faults[0]

    return run
