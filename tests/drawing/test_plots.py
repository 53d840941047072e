"""A derivative and a verification as pictures."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from functools import partial
from math import inf, isnan, nan
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import backprop.numpy as bp
from backprop import BinaryFunction, Function, Interval, Sin, Square
from backprop.drawing import Plot, plot_report, plot_rule
from backprop.drawing.figures import _range
from backprop.drawing.measured import Sample, line_of
from backprop.errors import ArgumentTypeError, ArgumentValueError, MissingExtraError
from backprop.testing import Report, verify

SVG = "{http://www.w3.org/2000/svg}"


class Step(Function):
    """Wrong above 1.5 alone."""

    def forward(self, x: Any) -> Any:
        return x**3

    def backward(self, gy: Any) -> Any:
        return np.where(self.x > 1.5, 3 * self.x, 3 * self.x**2).astype(gy.dtype) * gy


class Fresh(Function):
    """Its gradient cannot be taken at all, so no place of it is wrong."""

    def forward(self, x: Any) -> Any:
        return x * 2.0

    def backward(self, gy: Any) -> Any:
        return (2.0 * gy).astype(np.float16)


class Product(BinaryFunction):
    domain = (Interval(0.0, inf), Interval(0.0, inf))

    def forward(self, a: Any, b: Any) -> Any:
        return a * b

    def backward(self, gy: Any) -> Any:
        return gy * self.b, gy * self.a


class Fussy(Function):
    """It has no value above 2."""

    domain = Interval(0.0, 10.0)

    def forward(self, x: Any) -> Any:
        if np.any(x > 2.0):
            raise ValueError("too large")
        return x * x

    def backward(self, gy: Any) -> Any:
        return 2 * self.x * gy


@pytest.fixture(scope="module")
def report() -> Report:
    return verify(Square, seed=1, examples=5)


@pytest.fixture(scope="module")
def plot(report: Report) -> Plot:
    return plot_report(replace(report, function="<f>"))


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verifications of few examples: how much they see is tested elsewhere."""
    monkeypatch.setattr("backprop.drawing.figures.verify", partial(verify, examples=5))


def _lines(plot: Plot) -> list[str]:
    return plot.text.splitlines()


def test_a_right_rule_is_drawn_with_its_verification() -> None:
    """The four panels, each said in words."""
    plot = plot_rule(Sin, at=1.0)
    curves, steps, errors, looked = _lines(plot)
    assert plot.title == "The derivative of Sin at x = 1"
    assert curves == (
        "Function and gradient from -0.5 to 2.5: the rule's gradient is that of central "
        "differences at every place."
    )
    assert re.fullmatch(
        r"Error by step: of 12 steps from 0.16 to 1.9e-11 that of \S+ is chosen \(extrapolated "
        r"twice\), whose error is \S+; the error of the rule's gradient is \S+\.",
        steps,
    )
    assert re.fullmatch(r"Error by tolerance: at most 0\.\d+ at 61 places\.", errors)
    assert looked.startswith("Numbers that were looked at: ")
    assert len(plot.figure.axes) == 5
    assert str(plot) == f"{plot.title}\n{plot.text}"


def test_where_a_rule_is_wrong_is_shown() -> None:
    """The finding of the verification is where it is drawn."""
    plot = plot_rule(Step)
    curves, _, errors, found = _lines(plot)
    assert "the rule's gradient is wrong at " in curves
    assert errors.startswith("Error by tolerance: wrong at ")
    assert found.startswith("What the verification found: Step: backward is wrong for input 0, x =")
    labels = [line.get_label() for line in plot.figure.axes[0].get_lines()]
    assert "wrong" in labels


def test_it_may_be_drawn_elsewhere_than_where_it_is_wrong() -> None:
    """At 0 the rule is right, and at the other places it looks at above 1.5 not."""
    plot = plot_rule(Step, at=0.5)
    assert plot.title.endswith("at x = 0.5")
    assert re.search(r"wrong at \d+ places? from 1\.\d+ to 2", plot.text)


def test_what_is_no_matter_of_values_has_no_place() -> None:
    """It is said, and the rule drawn where it is easy to read."""
    plot = plot_rule(Fresh)
    assert plot.title == "The derivative of Fresh at x = 1"
    assert _lines(plot)[-1].startswith("What the verification found: Fresh")


def test_a_rule_of_several_arrays_is_drawn_along_one_number() -> None:
    """Of the first input; the domain holds."""
    line = line_of(Product, 3.0)
    assert line.variable == "x0"
    assert line.span[0] > 0.0
    det = line_of(bp.linalg.det)
    assert det.variable == "x[0, 0]"
    assert plot_rule(bp.linalg.det).title.startswith(
        "The derivative of np.linalg.det(x) at x[0, 0]"
    )


def test_near_an_edge_the_number_is_still_within_what_is_drawn() -> None:
    """However near."""
    low, high = line_of(bp.log, 1e-6).span
    assert 0.0 < low < 1e-6 < high


def test_where_a_rule_raises_nothing_is_drawn() -> None:
    """The rest is."""
    line = line_of(Fussy, 1.5)
    assert max(s.x for s in line.samples()) <= 2.0
    assert line.sample(3.0) is None
    line = replace(line, xs=(np.array(3.0),))
    assert line.ladder() is None


def test_a_number_where_no_step_has_room_has_no_ladder() -> None:
    """Nor where the value is infinite or the derivative unknown."""
    line = line_of(Square, 1.0)
    for half in (2.0**-40, 2.0**-51):  # in a wider dtype there is room for some, or for none
        narrow = replace(line.rule, domains=(Interval(1.0 - half, 1.0 + half),))
        assert replace(line, rule=narrow).ladder() is None
    assert replace(line, xs=(np.array(1e200),)).sample(1e200) is None


def test_an_unknown_derivative_has_no_ratio() -> None:
    """It is neither right nor wrong."""
    assert isnan(Sample(1.0, 1.0, 2.0, nan, inf, wrong=False).ratio)


def test_panels_of_which_nothing_is_known_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that raises at every place that is looked at."""
    monkeypatch.setattr("backprop.drawing.measured.Line.sample", lambda *_: None)
    curves, steps, errors, _ = _lines(plot_rule(Square))
    assert curves.startswith("Function and gradient nowhere: it has no value there")
    assert steps == "Error by step: no step is known here."
    assert errors == "Error by tolerance: at most 0 at 0 places."


def test_an_axis_shows_what_most_values_need() -> None:
    """A few that are very large are cut off; a constant has room too."""
    low, high = _range([*np.linspace(0.0, 1.0, 100), 1e9])
    assert -1.0 < low < 0.1
    assert 0.9 < high < 2.0
    assert _range([3.0, 3.0]) == (0.0, 6.0)
    assert _range([nan]) == (0.0, 1.0)


def test_the_report_of_a_verification_is_a_picture(report: Report) -> None:
    """Where it looked, the worst errors, how small an error it would have seen."""
    plot = plot_report(report)
    assert plot.title == "How Square was verified"
    assert f"{report.planted} of {report.planted} planted faults rejected" in plot.text
    total = sum(map(int, re.findall(r"(\d+) of float", plot.text.replace(",", ""))))
    assert total == sum(region.numbers for region in report.regions)
    assert [axes.get_title() for axes in plot.figure.axes] == [
        "Where the verification looked", "Worst error, by its tolerance",
        "Median of the relative errors",
    ]  # fmt: skip
    labels = [line.get_label() for line in plot.figure.axes[2].get_lines()]
    assert f"would be seen: {report.smallest:.0e}" in labels


def test_a_report_of_nothing_that_could_be_compared(report: Report) -> None:
    """It says so, and draws no line for what would be seen."""
    plot = plot_report(replace(report, smallest=inf))
    assert "nothing compared" in plot.text
    assert "would" not in plot.text


def test_the_svg_has_alternative_text_and_is_for_light_and_dark(plot: Plot) -> None:
    """What it shows in words, and colours for both."""
    root = ElementTree.fromstring(plot.svg())
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "How <f> was verified"
    assert root.findtext(f"{SVG}desc") == plot.text
    style = root.findtext(f"{SVG}style") or ""
    assert "prefers-color-scheme: dark" in style
    assert all(".backprop-plot" in line for line in style.splitlines() if "[style" in line)


def test_a_picture_is_saved_by_the_ending_of_its_name(plot: Plot, tmp_path: Path) -> None:
    """Another ending is refused; there is no date in it, and no random name."""
    plot.save(tmp_path / "a.svg")
    plot.save(str(tmp_path / "a.png"))
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == plot._repr_svg_()
    assert plot.text.encode() in (tmp_path / "a.png").read_bytes()
    with pytest.raises(
        ArgumentValueError, match=r"^a picture is a \.svg or a \.png, got 'a\.pdf'$"
    ):
        plot.save("a.pdf")


@pytest.mark.parametrize("at", ["1", True, nan, inf])
def test_where_it_is_drawn_is_a_number(at: Any) -> None:
    """A finite one."""
    with pytest.raises(ArgumentTypeError, match=f"^at is a finite number, got {at!r}$"):
        plot_rule(Square, at=at)


def test_where_it_is_drawn_is_in_the_domain() -> None:
    """Of the rule, or that was given."""
    with pytest.raises(ArgumentValueError, match=r"^at is outside of the domain of Square, .*: 5$"):
        plot_rule(Square, at=5, domain=Interval(0.0, 1.0))


def test_what_is_no_report_is_refused() -> None:
    """It is what `verify` gives."""
    wrong: Any = Square
    message = r"^plot_report takes what verify gives, got <class"
    with pytest.raises(ArgumentTypeError, match=message):
        plot_report(wrong)


def test_matplotlib_is_needed_where_it_is_used(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the extra; it is a ModuleNotFoundError too."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = r"^matplotlib is missing: install the extra 'plot' of backprop-kernel$"
    with pytest.raises(MissingExtraError, match=message):
        plot_report(report)
    assert issubclass(MissingExtraError, ModuleNotFoundError)
