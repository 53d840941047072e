"""What a `backward` does with a cotangent: times a derivative, summed over broadcast axes."""

from __future__ import annotations

from math import isfinite
from typing import Final

import numpy as np
from numpy import ndarray

from backprop.functions import ufuncs as uf
from backprop.ground.arrays import Array

# Below this many elements a ufunc that writes into its operand is slower than one that allocates.
_SMALL: Final = 64


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


def scale(gy: Array, derivative: Array) -> Array:
    """`gy * derivative`, written into `derivative`, which must be a fresh array of the caller's."""
    fresh = derivative if derivative.size > _SMALL and _alike(derivative, gy) else ...
    return uf.multiply(gy, derivative, out=fresh)


def _alike(a: Array, b: Array) -> bool:
    return type(a) is ndarray is type(b) and a.dtype == b.dtype and a.shape == b.shape


def absorb(gy: Array, derivative: Array) -> Array:
    """`gy * derivative`, but 0 where `gy` is 0 and the derivative is not finite.

    So a branch that does not count adds nothing: where(x > 0, sqrt(x), 0), x * sqrt(x) and
    norm(x)**2 have gradient 0 at 0. It also hides a true 0 * inf, which has no value to give.
    """
    if not derivative.ndim and type(derivative) is ndarray and isfinite(derivative):
        return uf.multiply(gy, derivative, out=...)  # a number is the one case where time shows
    with np.errstate(invalid="ignore"):
        g = uf.multiply(gy, derivative, out=...)
    finite = np.isfinite(derivative)
    # An array of another library may be lazy: it is not asked.
    if type(finite) is ndarray and finite.all():
        return g
    return np.where(np.equal(gy, 0) & ~finite, g.dtype.type(0), g)
