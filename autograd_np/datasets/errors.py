"""What goes wrong with data."""


class DataError(ValueError):
    """A data file is missing, malformed or not the published one; the message names path and fault."""


def missing_extra(package: str) -> ImportError:
    """Return the error to raise where an optional package cannot be imported."""
    return ImportError(f"this data set needs {package}: pip install 'autograd_np[models]'")
