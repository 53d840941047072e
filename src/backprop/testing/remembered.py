"""A right rule whose answers are kept: dozens of faults planted in it ask the same of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.testing.rules import Arrays, Rule

_MANY: Final = 2**12  # answers that are kept, the last ones
_LARGE: Final = 2**12  # bytes of the arguments, above which none is


def remembered(rule: Rule) -> Rule:
    """The rule, but what it says of the same arrays is computed once, and copied."""
    values = _Answers(lambda *xs: (rule.forward(*xs),))
    gradients = _Answers(lambda *given: rule.vjp(given[:-1], given[-1]))

    def forward(*xs: Array) -> Array:
        return values.of(*xs)[0]

    def vjp(xs: Arrays, gy: Array) -> Sequence[Array]:
        return gradients.of(*xs, gy)

    return replace(rule, forward=forward, vjp=vjp)


class _Answers:
    """What a function of arrays gave for those that it was asked about."""

    def __init__(self, function: Callable[..., Sequence[Array]]) -> None:
        self._function = function
        self._kept: dict[Hashable, tuple[Array, ...]] = {}

    def of(self, *arrays: Array) -> tuple[Array, ...]:
        """Its answer, in memory of its own."""
        if sum(a.nbytes for a in arrays) > _LARGE:
            return tuple(self._function(*arrays))
        key = tuple((a.dtype, a.shape, a.strides, a.tobytes()) for a in arrays)
        if key not in self._kept:
            if len(self._kept) >= _MANY:
                self._kept.clear()
            self._kept[key] = tuple(self._function(*arrays))
        return tuple(map(np.copy, self._kept[key]))
