"""What is drawn as small whole numbers: it is the same wherever a run is repeated."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, seed, strategies as st

from backprop import Array
from backprop.ground.domain import REALS
from backprop.testing.budget import Budget
from backprop.testing.generators.draws import exponents, fractions, seeds, uniform
from backprop.testing.rules import pair
from backprop.testing.search import examples_of
from backprop.testing.settings import silent


def drawn(strategy: st.SearchStrategy[float], count: int = 300) -> list[float]:
    """So many values of a strategy."""
    found: list[float] = []

    @seed(1)
    @silent(count, (Phase.generate,))
    @given(strategy)
    def collect(value: float) -> None:
        found.append(value)

    collect()
    return found


@pytest.mark.parametrize(
    ("low", "high"),
    [(-10.0, 10.0), (0.0, 20.0), (-0.25, 0.5), (100.5, 120.5), (-40.0, -20.0), (7.0, 7.0)],
)
def test_numbers_are_spread_over_the_whole_stretch(low: float, high: float) -> None:
    """Whole ones too, and none outside."""
    found = np.array(drawn(uniform(low, high)))

    assert low <= found.min() <= low + (high - low) / 8
    assert high - (high - low) / 8 <= found.max() <= high
    assert found[0] in (low, np.ceil(low), 0.0, high)  # the simplest comes first
    if high - low > 1:
        assert (found == np.floor(found)).any()


def test_fractions_and_exponents_and_seeds() -> None:
    """A fraction has all digits of a float64, an exponent is any, few seeds are the same."""
    parts = np.array(drawn(fractions()))
    assert (parts >= 0).all()
    assert (parts < 1).all()
    assert (parts * 2.0**50 != np.floor(parts * 2.0**50)).any()

    powers = drawn(exponents(-1020, 1000), 500)
    assert -1020 <= min(powers) < -800
    assert 800 < max(powers) <= 1000

    assert len(set(drawn(seeds()))) > 250


def test_a_seed_repeats_a_run_whatever_a_program_has_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypothesis would mix the numbers of a module into what it draws."""
    numbers = [*np.linspace(-9.9, 9.9, 300).tolist(), *range(-1000, 2**31, 2**23)]
    (tmp_path / "of_many_numbers.py").write_text(f"numbers = {numbers}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    rule = pair(np.sin, lambda x, gy: gy * np.cos(x), REALS, None)

    def points() -> list[Array]:
        found = examples_of((rule,), ("float64",), 40, 3, Budget(None))
        return [x for example in found for x in (*example.point.xs, *example.gys)]

    before = points()
    importlib.import_module("of_many_numbers")

    assert all(map(np.array_equal, before, points()))
