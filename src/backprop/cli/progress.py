"""How far a verification is: a bar on a terminal, elsewhere a line every so often."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress as Bar,
    TextColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from backprop.cli.outcomes import Outcome
    from backprop.cli.targets import Named

_EVERY: Final = 15.0  # seconds, into a file or the log of a CI
_NAMED: Final = 3  # findings that are named


def tracked(outcomes: Iterable[Outcome], rules: Sequence[Named]) -> Iterator[Outcome]:
    """The outcomes as they come; standard error tells how far they are."""
    console = Console(stderr=True)
    done = Done(rules)
    with _bar(console, done) if console.is_terminal else repeated(_EVERY, done.say) as update:
        for outcome in outcomes:
            done.take(outcome)
            update()
            yield outcome


@contextmanager
def _bar(console: Console, done: Done) -> Generator[Callable[[], None]]:
    """A bar; what it gives draws it anew."""
    texts = TextColumn("verifying {task.fields[now]:<14}"), TextColumn("{task.fields[found]}")
    columns = texts[0], BarColumn(), MofNCompleteColumn(), texts[1], TimeRemainingColumn()
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=done.total, now=done.now, found=done.findings)

        def update() -> None:
            bar.update(task, completed=done.count, now=done.now, found=done.findings)

        yield update


@contextmanager
def repeated(seconds: float, say: Callable[[], None]) -> Generator[Callable[[], None]]:
    """Call `say` every so many seconds, meanwhile."""
    ended = Event()

    def run() -> None:
        while not ended.wait(seconds):
            say()

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield lambda: None
    finally:
        ended.set()
        thread.join()


class Done:
    """Which rules have been verified, and which were wrong."""

    def __init__(self, rules: Sequence[Named]) -> None:
        self.total: int = len(rules)
        self._left = {id(rule): rule.name for rule in rules}
        self._wrong: list[str] = []
        self._start = monotonic()

    def take(self, outcome: Outcome) -> None:
        """Note what came of a rule."""
        self._left.pop(id(outcome.named), None)
        if not outcome.passed:
            self._wrong.append(outcome.name)

    @property
    def count(self) -> int:
        """How many are done."""
        return self.total - len(self._left)

    @property
    def now(self) -> str:
        """The first that is not done: it is being verified."""
        return next(iter(self._left.values()), "")

    @property
    def findings(self) -> str:
        """How many were wrong, and the last of these."""
        names = ", ".join(self._wrong[-_NAMED:])
        more = "..., " if len(self._wrong) > _NAMED else ""
        return f"{len(self._wrong)} wrong" + (f" ({more}{names})" if names else "")

    def line(self, elapsed: float) -> str:
        """How far it is, after so many seconds."""
        now = f", now {self.now}" if self._left else ""
        left = f", {remaining(elapsed, self.count, self.total)}" if self._left else ""
        return f"{self.count} of {self.total} rules verified, {self.findings}{now}{left}"

    def say(self) -> None:
        """Write that line on standard error."""
        line = self.line(monotonic() - self._start)
        print(f"backprop: {line}", file=sys.stderr, flush=True)  # noqa: T201


def remaining(elapsed: float, count: int, total: int) -> str:
    """The time that is left, if the others take as long as those that are done.

    >>> remaining(30.0, 10, 50)
    'about 2 min left'
    """
    if not count:
        return "time left unknown"
    seconds = elapsed / count * (total - count)
    return f"about {seconds / 60:.0f} min left" if seconds >= 90 else f"about {seconds:.0f} s left"
