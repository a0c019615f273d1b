"""Memory layouts, dtypes, threads, forks, vectors, and life without Numba."""

import os
import threading

import numpy as np
import pytest

from autograd_np import kernels

from . import naive
from .geometries import integers
from .processes import run

CONV = {"stride": (1, 2), "padding": ((1, 1), (0, 2)), "dilation": (1, 1), "groups": 1}
POOL = {"size": (2, 2), "stride": (2, 1), "padding": ((1, 0), (0, 1))}

LAYOUTS = {
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "reversed": lambda a: np.ascontiguousarray(a[::-1, :, ::-1])[::-1, :, ::-1],
    "fortran": np.asfortranarray,
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "unaligned": lambda a: np.frombuffer(b"." + a.tobytes(), a.dtype, offset=1).reshape(a.shape),
    "broadcast": lambda a: np.broadcast_to(a[:1], a.shape),
}


def read_only(array):
    array.flags.writeable = False
    return array


@pytest.mark.usefixtures("layout")
@pytest.mark.parametrize("memory", [*LAYOUTS, "read-only"])
def test_any_memory_layout_without_another_compilation(memory):
    compiled = pytest.importorskip("autograd_np.kernels.compiled")
    from autograd_np.kernels import lanes, pooling, taps

    all_kernels = [
        taps.accumulate_taps,
        taps.correlate_taps,
        lanes.accumulate,
        lanes.correlate,
        pooling._maximum,
        pooling._scatter,
        pooling._gather,
    ]
    assert kernels._backend() is compiled
    rng = np.random.default_rng(0)
    change = LAYOUTS.get(memory, lambda a: read_only(a.copy()))
    x, w = integers(rng, (2, 2, 5, 6), np.float32), integers(rng, (3, 2, 3, 2), np.float32)
    for f in (lambda a: a, change):
        x, w = f(x), f(w)
        out = kernels.conv2d(x, w, **CONV)
        g = f(out.copy())
        np.testing.assert_array_equal(out, naive.conv2d(x, w, **CONV))
        dx = kernels.conv2d_dx(g, w, x_shape=x.shape, **CONV)
        np.testing.assert_array_equal(dx, naive.conv2d_dx(g, w, x_shape=x.shape, **CONV))
        dw = kernels.conv2d_dw(g, x, w_shape=w.shape, **CONV)
        np.testing.assert_array_equal(dw, naive.conv2d_dw(g, x, w_shape=w.shape, **CONV))
        best, winner = kernels.max_pool2d(x, **POOL)
        np.testing.assert_array_equal(winner, naive.max_pool2d(x, **POOL)[1])
        np.testing.assert_array_equal(kernels.max_pool2d_gather(x, f(winner)), best)
        kernels.max_pool2d_scatter(f(best), f(winner), x_shape=x.shape)
        counts = [len(k.compiled.serial.signatures) for k in all_kernels]
        if f is not change:
            before = counts
        assert all(result.dtype == np.float32 for result in (out, dx, dw, best))
    assert counts == before
    dtypes, index_dtypes = 2, 2  # of all tests in this process
    allowed = [*[dtypes] * 4, *[dtypes * index_dtypes] * 3]
    assert all(np.less_equal(counts, allowed)), "more than one compilation a dtype"


def test_float16_is_computed_in_float32():
    rng = np.random.default_rng(0)
    x, w = integers(rng, (2, 2, 5, 6), np.float16), integers(rng, (3, 2, 3, 2), np.float16)
    out = kernels.conv2d(x, w, **CONV)
    results = [
        (out, naive.conv2d(x, w, **CONV)),
        (
            kernels.conv2d_dx(out, w, x_shape=x.shape, **CONV),
            naive.conv2d_dx(out, w, x_shape=x.shape, **CONV),
        ),
        (kernels.max_pool2d(x, **POOL)[0], naive.max_pool2d(x, **POOL)[0]),
        (kernels.avg_pool2d(x, **POOL), naive.avg_pool2d(x, **POOL)),
    ]
    for result, expected in results:
        assert result.dtype == np.float16
        np.testing.assert_array_equal(result, expected)


def test_mixed_dtypes_follow_numpy():
    x, w = np.ones((1, 2, 5, 6), np.float32), np.ones((3, 2, 3, 2))
    assert kernels.conv2d(x, w, **CONV).dtype == np.float64
    assert kernels.conv2d(x.astype(int), w.astype(np.float32), **CONV).dtype == np.float64


@pytest.mark.parametrize("dtype", [complex, object])
def test_what_is_not_real_is_an_error(dtype):
    with pytest.raises(TypeError, match="real arrays"):
        kernels.max_pool2d(np.ones((1, 1, 2, 2), dtype), **POOL)


def test_two_python_threads_at_once(monkeypatch):
    from autograd_np.kernels import compile

    monkeypatch.setattr(compile, "PARALLEL_WORK", 0)
    monkeypatch.setattr("autograd_np.kernels.threads.may_share", lambda who, work: True)
    rng = np.random.default_rng(0)
    inputs = [integers(rng, (8, 3, 9, 9), np.float32) for _ in range(2)]
    w = integers(rng, (5, 3, 3, 2), np.float32)
    expected = [naive.conv2d(x, w, **CONV) for x in inputs]
    wrong = []

    def work(x, right):
        for _ in range(50):
            if not np.array_equal(kernels.conv2d(x, w, **CONV), right):
                wrong.append(x)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(inputs, expected, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_importing_the_package_does_not_import_numba():
    assert run("import sys; print('numba' in sys.modules)") == "False"


def test_small_steps_and_dropout_wait_for_no_compiler_but_take_what_is_there():
    code = """
        import sys, numpy as np
        from autograd_np import functional as F, optim
        import autograd_np as ag
        def train():
            w = ag.Tensor(np.arange(12.0).reshape(6, 2), requires_grad=True)
            adam, rng = optim.Adam([w], 0.1), np.random.default_rng(0)
            for _ in range(3):
                adam.zero_grad()
                ag.softmax_cross_entropy(F.dropout(w, 0.5, rng), [0, 1, 0, 1, 0, 1]).backward()
                adam.step()
            return w.data.tobytes()
        before = train()
        print('numba' in sys.modules, end=' ')
        check()
        from autograd_np.kernels import fallback
        fallback.take_steps = fallback.drop = None
        print(train() == before)
    """
    assert run(code) == "False True"


def test_workqueue_layer_with_two_python_threads():
    code = """
        import threading, numba
        always_parallel()
        threads = [threading.Thread(target=lambda: [check() for _ in range(3)]) for _ in range(4)]
        for t in threads: t.start()
        for t in threads: t.join()
        check()
        print(numba.threading_layer())
    """
    assert run(code, NUMBA_THREADING_LAYER="workqueue", NUMBA_NUM_THREADS="2") == "workqueue"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("layer", ["default", "workqueue"])
def test_fork_after_a_parallel_kernel(layer):
    code = """
        import os, warnings
        always_parallel()
        check()
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of any fork with threads
        child = os.fork()
        if child == 0:
            try:
                check()
                grandchild = os.fork()
                if grandchild == 0:
                    check()
                    os._exit(0)
                os._exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]))
            except BaseException:
                os._exit(3)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        check()
    """
    assert run(code, NUMBA_THREADING_LAYER=layer, NUMBA_NUM_THREADS="2") == "0"


def test_numba_missing():
    code = "import sys; sys.modules['numba'] = None; check(); check(0); print(kernels._backend().__name__)"
    assert run(code) == "autograd_np.kernels.fallback"


def test_jit_disabled():
    assert run("check(); print(kernels._backend().__name__)", NUMBA_DISABLE_JIT="1") == "autograd_np.kernels.fallback"


def test_threads_that_have_slept_for_long_are_woken_for_more_work_only(monkeypatch):
    from autograd_np.kernels import compile

    now = [10**12]
    monkeypatch.setattr(compile, "perf_counter_ns", lambda: now[0])
    monkeypatch.setattr(compile, "PARALLEL_WORK", 50_000)
    monkeypatch.setattr(compile, "_last_large", 0)

    def after(pause, work):
        now[0] += pause
        return compile._is_worth_threads(work)

    assert not after(0, 60_000)  # nobody has been awake
    assert after(1000, 60_000)
    assert not after(1000, 40_000)
    assert not after(5_000_000, 60_000)
    assert after(5_000_000, 300_000)
    assert after(10**12, 500_000)  # however long


@pytest.mark.parametrize("most", [1, 2])
def test_what_fails_on_one_thread_is_an_error(most, monkeypatch):
    compile = pytest.importorskip("autograd_np.kernels.compile")
    from autograd_np.kernels import threads

    @compile.kernel
    def fill(worker, workers, out):
        if worker == workers - 1:
            raise MemoryError
        out[worker] = 1

    monkeypatch.setattr(compile, "_workers", lambda: most)
    monkeypatch.setattr(compile, "_is_worth_threads", lambda work: True)
    monkeypatch.setattr(threads, "may_share", lambda who, work: True)
    out = np.zeros(2)
    with pytest.raises(MemoryError):
        fill(out, work=10**9)
    assert out.sum() == most - 1


@pytest.mark.parametrize("layout", ["rows", "channel_lanes", "lines"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_of_channels_have_the_same_bits_however_they_are_shared(layout, dtype):
    """Where channels do not fill vectors, some are computed twice, and by two workers."""
    module = pytest.importorskip(f"autograd_np.kernels.{layout}")
    rng = np.random.default_rng(0)
    x, g = rng.normal(3, 2, (2, 2, 45, 26)).astype(dtype)
    gamma, beta, inverse, of_mean, of_variance = rng.uniform(0.5, 2, (5, 45)).astype(dtype)
    tasks = {
        "normalize": ((x, gamma, beta, 0.1), 3),
        "normalize_dx": ((g, x, gamma, beta, inverse, of_mean, of_variance), 2),
        "channel_sums": ((g, x, beta), 2),
        "channel_sum": ((g,), 1),
    }
    for name, (given, totals) in tasks.items():
        results = []
        for workers in (1, 2, 4, 7):
            outs = [np.full(x.shape, np.nan, dtype)] if name.startswith("normalize") else []
            outs += [np.full(45, np.nan, dtype) for _ in range(totals)]
            for worker in range(workers):
                getattr(module, name).compiled.serial(worker, workers, *given, *outs)
            results.append(outs)
        for outs in results[1:]:
            for one, other in zip(results[0], outs, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("size", "in_a_block"), [(16, 3), (32, 3), (64, 4)])
def test_vectors_of_other_processors(size, in_a_block, tmp_path):
    code = f"""
        from autograd_np.kernels import emitter
        emitter.VECTOR_BYTES, emitter.NV = {size}, {in_a_block}
        from autograd_np.kernels import convolution, fallback, layouts
        from autograd_np.kernels.shapes import conv_output_sizes as sizes

        rng = np.random.default_rng(0)
        x = integers(rng, (18, 3, 9, 41), np.float32)
        for groups, stride in (1, (1, 1)), (1, (2, 2)), (3, (1, 2)):
            options = dict(stride=stride, padding=((1, 1), (0, 2)), dilation=(1, 1), groups=groups)
            w = integers(rng, (6 if groups == 1 else 3, 3 // groups, 3, 3), np.float32)
            g = integers(rng, (18, len(w), *sizes((9, 41), (3, 3), stride, options["padding"], (1, 1))), np.float32)
            for layout in "rows", "lanes", "product":
                layouts.LAYOUTS = (layout,)
                layouts.look_up.cache_clear()
                out = kernels.conv2d(x, w, **options)
                assert np.array_equal(out, fallback.conv2d(x, w, None, **options))
                dx = kernels.conv2d_dx(g, w, x_shape=x.shape, **options)
                assert np.array_equal(dx, fallback.conv2d_dx(g, w, x.shape, **options))
                dw = kernels.conv2d_dw(g, x, w_shape=w.shape, **options)
                assert np.array_equal(dw, fallback.conv2d_dw(g, x, w.shape, **options))
        options = dict(stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=3)
        many, g = integers(rng, (7, 57, 9, 16), np.float32), integers(rng, (7, 39, 9, 16), np.float32)
        dw = kernels.conv2d_dw(g, many, w_shape=(39, 19, 1, 1), **options)
        assert np.array_equal(dw, fallback.conv2d_dw(g, many, (39, 19, 1, 1), **options))
        from autograd_np.kernels import products

        a, b = integers(rng, (37, 140), np.float32), integers(rng, (140, 45), np.float32)
        for first in a, np.asfortranarray(a):
            for second in b, np.asfortranarray(b):
                assert np.array_equal(products.multiply(first, second, b[0]), a @ b + b[0])
        for window, stride in ((2, 2), (2, 2)), ((3, 3), (2, 2)):
            pool = dict(size=window, stride=stride, padding=((0, 1), (1, 1)))
            for ours, numpys in zip(kernels.max_pool2d(x, **pool), fallback.max_pool2d(x, **pool)):
                assert np.array_equal(ours, numpys)
        for shape in (2, 21, 4, 5), (9, 4, 6, 7), (30, 5, 2, 2):
            x, g = rng.normal(size=(2, *shape)).astype(np.float32)
            numbers = x[0, :, 0, 0], g[0, :, 0, 0]
            y, *statistics = kernels.normalize(x, *numbers, 1.0)
            for ours, numpys in zip((y, *statistics), fallback.normalize(x, *numbers, 1.0)):
                assert np.allclose(ours, numpys, atol=1e-5)
            given = g, x, *(statistics * 2)[:5]
            for ours, numpys in zip(kernels.normalize_dx(*given), fallback.normalize_dx(*given)):
                assert np.allclose(ours, numpys, atol=1e-5)
        print(convolution.VECTOR_BYTES)
    """
    assert run(code, NUMBA_CACHE_DIR=str(tmp_path)) == str(size)
