"""All looks at a rule beside the searched examples: what they suspect goes to the judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from backprop.testing.judging.mismatch import GradientMismatch
from backprop.testing.rules import Rule
from backprop.testing.screening.directions import along
from backprop.testing.screening.opinion import differing
from backprop.testing.screening.suspects import Suspect, convicted
from backprop.testing.screening.sweep import swept

_OPINIONS: Final = 80  # points at which the second opinion is asked
_LOOKS: Final = 60  # along directions, at the dtypes together


def screened(rules: Sequence[Rule], dtypes: Sequence[str], seed: int) -> GradientMismatch | None:
    """What is wrong with one of the rules at a point that looks suspicious, if anything is."""
    rng = np.random.default_rng(seed)
    return convicted(s for rule in rules for s in _suspects(rule, len(rules), dtypes, rng))


def _suspects(
    rule: Rule, of: int, dtypes: Sequence[str], rng: np.random.Generator
) -> Iterator[Suspect]:
    if rule.order > 1:  # its function is looked at itself, and each call costs as much as many
        return
    for dtype in dtypes:
        yield from swept(rule, dtype, rng)
        yield from differing(rule, dtype, max(_OPINIONS // (of * len(dtypes)), 1), rng)
        yield from along(rule, dtype, max(_LOOKS // (of * len(dtypes)), 1), rng)
