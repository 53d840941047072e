"""Medians, quantiles and percentiles, all by the rule Quantile.

A quantile is a weighted sum of two neighbours among the sorted elements, with weights that depend
on no element. So it is piecewise linear, with kinks only where two elements are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from backprop.errors import UnsupportedError
from backprop.functions import ufuncs as uf
from backprop.functions.cases import case
from backprop.functions.indexing.selection import scatter
from backprop.functions.reductions.reductions import axes_of, values
from backprop.functions.reductions.statistics import NEAR
from backprop.functions.registry import implements
from backprop.ground.arrays import Array, Axes, Operand
from backprop.ground.compat import override
from backprop.kernel.function import Function
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "median",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "percentile",
    "quantile",
]

Method: TypeAlias = Literal[
    "averaged_inverted_cdf",
    "closest_observation",
    "hazen",
    "higher",
    "interpolated_inverted_cdf",
    "inverted_cdf",
    "linear",
    "lower",
    "median_unbiased",
    "midpoint",
    "nearest",
    "normal_unbiased",
    "weibull",
]
_WITHOUT_NAN: Final = frozenset({np.nanmedian, np.nanpercentile, np.nanquantile})
_KINK: Final = "of equal elements one gets the gradient"
_NAN: Final = f"{_KINK}, a nan has gradient 0"


class Quantile(Function, fresh=True):
    """y = (1 - t) aₖ + t aₖ₊₁, where a is x sorted over `axis` and k + t the position of `q` in a.

    `method` says what that position is. Of equal elements one gets the gradient.
    """

    __slots__ = ("axis", "function", "keepdims", "settings")

    def __init__(
        self,
        function: Callable[..., Array],
        axis: Axes = None,
        keepdims: bool = False,
        q: ArrayLike | None = None,
        method: Method = "linear",
    ) -> None:
        self.function: Callable[..., Array] = function
        self.axis: Axes = axis
        self.keepdims: bool = keepdims
        # Not in the dtype of x: so that forward and backward find the same neighbours.
        self.settings: dict[str, Any] = {} if q is None else {"q": _exact(q), "method": method}

    @override
    def forward(self, x: Array) -> Array:
        y = self.function(x, axis=self.axis, keepdims=self.keepdims, **self.settings)
        return np.asarray(y, x.dtype)

    @override
    def backward(self, gy: Array) -> Array:
        x = self.x
        if not x.size:
            return np.zeros_like(x)
        gx: Array = np.zeros_like(x).reshape(-1)
        for place, weight in self.neighbours():
            gx = gx + scatter(
                uf.multiply(gy.reshape(place.shape), weight, out=...), place, gx.shape
            )
        return gx.reshape(x.shape)

    @override
    def jvp(self, tx: Array) -> Array:
        if not tx.size:
            return np.zeros_like(self.y)
        flat = tx.reshape(-1)
        low, high = (uf.multiply(flat[place], weight) for place, weight in self.neighbours())
        return uf.add(low, high, out=...).reshape(self.y.shape)

    def neighbours(self) -> Iterator[tuple[NDArray[np.intp], Array]]:
        """Yield the flat indices in x of aₖ and their weights, then the same for aₖ₊₁.

        Both are arrays with a row for each q and a column for each group.
        """
        x = values(self.x)
        groups = rows(x, self.axis)
        k = self.ranks(groups)
        ends = [np.nan_to_num(rounded(k)).astype(np.intp) for rounded in (np.floor, np.ceil)]
        order = np.argpartition(groups, np.unique(ends), axis=-1)
        places = np.take_along_axis(rows(np.arange(x.size).reshape(x.shape), self.axis), order, -1)
        whole = np.equal(*ends)
        for end in ends:
            weight = np.where(whole, 0.5, 1 - abs(k - end))
            there = places[np.arange(len(places)), end]
            yield there, np.where(np.isnan(k), 0.0, weight).astype(x.dtype)

    def ranks(self, groups: Array) -> NDArray[np.float64]:
        """The position k + t of each q (rows) in each group (columns), nan left out."""
        if self.function not in _WITHOUT_NAN:
            return np.repeat(self.rank(groups.shape[-1]), len(groups), axis=-1)
        n = np.count_nonzero(~np.isnan(groups), axis=-1)
        sizes, which = np.unique(n, return_inverse=True)
        return np.concatenate([self.rank(int(size)) for size in sizes], axis=-1)[:, which]

    def rank(self, n: int) -> NDArray[np.float64]:
        """The position k + t of each q among n sorted elements, as a column; nan if n is 0.

        It is what NumPy finds as the quantile of 0, 1, ..., n - 1.
        """
        if not n:
            return np.full((np.size(self.settings.get("q", 0.5)), 1), np.nan)
        k = self.function(np.arange(n, dtype=np.float64), **self.settings)
        return np.reshape(k, (-1, 1)).astype(np.float64)


def rows(v: NDArray[Any], axis: Axes) -> NDArray[Any]:
    """Reshape `v` to a matrix with one row for each group of elements that is reduced."""
    axes = axes_of(axis, v.ndim)
    kept = tuple(i for i in range(v.ndim) if i not in axes)
    moved = np.transpose(v, (*kept, *axes))
    return moved.reshape(prod(moved.shape[: len(kept)]), prod(moved.shape[len(kept) :]))


def _flat(q: ArrayLike) -> ArrayLike:
    """Give `q` itself; UnsupportedError if it has two axes or more, which NumPy reorders."""
    if np.ndim(q) > 1:
        raise UnsupportedError(
            f"q of shape {np.shape(q)}: the functions without nan take a number or a vector here, "
            "for NumPy mixes its axes with those of x; give q.ravel() and reshape"
        )
    return q


def _exact(q: ArrayLike) -> NDArray[Any]:
    """Copy `q` to an array, at least in float64, so that positions in it are exact."""
    array = np.array(q)
    return array.astype(np.result_type(array, np.float64)) if array.dtype.kind == "f" else array


@implements(
    np.median,
    cases=lambda: [
        case("np.median(x)", NEAR, x=()),
        case("np.median(x)", NEAR, x=(2, 3)),
        case("np.median(x, axis=-1, keepdims=True)", NEAR, x=(2, 4)),
        case("np.median(x, axis=(0, 2))", NEAR, x=(2, 2, 2)),
        case("np.median(x, axis=1)", NEAR, x=(0, 3)),
    ],
    kink=_KINK,
)
def median(x: Operand, /, axis: Axes = None, *, keepdims: bool = False) -> Variable:
    """The middle one of the sorted elements, or the mean of both: numpy.median.

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
    >>> from backprop import Variable
    >>> x = Variable(np.array([4.0, 1.0, 3.0, 9.0]))
    >>> y = median(x)
    >>> y.backward()
    >>> y, x.grad
    (Variable(3.5), array([0.5, 0. , 0.5, 0. ]))
    """
    return Quantile(np.median, axis, keepdims)(x)


@implements(
    np.quantile,
    cases=lambda: [
        case("np.quantile(x, 0.375)", NEAR, x=()),
        case("np.quantile(x, 0.375)", NEAR, x=(2, 3)),
        case("np.quantile(x, [0.0, 0.25, 1.0], axis=-1, keepdims=True)", NEAR, x=(2, 4)),
        case("np.quantile(x, [[0.125], [0.625]], axis=(2, 0))", NEAR, x=(2, 1, 2)),
        case("np.quantile(x, 0.3, method='nearest')", NEAR, x=(5,)),
        case("np.quantile(x, 0.6875, method='hazen')", NEAR, x=(4,)),
        case("np.quantile(x, 0.3, axis=1)", NEAR, x=(0, 3)),
    ],
    kink=_KINK,
)
def quantile(
    x: Operand,
    /,
    q: ArrayLike,
    axis: Axes = None,
    *,
    method: Method = "linear",
    keepdims: bool = False,
) -> Variable:
    """The quantiles at `q`, from 0 to 1, by any of NumPy's methods: numpy.quantile.

    Parameters
    ----------
    x : Variable or array
        The data.
    q : array_like
        Which quantiles: numbers, or an array of them.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    method : str, default 'linear'
        How a quantile between two elements is found: one of NumPy's names.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([4.0, 1.0, 2.0]))
    >>> y = quantile(x, 0.75)
    >>> y.backward()
    >>> y, x.grad
    (Variable(3.), array([0.5, 0. , 0.5]))
    """
    return Quantile(np.quantile, axis, keepdims, q, method)(x)


@implements(
    np.percentile,
    cases=lambda: [
        case("np.percentile(x, [25, 75])", NEAR, x=(3,)),
        case("np.percentile(x, 30, axis=-1, method='higher', keepdims=True)", NEAR, x=(2, 4)),
        case("np.percentile(x, 50, (0, 1), method='midpoint')", NEAR, x=(2, 2)),
        case("np.percentile(x, 30, axis=0, method='lower')", NEAR, x=(5, 1)),
    ],
    kink=_KINK,
)
def percentile(
    x: Operand,
    /,
    q: ArrayLike,
    axis: Axes = None,
    *,
    method: Method = "linear",
    keepdims: bool = False,
) -> Variable:
    """The percentiles at `q`, from 0 to 100, by any of NumPy's methods: numpy.percentile.

    Parameters
    ----------
    x : Variable or array
        The data.
    q : array_like
        Which quantiles: numbers, or an array of them.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    method : str, default 'linear'
        How a quantile between two elements is found: one of NumPy's names.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> percentile(Variable(np.array([1.0, 3.0])), 50.0)
    Variable(2.)
    """
    return Quantile(np.percentile, axis, keepdims, q, method)(x)


@implements(
    np.nanmedian,
    cases=lambda: [
        case("np.nanmedian(x, axis=(0, 1), keepdims=True)", NEAR, x=(2, 2)),
        case("np.nanmedian(np.where([True, True, False], x, onp.nan), axis=-1)", NEAR, x=(2, 3)),
        case("np.nanmedian(np.where([[True], [False]], x, onp.nan), axis=-1)[:1]", NEAR, x=(2, 3)),
    ],
    kink=_NAN,
)
def nanmedian(x: Operand, /, axis: Axes = None, *, keepdims: bool = False) -> Variable:
    """The median of the elements that are not nan: numpy.nanmedian; a nan has gradient 0.

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
    >>> nanmedian(Variable(np.array([2.0, np.nan, 3.0])))
    Variable(2.5)
    """
    return Quantile(np.nanmedian, axis, keepdims)(x)


@implements(
    np.nanquantile,
    cases=lambda: [
        case("np.nanquantile(x, 0.6875, method='hazen')", NEAR, x=(2, 2)),
        case(
            "np.nanquantile(np.where([[True, False, True], [True, True, True]], x, onp.nan), "
            "0.375, axis=-1, keepdims=True)",
            NEAR,
            x=(2, 3),
        ),
    ],
    kink=_NAN,
)
def nanquantile(
    x: Operand,
    /,
    q: ArrayLike,
    axis: Axes = None,
    *,
    method: Method = "linear",
    keepdims: bool = False,
) -> Variable:
    """The quantiles of the elements that are not nan: numpy.nanquantile; a nan has gradient 0.

    Parameters
    ----------
    x : Variable or array
        The data.
    q : array_like
        Which quantiles: numbers, or an array of them.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    method : str, default 'linear'
        How a quantile between two elements is found: one of NumPy's names.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> nanquantile(Variable(np.array([2.0, np.nan, 3.0])), 0.5)
    Variable(2.5)
    """
    return Quantile(np.nanquantile, axis, keepdims, _flat(q), method)(x)


@implements(
    np.nanpercentile,
    cases=lambda: [
        case("np.nanpercentile(x, 62.5, method='weibull')", NEAR, x=(2, 2)),
        case(
            "np.nanpercentile(np.where([True, False, True], x, onp.nan), 37.5, axis=-1, "
            "keepdims=True)",
            NEAR,
            x=(2, 3),
        ),
    ],
    kink=_NAN,
)
def nanpercentile(
    x: Operand,
    /,
    q: ArrayLike,
    axis: Axes = None,
    *,
    method: Method = "linear",
    keepdims: bool = False,
) -> Variable:
    """The percentiles of the elements that are not nan: numpy.nanpercentile.

    Parameters
    ----------
    x : Variable or array
        The data.
    q : array_like
        Which quantiles: numbers, or an array of them.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    method : str, default 'linear'
        How a quantile between two elements is found: one of NumPy's names.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> nanpercentile(Variable(np.array([2.0, np.nan, 3.0])), 50.0)
    Variable(2.5)
    """
    return Quantile(np.nanpercentile, axis, keepdims, _flat(q), method)(x)
