"""All looks at a rule beside the searched examples: what they suspect goes to the judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from backprop.testing.judging.mismatch import GradientMismatch
from backprop.testing.looks import Look
from backprop.testing.rules import Rule
from backprop.testing.screening.directions import along
from backprop.testing.screening.opinion import differing
from backprop.testing.screening.suspects import Suspect, convicted
from backprop.testing.screening.sweep import swept

_SWEPT: Final = 0.25  # below this share of the usual looks thousands of points are too many
_OPINIONS: Final = 80  # points at which the second opinion is asked
_LOOKS: Final = 60  # along directions, at the dtypes together


def screened(
    rules: Sequence[Rule],
    dtypes: Sequence[str],
    seed: int,
    share: float = 1.0,
    looks: list[Look] | None = None,
) -> GradientMismatch | None:
    """What is wrong with one of the rules at a point that looks suspicious, if anything is.

    There are as many looks as a `share` of the usual ones, where fewer examples are asked for.
    Those at thousands of points are added to `looks`.
    """
    rng, each = np.random.default_rng(seed), share / len(rules)
    kept: list[Look] = [] if looks is None else looks
    suspects = (s for rule in rules for s in _suspects(rule, each, share, dtypes, rng, kept))
    return convicted(suspects)


def _suspects(
    rule: Rule,
    each: float,
    share: float,
    dtypes: Sequence[str],
    rng: np.random.Generator,
    looks: list[Look],
) -> Iterator[Suspect]:
    # Of a second order the function is looked at itself, and each call costs as much as many.
    if rule.order > 1 or "gradient" in rule.ignored:
        return
    for dtype in dtypes:
        if share > _SWEPT:
            yield from swept(rule, dtype, rng, looks)
        yield from differing(rule, dtype, max(int(_OPINIONS * each) // len(dtypes), 1), rng)
        yield from along(rule, dtype, max(int(_LOOKS * each) // len(dtypes), 1), rng)
