"""Times of calls that do the same, measured in turn: what else the machine does strikes all.

A figure is the least of many rounds if the fastest takes below a tenth of a millisecond, else their
median, of the processor's time. It is measured in `PARTS` parts, which say how far it scatters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import process_time
from typing import Final

PARTS: Final = 3
_SHORT: Final = 1e-4
_ROUND: Final = 4e-3  # seconds that a round of one call takes at least


@dataclass(frozen=True)
class Times:
    """The seconds of one call, in each part of the measurement."""

    parts: tuple[float, ...]

    @property
    def best(self) -> float:
        """The figure that is shown."""
        return min(self.parts)

    def over(self, other: Times) -> tuple[float, float, float]:
        """How many times the time of `other`: the figure, the least and the most of the parts."""
        ratios = [a / b for a, b in zip(self.parts, other.parts, strict=True)]
        return median(ratios), min(ratios), max(ratios)


def measure(calls: Mapping[str, Callable[[], object]], seconds: float) -> dict[str, Times]:
    """Time each of `calls`, in turn, for about so many seconds each."""
    counts = {name: _repeats(call) for name, call in calls.items()}
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(PARTS):
        rounds: dict[str, list[float]] = {name: [] for name in calls}
        spent = dict.fromkeys(calls, 0.0)
        while any(spent[name] < seconds / PARTS or len(rounds[name]) < 3 for name in calls):
            for name, call in calls.items():
                if spent[name] < seconds / PARTS or len(rounds[name]) < 3:
                    took = _timed(call, counts[name])
                    rounds[name].append(took / counts[name])
                    spent[name] += took
        short = min(map(min, rounds.values())) < _SHORT
        for name, taken in rounds.items():
            found[name].append(min(taken) if short else median(taken))
    return {name: Times(tuple(parts)) for name, parts in found.items()}


def _repeats(call: Callable[[], object]) -> int:
    call()  # what is computed once only
    took = _timed(call, 1)
    return max(1, int(_ROUND / max(took, 1e-7)))


def _timed(call: Callable[[], object], times: int) -> float:
    start = process_time()
    for _ in range(times):
        call()
    return process_time() - start
