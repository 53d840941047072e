"""What the kernel asks of arrays: their types, what is taken for one, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Real
from operator import index
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Protocol, TypeAlias

import numpy as np
from numpy import ndarray

from backprop.errors import DataError
from backprop.ground.narrowing import is_scalar

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import TypeIs

    Array: TypeAlias = NDArray[np.floating[Any]]
    _Number: TypeAlias = np.floating[Any] | np.integer[Any] | np.bool_
    Numbers: TypeAlias = NDArray[_Number] | _Number

    class _Holder(Protocol):  # an array of numbers, of whatever library
        def __array__(self) -> NDArray[_Number]: ...

    # To a depth of four: without end a str would be one too, a sequence of sequences of sequences.
    _Item: TypeAlias = _Holder | _Number | float
    _Line: TypeAlias = _Item | Sequence[_Item]
    _Table: TypeAlias = _Item | Sequence[_Line]
    Data: TypeAlias = _Item | Sequence[_Item | Sequence[_Table]]
    Result: TypeAlias = Array | np.floating[Any]  # to NumPy's stubs np.sum(x) is a number
else:
    Array = np.ndarray  # numpy.typing would add a twentieth to the time of `import numpy`
    Numbers = np.ndarray | np.floating | np.integer | np.bool_
    Result = np.ndarray | np.floating


Shape: TypeAlias = tuple[int, ...]
Axes: TypeAlias = int | tuple[int, ...] | None
Shapes: TypeAlias = tuple[tuple[Shape, ...], ...]  # one tuple of shapes for each way to call

FLOATS: Final = frozenset(map(np.dtype, (np.float16, np.float32, np.float64, np.longdouble)))
_ONES: Final = {dtype: np.ones((), dtype) for dtype in FLOATS}
_LINE: Final = 100  # the most characters that a message spends on a value


class Container(Protocol):
    """A container of an array and labels that gives the array: pandas Series, xarray.DataArray."""

    def to_numpy(self) -> Any:
        """The values, in the order of position."""
        ...


class Traced:
    """The base class of Variable: it stands for an array in a graph, and is no array."""

    __slots__ = ()
    is_constant: ClassVar[bool] = False  # whether it is computed with, but given no gradient
    _open: bool = False  # whether a transform is calling a function that it differentiates by this

    def _plain(self) -> Array:
        """The value."""
        raise NotImplementedError


_Single: TypeAlias = Traced | Numbers | float | Container
# Lists of Variables are one Variable; not Sequence[Operand], for a text is a sequence of texts.
Operand: TypeAlias = _Single | Sequence[_Single] | Sequence[Sequence[_Single]]
Order: TypeAlias = Literal["C", "F", "A"]
MemoryOrder: TypeAlias = Literal["C", "F", "A", "K"]
Mode: TypeAlias = Literal["raise", "wrap", "clip"]  # what becomes of an index out of bounds


def as_data(data: object) -> Array:
    """`data` as an array of floats: itself if it is one, of whatever library.

    Integers become float64. Raises DataError for anything that holds no real numbers, for bool, and
    for subclasses of ndarray.
    """
    array = as_array(data)
    if array.dtype in FLOATS:
        return array
    if array.dtype.kind in "iu":
        return array.astype(np.float64)
    raise DataError(
        f"a Variable holds real floating-point numbers, got dtype {array.dtype}: {_shown(array)}; "
        "convert it: data.astype(np.float64)"
    )


def as_array(data: object) -> Array:
    """`data` as an array of real numbers or bools, in the machine's byte order: the one door.

    An array that speaks NumPy's protocols (NEP 13 and NEP 18) is taken as it is; containers of an
    array (pandas, xarray) by their values, in the order of position; numbers and nested sequences
    of them are converted as numpy.array does. Raises DataError for all else, and says the way out.
    """
    array = data if is_array(data) else _converted(data)
    if type(array) is not ndarray and isinstance(array, ndarray):
        array = _base_of(array)
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"a Variable holds real floating-point numbers, got dtype {array.dtype}: "
            f"{_shown(array)}; {_way_out(array)}"
        )
    native = array.dtype.newbyteorder("=")
    return array if array.dtype.isnative else array.astype(native)


def is_weak(value: object) -> TypeIs[float]:
    """Whether `value` is a Python number, which takes the dtype of what it meets (NEP 50)."""
    plain = type(value) in (float, int, bool)
    return plain or (isinstance(value, Real) and not isinstance(value, np.generic))


def as_tuple(numbers: int | Iterable[int]) -> tuple[int, ...]:
    """A number alone, one of NumPy's too, as a tuple of it: axes, lengths, argnums."""
    try:
        return (index(numbers),)  # type: ignore[arg-type]  # it is asked
    except TypeError:
        return tuple(map(index, numbers))  # type: ignore[arg-type]  # so it is no number


def is_array(data: object) -> TypeIs[Array]:
    """Whether `data` is an array that speaks NEP 13 and NEP 18, of any library; no Variable."""
    if type(data) is ndarray:
        return True
    speaks = getattr(data, "__array_ufunc__", None) is not None
    return (
        speaks
        and hasattr(data, "__array_function__")
        and hasattr(data, "dtype")
        and not isinstance(data, (np.generic, Traced))
    )


def is_subclass(data: object) -> bool:
    """Whether `data` is a masked array, a matrix or the like, whose operators mean other things."""
    return type(data) is not ndarray and isinstance(data, (ndarray, np.ma.MaskedArray))


def brief(value: object) -> str:
    """`value` in one line, for a message."""
    return _line(repr(value))


def _shown(array: Array) -> str:
    return _line(np.array2string(np.asarray(array), threshold=6))


def _line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LINE else f"{text[: _LINE - 4]} ..."


def _base_of(array: Array) -> Array:
    """A subclass of ndarray as an ndarray, where that says the same."""
    if isinstance(array, np.memmap):
        return array.view(ndarray)
    raise DataError(
        f"{type(array).__name__} is a subclass of ndarray that may change what operators mean; "
        "pass np.asarray(data)" + _of_masked(array)
    )


def _of_masked(array: object) -> str:
    masked = isinstance(array, np.ma.MaskedArray)
    return ", or data.filled(value) for another value where it is masked" if masked else ""


def _converted(data: object) -> Array:
    """An array of what is none: a container of one, a number, a nested sequence of numbers."""
    if callable(getattr(data, "to_numpy", None)):
        return _contained(data)
    if hasattr(data, "__array__") and not is_scalar(data):
        raise DataError(
            f"{_kind(data)} is no array that speaks NumPy's protocols: pass "
            + ("x.numpy()" if hasattr(data, "numpy") else "np.asarray(x)")
        )
    try:
        return np.array(float(data) if is_weak(data) and type(data) is not bool else data)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"a Variable holds an array of floats, got {brief(data)}: {error}"
        ) from error


def _contained(data: Any) -> Array:
    """The values of a container of an array. Raises DataError if they are in no dtype of NumPy."""
    dtype = getattr(data, "dtype", None)
    if dtype is None or isinstance(dtype, np.dtype):
        array: Array = data.to_numpy()
        if array.dtype != object:
            return array
        dtype = array.dtype
    raise DataError(
        f"{_kind(data)} of dtype {dtype} holds no plain numbers: pass data.to_numpy(dtype=float)"
    )


def _kind(data: object) -> str:
    return f"{type(data).__module__.partition('.')[0]}.{type(data).__name__}"


def _way_out(array: Array) -> str:
    if array.dtype.kind == "c":
        return "take its real and imaginary parts as two: data.real, data.imag"
    if array.dtype.kind not in "mMV":
        return "build an array of numbers: np.array([float(value), ...])"
    return "convert it to numbers: data.astype(np.int64).astype(np.float64)"


def copied(array: Array) -> Array:
    """A copy of an array, in its memory order."""
    return array.copy(order="K") if type(array) is ndarray else array.copy()


def read_only(array: Array) -> Array:
    """A view of `array` through which nobody can write; of other libraries' arrays, themselves."""
    if type(array) is not ndarray or not array.flags.writeable:
        return array
    view = array.view()
    view.flags.writeable = False
    return view


def ones_like(x: Array) -> Array:
    """np.ones_like; for an ndarray without its detour through Python, the cost of a node or two."""
    if type(x) is not ndarray:
        return np.ones_like(x)
    if not x.ndim:
        return _ONES[x.dtype].copy()
    ones = np.empty_like(x)
    ones.fill(1.0)
    return ones
