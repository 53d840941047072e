"""Rules verified in processes of their own: one that hangs or ends its process is one finding."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import Any, Final

from backprop.cli.outcomes import Outcome, outcome
from backprop.cli.targets import Named, find

_GRACE: Final = 4.0  # times the budget, after which a rule hangs
_MOMENT: Final = 0.2  # seconds, after which it is looked at what hangs
_START: Final = 20.0  # seconds more, for what is imported first

_SPAWN: Final = get_context("spawn")


class _Worker:
    """A process that verifies one rule after the other."""

    def __init__(self, targets: Sequence[str], settings: dict[str, Any]) -> None:
        self.pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(
            target=_serve, args=(theirs, tuple(targets), settings), daemon=True
        )
        self._process.start()
        theirs.close()
        self.number: int | None = None  # of the rule that it verifies
        self._since = monotonic()

    def take(self, number: int) -> None:
        """Begin with a rule."""
        self.number, self._since = number, monotonic()
        self.pipe.send(number)

    @property
    def elapsed(self) -> float:
        """Seconds since it took its rule."""
        return monotonic() - self._since

    def end(self) -> int | None:
        """Kill it, unless it is dead already; its exit status, if it had one."""
        self._process.join(0.1)
        status = self._process.exitcode
        self._process.kill()
        self._process.join()
        self.pipe.close()
        return status


def _serve(pipe: Connection, targets: tuple[str, ...], settings: dict[str, Any]) -> None:
    with redirect_stdout(sys.stderr):
        rules = [rule for target in targets for rule in find(target)]
        while True:
            try:
                number: int = pipe.recv()
            except EOFError:  # nothing more is asked
                return
            found = outcome(rules[number], settings)
            pipe.send((found.report, found.explanation, found.script))


def isolated(
    rules: Sequence[Named], targets: Sequence[str], settings: dict[str, Any], count: int
) -> Iterator[Outcome]:
    """The outcomes of the rules that `targets` name, as they come, by so many processes."""
    left = deque(range(len(rules)))
    limit = None if settings.get("budget") is None else _GRACE * settings["budget"] + _START
    workers: list[_Worker] = []
    try:
        while left or any(worker.number is not None for worker in workers):
            while left and len(workers) < count:
                workers.append(_Worker(targets, settings))
            for worker in workers:
                if worker.number is None and left:
                    worker.take(left.popleft())
            busy = {worker: n for worker in workers if (n := worker.number) is not None}
            ready = wait([worker.pipe for worker in busy], _MOMENT)
            for worker, number in busy.items():
                found = _result(worker, worker.pipe in ready, limit)
                if found is not None:
                    yield Outcome(rules[number], *found[0])
                    worker.number = None
                    if found[1]:
                        workers.remove(worker)
    finally:
        for worker in workers:
            worker.end()


def _result(worker: _Worker, ready: bool, limit: float | None) -> tuple[Any, bool] | None:
    """What came of a worker's rule, and whether the worker is gone; None if it goes on."""
    if ready:
        try:
            return worker.pipe.recv(), False
        except EOFError:
            status = worker.end()
            return (None, f"it ended the process that verified it, with status {status}", ""), True
    if limit is not None and worker.elapsed > limit:
        worker.end()
        return (None, f"it did not end within {limit:.0f} seconds", ""), True
    return None
