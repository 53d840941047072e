"""Weighted means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from backprop.arrays import Axes, Shape
from backprop.cases import case
from backprop.core import Constant, Operand, Variable
from backprop.dispatch import implements
from backprop.domain import POSITIVE, REALS
from backprop.functions.bases import as_variable
from backprop.functions.creation import full_like
from backprop.functions.reductions import mean
from backprop.functions.shapes import broadcast_to

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["average"]


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
    if np.any(np.equal(total, 0)):
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    y = (x * w).sum(axis, keepdims=keepdims) / total
    return (y, broadcast_to(total, y.shape)) if returned else y


def _aligned(w: Variable, shape: Shape, axis: Shape | None) -> Variable:
    """The weights in a shape that is broadcast to that of x: they may be of `axis` alone."""
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
