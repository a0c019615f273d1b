import gzip
import struct

import numpy as np
import pytest


def _idx(array):
    array = np.asarray(array, dtype=np.uint8)
    header = struct.pack(f">3xB{array.ndim}I", array.ndim, *array.shape)
    return header[:2] + b"\x08" + header[3:] + array.tobytes()


@pytest.fixture(scope="session")
def idx():
    """An array as the bytes of an IDX file."""
    return _idx


@pytest.fixture
def mnist_folder(tmp_path):
    """A folder as MNIST's, of 12 + 5 images: half of its files gzipped, half plain."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "mnist"
    folder.mkdir()
    for part, count in (("train", 12), ("t10k", 5)):
        images = _idx(rng.integers(0, 256, (count, 28, 28)))
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(_idx(np.arange(count) % 10))
    return folder
