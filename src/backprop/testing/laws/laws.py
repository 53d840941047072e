"""What holds for every right pullback, whatever its values are. One function a law.

Without them, one wrong rule in eight would pass: a stale cache, a cotangent that is overwritten, a
gradient of the wrong dtype, an answer that depends on the memory layout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from math import isfinite
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from backprop.errors import ReadOnlyError
from backprop.ground.arrays import Array
from backprop.ground.domain import Interval
from backprop.kernel.variable import Node, Variable
from backprop.testing.judging.measuring import gradient_spread
from backprop.testing.rules import Arrays, Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDINGS: Final = 64  # by how many two ways to compute one gradient may differ

Law: TypeAlias = Callable[[Rule, Arrays, Array], str | None]


def broken_law(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """The first law that `rule` breaks at `xs` and `gy`, in words; None if it keeps them all."""
    return next((text for law in LAWS if (text := law(rule, xs, gy)) is not None), None)


def gradients_fit(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """One gradient for each input, an array of its shape and dtype."""
    gxs = _plain(rule.vjp(xs, gy))
    if len(gxs) != len(xs):
        return f"returned {len(gxs)} gradients for {len(xs)} inputs"
    for i, (gx, x) in enumerate(zip(gxs, xs)):
        if gx.shape != x.shape:
            return f"the gradient of input {i} has shape {gx.shape}, the input has {x.shape}"
        if gx.dtype != x.dtype:
            return f"the gradient of input {i} has dtype {gx.dtype}, the input has {x.dtype}"
    return None


def arguments_unchanged(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """Neither the inputs nor the cotangent are written into."""
    mine, seed = tuple(x.copy() for x in xs), gy.copy()
    try:
        rule.vjp(mine, seed)
    except ValueError as error:  # NumPy's, of the arrays that the kernel or a framework lends
        if "read-only" in str(error) or isinstance(error, ReadOnlyError):
            return f"backward writes into an array that it was lent: {error}"
        raise
    if not _same(seed, gy):
        return "backward writes into the cotangent gy"
    changed = [i for i, (x, m) in enumerate(zip(xs, mine)) if not _same(x, m)]
    return f"backward writes into input {changed[0]}" if changed else None


def memory_apart(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """A gradient shares memory with no input, no other gradient and not with the cotangent."""
    gxs = list(rule.vjp(xs, gy))
    for i, gx in enumerate(gxs):
        others = [*xs, gy, *gxs[:i]]
        if any(np.may_share_memory(gx, o) and np.shares_memory(gx, o) for o in others):
            return f"the gradient of input {i} shares memory with an argument: return a copy"
    return None


def promise_kept(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """What says `fresh=True` gives new memory, the cotangent or a view, and writes nowhere."""
    if rule.call is None:
        return None
    y = rule.call(*map(Variable, xs))
    return next((text for node in _nodes(y) if node.fresh and (text := _broken(node))), None)


def _nodes(y: Variable) -> list[Node]:
    """All calls that `y` was computed by, each once."""
    found: dict[int, Node] = {}
    left = [y.creator]
    while left:
        node = left.pop()
        if node is not None and id(node) not in found:
            found[id(node)] = node
            left += [x.creator for x in node.inputs]
    return list(found.values())


def _broken(node: Node) -> str | None:
    """How what `backward` and `jvp` of this call give themselves breaks the promise, if it does."""
    whose = f"though {type(node).__name__} says fresh=True"
    for how, given in (("backward", node.results), ("jvp", node.primals)):
        if how == "jvp" and not node.has_jvp:
            continue
        lent = tuple(map(np.ones_like, given))
        kept = _held(node)
        before = _plain((*kept, *lent))
        found = node.pullback(*lent) if how == "backward" else node.pushforward(*lent)
        if not all(map(_same, before, (*kept, *lent))):
            return f"{how} writes into an array that it was lent, {whose}"
        new = [a for a in found if isinstance(a, np.ndarray) and a.base is None]
        new = [a for a in new if not any(a is g for g in lent)]
        if any(a is b for a in new for b in _held(node)):
            return f"{how} gives an array that is kept, {whose}: copy it"
        if len({id(a) for a in new}) < len(new):
            return f"{how} gives one new array twice, {whose}: copy it"
    return None


def _held(node: Node) -> list[Array]:
    """All arrays that a called Function keeps: what forward got and gave, and its settings."""
    slots = [getattr(node, m.__name__, None) for m in node._members]
    values = [*node.primals, *node.results, *slots, *getattr(node, "__dict__", {}).values()]
    return [v for v in values if isinstance(v, np.ndarray)]


def deterministic(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """A rule gives the same answer to the same call, also after a call with other inputs.

    That call must not write into the answer of the one before: a rule may keep no buffer.
    """
    given, value = [np.asarray(gx) for gx in rule.vjp(xs, gy)], rule.forward(*xs)
    first = _plain(given)
    with suppress(Exception):  # there it may not be defined, or have a result of another shape
        rule.vjp(tuple(map(_other, xs, rule.domains)), gy)
    if not all(map(_same, given, first)):
        return "a second call wrote into the gradient that the first one returned"
    if not all(map(_same, first, _plain(rule.vjp(xs, gy)))):
        return "the same call gave another gradient the second time: something is left over"
    if not _same(np.asarray(value), np.asarray(rule.forward(*xs))):
        return "forward gave another value the second time"
    return None


def homogeneous(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """backward(c gy) = c backward(gy) for c = 0, -1 and powers of two."""
    base = _plain(rule.vjp(xs, gy))
    for c in (0.0, -1.0, 4.0, 0.125):
        scaled = _plain(rule.vjp(xs, (gy * c).astype(gy.dtype)))
        for i, (gx, cgx) in enumerate(zip(base, scaled)):
            if not _proportional(gx, cgx, c):
                return f"backward is not linear in gy: input {i}, {c:g} * gy"
    return None


def _proportional(gx: Array, cgx: Array, c: float) -> bool:
    """Whether cgx = c gx, wherever neither is near the ends of the dtype's range."""
    sure = np.isfinite(gx) & np.isfinite(gx * c) & _normal(gx) & _normal(gx * (c or 1.0))
    if c > 1.0:  # a sum inside may overflow that did not before
        sure &= np.isfinite(cgx)
    slack = _ROUNDINGS * np.finfo(gx.dtype).eps * abs(c) * abs(gx).max(initial=0, where=sure)
    return bool(np.all(abs(cgx - c * gx)[sure] <= slack))


def layout_free(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """Inputs in Fortran order or with strides give the same answer, to half the digits.

    Or, of several rules in a row, as far as some roundings of the arrays move it.
    """
    base = _plain(rule.vjp(xs, gy))
    for arrange in (_fortran, _strided):
        other = rule.vjp(tuple(map(arrange, xs)), arrange(gy))
        for i, (gx, o) in enumerate(zip(base, other)):
            slack = np.finfo(gx.dtype).eps ** 0.5 * abs(gx).max(initial=0, where=np.isfinite(gx))
            gap = np.where(np.isfinite(gx), abs(np.asarray(o) - gx), 0)
            if not np.all(gap <= slack) and not _rounding(rule, xs, gy, i, gap):
                return f"the gradient of input {i} depends on the memory layout"
    return None


def _rounding(rule: Rule, xs: Arrays, gy: Array, i: int, gap: Array) -> bool:
    """Whether the gradient of input `i` of a composed rule moves as far as `gap` by rounding."""
    if not rule.composed:
        return False
    return bool(np.all(gap.reshape(-1) <= _ROUNDINGS * gradient_spread(rule, xs, gy, i)))


LAWS: Final[tuple[Law, ...]] = (
    arguments_unchanged,  # first: a rule that writes must not spoil what the others compare
    gradients_fit,
    promise_kept,  # first of the two, for it says more
    memory_apart,
    deterministic,
    homogeneous,
    layout_free,
)


def _plain(gxs: Sequence[Array]) -> list[Array]:
    return [np.array(gx) for gx in gxs]


def _same(a: Array, b: Array) -> bool:
    return a.shape == b.shape and np.array_equal(a, b, equal_nan=True)


def _other(x: Array, domain: Interval) -> Array:
    """Other values of the same shape and dtype, where the domain has them.

    They lie on the other side and in the other order: a rule that only looks at signs, or at which
    element is the largest, would give near ones the same answer.
    """
    mirrored = domain.low + domain.high - x if isfinite(domain.low + domain.high) else -x
    other = x.reshape(-1)[::-1].reshape(x.shape)
    for candidate in (0.75 * x + abs(x) * 2.0**-10, mirrored * 0.75 - 0.5):
        candidate = candidate.reshape(-1)[::-1].reshape(x.shape).astype(x.dtype)
        inside = (domain.low < candidate) & (candidate < domain.high)
        other = np.where(inside & ~np.isin(candidate, domain.excluded), candidate, other)
    return other


def _normal(g: Array) -> NDArray[np.bool_]:
    """Where `g` is far enough from underflow to be scaled without loss."""
    return abs(g) > np.finfo(g.dtype).smallest_normal * 2.0**10


def _fortran(x: Array) -> Array:
    return np.array(x, order="F")


def _strided(x: Array) -> Array:
    """An array of the same values that lies in every other place of a larger one."""
    if x.ndim == 0:
        return x
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]
