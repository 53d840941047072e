"""What is said of a wrong rule: which, where, by how much, and a script that repeats it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb
from typing import Final

import numpy as np

from backprop.errors import BackpropError
from backprop.ground.arrays import Array
from backprop.testing.judging.measuring import Measurement, Point
from backprop.testing.rules import Arrays, Rule
from backprop.testing.source import defined

_NAMES: Final = (
    *("Ascending", "Distinct", "Invertible", "Orthogonal", "PositiveDefinite", "Simplex"),
    *("Sorted", "Symmetric", "Triangular", "UnitVectors"),
)
_PACKAGE: Final = Path(__file__).parents[2]
PERIOD: Final = 8  # large arrays repeat so many numbers, so that they can be printed


@dataclass(frozen=True, slots=True)
class Place:
    """An element of an input of a rule by which its gradient is wrong."""

    rule: Rule
    xs: Arrays
    gy: Array
    input: int
    column: int  # in the flat input


class GradientMismatch(BackpropError, AssertionError):  # noqa: N818 (it is a finding)
    """A derivative rule is wrong. The message says where and by how much; `script` repeats it."""

    def __init__(
        self, message: str, script: str, kind: str = "gradient", place: Place | None = None
    ) -> None:
        super().__init__(f"{message}\n\nThis script repeats it:\n\n{script}")
        self.message = message
        self.script = script
        self.kind = kind  # "gradient", or which law is broken
        self.place = place

    def with_lines(self, lines: Sequence[str]) -> GradientMismatch:
        """The same finding, with more to say of it."""
        message = "\n".join([self.message, *lines])
        made = GradientMismatch(message, self.script, self.kind, self.place)
        made.__cause__ = self.__cause__
        return made


class Findings(BackpropError, ExceptionGroup[GradientMismatch]):  # noqa: N818 (they are findings)
    """All that is wrong with a rule, one GradientMismatch for each law that it breaks."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which laws are broken, in the order in which they were found; "gradient" is none."""
        return tuple(e.kind for e in self.exceptions if isinstance(e, GradientMismatch))


class NothingToJudge(BackpropError, ValueError):  # noqa: N818 (it is a finding)
    """No input that was tried gave a finite value, so nothing is known of the derivative."""


class CannotCall(BackpropError, ValueError):  # noqa: N818 (it is a finding)
    """A function could not be called with inputs that the verifier invents: it is not "wrong"."""


def cannot_call(rule: Rule, xs: Arrays, error: Exception) -> CannotCall:
    """Its own error, and what to pass so that it is called as it is meant."""
    shapes = ", ".join(str(x.shape) for x in xs)
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return CannotCall(
        f"{rule.name} could not be called with {xs[0].dtype.name} of shape {shapes} ({text}): say "
        "for which shapes and dtypes it is meant, shapes=[...] and dtypes=[...], and pass the "
        "settings and the inputs that it needs besides as keywords={...} and constants={...}"
    )


def wrong(rule: Rule, point: Point, gy: Array, seen: Measurement, k: int) -> GradientMismatch:
    """The gradient of one element is off."""
    x = point.xs[seen.input]
    index = tuple(map(int, np.unravel_index(seen.columns[k], x.shape)))
    analytic, numeric, tolerance = (a[k] for a in (seen.analytic, seen.numeric, seen.tolerance))
    where = f"input {seen.input}" + (f" at index {index}" if index else "")
    return GradientMismatch(
        f"{rule.name}: backward is wrong for {where}, x = {x[index]!s}\n"
        f"    analytic   {_number(analytic)}\n"
        f"    numeric    {_number(numeric)}   (central differences)\n"
        f"    error      {float(abs(analytic - numeric)):.3g}, "
        f"where {float(tolerance):.3g} is the tolerance",
        _script(rule, point.xs, gy),
        place=Place(rule, point.xs, gy, seen.input, seen.columns[k]),
    )


def broken(rule: Rule, xs: Arrays, gy: Array, law: str, kind: str) -> GradientMismatch:
    """A law does not hold, whatever the values are."""
    text = f"{rule.name}: backward breaks a law: {law}"
    return GradientMismatch(text, _script(rule, xs, gy), kind)


def raised(rule: Rule, xs: Arrays, error: Exception) -> GradientMismatch:
    """The rule raised where it should give a value or a gradient."""
    text = f"{rule.name} raised {type(error).__name__}: {error}{_raised_at(error)}"
    return GradientMismatch(text, _script(rule, xs, None), "raised")


def _raised_at(error: Exception) -> str:
    """The line of the rule that raised, where it is written in Python."""
    frames = extract_tb(error.__traceback__)
    users = [f for f in frames if not _is_ours(f.filename)] or frames[-1:]
    return "".join(
        f"\n    in {f.name}, {f.filename}, line {f.lineno}: {f.line}" for f in users[-1:]
    )


def _is_ours(filename: str) -> bool:
    return Path(filename).is_relative_to(_PACKAGE)


def _number(value: Array) -> str:
    return np.format_float_scientific(np.longdouble(value), precision=17, trim="-", unique=True)


def _script(rule: Rule, xs: Arrays, gy: Array | None) -> str:
    *setup, function = rule.code.split("\n")
    plain = ", " in function and not function.endswith(")")
    forward, *others = function.split(", ") if plain else [function]
    named = zip(("vjp", "jvp"), others)
    arguments = [forward, *map(literal, xs), *(f"{name}={value}" for name, value in named)]
    if gy is not None:
        arguments.append(f"gy={literal(gy)}")
    arguments += rule.settings
    setup += [] if rule.reference is None else [defined(rule.reference, "reference")[0]]
    call = f"check_gradient({', '.join(arguments)})"
    names = [name for name in _NAMES if re.search(rf"\b{name}\(", call)]
    ours = ["from backprop import Interval"] if re.search(r"\bInterval\(", call) else []
    tested = f"from backprop.testing import {', '.join(['check_gradient', *names])}"
    return "\n".join(["import numpy as np", *ours, tested, *setup, "", call])


def literal(x: Array) -> str:
    """Python for exactly this array."""
    if x.size == 0:
        return f"np.zeros({x.shape}, np.{x.dtype})"
    few = x.reshape(-1)[:PERIOD]
    if x.size > 4 * PERIOD and np.array_equal(np.resize(few, x.shape), x, equal_nan=True):
        return f"np.resize({literal(few)}, {x.shape})"
    text = repr(x.tolist()).replace("inf", "np.inf").replace("nan", "np.nan")
    return f"np.array({text})" if x.dtype == np.float64 else f"np.array({text}, np.{x.dtype})"
