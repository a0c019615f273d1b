"""Settings of Hypothesis: `dev` for a quick look, `ci` by default, `deep` for long runs; and what every test leaves."""

import os

import pytest
from hypothesis import HealthCheck, settings

# Two processes of tests share the processors: threads that wait for each other must not spin for long.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
# SciPy asks once, when it is imported, whether it shall work on other arrays than NumPy's.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import autograd_np.special  # noqa: F401 (it and the registry enter operations in the tables that are put back below)
from autograd_np.core import FUNCTIONS, UFUNCS
from autograd_np.ops import registry

registry()

slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("dev", max_examples=10, deadline=None, suppress_health_check=slow)
# the same examples in every run, so that a failure is the commit's; `deep` looks for new ones
settings.register_profile("ci", max_examples=20, deadline=None, derandomize=True, suppress_health_check=slow)
settings.register_profile("deep", max_examples=1000, deadline=None, suppress_health_check=slow)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(autouse=True)
def _numpys_functions():
    """Tests and examples may define operations that stand for NumPy's functions: only for as long as they run."""
    before = [(table, dict(table)) for table in (FUNCTIONS, UFUNCS)]
    yield
    for table, content in before:
        table.clear()
        table.update(content)
