"""The proof that a run would have noticed: faults planted in the rule, the smallest error seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.testing.budget import Budget
from backprop.testing.examples import Example, examine, off, one, rejects
from backprop.testing.generators.strategies import ordinary_inputs, small_ways
from backprop.testing.laws.faults import RELATIVE, planted, scaled
from backprop.testing.remembered import remembered
from backprop.testing.rules import Rule
from backprop.testing.screening.directions import along
from backprop.testing.screening.suspects import convicted

_TRIES: Final = 60
_LOOKS: Final = 8
_ENOUGH: Final = 4  # faults, where there is no time for more


def verdicts(
    rules: tuple[Rule, ...],
    found: list[Example],
    dtypes: tuple[str, ...] = (),
    least: float = 0.0,
    budget: Budget | None = None,
) -> dict[str, bool | None]:
    """For each fault that shows at the examples of first order, whether one of them rejects it.

    None where there was no time to know it. Of a forward that is said to be exact to so much, only
    for those that are larger than `least`.
    """
    spent = Budget(None) if budget is None else budget
    faulty = {id(rule): planted(remembered(rule), dtypes) for rule in rules}
    first = [example for example in found if example.point.rule.order == 1]
    given = [_gradients(e.point.rule, e) for e in first]
    seen: dict[str, bool | None] = {}
    for name in faulty[id(rules[0])]:
        if spent.spent and len(seen) > _ENOUGH:
            seen[name] = None
            continue
        if rules[0].precision and RELATIVE.get(name, 1.0) < least:
            continue
        tried = [faulty[id(e.point.rule)][name] for e in first]
        verdict = _verdict(tried, first, given)
        if spent.spent and not verdict:
            seen[name] = None
        elif verdict is not None:
            pairs = [(rule, faulty[id(rule)][name]) for rule in rules if rule.order == 1]
            seen[name] = verdict or _seen_besides(pairs, _tried(first))
    return seen


def _verdict(tried: list[Rule], found: list[Example], given: list[list[Array]]) -> bool | None:
    """Whether an example rejects a fault; None if it shows at none of them."""
    shows = None
    for bad, example, gxs in zip(tried, found, given, strict=True):
        if _differs(bad, example, gxs):
            shows = False
            if rejects(bad, example):
                return True
    return shows


def _seen_besides(pairs: list[tuple[Rule, Rule]], dtypes: Sequence[str]) -> bool:
    return _seen_elsewhere(pairs, dtypes) or _seen_along(pairs, dtypes[0])


def _tried(found: list[Example]) -> list[str]:
    """The dtypes that were tried, the widest first: not every function takes float64."""
    dtypes = {x.dtype for e in found for x in e.point.xs}
    return [dtype.name for dtype in sorted(dtypes, key=lambda d: -d.itemsize)]


def _seen_elsewhere(pairs: list[tuple[Rule, Rule]], dtypes: Sequence[str] = ("float64",)) -> bool:
    """Whether ordinary inputs reject a fault that showed at kinks only, where much is right."""
    rng = np.random.default_rng(_TRIES)
    ways = [(rule, bad, way) for rule, bad in pairs for way in small_ways(rule)]
    for k in range(_TRIES if ways else 0):
        rule, bad, way = ways[k % len(ways)]
        dtype = dtypes[k // len(ways) % len(dtypes)]
        example = examine(rule, ordinary_inputs(rule, way, dtype, rng), rng)
        if rejects(bad, example):
            return True
    return False


def _seen_along(pairs: list[tuple[Rule, Rule]], dtype: str) -> bool:
    """Whether looks along directions reject a fault, for instance of one element among many."""
    rng = np.random.default_rng(_LOOKS)
    suspects = (suspect for _, bad in pairs for suspect in along(bad, dtype, _LOOKS, rng))
    return convicted(suspects) is not None


def smallest_seen(found: list[Example]) -> float:
    """The smallest e such that backward times 1 + e is rejected by these very examples."""
    best = [example for example in found if example.point.rule.order == 1][:3]
    error = 2.0 * best[0].detectable if best else np.inf
    while error < 1.0:
        if any(off(scaled(e.point.rule, 1.0 + error), e) for e in best):
            return error
        error *= 2.0
    return np.inf


def _differs(faulty: Rule, example: Example, gxs: list[Array]) -> bool:
    """Whether the fault shows at all: a sign is no fault where the gradient is zero."""
    xs, gy = example.point.xs, one(example)
    mine, seed = tuple(x.copy() for x in xs), gy.copy()
    bad = [np.array(gx) for gx in faulty.vjp(mine, seed)]
    if not all(map(np.array_equal, (*xs, gy), (*mine, seed))) or len(bad) != len(gxs):
        return True
    return not all(map(_alike, gxs, bad))


def _gradients(rule: Rule, example: Example) -> list[Array]:
    return [np.array(gx) for gx in rule.vjp(example.point.xs, one(example))]


def _alike(a: Array, b: Array) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    sure = np.isfinite(a)
    slack = 64 * np.finfo(a.dtype).eps * abs(a).max(initial=0, where=sure)
    return bool(np.all(abs(a - b)[sure] <= slack))
