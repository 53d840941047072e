"""What the benchmark compares computes the same on both sides."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.kernel import WORKS, Work, main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("work", WORKS, ids=[work.name for work in WORKS])
def test_same_result(work: Work) -> None:
    """The kernel's gradient is that of NumPy written by hand, bit by bit."""
    by_kernel = work.by_kernel()

    assert by_kernel is not None
    np.testing.assert_array_equal(by_kernel, work.by_hand())


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    """The table has a line for each work, and says which missed its target."""
    first = replace(WORKS[0], rounds=1, calls=1)

    main((replace(first, target=0.0), replace(first, target=1e9)))

    _, missed, met = capsys.readouterr().out.splitlines()
    assert missed.endswith("missed")
    assert not met.endswith("missed")


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
