"""A derivative and a verification as pictures, drawn by Matplotlib (the extra `plot`)."""

from __future__ import annotations

from collections.abc import Sequence
from math import frexp, isfinite
from typing import Any, Final, TypeAlias

import numpy as np

from backprop.drawing.measured import Ladder, Line, Sample, line_of, line_of_place
from backprop.drawing.plots import BLUE, GREEN, INK, ORANGE, PAPER, RED, Plot, style
from backprop.errors import ArgumentTypeError
from backprop.ground.arrays import brief
from backprop.ground.domain import Interval
from backprop.testing.judging.mismatch import GradientMismatch
from backprop.testing.report import Region, Report
from backprop.testing.verifier import verify

Axes: TypeAlias = Any  # Matplotlib's, whose methods take keywords of unknown types

_LEVELS: Final = (  # of the ladder: what it is, and its mark
    ("central differences", "o"),
    ("extrapolated once", "^"),
    ("extrapolated twice", "s"),
)
_MARKS: Final = (("o", BLUE), ("s", ORANGE), ("^", GREEN), ("D", RED))  # of dtypes
_LEAST: Final = 1e-5  # of a tolerance, below which errors are drawn as 0
_TAILS: Final = (3.0, 97.0)  # percentiles between which values are drawn
_FLOOR: Final = 1e-20  # below which figures of a report are drawn as that
_SIZES: Final = "size of the numbers, from"
_WORDS: Final = 78  # letters to a line


def plot_rule(
    target: Any, *, at: float | None = None, domain: Interval | None = None, seed: int = 0
) -> Plot:
    """The derivative of a rule as a picture, and what its verification says.

    Four panels: the function with its gradient and central differences; the error of the
    differences by the size of their steps, with the step that is chosen; the error of the gradient
    as a part of its tolerance, place by place; and where the verification looked, or what it found
    wrong. A rule of arrays is drawn along one number of one input.

    Parameters
    ----------
    target : type, Function or callable
        As in `verify`: a Function, a function of NumPy, or one of PyTorch, JAX, HIPS autograd or
        MyGrad.
    at : float, optional
        The number at which it is drawn; else where the verification has found it wrong, or an
        ordinary one.
    domain : Interval, optional
        Where it is differentiable; a Function has its own.
    seed : int, default 0
        Of the verification.

    Returns
    -------
    Plot
        With `figure`, `text`, `svg()`, `png()` and `save(path)`.

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.
    ArgumentTypeError, ArgumentValueError
        If `at` is no number, or outside the domain.

    Examples
    --------
    >>> from backprop import Square
    >>> print(plot_rule(Square, at=1.0).title)
    The derivative of Square at x = 1
    """
    with style():
        from matplotlib.figure import Figure

        line = None if at is None else line_of(target, at, domain)
        found = _verified(target, domain, seed)
        place = None if isinstance(found, Report) else found.place
        if line is None:
            line = line_of(target, None, domain) if place is None else line_of_place(place)
        figure: Any = Figure(figsize=(12, 8.4), layout="constrained")
        axes = figure.subplots(2, 2)
        title = f"The derivative of {line.rule.name} at {line.variable} = {line.at:.6g}"
        figure.suptitle(title, fontweight="bold")
        samples, ladder = line.samples(), line.ladder()
        texts = [
            _curves(axes[0, 0], line, samples),
            _steps(axes[0, 1], ladder),
            _errors(axes[1, 0], line, samples),
            _looked(axes[1, 1], found)
            if isinstance(found, Report)
            else _finding(axes[1, 1], found),
        ]
        if isinstance(found, Report):
            axes[1, 1].set_xlabel(f"{_SIZES}\n{_caption(found)}", fontsize="small")
    return Plot(figure, title, "\n".join(texts))


def _verified(target: Any, domain: Interval | None, seed: int) -> Report | GradientMismatch:
    try:
        return verify(target, domain=domain, seed=seed)
    except GradientMismatch as error:
        return error


def _curves(axes: Axes, line: Line, samples: Sequence[Sample]) -> str:
    """The function, its gradient, and central differences."""
    x = [s.x for s in samples]
    value, claimed, numeric = ([getattr(s, n) for s in samples] for n in _CURVES)
    beside = axes.twinx()  # its values may be of another size
    beside.plot(x, value, color=BLUE, linestyle="--", label="function (right)")
    beside.grid(visible=False)
    beside.spines["right"].set(visible=True, color=BLUE)
    beside.tick_params(axis="y", colors=BLUE)
    axes.plot(x, claimed, color=ORANGE, linewidth=4, alpha=0.8, label="gradient, as the rule says")
    axes.plot(x, numeric, color=INK, linewidth=1.2, label="gradient, by central differences")
    wrong = [s for s in samples if s.wrong]
    if wrong:
        at, there = [s.x for s in wrong], [s.claimed for s in wrong]
        axes.plot(at, there, "X", color=RED, markersize=6, markeredgecolor=PAPER, label="wrong")
    axes.axvline(line.at, color=INK, linewidth=0.8, linestyle=":")
    for side, drawn in ((axes, [*claimed, *numeric]), (beside, value)):
        side.set_ylim(*_range(drawn))
    axes.set(xlabel=line.variable, ylabel="gradient", title="Function and gradient")
    handles = [*axes.get_lines(), *beside.get_lines()]
    axes.legend(handles=[h for h in handles if h.get_label()[0] != "_"], fontsize="small")
    places = f"from {min(x):.4g} to {max(x):.4g}" if x else "nowhere: it has no value there"
    return (
        f"Function and gradient {places}: the rule's gradient "
        + (f"is wrong at {len(wrong)} of {len(samples)} places" if wrong else "is that of central "
        "differences at every place")
        + "."
    )  # fmt: skip


_CURVES: Final = ("value", "claimed", "numeric")


def _range(values: Sequence[float]) -> tuple[float, float]:
    """What an axis shows of values, a few of which may be very large."""
    known = [v for v in values if isfinite(v)]
    if not known:
        return 0.0, 1.0
    low, high = np.percentile(known, _TAILS).tolist()
    room = 0.25 * (high - low) or max(abs(high), 1.0)
    return low - room, high + room


def _steps(axes: Axes, ladder: Ladder | None) -> str:
    """The error by the size of the steps."""
    axes.set_title("Error of the differences by their step")
    if ladder is None:
        axes.text(0.5, 0.5, "no step is known here", ha="center", transform=axes.transAxes)
        return "Error by step: no step is known here."
    for (name, mark), errors, color in zip(_LEVELS, ladder.errors, (BLUE, GREEN, ORANGE)):
        drawn = np.where(errors > 0, errors, np.nan)
        axes.plot(ladder.steps, drawn, mark, color=color, markersize=5, label=name)
    truncation = np.where(ladder.truncation > 0, ladder.truncation, np.nan)
    axes.plot(ladder.steps, truncation, "--", color=BLUE, label="truncation, as estimated")
    axes.plot(ladder.steps, ladder.rounding, ":", color=INK, label="rounding, as estimated")
    least = min((e for e in ladder.rounding if e > 0), default=1e-300)
    axes.plot(
        [ladder.step], [max(ladder.error, least)], "*", color=RED, markersize=15,
        label=f"chosen: {ladder.step:.2g}, {_LEVELS[ladder.level][0]}",
    )  # fmt: skip
    if ladder.claimed > 0:
        axes.axhline(ladder.claimed, color=RED, linewidth=1, label="error of the rule's gradient")
    axes.set(xscale="log", yscale="log", xlabel="step", ylabel="error")
    axes.legend(fontsize="small")
    return (
        f"Error by step: of {len(ladder.steps)} steps from {ladder.steps[0]:.2g} to "
        f"{ladder.steps[-1]:.2g} that of {ladder.step:.2g} is chosen "
        f"({_LEVELS[ladder.level][0]}), whose error is {ladder.error:.2g}; the error of the rule's "
        f"gradient is {ladder.claimed:.2g}."
    )


def _errors(axes: Axes, line: Line, samples: Sequence[Sample]) -> str:
    """The error of the gradient as a part of its tolerance."""
    known = [s for s in samples if isfinite(s.ratio)]
    kinds = (
        ("right", "o", BLUE, [s for s in known if s.ratio <= 1]),
        ("beyond it, and excused", "^", ORANGE, [s for s in known if s.ratio > 1 and not s.wrong]),
        ("wrong", "X", RED, [s for s in known if s.wrong]),
    )
    for name, mark, color, found in kinds:
        if found:
            errors = [max(s.ratio, _LEAST) for s in found]
            axes.plot([s.x for s in found], errors, mark, color=color, markersize=5, label=name)
    axes.axhline(1.0, color=INK, linewidth=1, linestyle="--", label="tolerance")
    axes.set(yscale="log", xlabel=line.variable, title="Error of the gradient, by its tolerance")
    axes.legend(fontsize="small")
    wrong = kinds[-1][-1]
    if not wrong:
        worst = max((s.ratio for s in known), default=0.0)
        return f"Error by tolerance: at most {worst:.2g} at {_count(len(known))}."
    low, high = min(s.x for s in wrong), max(s.x for s in wrong)
    return f"Error by tolerance: wrong at {_count(len(wrong))} from {low:.4g} to {high:.4g}."


def _count(places: int) -> str:
    return f"{places} place{'s' * (places != 1)}"


def _finding(axes: Axes, found: GradientMismatch) -> str:
    """What the verification has found wrong."""
    axes.set_title("What the verification found")
    axes.set_axis_off()
    lines = [part for line in found.message.splitlines() for part in _folded(line)]
    text = "\n".join(lines).replace(" ", "\u00a0")  # SVG would make one blank of many
    given = {"va": "top", "family": "monospace", "fontsize": 8}
    axes.text(0.0, 0.95, text, transform=axes.transAxes, **given)
    return "What the verification found: " + " ".join(found.message.split())


def _folded(line: str) -> list[str]:
    return [line[k : k + _WORDS] for k in range(0, len(line), _WORDS)] or [""]


def plot_report(report: Report) -> Plot:
    """A verification as a picture: where it looked, the worst errors, how small ones it would see.

    Three panels, by the size of the numbers: at how many the gradient was compared, the worst error
    as a part of its tolerance, and the median of the relative errors beside the smallest that would
    have been rejected.

    Raises MissingExtraError (a ModuleNotFoundError) if Matplotlib is not installed,
    ArgumentTypeError (a TypeError) for what is no Report.

    >>> from backprop import Square
    >>> from backprop.testing import verify
    >>> print(plot_report(verify(Square, seed=1)).title)
    How Square was verified
    """
    _check(report)
    with style():
        from matplotlib.figure import Figure

        figure: Any = Figure(figsize=(12, 4.6), layout="constrained")
        axes = figure.subplots(1, 3)
        title = f"How {report.function} was verified"
        figure.suptitle(f"{title}\n{_caption(report)}")
        text = _looked(axes[0], report)
        _by_size(axes[1], report, "worst", _LEAST)
        axes[1].axhline(1.0, color=INK, linestyle="--", linewidth=1, label="tolerance")
        axes[1].set(title="Worst error, by its tolerance", yscale="log", ylim=(_LEAST / 2, 10.0))
        axes[1].legend(fontsize="small")
        _by_size(axes[2], report, "median", _FLOOR)
        if isfinite(report.smallest):
            smallest = f"would be seen: {report.smallest:.0e}"
            axes[2].axhline(report.smallest, color=RED, linestyle="--", label=smallest)
        axes[2].set(title="Median of the relative errors", yscale="log")
        axes[2].legend(fontsize="small")
    return Plot(figure, title, text)


def _check(report: object) -> None:
    if not isinstance(report, Report):
        raise ArgumentTypeError(f"plot_report takes what verify gives, got {brief(report)}")


def _looked(axes: Axes, report: Report) -> str:
    """At how many numbers of each size the gradient was compared."""
    _by_size(axes, report, "numbers", 1.0)
    axes.set(title="Where the verification looked", yscale="log", ylabel="numbers")
    axes.legend(fontsize="small")
    parts = (f"{r.numbers:,} of {r.dtype} {_between(r)}" for r in report.regions)
    return f"Numbers that were looked at: {'; '.join(parts)}. {_caption(report)}."


def _caption(report: Report) -> str:
    sees = f"would see {report.smallest:.0e}" if isfinite(report.smallest) else "nothing compared"
    faults = f"{report.rejected} of {report.planted} planted faults rejected"
    return f"worst error {report.worst:.2f} of its tolerance, {sees}, {faults}"


def _by_size(axes: Axes, report: Report, what: str, least: float) -> None:
    """A figure of each region, those below the least as that, a mark for each dtype."""
    edges = sorted({(r.low, r.high) for r in report.regions})
    names = [_power(low) for low, _ in edges]
    for dtype, (mark, color) in zip(dict.fromkeys(r.dtype for r in report.regions), _MARKS):
        found = [r for r in report.regions if r.dtype == dtype]
        at = [edges.index((r.low, r.high)) for r in found]
        figures = [max(getattr(r, what), least) for r in found]
        axes.plot(at, figures, mark + "-", color=color, linewidth=0.8, label=dtype)
    axes.set_xticks(range(len(names)), names, fontsize="small")
    axes.set_xlabel(_SIZES)


def _between(region: Region) -> str:
    return f"from {_power(region.low)} to {_power(region.high)}"


def _power(edge: float) -> str:
    """An edge of a region, which is a power of two, 0 or inf."""
    return f"2^{frexp(edge)[1] - 1}" if isfinite(edge) and edge else f"{edge:g}"
