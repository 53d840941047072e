"""What is verified of a function of backprop.numpy: its cases, in first and in second order."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, cached_property
from typing import Any, Final

import numpy as np

from backprop import numpy as differentiable
from backprop.errors import ArgumentTypeError
from backprop.functions.cases import Case
from backprop.functions.registry import CASES, METHODS
from backprop.ground.arrays import Array, Shape, Shapes, brief
from backprop.ground.compat import override
from backprop.ground.domain import REALS, Domain, Interval
from backprop.kernel.checks import fitting
from backprop.kernel.sweep import pull
from backprop.kernel.table import TABLE
from backprop.kernel.variable import Node, Variable
from backprop.testing.entries import Ways
from backprop.testing.generators.strategies import ordinary_inputs, small_ways
from backprop.testing.rules import Rule, as_callable, called, rule_of
from backprop.testing.second import Join
from backprop.transforms.gradients import gradients


class Expression:
    """The function of Variables that a Case describes."""

    # Sums and products of elements of every magnitude lose all digits, right as the rule may be.
    span: Final = 2.0**-4

    def __init__(self, case: Case) -> None:
        self.__name__: str = case.code
        self.names: str = ", ".join(case.shapes)
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
        return self._call(*called(xs, len(self.shapes[0]), self.__name__))

    def source(self) -> str:
        """Python that defines it and needs backprop alone."""
        return f"import backprop.numpy as bp\n\nf = {self.text()}\nf"

    def text(self) -> str:
        """The function as Python source, with NumPy as `np` and backprop.numpy as `bp`."""
        ours = re.sub(r"(?<![\w.])np\.", "bp.", self.__name__)
        text = re.sub(r"(?<![\w.])onp\.", "np.", ours)
        return f"lambda {self.names}: {text}"

    @override
    def __repr__(self) -> str:
        return self.__name__


class Second:
    """The gradients of a function as one vector, a function of its inputs and of the cotangent.

    That its own gradient is right is what second order means.
    """

    order: Final = 2
    span: Final = 0.0

    def __init__(self, rule: Rule, function: Callable[..., Variable]) -> None:
        if not isinstance(rule, Rule):
            raise ArgumentTypeError(
                f"Second is made by Second.of(function), not of a rule that is {brief(rule)}"
            )
        self.__name__: str = f"gradient of {rule.name}"
        self._call = function
        self.domain: tuple[Interval, ...] = (*rule.domains, REALS)
        self._rule = rule

    def __call__(self, *xs: Variable) -> Variable:
        """All gradients, flattened and joined."""
        *inputs, gy = called(xs, len(self.domain), self.__name__)
        y = self._call(*inputs)  # in another dtype than its inputs, if it has constants of that
        (gxs,) = Join()(*gradients(y, inputs, gy.astype(y.dtype, copy=False)))
        return gxs

    def of_arrays(self, *xs: Array) -> Array:
        """The same of arrays, by the sweep on arrays: what differences are taken of."""
        inputs = tuple(map(Variable, xs[:-1]))
        y = self._call(*inputs)
        found = {} if y.is_constant else self._pulled(y, xs[-1])
        gxs = [found.get(id(x), np.zeros_like(x.data)).reshape(-1) for x in inputs]
        return np.concatenate(gxs)

    def _pulled(self, y: Variable, gy: Array) -> dict[int, Array]:
        seed = fitting(gy.astype(y.dtype, copy=False), y.data, "gy")
        return {id(v): g for v, g in pull(y, seed)}

    def source(self) -> str:
        """Python that defines it."""
        *setup, function = self._rule.code.split("\n")
        lines = [
            *setup,
            "from backprop.testing import Second",
            f"second = Second.of({function})",
            "second",
        ]
        return "\n".join(lines)

    @cached_property
    def shapes(self) -> Shapes:
        """The ways to call it: those of the function, and the shape of its result."""
        rule = self._rule
        return tuple((*way, _result(rule, way)) for way in small_ways(rule))

    @classmethod
    def of(cls, function: type[Node] | Node | Callable[..., Variable]) -> Second:
        """The gradients of a Function class, an instance, or any callable on Variables."""
        return cls(rule_of(function), as_callable(function))


def cases_of(function: Callable[..., Any]) -> type[Node] | tuple[Case, ...]:
    """The rule that a function is, or the ways in which it is called; none if it only refuses."""
    made: Any = CASES[function]
    if isinstance(made, type) and issubclass(made, Node):
        return made
    return tuple(made())


def numpy_functions() -> dict[str, tuple[Callable[..., Any], Domain]]:
    """The functions of backprop.numpy by name, and all intervals their cases are for."""
    names = {f: f.__name__ for f in CASES}
    names |= {f: f"{ufunc.__name__}.{method}" for (ufunc, method), f in METHODS.items()}
    names |= {f: name(original) for original, f in reversed(TABLE.items())}
    names = {f: name for f, name in names.items() if cases_of(f)}
    return {names[f]: (f, _domain(f)) for f in sorted(names, key=lambda f: names[f])}


def name(original: Any) -> str:
    """What NumPy calls a function: "sum", "linalg.norm"."""
    module = (getattr(original, "__module__", None) or "numpy").removeprefix("numpy")
    return (
        f"{module}.{original.__name__}".lstrip(".")
        if module.startswith(".linalg")
        else original.__name__
    )


def _domain(function: Callable[..., Any]) -> Domain:
    cases = cases_of(function)
    if isinstance(cases, type):
        return cases.domain
    found = [case.domain for case in cases]
    domains = tuple(dict.fromkeys(d for f in found for d in (f if isinstance(f, tuple) else (f,))))
    return domains[0] if len(domains) == 1 else domains


def rules_of(
    function: type[Node] | Node | Callable[..., Variable],
    domain: Domain | None = None,
    shapes: Ways | None = None,
    order: int = 1,
) -> tuple[Rule, ...]:
    """All that is verified of a function: of one of backprop.numpy its cases, in both orders.

    If that is not asked for another domain or other shapes.
    """
    call = as_callable(function)
    if domain is None and shapes is None and any(call is known for known in CASES):
        return _of_numpy(call)
    rule = rule_of(function, domain, shapes)
    if order == 1:
        return (rule,)
    return rule, rule_of(Second(rule, call))


@cache
def _of_numpy(function: Callable[..., Any]) -> tuple[Rule, ...]:
    cases = cases_of(function)
    found: list[type[Node] | Expression] = (
        [cases] if isinstance(cases, type) else list(map(Expression, cases))
    )
    first = tuple(map(rule_of, found))
    return first + tuple(rule_of(Second(r, as_callable(f))) for r, f in zip(first, found))


def _result(rule: Rule, way: tuple[Shape, ...]) -> Shape:
    """The shape of the result for inputs of such shapes."""
    rng = np.random.default_rng(0)
    return np.shape(rule.forward(*ordinary_inputs(rule, way, "float64", rng)))
