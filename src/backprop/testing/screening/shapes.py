"""Shapes of every kind: up to five axes, squares always, empty ones, some of many elements."""

from __future__ import annotations

from typing import Final

import numpy as np

from backprop.ground.arrays import Shape, Shapes
from backprop.testing.generators.strategies import ways
from backprop.testing.rules import Rule

_ALWAYS: Final[Shapes] = tuple(
    (s,) for s in ((2, 2), (3, 3), (2,), (3, 2), (17,), (5000,), (4, 4), (16, 16), (64,), (9, 40))
)
_AXES: Final = (1, 2, 2, 2, 3, 3, 4, 5)
_LENGTHS: Final = (1, 2, 2, 3, 3, 4, 5, 6)
_TOLD: Final = 12  # shapes that the code of a rule tells
_ENDLESS: Final = 2**18  # elements
_BROAD: Final = 1000  # rows or columns
_HIGH: Final = 8  # axes
_WIDE: Final = 12  # elements beside a long axis
_LONG: Final = (7, 8, 9, 16, 17, 32, 33, 64, 128, 300, 1024)


def every(rule: Rule, count: int, rng: np.random.Generator) -> list[tuple[Shape, ...]]:
    """So many ways to call a rule: all its own in turn, or any, of two inputs broadcast.

    And a few more that the numbers in its code may mean.
    """
    if rule.shapes is not None or rule.few is not None or rule.arity > 2:
        own = ways(rule)
        return [own[k % len(own)] for k in range(count)]
    told = [(shape,) for mark in rule.landmarks for shape in _told(mark)][:_TOLD]
    fixed = [*_ALWAYS, *told]
    others = range(count - len(_ALWAYS))
    if rule.arity == 1:
        return [*fixed, *((_shape(rng),) for _ in others)][: count + len(told)]
    alike = [(shape, shape) for (shape,) in fixed]
    return [*alike, *(_stretched(_shape(rng), rng) for _ in others)][: count + len(told)]


def _told(mark: float) -> tuple[Shape, ...]:
    """Shapes that a number in the code may mean: so many elements, rows, columns or axes."""
    n = int(mark)
    if n != mark or not 2 < n < _ENDLESS:
        return ()
    matrices = ((n, 2), (2, n)) if n < _BROAD else ()
    return ((n,), (n + 1,), *matrices, *(((2,) * n,) if n < _HIGH else ()))


def _shape(rng: np.random.Generator) -> Shape:
    lengths = rng.choice(_LENGTHS, int(rng.choice(_AXES)))
    if rng.random() < 0.1:
        lengths = np.where(np.cumprod(lengths) > _WIDE, 1, lengths)
        lengths[rng.integers(len(lengths))] = rng.choice(_LONG)
    return tuple(map(int, lengths))


def _stretched(shape: Shape, rng: np.random.Generator) -> tuple[Shape, ...]:
    """Two shapes that broadcast to `shape`: axes are 1 in either, and leave out leading ones."""
    ones = rng.integers(0, 5, len(shape))  # 0: the left has 1, 1: the right
    left = tuple(1 if k == 0 else n for n, k in zip(shape, ones))
    right = tuple(1 if k == 1 else n for n, k in zip(shape, ones))
    cut = int(rng.integers(0, len(shape) + 1)) if rng.random() < 0.5 else 0
    return (left, right[cut:]) if rng.random() < 0.5 else (left[cut:], right)
