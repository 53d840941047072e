"""Largest and smallest elements over axes: max, min, ptp, and those that skip nan."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from backprop.functions.bases import method
from backprop.functions.cases import case
from backprop.functions.elementwise.piecewise import maximum, minimum
from backprop.functions.reductions.reductions import Functions, Reduction, over
from backprop.functions.registry import implements
from backprop.functions.shaping.shapes import in_dtype
from backprop.ground.arrays import Array, Axes, Operand
from backprop.ground.compat import override
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["amax", "amin", "max", "min", "nanmax", "nanmin", "ptp"]


class _Extreme(Reduction, fresh=True):
    """The gradient that Max and Min share: the elements that are equal to y share it equally."""

    __slots__ = ()

    @override
    def backward(self, gy: Array) -> Array:
        tied = self.tied()
        share = np.broadcast_to(over(self.kept(gy), self.shares(tied)), self.x.shape)
        return np.where(tied, share, gy.dtype.type(0))

    @override
    def jvp(self, tx: Array) -> Array:
        tied = self.tied()
        total = self.total(np.where(tied, tx, tx.dtype.type(0)))
        return self.dropped(over(total, self.shares(tied)))

    def tied(self) -> NDArray[np.bool_]:
        """Which elements are equal to y; where y is nan, which elements are nan."""
        y = self.kept(self.y)
        tied = np.equal(self.x, y) & self.where
        if np.any(np.isnan(y)):
            tied |= np.isnan(self.x) & np.isnan(y) & self.counted
        return tied

    def shares(self, tied: NDArray[np.bool_]) -> NDArray[np.intp]:
        """How many share each cotangent: the tied elements, and `initial` if it is equal too."""
        n: NDArray[np.intp] = np.sum(tied, self.axis, keepdims=True)
        if self.initial is not None:
            n = n + np.equal(self.kept(self.y), self.initial)
        return np.maximum(n, 1)


class Max(_Extreme, fresh=True):
    """y = max x over `axis`, of the elements where `where` is true and of `initial`.

    Elements that are equal to y (ties) share the gradient equally.
    """

    __slots__ = ()
    functions: ClassVar[Functions] = (np.max, np.nanmax)


class Min(_Extreme, fresh=True):
    """y = min x over `axis`, of the elements where `where` is true and of `initial`.

    Elements that are equal to y (ties) share the gradient equally.
    """

    __slots__ = ()
    functions: ClassVar[Functions] = (np.min, np.nanmin)


@implements(
    np.max,
    np.amax,
    cases=lambda: [
        case("np.max(x)", x=()),
        case("np.max(x)", x=(2, 3)),
        case("np.max(x, axis=-1, keepdims=True)", x=(2, 3)),
        case("np.max(x, axis=(0, -1))", x=(2, 1, 3)),
        case("np.max(x, axis=0, initial=1.0, where=[True, False, True])", x=(2, 3)),
        case("np.max(x, axis=0, initial=-3.0)", x=(0, 3)),
        case("np.max(np.where([True, False], x, onp.nan), axis=0)[:1]", x=(3, 2)),
    ],
    kink="ties share equally",
)
def max(
    x: Operand,
    /,
    axis: Axes = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The largest element over `axis` (all axes if None): numpy.max; ties share the gradient.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.
    initial : float, optional
        What counts as one more element.
    where : array_like, default True
        Which elements count: an array of bools that broadcasts to `x`.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([3.0, 1.0, 3.0]))
    >>> max(x).backward()
    >>> x.grad
    array([0.5, 0. , 0.5])
    """
    return Max(axis, keepdims, where, initial)(x)


@implements(
    np.min,
    np.amin,
    cases=lambda: [
        case("np.min(x)", x=(2, 3)),
        case("np.min(x, axis=-1, keepdims=True)", x=(2, 3)),
        case("np.min(x, axis=(0, -1), initial=1.0, where=[True, False, True])", x=(2, 1, 3)),
        case("np.min(x, axis=1)", x=(0, 3)),
    ],
    kink="ties share equally",
)
def min(
    x: Operand,
    /,
    axis: Axes = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The smallest element over `axis` (all axes if None): numpy.min; ties share the gradient.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.
    initial : float, optional
        What counts as one more element.
    where : array_like, default True
        Which elements count: an array of bools that broadcasts to `x`.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> min(Variable(np.array([3.0, 1.0, 2.0])))
    Variable(1.)
    """
    return Min(axis, keepdims, where, initial)(x)


amax = max
amin = min


@implements(
    np.ptp,
    cases=lambda: [
        case("np.ptp(x)", x=()),
        case("np.ptp(x, axis=-1, keepdims=True)", x=(2, 3)),
        case("np.ptp(x, axis=(0, 2))", x=(2, 1, 2)),
    ],
    kink="ties share equally",
)
def ptp(x: Operand, /, axis: Axes = None, *, keepdims: bool = False) -> Variable:
    """The largest element over `axis` less the smallest: numpy.ptp; ties share the gradient.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> ptp(Variable(np.array([1.0, 4.0])))
    Variable(3.)
    """
    return max(x, axis, keepdims=keepdims) - min(x, axis, keepdims=keepdims)


@implements(
    np.nanmax,
    cases=lambda: [
        case("np.nanmax(np.where([True, False, True], x, onp.nan))", x=(2, 3)),
        case("np.nanmax(np.where([True, False, True], x, onp.nan), axis=-1)", x=(2, 3)),
        case("np.nanmax(x, (0, 1), keepdims=True, initial=0.0, where=[True, False])", x=(2, 2)),
    ],
    kink="ties share equally, a nan has gradient 0",
)
def nanmax(
    x: Operand,
    /,
    axis: Axes = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The largest element over `axis` that is not nan: numpy.nanmax; a nan has gradient 0.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.
    initial : float, optional
        What counts as one more element.
    where : array_like, default True
        Which elements count: an array of bools that broadcasts to `x`.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> nanmax(Variable(np.array([2.0, np.nan, 3.0])))
    Variable(3.)
    """
    return Max(axis, keepdims, where, initial, nan=True)(x)


@implements(
    np.nanmin,
    cases=lambda: [
        case("np.nanmin(np.where([True, False, True], x, onp.nan), axis=-1)", x=(2, 3)),
        case("np.nanmin(x, (0, 1), keepdims=True, initial=0.0, where=[True, False])", x=(2, 2)),
    ],
    kink="ties share equally, a nan has gradient 0",
)
def nanmin(
    x: Operand,
    /,
    axis: Axes = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The smallest element over `axis` that is not nan: numpy.nanmin; a nan has gradient 0.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.
    initial : float, optional
        What counts as one more element.
    where : array_like, default True
        Which elements count: an array of bools that broadcasts to `x`.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> nanmin(Variable(np.array([2.0, np.nan, 3.0])))
    Variable(2.)
    """
    return Min(axis, keepdims, where, initial, nan=True)(x)


@method(
    maximum,
    "reduce",
    cases=lambda: [
        case("onp.maximum.reduce(x)", x=(2, 3)),
        case("onp.maximum.reduce(x, dtype=np.longdouble).astype(x.dtype)", x=(2,)),
        case("onp.maximum.reduce(x, 1, keepdims=True, initial=0.5, where=[True, False])", x=(3, 2)),
    ],
    kink="ties share equally",
)
def maximum_reduce(
    array: Operand,
    /,
    axis: Axes = 0,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The largest element over `axis`, the first one by default: numpy.maximum.reduce.

    Equal largest elements share the gradient equally.

    Parameters
    ----------
    array : array_like or Variable
        The input, of at least one axis.
    axis : int, tuple of int or None, default 0
        The axes that are reduced; None stands for all of them.
    dtype : DTypeLike or None, default None
        The floating dtype that the input is converted to first; None keeps its own.
    keepdims : bool, default False
        Whether the result keeps the reduced axes, with length 1.
    initial : float or None, default None
        A further number that takes part in every reduction.
    where : array_like of bool, default True
        Which elements count; it is broadcast to the shape of the input.

    Returns
    -------
    Variable
        The maximum.
        Its shape is that of the input without the reduced axes, its dtype that of the input.

    Examples
    --------
    >>> from backprop import Variable
    >>> np.maximum.reduce(Variable(np.array([[1.0, 5.0], [3.0, 2.0]])))
    Variable([3., 5.])
    """
    return Max(axis, keepdims, where, initial)(in_dtype(array, dtype))


@method(
    minimum,
    "reduce",
    cases=lambda: [
        case("onp.minimum.reduce(x)", x=(2, 3)),
        case("onp.minimum.reduce(x, dtype=np.longdouble).astype(x.dtype)", x=(2,)),
        case("onp.minimum.reduce(x, 1, keepdims=True, initial=0.5, where=[True, False])", x=(3, 2)),
    ],
    kink="ties share equally",
)
def minimum_reduce(
    array: Operand,
    /,
    axis: Axes = 0,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The smallest element over `axis`, the first one by default: numpy.minimum.reduce.

    Equal smallest elements share the gradient equally.

    Parameters
    ----------
    array : array_like or Variable
        The input, of at least one axis.
    axis : int, tuple of int or None, default 0
        The axes that are reduced; None stands for all of them.
    dtype : DTypeLike or None, default None
        The floating dtype that the input is converted to first; None keeps its own.
    keepdims : bool, default False
        Whether the result keeps the reduced axes, with length 1.
    initial : float or None, default None
        A further number that takes part in every reduction.
    where : array_like of bool, default True
        Which elements count; it is broadcast to the shape of the input.

    Returns
    -------
    Variable
        The minimum.
        Its shape is that of the input without the reduced axes, its dtype that of the input.

    Examples
    --------
    >>> from backprop import Variable
    >>> np.minimum.reduce(Variable(np.array([[1.0, 5.0], [3.0, 2.0]])))
    Variable([1., 2.])
    """
    return Min(axis, keepdims, where, initial)(in_dtype(array, dtype))
