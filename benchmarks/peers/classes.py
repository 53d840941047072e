"""What we hold of a rejection: the class of it, from a table that was made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Final

from benchmarks.peers.verdicts import Row

TABLE: Final = Path(__file__).parent / "classes.txt"
CLASSES: Final = (
    "fault",
    "end of the range",
    "precision",
    "convention",
    "contract",
    "false alarm of ours",
    "not classed yet",
)


@dataclass(frozen=True)
class Class:
    """A line of the table: which rejections, what they are, and why."""

    function: str  # patterns, as of file names
    order: str
    dtype: str
    kind: str
    name: str
    why: str

    def fits(self, row: Row) -> bool:
        """Whether a rejection is one of these."""
        said = (row.function, str(row.order), row.dtype, row.kind)
        patterns = (self.function, self.order, self.dtype, self.kind)
        return all(map(fnmatchcase, said, patterns))


@lru_cache
def table(where: Path = TABLE) -> tuple[Class, ...]:
    """All lines, less the comments."""
    texts = [text for text in where.read_text().splitlines() if text and text[0] != "#"]
    return tuple(Class(*(part.strip() for part in text.split(" | "))) for text in texts)


def of(row: Row) -> Class:
    """The first line that fits."""
    unknown = Class("*", "*", "*", "*", CLASSES[-1], "")
    return next((line for line in table() if line.fits(row)), unknown)


def classed(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, each rejection with its class."""
    for row in rows:
        yield replace(row, cls=of(row).name) if row.verdict == "rejected" else row
