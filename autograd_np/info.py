"""`__array_namespace_info__`: what the array API standard lets one ask about this package."""

from typing import Any

from . import dtypes
from .core import DEVICE, check_device

_KINDS = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64", "complex128"),
}
_KINDS["integral"] = _KINDS["signed integer"] + _KINDS["unsigned integer"]
_KINDS["numeric"] = _KINDS["integral"] + _KINDS["real floating"] + _KINDS["complex floating"]


class __array_namespace_info__:
    """What this package can do, and the data types and devices that it has."""

    def capabilities(self) -> dict[str, Any]:
        """Tell whether shapes may depend on data, and how many axes there may be."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """Give the device of new arrays."""
        return DEVICE

    def devices(self) -> tuple[str, ...]:
        """Give all devices."""
        return (DEVICE,)

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """Give the data types of new arrays, by kind."""
        check_device("default_dtypes", device)
        return {
            "real floating": dtypes.float64,
            "complex floating": dtypes.complex128,
            "integral": dtypes.int64,
            "indexing": dtypes.int64,
        }

    def dtypes(self, *, device: Any = None, kind: str | tuple[str, ...] | None = None) -> dict[str, Any]:
        """Give the data types by name: all of them, those of one kind, or those of several."""
        check_device("dtypes", device)
        kinds = ("bool", "numeric") if kind is None else kind if isinstance(kind, tuple) else (kind,)
        unknown = [kind for kind in kinds if kind not in _KINDS]
        if unknown:
            raise ValueError(f"dtypes: kinds are {', '.join(_KINDS)}; {unknown[0]!r} is none of them")
        return {name: getattr(dtypes, name) for kind in kinds for name in _KINDS[kind]}
