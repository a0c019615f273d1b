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


@pytest.fixture(scope="module", params=["rows", "lanes"])
def layout(request):
    """Each way in which convolution may lay out its images, be it the faster one or not."""
    convolution = pytest.importorskip("autograd_np.kernels.convolution")
    with pytest.MonkeyPatch.context() as patch:
        for constant in ("TURNING", "TILING"):
            patch.setattr(convolution, constant, 1e9 if request.param == "rows" else -1e9)
        convolution._lane_plan.cache_clear()
        yield request.param
    convolution._lane_plan.cache_clear()
