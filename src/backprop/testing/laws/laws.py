"""What holds for every right pullback, whatever its values are. One function a law.

Without them, one wrong rule in eight would pass: a stale cache, a cotangent that is overwritten, a
gradient of the wrong dtype, an answer that depends on the memory layout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from backprop.errors import ReadOnlyError
from backprop.ground.arrays import Array
from backprop.ground.domain import Interval
from backprop.kernel.variable import Node, Variable
from backprop.testing.laws.layout import layout_free
from backprop.testing.rules import Arrays, Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FAR: Final = (2.0**40, 2.0**-40)
_ORDINARY: Final = 20  # the exponents of two of ordinary numbers
_ROUNDINGS: Final = 64  # by how many two ways to compute one gradient may differ

Law: TypeAlias = Callable[[Rule, Arrays, Array], str | None]


def broken_law(rule: Rule, xs: Arrays, gy: Array) -> tuple[str, str | None]:
    """The name of the first law that `rule` breaks, and how; None if it keeps them all."""
    for law in LAWS:
        if law.__name__ not in rule.ignored and (text := law(rule, xs, gy)) is not None:
            return law.__name__, text
    return "", None


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
    found = _unwritten(rule, xs, gy, mine, seed)
    return found if isinstance(found, str) else None


def memory_apart(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """A gradient shares memory with no input and no other gradient.

    Nor with the cotangent; but so everybody writes the rule of x + 1, and whoever adds gradients up
    copies then: of a pair that is advice.
    """
    return _shared(rule, xs, gy, rule.vjp(xs, gy))


def lent(rule: Rule, xs: Arrays, gy: Array) -> str | Sequence[Array]:
    """The gradients, unless they share the memory that was lent or the rule writes into that."""
    mine, seed = tuple(x.copy() for x in xs), gy.copy()
    found = _unwritten(rule, xs, gy, mine, seed)
    return found if isinstance(found, str) else _shared(rule, mine, seed, found) or found


def _unwritten(
    rule: Rule, xs: Arrays, gy: Array, mine: Arrays, seed: Array
) -> str | Sequence[Array]:
    """The gradients by copies of xs and gy, unless these are not the same afterwards."""
    try:
        gxs = rule.vjp(mine, seed)
    except ValueError as error:  # NumPy's, of the arrays that the kernel or a framework lends
        if "read-only" in str(error) or isinstance(error, ReadOnlyError):
            return f"backward writes into an array that it was lent: {error}"
        raise
    if not _same(seed, gy):
        return "backward writes into the cotangent gy"
    changed = [i for i, (x, m) in enumerate(zip(xs, mine)) if not _same(x, m)]
    return f"backward writes into input {changed[0]}" if changed else gxs


def _shared(rule: Rule, xs: Arrays, gy: Array, gxs: Sequence[Array]) -> str | None:
    for i, gx in enumerate(gxs):
        others = [*xs, *gxs[:i]] if rule.call is None else [*xs, gy, *gxs[:i]]
        if any(map(partial(_overlap, gx), others)):
            return f"the gradient of input {i} shares memory with an argument: return a copy"
    return None


def advice(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """What is no mistake where gradients are copied before they are added up, and is one else."""
    if any(_overlap(gx, gy) for gx in rule.vjp(xs, gy)):
        return "the gradient shares memory with the cotangent: copy it where nobody else does"
    return None


def _overlap(a: Array, b: Array) -> bool:
    return bool(np.may_share_memory(a, b) and np.shares_memory(a, b))


def promise_kept(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """A class declared `fresh=True` gives new memory, its cotangent or a view, and never writes."""
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
    return _consumed(node) if node.consumes else None


def _consumed(node: Any) -> str | None:
    """How `consume`, which may write into its cotangent alone, differs from `backward`."""
    gy, kept = 2 * np.ones_like(node.results[0]), _held(node)
    before, due = _plain(kept), node.pullback(gy)
    found: Any = node.consume(gy.copy())
    several: tuple[Any, ...] = (found,) if node.arity == 1 else found
    name = type(node).__name__
    if not all(map(_same, before, kept)):
        return f"{name}.consume writes into an array that is kept"
    if any(a is not None and not _is_near(a, b) for a, b in zip(due, several, strict=True)):
        return f"{name}.consume gives another gradient than backward"
    return None


def _is_near(a: Any, b: Any) -> bool:
    """Whether two gradients are the same: sums of arrays that lie in other orders round so."""
    eps = np.finfo(a.dtype).eps
    most = abs(a).max(initial=0, where=np.isfinite(a))
    return a.shape == b.shape and np.allclose(a, b, 64 * eps, 64 * eps * most, equal_nan=True)


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
    first, kept = _plain(given), np.array(value)
    others = rule.placed(tuple(map(_other, xs, rule.domains)))
    with suppress(Exception):  # there it may not be defined, or have a result of another shape
        rule.forward(*others)
        rule.vjp(others, gy)
    if not all(map(_same, given, first)):
        return "a second call wrote into the gradient that the first one returned"
    if not _same(np.asarray(value), kept):
        return "a second call wrote into the value that the first one returned"
    with suppress(Exception):
        rule.forward(*others)
    if not all(map(_same, first, _plain(rule.vjp(xs, gy)))):
        return "the same call gave another gradient the second time: something is left over"
    if not _same(kept, np.asarray(rule.forward(*xs))):
        return "forward gave another value the second time"
    return None


def swept_again(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """Two calls and then two sweeps give what each gives alone; so does a second sweep of one."""
    if rule.call is None:
        return None
    first = _plain(rule.vjp(xs, gy))
    inputs = tuple(map(Variable, xs))
    y = rule.call(*inputs)
    with suppress(Exception):
        rule.call(*map(Variable, rule.placed(tuple(map(_other, xs, rule.domains)))))
    for cotangent, expected in ((gy, first), (np.negative(gy, out=...), [-gx for gx in first])):
        if not all(map(_same, expected, _swept(y, inputs, cotangent))):
            return "a call gives another gradient after one with other inputs, or when swept again"
    return None


def _swept(y: Variable, inputs: tuple[Variable, ...], gy: Array) -> list[Array]:
    if not y.is_constant:
        y.grad = gy
        y.backward()
    return [np.zeros_like(x.data) if x.grad is None else x.grad for x in inputs]


def homogeneous(rule: Rule, xs: Arrays, gy: Array) -> str | None:
    """backward(c gy) = c backward(gy) for c = 0, -1 and powers of two.

    Far ones are tried at ordinary inputs: elsewhere a product on the way may leave the range.
    """
    base = _plain(rule.vjp(xs, gy))
    for c in (0.0, -1.0, 4.0, 0.125, *(_FAR if all(map(_ordinary, (*xs, *base))) else ())):
        scaled = _plain(rule.vjp(xs, np.asarray(gy * c, gy.dtype)))
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


LAWS: Final[tuple[Law, ...]] = (
    arguments_unchanged,  # first: a rule that writes must not spoil what the others compare
    gradients_fit,
    promise_kept,  # first of the two, for it says more
    memory_apart,
    deterministic,
    homogeneous,
    swept_again,  # after it: what is not linear is not left over
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


def _ordinary(a: Array) -> bool:
    """Whether its numbers can be multiplied by far powers of two, and each other, without loss."""
    size = abs(a[a != 0])
    return bool(np.all((size > 2.0**-_ORDINARY) & (size < 2.0**_ORDINARY)))
