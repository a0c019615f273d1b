"""Code that knows nothing of this package: SciPy, scikit-learn, einops and array-api-extra run on Tensors.

Each call is checked for its value, which is NumPy's, and for its gradient.
"""

import numpy as np
import pytest
import sklearn
from array_api_extra import apply_where, at, atleast_nd, cov, create_diagonal, expand_dims, kron, nan_to_num, pad
from array_api_extra import sinc as xpx_sinc
from einops import array_api as einops
from scipy import fft, integrate, optimize, signal, special, stats
from scipy.spatial.transform import Rotation
from sklearn import decomposition, linear_model, preprocessing
from sklearn.metrics import pairwise

import autograd_np as ag
from autograd_np.testing import gradcheck

rng = np.random.default_rng(0)
ANY = rng.normal(size=(6, 3))
OTHER = rng.normal(size=(6, 3))
POSITIVE = rng.uniform(0.5, 2, (6, 3))
PARTS = rng.uniform(0.1, 0.9, (6, 3))
LINE = rng.normal(size=7)
STEPS = rng.uniform(0.5, 2, 7)
# No two elements are near each other: their order is that of all their neighbours.
APART = (rng.permutation(18) * 0.1 + rng.uniform(-0.02, 0.02, 18) + 0.5).reshape(6, 3)
SYMMETRIC = ANY.T @ ANY + 3 * np.eye(3)

SPECIAL = {
    "logsumexp": (lambda x: special.logsumexp(x, axis=1), ANY),
    "logsumexp, weighted": (lambda x, b: special.logsumexp(x, b=b, axis=0), ANY, POSITIVE),
    "softmax": (lambda x: special.softmax(x, axis=1), ANY),
    "log_softmax": (lambda x: special.log_softmax(x, axis=1), ANY),
    "xlogy": (special.xlogy, ANY, POSITIVE),
    "rel_entr": (special.rel_entr, POSITIVE, PARTS),
    "kl_div": (special.kl_div, POSITIVE, PARTS),
    "entr": (special.entr, POSITIVE),
    "expit": (special.expit, ANY),
    "logit": (special.logit, PARTS),
    "erf": (special.erf, ANY),
    "erfc": (special.erfc, ANY),
    "gammaln": (special.gammaln, POSITIVE),
    "betaln": (special.betaln, POSITIVE, PARTS),
    "ndtr": (special.ndtr, ANY),
    "log_ndtr": (special.log_ndtr, ANY),
    "ndtri": (special.ndtri, PARTS),
    "i0": (special.i0, ANY),
    "i1e": (special.i1e, POSITIVE),
}
STATS = {
    "zscore": (stats.zscore, ANY),
    "zmap": (stats.zmap, ANY, OTHER),
    "gmean": (stats.gmean, POSITIVE),
    "hmean": (stats.hmean, POSITIVE),
    "pmean": (lambda x: stats.pmean(x, 3), POSITIVE),
    "moment": (lambda x: stats.moment(x, 3), ANY),
    "skew": (stats.skew, ANY),
    "kurtosis": (stats.kurtosis, ANY),
    "variation": (stats.variation, POSITIVE),
    "sem": (stats.sem, ANY),
    "gstd": (stats.gstd, POSITIVE),
    "kstat": (lambda x: stats.kstat(x, 2), ANY),
    "kstatvar": (lambda x: stats.kstatvar(x, 2), ANY),
    "lmoment": (lambda x: stats.lmoment(x, 2), APART),
    "describe": (lambda x: list(stats.describe(x)[2:]), ANY),
    "tmean": (stats.tmean, ANY),
    "tvar": (stats.tvar, ANY),
    "tstd": (stats.tstd, ANY),
    "tsem": (stats.tsem, ANY),
    "trim_mean": (lambda x: stats.trim_mean(x, 0.2), APART),
    "quantile": (lambda x: stats.quantile(x, 0.3), APART),
    "iqr": (lambda x: stats.iqr(x, axis=0), APART),
    "entropy": (stats.entropy, POSITIVE),
    "circmean": (stats.circmean, PARTS),
    "circstd": (stats.circstd, PARTS),
    "directional_stats": (lambda x: stats.directional_stats(x).mean_direction, ANY),
    "boxcox_llf": (lambda x: stats.boxcox_llf(0.7, x), POSITIVE),
    "yeojohnson_llf": (lambda x: stats.yeojohnson_llf(0.7, x), POSITIVE),
    "ttest_1samp": (lambda x: list(stats.ttest_1samp(x, 0.1)), ANY),
    "ttest_ind": (lambda x, y: list(stats.ttest_ind(x, y)), ANY, OTHER),
    "ttest_rel": (lambda x, y: stats.ttest_rel(x, y).statistic, ANY, OTHER),
    "pearsonr": (lambda x, y: stats.pearsonr(x, y).statistic, ANY, OTHER),
    "bartlett": (lambda x, y: stats.bartlett(x, y).statistic, ANY[:, 0], OTHER[:, 0]),
    "chisquare": (lambda x: stats.chisquare(x / x.sum(axis=0)).statistic, POSITIVE),
}
CALCULUS = {
    "trapezoid": (lambda y: integrate.trapezoid(y, dx=0.3), LINE),
    "cumulative_trapezoid": (lambda y: integrate.cumulative_trapezoid(y, dx=0.3), LINE),
    "cumulative_simpson": (lambda y: integrate.cumulative_simpson(y, dx=0.3), LINE),
    "rosen": (optimize.rosen, LINE),
    "rosen_der": (optimize.rosen_der, LINE),
    "rotation of vectors": (lambda r, v: Rotation.from_rotvec(r).apply(v), LINE[:3], STEPS[:3]),
    "rotation matrix": (lambda q: Rotation.from_quat(q).as_matrix(), STEPS[:4]),
    "fft": (lambda x: abs(fft.fft(x)), LINE),
    "rfft and irfft": (lambda x: fft.irfft(fft.rfft(x) ** 2, n=7), LINE),
    "hilbert": (lambda x: abs(signal.hilbert(x)), LINE),
    "fftconvolve": (signal.fftconvolve, LINE, STEPS),
    "convolve": (lambda x, y: signal.convolve(x, y, method="fft"), LINE, STEPS),
}
EXTRA = {
    "cov": (cov, ANY),
    "pad": (lambda x: pad(x, 2), ANY),
    "kron": (kron, ANY[:2], OTHER[:2]),
    "sinc": (xpx_sinc, ANY),
    "nan_to_num": (nan_to_num, ANY),
    "apply_where": (lambda x: apply_where(x > 0, (x,), lambda x: x * x, lambda x: -x), ANY),
    "at": (lambda x: at(x, 0).set(x[1] * 2, copy=True), ANY),
    "create_diagonal": (create_diagonal, LINE),
    "expand_dims": (lambda x: expand_dims(x, axis=(0, 2)), ANY),
    "atleast_nd": (lambda x: atleast_nd(x, ndim=3), ANY),
    "rearrange": (lambda x: einops.rearrange(x, "(a c) b -> a (b c)", c=2), ANY),
    "repeat": (lambda x: einops.repeat(x, "a b -> a 2 b"), ANY),
    "reduce by mean": (lambda x: einops.reduce(x, "(a c) b -> a b", "mean", c=2), ANY),
    "reduce by max": (lambda x: einops.reduce(x, "a b -> b", "max"), APART),
    "pack": (lambda x, y: einops.pack([x, y], "a *")[0], ANY, OTHER),
}


def explained_variance(x):
    return decomposition.PCA(2, svd_solver="full").fit(x).explained_variance_


SKLEARN = {
    "StandardScaler": (lambda x: preprocessing.StandardScaler().fit_transform(x), ANY),
    "MinMaxScaler": (lambda x: preprocessing.MinMaxScaler().fit_transform(x), APART),
    "MaxAbsScaler": (lambda x: preprocessing.MaxAbsScaler().fit_transform(x), APART),
    "KernelCenterer": (lambda k: preprocessing.KernelCenterer().fit_transform(k), SYMMETRIC),
    "PolynomialFeatures": (lambda x: preprocessing.PolynomialFeatures(2).fit_transform(x), ANY),
    "normalize": (preprocessing.normalize, ANY),
    "normalize by sums": (lambda x: preprocessing.normalize(x, norm="l1"), ANY),
    "linear_kernel": (pairwise.linear_kernel, ANY, OTHER),
    "polynomial_kernel": (pairwise.polynomial_kernel, ANY, OTHER),
    "sigmoid_kernel": (pairwise.sigmoid_kernel, ANY, OTHER),
    "rbf_kernel": (pairwise.rbf_kernel, ANY, OTHER),
    "cosine_similarity": (pairwise.cosine_similarity, ANY, OTHER),
    "euclidean_distances": (pairwise.euclidean_distances, ANY, OTHER),
    "additive_chi2_kernel": (pairwise.additive_chi2_kernel, POSITIVE, PARTS),
    "PCA": (explained_variance, ANY),
    "Ridge": (lambda x, y: linear_model.Ridge(solver="svd").fit(x, y).coef_, ANY, LINE[:6]),
}
CALLS = {
    f"{library}: {name}": call
    for library, calls in {
        "scipy.special": SPECIAL,
        "scipy.stats": STATS,
        "scipy": CALCULUS,
        "array-api-extra and einops": EXTRA,
        "scikit-learn": SKLEARN,
    }.items()
    for name, call in calls.items()
}


@pytest.fixture(autouse=True)
def dispatch():
    with sklearn.config_context(array_api_dispatch=True):
        yield


def listed(y):
    return list(y) if isinstance(y, (list, tuple)) else [y]


@pytest.mark.filterwarnings("ignore")  # what these libraries warn of is theirs
@pytest.mark.parametrize("name", CALLS)
def test_value_and_gradient(name):
    function, *arrays = CALLS[name]
    expected = listed(function(*(x.copy() for x in arrays)))
    found = listed(function(*(ag.Tensor(x, requires_grad=True) for x in arrays)))
    assert all(isinstance(y, ag.Tensor) and y.requires_grad for y in found)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-9, atol=1e-11)
    gradcheck(function, arrays, order=1)


def test_there_are_many():
    assert len(CALLS) >= 50


@pytest.mark.parametrize("function", [integrate.simpson, signal.detrend, stats.expectile])
def test_what_leaves_the_graph_says_so(function):
    with pytest.raises(TypeError, match="would drop this Tensor's gradient"):
        function(ag.Tensor(LINE, requires_grad=True))
