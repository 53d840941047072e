"""One run of the verifier: examples, looks at thousands of points, the proof that it would see."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from backprop.testing import entries
from backprop.testing.budget import Budget, Calls, usual_seconds
from backprop.testing.examples import Example, judged, one
from backprop.testing.generators.strategies import DTYPES, ordinary_inputs, small_ways
from backprop.testing.judging.mismatch import Findings, GradientMismatch, NothingToJudge
from backprop.testing.laws.laws import advice
from backprop.testing.looks import Look, median, regions
from backprop.testing.proof import smallest_seen, verdicts
from backprop.testing.report import Report
from backprop.testing.rules import Rule
from backprop.testing.screening.opinion import heard
from backprop.testing.screening.screen import screened
from backprop.testing.search import enough, examples_of
from backprop.testing.survey import surveyed

_AFTER: Final = 0.2  # the part that is for saying how far a finding reaches
_FOLLOWED: Final = 5.0  # seconds for that where nothing is said: of large arrays it takes long
_SHARE: Final = 0.6  # the part of the time that is for examples and looks, not for the proof


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried, as the user says it."""

    dtypes: Sequence[str] | None = None
    examples: int | None = None
    seed: int | None = None
    budget: float | None = None
    all: bool = False  # one finding for each law, not the first alone


def run(rules: tuple[Rule, ...], effort: Effort) -> Report:
    """Verify the rules; raise what is wrong with them."""
    __tracebackhide__ = True  # to pytest
    seed = secrets.randbits(32) if effort.seed is None else entries.whole(effort.seed, "seed", 0)
    known = replace(effort, seed=seed, budget=entries.seconds(effort.budget))
    if not effort.all:
        return _run(rules, known, seed)
    found: list[GradientMismatch] = []
    while True:
        kinds = frozenset(failure.kind for failure in found)
        try:
            report = _run(tuple(replace(rule, ignored=kinds) for rule in rules), known, seed)
        except GradientMismatch as failure:
            found.append(failure)
            if failure.kind in kinds:  # it raises, and that cannot be passed over
                break
        else:
            if not found:
                return report
            break
    raise Findings(f"{rules[0].name} is wrong in {len(found)} ways", found)


def _run(rules: tuple[Rule, ...], effort: Effort, seed: int) -> Report:
    __tracebackhide__ = True  # to pytest
    calls, clock = Calls(), Budget(None)
    rules = tuple(map(calls.of, rules))
    dtypes = rules[0].dtypes or DTYPES if effort.dtypes is None else entries.dtypes(effort.dtypes)
    usual = enough(rules)
    count: int = usual if effort.examples is None else entries.whole(effort.examples, "examples", 1)
    looks: list[Look] = []
    seconds = _seconds(rules[0], dtypes[0]) if effort.budget is None else effort.budget
    budget = Budget(None if seconds is None else seconds * _SHARE)
    try:
        found = examples_of(rules, dtypes, count, seed, budget)
        failure = screened(rules, dtypes, seed, min(len(found) / usual, 1.0), looks)
        if failure is not None:
            raise failure
    except GradientMismatch as failure:
        after = Budget(_FOLLOWED if seconds is None else seconds * _AFTER)
        raise surveyed(failure, seed, after) from failure.__cause__
    _judged(rules, found)
    found.sort(key=lambda example: example.detectable)
    smallest = smallest_seen(found)
    left = Budget(None if seconds is None else seconds - clock.elapsed)
    seen = verdicts(rules, found, dtypes, 2 * smallest, left)
    looks += [look for example in found for look in example.looks]
    return Report(
        function=rules[0].name,
        domain=_domains(rules),
        dtypes=dtypes,
        shapes=tuple(sorted({x.shape for e in found for x in e.point.xs})),
        examples=len(found),
        calls=(calls.forward, calls.backward),
        worst=max(example.worst for example in found),
        median=median(np.concatenate([look.relative for look in looks] or [np.zeros(0)])),
        excused=sum(example.excused for example in found),
        smallest=smallest,
        planted=sum(verdict is not None for verdict in seen.values()),
        rejected=sum(verdict is True for verdict in seen.values()),
        accepted=tuple(name for name, rejected in seen.items() if rejected is False),
        untried=tuple(name for name, rejected in seen.items() if rejected is None),
        regions=regions(looks),
        opinions=_opinions(rules),
        advice=_advice(found),
        seconds=clock.elapsed,
        seed=seed,
    )


def _seconds(rule: Rule, dtype: str) -> float | None:
    """How long a rule may take: the time of its first ordinary call tells."""
    rng = np.random.default_rng(0)
    way = next(iter(small_ways(rule)), None)
    return None if way is None else usual_seconds(rule, ordinary_inputs(rule, way, dtype, rng))


def _judged(rules: tuple[Rule, ...], found: list[Example]) -> None:
    """Raise NothingToJudge where inputs were tried, and none had a derivative that is known."""
    if any(map(judged, found)) and not any(example.point.known for example in found):
        raise NothingToJudge(
            f"{rules[0].name} had no finite value at any of {len(found)} inputs from its domain "
            f"{_domains(rules)}: state where it is differentiable, e.g. domain=Interval(0, inf)"
        )


def _opinions(rules: tuple[Rule, ...]) -> tuple[str, ...]:
    return ("central differences", *((rules[0].opinion,) if heard(rules[0]) else ()))


def _advice(found: list[Example]) -> tuple[str, ...]:
    texts = (advice(e.point.rule, e.point.xs, one(e)) for e in found)
    return tuple(dict.fromkeys(text for text in texts if text is not None))


def _domains(rules: tuple[Rule, ...]) -> str:
    said = dict.fromkeys(rule.where or repr(d) for rule in rules for d in rule.domains)
    return ", ".join(said)
