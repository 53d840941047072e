"""What rules have in common: kinds of derivative, and how a rule gets its name in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np

from backprop.arrays import Array, Result, as_array, is_weak, unbroadcast
from backprop.compat import override
from backprop.core import Constant, Function, Node, Operand, Variable, as_operand
from backprop.dispatch import enter, joined, of_constants
from backprop.kinds import BinaryFunction

_F = TypeVar("_F", bound=Callable[..., Any])


class Elementwise(Function):
    """A rule whose Jacobian is diagonal: tangents go forward as gradients go back."""

    __slots__ = ()

    @override
    def jvp(self, tx: Array) -> Result:
        return self.backward(tx)


class Linear(Function):
    """A rule whose `forward` is linear in x: a tangent goes the way of a value."""

    __slots__ = ()

    @override
    def jvp(self, tx: Array) -> Result:
        return self.forward(tx)


class Broadcasting(BinaryFunction):
    """An elementwise rule of two operands, as two partial pullbacks in the shape of the output."""

    __slots__ = ()

    def left(self, gy: Array) -> Array:
        """The gradient with respect to `a`, not yet summed over broadcast axes."""
        raise NotImplementedError

    def right(self, gy: Array) -> Array:
        """The gradient with respect to `b`, not yet summed over broadcast axes."""
        raise NotImplementedError

    @override
    def backward(self, gy: Array) -> tuple[Array | None, Array | None]:
        return (
            unbroadcast(self.left(gy), self.a) if self.wants(0) else None,
            unbroadcast(self.right(gy), self.b) if self.wants(1) else None,
        )

    @override
    def jvp(self, ta: Array, tb: Array) -> Array:
        return self.left(ta) + self.right(tb)


def as_variable(x: Operand) -> Variable:
    """`x` itself, or a Constant of an array or a number."""
    return as_operand(x)


class UnaryFunction(Protocol):
    """A NumPy function of one operand."""

    @property
    def __name__(self) -> str: ...
    def __call__(self, x: Operand, /) -> Variable: ...


class BinaryOperation(Protocol):
    """A NumPy function of two operands that are broadcast."""

    @property
    def __name__(self) -> str: ...
    def __call__(self, x1: Operand, x2: Operand, /) -> Variable: ...


def unary(rule: type[Function], *originals: np.ufunc, kink: str = "") -> UnaryFunction:
    """The function that calls `rule`, under the name of NumPy's; verified where the rule says."""
    original = originals[0]

    def function(x: Operand, /) -> Variable:
        if not isinstance(x, Variable):
            x = joined(x)
            if not isinstance(x, Variable):
                return only(original, x)
        return rule()(x)

    return _named(function, rule, originals, kink)


def binary(rule: type[BinaryFunction], *originals: np.ufunc, kink: str = "") -> BinaryOperation:
    """The function of two operands that calls `rule`, under the name of NumPy's."""
    original = originals[0]

    def function(x1: Operand, x2: Operand, /) -> Variable:
        if not (isinstance(x1, Variable) or isinstance(x2, Variable)):
            x1, x2 = joined(x1), joined(x2)
            if not (isinstance(x1, Variable) or isinstance(x2, Variable)):
                return only(original, x1, x2)
        return rule()(x1, x2)

    return _named(function, rule, originals, kink)


def _named(function: _F, rule: type[Node], originals: tuple[np.ufunc, ...], kink: str) -> _F:
    name = originals[0].__name__
    function.__name__ = function.__qualname__ = name
    function.__doc__ = rule.__doc__
    function.__module__ = rule.__module__
    return enter(function, originals, rule, kink)


def only(original: np.ufunc, *xs: object) -> Constant:
    """What a ufunc gives for arrays and numbers alone."""
    y: Constant = of_constants(original, *(x if is_weak(x) else as_array(x) for x in xs))
    return y
