"""What the benchmark compares computes the same on both sides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.kernel import WORKS, Work, main


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
