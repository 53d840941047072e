"""What a picture of a derivative shows: a rule along one number, measured as the verifier does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any, Final

import numpy as np

from backprop.errors import ArgumentTypeError, ArgumentValueError
from backprop.ground.arrays import Array, brief
from backprop.ground.domain import Interval
from backprop.testing.bound import Bound
from backprop.testing.front_door import rules_for
from backprop.testing.generators.strategies import ordinary_inputs, small_ways
from backprop.testing.judging.judge import mismatch
from backprop.testing.judging.measuring import compare, measure
from backprop.testing.judging.mismatch import Place
from backprop.testing.numeric.differences import climbed
from backprop.testing.quiet import quiet
from backprop.testing.rules import Arrays, Rule

SAMPLES: Final = 61
_NICE: Final = (1.0, 0.5, 2.0, -1.0, 0.25)  # where a derivative is drawn if nobody says where
_INSIDE: Final = 2.0**-7  # of the width, that is kept from an edge of the domain
_WIDTH: Final = 1.5  # times |x|, or 1, to either side


@dataclass(frozen=True, slots=True)
class Sample:
    """A rule at one number: its value, and both gradients with the tolerance between them."""

    x: float
    value: float
    claimed: float
    numeric: float
    tolerance: float
    wrong: bool

    @property
    def ratio(self) -> float:
        """The error as a part of its tolerance; nan where nothing is known."""
        known = isfinite(self.numeric) and isfinite(self.tolerance)
        return abs(self.claimed - self.numeric) / self.tolerance if known else float("nan")


@dataclass(frozen=True, slots=True)
class Ladder:
    """The error of central differences by the size of their steps, and the step that is chosen."""

    steps: Array
    errors: tuple[Array, ...]  # of the differences, and of their extrapolations
    truncation: Array  # as estimated, by step
    rounding: Array
    step: float  # that is chosen, of the differences or an extrapolation,
    level: int
    error: float  # and the error of what it gives
    claimed: float  # the error of the rule's own gradient


@dataclass(frozen=True, slots=True)
class Line:
    """A rule along one element of one input: a function of one number, and its derivative."""

    rule: Rule
    xs: Arrays
    gy: Array
    input: int
    column: int

    @property
    def at(self) -> float:
        """Where it was asked for."""
        return float(self.xs[self.input].flat[self.column])

    @property
    def domain(self) -> Interval:
        """Where the number may be."""
        return self.rule.domains[self.input]

    @property
    def variable(self) -> str:
        """What the number is: "x", or which element of which input."""
        x = self.xs[self.input]
        name = "x" if self.rule.arity == 1 else f"x{self.input}"
        index = ", ".join(str(i) for i in np.unravel_index(self.column, x.shape))
        return f"{name}[{index}]" if index else name

    def moved(self, to: Any) -> Arrays:
        """The inputs, where the number is another one."""
        xs = tuple(x.copy() for x in self.xs)
        xs[self.input].flat[self.column] = to
        return xs

    def sample(self, to: float) -> Sample | None:
        """The rule at a number; None where it has no value, or raises."""
        xs = self.moved(to)
        columns = tuple([self.column] if i == self.input else [] for i in range(len(xs)))
        try:
            with quiet():
                point = measure(self.rule, xs, None, columns)
                seen = list(compare(point, self.gy, self.rule.vjp(xs, self.gy)))[self.input]
                wrong = mismatch(point, self.rule, self.gy, seen) is not None
        except Exception:  # each library has its own errors
            return None
        if not seen.columns or not np.isfinite(point.y).all():
            return None
        return Sample(
            x=float(xs[self.input].flat[self.column]),
            value=float(np.vdot(self.gy, point.y)),
            claimed=float(seen.analytic[0]),
            numeric=float(seen.numeric[0]),
            tolerance=float(seen.tolerance[0]),
            wrong=wrong,
        )

    def samples(self) -> list[Sample]:
        """The rule on both sides of its number, as far as the domain goes."""
        low, high = self.span
        found = map(self.sample, np.linspace(low, high, SAMPLES).tolist())
        return [sample for sample in found if sample is not None]

    @property
    def span(self) -> tuple[float, float]:
        """From where to where it is looked at."""
        reach = _WIDTH * max(abs(self.at), 1.0)
        low, high = max(self.at - reach, self.domain.low), min(self.at + reach, self.domain.high)
        kept = min((high - low) * _INSIDE, (self.at - low) / 2, (high - self.at) / 2)
        return (
            low + kept * (low == self.domain.low),
            high - kept * (high == self.domain.high),
        )

    def ladder(self) -> Ladder | None:
        """The ladder of steps at its number; None where nothing is known."""
        x, truth = np.array(self.xs[self.input].flat[self.column]), self.sample(self.at)
        if truth is None or not isfinite(truth.numeric):
            return None
        gy = self.gy.reshape(-1)

        def f(to: Array) -> Array:
            y = np.asarray(self.rule.truth(*self.moved(to))).reshape(-1)
            return np.asarray(gy @ y)

        with quiet():
            found = climbed(f, x, 0, self.domain)
        if found is None:
            return None
        chosen, count = int(found.chosen[0]), len(found.steps) // 3
        errors = abs(found.values[:, 0] - truth.numeric).astype(float)
        steps, slopes = found.steps[:count, 0].astype(float), found.values[:count, 0]
        return Ladder(
            steps=steps,
            errors=tuple(np.split(errors, 3)),
            truncation=np.append(np.nan, abs(np.diff(slopes))).astype(float),
            rounding=(found.noise.reshape(-1)[0] / steps).astype(float),
            step=float(found.steps[chosen, 0]),
            level=chosen // count,
            error=float(errors[chosen]),
            claimed=abs(truth.claimed - truth.numeric),
        )


def line_of_place(place: Place) -> Line:
    """Where a verification has found a rule wrong."""
    return Line(place.rule, place.xs, place.gy, place.input, place.column)


def line_of(target: Any, at: object = None, domain: Interval | None = None) -> Line:
    """A rule along the first number of its first input, from `at` or from a number in its domain.

    Raises ArgumentTypeError if that is no number, ArgumentValueError if it is outside the domain.
    """
    with quiet():
        bound = Bound(target, None, None, None)
        rule = rules_for(target, domain, None, 1, None, bound)[0]
        ways = [way for way in small_ways(rule) if all(map(_some, way))]
        way = next((way for way in ways if not any(way)), ways[0])
        xs = ordinary_inputs(rule, way, "float64", np.random.default_rng(0))
    number = _number(at, rule) if at is not None else next(_usual(rule, xs), None)
    if number is not None:
        xs[0].flat[0] = number
    with quiet():
        gy = np.ones_like(np.asarray(rule.forward(*xs)))
    return Line(rule, xs, gy, 0, 0)


def _some(shape: tuple[int, ...]) -> bool:
    return 0 not in shape


def _usual(rule: Rule, xs: Arrays) -> Iterator[float]:
    """Numbers that are easy to read, where the other inputs leave a choice."""
    return (x for x in _NICE if rule.members is None and xs[0].size == 1 and x in rule.domains[0])


def _number(at: object, rule: Rule) -> float:
    if isinstance(at, bool) or not isinstance(at, (int, float)) or not -inf < at < inf:
        raise ArgumentTypeError(f"at is a finite number, got {brief(at)}")
    if float(at) not in rule.domains[0]:
        raise ArgumentValueError(
            f"at is outside of the domain of {rule.name}, {rule.domains[0]!r}: {at}"
        )
    return float(at)
