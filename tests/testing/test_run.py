"""One run: how much it tries, what the report says of it, how far a finding reaches."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import rich
from hypothesis import strategies as st
from typing_extensions import override

from backprop import Array, Interval, Square, Variable
from backprop.errors import ArgumentTypeError, ArgumentValueError
from backprop.ground.domain import REALS
from backprop.testing import (
    CannotCall,
    Findings,
    GradientMismatch,
    check_gradient,
    survey,
    verify,
    verify_jacobian,
    verify_rule,
)
from backprop.testing.bound import each_bound, python
from backprop.testing.budget import Budget, Calls, usual_seconds
from backprop.testing.looks import median, regions
from backprop.testing.numeric.exact import exact
from backprop.testing.rules import pair, rule_of
from backprop.testing.source import defined
from backprop.testing.survey import surveyed


def sine(x: Array) -> Array:
    return np.asarray(np.sin(x))


def slope(x: Array, gy: Array) -> Array:
    return np.asarray(gy * np.cos(x))


def off_by(part: Any, low: float, high: float) -> Any:
    """The slope of sine, off by a part of it between two numbers."""

    def vjp(x: Array, gy: Array) -> Array:
        factor = np.where((low < x) & (x < high), 1 + part, 1.0).astype(x.dtype)
        return slope(x, gy) * factor

    return vjp


# -- What the report says --------------------------------------------------------------------------


def test_a_report_is_a_table_of_one_row() -> None:
    """With the headers of the command's, and what there is to say besides."""
    near = Interval(-1e-9, 1e-9)
    report = verify_rule(
        sine, lambda x, gy: gy, domain=near, dtypes=["float32"], examples=6, seed=1
    )
    head, row, *remarks = str(report).splitlines()

    assert head.split()[:4] == ["Function", "Dtypes", "Examples", "Calls"]
    assert row.startswith("sine, <lambda>")
    assert "float32" in row
    assert any("shares memory with the cotangent" in remark for remark in remarks)


def test_rich_prints_a_report_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """With the remarks below it; that of a run that missed faults is marked."""
    report = verify_rule(sine, slope, examples=6, seed=1)
    rich.print(report, replace(report, accepted=("sign",)))

    out = capsys.readouterr().out
    assert "Verification of sine, slope" in out
    assert report.row[3] in out
    assert "A planted fault was not seen: sign." in out


def test_a_report_says_where_gradients_were_compared() -> None:
    """Of each dtype among numbers of each size: how many, the worst error, the median."""
    report = verify_rule(sine, slope, seed=1)
    ordinary = [r for r in report.regions if r.low == 1.0]

    assert {r.dtype for r in report.regions} == {"float64", "float32"}
    assert len(ordinary) == 2
    assert all(r.numbers > 500 and 0 <= r.median < 1e-6 and r.worst <= 1 for r in ordinary)
    assert 0 <= report.median < 1e-6
    assert all(r.low < r.high for r in report.regions)
    assert regions([]) == ()
    assert np.isnan(median(np.array([np.nan])))


def test_calls_are_counted() -> None:
    """Of the value and of the gradient."""
    counted = Calls()
    rule = counted.of(rule_of(Square))

    rule.forward(np.ones(2))
    rule.vjp((np.ones(2),), np.ones(2))
    rule.vjp((np.ones(2),), np.ones(2))

    assert (counted.forward, counted.backward) == (1, 2)
    assert min(verify_rule(sine, slope, examples=4, seed=1).calls) > 50


# -- How far a finding reaches ---------------------------------------------------------------------


def test_the_interval_where_a_rule_is_wrong_is_found() -> None:
    """By bisection, around the smallest counterexample; and the seed is said."""
    with pytest.raises(
        GradientMismatch, match=r"wrong      for x from 33(\.\d+)? to 3[67]"
    ) as caught:
        verify_rule(sine, off_by(0.1, 33, 37), seed=4)

    text = str(caught.value)
    assert "    seed       4" in text
    assert re.search(r"    elsewhere  at (none|\d+) of 24 inputs", text)


def test_a_rule_that_is_wrong_everywhere_says_so() -> None:
    """Without an end, and at nearly all ordinary inputs."""
    with pytest.raises(GradientMismatch) as caught:
        verify_rule(np.square, lambda x, gy: 3 * x * gy, seed=1)

    assert " to inf, the other elements as they are" in str(caught.value)
    assert "the largest error is 0.5 of the gradient" in str(caught.value)


def test_a_rule_that_is_wrong_at_one_number_alone_says_so() -> None:
    """It must not read like one that is wrong around it."""
    with pytest.raises(GradientMismatch, match="wrong      at this number alone"):
        verify_rule(sine, lambda x, gy: slope(x, gy) * (1 + (x == 1)).astype(x.dtype), seed=1)


def test_what_has_no_value_elsewhere_is_not_counted() -> None:
    """It may raise there, or be infinite; nan is an error without end."""

    def only(x: Array) -> Array:
        if x.size != 1:
            raise ValueError("one")
        return np.asarray(np.square(x))

    with pytest.raises(GradientMismatch, match="error is inf or nan"):
        verify_rule(only, lambda x, gy: x * gy * np.nan, shapes=[(1,)], seed=1)
    rule = pair(only, lambda x, gy: x * gy, REALS, None)
    assert list(survey._judged(rule, (np.ones(2),), np.ones_like, None)) == []


def test_a_rule_that_raises_is_shown_with_its_own_line() -> None:
    """Not with one of the verifier's."""

    def raises(x: Array, gy: Array) -> Array:
        raise KeyError("oops")

    with pytest.raises(GradientMismatch, match=r"KeyError.*\n    in raises, .*test_run.py, line"):
        verify_rule(sine, raises, seed=1)


# -- All findings ----------------------------------------------------------------------------------


def test_all_findings_are_one_for_each_law() -> None:
    """A group, of which each is a mismatch; a right rule has a report."""
    with pytest.raises(Findings) as caught:
        verify_rule(sine, lambda x, gy: (gy * gy * np.cos(x)).astype(np.float64), all=True, seed=1)

    kinds = caught.value.kinds
    assert len(set(kinds)) == len(kinds) > 1
    assert {"gradients_fit", "homogeneous"} <= set(kinds)
    assert verify_rule(sine, slope, all=True, examples=4, seed=1).passed


def test_a_rule_that_always_raises_has_one_finding() -> None:
    """It cannot be passed over."""

    def raises(x: Array, gy: Array) -> Array:
        raise KeyError("oops")

    with pytest.raises(Findings) as caught:
        verify_rule(sine, raises, all=True, seed=1)

    assert set(caught.value.kinds) == {"raised"}


# -- What is said of a function --------------------------------------------------------------------


def test_a_forward_that_is_exact_to_so_much_is_judged_by_that() -> None:
    """Without, its steps are taken for its slopes, or for none."""

    def table(x: Array) -> Array:
        return np.asarray(np.round(np.sin(x) * 1e6) / 1e6, x.dtype)

    report = verify_rule(table, slope, precision=1e-6, domain=Interval(-4, 4), seed=1)

    assert report.passed
    assert report.smallest > 1e-5
    with pytest.raises(GradientMismatch):
        verify_rule(table, off_by(0.5, -4, 4), precision=1e-6, domain=Interval(-4, 4), seed=1)


def test_a_reference_judges_in_the_place_of_the_forward() -> None:
    """Here log1p, of a forward that loses all digits near 0; mpmath's numbers are taken too."""

    def forward(x: Array) -> Array:
        return np.asarray(np.log(1 + x))

    domain = Interval(-0.5, 1.0)

    assert verify_rule(
        forward, lambda x, gy: gy / (1 + x), domain=domain, reference=np.log1p, seed=1
    ).passed
    with pytest.raises(GradientMismatch) as caught:
        verify_rule(
            forward, lambda x, gy: gy / (1.01 + x), domain=domain, reference=np.log1p, seed=1
        )
    assert "reference=log1p" in caught.value.script
    digits = np.vectorize(mpmath.log1p, otypes=[object])
    check_gradient(
        forward, np.array([1e-9]), vjp=lambda x, gy: gy / (1 + x), reference=digits, domain=domain
    )


def test_numbers_of_any_kind_are_exact() -> None:
    """Those of mpmath and fractions to the digits of longdouble."""
    third = exact(np.array([Fraction(1, 3)], object))

    assert third.dtype == np.longdouble
    assert abs(third[0] * 3 - 1) <= np.finfo(np.longdouble).eps
    assert exact(0.5) == 0.5


def test_constants_and_keywords_may_be_drawn() -> None:
    """Each value is a rule of its own, tried in turn."""

    def power(x: Any, k: int, sign: float = 1.0) -> Any:
        return sign * x**k

    report = verify(
        power, constants={1: st.integers(1, 3)}, keywords={"sign": st.sampled_from([-1.0, 1.0])},
        shapes=[(3,)], domain=Interval(0.5, 3), seed=1, examples=20,
    )  # fmt: skip
    bounds = each_bound(power, None, None, {1: st.integers(1, 3)}, None, {})

    assert report.passed
    assert len(bounds) > 1
    assert {bound.constants[1] for bound in bounds} <= {1, 2, 3}


def test_the_script_says_what_was_said() -> None:
    """Domain, precision and settings; a strategy cannot be."""
    with pytest.raises(GradientMismatch) as caught:
        verify_rule(
            np.square,
            lambda x, gy: 3 * x * gy,
            domain=Interval(0.1, np.inf),
            precision=1e-9,
            span=0.5,
            composed=True,
            seed=1,
        )

    script = caught.value.script
    assert "from backprop import Interval" in script
    ending = "domain=Interval(0.1, np.inf), precision=1e-09, composed=True, span=0.5)"
    assert script.endswith(ending)
    assert python(Interval(0, 1, (0.5,))) == "Interval(0.0, 1.0, (0.5,))"


@pytest.mark.parametrize("name", ["precision", "span"])
def test_parts_are_numbers_from_0_to_1(name: str) -> None:
    """Else they are refused."""
    given: dict[str, Any] = {name: 2.0}
    with pytest.raises(ArgumentValueError, match=f"{name} is a number from 0 to 1"):
        verify_rule(sine, slope, **given)
    with pytest.raises(ArgumentTypeError, match="reference is a function"):
        verify_rule(sine, slope, reference=3)  # type: ignore[arg-type]  # it is refused


def test_a_jacobian_takes_these_too() -> None:
    """As verify does."""
    report = verify_jacobian(
        lambda x: x @ x, lambda x: 2 * x, shapes=[(2,)], precision=1e-12, budget=60, seed=1
    )

    assert report.passed


# -- Time ------------------------------------------------------------------------------------------


def test_no_example_is_begun_when_the_time_is_up() -> None:
    """One at least was."""
    report = verify_rule(sine, slope, budget=1e-6, seed=1)

    assert report.examples == 1
    assert report.planted > 0
    assert f"Time was up before {len(report.untried)} more planted faults were tried" in str(report)


def test_a_finding_is_not_shrunk_for_longer_than_there_is_time() -> None:
    """It says then what it knows: no other inputs were tried."""
    calls = 0

    def counted(x: Array) -> Array:
        nonlocal calls
        calls += 1
        return sine(x)

    with pytest.raises(GradientMismatch, match="backward is wrong") as in_haste:
        verify_rule(counted, lambda x, gy: gy, domain=Interval(1, 2), budget=1e-6, seed=1)
    hasty, calls = calls, 0
    with pytest.raises(GradientMismatch, match="backward is wrong") as at_leisure:
        verify_rule(counted, lambda x, gy: gy, domain=Interval(1, 2), seed=1)
    assert calls > 5 * hasty
    assert "elsewhere" not in str(in_haste.value)
    assert "elsewhere" in str(at_leisure.value)


class Asked(Budget):
    """Time that is up when it was asked for so many times."""

    def __init__(self, times: int) -> None:
        super().__init__(None)
        self.left = times

    @property
    @override
    def spent(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("times", [0, 3, 16, 30, 10_000])
def test_whenever_the_time_is_up_it_is_said_how_far_a_finding_was_followed(times: int) -> None:
    """Outward, by bisection, or at other inputs: what was seen until then."""
    with pytest.raises(GradientMismatch) as caught:
        verify_rule(sine, lambda x, gy: gy * np.where(x > 1, 1, np.cos(x)), seed=1)
    said = str(surveyed(caught.value, 1, Asked(times)))

    assert said.count("    wrong      ") == 2  # with what the run itself has said
    assert said.count("    elsewhere  ") == (2 if times == 10_000 else 1)


@pytest.mark.parametrize("odd", [0, -1, "soon", float("inf")])
def test_a_budget_is_a_number_of_seconds(odd: Any) -> None:
    """Above 0."""
    with pytest.raises(ArgumentValueError, match="budget is a number of seconds"):
        verify(Square, budget=odd)


def test_a_slow_rule_has_a_budget_though_nobody_says_one() -> None:
    """Known by its second call; quick ones have no end, and what raises is left to the search."""

    def slowly(x: Array) -> Array:
        time.sleep(0.01)
        return sine(x)

    def fails(x: Array) -> Array:
        raise ValueError

    seconds = [
        usual_seconds(pair(f, slope, REALS, None), (np.ones(2),)) for f in (sine, slowly, fails)
    ]
    assert seconds == [None, 8.0, None]
    assert not Budget(None).spent
    assert Budget(1e-9).spent


def test_what_has_no_small_shape_has_no_budget() -> None:
    """Its cost is not known beforehand."""
    assert verify(Square, shapes=[(300,)], examples=2, seed=1).examples == 2


# -- The source of what is verified ----------------------------------------------------------------


def test_a_lambda_is_written_out_if_it_names_numpy_alone() -> None:
    """Else its user defines it, under a name that can be written."""
    factor = 2.0
    plain = lambda x: np.exp(x) + 1  # noqa: E731 (it is what is asked about)
    other = lambda x: factor * x  # noqa: E731 (as above)
    a, b = (lambda x: x + 1), (lambda x: x + 2)

    assert defined(plain, "forward") == ("forward = lambda x: np.exp(x) + 1", "forward")
    assert defined(other, "vjp") == ("# here define vjp as you do", "vjp")
    assert defined(eval("lambda x: x"), "f") == ("# here define f as you do", "f")
    assert {defined(f)[0] for f in (a, b)} <= {"f = lambda x: x + 1", "f = lambda x: x + 2"}
    assert defined(sine) == (f"from {__name__} import sine", "sine")


def test_a_triple_repeats_with_its_jvp() -> None:
    """The third function is in the script, and check_gradient takes it."""
    with pytest.raises(GradientMismatch, match="jvp gives") as caught:
        verify_rule(sine, slope, lambda x, tx: tx, seed=1)

    assert "vjp=slope, jvp=jvp" in caught.value.script
    with pytest.raises(GradientMismatch, match="jvp gives"):
        check_gradient(sine, np.array(2.0), vjp=slope, jvp=lambda x, tx: tx)


def test_outputs_in_a_tree_are_judged_together() -> None:
    """Of a callable on Variables; what gives none is told so."""

    def polar(x: Any, y: Any) -> Any:
        return {"r": np.hypot(x, y), "angles": [np.arctan2(y, x)]}

    away = Interval(0.5, 3.0)
    assert verify(polar, domain=(away, away), shapes=[((3,), (3,))], examples=6, seed=1).passed
    with pytest.raises(CannotCall, match="must return one Variable"):
        verify(lambda x: "nothing", seed=1)


def test_pytest_shows_none_of_the_verifiers_frames() -> None:
    """It skips those that say so."""
    with pytest.raises(GradientMismatch) as caught:
        verify_rule(sine, lambda x, gy: gy, seed=1)

    shown = [e for e in caught.traceback if not e.ishidden(caught)]
    assert [Path(entry.path).name for entry in shown] == ["test_run.py"]


def test_the_rules_take_turns() -> None:
    """A wrong second order is seen with few examples too."""

    class Wrong(Square):
        """Its gradient is right, the gradient of that is not."""

        def backward(self, gy: Any) -> Any:
            x: Any = self.x
            return gy * 2 * (x if isinstance(x, np.ndarray) else Variable(x.data))

    with pytest.raises(GradientMismatch):
        verify(Wrong, order=2, examples=8, seed=1)
