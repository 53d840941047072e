"""A suspect: a point at which a rule looks wrong. Only central differences convict it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from backprop.ground.arrays import Array
from backprop.testing.judging.judge import mismatch
from backprop.testing.judging.measuring import compare, measure
from backprop.testing.judging.mismatch import GradientMismatch, wrong
from backprop.testing.rules import Arrays, Rule


@dataclass(frozen=True, slots=True)
class Suspect:
    """Inputs of a rule and a cotangent, and the elements by which its gradient may be wrong."""

    rule: Rule
    xs: Arrays
    gy: Array
    columns: tuple[list[int], ...]  # of each input


def convicted(suspects: Iterable[Suspect]) -> GradientMismatch | None:
    """What the judge says of the first that it finds wrong; None if it acquits them all."""
    found = (verdict(suspect) for suspect in suspects)
    return next((failure for failure in found if failure is not None), None)


def verdict(suspect: Suspect) -> GradientMismatch | None:
    """What the judge says of one."""
    rule, xs, gy = suspect.rule, suspect.xs, suspect.gy
    point = measure(rule, xs, columns=suspect.columns)
    for seen in compare(point, gy, rule.vjp(xs, gy)):
        k = mismatch(point, rule, gy, seen)
        if k is not None:
            return wrong(rule, point, gy, seen, k)
    return None
