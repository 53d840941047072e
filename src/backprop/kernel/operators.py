"""Python's operators on Variables."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NoReturn, TypeAlias, TypeVar

import numpy as np

from backprop.errors import DataError, InPlaceError
from backprop.ground.arrays import Traced
from backprop.ground.compat import override
from backprop.kernel.modes import lifting
from backprop.kernel.table import LOADERS, TABLE, call, protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from backprop.ground.arrays import Container, Numbers, Operand

    _Left: TypeAlias = Numbers | float | Container
    _Unary: TypeAlias = Callable[[Any], Any]
    _Binary: TypeAlias = Callable[[Any, Any], Any]

V = TypeVar("V", bound=Traced)  # Variable, which stands above its operators

Index: TypeAlias = Any  # what ndarray takes: int, slice, None, ..., arrays, tuples of these


class Rules:
    """What each operator calls: those who define the rules hand them down.

    They build on Variable, so they are loaded when the first is asked for.
    """

    add: _Binary
    subtract: _Binary
    multiply: _Binary
    divide: _Binary
    power: _Binary
    matmul: _Binary
    negative: _Unary

    def __init__(self) -> None:
        for name in Rules.__annotations__:
            setattr(self, name, partial(self._loaded, name))

    def _loaded(self, name: str, *operands: Any) -> Any:
        LOADERS["operators"]()
        return getattr(self, name)(*operands)


RULES: Final = Rules()


class Operators(Traced, Generic[V]):
    """The base of Variable that gives it Python's operators and answers to NumPy's protocols.

    Either operand may be an array or a Python number; a number takes the Variable's dtype (NEP 50).
    The rules are handed down by those who define them, for they build on Variable. A comparison
    gives a plain array of bools; but `==` of two Variables means identity, as in the notes, except
    inside a rule that is differentiated again: there they stand for arrays.

    `s += x` and its kin bind the name `s` to a new Variable: no other name of the old one sees it,
    as it would with arrays. `x[i] = ...` and `x[i] += ...` are errors.
    """

    __slots__ = ()
    __array_priority__: ClassVar[float] = 1000.0
    # pandas leaves + - * / ** to the operand whose priority is higher; its own are below 5000.
    __pandas_priority__: ClassVar[int] = 10_000

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: object, **kwargs: object
    ) -> Any:
        if not kwargs and method == "__call__":
            function = TABLE.get(ufunc)
            if function is not None:
                return function(*inputs)
        return protocol("ufunc")(ufunc, method, inputs, kwargs)

    def __array_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> Any:
        return protocol("function")(func, args, kwargs)

    def __add__(self, other: Operand) -> V:
        return RULES.add(self, other)

    def __radd__(self, other: _Left) -> V:
        return RULES.add(other, self)

    def __sub__(self, other: Operand) -> V:
        return RULES.subtract(self, other)

    def __rsub__(self, other: _Left) -> V:
        return RULES.subtract(other, self)

    def __mul__(self, other: Operand) -> V:
        return RULES.multiply(self, other)

    def __rmul__(self, other: _Left) -> V:
        return RULES.multiply(other, self)

    def __truediv__(self, other: Operand) -> V:
        return RULES.divide(self, other)

    def __rtruediv__(self, other: _Left) -> V:
        return RULES.divide(other, self)

    def __pow__(self, other: Operand) -> V:
        return RULES.power(self, other)

    def __rpow__(self, other: _Left) -> V:
        return RULES.power(other, self)

    def __matmul__(self, other: Operand) -> V:
        return RULES.matmul(self, other)

    def __rmatmul__(self, other: _Left) -> V:
        return RULES.matmul(other, self)

    def __neg__(self) -> V:
        return RULES.negative(self)

    def __pos__(self) -> V:
        return call(np.positive, self)

    def __abs__(self) -> V:
        return call(np.absolute, self)

    def __mod__(self, other: Operand) -> V:
        return call(np.remainder, self, other)

    def __rmod__(self, other: _Left) -> V:
        return call(np.remainder, other, self)

    def __floordiv__(self, other: Operand) -> V:
        return call(np.floor_divide, self, other)

    def __rfloordiv__(self, other: _Left) -> V:
        return call(np.floor_divide, other, self)

    def __divmod__(self, other: Operand) -> tuple[V, V]:
        return self // other, self % other

    def __rdivmod__(self, other: _Left) -> tuple[V, V]:
        return other // self, other % self

    def __getitem__(self, key: Index) -> V:
        return call(np.ndarray.__getitem__, self, key)

    if not TYPE_CHECKING:  # so that checkers find the mistake too

        def __setitem__(self, key: Index, value: object) -> NoReturn:
            raise InPlaceError(
                "a Variable does not change in place; build the result with numpy.where, "
                "concatenate or stack"
            )

    def __round__(self, ndigits: int | None = None) -> V:
        return call(np.round, self, ndigits or 0)

    def __len__(self) -> int:
        return len(self._plain())

    def __iter__(self) -> Iterator[V]:
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
        if isinstance(other, Traced) and not lifting.get():
            return self is other
        return self._compared(np.equal, other) if _is_operand(other) else NotImplemented

    @override
    def __ne__(self, other: object) -> Any:
        if isinstance(other, Traced) and not lifting.get():
            return self is not other
        return self._compared(np.not_equal, other) if _is_operand(other) else NotImplemented

    if TYPE_CHECKING:

        @override
        def __hash__(self) -> int: ...

    else:
        __hash__ = object.__hash__  # by identity, and at C's speed

    def _compared(self, by: np.ufunc, other: object) -> NDArray[np.bool_]:
        theirs = other._plain() if isinstance(other, Traced) else other
        result: NDArray[np.bool_] = by(self._plain(), theirs)
        return result


def _is_operand(value: object) -> bool:
    return isinstance(value, (Traced, np.ndarray, np.generic, float, int))
