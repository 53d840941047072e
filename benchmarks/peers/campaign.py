"""The campaign: which calls are left, and the worker processes that verify them."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, Final

from benchmarks.peers.calls import MODULES, ORDERS, calls
from benchmarks.peers.verdicts import Key, Row, as_dict, of_dict, row

RESULTS: Final = Path(__file__).parent / "results"
LIBRARIES: Final = ("torch", *MODULES)
_FIRST_ORDER_ONLY: Final = ("mygrad",)
_WALL: Final = 20  # seconds on the clock for each of the processor's: a call may sleep, too
_START: Final = 600  # for the first answer, which waits for imports

Task = tuple[Any, int, str]


def tasks(only: str = "", passes: int = len(ORDERS), rounds: int | None = None) -> list[Task]:
    """Every call in every order and dtype; the first order of all in float64 comes first."""
    asked = [library for library in LIBRARIES if not only or _fits(library, only)]
    found = [call for library in asked for call in calls(library, rounds)]
    found = [call for call in found if call.function.startswith(only)]
    return [
        (call, order, dtype)
        for order, dtype in ORDERS[:passes]
        for call in found
        if order == 1 or call.library not in _FIRST_ORDER_ONLY
    ]


def _fits(library: str, only: str) -> bool:
    return only.startswith(library) or library.startswith(only)


def kept(where: Path = RESULTS) -> list[Row]:
    """All rows that there are; a line that was cut off when the campaign was stopped is none."""
    return [found for path in sorted(where.glob("*.jsonl")) for found in _rows(path)]


def _rows(path: Path) -> Iterator[Row]:
    for text in path.read_text().splitlines():
        try:
            yield of_dict(json.loads(text))
        except (json.JSONDecodeError, TypeError):
            continue


def left(found: Iterable[Task], done: Iterable[Row]) -> list[Task]:
    """The tasks that have no row yet."""
    keys: set[Key] = {each.key for each in done}
    return [task for task in found if key(task) not in keys]


def key(task: Task) -> Key:
    """By which its row is known."""
    call, order, dtype = task
    return call.library, call.code, order, dtype


def write(found: Row, where: Path = RESULTS) -> None:
    """Add a row to the results of its library."""
    where.mkdir(exist_ok=True)
    with (where / f"{found.library}.jsonl").open("a") as file:
        file.write(json.dumps(as_dict(found)) + "\n")


def rewrite(rows: Iterable[Row], where: Path = RESULTS) -> None:
    """Write all rows anew, in the order that they were in."""
    texts: dict[str, list[str]] = {}
    for each in rows:
        texts.setdefault(each.library, []).append(json.dumps(as_dict(each)) + "\n")
    for library, found in texts.items():
        (where / f"{library}.jsonl").write_text("".join(found))


class Worker:
    """A process that verifies calls; it is started anew where one kills it."""

    def __init__(self, command: list[str], seconds: float) -> None:
        self._command, self._seconds = command, seconds
        self._process: subprocess.Popen[str] | None = None

    def ask(self, task: Task) -> Row:
        """The row of a task: the worker's own, or that it was killed."""
        fresh = self._process is None
        process = self._process or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        wait = self._seconds * _WALL + (_START if fresh else 0)
        try:
            process.stdin.write(json.dumps([asdict(task[0]), *task[1:]]) + "\n")
            process.stdin.flush()
            ready = select.select([process.stdout], [], [], wait)[0]
            answer = process.stdout.readline() if ready else ""
        except BrokenPipeError:
            answer = ""
        return of_dict(json.loads(answer)) if answer else self._killed(task)

    def _started(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        made = subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        )
        self._process = made
        return made

    def _killed(self, task: Task) -> Row:
        self.close()
        return row(*task, "killed", seconds=self._seconds)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                with suppress(BrokenPipeError):  # of what it never read
                    assert pipe is not None
                    pipe.close()
            self._process = None


def command(seconds: float, examples: int, budget: float) -> list[str]:
    """What starts a worker."""
    said = map(str, (seconds, examples, budget))
    return [sys.executable, "-W", "ignore", "-m", "benchmarks.peers.worker", *said]


def run(found: list[Task], workers: Callable[[], Worker], count: int, tell: bool = True) -> None:
    """Verify all, so many at once, and keep each row as soon as it is there."""
    queue, lock = SimpleQueue[Task](), Lock()
    for task in found:
        queue.put(task)

    def work() -> None:
        worker = workers()
        try:
            while True:
                answer = worker.ask(queue.get_nowait())
                with lock:
                    write(answer)
                    _told(answer, queue.qsize(), tell)
        except Empty:
            worker.close()

    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    with ThreadPoolExecutor(count) as pool:
        for each in [pool.submit(work) for _ in range(count)]:
            each.result()


def _told(found: Row, rest: int, tell: bool) -> None:
    if tell:
        said = f"{found.verdict} {found.kind}".strip()
        text = f"{found.call}, order {found.order}, {found.dtype}: {said}"
        print(f"{rest:6} left  {found.library} {text}", flush=True)
