"""IDX, the format of MNIST: a big-endian header (magic, one size a dimension), then the raw bytes.

Nothing is allocated or decompressed on the header's word alone: the array grows with the bytes that
really come, and reading stops one byte after the size that the header declares.
"""

import gzip
import hashlib
import math
import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from .errors import DataError

_MAGIC = b"\x00\x00\x08"  # two zeros, then the code of unsigned bytes
_MAX_RANK = 64  # NumPy's own limit
_CHUNK = 1 << 16
_DEFLATE_RATIO = 1032  # deflate's densest code: 258 bytes in two bits


def read_idx(path: str | os.PathLike[str], *, rank: int | None = None, sha256: str | None = None) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, plain or gzipped (told apart by content, not by name).

    Parameters
    ----------
    path : str or os.PathLike
        Path of the file.
    rank : int, optional
        Number of dimensions that the array must have.
    sha256 : str, optional
        Hexadecimal checksum that the uncompressed content must have.

    Returns
    -------
    ndarray
        uint8, of the shape that the header declares.

    Raises
    ------
    DataError
        The file cannot be read, is truncated or corrupt, or is not what was asked for.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if file.peek(2)[:2] != b"\x1f\x8b":
                return _read(file, size, rank, sha256)
            with gzip.GzipFile(fileobj=file) as unzipped:
                return _read(unzipped, size * _DEFLATE_RATIO, rank, sha256)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: truncated or corrupt gzip ({error})") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def _read(file: BinaryIO | gzip.GzipFile, capacity: int, rank: int | None, sha256: str | None) -> NDArray[np.uint8]:
    """Read from an open file that holds `capacity` bytes at most."""
    magic = _exactly(file, 4)
    if magic[:3] != _MAGIC:
        raise DataError(f"not an IDX file of unsigned bytes (it begins with {magic.hex(' ')})")
    if not 1 <= magic[3] <= _MAX_RANK:
        raise DataError(f"declares {magic[3]} dimensions")
    if rank is not None and magic[3] != rank:
        raise DataError(f"has {magic[3]} dimensions, not {rank}: are images and labels swapped?")

    sizes = _exactly(file, 4 * magic[3])
    shape = struct.unpack(f">{magic[3]}I", sizes)
    declared = math.prod(shape)
    if declared == 0:
        raise DataError(f"declares an empty array, of shape {shape}")
    if declared > capacity:
        raise DataError(f"declares shape {shape}, {declared} bytes: more than the file can hold")

    checksum = hashlib.sha256(magic + sizes)
    content = bytearray()
    while len(content) < declared:
        chunk = file.read(min(_CHUNK, declared - len(content)))
        if not chunk:
            raise DataError(f"declares shape {shape}, {declared} bytes, but ends after {len(content)}")
        checksum.update(chunk)
        content += chunk
    if file.read(1):  # at the end this also makes gzip check its own CRC
        raise DataError(f"declares shape {shape}, {declared} bytes, but more follow")
    if sha256 is not None and checksum.hexdigest() != sha256:
        raise DataError(f"the content's SHA-256 is {checksum.hexdigest()}, not {sha256}")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _exactly(file: BinaryIO | gzip.GzipFile, count: int) -> bytes:
    header = file.read(count)
    if len(header) < count:
        raise DataError("ends within the header")
    return header
