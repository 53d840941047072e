"""NumPy's own functions that give no floats, typed for Variables: of one they take the data.

NumPy's stubs know of arrays only, and so refuse a Variable here; at run time they are the same
functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias, overload

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from backprop.ground.arrays import Array, Axes, Operand, Shape
    from backprop.kernel.variable import Variable

    _Values: TypeAlias = Operand | ArrayLike


class Comparison(Protocol):
    """A ufunc that compares two operands."""

    def __call__(self, x1: _Values, x2: _Values, /, **kwargs: Any) -> NDArray[np.bool_]: ...


class Question(Protocol):
    """A ufunc that tells something of each element, such as isnan."""

    def __call__(self, x: _Values, /, **kwargs: Any) -> NDArray[np.bool_]: ...


class Quantifier(Protocol):
    """Whether something holds for all elements, or for any."""

    @overload
    def __call__(self, a: _Values, axis: None = None, out: None = None) -> np.bool_: ...
    @overload
    def __call__(
        self, a: _Values, axis: Axes = None, out: None = None, keepdims: bool = ..., **kwargs: Any
    ) -> np.bool_ | NDArray[np.bool_]: ...


class Position(Protocol):
    """Where an extreme element is."""

    @overload
    def __call__(self, a: _Values, axis: None = None, out: None = None) -> np.intp: ...
    @overload
    def __call__(
        self, a: _Values, axis: int, out: None = None, *, keepdims: bool = ...
    ) -> NDArray[np.intp]: ...
    @overload
    def __call__(
        self, a: _Values, axis: int | None, out: None = None, *, keepdims: bool
    ) -> NDArray[np.intp] | np.intp: ...
    @overload
    def __call__(
        self, a: _Values, axis: int | None = None, out: None = None, *, keepdims: Literal[True]
    ) -> NDArray[np.intp]: ...


class Sorting(Protocol):
    """The order in which elements ascend."""

    def __call__(
        self,
        a: _Values,
        axis: int | None = -1,
        kind: Literal["quicksort", "mergesort", "heapsort", "stable"] | None = None,
        order: None = None,
        *,
        stable: bool | None = None,
    ) -> NDArray[np.intp]: ...


class Positions(Protocol):
    """Where the elements are that are not zero."""

    def __call__(self, a: _Values) -> NDArray[np.intp]: ...


class Nonzero(Protocol):
    """Where the elements are that are not zero, as an array of indices for each axis."""

    def __call__(self, a: _Values) -> tuple[NDArray[np.intp], ...]: ...


class Count(Protocol):
    """How many elements are not zero."""

    @overload
    def __call__(self, a: _Values, axis: None = None) -> np.intp: ...
    @overload
    def __call__(
        self, a: _Values, axis: Axes = None, *, keepdims: bool = ...
    ) -> np.intp | NDArray[np.intp]: ...


class Place(Protocol):
    """Where values belong among sorted ones."""

    @overload
    def __call__(
        self, a: _Values, v: float, side: Literal["left", "right"] = ..., sorter: None = None
    ) -> np.intp: ...
    @overload
    def __call__(
        self,
        a: _Values,
        v: Variable | NDArray[Any] | Sequence[float],
        side: Literal["left", "right"] = ...,
        sorter: ArrayLike | None = None,
    ) -> NDArray[np.intp]: ...


class Closeness(Protocol):
    """Whether elements are nearly the same, each."""

    def __call__(
        self, a: _Values, b: _Values, rtol: float = ..., atol: float = ..., equal_nan: bool = False
    ) -> NDArray[np.bool_]: ...


class AllClose(Protocol):
    """A ufunc that asks a question of all elements."""

    def __call__(
        self, a: _Values, b: _Values, rtol: float = ..., atol: float = ..., equal_nan: bool = False
    ) -> bool: ...


class Equality(Protocol):
    """Whether shapes and elements are the same."""

    def __call__(self, a1: _Values, a2: _Values, equal_nan: bool = False) -> bool: ...


class Number(Protocol):
    """The number of axes: numpy.ndim."""

    def __call__(self, a: _Values) -> int: ...


class Size(Protocol):
    """The number of elements: numpy.size."""

    def __call__(self, a: _Values, axis: int | None = None) -> int: ...


class Lengths(Protocol):
    """The lengths of all axes: numpy.shape."""

    def __call__(self, a: _Values) -> Shape: ...


class Like(Protocol):
    """A function that makes an array of the shape of another, such as zeros_like."""

    @overload
    def __call__(self, a: Variable) -> Array: ...
    @overload
    def __call__(
        self, a: _Values, dtype: DTypeLike | None = None, **kwargs: Any
    ) -> NDArray[Any]: ...


_numpy: Final[Any] = np  # without its stubs

all: Final[Quantifier] = _numpy.all
any: Final[Quantifier] = _numpy.any
allclose: Final[AllClose] = _numpy.allclose
argmax: Final[Position] = _numpy.argmax
argmin: Final[Position] = _numpy.argmin
argsort: Final[Sorting] = _numpy.argsort
argwhere: Final[Positions] = _numpy.argwhere
array_equal: Final[Equality] = _numpy.array_equal
count_nonzero: Final[Count] = _numpy.count_nonzero
empty_like: Final[Like] = _numpy.empty_like
equal: Final[Comparison] = _numpy.equal
flatnonzero: Final[Positions] = _numpy.flatnonzero
greater: Final[Comparison] = _numpy.greater
greater_equal: Final[Comparison] = _numpy.greater_equal
isclose: Final[Closeness] = _numpy.isclose
isfinite: Final[Question] = _numpy.isfinite
isinf: Final[Question] = _numpy.isinf
isnan: Final[Question] = _numpy.isnan
less: Final[Comparison] = _numpy.less
less_equal: Final[Comparison] = _numpy.less_equal
logical_and: Final[Comparison] = _numpy.logical_and
logical_not: Final[Question] = _numpy.logical_not
logical_or: Final[Comparison] = _numpy.logical_or
logical_xor: Final[Comparison] = _numpy.logical_xor
ndim: Final[Number] = _numpy.ndim
nonzero: Final[Nonzero] = _numpy.nonzero
not_equal: Final[Comparison] = _numpy.not_equal
ones_like: Final[Like] = _numpy.ones_like
searchsorted: Final[Place] = _numpy.searchsorted
shape: Final[Lengths] = _numpy.shape
size: Final[Size] = _numpy.size
zeros_like: Final[Like] = _numpy.zeros_like
