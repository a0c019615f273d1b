"""MNIST and Fashion-MNIST: 60,000 + 10,000 grey images of 28 x 28 pixels in ten classes."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset
from .download import Archive, fetch, find, user_cache
from .errors import DataError
from .idx import read_idx

_VARIABLE = "AUTOGRAD_NP_DATA"


class _Source(NamedTuple):
    name: str
    classes: tuple[str, ...]
    mirrors: tuple[str, ...]
    archives: tuple[Archive, Archive, Archive, Archive]  # train images and labels, test images and labels


_MNIST = _Source(
    "mnist",
    tuple("0123456789"),
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    (
        Archive(
            "train-images-idx3-ubyte",
            rank=3,
            content="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            packed="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        Archive(
            "train-labels-idx1-ubyte",
            rank=1,
            content="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            packed="3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        Archive(
            "t10k-images-idx3-ubyte",
            rank=3,
            content="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            packed="8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        Archive(
            "t10k-labels-idx1-ubyte",
            rank=1,
            content="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            packed="f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
)

# The image archives' own checksums could not be confirmed against the published files,
# so for those two the content's checksum alone decides.
_FASHION_MNIST = _Source(
    "fashion-mnist",
    (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    (
        Archive(
            "train-images-idx3-ubyte",
            rank=3,
            content="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        Archive(
            "train-labels-idx1-ubyte",
            rank=1,
            content="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            packed="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        Archive(
            "t10k-images-idx3-ubyte",
            rank=3,
            content="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        Archive(
            "t10k-labels-idx1-ubyte",
            rank=1,
            content="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            packed="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
)


def load_mnist(folder: str | os.PathLike[str] | None = None) -> Dataset:
    """Load MNIST, handwritten digits (LeCun, Cortes and Burges; CC BY-SA 3.0).

    The four IDX files, gzipped or plain, come from `folder`; else from ``$AUTOGRAD_NP_DATA/mnist``
    where that variable is set; else from the user's cache, into which they are downloaded once.
    Files of your own may hold other images of ten classes.

    Returns
    -------
    Dataset
        Images float32 (N, 1, 28, 28) scaled to [0, 1]; labels int64 (N,).

    Raises
    ------
    DataError
        A file is missing, malformed or cannot be downloaded.
    ImportError
        pooch, of the ``models`` extra, is needed for the cache and is not installed.
    """
    return _load(_MNIST, folder)


def load_fashion_mnist(folder: str | os.PathLike[str] | None = None) -> Dataset:
    """Load Fashion-MNIST, articles of clothing (Xiao, Rasul and Vollgraf, 2017; MIT).

    As `load_mnist`, with the folder ``$AUTOGRAD_NP_DATA/fashion-mnist``.
    """
    return _load(_FASHION_MNIST, folder)


def _load(source: _Source, folder: str | os.PathLike[str] | None) -> Dataset:
    paths = _paths(source, folder)
    x_train, y_train = _examples(paths[0], paths[1], len(source.classes))
    x_test, y_test = _examples(paths[2], paths[3], len(source.classes))
    if x_train.shape[1:] != x_test.shape[1:]:
        sizes = f"images of {x_test.shape[2:]} pixels, not {x_train.shape[2:]}"
        raise DataError(f"{paths[2]}: {sizes} as in {paths[0]}")
    return Dataset(source.name, x_train, y_train, x_test, y_test, source.classes)


def _paths(source: _Source, folder: str | os.PathLike[str] | None) -> list[Path]:
    data = os.environ.get(_VARIABLE)
    if folder is not None:
        return _supplied(source, Path(folder), "folder")
    if data:
        return _supplied(source, Path(data, source.name), _VARIABLE)
    cache = user_cache() / source.name
    return [fetch(archive, source.mirrors, cache) for archive in source.archives]


def _supplied(source: _Source, folder: Path, origin: str) -> list[Path]:
    found = {archive.name: find(folder, archive.name) for archive in source.archives}
    missing = [f"{name}[.gz]" for name, path in found.items() if path is None]
    if missing:
        raise DataError(f"{folder} (from {origin}): missing {', '.join(missing)}")
    return [path for path in found.values() if path is not None]


def _examples(images: Path, labels: Path, classes: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    pixels = read_idx(images, rank=3)
    y = read_idx(labels, rank=1)
    if len(pixels) != len(y):
        raise DataError(f"{labels}: {len(y)} labels for the {len(pixels)} images of {images}")
    if y.max() >= classes:
        at = int(np.argmax(y >= classes))
        raise DataError(f"{labels}: label {y[at]} of example {at} is not in 0 … {classes - 1}")
    x = np.divide(pixels, 255, dtype=np.float32)  # one pass: no second copy in float32
    return x[:, np.newaxis], y.astype(np.int64)
