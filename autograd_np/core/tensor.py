"""`Tensor`: an array with a place on the tape."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .grad_mode import mode
from .hooks import Hook
from .tape import Leaf, Node

_new = object.__new__


class Tensor:
    """A NumPy array whose history can be differentiated.

    Operators, the functions of this package and NumPy's own (``np.exp(t)``, ``np.sum(t, axis=0)``) record what they do
    on a Tensor that requires a gradient; `backward` then goes through that record in reverse.

    Parameters
    ----------
    data : array_like
        Copied, as `numpy.array` does.
    requires_grad : bool
        Whether gradients with respect to this Tensor are wanted; floating point only.  That of a real L with respect to
        complex x + iy is ∂L/∂x + i ∂L/∂y.
    dtype : dtype_like, optional
        By default the data's own.
    name : str, optional
        What diagrams call it; only a Tensor that requires a gradient has one.
    copy : bool
        With False the memory of an ndarray is shared; who changes it later changes the Tensor.

    Raises
    ------
    TypeError
        If a gradient is required of data that is not floating point, or the data is not numeric.

    Examples
    --------
    >>> import autograd_np as ag
    >>> x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = (x**2).sum()
    >>> y.backward()
    >>> x.grad
    Tensor([2., 4., 6.])
    """

    __slots__ = ("__weakref__", "data", "node", "view_of", "views")
    __array_priority__ = 1000.0

    data: np.ndarray
    node: Node | None
    view_of: tuple["Tensor", Any, dict[str, Any], int | None]  # set where memory is shared: see `core.views`
    views: dict[Any, None]

    def __init__(
        self,
        data: ArrayLike,
        requires_grad: bool = False,
        *,
        dtype: DTypeLike | None = None,
        name: str | None = None,
        copy: bool = True,
    ) -> None:
        if isinstance(data, Tensor):
            data = data.data
        if isinstance(data, np.ma.MaskedArray):
            raise TypeError("Tensor: a masked array would lose its mask; pass array.filled(value)")
        array = np.array(data, dtype=dtype) if copy else np.asarray(data, dtype=dtype)
        if array.dtype.kind not in "fiubc":
            raise TypeError(f"Tensor: numbers are wanted, not dtype {array.dtype}")
        self.data = array
        self.node = None
        if requires_grad:
            self._require_grad(name)
        elif name is not None:
            raise TypeError("Tensor: only a Tensor with requires_grad=True has a name")

    @staticmethod
    def make(data: np.ndarray, node: Node | None) -> "Tensor":
        """Wrap an array without checks: what operations do with their results."""
        tensor = _new(Tensor)
        tensor.data = data
        tensor.node = node
        return tensor

    def _require_grad(self, name: str | None = None) -> None:
        if self.data.dtype.kind not in "fc":
            raise TypeError(
                f"requires_grad: a gradient needs floating point data, not {self.data.dtype}; "
                "give dtype=float or use .astype(float)"
            )
        self.node = Leaf(self.data, name)

    # -- the array ---------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self.data.shape

    @property
    def dtype(self) -> np.dtype:
        """The element type."""
        return self.data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.data.size

    def item(self) -> Any:
        """Give the only element as a plain Python number."""
        return self.data.item()

    def numpy(self) -> np.ndarray:
        """Give the array itself, not a copy.

        Raises
        ------
        TypeError
            If the Tensor is part of a graph: what is computed from the array would have no gradient.
        """
        if self.node is not None:
            raise TypeError(_LEAVES_GRAPH.format(what="numpy()"))
        return self.data

    def tolist(self) -> Any:
        """Give the elements as nested lists of Python numbers."""
        return self.data.tolist()

    # -- the graph ---------------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to or through this Tensor."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if wanted and self.node is None:
            self._require_grad()
        elif not wanted and self.node is not None:
            if not self.is_leaf:
                raise RuntimeError("requires_grad = False: this Tensor was computed; use tensor.detach()")
            self.node = None

    @property
    def is_leaf(self) -> bool:
        """Whether this Tensor was given, not computed."""
        return self.node is None or self.node.op is None

    @property
    def name(self) -> str | None:
        """What diagrams call this Tensor; only leaves that require a gradient have one."""
        return self.node.name if isinstance(self.node, Leaf) else None

    @property
    def grad(self) -> "Tensor | None":
        """The gradient that `backward` has accumulated here: on leaves, and where `retain_grad` asked for it."""
        node = self.node
        return node.grad if node is not None and node.retains_grad else None

    @grad.setter
    def grad(self, value: "Tensor | None") -> None:
        node = self.node
        if value is None:
            if node is not None and node.retains_grad:
                node.grad = None
            return
        if node is None:
            raise RuntimeError("grad: this Tensor requires no gradient")
        if not isinstance(value, Tensor):
            raise TypeError(f"grad: a Tensor or None is wanted, not {type(value).__name__}")
        if value.shape != self.shape or value.dtype != self.dtype:
            raise ValueError(
                f"grad: {value.dtype} {value.shape} given for a Tensor of {self.dtype} {self.shape}; they must agree"
            )
        node.retains_grad, node.grad = True, value

    def retain_grad(self) -> None:
        """Keep the gradient of a computed Tensor too, in its ``grad``."""
        if self.node is None:
            raise RuntimeError("retain_grad: this Tensor requires no gradient")
        if not self.node.retains_grad:
            self.node.grad = None
            self.node.retains_grad = True

    def register_hook(self, hook: Callable[["Tensor"], Any]) -> Hook:
        """Call a function with the gradient of this Tensor in every sweep, before it goes on to inputs or ``grad``.

        Several are called in the order in which they were registered.  In-place work later on leaves a hook with the
        value that was.

        Parameters
        ----------
        hook : callable
            Takes the gradient, a read-only Tensor; gives None, or an array_like of its shape that goes on in its place.
            If it raises, every ``grad`` stays as it was.

        Returns
        -------
        Hook
            Its ``remove()`` takes the function away again, as does the end of a ``with`` block.

        Examples
        --------
        >>> import autograd_np as ag
        >>> x = ag.Tensor([1.0, -2.0], requires_grad=True)
        >>> y = x * x
        >>> with y.register_hook(lambda g: 10 * g), x.register_hook(print):
        ...     y.sum().backward()
        Tensor([ 20., -40.])
        """
        if self.node is None:
            raise RuntimeError("register_hook: this Tensor requires no gradient")
        return Hook(self.node, hook)

    def detach(self) -> "Tensor":
        """Give a Tensor on the same memory that is a constant for all gradients."""
        return Tensor.make(self.data, None)

    # -- Python's protocols ------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        if self.data.ndim == 0:
            raise TypeError("len() of a 0-d Tensor")
        return len(self.data)

    def __bool__(self) -> bool:
        return bool(self.data)

    def __contains__(self, value: object) -> bool:
        return bool((self.data == (value.data if isinstance(value, Tensor) else value)).any())

    __hash__ = object.__hash__

    def _leave_graph(self, what: str) -> np.ndarray:
        if self.node is not None and mode.recording:
            raise TypeError(_LEAVES_GRAPH.format(what=what))
        return self.data

    def __float__(self) -> float:
        return float(self._leave_graph("float() or math").item())

    def __int__(self) -> int:
        return int(self._leave_graph("int()").item())

    def __complex__(self) -> complex:
        return complex(self._leave_graph("complex()").item())

    def __index__(self) -> int:
        return self.data.__index__()

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        array = self._leave_graph("np.array() or np.asarray()")
        return np.array(array, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        body = np.array2string(self.data, separator=", ", prefix="Tensor(")
        default = self.data.dtype in (np.float64, np.int64, np.bool_)
        suffix = "" if default and self.data.size else f", dtype={self.data.dtype}"
        if not self.data.size and self.data.ndim != 1:
            suffix = f", shape={self.shape}" + suffix
        if self.node is not None:
            suffix += ", requires_grad=True" if self.is_leaf else f", op={self.node.op.name}"  # type: ignore[union-attr]
        return f"Tensor({body}{suffix})"

    def __format__(self, spec: str) -> str:
        return format(self.data.item(), spec) if self.data.ndim == 0 else format(str(self), spec)

    def __reduce__(self) -> tuple:
        if not self.is_leaf:
            raise TypeError("copy or pickle: this Tensor was computed and its graph stays here; use tensor.detach()")
        return _rebuild, (self.data, self.requires_grad, self.name)

    def __deepcopy__(self, memo: dict) -> "Tensor":
        make, arguments = self.__reduce__()
        return make(*arguments)

    if TYPE_CHECKING:  # the package binds these, to its sweep and its operations, when it is imported

        def backward(
            self, gradient: ArrayLike | None = None, retain_graph: bool | None = None, create_graph: bool = False
        ) -> None: ...

        T: "Tensor"
        mT: "Tensor"
        real: "Tensor"
        imag: "Tensor"
        device: str

        def to_device(self, device: str, /, *, stream: Any = None) -> "Tensor": ...
        def __array_namespace__(self, /, *, api_version: str | None = None) -> Any: ...

        def __add__(self, other: Any) -> "Tensor": ...
        def __radd__(self, other: Any) -> "Tensor": ...
        def __sub__(self, other: Any) -> "Tensor": ...
        def __rsub__(self, other: Any) -> "Tensor": ...
        def __mul__(self, other: Any) -> "Tensor": ...
        def __rmul__(self, other: Any) -> "Tensor": ...
        def __truediv__(self, other: Any) -> "Tensor": ...
        def __rtruediv__(self, other: Any) -> "Tensor": ...
        def __pow__(self, other: Any) -> "Tensor": ...
        def __rpow__(self, other: Any) -> "Tensor": ...
        def __floordiv__(self, other: Any) -> "Tensor": ...
        def __mod__(self, other: Any) -> "Tensor": ...
        def __rmod__(self, other: Any) -> "Tensor": ...
        def __divmod__(self, other: Any) -> "tuple[Tensor, Tensor]": ...
        def __matmul__(self, other: Any) -> "Tensor": ...
        def __rmatmul__(self, other: Any) -> "Tensor": ...
        def __neg__(self) -> "Tensor": ...
        def __pos__(self) -> "Tensor": ...
        def __abs__(self) -> "Tensor": ...
        def __invert__(self) -> "Tensor": ...
        def __and__(self, other: Any) -> "Tensor": ...
        def __or__(self, other: Any) -> "Tensor": ...
        def __xor__(self, other: Any) -> "Tensor": ...
        def __lshift__(self, other: Any) -> "Tensor": ...
        def __rshift__(self, other: Any) -> "Tensor": ...
        def __lt__(self, other: Any) -> "Tensor": ...
        def __le__(self, other: Any) -> "Tensor": ...
        def __gt__(self, other: Any) -> "Tensor": ...
        def __ge__(self, other: Any) -> "Tensor": ...
        def __eq__(self, other: Any) -> "Tensor": ...  # type: ignore[override]
        def __ne__(self, other: Any) -> "Tensor": ...  # type: ignore[override]
        def __iter__(self) -> "Iterator[Tensor]": ...
        def __getitem__(self, index: Any) -> "Tensor": ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def sum(self, axis: Any = None, dtype: DTypeLike | None = None, **kwargs: Any) -> "Tensor": ...
        def prod(self, axis: Any = None, dtype: DTypeLike | None = None, **kwargs: Any) -> "Tensor": ...
        def mean(self, axis: Any = None, dtype: DTypeLike | None = None, **kwargs: Any) -> "Tensor": ...
        def var(self, axis: Any = None, dtype: DTypeLike | None = None, **kwargs: Any) -> "Tensor": ...
        def std(self, axis: Any = None, dtype: DTypeLike | None = None, **kwargs: Any) -> "Tensor": ...
        def max(self, axis: Any = None, **kwargs: Any) -> "Tensor": ...
        def min(self, axis: Any = None, **kwargs: Any) -> "Tensor": ...
        def cumsum(self, axis: int | None = None, dtype: DTypeLike | None = None) -> "Tensor": ...
        def cumprod(self, axis: int | None = None, dtype: DTypeLike | None = None) -> "Tensor": ...
        def reshape(self, *shape: Any) -> "Tensor": ...
        def transpose(self, *axes: Any) -> "Tensor": ...
        def astype(self, dtype: DTypeLike, copy: bool = True) -> "Tensor": ...
        def ravel(self, order: str = "C") -> "Tensor": ...
        def flatten(self, order: str = "C") -> "Tensor": ...
        def repeat(self, repeats: Any, axis: int | None = None) -> "Tensor": ...
        def take(self, indices: Any, axis: int | None = None, mode: str = "raise") -> "Tensor": ...
        def choose(self, choices: Any, mode: str = "raise") -> "Tensor": ...
        def compress(self, condition: Any, axis: int | None = None) -> "Tensor": ...
        def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> "Tensor": ...
        def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> "Tensor": ...
        def dot(self, b: Any) -> "Tensor": ...
        def round(self, decimals: int = 0) -> "Tensor": ...
        def conj(self) -> "Tensor": ...
        def sort(self, axis: int = -1) -> None: ...
        def partition(self, kth: Any, axis: int = -1) -> None: ...
        def argsort(self, axis: int | None = -1) -> "Tensor": ...
        def argpartition(self, kth: Any, axis: int | None = -1) -> "Tensor": ...
        def searchsorted(self, v: Any, side: str = "left") -> "Tensor": ...
        def nonzero(self) -> "tuple[Tensor, ...]": ...
        def fill(self, value: Any) -> None: ...
        def put(self, indices: Any, values: Any, mode: str = "raise") -> None: ...


_LEAVES_GRAPH = (
    "{what} would drop this Tensor's gradient without saying so; use the function of this package or of NumPy "
    "(ag.exp(t), np.exp(t), ag.stack([t, u])), or tensor.detach(), tensor.data or tensor.item() for the value alone"
)


def _rebuild(data: np.ndarray, requires_grad: bool, name: str | None) -> Tensor:
    return Tensor(data, requires_grad, name=name)
