"""The law that a gradient does not depend on how arrays lie in memory, and ways to lay them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zlib import crc32

import numpy as np

from backprop.ground.arrays import Array
from backprop.testing.judging.measuring import gradient_spread
from backprop.testing.rules import Arrays, Rule

_ROUNDINGS: Final = 64  # by how many two ways to compute one gradient may differ


def layout_free(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """In memory laid out otherwise, inputs and cotangents give the same answer, to half the digits.

    Or as far as some roundings of the arrays move it. The inputs are
    rearranged, or the cotangent, or both: one way of several, in turn from call to call.
    """
    base, turn = rule.vjp(xs, gy), crc32(gy.tobytes())
    level = np.broadcast_to(gy.dtype.type(1.5), gy.shape)  # as the gradient of a sum comes
    arrange = _ARRANGEMENTS[turn // 2 % len(_ARRANGEMENTS)]
    mine, seed = (tuple(map(arrange, xs)), gy) if turn % 2 else (xs, arrange(gy))
    one = rule.vjp(mine, seed)
    both = rule.vjp(tuple(map(_fortran, xs)), _fortran(gy))
    full = rule.vjp(xs, level.copy())
    stretched = rule.vjp(xs, level)
    return (
        _depends(rule, xs, gy, base, one)
        or _depends(rule, xs, gy, base, both)
        or _depends(rule, xs, level, full, stretched)
    )


def _depends(
    rule: Rule, xs: Arrays, gy: Array, base: Sequence[Array], other: Sequence[Array]
) -> str | None:
    """Whose gradient differs, in words."""
    for i, (gx, o) in enumerate(zip(base, other)):
        slack = np.finfo(gx.dtype).eps ** 0.5 * abs(gx).max(initial=0, where=np.isfinite(gx))
        gap = np.where(np.isfinite(gx), abs(np.asarray(o) - gx), 0)
        if not np.all(gap <= slack) and not _rounding(rule, xs, gy, i, gap):
            return f"the gradient of input {i} depends on the memory layout"
    return None


def _rounding(rule: Rule, xs: Arrays, gy: Array, i: int, gap: Array) -> bool:
    """Whether the gradient of input `i` moves as far as `gap` by rounding."""
    return bool(np.all(gap.reshape(-1) <= _ROUNDINGS * gradient_spread(rule, xs, gy, i)))


def _fortran(x: Array) -> Array:
    return np.array(x, order="F")


def _strided(x: Array) -> Array:
    """An array of the same values that lies in every other place of a larger one."""
    if x.ndim == 0:
        return x
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]


def _backwards(x: Array) -> Array:
    """The same values in the reverse order of memory, by negative strides."""
    turned = (slice(None, None, -1),) * x.ndim
    return x[turned].copy()[turned]


def _misaligned(x: Array) -> Array:
    """The same values one byte off."""
    raw = np.zeros(x.nbytes + 1, np.uint8)[1:]
    found: Array = raw.view(x.dtype).reshape(x.shape)
    found[...] = x
    return found


_ARRANGEMENTS: Final = (_fortran, _strided, _backwards, _misaligned)
