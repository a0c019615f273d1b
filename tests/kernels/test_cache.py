"""What is compiled is kept, found again, and compiled anew when it must be."""

import os
import shutil
from pathlib import Path

from autograd_np import kernels

from .processes import ROOT, run


def test_no_folder_for_the_cache():
    code = """
        from numba.core import caching
        caching.CacheImpl._locator_classes = []
        check()
        from autograd_np.kernels import taps
        print(taps.accumulate_taps.compiled.serial.stats.cache_path)
    """
    assert run(code) == "None"


def test_full_cache_folder(tmp_path):
    code = """
        from numba.core import caching
        def full(*arguments): raise OSError(28, "No space left on device")
        caching.IndexDataCacheFile.save = full
        x = np.arange(16.0).reshape(1, 1, 4, 4)
        winner = np.array([[[[5]]]])
        assert kernels.max_pool2d_gather(x, winner) == 5
        always_parallel()
        assert kernels.max_pool2d_gather(x, winner) == 5
        from autograd_np.kernels import pooling
        print(pooling._gather.compiled.serial.stats.cache_path)
    """
    assert run(code, NUMBA_CACHE_DIR=str(tmp_path)) == "None"


def test_both_variants_come_from_the_cache_in_a_new_process(tmp_path):
    code = """
        from autograd_np.kernels import compile, pooling
        x, winner = np.ones((2, 1, 4, 4)), np.zeros((2, 1, 1, 1), int)
        for compile.PARALLEL_WORK in 0, 10**9:
            assert kernels.max_pool2d_gather(x, winner).sum() == 2
        variants = pooling._gather.compiled.serial, pooling._gather.compiled.parallel
        print(sum(sum(f.stats.cache_misses.values()) for f in variants))
    """
    first, second = (run(code, NUMBA_CACHE_DIR=str(tmp_path), NUMBA_NUM_THREADS="2") for _ in range(2))
    assert first == "2"
    assert second == "0"


def test_what_comes_from_the_cache_needs_none_of_what_compiling_does():
    code = """
        import sys
        check()
        always_parallel()
        check()
        x, labels = np.ones((512, 8, 4, 4), "f"), np.zeros(4096, int)
        assert kernels.relu_dx(kernels.relu(x), x).sum() == x.size
        assert np.allclose(kernels.cross_entropy(x.reshape(4096, 16), labels)[0], np.log(16))
        y, mean, variance, _ = kernels.normalize(x, np.ones(8, "f"), np.ones(8, "f"), 1.0)
        assert np.allclose(y, 1) and np.allclose(mean, 1) and np.allclose(variance, 0)
        assert np.allclose(kernels.normalize_dx(x, x, mean, mean, mean, variance, variance)[0], 0)
        kernels.take_steps("sgd", kernels.StepArrays([(x,)], [np.empty_like(x)]), [x.copy()], [(0.5,)])
        assert x.sum() == x.size / 2
        planes, w = np.ones((16, 32, 7, 7), "f"), np.ones((32, 32, 3, 3), "f")
        same = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
        from autograd_np.kernels import gemm, lanes, layouts
        for layout, kernel in ("lanes", lanes.correlate), ("product", gemm.correlate):
            layouts.LAYOUTS = (layout,)
            layouts.look_up.cache_clear()
            assert kernels.conv2d(planes, w, **same).max() == 9 * 32
            assert kernels.conv2d_dx(planes, w, x_shape=planes.shape, **same).max() == 9 * 32
            assert kernels.conv2d_dw(planes, planes, w_shape=w.shape, **same).max() == 49 * 16
            assert kernel.compiled.serial.signatures
        print("numba.np.arraymath" in sys.modules)
    """
    for _ in range(2):  # the first may have to compile
        imported = run(code, NUMBA_NUM_THREADS="2")
    assert imported == "False"


def test_an_unknown_numba_has_its_own_cache(tmp_path):
    code = """
        import numba
        numba.version_info = numba.version_info._replace(short=(99, 0))
        from autograd_np.kernels import pooling
        assert kernels.max_pool2d_gather(np.ones((2, 1, 4, 4)), np.zeros((2, 1, 1, 1), int)).sum() == 2
        serial = pooling._gather.compiled.serial
        print(type(serial._cache).__name__, sum(serial.stats.cache_misses.values()))
    """
    first, second = (run(code, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2))
    assert first == "FunctionCache 1"
    assert second == "FunctionCache 0"


def test_what_was_compiled_from_other_helpers_is_compiled_anew(tmp_path):
    """Numba looks at the file of the kernel itself only."""
    shutil.copytree(Path(kernels.__file__).parents[1], tmp_path / "autograd_np")
    code = """
        from autograd_np.kernels import pooling
        assert kernels.max_pool2d_gather(np.ones((2, 1, 4, 4)), np.zeros((2, 1, 1, 1), int)).sum() == 2
        print(pooling.__file__, sum(pooling._gather.compiled.serial.stats.cache_misses.values()))
    """
    misses, path = [], os.pathsep.join([str(tmp_path), str(ROOT)])
    for _ in range(3):
        place, missed = run(code, NUMBA_CACHE_DIR=str(tmp_path / "cache"), PYTHONPATH=path, PYTHONSAFEPATH="1").split()
        assert Path(place).is_relative_to(tmp_path)
        misses.append(missed)
        if len(misses) == 2:
            os.utime(tmp_path / "autograd_np" / "kernels" / "compile.py", (1, 1))
    assert misses == ["1", "0", "1"]


def test_compilation_is_announced_once_and_not_where_the_cache_has_all(tmp_path):
    code = """
        import logging
        said = []
        logging.getLogger("autograd_np").addHandler(logging.Handler())
        logging.getLogger("autograd_np").handlers[0].emit = lambda record: said.append(record.getMessage())
        import numba
        numba.njit(lambda x: x + 1)(1)  # somebody else's
        assert not said
        check()
        print(len(said), *(message[:34] for message in said))
    """
    first, second = (run(code, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2))
    assert first == "1 autograd_np: compiling kernels for"
    assert second == "0"
