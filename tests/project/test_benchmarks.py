"""What the benchmark compares computes the same on both sides."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.speed import libraries, page
from benchmarks.speed.__main__ import compared, measured, shown
from benchmarks.speed.programs import PROGRAMS, SECOND
from benchmarks.speed.timing import Times, measure
from benchmarks.speed.works import NUMBER, WORKS, Work

ROOT = Path(__file__).parents[2]
FLOORS = [w for w in WORKS if w.floor and all(np.size(x) <= 10_000 for x in w.inputs)]


@pytest.mark.parametrize("work", FLOORS, ids=[work.name for work in FLOORS])
def test_the_same_is_computed_by_hand(work: Work) -> None:
    """By backward(), and by grad."""
    due = libraries.by_hand(work)()
    for found in (libraries.ours(work)(), libraries.ours_by_grad(work)()):
        for g, h in zip(found, due, strict=True):
            np.testing.assert_allclose(g, h, rtol=1e-12)


@pytest.mark.parametrize("work", [*PROGRAMS, *SECOND], ids=lambda work: work.name)
def test_a_program_has_a_gradient(work: Work) -> None:
    """Finite, of the shapes of its inputs."""
    for g, x in zip(libraries.ours_by_grad(work)(), work.inputs, strict=True):
        assert np.shape(g) == np.shape(x)
        assert np.isfinite(g).all()


def test_what_is_measured_is_shown_with_its_target() -> None:
    """And says so if it missed that."""
    floor = WORKS[0].floor
    work = Work("x", WORKS[0].program, floor, NUMBER, 1e9)
    row = measured(work, 0.01)
    assert row["ours"] > 0
    assert len(row["ratio"]) == 3
    assert not shown(work, row).endswith("missed")
    assert shown(replace(work, target=0.0), row).endswith("missed")


def test_times_are_taken_in_turn_and_in_parts() -> None:
    """The figure is the least of them; ratios are of the same part."""
    found = measure({"a": lambda: sum(range(1000)), "b": lambda: sum(range(4000))}, 0.02)
    assert found["b"].best > found["a"].best
    assert Times((2.0, 6.0, 4.0)).over(Times((1.0, 2.0, 2.0))) == (2.0, 2.0, 3.0)


def test_what_is_slower_than_before_by_more_than_the_noise_is_named() -> None:
    """The least ratio now beside the greatest one then."""
    before: dict[str, dict[str, Any]] = {name: {"ratio": [1.0, 0.9, 1.1]} for name in "xy"}
    now: dict[str, dict[str, Any]] = {
        "x": {"ratio": [1.3, 1.2, 1.4]},
        "y": {"ratio": [1.3, 1.1, 1.4]},
        "z": {"ratio": None},
    }
    assert compared(now, before) == ["slower: x, 1.30 for 1.00"]


def test_the_table_is_in_the_readme() -> None:
    """One row for each work and program, as the baseline has them."""
    rows = json.loads((ROOT / "benchmarks" / "baseline.json").read_text())
    assert list(rows) == [work.name for work in (*WORKS, *PROGRAMS, *SECOND)]
    assert page.table(rows) in (ROOT / "README.md").read_text()


_PARTLY = """
from backprop import numpy as bp
from backprop.functions.registry import CASES
from benchmarks.branches import FOLDER, unentered
first = [*CASES[bp.gradient]()][0]
CASES[bp.gradient] = lambda: [first]
path = FOLDER / "curves" / "grids.py"
print(*unentered(path, [bp.gradient], {path: dict.fromkeys(
    ("missing_lines", "missing_branches", "executed_lines"), [])}), sep="\\n")
"""


def test_a_branch_that_no_case_enters_is_named() -> None:
    """With the first case of gradient alone, its way with distances as a vector is not."""
    done = subprocess.run(
        [sys.executable, "-c", _PARTLY], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert "grids.py:" in done.stdout
    assert "never goes on to line" in done.stdout
