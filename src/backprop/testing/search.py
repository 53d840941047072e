"""The inputs that a rule is tried at: Hypothesis invents some, others are ordinary ones in turn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

import hypothesis
import numpy as np
from hypothesis import Phase, given, strategies as st

from backprop.ground.arrays import Shape
from backprop.testing.budget import Budget
from backprop.testing.examples import Example, examine
from backprop.testing.generators.draws import seeds
from backprop.testing.generators.strategies import inputs, ordinary_inputs, small_ways, ways
from backprop.testing.judging.mismatch import CannotCall, GradientMismatch
from backprop.testing.rules import Arrays, Rule
from backprop.testing.settings import silent

PHASES: Final = (Phase.generate, Phase.shrink)
_EXAMPLES: Final = 36
_EXAMPLES_OF_TWO_ORDERS: Final = 12
_SEARCHED: Final = 4


def enough(rules: tuple[Rule, ...]) -> int:
    """How many examples are enough: those of a second order cost as much as many.

    But every case has one, and some are left to the search.
    """
    least = _EXAMPLES if rules[-1].order == 1 else _EXAMPLES_OF_TWO_ORDERS
    return max(least, len(rules) + _SEARCHED)


def examples_of(
    rules: tuple[Rule, ...], dtypes: tuple[str, ...], count: int, seed: int, budget: Budget
) -> list[Example]:
    """Invented inputs, and then ordinary ones of each rule in turn, in every small shape and dtype.

    A search may meet no empty array, or none whose gradient is well known: a power overflows, or is
    flat, at most.
    """
    rng = np.random.default_rng(seed)
    calls = list(_calls(rules))
    turns = range(min(max(len(calls), 2 * len(dtypes)), count - 1)) if calls else ()
    found = _search(rules, dtypes, count - len(turns), seed, budget)
    for i in turns:
        if budget.spent and found:
            break
        k = i % len(calls)
        rule, way = calls[k]
        dtype = dtypes[(k + i // len(calls)) % len(dtypes)]
        found.append(examine(rule, ordinary_inputs(rule, way, dtype, rng), rng))
    return found


def _calls(rules: tuple[Rule, ...]) -> Iterator[tuple[Rule, tuple[Shape, ...]]]:
    """Each rule with each of its ways to be called; the rules take turns."""
    each = ([(rule, way) for way in small_ways(rule)] for rule in rules)
    return (call for row in zip_longest(*each) for call in row if call is not None)


def _search(
    rules: tuple[Rule, ...], dtypes: tuple[str, ...], examples: int, seed: int, budget: Budget
) -> list[Example]:
    """Examine the rules at so many inputs; the first that fails is shrunk and raised."""
    found: list[Example] = []
    failures: list[GradientMismatch | CannotCall] = []

    @hypothesis.seed(seed)
    @silent(examples, PHASES)
    @given(_inputs_of(rules, dtypes), seeds())
    def attempt(call: tuple[Rule, Arrays], number: int) -> None:
        if budget.spent and (found or failures):  # what is found is shrunk no further
            return
        try:
            found.append(examine(*call, np.random.default_rng(number)))
        except (GradientMismatch, CannotCall) as failure:
            failures.append(failure)
            raise

    try:
        attempt()
    except Exception:
        if not failures:
            raise
        raise failures[-1].with_traceback(None) from failures[-1].__cause__
    return found


@st.composite
def _inputs_of(
    draw: st.DrawFn, rules: tuple[Rule, ...], dtypes: tuple[str, ...]
) -> tuple[Rule, Arrays]:
    rule = draw(st.sampled_from(rules))
    dtype = draw(st.sampled_from(dtypes))
    way = draw(st.sampled_from(ways(rule)))
    each = zip(rule.domains, way, strict=True)
    return rule, rule.placed(tuple(draw(inputs(d, (s,), dtype, rule.span)) for d, s in each))
