import gzip
import sys

import numpy as np
import pytest

from autograd_np.datasets import DataError, Dataset, download, load_fashion_mnist, load_mnist, mnist, read_idx

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte"


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
    monkeypatch.delenv("AUTOGRAD_NP_DATA", raising=False)


def test_images_and_labels(mnist_folder):
    data = load_mnist(mnist_folder)
    assert isinstance(data, Dataset)
    assert (data.name, data.classes) == ("mnist", tuple("0123456789"))
    assert data.x_train.shape == (12, 1, 28, 28)
    assert data.x_test.shape == (5, 1, 28, 28)
    assert data.x_train.dtype == data.x_test.dtype == np.float32
    assert data.y_train.dtype == data.y_test.dtype == np.int64
    np.testing.assert_array_equal(data.y_train, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    pixels = read_idx(mnist_folder / IMAGES)
    np.testing.assert_array_equal(data.x_train[:, 0], pixels.astype(np.float32) / np.float32(255))
    assert data.x_train.max() == 1
    assert data.x_train.min() == 0


def test_a_data_set_says_what_it_is_in_one_line(mnist_folder):
    assert repr(load_mnist(mnist_folder)) == (
        "Dataset('mnist': 12 training and 5 test examples of shape (1, 28, 28), 10 classes)"
    )


def test_the_variable_names_the_parent_folder(mnist_folder, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_NP_DATA", str(mnist_folder.parent))
    assert len(load_mnist().x_train) == 12
    mnist_folder.rename(mnist_folder.with_name("fashion-mnist"))
    data = load_fashion_mnist()
    assert (data.name, data.classes[9], len(data.classes)) == ("fashion-mnist", "Ankle boot", 10)


def test_the_folder_goes_before_the_variable(mnist_folder, monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOGRAD_NP_DATA", str(tmp_path / "nowhere"))
    assert len(load_mnist(mnist_folder).x_train) == 12


def test_missing_files_are_named_and_not_downloaded(mnist_folder, monkeypatch, tmp_path):
    monkeypatch.setattr(mnist, "fetch", None)  # a call would be a TypeError
    (mnist_folder / LABELS).unlink()
    for folder, variable in ((mnist_folder, ""), (None, str(tmp_path))):
        monkeypatch.setenv("AUTOGRAD_NP_DATA", variable)
        with pytest.raises(DataError, match=r"missing train-labels-idx1-ubyte\[\.gz\]$") as caught:
            load_mnist(folder)
        assert str(caught.value).startswith(str(mnist_folder))
    with pytest.raises(DataError, match="AUTOGRAD_NP_DATA"):
        load_fashion_mnist()


def test_without_folder_or_variable_the_cache_is_filled(mnist_folder, monkeypatch, tmp_path):
    asked = []

    def fetch(archive, mirrors, cache):
        asked.append((archive.name, len(mirrors), cache))
        return download.find(mnist_folder, archive.name)

    monkeypatch.setattr(mnist, "fetch", fetch)
    monkeypatch.setattr(mnist, "user_cache", lambda: tmp_path / "cache")
    assert len(load_mnist().x_test) == 5
    assert asked[0] == ("train-images-idx3-ubyte", 2, tmp_path / "cache" / "mnist")
    assert len(asked) == 4


def test_without_pooch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r"pooch: pip install 'autograd_np\[models\]'"):
        load_mnist()


def test_every_published_file_has_its_own_checksums():
    archives = [*mnist._MNIST.archives, *mnist._FASHION_MNIST.archives]
    checksums = [a.content for a in archives] + [a.packed for a in archives if a.packed]
    assert len(set(checksums)) == 8 + 6
    assert {len(bytes.fromhex(checksum)) for checksum in checksums} == {32}


def test_images_and_labels_swapped(mnist_folder, idx):
    images = gzip.decompress((mnist_folder / IMAGES).read_bytes())
    labels = (mnist_folder / LABELS).read_bytes()
    (mnist_folder / IMAGES).write_bytes(labels)
    (mnist_folder / LABELS).write_bytes(images)
    with pytest.raises(DataError, match=rf"{IMAGES}: .*are images and labels swapped"):
        load_mnist(mnist_folder)


def test_counts_that_differ(mnist_folder, idx):
    (mnist_folder / LABELS).write_bytes(idx(np.zeros(11)))
    with pytest.raises(DataError, match=rf"{LABELS}: 11 labels for the 12 images of .*{IMAGES}"):
        load_mnist(mnist_folder)


@pytest.mark.parametrize("label", [10, 255])
def test_labels_out_of_range(mnist_folder, idx, label):
    (mnist_folder / LABELS).write_bytes(idx([0] * 7 + [label] + [9] * 4))
    with pytest.raises(DataError, match=rf"{LABELS}: label {label} of example 7 is not in 0 … 9"):
        load_mnist(mnist_folder)


def test_training_and_test_images_of_other_sizes(mnist_folder, idx):
    (mnist_folder / IMAGES).write_bytes(idx(np.zeros((12, 14, 14))))
    with pytest.raises(DataError, match=r"t10k.*\(28, 28\) pixels, not \(14, 14\) as in .*train"):
        load_mnist(mnist_folder)
