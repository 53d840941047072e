"""The proof that a run would have noticed: faults planted in the rule, the smallest error seen."""

from __future__ import annotations

from typing import Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.testing.examples import Example, examine, one, rejects
from backprop.testing.generators.strategies import ordinary, small_ways
from backprop.testing.laws.faults import planted, scaled
from backprop.testing.rules import Rule

_TRIES: Final = 60


def verdicts(rules: tuple[Rule, ...], found: list[Example]) -> dict[str, bool]:
    """For each fault that shows at the examples of first order, whether one of them rejects it."""
    faulty = {id(rule): planted(rule) for rule in rules}
    first = [example for example in found if example.point.rule.order == 1]
    given = [_gradients(e.point.rule, e) for e in first]
    seen: dict[str, bool] = {}
    for name in faulty[id(rules[0])]:
        tried = [faulty[id(e.point.rule)][name] for e in first]
        if any(map(_differs, tried, first, given)):
            seen[name] = any(map(rejects, tried, first))
            if not seen[name]:
                pairs = [(rule, faulty[id(rule)][name]) for rule in rules if rule.order == 1]
                seen[name] = _seen_elsewhere(pairs, _widest(first))
    return seen


def _widest(found: list[Example]) -> str:
    """The widest dtype that was tried: not every function takes float64."""
    return max((x.dtype for e in found for x in e.point.xs), key=lambda d: d.itemsize).name


def _seen_elsewhere(pairs: list[tuple[Rule, Rule]], dtype: str = "float64") -> bool:
    """Whether ordinary inputs reject a fault that showed at kinks only, where much is right."""
    rng = np.random.default_rng(_TRIES)
    ways = [(rule, bad, way) for rule, bad in pairs for way in small_ways(rule)]
    for k in range(_TRIES):
        rule, bad, way = ways[k % len(ways)]
        each = zip(rule.domains, way, strict=True)
        example = examine(rule, tuple(ordinary(d, s, dtype, rng) for d, s in each), rng)
        if rejects(bad, example):
            return True
    return False


def smallest_seen(found: list[Example]) -> float:
    """The smallest e such that backward times 1 + e is rejected by these very examples."""
    best = [example for example in found if example.point.rule.order == 1][:3]
    error = 2.0 * best[0].detectable if best else np.inf
    while error < 1.0:
        if any(rejects(scaled(e.point.rule, 1.0 + error), e) for e in best):
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
