"""Floats and seeds drawn as small whole numbers: so a seed repeats a run wherever it is made.

Hypothesis mixes constants of the source files that a program has imported into what it draws, and
these are others in another place. Of whole numbers below 100 it takes none.
"""

from __future__ import annotations

from math import ceil, floor, fsum
from typing import Final

from hypothesis import strategies as st

_BASE: Final = 64
_LENGTHS: Final = (0, 1, 9, 9, 9, 9)  # digits to the base: none, few, all that a float64 has
_SEED: Final = 5  # digits
_STRETCH: Final = 32

_digit: Final = st.integers(0, _BASE - 1)


def fractions() -> st.SearchStrategy[float]:
    """Numbers from 0 to 1, 1 excluded; they shrink to 0, and to those of one digit."""
    return st.sampled_from(_LENGTHS).flatmap(_digits).map(_fraction)


def uniform(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers from `low` to `high`, evenly; they shrink to whole ones, nearest to 0."""
    if high - low <= 1:
        return fractions().map(lambda part: low + part * (high - low))
    least, most = ceil(low), floor(high)
    start = min(max(0, least), most)

    def number(steps: int, part: float) -> float:
        found = start + steps + (part if steps >= 0 else -part)
        return min(max(found, low), high)

    return st.builds(number, st.integers(least - start, most - start), fractions())


def exponents(low: int, high: int) -> st.SearchStrategy[int]:
    """Whole numbers from `low` to `high`, however large."""
    stretches = st.integers(low // _STRETCH, high // _STRETCH)
    within = st.integers(0, _STRETCH - 1)

    def number(n: int, k: int) -> int:
        return min(max(_STRETCH * n + k, low), high)

    return st.builds(number, stretches, within)


def seeds() -> st.SearchStrategy[int]:
    """Seeds for NumPy's generators."""
    return _digits(_SEED).map(_number)


def _digits(count: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[_digit] * count)


def _number(digits: tuple[int, ...]) -> int:
    return sum(digit * _BASE**place for place, digit in enumerate(digits))


def _fraction(digits: tuple[int, ...]) -> float:
    return fsum(digit / _BASE ** (place + 1) for place, digit in enumerate(digits))
