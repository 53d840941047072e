"""Python's operators on Variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from backprop.arrays import Array
    from backprop.core import Operand, Variable

    _UnaryRule: TypeAlias = Callable[[], Callable[[Any], Variable]]
    _BinaryRule: TypeAlias = Callable[[], Callable[[Any, Any], Variable]]


@dataclass(frozen=True, slots=True)
class Rules:
    """The Function class behind each operator."""

    add: _BinaryRule
    subtract: _BinaryRule
    multiply: _BinaryRule
    divide: _BinaryRule
    power: _BinaryRule
    matmul: _BinaryRule
    negative: _UnaryRule


class Operators:
    """The base of Variable that gives it + - * / ** @ and the unary minus.

    Either operand may be an array or a Python number; a number takes the Variable's dtype (NEP 50).
    The rules come from functions/arithmetic.py, which builds on Variable and so cannot be imported
    here.
    """

    __slots__ = ()
    # ndarray * Variable is left to Variable.__rmul__; np.exp(Variable) is a TypeError.
    __array_ufunc__: ClassVar[None] = None
    rules: ClassVar[Rules]

    def __add__(self, other: Operand) -> Variable:
        return self.rules.add()(self, other)

    def __radd__(self, other: Array | float) -> Variable:
        return self.rules.add()(other, self)

    def __sub__(self, other: Operand) -> Variable:
        return self.rules.subtract()(self, other)

    def __rsub__(self, other: Array | float) -> Variable:
        return self.rules.subtract()(other, self)

    def __mul__(self, other: Operand) -> Variable:
        return self.rules.multiply()(self, other)

    def __rmul__(self, other: Array | float) -> Variable:
        return self.rules.multiply()(other, self)

    def __truediv__(self, other: Operand) -> Variable:
        return self.rules.divide()(self, other)

    def __rtruediv__(self, other: Array | float) -> Variable:
        return self.rules.divide()(other, self)

    def __pow__(self, other: Operand) -> Variable:
        return self.rules.power()(self, other)

    def __rpow__(self, other: Array | float) -> Variable:
        return self.rules.power()(other, self)

    def __matmul__(self, other: Operand) -> Variable:
        return self.rules.matmul()(self, other)

    def __rmatmul__(self, other: Array | float) -> Variable:
        return self.rules.matmul()(other, self)

    def __neg__(self) -> Variable:
        return self.rules.negative()(self)
