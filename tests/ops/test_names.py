"""Every public function of NumPy's is differentiable, plain by declaration, or refused: and none by oversight."""

import types
import warnings
from collections.abc import Callable, Iterator
from operator import attrgetter

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import Tensor
from autograd_np.core import FUNCTIONS, UFUNCS
from autograd_np.core.protocols import PLAIN_FUNCTIONS, PLAIN_UFUNCS

MODULES = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft, "np.lib.stride_tricks": np.lib.stride_tricks}

# No gradient is known, or there is none to be had of what they give: an error says so.
REFUSED = {
    *("np.save", "np.savetxt", "np.savez", "np.savez_compressed"),  # files
    *("np.busday_count", "np.busday_offset", "np.datetime_as_string", "np.is_busday"),  # dates
    *("np.packbits", "np.unpackbits"),  # bits
    "np.sort_complex",
    "np.mask_indices",  # takes a function
}
# They take no array of numbers, or read it by the protocols of Python (as tests/core/test_protocols.py has it), and
# NumPy lets nobody else carry them out.
UNREACHED = {
    *("arange", "array", "asanyarray", "asarray", "asarray_chkfinite", "ascontiguousarray", "asfortranarray"),
    *("asmatrix", "bartlett", "base_repr", "binary_repr", "blackman", "bmat", "broadcast_shapes", "datetime_data"),
    *("diag_indices", "empty", "eye", "format_float_positional", "format_float_scientific", "from_dlpack"),
    *("frombuffer", "fromfile", "fromfunction", "fromiter", "frompyfunc", "fromregex", "fromstring", "full"),
    *("genfromtxt", "get_include", "get_printoptions", "getbufsize", "geterr", "geterrcall", "hamming", "hanning"),
    *("identity", "indices", "info", "isdtype", "isfortran", "isscalar", "issubdtype", "iterable", "kaiser", "load"),
    *("loadtxt", "mintypecode", "nested_iters", "ones", "printoptions", "promote_types", "require", "row_stack"),
    *("set_printoptions", "setbufsize", "seterr", "seterrcall", "show_config", "show_runtime", "test", "tri"),
    *("tril_indices", "triu_indices", "typename", "zeros", "fftfreq", "rfftfreq", "as_strided"),
}


def functions() -> Iterator[tuple[str, Callable]]:
    for prefix, module in MODULES.items():
        for name in dir(module):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = getattr(module, name)
            if callable(value) and not name.startswith("_") and not isinstance(value, (type, types.ModuleType)):
                yield f"{prefix}.{name}", value


def is_differentiable(function: Callable) -> bool:
    return function in FUNCTIONS or function in UFUNCS


def is_plain(function: Callable) -> bool:
    return function in PLAIN_FUNCTIONS or function in PLAIN_UFUNCS


def test_differentiable_names_are_no_fewer():
    names = {name for name, function in functions() if is_differentiable(function)}
    assert len(names) >= 246
    assert not {name for name, function in functions() if is_differentiable(function) and is_plain(function)}


def test_the_others_are_known():
    """A function that comes with a new NumPy is looked at before it is refused."""
    rest = {
        name
        for name, function in functions()
        if not is_differentiable(function) and not is_plain(function) and not name.startswith("np.fft")
    }
    assert {name for name in rest if name.split(".")[-1] not in UNREACHED} <= REFUSED


@pytest.mark.parametrize("name", sorted(REFUSED - {"np.mask_indices", "np.busday_count", "np.busday_offset"}))
def test_refusals_name_the_function(name, tmp_path):
    x = Tensor(np.eye(2), requires_grad=True)
    function = dict(functions())[name]
    with pytest.raises(TypeError, match=rf"{name.replace('.', '[.]')}: no gradient rule.*detach"):
        function(tmp_path / "file", x) if "save" in name else function(x)
    assert not list(tmp_path.iterdir())


def test_every_differentiable_name_is_one_of_this_package():
    for name, function in functions():
        if is_differentiable(function):
            path = name.removeprefix("np.").removeprefix("lib.stride_tricks.")
            assert callable(attrgetter(path)(ag)), name
