"""Python's operators on Variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, NoReturn, TypeAlias

import numpy as np

from backprop.functions.registry import Dispatch, call
from backprop.kernel.compat import override
from backprop.kernel.errors import DataError, InPlaceError
from backprop.kernel.modes import lifting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from backprop.kernel.arrays import Container, Numbers
    from backprop.kernel.core import Operand, Variable

    _Left: TypeAlias = Numbers | float | Container
    _UnaryRule: TypeAlias = Callable[[], Callable[[Any], Variable]]
    _BinaryRule: TypeAlias = Callable[[], Callable[[Any, Any], Variable]]

Index: TypeAlias = Any  # what ndarray takes: int, slice, None, ..., arrays, tuples of these


class Rules(NamedTuple):
    """The Function class behind each operator."""

    add: _BinaryRule
    subtract: _BinaryRule
    multiply: _BinaryRule
    divide: _BinaryRule
    power: _BinaryRule
    matmul: _BinaryRule
    negative: _UnaryRule


class Operators(Dispatch):
    """The base of Variable that gives it Python's operators.

    Either operand may be an array or a Python number; a number takes the Variable's dtype (NEP 50).
    The rules come from functions/arithmetic.py, which builds on Variable and so cannot be imported
    here. A comparison gives a plain array of bools; but `==` of two Variables means identity, as in
    the notes, except inside a rule that is differentiated again: there they stand for arrays.

    `s += x` and its kin bind the name `s` to a new Variable: no other name of the old one sees it,
    as it would with arrays. `x[i] = ...` and `x[i] += ...` are errors.
    """

    __slots__ = ()
    rules: ClassVar[Rules]

    def __add__(self, other: Operand) -> Variable:
        return self.rules.add()(self, other)

    def __radd__(self, other: _Left) -> Variable:
        return self.rules.add()(other, self)

    def __sub__(self, other: Operand) -> Variable:
        return self.rules.subtract()(self, other)

    def __rsub__(self, other: _Left) -> Variable:
        return self.rules.subtract()(other, self)

    def __mul__(self, other: Operand) -> Variable:
        return self.rules.multiply()(self, other)

    def __rmul__(self, other: _Left) -> Variable:
        return self.rules.multiply()(other, self)

    def __truediv__(self, other: Operand) -> Variable:
        return self.rules.divide()(self, other)

    def __rtruediv__(self, other: _Left) -> Variable:
        return self.rules.divide()(other, self)

    def __pow__(self, other: Operand) -> Variable:
        return self.rules.power()(self, other)

    def __rpow__(self, other: _Left) -> Variable:
        return self.rules.power()(other, self)

    def __matmul__(self, other: Operand) -> Variable:
        return self.rules.matmul()(self, other)

    def __rmatmul__(self, other: _Left) -> Variable:
        return self.rules.matmul()(other, self)

    def __neg__(self) -> Variable:
        return self.rules.negative()(self)

    def __pos__(self) -> Variable:
        return call(np.positive, self)

    def __abs__(self) -> Variable:
        return call(np.absolute, self)

    def __mod__(self, other: Operand) -> Variable:
        return call(np.remainder, self, other)

    def __rmod__(self, other: _Left) -> Variable:
        return call(np.remainder, other, self)

    def __floordiv__(self, other: Operand) -> Variable:
        return call(np.floor_divide, self, other)

    def __rfloordiv__(self, other: _Left) -> Variable:
        return call(np.floor_divide, other, self)

    def __divmod__(self, other: Operand) -> tuple[Variable, Variable]:
        return self // other, self % other

    def __rdivmod__(self, other: _Left) -> tuple[Variable, Variable]:
        return other // self, other % self

    def __getitem__(self, key: Index) -> Variable:
        return call(Operators.__getitem__, self, key)

    if not TYPE_CHECKING:  # so that checkers find the mistake too

        def __setitem__(self, key: Index, value: object) -> NoReturn:
            raise InPlaceError(
                "a Variable does not change in place; build the result with numpy.where, "
                "concatenate or stack"
            )

    def __round__(self, ndigits: int | None = None) -> Variable:
        return call(np.round, self, ndigits or 0)

    def __len__(self) -> int:
        return len(self._plain())

    def __iter__(self) -> Iterator[Variable]:
        if not self._plain().ndim:
            raise DataError("iteration over a 0-d array: this Variable is one number")
        return (self[i] for i in range(len(self)))

    def __lt__(self, other: Operand) -> NDArray[np.bool_]:
        return self._compared(np.less, other)

    def __le__(self, other: Operand) -> NDArray[np.bool_]:
        return self._compared(np.less_equal, other)

    def __gt__(self, other: Operand) -> NDArray[np.bool_]:
        return self._compared(np.greater, other)

    def __ge__(self, other: Operand) -> NDArray[np.bool_]:
        return self._compared(np.greater_equal, other)

    @override
    def __eq__(self, other: object) -> Any:
        if isinstance(other, Operators) and not lifting.get():
            return self is other
        return self._compared(np.equal, other) if _is_operand(other) else NotImplemented

    @override
    def __ne__(self, other: object) -> Any:
        if isinstance(other, Operators) and not lifting.get():
            return self is not other
        return self._compared(np.not_equal, other) if _is_operand(other) else NotImplemented

    if TYPE_CHECKING:

        @override
        def __hash__(self) -> int: ...

    else:
        __hash__ = object.__hash__  # by identity, and at C's speed

    def _compared(self, by: np.ufunc, other: object) -> NDArray[np.bool_]:
        theirs = other._plain() if isinstance(other, Operators) else other
        result: NDArray[np.bool_] = by(self._plain(), theirs)
        return result


def _is_operand(value: object) -> bool:
    return isinstance(value, (Operators, np.ndarray, np.generic, float, int))
