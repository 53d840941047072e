"""The methods that ndarray has and Variable too: each is NumPy's function of the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from backprop.kernel.operators import Operators, V
from backprop.kernel.table import call

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from backprop.ground.arrays import Axes, MemoryOrder, Mode, Operand, Order, Shape

    DType: TypeAlias = DTypeLike | None


class Methods(Operators[V]):
    """The base of Variable that gives it ndarray's methods; see numpy.ndarray for what they do."""

    __slots__ = ()

    @property
    def T(self) -> V:  # noqa: N802 (NumPy's name)
        """The transpose: all axes in reverse order."""
        return call(np.transpose, self)

    @property
    def mT(self) -> V:  # noqa: N802
        """The matrix transpose: the last two axes swapped."""
        return call(np.matrix_transpose, self)

    @property
    def real(self) -> V:
        """numpy.real of this Variable: itself, for it is real."""
        return call(np.real, self)

    @property
    def imag(self) -> V:
        """numpy.imag of this Variable: zeros."""
        return call(np.imag, self)

    def conj(self) -> V:
        """numpy.conjugate of this Variable: itself, for it is real."""
        return call(np.conjugate, self)

    def conjugate(self) -> V:
        """numpy.conjugate of this Variable: itself, for it is real."""
        return call(np.conjugate, self)

    def sum(
        self, axis: Axes = None, dtype: DType = None, *, keepdims: bool = False, **kwargs: Any
    ) -> V:
        """numpy.sum of this Variable."""
        return call(np.sum, self, axis=axis, dtype=dtype, keepdims=keepdims, **kwargs)

    def mean(
        self, axis: Axes = None, dtype: DType = None, *, keepdims: bool = False, **kwargs: Any
    ) -> V:
        """numpy.mean of this Variable."""
        return call(np.mean, self, axis=axis, dtype=dtype, keepdims=keepdims, **kwargs)

    def prod(
        self, axis: Axes = None, dtype: DType = None, *, keepdims: bool = False, **kwargs: Any
    ) -> V:
        """numpy.prod of this Variable."""
        return call(np.prod, self, axis=axis, dtype=dtype, keepdims=keepdims, **kwargs)

    def max(self, axis: Axes = None, *, keepdims: bool = False, **kwargs: Any) -> V:
        """numpy.max of this Variable."""
        return call(np.max, self, axis=axis, keepdims=keepdims, **kwargs)

    def min(self, axis: Axes = None, *, keepdims: bool = False, **kwargs: Any) -> V:
        """numpy.min of this Variable."""
        return call(np.min, self, axis=axis, keepdims=keepdims, **kwargs)

    def var(
        self, axis: Axes = None, dtype: DType = None, *, keepdims: bool = False, **kwargs: Any
    ) -> V:
        """numpy.var of this Variable."""
        return call(np.var, self, axis=axis, dtype=dtype, keepdims=keepdims, **kwargs)

    def std(
        self, axis: Axes = None, dtype: DType = None, *, keepdims: bool = False, **kwargs: Any
    ) -> V:
        """numpy.std of this Variable."""
        return call(np.std, self, axis=axis, dtype=dtype, keepdims=keepdims, **kwargs)

    def cumsum(self, axis: int | None = None, dtype: DType = None) -> V:
        """numpy.cumsum of this Variable."""
        return call(np.cumsum, self, axis=axis, dtype=dtype)

    def cumprod(self, axis: int | None = None, dtype: DType = None) -> V:
        """numpy.cumprod of this Variable."""
        return call(np.cumprod, self, axis=axis, dtype=dtype)

    def reshape(self, *shape: int | Shape, order: Order = "C", copy: bool | None = None) -> V:
        """numpy.reshape of this Variable; the new shape is a tuple or several ints."""
        return call(np.reshape, self, _one(shape), order, copy=copy)

    def copy(self, order: MemoryOrder = "C") -> V:
        """numpy.copy of this Variable."""
        return call(np.copy, self, order)

    def ravel(self, order: Order = "C") -> V:
        """numpy.ravel of this Variable."""
        return call(np.ravel, self, order)

    def flatten(self, order: Order = "C") -> V:
        """numpy.ravel of this Variable."""
        return call(np.ravel, self, order)

    def transpose(self, *axes: int | Shape | None) -> V:
        """numpy.transpose of this Variable; the axes are a tuple or several ints."""
        return call(np.transpose, self, _one(axes) if axes else None)

    def swapaxes(self, axis1: int, axis2: int) -> V:
        """numpy.swapaxes of this Variable."""
        return call(np.swapaxes, self, axis1, axis2)

    def squeeze(self, axis: Axes = None) -> V:
        """numpy.squeeze of this Variable."""
        return call(np.squeeze, self, axis=axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> V:
        """numpy.diagonal of this Variable."""
        return call(np.diagonal, self, offset, axis1, axis2)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: DType = None) -> V:
        """numpy.trace of this Variable."""
        return call(np.trace, self, offset, axis1, axis2, dtype)

    def repeat(self, repeats: ArrayLike, axis: int | None = None) -> V:
        """numpy.repeat of this Variable."""
        return call(np.repeat, self, repeats, axis=axis)

    def take(self, indices: ArrayLike, axis: int | None = None, *, mode: Mode = "raise") -> V:
        """numpy.take of this Variable."""
        return call(np.take, self, indices, axis=axis, mode=mode)

    def compress(self, condition: ArrayLike, axis: int | None = None) -> V:
        """numpy.compress of this Variable."""
        return call(np.compress, condition, self, axis=axis)

    def clip(self, min: Operand | None = None, max: Operand | None = None) -> V:  # noqa: A002
        """numpy.clip of this Variable."""
        return call(np.clip, self, min, max)

    def round(self, decimals: int = 0) -> V:
        """numpy.round of this Variable; its gradient is 0."""
        return call(np.round, self, decimals)

    def dot(self, b: Operand) -> V:
        """numpy.dot of this Variable and another."""
        return call(np.dot, self, b)

    def astype(self, dtype: DTypeLike, *, copy: bool = True) -> V:
        """This Variable in another dtype of floats; its gradient comes back in its own.

        `copy=False` gives this Variable itself if it has that dtype already, as ndarray's does.
        """
        same = not copy and np.dtype(dtype) == self._plain().dtype
        return self if same else call(np.astype, self, dtype)  # type: ignore[return-value]  # a mixin

    def argmax(self, axis: int | None = None, *, keepdims: bool = False) -> NDArray[np.intp]:
        """numpy.argmax of the data."""
        return np.asarray(np.argmax(self._plain(), axis, keepdims=keepdims))

    def argmin(self, axis: int | None = None, *, keepdims: bool = False) -> NDArray[np.intp]:
        """numpy.argmin of the data."""
        return np.asarray(np.argmin(self._plain(), axis, keepdims=keepdims))

    def argsort(self, axis: int | None = -1, *, stable: bool | None = None) -> NDArray[np.intp]:
        """numpy.argsort of the data."""
        return np.argsort(self._plain(), axis=axis, stable=stable)


def _one(items: tuple[int | Shape | None, ...]) -> object:
    return items[0] if len(items) == 1 else items
