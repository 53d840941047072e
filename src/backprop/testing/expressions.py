"""Cases made callable: a function as it is called, its second order and its forward mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backprop import numpy as differentiable
from backprop.arrays import Shape
from backprop.cases import Case
from backprop.compat import override
from backprop.core import Variable
from backprop.dispatch import CASES
from backprop.domain import REALS, Domain, Interval
from backprop.gradients import gradients
from backprop.modes import no_grad
from backprop.testing.rules import Join
from backprop.testing.strategies import ordinary


class Expression:
    """The function of Variables that a Case describes."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.__name__ = case.code
        self._names = ", ".join(case.shapes)
        # The text is that of this package's own cases, never a user's.
        self._call: Callable[..., Variable] = eval(  # noqa: S307
            f"lambda {self._names}: {case.code}", {"np": differentiable, "onp": np}
        )

    @property
    def domain(self) -> tuple[Interval, ...]:
        """One for each input."""
        return _each(self.case.domain, len(self.case.shapes))

    @property
    def shapes(self) -> tuple[tuple[Shape, ...], ...]:
        """The one way to call it."""
        return (tuple(self.case.shapes.values()),)

    def __call__(self, *xs: Variable) -> Variable:
        """The value of the expression."""
        return self._call(*xs)

    def source(self) -> str:
        """Python that defines it and needs backprop alone."""
        return (
            "import numpy as onp\nimport backprop.numpy as np\n\n"
            f"f = lambda {self._names}: {self.case.code}\nf"
        )

    @override
    def __repr__(self) -> str:
        return self.case.code


class Second(Expression):
    """The gradient of an expression, as a function of its inputs and of the cotangent."""

    @property
    @override
    def domain(self) -> tuple[Interval, ...]:
        return (*super().domain, REALS)

    @property
    @override
    def shapes(self) -> tuple[tuple[Shape, ...], ...]:
        (shapes,) = super().shapes
        rng = np.random.default_rng(0)
        each = zip(super().domain, shapes, strict=True)
        with no_grad():
            y = self._call(*(Variable(ordinary(d, s, "float64", rng)) for d, s in each))
        return ((*shapes, y.shape),)

    @override
    def __call__(self, *xs: Variable) -> Variable:
        *inputs, gy = xs
        (gxs,) = Join()(*gradients(self._call(*inputs), inputs, gy))
        return gxs

    @override
    def source(self) -> str:
        return f"# the gradient of\n{super().source()}"


def expressions() -> dict[Callable[..., Any], list[Expression]]:
    """Every function of backprop.numpy, and the ways in which it is verified."""
    return {function: list(map(Expression, cases())) for function, cases in CASES.items()}


def _each(domain: Domain, count: int) -> tuple[Interval, ...]:
    return domain if isinstance(domain, tuple) else (domain,) * count
