"""What a `backward` does with a cotangent: times a derivative, summed over broadcast axes."""

from __future__ import annotations

from math import isfinite
from typing import Any, Final

import numpy as np
from numpy import ndarray

from backprop.functions import ufuncs as uf
from backprop.ground.arrays import Array
from backprop.kernel.sweep import SMALL

_OF_BLAS: Final = frozenset(map(np.dtype, (np.float32, np.float64)))


def unbroadcast(g: Array, like: Array) -> Array:
    """Sum `g` over the axes along which `like` was broadcast: the transpose of broadcasting.

    Gives an array of the shape and dtype of `like`; `g` itself if it has both.
    """
    if g.shape != like.shape:
        extra = g.ndim - like.ndim
        stretched = (n == 1 != g.shape[extra + i] for i, n in enumerate(like.shape))
        axes = (*range(extra), *(extra + i for i, yes in enumerate(stretched) if yes))
        g = g.sum(axis=axes, keepdims=True).reshape(like.shape)
    return g.astype(like.dtype, copy=False)


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


def is_finite(array: Array) -> bool:
    """Whether it is known of an array, at little cost, that all of it is finite.

    An array of another library may be lazy: it is not asked.
    """
    if type(array) is not ndarray:
        finite = np.isfinite(array)
        return type(finite) is ndarray and bool(finite.all())
    if array.dtype in _OF_BLAS and array.flags.c_contiguous:
        # The sum of squares is one pass, without an array of bools; it may overflow: then look.
        line = array.reshape(-1)
        with np.errstate(over="ignore", invalid="ignore"):
            if isfinite(np.dot(line, line)):
                return True
    return bool(np.isfinite(array).all())
