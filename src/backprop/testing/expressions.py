"""What is verified of a function of backprop.numpy: its cases, in first and in second order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from backprop import numpy as differentiable
from backprop.arrays import Shape, Shapes
from backprop.cases import Case
from backprop.compat import override
from backprop.core import Node, Variable
from backprop.dispatch import CASES
from backprop.domain import REALS, Domain
from backprop.gradients import gradients
from backprop.testing.rules import Join, Rule, as_callable, rule_of
from backprop.testing.strategies import ordinary, small_ways


class Expression:
    """The function of Variables that a Case describes."""

    def __init__(self, case: Case) -> None:
        self.__name__ = case.code
        self.names = ", ".join(case.shapes)
        self.shapes: Shapes = (tuple(case.shapes.values()),)
        count = len(case.shapes)
        each = case.domain
        self.domain: Domain = each if isinstance(each, tuple) else (each,) * count
        # The text is that of this package's own cases, never a user's.
        self._call: Callable[..., Variable] = eval(  # noqa: S307
            f"lambda {self.names}: {case.code}", {"np": differentiable, "onp": np}
        )

    def __call__(self, *xs: Variable) -> Variable:
        """The value of the expression."""
        return self._call(*xs)

    def source(self) -> str:
        """Python that defines it and needs backprop alone."""
        return (
            "import numpy as onp\nimport backprop.numpy as np\n\n"
            f"f = lambda {self.names}: {self.__name__}\nf"
        )

    @override
    def __repr__(self) -> str:
        return self.__name__


class Second:
    """The gradients of a function as one vector, a function of its inputs and of the cotangent.

    That its own gradient is right is what second order means.
    """

    def __init__(self, rule: Rule, function: Callable[..., Variable]) -> None:
        self.__name__ = f"gradient of {rule.name}"
        self._call = function
        self._source = rule.code
        self.domain: Domain = (*rule.domains, REALS)
        self.shapes: Shapes = tuple((*way, _result(rule, way)) for way in small_ways(rule))

    def __call__(self, *xs: Variable) -> Variable:
        """All gradients, flattened and joined."""
        *inputs, gy = xs
        (gxs,) = Join()(*gradients(self._call(*inputs), inputs, gy))
        return gxs

    def source(self) -> str:
        """Python that defines it."""
        *setup, function = self._source.split("\n")
        lines = [
            *setup,
            "from backprop.testing import Second",
            f"second = Second.of({function})",
            "second",
        ]
        return "\n".join(lines)

    @classmethod
    def of(cls, function: type[Node] | Node | Callable[..., Variable]) -> Second:
        """The gradients of a Function class, an instance, or any callable on Variables."""
        return cls(rule_of(function), as_callable(function))


def rules_of(
    function: type[Node] | Node | Callable[..., Variable],
    domain: Domain | None = None,
    shapes: Shapes | Sequence[Shape] | None = None,
    order: int = 1,
) -> tuple[Rule, ...]:
    """All that is verified of a function: of one of backprop.numpy its cases, in both orders."""
    if not isinstance(function, (type, Node)) and function in CASES:
        return _of_numpy(function)
    rule = rule_of(function, domain, shapes)
    if order == 1:
        return (rule,)
    return rule, rule_of(Second(rule, as_callable(function)))


@cache
def _of_numpy(function: Callable[..., Any]) -> tuple[Rule, ...]:
    cases = CASES[function]
    found: list[type[Node] | Expression] = (
        [cases] if isinstance(cases, type) else list(map(Expression, cases()))
    )
    first = tuple(map(rule_of, found))
    return first + tuple(rule_of(Second(r, as_callable(f))) for r, f in zip(first, found))


def _result(rule: Rule, way: tuple[Shape, ...]) -> Shape:
    """The shape of the result for inputs of such shapes."""
    rng = np.random.default_rng(0)
    xs = (ordinary(d, shape, "float64", rng) for d, shape in zip(rule.domains, way))
    return np.shape(rule.forward(*xs))
