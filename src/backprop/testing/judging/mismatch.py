"""What is said of a wrong rule: which, where, by how much, and a script that repeats it."""

from __future__ import annotations

from typing import Final

import numpy as np

from backprop.errors import BackpropError
from backprop.ground.arrays import Array
from backprop.testing.judging.measuring import Measurement, Point
from backprop.testing.rules import Arrays, Rule

PERIOD: Final = 8  # large arrays repeat so many numbers, so that they can be printed


class GradientMismatch(BackpropError, AssertionError):  # noqa: N818 (it is a finding)
    """A derivative rule is wrong. The message says where and by how much; `script` repeats it."""

    def __init__(self, message: str, script: str) -> None:
        super().__init__(f"{message}\n\nThis script repeats it:\n\n{script}")
        self.script = script


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
    )


def broken(rule: Rule, xs: Arrays, gy: Array, law: str) -> GradientMismatch:
    """A law does not hold, whatever the values are."""
    return GradientMismatch(f"{rule.name}: backward breaks a law: {law}", _script(rule, xs, gy))


def raised(rule: Rule, xs: Arrays, error: Exception) -> GradientMismatch:
    """The rule raised where it should give a value or a gradient."""
    text = f"{rule.name} raised {type(error).__name__}: {error}"
    return GradientMismatch(text, _script(rule, xs, None))


def _number(value: Array) -> str:
    return np.format_float_scientific(np.longdouble(value), precision=17, trim="-", unique=True)


def _script(rule: Rule, xs: Arrays, gy: Array | None) -> str:
    *setup, function = rule.code.split("\n")
    plain = ", " in function and not function.endswith(")")
    forward, *vjp = function.split(", ") if plain else [function]
    arguments = [forward, *map(literal, xs), *(f"vjp={v}" for v in vjp)]
    if gy is not None:
        arguments.append(f"gy={literal(gy)}")
    arguments += rule.settings
    imports = ["import numpy as np", "from backprop.testing import check_gradient"]
    return "\n".join([*imports, *setup, "", f"check_gradient({', '.join(arguments)})"])


def literal(x: Array) -> str:
    """Python for exactly this array."""
    if x.size == 0:
        return f"np.zeros({x.shape}, np.{x.dtype})"
    few = x.reshape(-1)[:PERIOD]
    if x.size > 4 * PERIOD and np.array_equal(np.resize(few, x.shape), x, equal_nan=True):
        return f"np.resize({literal(few)}, {x.shape})"
    text = repr(x.tolist()).replace("inf", "np.inf").replace("nan", "np.nan")
    return f"np.array({text})" if x.dtype == np.float64 else f"np.array({text}, np.{x.dtype})"
