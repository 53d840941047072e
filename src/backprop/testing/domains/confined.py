"""What `domain=` says: intervals in which differences move, and sets that inputs are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from hypothesis import strategies as st

from backprop.ground.arrays import Array
from backprop.ground.domain import Domain, Interval
from backprop.ground.narrowing import is_sequence
from backprop.kernel.variable import Variable
from backprop.testing import entries
from backprop.testing.domains.pools import Drawn, is_strategy
from backprop.testing.domains.structured import Structured
from backprop.testing.entries import Ways
from backprop.testing.rules import Arrays, OnVariables, Pullback, Rule
from backprop.transforms.forward_mode import tangents

_Part: TypeAlias = Interval | Structured
Where: TypeAlias = (
    Domain
    | Structured
    | st.SearchStrategy[Any]
    | tuple[Interval | Structured | st.SearchStrategy[Any], ...]
)
Variables: TypeAlias = tuple[Variable, ...]


class Confined:
    """The domain of a rule, taken apart: `intervals` as the judge has it, and the sets."""

    def __init__(self, domain: Where | None) -> None:
        parts = domain if is_sequence(domain) and isinstance(domain, tuple) else (domain,)
        made = tuple(map(_made, parts))
        self._sets = made if any(isinstance(part, Structured) for part in made) else ()
        self._joint = len(made) == 1 and _covers(made[0]) > 1
        found = tuple(p.interval if isinstance(p, Structured) else p for p in made)
        if self._joint:
            found *= _covers(made[0])
        plain: Any = found if isinstance(domain, tuple) or self._joint else found[0]
        self.intervals: Domain | None = plain

    def ways(self, shapes: Ways | None, target: Any) -> Ways | None:
        """The shapes to call with: those that are asked for, or those of the sets."""
        if shapes is not None or not self._sets:
            return shapes
        if self._joint or (len(self._sets) == 1 and isinstance(self.intervals, Interval)):
            count = _covers(self._sets[0]) if self._joint else entries.inputs(target)
            return tuple(way if len(way) == count else way * count for way in self._sets[0].shapes)
        known = [part for part in self._sets if isinstance(part, Structured)]
        rows = zip(*(part.shapes for part in known), strict=False)
        return tuple(self._placed([way[0] for way in row]) for row in rows)

    def _placed(self, shapes: list[Any]) -> tuple[Any, ...]:
        """The shape of each input: of one with an Interval that of the first set."""
        left = iter(shapes)
        return tuple(next(left) if isinstance(p, Structured) else shapes[0] for p in self._sets)

    def of(self, rule: Rule) -> Rule:
        """The rule on these sets, along whose tangents it is judged."""
        if not self._sets:
            return rule
        count = rule.arity + 1 - rule.order
        sets = self._sets if len(self._sets) == count or self._joint else self._sets * count

        def members(xs: Arrays) -> Arrays:
            return (*self._drawn(sets, xs[:count]), *xs[count:])

        confined = replace(rule, members=members, where=", ".join(map(repr, self._sets)))
        moved = [type(part).move for part in sets if isinstance(part, Structured)]
        return _moving(confined, sets, count) if set(moved) != {Structured.move} else confined

    def _drawn(self, sets: Sequence[_Part | None], xs: Arrays) -> Arrays:
        if not self._joint:
            each = zip(sets, xs, strict=True)
            return tuple(_member(part, x) for part, x in each)
        whole: Any = sets[0]
        return tuple(np.asarray(member, x.dtype) for member, x in zip(whole.members(*xs), xs))


def _made(part: Any) -> Any:
    return Drawn(part) if is_strategy(part) else part


def _covers(part: object) -> int:
    """How many inputs a set is for."""
    return part.count if isinstance(part, Structured) else 1


def _member(part: _Part | None, x: Array) -> Array:
    return np.asarray(part.members(x)[0], x.dtype) if isinstance(part, Structured) else x


def _moving(rule: Rule, sets: Sequence[_Part | None], count: int) -> Rule:
    """The rule after `move`: steps lead back into the sets, gradients go along their tangents."""

    def move(*xs: Any) -> tuple[Any, ...]:
        return (*map(_moved, sets, xs[:count]), *xs[count:])

    def on_variables(call: Callable[..., Any] | None) -> OnVariables | None:
        def moved(*xs: Any) -> Any:
            assert call is not None
            return call(*move(*xs))

        return None if call is None else moved

    def pulled_by(pullback: Pullback) -> Pullback:
        def vjp(xs: Arrays, gy: Array) -> Sequence[Array]:
            inputs = tuple(map(Variable, xs))
            members: Variables = move(*inputs)
            given = _arrays(members)
            before = [array.copy() for array in given]
            gxs = pullback(given, gy)
            _written(xs, given, before)
            return (*map(_pulled, members, inputs, gxs), *gxs[len(inputs) :])

        return vjp

    def jvp(xs: Arrays, txs: Arrays) -> Array:
        assert rule.jvp is not None
        inputs = tuple(map(Variable, xs))
        members: Variables = move(*inputs)
        return rule.jvp(_arrays(members), tuple(map(np.asarray, tangents(members, inputs, txs))))

    def forward(*xs: Array) -> Array:
        return rule.forward(*map(np.asarray, move(*xs)))

    return replace(
        rule,
        forward=forward,
        reference=on_variables(rule.reference),
        vjp=pulled_by(rule.vjp),
        jvp=None if rule.jvp is None else jvp,
        call=on_variables(rule.call),
        second=None if rule.second is None else pulled_by(rule.second),
        composed=True,
    )


def _moved(part: _Part | None, x: Any) -> Any:
    return part.move(x) if isinstance(part, Structured) else x


def _arrays(members: Variables) -> Arrays:
    return tuple(member.data for member in members)


def _written(xs: Arrays, given: Arrays, before: Sequence[Array]) -> None:
    """Write into the inputs what a rule has written into members, for the law that looks there."""
    for x, after, was in zip(xs, given, before):
        if not np.array_equal(after, was, equal_nan=True):
            np.copyto(x, after)


def _pulled(member: Variable, x: Variable, gx: Array) -> Array:
    """The gradient of a member as that of what was moved into the set; a wrong one as it is."""
    if member is x or gx.shape != member.shape or gx.dtype != member.dtype:
        return gx
    member.grad = gx
    member.backward()
    return np.zeros_like(x.data) if x.grad is None else x.grad
