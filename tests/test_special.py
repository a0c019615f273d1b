"""Special functions: SciPy's values, and the gradients that those imply."""

import numpy as np
import pytest
import scipy.special as sc

import autograd_np as ag
from autograd_np.testing import gradcheck

rng = np.random.default_rng(0)
ANY, POSITIVE, INSIDE = rng.uniform(-2, 2, (2, 3)), rng.uniform(0.3, 4, (2, 3)), rng.uniform(0.1, 0.9, (2, 3))
ARGUMENTS = {
    "betaln": (POSITIVE, POSITIVE[:1] + 0.2),
    "digamma": (POSITIVE,),
    "entr": (POSITIVE,),
    "erf": (ANY,),
    "erfc": (ANY,),
    "erfinv": (INSIDE,),
    "exp10": (ANY,),
    "expit": (ANY,),
    "gamma": (POSITIVE,),
    "gammaln": (POSITIVE,),
    "i0": (ANY,),
    "i0e": (POSITIVE,),
    "i1": (ANY,),
    "i1e": (-POSITIVE,),
    "kl_div": (POSITIVE, POSITIVE[:1] + 0.2),
    "log_expit": (ANY,),
    "log_ndtr": (ANY,),
    "logit": (INSIDE,),
    "ndtr": (ANY,),
    "ndtri": (INSIDE,),
    "psi": (POSITIVE,),
    "rel_entr": (POSITIVE, POSITIVE[:1] + 0.2),
    "sinc": (ANY,),
    "xlog1py": (ANY, POSITIVE[:1]),
    "xlogy": (ANY, POSITIVE[:1]),
}
WITH_CONSTANTS = {
    "betainc": ((1.5, 2.5), INSIDE),
    "gammainc": ((1.5,), POSITIVE),
    "gammaincc": ((2.5,), POSITIVE),
    "polygamma": ((2,), POSITIVE),
    "stdtr": ((5.0,), ANY),
}


def test_every_function_is_in_a_table():
    assert set(ag.special.__all__) == set(ARGUMENTS) | set(WITH_CONSTANTS)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_values_and_gradients(name):
    ours, theirs, arrays = getattr(ag.special, name), getattr(sc, name, np.sinc), ARGUMENTS[name]
    np.testing.assert_allclose(ours(*map(ag.Tensor, arrays)).data, theirs(*arrays), rtol=1e-14)
    gradcheck(ours, arrays)


@pytest.mark.parametrize("name", WITH_CONSTANTS)
def test_by_the_last_argument(name):
    ours, (constants, x) = getattr(ag.special, name), WITH_CONSTANTS[name]
    np.testing.assert_allclose(ours(*constants, ag.Tensor(x)).data, getattr(sc, name)(*constants, x), rtol=1e-14)
    gradcheck(lambda x: ours(*constants, x), [x])


@pytest.mark.parametrize("name", sorted(set(WITH_CONSTANTS) - {"polygamma"}))
def test_by_other_arguments_there_is_an_error_and_no_zero(name):
    ours, (constants, x) = getattr(ag.special, name), WITH_CONSTANTS[name]
    shape = ag.Tensor(constants[0], requires_grad=True)
    with pytest.raises(TypeError, match=f"{name}: no gradient rule for"):
        ours(shape, *constants[1:], x).sum().backward()


def test_scipys_own_functions_run_ours():
    x = ag.Tensor(INSIDE, requires_grad=True)
    for ufunc in (sc.erf, sc.ndtr, sc.gammaln, sc.expit, sc.i0, sc.i1e, sc.psi):
        assert ufunc(x).requires_grad


def test_limits():
    x = ag.Tensor([0.0, 1.0], requires_grad=True)
    sc.xlogy(x, ag.Tensor([0.0, 1.0])).sum().backward()
    assert x.grad.tolist() == [-np.inf, 0.0]  # the limit
    far = ag.Tensor([-1e3, 1e3, 1e200], requires_grad=True)
    (ag.special.erfc(far) + ag.special.ndtr(far)).sum().backward()
    assert far.grad.tolist() == [0.0, 0.0, 0.0]
    low = ag.Tensor(-1e3, requires_grad=True)
    ag.special.log_ndtr(low).backward()
    assert low.grad.item() == pytest.approx(1000.001, rel=1e-9)
