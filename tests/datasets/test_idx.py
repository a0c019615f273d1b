import gzip
import hashlib
import math
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from autograd_np.datasets import DataError, read_idx

ARRAY = np.random.default_rng(0).integers(0, 256, (3, 4, 5), dtype=np.uint8)


def packed(data):
    return gzip.compress(data, mtime=0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file-idx"


def refused(path, data, fault=".", **wanted):
    path.write_bytes(data)
    with pytest.raises(DataError, match=fault) as caught:
        read_idx(path, **wanted)
    assert str(caught.value).startswith(f"{path}: ")


@given(array_shapes(max_dims=4), st.integers(0, 2**32), st.sampled_from([bytes, packed]))
def test_what_was_written_is_read(tmp_path_factory, idx, shape, seed, pack):
    path = tmp_path_factory.getbasetemp() / "round-trip"
    array = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    path.write_bytes(pack(idx(array)))
    found = read_idx(path, rank=array.ndim)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, array)


def test_an_array_of_many_chunks(path, idx):
    array = np.random.default_rng(0).integers(0, 4, (50, 70, 71), dtype=np.uint8)
    path.write_bytes(packed(idx(array)))
    np.testing.assert_array_equal(read_idx(path), array)


@pytest.mark.parametrize("pack", [bytes, packed])
def test_truncated_at_every_offset(path, idx, pack):
    data = pack(idx(ARRAY))
    for end in range(len(data)):
        refused(path, data[:end], "truncated|ends|more than the file can hold")


def test_every_other_header_byte_is_refused(path, idx):
    data = idx(ARRAY)
    for at in range(16):
        for value in set(range(256)) - {data[at]}:
            refused(path, data[:at] + bytes([value]) + data[at + 1 :])


def test_every_bit_of_an_archive_flipped_is_refused_or_harmless(path, idx):
    data = packed(idx(ARRAY))
    for at in range(len(data)):
        for bit in range(8):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
            try:
                found = read_idx(path)
            except DataError:
                continue
            np.testing.assert_array_equal(found, ARRAY)  # gzip's time stamp and its like


@pytest.mark.parametrize("pack", [bytes, packed])
def test_trailing_bytes(path, idx, pack):
    refused(path, pack(idx(ARRAY) + b"x"), r"declares shape \(3, 4, 5\), 60 bytes, but more follow")


def test_bytes_after_the_archive(path, idx):
    refused(path, packed(idx(ARRAY)) + b"x", "corrupt gzip")


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "ends within the header"),
        (b"PK\x03\x04 a zip file", "not an IDX file of unsigned bytes"),
        (b"\x00\x00\x0d\x01\x00\x00\x00\x01\x00\x00\x00\x00", "not an IDX file of unsigned bytes"),
        (b"\x00\x00\x08\x00\x07", "declares 0 dimensions"),
        (b"\x00\x00\x08\x41" + b"\x00\x00\x00\x01" * 65 + b"x", "declares 65 dimensions"),
        (b"\x00\x00\x08\x02\x00\x00\x00\x00\xff\xff\xff\xff", "declares an empty array"),
    ],
)
def test_what_is_no_idx_file(path, data, fault):
    refused(path, data, fault)


def test_wrong_rank(path, idx):
    refused(path, idx(ARRAY), "has 3 dimensions, not 1: are images and labels swapped", rank=1)


@pytest.mark.parametrize("pack", [bytes, packed])
def test_the_checksum_is_of_the_content(path, idx, pack):
    data = idx(ARRAY)
    path.write_bytes(pack(data))
    np.testing.assert_array_equal(read_idx(path, sha256=hashlib.sha256(data).hexdigest()), ARRAY)
    refused(path, pack(data), "SHA-256", sha256=hashlib.sha256(data + b"x").hexdigest())


def test_no_file_and_no_regular_file(tmp_path):
    with pytest.raises(DataError, match="nowhere: cannot be read"):
        read_idx(tmp_path / "nowhere")
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path)


def peak_of_refusing(path, data, fault):
    refused(path, b"")  # whatever is imported or cached once, is so now
    path.write_bytes(data)
    del data
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=fault):
            read_idx(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("pack", [bytes, packed])
@pytest.mark.parametrize("shape", [(2**31, 28, 28), (2**32 - 1,) * 3, (10**6,)], ids=str)
def test_memory_is_not_allocated_on_the_headers_word(path, pack, shape):
    header = struct.pack(f">3sB{len(shape)}I", b"\x00\x00\x08", len(shape), *shape)
    assert math.prod(shape) >= 10**6
    assert peak_of_refusing(path, pack(header), "more than the file can hold") < 1e6


def test_memory_grows_only_with_what_comes(path):
    noise = np.random.default_rng(0).bytes(20_000)  # as an archive it could hold what it declares
    archive = packed(struct.pack(">3sBI", b"\x00\x00\x08", 1, 10**7) + noise)
    assert peak_of_refusing(path, archive, "10000000 bytes, but ends after 20000") < 1e6


def test_an_archive_is_unpacked_no_further_than_declared(path, idx):
    bomb = packed(idx([1, 2, 3]) + bytes(50_000_000))
    assert peak_of_refusing(path, bomb, "3 bytes, but more follow") < 1e6
