"""Sums of weights for each bin: bincount, histogram, histogram2d, histogramdd.

Only the weights are differentiated. The bin of a sample is a step function of the sample, so its
gradient would be 0 everywhere; a Variable as samples or bins, or no weights at all, is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from backprop.errors import UnsupportedError
from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.indexing.selection import Scatter, places
from backprop.functions.registry import implements
from backprop.functions.shaping.shapes import ravel, reshape
from backprop.ground.arrays import Operand
from backprop.ground.domain import Interval
from backprop.kernel.variable import Variable
from backprop.pytree import leaves

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Range: TypeAlias = tuple[float, float]
    Edges: TypeAlias = NDArray[Any]
    Samples: TypeAlias = NDArray[Any] | Sequence[ArrayLike]

__all__ = ["bincount", "histogram", "histogram2d", "histogramdd"]

_MASS = Interval(0.25, 64.0)  # weights that cancel have no density

_histogram2d: Callable[..., Sequence[Any]] = np.histogram2d
_histogramdd: Callable[..., tuple[object, Sequence[Any]]] = np.histogramdd


@implements(
    np.bincount,
    cases=lambda: [
        case("np.bincount([0, 2, 2], x)", x=(3,)),
        case("np.bincount(onp.array([1, 1, 0]), weights=x, minlength=4)", x=(3,)),
        case("np.bincount(onp.zeros(0, int), x, 2)", x=(0,)),
    ],
)
def bincount(x: ArrayLike, /, weights: Operand | None = None, minlength: int = 0) -> Variable:
    """y[k] = Σ weights[i] over the i with x[i] = k: numpy.bincount, in the dtype of the weights.

    Raises UnsupportedError without weights, and what NumPy raises for numbers below 0.

    Parameters
    ----------
    x : array_like
        Whole numbers from 0 on, a vector.
    weights : Variable or array, optional
        What each sample counts: it is differentiated by these.
    minlength : int, default 0
        The least length of the result.

    Returns
    -------
    Variable

    Examples
    --------
    >>> w = Variable(np.array([1.0, 2.0, 3.0]))
    >>> bincount([0, 2, 2], w)
    Variable([1., 0., 5.])
    """
    of = _weights(np.bincount, weights)
    of = of if np.size(x) else ravel(of)[:0]  # NumPy takes any number of weights for nothing
    length = np.bincount(places(x), of.data, minlength).size
    return Scatter(np.array(x, np.intp), (length,))(of)


@implements(
    np.histogram,
    cases=lambda: [
        case("np.histogram([0.0, 1.0, 1.0, 9.0], 2, weights=x)[0]", x=(4,)),
        case("np.histogram([[0.1, 5.0, 2.0]], 3, range=(0, 3), weights=x)[0]", x=(1, 3)),
        case("np.histogram([0, 1, 2], [0, 1, 4], density=True, weights=x)[0]", _MASS, x=(3,)),
    ],
)
def histogram(
    a: ArrayLike,
    /,
    bins: int | Sequence[float] | Edges = 10,
    range: Range | None = None,
    density: bool | None = None,
    weights: Operand | None = None,
) -> tuple[Variable, Edges]:
    """The sum of the weights in each bin of `a`, and the edges of the bins: numpy.histogram.

    With `density` the integral over all bins is 1. Raises UnsupportedError without weights.

    Parameters
    ----------
    a : array_like
        The samples: plain numbers, which are not differentiated by.
    bins : int, str or array_like, default 10
        How many bins, or their edges, or one of NumPy's names of a rule.
    range : tuple of float, optional
        The outer edges; those of the samples by default.
    density : bool, optional
        Whether the integral over all bins is 1, instead of sums.
    weights : Variable or array, optional
        What each sample counts: it is differentiated by these.

    Returns
    -------
    (Variable, array)
        The sums, and the edges of the bins.

    Examples
    --------
    >>> histogram([0.1, 0.2, 0.9], 2, weights=Variable(np.array([1.0, 2.0, 4.0])))[0]
    Variable([3., 4.])
    """
    of = _weights(np.histogram, weights, a, bins, range)
    samples = np.asarray(a)
    edges = np.histogram(samples, bins, range, weights=of.data)[1]
    return _binned([samples.ravel()], [edges], ravel(of), density), edges


@implements(
    np.histogram2d,
    cases=lambda: [
        case("np.histogram2d([0.0, 1.0, 1.0], [0.0, 1.0, 2.0], 2, weights=x)[0]", x=(3,)),
        case("np.histogram2d([0, 1], [0, 2], [1, 3], density=True, weights=x)[0]", _MASS, x=(2,)),
        case("np.histogram2d([0, 5], [0, 1], range=[[0, 1], [0, 1]], weights=x)[0]", x=(2,)),
    ],
)
def histogram2d(
    x: Samples,
    y: Samples,
    /,
    bins: Any = 10,
    range: Sequence[Range] | None = None,
    density: bool | None = None,
    weights: Operand | None = None,
) -> tuple[Variable, Edges, Edges]:
    """The sum of the weights in each cell of a grid of bins, and its edges: numpy.histogram2d.

    Parameters
    ----------
    x : Variable or array
        The first coordinates of the samples.
    y : Variable or array
        The second coordinates.
    bins : int, str or array_like, default 10
        How many bins along each axis, or their edges.
    range : tuple of float, optional
        The outer edges along each axis.
    density : bool, optional
        Whether the integral over all bins is 1, instead of sums.
    weights : Variable or array, optional
        What each sample counts: it is differentiated by these.

    Returns
    -------
    (Variable, array, array)
        The sums, and the edges along each axis.

    Examples
    --------
    >>> histogram2d([0.1, 0.9], [0.1, 0.9], 2, weights=Variable(np.array([1.0, 2.0])))[0]
    Variable([[1., 0.],
              [0., 2.]])
    """
    of = _weights(np.histogram2d, weights, x, y, bins, range)
    _, *edges = _histogram2d(x, y, bins, range, weights=of.data)
    return _binned([np.asarray(x), np.asarray(y)], edges, of, density), edges[0], edges[1]


@implements(
    np.histogramdd,
    cases=lambda: [
        case("np.histogramdd(onp.eye(3), 2, weights=x)[0]", x=(3,)),
        case("np.histogramdd([[0.1, 0.7]], 2, [(0, 1)], density=1, weights=x)[0]", _MASS, x=(2,)),
    ],
)
def histogramdd(
    sample: Samples,
    /,
    bins: Any = 10,
    range: Sequence[Range] | None = None,
    density: bool | None = None,
    weights: Operand | None = None,
) -> tuple[Variable, tuple[Edges, ...]]:
    """The sum of the weights in each cell of bins of several axes: numpy.histogramdd.

    `sample` is an array of a row for each weight, or a sequence of its columns.

    Parameters
    ----------
    sample : array_like
        A row of coordinates for each sample, or a sequence of columns.
    bins : int, str or array_like, default 10
        How many bins along each axis, or their edges.
    range : tuple of float, optional
        The outer edges along each axis.
    density : bool, optional
        Whether the integral over all bins is 1, instead of sums.
    weights : Variable or array, optional
        What each sample counts: it is differentiated by these.

    Returns
    -------
    (Variable, tuple of arrays)
        The sums, and the edges along each axis.

    Examples
    --------
    >>> histogramdd(np.array([[0.1], [0.9]]), 2, weights=Variable(np.array([1.0, 2.0])))[0]
    Variable([1., 2.])
    """
    of = _weights(np.histogramdd, weights, sample, bins, range)
    columns = np.atleast_2d(sample.T if isinstance(sample, np.ndarray) else np.asarray(sample))
    _, edges = _histogramdd(sample, bins, range, weights=of.data)
    return _binned(list(columns), edges, of, density), tuple(edges)


def _weights(original: Callable[..., Any], weights: Operand | None, *samples: object) -> Variable:
    """Give the weights as a Variable.

    Raises UnsupportedError if there are none, or if samples or bins are Variables.
    """
    if weights is None or any(isinstance(leaf, Variable) for leaf in leaves(samples)):
        raise UnsupportedError(
            f"numpy.{original.__name__} has a gradient for its weights alone, as the bin of a "
            "sample is a step function: take x.data of samples and bins that are Variables"
        )
    return as_variable(weights)


def _binned(
    samples: Sequence[NDArray[Any]],
    edges: Sequence[Edges],
    weights: Variable,
    density: bool | None,
) -> Variable:
    """Add up the weights in each bin between `edges`; the last bin includes its upper edge."""
    shape = tuple(len(e) - 1 for e in edges)
    found = np.array([_bins(v, e) for v, e in zip(samples, edges)])
    inside = np.all((found >= 0) & (found < np.reshape(shape, (-1, 1))), axis=0)
    cells = np.ravel_multi_index(tuple(found[:, inside]), shape)
    sums = reshape(Scatter(cells, (int(np.prod(shape)),))(weights[inside]), shape)
    return sums / (_volumes(edges).astype(sums.dtype) * sums.sum()) if density else sums


def _bins(v: NDArray[Any], edges: Edges) -> NDArray[np.intp]:
    """The index of the bin of each sample; outside of all bins it is not in 0, ..., n - 1."""
    return np.searchsorted(edges, v, "right") - np.where(v == edges[-1], 2, 1)


def _volumes(edges: Sequence[Edges]) -> NDArray[Any]:
    """The volume of each cell of a grid: the product of its widths."""
    volumes: NDArray[Any] = np.ones((), np.float64)
    for widths in map(np.diff, edges):
        volumes = np.multiply.outer(volumes, widths)
    return volumes
