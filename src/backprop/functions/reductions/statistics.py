"""Variances and standard deviations: var, std, and nanvar and nanstd, which skip nan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from backprop.functions import ufuncs as uf
from backprop.functions.cases import case
from backprop.functions.cotangents import absorb
from backprop.functions.reductions.reductions import Functions, Reduction, over, values
from backprop.functions.registry import implements
from backprop.functions.shaping.shapes import in_dtype
from backprop.ground.arrays import Array, Axes, Operand
from backprop.ground.compat import override
from backprop.ground.domain import Interval
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["nanstd", "nanvar", "std", "var"]

# Where numbers are of one size: central differences, whose steps are parts of x or of 1, cannot
# tell how fast the slope of a spread changes if that depends on others that are between the two.
NEAR: Final = Interval(1.0, 9.0)


class _Spread(Reduction, fresh=True):
    """What Var and Std share: the deviations from the mean, and the degrees of freedom."""

    __slots__ = ("ddof",)

    def __init__(
        self,
        axis: Axes = None,
        keepdims: bool = False,
        where: ArrayLike = True,
        ddof: float = 0,
        nan: bool = False,
    ) -> None:
        super().__init__(axis, keepdims, where, nan=nan)
        self.ddof: float = ddof

    @override
    def forward(self, x: Array) -> Array:
        return self.reduce(x, ddof=self.ddof)

    def centred(self) -> Array:
        """The deviation of each element of x from the mean; 0 where it does not count."""
        return self.masked(centred(self.masked(self.x), self.axis, self.counted, self.count()))

    def freedom(self) -> Array:
        """The degrees of freedom n - ddof of each group, and 0 where that is negative."""
        return np.maximum(np.subtract(self.count(), self.ddof), 0).astype(np.longdouble)

    def share(self, g: Array, n: Array) -> Array:
        """Divide `g` by `n`, with 0 / 0 = 0: so the gradient of what does not count is 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            share = over(g, n)
        return share if np.all(n) else np.where(np.equal(g, 0) & np.equal(n, 0), g, share)


class Var(_Spread, fresh=True):
    """y = Σ (x - mean x)² / (n - ddof) over `axis`, the variance.

    dy/dx = 2 (x - mean x) / (n - ddof).
    """

    __slots__ = ()
    functions: ClassVar[Functions] = (np.var, np.nanvar)

    @override
    def backward(self, gy: Array) -> Array:
        share = self.share(self.kept(gy), self.freedom() / 2)
        return self.masked(absorb(share, self.centred()))

    @override
    def jvp(self, tx: Array) -> Array:
        total = self.total(uf.multiply(self.masked(tx), self.centred(), out=...))
        return self.dropped(self.share(total, self.freedom() / 2))


class Std(_Spread, fresh=True):
    """y = √var x over `axis`, the standard deviation.

    dy/dx = u / √(n - ddof) with the unit vector u = (x - mean x) / ‖x - mean x‖. Where all elements
    are equal the gradient is 0.
    """

    __slots__ = ()
    functions: ClassVar[Functions] = (np.std, np.nanstd)

    @override
    def backward(self, gy: Array) -> Array:
        share = self.share(self.kept(gy), np.sqrt(self.freedom()))
        return self.masked(absorb(share, unit(self.centred(), self.axis)))

    @override
    def jvp(self, tx: Array) -> Array:
        u = unit(self.centred(), self.axis)
        total = self.total(uf.multiply(self.masked(tx), u, out=...))
        return self.dropped(self.share(total, np.sqrt(self.freedom())))


def centred(x: Any, axis: Axes, counted: Any, n: int | NDArray[np.intp]) -> Any:
    """Subtract its mean from `x`; the result is exactly 0 where all elements that count are equal.

    First one of the elements is subtracted from all: the rest of the mean is then small and loses
    no digits.
    """
    data = values(x)
    first = np.max(data, axis, keepdims=True, where=counted, initial=-np.inf)
    first = np.where(np.isfinite(first), first, data.dtype.type(0))
    moved = x - first if counted is True else np.where(counted, x - first, data.dtype.type(0))
    return moved - over(uf.sum(moved, axis, keepdims=True), np.maximum(n, 1))


def unit(d: Any, axis: Axes) -> Any:
    """Divide `d` by its norm, without overflow or underflow; 0 where all of `d` is 0."""
    data = values(d)
    largest = np.max(abs(data), axis, keepdims=True, initial=0)
    nothing = np.equal(largest, 0)
    scale = np.ldexp(data.dtype.type(1), np.frexp(largest)[1] - 1)
    u = np.where(nothing, data.dtype.type(0), d / scale)
    return u / uf.sqrt(uf.sum(uf.square(u), axis, keepdims=True) + nothing.astype(data.dtype))


def _freedoms(ddof: float, correction: float | None) -> float:
    """Give the one number that both keywords, `ddof` and `correction`, name.

    Raises ValueError if both are given.
    """
    if correction is None:
        return ddof
    if ddof != 0:
        raise ValueError("ddof and correction can't be provided simultaneously.")
    return correction


@implements(
    np.var,
    cases=lambda: [
        case("np.var(x)", x=()),
        case("np.var(x, 0, np.longdouble).astype(x.dtype)", x=(2, 3)),
        case("np.var(x)", x=(2, 3)),
        case("np.var(x, axis=-1, ddof=1, keepdims=True)", x=(2, 3)),
        case("np.var(x, axis=(0, -1), correction=0.5)", x=(2, 1, 3)),
        case("np.var(x, axis=0, where=[[True, False], [True, True], [True, True]])", x=(3, 2)),
        case("np.var(x, axis=1)", x=(0, 3)),
    ],
)
def var(
    x: Operand,
    /,
    axis: Axes = None,
    dtype: DTypeLike | None = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: ArrayLike = True,
    correction: float | None = None,
) -> Variable:
    """The variance over `axis`, Σ (x - mean x)² / (n - ddof): numpy.var.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
    ddof : float, default 0
        The divisor is the number of elements less this.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.
    where : array_like, default True
        Which elements count: an array of bools that broadcasts to `x`.
    correction : float, optional
        Another name of `ddof`.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([1.0, 2.0, 6.0]))
    >>> y = var(x, ddof=1)
    >>> y.backward()
    >>> y, x.grad
    (Variable(7.), array([-2., -1.,  3.]))
    """
    return Var(axis, keepdims, where, _freedoms(ddof, correction))(in_dtype(x, dtype))


@implements(
    np.std,
    cases=lambda: [
        case("np.std(x)", NEAR, x=()),
        case("np.std(x, 1, np.longdouble).astype(x.dtype)", NEAR, x=(2, 3)),
        case("np.std(x)", NEAR, x=(2, 3)),
        case("np.std(x, axis=-1, ddof=1, keepdims=True)", NEAR, x=(2, 3)),
        case("np.std(x, axis=(0, -1), correction=0.5)", NEAR, x=(2, 1, 3)),
        case(
            "np.std(x, axis=0, where=[[True, False], [True, True], [True, True], [True, True]])",
            NEAR,
            x=(4, 2),
        ),
        case("np.std(x, axis=1)", NEAR, x=(0, 3)),
    ],
    kink="of equal elements 0",
)
def std(
    x: Operand,
    /,
    axis: Axes = None,
    dtype: DTypeLike | None = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: ArrayLike = True,
    correction: float | None = None,
) -> Variable:
    """The standard deviation over `axis`: numpy.std; of equal elements its gradient is 0.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
    ddof : float, default 0
        The divisor is the number of elements less this.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.
    where : array_like, default True
        Which elements count: an array of bools that broadcasts to `x`.
    correction : float, optional
        Another name of `ddof`.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([0.1, 0.1, 0.1]))
    >>> std(x).backward()
    >>> x.grad
    array([0., 0., 0.])
    """
    return Std(axis, keepdims, where, _freedoms(ddof, correction))(in_dtype(x, dtype))


@implements(
    np.nanvar,
    cases=lambda: [
        case("np.nanvar(np.where([True, False, True], x, onp.nan), axis=-1)", x=(2, 3)),
        case("np.nanvar(x, 0, ddof=1, keepdims=True, where=[[True], [True], [False]])", x=(3, 2)),
        case("np.nanvar(np.where([True, True, False], x, onp.nan), correction=0.5)", x=(2, 3)),
        case("np.nanvar(x, dtype=np.longdouble).astype(x.dtype)", x=(2, 3)),
    ],
    kink="a nan has gradient 0",
)
def nanvar(
    x: Operand,
    /,
    axis: Axes = None,
    dtype: DTypeLike | None = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: ArrayLike = True,
    correction: float | None = None,
) -> Variable:
    """The variance over `axis` of what is not nan: numpy.nanvar; a nan has gradient 0.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
    ddof : float, default 0
        The divisor is the number of elements less this.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.
    where : array_like, default True
        Which elements count: an array of bools that broadcasts to `x`.
    correction : float, optional
        Another name of `ddof`.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> nanvar(Variable(np.array([2.0, np.nan, 4.0])))
    Variable(1.)
    """
    return Var(axis, keepdims, where, _freedoms(ddof, correction), nan=True)(in_dtype(x, dtype))


@implements(
    np.nanstd,
    cases=lambda: [
        case("np.nanstd(np.where([True, False, True, True], x, onp.nan), axis=-1)", NEAR, x=(2, 4)),
        case("np.nanstd(x, dtype=np.longdouble).astype(x.dtype)", NEAR, x=(2, 3)),
        case(
            "np.nanstd(x, 0, ddof=1, keepdims=True, where=onp.arange(4)[:, None] < 3)",
            NEAR,
            x=(4, 2),
        ),
        case(
            "np.nanstd(np.where([True, True, False], x, onp.nan), correction=0.5)", NEAR, x=(2, 3)
        ),
    ],
    kink="of equal elements 0, a nan has gradient 0",
)
def nanstd(
    x: Operand,
    /,
    axis: Axes = None,
    dtype: DTypeLike | None = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: ArrayLike = True,
    correction: float | None = None,
) -> Variable:
    """The standard deviation over `axis` of what is not nan: numpy.nanstd.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
    ddof : float, default 0
        The divisor is the number of elements less this.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.
    where : array_like, default True
        Which elements count: an array of bools that broadcasts to `x`.
    correction : float, optional
        Another name of `ddof`.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> nanstd(Variable(np.array([2.0, np.nan, 4.0])))
    Variable(1.)
    """
    return Std(axis, keepdims, where, _freedoms(ddof, correction), nan=True)(in_dtype(x, dtype))
