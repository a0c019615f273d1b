"""What the Python array API standard wants of an array beyond its operators: namespace, device, DLPack.

https://data-apis.org/array-api/2025.12
"""

import sys
from types import ModuleType
from typing import Any

from .tensor import Tensor

API_VERSION = "2025.12"
_API_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", API_VERSION)

DEVICE = "cpu"


def check_device(name: str, device: Any) -> None:
    """Raise ValueError for what is not the one device that there is."""
    if device is not None and device != DEVICE:
        raise ValueError(f"{name}: the only device is {DEVICE!r}, not {device!r}")


def array_namespace(self: Tensor, /, *, api_version: str | None = None) -> ModuleType:
    """Give the namespace of the array API standard: this package itself.

    Raises
    ------
    ValueError
        For a version of the standard that is not known here.
    """
    if api_version is not None and api_version not in _API_VERSIONS:
        raise ValueError(f"array API version {api_version!r} is not one of {', '.join(_API_VERSIONS)}")
    return sys.modules[__name__.partition(".")[0]]


def to_device(self: Tensor, device: Any, /, *, stream: Any = None) -> Tensor:
    """Give this Tensor, which is on the only device there is."""
    check_device("to_device", device)
    if stream is not None:
        raise ValueError("to_device: there are no streams on the CPU; leave out stream=")
    return self


def dlpack(
    self: Tensor,
    /,
    *,
    stream: Any = None,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """Give the data to another library, without a copy where it need not be one.

    Raises
    ------
    TypeError
        If the Tensor is part of a graph: what the other library computes would have no gradient.
    """
    data: Any = self._leave_graph("__dlpack__()")
    return data.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)


def dlpack_device(self: Tensor, /) -> tuple[int, int]:
    """Give the device in DLPack's numbers."""
    return self.data.__dlpack_device__()


Tensor.__array_namespace__ = array_namespace  # type: ignore[method-assign]
Tensor.__dlpack__ = dlpack  # type: ignore[attr-defined]
Tensor.__dlpack_device__ = dlpack_device  # type: ignore[attr-defined]
Tensor.device = property(lambda self: DEVICE, doc="Where the data is: in the memory of the CPU.")  # type: ignore[assignment]
Tensor.to_device = to_device  # type: ignore[method-assign]
