import pytest

from autograd_np import kernels
from autograd_np.kernels import fallback, threads


@pytest.fixture(scope="module", params=["threads", "serial", "numpy"])
def engine(request):
    """Each way in which a kernel may run."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "numpy":
            patch.setattr(kernels, "_backend", lambda: fallback)
        else:
            compile = pytest.importorskip("autograd_np.kernels.compile")
            patch.setattr(compile, "PARALLEL_WORK", 0 if request.param == "threads" else float("inf"))
            patch.setattr(threads, "may_share", lambda who, work: True)
        yield request.param


@pytest.fixture(scope="module", params=["rows", "lanes", "product"])
def layout(request):
    """Each way in which convolution may lay out its images, be it the faster one or not."""
    layouts = pytest.importorskip("autograd_np.kernels.layouts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layouts, "LAYOUTS", (request.param,))
        layouts.look_up.cache_clear()
        yield request.param
    layouts.look_up.cache_clear()
