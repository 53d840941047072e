"""Where gradients were compared: how many numbers of each size, and how exactly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.testing.judging.measuring import Measurement
from backprop.testing.report import Region
from backprop.testing.rules import Arrays

# The sizes of numbers between which regions lie: those that rules change their ways at, mostly.
_EDGES: Final = (0.0, 2.0**-40, 2.0**-20, 2.0**-10, 1.0, 2.0**10, 2.0**20, 2.0**40, inf)


@dataclass(frozen=True, slots=True)
class Look:
    """The numbers by which a gradient was compared, and what came of it, element by element."""

    dtype: str
    sizes: Array
    ratio: Array
    relative: Array


def looks_of(xs: Arrays, seen: Iterable[Measurement]) -> tuple[Look, ...]:
    """The looks of measurements at inputs, where the differences told anything."""
    return tuple(_look(xs[m.input], m) for m in seen)


def _look(x: Array, seen: Measurement) -> Look:
    known = np.isfinite(seen.tolerance) & np.isfinite(seen.numeric)
    with np.errstate(all="ignore"):
        relative = abs(seen.analytic - seen.numeric) / abs(seen.numeric)
    sizes = abs(x.reshape(-1)[seen.columns].astype(np.float64))
    return Look(x.dtype.name, sizes[known], seen.ratio[known], relative[known])


def regions(looks: Iterable[Look]) -> tuple[Region, ...]:
    """What was seen of each dtype among numbers of each size; nothing of where nobody looked."""
    by_dtype: dict[str, list[Look]] = {}
    for look in looks:
        by_dtype.setdefault(look.dtype, []).append(look)
    return tuple(
        region
        for dtype, found in by_dtype.items()
        for low, high in pairwise(_EDGES)
        if (region := _region(dtype, low, high, found)) is not None
    )


def _region(dtype: str, low: float, high: float, looks: list[Look]) -> Region | None:
    sizes, ratio, relative = (
        np.concatenate([getattr(look, name) for look in looks])
        for name in ("sizes", "ratio", "relative")
    )
    here = (low <= sizes) & (sizes < high)
    if not here.any():
        return None
    worst = ratio[here].max(initial=0, where=ratio[here] <= 1)
    return Region(dtype, low, high, int(here.sum()), float(worst), median(relative[here]))


def median(relative: Array) -> float:
    """The median of the relative errors that are known; nan if none is."""
    known = relative[np.isfinite(relative)]
    return float(np.median(known)) if known.size else float("nan")
