"""What a verification did, as a table of one row and as values."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Final

from backprop.ground.arrays import Shape
from backprop.ground.compat import override

if TYPE_CHECKING:
    from rich.console import Group

HEADERS: Final = (
    "Dtypes",
    "Examples",
    "Calls",
    "Worst error",
    "Would see",
    "Faults caught",
    "Time",
)


@dataclass(frozen=True, slots=True)
class Region:
    """Inputs of one size and dtype: at how many numbers the gradient was compared there."""

    dtype: str
    low: float  # the size of the numbers, from
    high: float  # and below
    numbers: int
    worst: float  # the worst error met, as a part of its tolerance
    median: float  # of the relative errors


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification did, and how small an error it would have seen."""

    function: str
    domain: str
    dtypes: tuple[str, ...]
    shapes: tuple[Shape, ...]  # of the inputs that were tried
    examples: int
    calls: tuple[int, int]  # of the value, and of the gradient
    worst: float  # the worst error met, as a part of its tolerance
    median: float  # of the relative errors met; nan if there was nothing to compare
    excused: int  # gradients beyond it that were rounding, a kink or an ill-conditioned point
    smallest: float  # the smallest relative error of the gradient that this run rejects
    planted: int  # faults planted in the rule,
    rejected: int  # and how many of these the same examples rejected
    accepted: tuple[str, ...]  # the names of the others
    untried: tuple[str, ...]  # and of those for which there was no time
    regions: tuple[Region, ...]  # where gradients were compared
    opinions: tuple[str, ...]  # who was asked: central differences, and who suspected for them
    advice: tuple[str, ...]  # what is no mistake, and better otherwise
    seconds: float
    seed: int  # repeats the run

    @property
    def passed(self) -> bool:
        """Whether the run has shown that it sees faults: all that were planted, some at least.

        >>> from backprop import Square
        >>> from backprop.testing import verify
        >>> verify(Square, seed=1).passed
        True
        """
        return self.planted > 0 and not self.accepted

    @property
    def row(self) -> tuple[str, ...]:
        """The figures under HEADERS, as text."""
        return (
            _short(self.dtypes),
            str(self.examples),
            f"{sum(self.calls):,}",
            f"{self.worst:.2f}",
            f"{self.smallest:.0e}" if isfinite(self.smallest) else "-",
            f"{self.rejected}/{self.planted}",
            f"{self.seconds:.2f} s",
        )

    @override
    def __str__(self) -> str:
        """The row of the command's table, and what there is to say besides."""
        pairs = zip(("Function", *HEADERS), (self.function, *self.row), strict=True)
        cells = [(head, cell, max(len(head), len(cell))) for head, cell in pairs]
        lines = ["  ".join(f"{text:<{width}}" for text, width in columns).rstrip() for columns in (
            [(head, width) for head, _, width in cells], [(cell, width) for _, cell, width in cells]
        )]  # fmt: skip
        return "\n".join([*lines, *self.remarks])

    def __rich__(self) -> Group:
        """The same, as `rich` prints it."""
        from rich.console import Group
        from rich.table import Table

        table = Table(title=f"Verification of {self.function}", title_justify="left")
        for head in HEADERS:
            table.add_column(head, overflow="fold")
        table.add_row(*self.row, style="" if self.passed else "bold red")
        return Group(table, *self.remarks)

    @property
    def remarks(self) -> tuple[str, ...]:
        """In a line each: excused points, faults that were not seen, advice."""
        excused = f"{self.excused} gradients beyond their tolerance were rounding, at a kink, or "
        return (
            *([f"{excused}at an ill-conditioned point."] if self.excused else ()),
            *(
                ["Nothing could be compared exactly enough."]
                if self.smallest == float("inf")
                else ()
            ),
            *(f"A planted fault was not seen: {name}." for name in self.accepted),
            *([f"Time was up before {self._left}."] if self.untried else ()),
            *(f"Advice: {text}." for text in self.advice),
        )

    @property
    def _left(self) -> str:
        return f"{len(self.untried)} more planted faults were tried: a larger budget tries them"


def _short(names: tuple[str, ...]) -> str:
    """The names of dtypes in short: "float32, 64"."""
    first, *rest = names
    return ", ".join([first, *(name.removeprefix("float") for name in rest)])
