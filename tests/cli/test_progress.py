"""How far a verification is, as a person and a log see it."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest

from backprop import REALS, Square
from backprop.cli.outcomes import Outcome
from backprop.cli.progress import Done, remaining, repeated, tracked
from backprop.cli.targets import Named

RULES = [Named(name, Square, REALS) for name in ("A", "B", "C", "D", "E", "F")]


def _wrong(rule: Named) -> Outcome:
    return Outcome(rule, None, "it is wrong")


def test_a_line_says_how_far_it_is() -> None:
    """How many rules, which one now, what was found, how long it may take."""
    done = Done(RULES)
    assert done.line(1.0) == "0 of 6 rules verified, 0 wrong, now A, time left unknown"
    done.take(_wrong(RULES[1]))
    assert done.line(2.0) == "1 of 6 rules verified, 1 wrong (B), now A, about 10 s left"
    for rule in RULES:
        done.take(_wrong(rule))
    assert done.line(9.0) == "6 of 6 rules verified, 7 wrong (..., D, E, F)"


@pytest.mark.parametrize(
    ("elapsed", "count", "left"),
    [(10.0, 1, "about 50 s left"), (60.0, 1, "about 5 min left"), (60.0, 0, "time left unknown")],
)
def test_the_time_that_is_left_is_that_of_the_others(elapsed: float, count: int, left: str) -> None:
    """They are taken to be as slow as those that are done."""
    assert remaining(elapsed, count, 6) == left


def test_something_is_said_again_and_again_meanwhile() -> None:
    """And no more when it is over."""
    said, calls = Event(), list[int]()

    def say() -> None:
        calls.append(1)
        if len(calls) > 1:
            said.set()

    with repeated(0.001, say):
        assert said.wait(60)
    before = len(calls)
    assert not said.wait(0) or len(calls) == before


def test_a_log_has_lines_instead_of_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, while the outcomes come."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("backprop.cli.progress._EVERY", 0.001)
    said = Event()
    say = Done.say

    def heard(done: Done) -> None:
        say(done)
        said.set()

    monkeypatch.setattr(Done, "say", heard)

    def slow() -> Any:
        yield _wrong(RULES[0])
        assert said.wait(60)

    assert [outcome.name for outcome in tracked(slow(), RULES)] == ["A"]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert " of 6 rules verified, " in captured.err
    assert captured.err.startswith("backprop: ")
