"""One example of a verification: a rule at some inputs, under several cotangents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.testing.judging.forward import wrong_tangent
from backprop.testing.judging.judge import mismatch
from backprop.testing.judging.measuring import Point, compare, measure
from backprop.testing.judging.mismatch import (
    PERIOD,
    GradientMismatch,
    broken,
    cannot_call,
    raised,
    wrong,
)
from backprop.testing.judging.together import wrong_together
from backprop.testing.laws.laws import arguments_unchanged, broken_law, gradients_fit, lent
from backprop.testing.looks import Look, looks_of
from backprop.testing.rules import Arrays, Rule

_GRADES: Final = 20
_MARGIN: Final = 4  # powers of two
_FURTHER: Final[dict[str, Callable[[Point, Rule, Array], str | None]]] = {
    "ties": wrong_together,
    "forward mode": wrong_tangent,
}


@dataclass(frozen=True, slots=True)
class Example:
    """Inputs of a rule, cotangents, and what was measured there."""

    point: Point
    gys: tuple[Array, ...]
    worst: float = 0.0
    excused: int = 0
    detectable: float = np.inf
    looks: tuple[Look, ...] = ()


def examine(
    rule: Rule,
    xs: Arrays,
    rng: np.random.Generator,
    gys: tuple[Array, ...] | None = None,
    sample: bool = True,
) -> Example:
    """Measure `rule` at `xs` and hold it against the laws and the numbers."""
    __tracebackhide__ = True  # to pytest
    try:
        rule.forward(*xs)
    except Exception as error:
        raise cannot_call(rule, xs, error) from error
    try:
        point = measure(rule, xs, rng if sample else None)
        gys = gys if gys is not None else tuple(_cotangents(point.y, rng, _room(xs)))
        example = Example(point, gys)
        failure = finding(rule, example)
        if failure is not None:
            raise failure
        seen = [m for gy in gys for m in compare(point, gy, rule.vjp(xs, gy))]
    except GradientMismatch:
        raise
    except Exception as error:
        raise raised(rule, xs, error) from error
    ratios = np.concatenate([m.ratio for m in seen]) if seen else np.zeros(0)
    return Example(
        point,
        gys,
        worst=float(ratios.max(initial=0, where=ratios <= 1)),
        excused=int((ratios > 1).sum()),
        detectable=min((m.detectable for m in seen), default=np.inf),
        looks=looks_of(xs, seen),
    )


def _room(xs: Arrays) -> int:
    """By how many powers of two a cotangent may be larger than 1: a product is no overflow."""
    info = np.finfo(xs[0].dtype)
    sizes = (abs(x).max(initial=1, where=np.isfinite(x)) for x in xs)
    return int(np.clip(info.maxexp - np.log2(max(sizes)) - _MARGIN, 0, _GRADES))


def _cotangents(y: Array, rng: np.random.Generator, room: int = _GRADES) -> Iterator[Array]:
    """Ones, normal, graded over 40 powers of two, and one-hot: uniform ones alone hide bugs."""
    yield np.ones_like(y)
    few = min(y.size, PERIOD)
    normal = rng.standard_normal(few)
    yield _spread(normal, y)
    yield _spread(normal * 2.0 ** rng.integers(-room, room + 1, few), y)
    hot = np.zeros(y.size, y.dtype)
    hot[rng.integers(max(y.size, 1)) : 1 + rng.integers(max(y.size, 1))] = 1
    yield hot.reshape(y.shape)


def _spread(few: Array, y: Array) -> Array:
    return np.resize(few, y.shape).astype(y.dtype) if y.size else np.zeros_like(y)


def finding(rule: Rule, example: Example) -> GradientMismatch | None:
    """What is wrong with `rule` at the example: a law it breaks, or a gradient that is off."""
    point = example.point
    law, text = broken_law(rule, point.xs, one(example))
    if text is not None:
        return broken(rule, point.xs, one(example), text, law)
    if "gradient" not in rule.ignored:
        gradient = off(rule, example)
        if gradient is not None:
            return gradient
    for kind, wrong_in in _FURTHER.items():
        text = None if kind in rule.ignored else wrong_in(point, rule, one(example))
        if text is not None:
            return broken(rule, point.xs, one(example), text, kind)
    return None


def rejects(rule: Rule, example: Example) -> bool:
    """Whether anything is wrong with `rule` at the example.

    The numbers are asked first, for they cost least; but not of a rule that would spoil them.
    """
    at = example.point.xs, one(example)
    if arguments_unchanged(rule, *at) is not None or gradients_fit(rule, *at) is not None:
        return True
    return off(rule, example) is not None or finding(rule, example) is not None


def off(rule: Rule, example: Example) -> GradientMismatch | None:
    """The first gradient that is wrong, or in memory that is not its own, for any cotangent."""
    point = example.point
    for gy in example.gys:
        gxs = lent(rule, point.xs, gy)  # it may write, or share memory, for some cotangents only
        if isinstance(gxs, str):
            return broken(rule, point.xs, gy, gxs, "memory_apart")
        for seen in compare(point, gy, gxs):
            k = mismatch(point, rule, gy, seen)
            if k is not None:
                return wrong(rule, point, gy, seen, k)
    return None


def judged(example: Example) -> bool:
    """Whether the example has a derivative: empty arrays have none."""
    return bool(example.point.y.size and any(x.size for x in example.point.xs))


def one(example: Example) -> Array:
    """The cotangent of an example, other than ones, that laws and faults are tried with."""
    return example.gys[min(1, len(example.gys) - 1)]
