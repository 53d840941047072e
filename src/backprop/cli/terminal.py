"""What `python -m backprop verify` shows a person: a table, the explanations."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backprop.cli.outcomes import Outcome
    from backprop.ground.domain import Domain

_NUMBERS: Final = (*("Tried", "Calls", "Worst\nerror", "Would\nsee", "Faults\ncaught", "Time"),)
_NARROW: Final = 72
_LEGEND: Final = (
    "Worst error: as a part of its tolerance. Would see: the smallest relative error of a gradient "
    "that this run would have rejected. Faults caught: of wrong rules planted on purpose."
)


def show(outcomes: Sequence[Outcome], seed: int, seconds: float) -> None:
    """The table, what is wrong and how to reproduce it, and a last line that sums up."""
    console = Console()
    table = _table(outcomes) if console.width >= _NARROW else _list(outcomes)
    console.print(table, "", Text(_LEGEND, style="dim"), sep="\n")
    for outcome in outcomes:
        if not outcome.passed:
            _explain(console, outcome)
    _sum_up(console, outcomes, seed, seconds)


def _table(outcomes: Iterable[Outcome]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for header in ("Function", "Domain", "Dtypes"):
        table.add_column(header, overflow="fold")
    for header in _NUMBERS:
        table.add_column(header, justify="right", no_wrap=True)
    for outcome in outcomes:
        name = Text(outcome.name, style="green" if outcome.passed else "")
        domain = domain_text(outcome.named.domain)
        style = "" if outcome.passed else "bold red"
        table.add_row(name, domain, *_row(outcome), style=style)
    return table


def _list(outcomes: Iterable[Outcome]) -> Text:
    """For a narrow terminal: a line for each rule, the figures that count in another."""
    lines = Text()
    for outcome in outcomes:
        style = "green" if outcome.passed else "bold red"
        lines.append(f"{outcome.name}\n", style=style)
        row = _row(outcome)
        figures = f"error {row[3]}, sees {row[4]}, {row[5]}, {row[6]}" if row[1:] else row[0]
        lines.append(f"    {figures}\n")
    return lines


def _row(outcome: Outcome) -> tuple[str, ...]:
    report = outcome.report
    if report is None:
        return ("WRONG" if outcome.script else "FAILED",)
    return report.row


def domain_text(domain: Domain) -> str:
    """A domain in a word or two, for each input if they differ: "> 0, any"."""
    if isinstance(domain, tuple):
        return ", ".join(map(domain_text, domain))
    low, high, holes = domain.low, domain.high, domain.excluded
    bounds = {
        (False, False): "any",
        (True, False): f"> {low:g}",
        (False, True): f"< {high:g}",
        (True, True): f"{low:g} to {high:g}",
    }[isfinite(low), isfinite(high)]
    return bounds + (f" but {', '.join(f'{hole:g}' for hole in holes)}" if holes else "")


def _explain(console: Console, outcome: Outcome) -> None:
    console.print()
    console.rule(Text(outcome.name, style="bold red"), align="left", style="red")
    text = outcome.explanation or (
        f"Faults planted in this rule passed for right: {', '.join(outcome.missed)}. A wrong "
        f"{outcome.name} might pass too. Try another --seed, or more --examples."
    )
    console.print(Text(text), soft_wrap=True)


def _sum_up(console: Console, outcomes: Sequence[Outcome], seed: int, seconds: float) -> None:
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    total = f"{len(outcomes)} rule{'s' * (len(outcomes) != 1)}"
    text = (
        f"{total} verified, all right"
        if not failed
        else (f"{len(failed)} of {total} failed: {', '.join(failed)}")
    )
    line = f"{text}; {seconds:.1f} s; to repeat this run: --seed {seed}"
    console.print()
    console.print(Text(line, style="bold red" if failed else "bold green"), soft_wrap=True)
