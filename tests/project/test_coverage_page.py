"""docs/coverage.md says what the table of functions says today."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import coverage
from benchmarks.coverage import PAGE, kept, page
from benchmarks.judges import OURS, PEERS, Outcome

pinned = pytest.mark.skipif(
    np.__version__ != kept()["numpy"], reason="another NumPy has other functions"
)


@pinned
def test_the_page_is_up_to_date() -> None:
    """Of our own functions; if it is not: python -m benchmarks.coverage."""
    assert PAGE.read_text() == page(kept())


@pinned
def test_no_function_of_numpy_is_left_out() -> None:
    """Each is in a row, or is known to have no derivative."""
    assert coverage.unaccounted() == []


def test_our_column_is_asked_like_the_others() -> None:
    """We answer our own questions right."""
    for name in ("sum", "linalg.inv", "einsum"):
        for question in coverage.rows()[name]:
            assert OURS.asked(question).outcome is Outcome.RIGHT


def test_what_is_kept_is_as_it_would_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for each function, of every library."""
    answers = kept()["answers"]
    monkeypatch.setattr(coverage, "KEPT", tmp_path / "judges.json")
    coverage.keep(answers)
    assert kept()["answers"] == answers
    assert kept()["versions"].keys() == {peer.name for peer in PEERS}


def test_a_function_that_no_library_was_asked_about() -> None:
    """It has its row, from the table of functions alone."""
    stored = kept()
    del stored["answers"]["sum"]
    assert "| `sum` | yes | not asked | not asked | not asked |" in page(stored)
