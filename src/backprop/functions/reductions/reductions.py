"""Sums over axes (sum, nansum), and Reduction, the base class of all rules that reduce axes."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from backprop.functions import ufuncs as uf
from backprop.functions.bases import method
from backprop.functions.cases import case
from backprop.functions.elementwise.arithmetic import add
from backprop.functions.registry import implements
from backprop.functions.shaping.shapes import in_dtype
from backprop.ground.arrays import Array, Axes, Operand, Shape
from backprop.ground.compat import override
from backprop.kernel.function import Function
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    Mask: TypeAlias = NDArray[np.bool_] | Literal[True]  # the elements that count; True if all do

Functions: TypeAlias = tuple[Callable[..., Array], Callable[..., Array]]  # NumPy's, without nan

__all__ = ["nansum", "sum"]


class Reduction(Function, fresh=True):
    """The base class of rules that reduce axes: it holds the settings and restores the shape of x.

    A subclass names in `functions` the NumPy function that it computes, and the one that skips nan.
    """

    __slots__ = ("axis", "initial", "keepdims", "nan", "where")
    functions: ClassVar[Functions]
    where: Mask

    def __init__(
        self,
        axis: Axes = None,
        keepdims: bool = False,
        where: ArrayLike = True,
        initial: float | None = None,
        nan: bool = False,
    ) -> None:
        self.axis: Axes = axis
        self.keepdims: bool = keepdims
        self.where = mask(where)
        self.initial: float | None = None if initial is None else float(initial)
        self.nan: bool = nan

    @override
    def forward(self, x: Array) -> Array:
        return self.reduce(x, initial=self.initial)

    def reduce(self, x: Array, **settings: Any) -> Array:
        """Call the NumPy function of the rule with its settings, without those that are None."""
        given = {k: v for k, v in settings.items() if v is not None}
        if self.where is not True:
            given["where"] = self.where
        return self.functions[self.nan](x, axis=self.axis, keepdims=self.keepdims, **given)

    @property
    def counted(self) -> Mask:
        """A mask of the elements of x that count; True if all do."""
        if not self.nan:
            return self.where
        there: NDArray[np.bool_] = ~np.isnan(self.x)
        return there & self.where

    def count(self) -> int | NDArray[np.intp]:
        """How many elements count in each group: one number, or an array with all axes."""
        shape: Shape = self.x.shape
        counted = self.counted
        if counted is True:
            return prod([shape[a] for a in axes_of(self.axis, len(shape))])
        n: NDArray[np.intp] = np.sum(np.broadcast_to(counted, shape), self.axis, keepdims=True)
        return n

    def masked(self, v: Array, otherwise: float = 0.0) -> Array:
        """Replace in `v` the elements that do not count by the number `otherwise`."""
        counted = self.counted
        return v if counted is True else np.where(counted, v, v.dtype.type(otherwise))

    def kept(self, y: Array) -> Array:
        """Reshape `y` so that it keeps the reduced axes, with length 1; a number has none."""
        plain = self.keepdims or self.axis is None
        return y if plain else y.reshape(reduced(self.x.shape, self.axis))

    def spread(self, y: Array) -> Array:
        """Broadcast `y`, one value for each group, to the shape of x."""
        return np.broadcast_to(self.kept(y), self.x.shape)

    def total(self, v: Array) -> Array:
        """Sum `v` over each group; the reduced axes are kept."""
        return uf.sum(v, self.axis, keepdims=True)

    def dropped(self, v: Array) -> Array:
        """Reshape `v`, which has kept the reduced axes, to the shape of y."""
        return v if self.keepdims else v.reshape(self.y.shape)


def axes_of(axis: Axes, ndim: int) -> tuple[int, ...]:
    """Give `axis` as a tuple of axes that are not negative; an array without axes has none."""
    if axis is None:
        return tuple(range(ndim))
    return normalize_axis_tuple(axis, ndim) if ndim else ()


def reduced(shape: Shape, axis: Axes) -> Shape:
    """Give `shape` with length 1 along the axes that are reduced."""
    gone = axes_of(axis, len(shape))
    return tuple(1 if i in gone else n for i, n in enumerate(shape))


def mask(where: object) -> Mask:
    """Copy the argument `where` to an array of bool; True stands for all elements."""
    return True if where is True else np.array(where, np.bool_)


def values(x: Array | Variable) -> Array:
    """Give the plain array of an array or a Variable, for what a rule treats as constant."""
    return x.data if isinstance(x, Variable) else x


def over(g: Array, n: int | NDArray[Any]) -> Array:
    """Divide `g` by the counts `n` in the dtype of `g`, even if that is too narrow to hold n.

    Where none counts the quotient is nan or infinite, without a warning.
    """
    if isinstance(n, int) and n > 0 and g.dtype.itemsize == 8:
        return uf.divide(g, float(n), out=...)
    wide = np.promote_types(g.dtype, np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = uf.divide(g.astype(wide, copy=False), np.asarray(n, wide), out=...)
    return quotient.astype(g.dtype, copy=False)


class Sum(Reduction, fresh=True):
    """y = Σ x over `axis`, of the elements where `where` is true and of `initial`; dy/dx = 1."""

    __slots__ = ()
    functions: ClassVar[Functions] = (np.sum, np.nansum)

    @override
    def backward(self, gy: Array) -> Array:
        return self.masked(self.spread(gy))

    @override
    def jvp(self, tx: Array) -> Array:
        return self.dropped(self.total(self.masked(tx)))


@implements(
    np.sum,
    cases=lambda: [
        case("np.sum(x)", x=()),
        case("np.sum(x, 0, np.longdouble).astype(x.dtype)", x=(2, 3)),
        case("np.sum(x)", x=(2, 3)),
        case("np.sum(x, axis=0)", x=(2, 3)),
        case("np.sum(x, axis=-1, keepdims=True)", x=(2, 3)),
        case("np.sum(x, axis=(0, -1))", x=(2, 1, 3)),
        case("np.sum(x, axis=())", x=(2, 3)),
        case("np.sum(x, axis=0, where=[True, False, True])", x=(2, 3)),
        case("np.sum(x, initial=3.0, keepdims=True)", x=(2, 3)),
        case("np.sum(x, axis=0)", x=(0, 3)),
    ],
)
def sum(
    x: Operand,
    /,
    axis: Axes = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The sum over `axis` (all axes if None) of the elements where `where` is true: numpy.sum.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
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
    >>> x = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> y = sum(x, axis=0)
    >>> y.backward()
    >>> y, x.grad
    (Variable([4., 6.]), array([[1., 1.], [1., 1.]]))
    """
    return Sum(axis, keepdims, where, initial)(in_dtype(x, dtype))


@implements(
    np.nansum,
    cases=lambda: [
        case("np.nansum(x)", x=(2, 3)),
        case("np.nansum(x, dtype=np.longdouble).astype(x.dtype)", x=(2, 3)),
        case("np.nansum(np.where([True, False, True], x, onp.nan), axis=0)", x=(2, 3)),
        case(
            "np.nansum(np.where([True, False, True], x, onp.nan), -1, keepdims=True, initial=2.0, "
            "where=[False, True, True])",
            x=(2, 3),
        ),
    ],
    kink="a nan has gradient 0",
)
def nansum(
    x: Operand,
    /,
    axis: Axes = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The sum over `axis`, nan counted as 0: numpy.nansum; a nan has gradient 0.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
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
    >>> nansum(Variable(np.array([2.0, np.nan, 3.0])))
    Variable(5.)
    """
    return Sum(axis, keepdims, where, initial, nan=True)(in_dtype(x, dtype))


@method(
    add,
    "reduce",
    cases=lambda: [
        case("onp.add.reduce(x)", x=(2, 3)),
        case("onp.add.reduce(x, dtype=np.longdouble).astype(x.dtype)", x=(2, 3)),
        case(
            "onp.add.reduce(x, 1, keepdims=True, initial=2.0, where=[True, False, True])", x=(2, 3)
        ),
    ],
)
def add_reduce(
    array: Operand,
    /,
    axis: Axes = 0,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The sum over `axis`, the first one by default: numpy.add.reduce.

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
        The sum.
        Its shape is that of the input without the reduced axes, its dtype that of the input.

    Examples
    --------
    >>> from backprop import Variable
    >>> np.add.reduce(Variable(np.array([[1.0, 5.0], [3.0, 2.0]])))
    Variable([4., 7.])
    """
    return Sum(axis, keepdims, where, initial)(in_dtype(array, dtype))
