"""Intervals: where a rule has a derivative."""

from __future__ import annotations

from math import inf, nan

import pytest

from backprop import POSITIVE, REALS, Interval, Log, Power, Square


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (REALS, "Interval(-inf, inf)"),
        (POSITIVE, "Interval(0, inf)"),
        (Interval(-1.0, 1.0).without(0.5, -0.5), "Interval(-1, 1).without(-0.5, 0.5)"),
    ],
)
def test_repr(interval: Interval, text: str) -> None:
    """The text of an interval is what makes one."""
    assert repr(interval) == text


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, 1.0), (nan, 1.0), (0.0, nan)])
def test_empty(low: float, high: float) -> None:
    """An interval that holds no number is refused, with both ends in the message."""
    with pytest.raises(ValueError, match=f"low < high, got low={low}, high={high}"):
        Interval(low, high)


def test_contains() -> None:
    """Ends, holes and NaN are outside; all else between the ends is inside."""
    interval = Interval(0.0, 2.0).without(1.0)

    assert 0.5 in interval
    assert not any(x in interval for x in (0.0, 1.0, 2.0, -1.0, 3.0, nan))


def test_edges_and_distance() -> None:
    """Edges are the finite ends and the holes, and the distance is to the nearest."""
    interval = Interval(0.0, inf).without(5.0).without(3.0)

    assert interval.edges == (0.0, 3.0, 5.0)
    assert [interval.distance(x) for x in (1.0, 2.5, 9.0)] == [1.0, 0.5, 4.0]
    assert REALS.distance(1e300) == inf


def test_equal_intervals_are_one_key() -> None:
    """Whatever the order in which their holes were made; others differ."""
    one, same = REALS.without(0.5, -0.5), REALS.without(-0.5).without(0.5)
    others = {REALS, REALS.without(0.5), Interval(-1.0, 1.0).without(0.5, -0.5), POSITIVE}

    assert one == same
    assert hash(one) == hash(same)
    assert one not in others
    assert len(others) == 4
    assert one != "Interval(-inf, inf)"


def test_rules_state_theirs() -> None:
    """A rule says on its class where it has a derivative; the reals if it says nothing."""
    assert Square.domain == REALS
    assert Log.domain == POSITIVE
    assert Power.domain == (POSITIVE, REALS)
