"""What a `backward` does with a cotangent: times a derivative, summed over broadcast axes."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
from numpy import ndarray

from backprop.functions import ufuncs as uf
from backprop.ground.arrays import Array, Traced
from backprop.kernel.sweep import SMALL


def unbroadcast(g: Array, like: Array) -> Array:
    """Sum `g` over the axes along which `like` was broadcast: the transpose of broadcasting.

    Gives an array of the shape and dtype of `like`; `g` itself if it has both.
    """
    if g.ndim and not like.ndim:
        g = g.sum(keepdims=True).reshape(())  # without its last axis a sum would be no array
    elif g.ndim > like.ndim:
        g = g.sum(axis=tuple(range(g.ndim - like.ndim)))
    if g.shape != like.shape:
        stretched = (i for i, n in enumerate(like.shape) if n == 1 != g.shape[i])
        g = g.sum(axis=tuple(stretched), keepdims=True)
    return g if g.dtype is like.dtype else g.astype(like.dtype, copy=False)


def own(array: Any, other: Any = None) -> Any:
    """Where a ufunc of `array` and `other` may write: into `array`, the caller's own, if faster.

    Else `...`, which means a new array.
    """
    plain = type(array) is ndarray and (other is None or type(other) is ndarray)
    return array if plain and array.size > SMALL else ...


def absorb(gy: Array, derivative: Array, out: Any = ...) -> Array:
    """`gy * derivative`, but 0 where `gy` is 0 and the derivative is not finite.

    So a branch that does not count adds nothing: where(x > 0, sqrt(x), 0), x * sqrt(x) and
    norm(x)**2 have gradient 0 at 0. It also hides a true 0 * inf, which has no value to give.
    It is written into `out` if that is an array of the result's shape and dtype: gy itself, if the
    caller owns it.
    """
    if not derivative.ndim and type(derivative) is ndarray and isfinite(derivative):
        return uf.multiply(gy, derivative, out=out)  # a number is the one case where time shows
    if is_finite(derivative):
        return uf.multiply(gy, derivative, out=out)
    with np.errstate(invalid="ignore"):
        g = uf.multiply(gy, derivative, out=...)
    lost = np.equal(gy, 0) & ~np.isfinite(derivative)
    return np.where(lost, g.dtype.type(0), g)


def is_finite(array: Array | Traced) -> bool:
    """Whether all of an array is finite; no, if that cannot be known.

    An array of another library may be lazy: it is not asked.
    """
    finite = np.isfinite(array._plain() if isinstance(array, Traced) else array)
    return type(finite) is ndarray and np.count_nonzero(finite) == finite.size


def divide(a: Array | float, b: Array) -> Array:
    """The quotient a / b; where b is 0 it is infinite or nan, without a warning."""
    if not b.ndim and type(b) is ndarray and b:
        return uf.divide(a, b, out=...)  # the state of errors takes longer than the quotient
    with np.errstate(divide="ignore", invalid="ignore"):
        return uf.divide(a, b, out=...)
