"""The table of all functions as Markdown, which `make functions` writes to docs/functions.md."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Final

from backprop.cli.outcomes import Outcome
from backprop.cli.terminal import domain_text
from backprop.functions.precision import FLOAT32_STAYS
from backprop.functions.registry import KINKS

_HEAD: Final = """# The functions

What `make verify` verifies: every function of `backprop.numpy`, in first order, in second order and
in forward mode, in float64 and float32. This file is written by `make functions`.

*Where*: on which intervals its inputs are drawn. *Where it has no derivative*: what it gives there.
*Worst error*: the largest met, as a part of its tolerance. *Would see*: the smallest relative error
of a gradient that the run would have rejected.

The values are NumPy's, to the bit or, where they are computed in another way, to a few roundings;
so are shapes, dtypes and the order in memory. But float32 stays where NumPy's own give float64:

{kept}
| Function | Where | Order | Forward | Where it has no derivative | Worst error | Would see |
|---|---|---|---|---|---|---|
"""


def markdown(outcomes: Sequence[Outcome]) -> str:
    """The table, a line for each function that was verified."""
    kept = "".join(f"- `{name}`: {reason}\n" for name, reason in FLOAT32_STAYS.items())
    return _HEAD.format(kept=kept) + "".join(
        f"| {' | '.join(_cells(outcome))} |\n" for outcome in outcomes
    )


def _cells(outcome: Outcome) -> tuple[str, ...]:
    rule, report = outcome.named, outcome.report
    kink = next((text for function, text in KINKS.items() if function is rule.rule), "")
    if report is None:
        return (f"`{rule.name}`", domain_text(rule.domain), "WRONG", "", kink, "", "")
    sees = f"{report.smallest:.0e}" if isfinite(report.smallest) else ""
    return (
        f"`{rule.name}`",
        domain_text(rule.domain),
        "1, 2",
        "yes",
        kink,
        f"{report.worst:.2f}",
        sees,
    )
