"""Published archives: kept in a cache, fetched from mirrors, always checked."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from .errors import DataError, missing_extra
from .idx import read_idx

_TIMEOUT = 30  # seconds without a byte


class Archive(NamedTuple):
    """A published IDX file.

    Attributes
    ----------
    name : str
        File name, without ``.gz``.
    rank : int
        Number of dimensions.
    content : str
        SHA-256 of the uncompressed content.
    packed : str or None
        SHA-256 of the ``.gz`` archive as published; None where it is not known.
    """

    name: str
    rank: int
    content: str
    packed: str | None = None


def find(folder: Path, name: str) -> Path | None:
    """Return the path of `name` in `folder`, gzipped or plain; None if neither is there."""
    candidates = (folder / f"{name}.gz", folder / name)
    return next((path for path in candidates if path.exists()), None)


def user_cache() -> Path:
    """Return the folder in which this user's downloads are kept."""
    try:
        import pooch
    except ImportError as error:
        raise missing_extra("pooch") from error
    return Path(pooch.os_cache("autograd_np"))


def fetch(archive: Archive, mirrors: Iterable[str], cache: Path) -> Path:
    """Return the path of a checked copy in `cache`, downloaded from the first mirror that has one.

    Raises
    ------
    DataError
        Every mirror failed: it names each URL and the reason. No partial file is left.
    """
    reasons = []
    kept = find(cache, archive.name)
    if kept is not None:
        try:
            read_idx(kept, rank=archive.rank, sha256=archive.content)
            return kept
        except DataError as error:
            reasons.append(str(error))

    target = cache / f"{archive.name}.gz"
    for mirror in mirrors:
        url = f"{mirror}{target.name}"
        try:
            _download(url, archive, target)
            return target
        except (OSError, DataError) as error:  # the errors of requests are OSErrors
            reasons.append(f"{url}: {error}")
    raise DataError(
        f"{target.name} could not be downloaded:\n  "
        + "\n  ".join(reasons)
        + f"\nOr put the files into a folder DATA/{cache.name} yourself and set AUTOGRAD_NP_DATA=DATA."
    )


def _download(url: str, archive: Archive, target: Path) -> None:
    try:
        import pooch
    except ImportError as error:
        raise missing_extra("pooch") from error

    target.parent.mkdir(parents=True, exist_ok=True)
    # In the cache's own folder, so that the last step is one rename: another process, or a later one,
    # meets a whole and checked file or none.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="download-") as scratch:
        fresh = Path(scratch, target.name)
        pooch.HTTPDownloader(timeout=_TIMEOUT)(url, str(fresh), None)
        if archive.packed is not None:
            with fresh.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != archive.packed:
                raise DataError(f"the archive's SHA-256 is {found}, not {archive.packed}")
        read_idx(fresh, rank=archive.rank, sha256=archive.content)
        os.replace(fresh, target)
