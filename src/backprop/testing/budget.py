"""How long a verification may take, and how often it has called the rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any, Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.testing.rules import Arrays, Rule

_SLOW: Final = 4e-3  # seconds for a value and its gradient
_USUAL: Final = 8.0


class Budget:
    """Seconds, after which nothing new is begun; what has begun ends, one example at least."""

    def __init__(self, seconds: float | None) -> None:
        self._start = perf_counter()
        self._seconds = seconds

    @property
    def elapsed(self) -> float:
        """The seconds since it was made."""
        return perf_counter() - self._start

    @property
    def spent(self) -> bool:
        """Whether the time is up."""
        return self._seconds is not None and self.elapsed > self._seconds


def usual_seconds(rule: Rule, xs: Arrays) -> float | None:
    """The seconds that a rule may take where nobody says: no end, if its calls are quick."""
    try:
        rule.vjp(xs, np.ones_like(rule.forward(*xs)))
        start = perf_counter()
        rule.vjp(xs, np.ones_like(rule.forward(*xs)))
    except Exception:  # the search says what is wrong
        return None
    return _USUAL if perf_counter() - start > _SLOW else None


class Calls:
    """How often values and gradients were asked for."""

    def __init__(self) -> None:
        self.forward = 0
        self.backward = 0

    def of(self, rule: Rule) -> Rule:
        """The rule, whose calls are counted."""
        value, pullback = rule.forward, rule.vjp

        def forward(*xs: Array) -> Array:
            self.forward += 1
            return value(*xs)

        def vjp(xs: Arrays, gy: Array) -> Sequence[Array]:
            self.backward += 1
            return pullback(xs, gy)

        counted: Callable[..., Any] = forward
        return replace(rule, forward=counted, vjp=vjp)
