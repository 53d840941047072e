"""What the rules of linear algebra share: triangles, gaps between values, values alone."""

from __future__ import annotations

import numpy as np

from backprop.ground.arrays import Array, Operand
from backprop.kernel.operands import call
from backprop.kernel.variable import Variable


def plain(x: Operand) -> Array:
    """The array of an operand: no gradient flows back through it."""
    return x.data if isinstance(x, Variable) else np.asarray(x)


def mirrored(x: Variable) -> Variable:
    """The symmetric matrix that has the lower triangle of x."""
    lower = call(np.tril, x, -1)
    return call(np.tril, x) + lower.mT


def from_lower(g: Array) -> Array:
    """The gradient of a symmetric matrix of which only the lower triangle is read."""
    return np.tril(g) + np.tril(g.mT, -1)


def copied_up(m: Array) -> Array:
    """The symmetric matrix that has the lower triangle of m."""
    return np.tril(m) + np.tril(m, -1).mT


def reciprocal(gap: Array, tiny: Array) -> Array:
    """The matrix of 1 / (w_i - w_j): 0 on the diagonal, nan where the gap is only rounding."""
    itself, number = np.eye(gap.shape[-1], dtype=bool), gap.dtype.type
    known = np.where(abs(plain(gap)) <= tiny, number(np.nan), gap)
    return 1 / np.where(itself, number(np.inf), known)


def rounding(values: Array, size: int) -> Array:
    """The largest difference between values of this size that rounding alone can make."""
    largest = abs(plain(values)).max(axis=-1, initial=0)
    tiny: Array = size * np.finfo(values.dtype).eps * largest
    return tiny


def leading(q: Array, gq: Array, k: int) -> tuple[Array, Array]:
    """The first k columns of q and their cotangents, to which those of the other columns are added.

    The rest span what is orthogonal to the first, and turn as these do. How they turn among
    themselves is undetermined: nan, if their cotangent asks for it.
    """
    if q.shape[-1] == k:
        return q, gq
    head, rest, g = q[..., :k], q[..., k:], gq[..., k:]
    given = abs(plain(g)).max(axis=(-2, -1), keepdims=True, initial=0)
    turn = plain(rest).mT @ plain(g)
    asked = abs(turn - turn.mT).max(axis=(-2, -1), keepdims=True, initial=0)
    unknown = asked > np.finfo(q.dtype).eps ** 0.5 * given
    ghead = gq[..., :k] - rest @ (g.mT @ head)
    return head, np.where(unknown, q.dtype.type(np.nan), ghead)
