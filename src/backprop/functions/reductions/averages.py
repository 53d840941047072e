"""Means over axes, also weighted ones and those that skip nan: mean, nanmean, average."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, overload

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from backprop.functions import queries
from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.reductions.reductions import Functions, Reduction, over
from backprop.functions.registry import implements
from backprop.functions.shaping.creation import full_like
from backprop.functions.shaping.shapes import broadcast_to, in_dtype
from backprop.ground.arrays import Array, Axes, Operand, Shape
from backprop.ground.compat import override
from backprop.ground.domain import POSITIVE, REALS
from backprop.kernel.variable import Constant, Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

__all__ = ["average", "mean", "nanmean"]


class Mean(Reduction, fresh=True):
    """y = Σ x / n over `axis`, the mean of the n elements where `where` is true; dy/dx = 1 / n."""

    __slots__ = ()
    functions: ClassVar[Functions] = (np.mean, np.nanmean)

    @override
    def backward(self, gy: Array) -> Array:
        share = over(self.kept(gy), self.count())
        return self.masked(np.broadcast_to(share, self.x.shape))

    @override
    def jvp(self, tx: Array) -> Array:
        return self.dropped(over(self.total(self.masked(tx)), self.count()))


@implements(
    np.mean,
    cases=lambda: [
        case("np.mean(x)", x=()),
        case("np.mean(x, 0, np.longdouble).astype(x.dtype)", x=(2, 3)),
        case("np.mean(x)", x=(2, 3)),
        case("np.mean(x, axis=(0, -1))", x=(2, 1, 3)),
        case("np.mean(x, axis=-1, keepdims=True)", x=(2, 3)),
        case("np.mean(x, axis=0, where=[[True, False, True], [True, True, False]])", x=(2, 3)),
        case("np.mean(x, axis=1)", x=(0, 3)),
    ],
)
def mean(
    x: Operand,
    /,
    axis: Axes = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    where: ArrayLike = True,
) -> Variable:
    """The mean over `axis` (all axes if None) of the elements where `where` is true: numpy.mean.

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
    >>> y = mean(x, axis=0)
    >>> y.backward()
    >>> y, x.grad
    (Variable([2., 3.]), array([[0.5, 0.5], [0.5, 0.5]]))
    """
    return Mean(axis, keepdims, where)(in_dtype(x, dtype))


@implements(
    np.nanmean,
    cases=lambda: [
        case("np.nanmean(x, axis=(-1, 0))", x=(2, 3)),
        case("np.nanmean(x, dtype=np.longdouble).astype(x.dtype)", x=(2, 3)),
        case("np.nanmean(np.where([True, False, True], x, onp.nan), axis=1)", x=(2, 3)),
        case(
            "np.nanmean(np.where([[True, False], [True, True]], x, onp.nan), 0, keepdims=True, "
            "where=[[False], [True]])",
            x=(2, 2),
        ),
    ],
    kink="a nan has gradient 0",
)
def nanmean(
    x: Operand,
    /,
    axis: Axes = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    where: ArrayLike = True,
) -> Variable:
    """The mean over `axis` of what is not nan: numpy.nanmean; a nan has gradient 0.

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
    where : array_like, default True
        Which elements count: an array of bools that broadcasts to `x`.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> nanmean(Variable(np.array([2.0, np.nan, 3.0])))
    Variable(2.5)
    """
    return Mean(axis, keepdims, where, nan=True)(in_dtype(x, dtype))


@overload
def average(
    x: Operand,
    /,
    axis: Axes = None,
    weights: Operand | ArrayLike | None = None,
    returned: Literal[False] = False,
    *,
    keepdims: bool = False,
) -> Variable: ...
@overload
def average(
    x: Operand,
    /,
    axis: Axes = None,
    weights: Operand | ArrayLike | None = None,
    *,
    returned: Literal[True],
    keepdims: bool = False,
) -> tuple[Variable, Variable]: ...
@implements(
    np.average,
    cases=lambda: [
        case("np.average(x)", x=(2, 3)),
        case("np.average(x, axis=(0, -1), keepdims=True)", x=(2, 1, 3)),
        case("np.average(x, weights=w)", (REALS, POSITIVE), x=(2, 3), w=(2, 3)),
        case("np.average(x, axis=-1, weights=w)", (REALS, POSITIVE), x=(2, 3), w=(3,)),
        case("np.multiply(*np.average(x, 0, w, True))", (REALS, POSITIVE), x=(2, 3), w=(2,)),
        case("np.multiply(*np.average(x, -1, returned=True))", x=(2, 3)),
        case("np.average(x, (2, 0), [[1, 2], [3, 4], [5, 6]], keepdims=True)", x=(2, 1, 3)),
    ],
)
def average(
    x: Operand,
    /,
    axis: Axes = None,
    weights: Operand | ArrayLike | None = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Variable | tuple[Variable, Variable]:
    """The mean over `axis`, weighted if there are `weights`, Σ w x / Σ w: numpy.average.

    And, with `returned`, the sums of the weights.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    weights : Variable or array, optional
        How much each element counts; all alike by default.
    returned : bool, default False
        Whether the sums of the weights come with it.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.

    Returns
    -------
    Variable, or a pair of them
        The mean; with `returned` also the sums of the weights.

    Examples
    --------
    >>> from backprop import Variable
    >>> w = Variable(np.array([1.0, 3.0]))
    >>> y = average(np.array([2.0, 6.0]), weights=w)
    >>> y.backward()
    >>> y, w.grad
    (Variable(5.), array([-0.75,  0.25]))
    """
    x = as_variable(x)
    axis = axis if axis is None else normalize_axis_tuple(axis, x.ndim, argname="axis")
    if weights is None:
        y = mean(x, axis, keepdims=keepdims)
        return (y, full_like(y, np.divide(x.size, y.size))) if returned else y
    dtype = None if hasattr(weights, "dtype") else x.dtype
    own = weights if isinstance(weights, Variable) else Constant(np.array(weights, dtype))
    w = _aligned(own, x.shape, axis)
    total = w.sum(axis, keepdims=keepdims)
    if np.any(queries.equal(total, 0)):
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    y = (x * w).sum(axis, keepdims=keepdims) / total
    return (y, broadcast_to(total, y.shape)) if returned else y


def _aligned(w: Variable, shape: Shape, axis: Shape | None) -> Variable:
    """Reshape the weights, which may have the axes `axis` only, so that they broadcast with x."""
    if w.shape == shape:
        return w
    if axis is None:
        raise TypeError("Axis must be specified when shapes of a and weights differ.")
    if w.shape != tuple(shape[a] for a in axis):
        raise ValueError(
            "Shape of weights must be consistent with shape of a along specified axis."
        )
    order = tuple(map(int, np.argsort(axis)))
    return w.transpose(order).reshape(tuple(n if i in axis else 1 for i, n in enumerate(shape)))
