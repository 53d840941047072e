"""What NumPy's functions are called with, converted where it enters.

The annotation of a parameter says what becomes of its argument: an array, a list of Variables, a
container of an array, a small integer. So a function of ours meets Variables, arrays and Python's
own numbers, and nothing else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial, wraps
from operator import index
from typing import Any, Final, TypeAlias

from numpy import ndarray

from backprop.ground.arrays import Traced, as_array, is_subclass, is_weak
from backprop.ground.narrowing import is_scalar, is_sequence
from backprop.kernel.operands import is_live
from backprop.kernel.variable import Variable

Door: TypeAlias = Callable[[Any], Any]
_PLAIN: Final = (float, int, bool, ndarray, type(None))


class Arguments:
    """How the arguments of one function are converted, and which of them are operands."""

    def __init__(self, function: Callable[..., Any], joined: Door) -> None:
        doors = _doors(joined)
        parameters = inspect.signature(function).parameters.values()
        self._named: dict[str, Door | None] = {
            p.name: doors.get(str(p.annotation)) for p in parameters
        }
        self._positional: tuple[Door | None, ...] = tuple(
            self._named[p.name] for p in parameters if p.kind <= p.POSITIONAL_OR_KEYWORD
        )
        rest = [self._named[p.name] for p in parameters if p.kind is p.VAR_POSITIONAL]
        self._rest: Door | None = rest[0] if rest else None
        self._operands: tuple[Door | None, ...] = (doors["Operand"], doors["Operands"])
        # Whether a Variable alone passes as it is: the most common call.
        self.takes_variable: bool = self._positional[:1] == (doors["Operand"],)

    def converted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], bool]:
        """The converted arguments, and whether all of the operands are constants."""
        doors = self._positional
        if len(args) > len(doors):
            doors += (self._rest,) * (len(args) - len(doors))
        given = [*zip(doors, args), *((self._named.get(name), kwargs[name]) for name in kwargs)]
        made: list[Any] = []
        asked = live = False
        for door, value in given:
            new = value if door is None else door(value)
            made.append(new)
            if not live and new is not None and door in self._operands:
                asked, live = True, is_live(new)
        return made, asked and not live


def entrance(
    function: Callable[..., Any], joined: Door, of_constants: Callable[..., Any] | None
) -> Callable[..., Any]:
    """`function` with converted arguments; of Constants alone `of_constants`, if there is one."""
    arguments = cache(partial(Arguments, function, joined))  # read when first called

    @wraps(function)
    def entered(*args: Any, **kwargs: Any) -> Any:
        alone = len(args) == 1 and type(args[0]) is Variable and not kwargs
        if alone and arguments().takes_variable:
            return function(*args)
        made, constant = arguments().converted(args, kwargs)
        given, named = made[: len(args)], dict(zip(kwargs, made[len(args) :]))
        if constant and of_constants is not None:
            return of_constants(*given, **named)
        return function(*given, **named)

    return entered


def _doors(joined: Door) -> dict[str, Door]:
    """The conversion of each argument, chosen by the annotation of its parameter."""

    def operand(value: Any) -> Any:
        """A Variable, an array, a Python number or None."""
        if isinstance(value, Traced) or type(value) in _PLAIN:
            return value
        value = joined(value)
        return value if isinstance(value, Traced) or is_weak(value) else as_array(value)

    def operands(value: Any) -> Any:
        """A sequence of operands, or an array that stands for its rows."""
        return [operand(v) for v in value] if is_sequence(value) else operand(value)

    single = [
        "Operand",
        "Operand | None",
        "Operand | ArrayLike | None",
        "Operand | Sequence[float]",
        "Operand | Sequence[float] | None",
        "Coefficients",
    ]
    several = ["Operands", "Sequence[Operand]"]
    whole = [
        "Axes",
        "int",
        "int | None",
        "int | Sequence[int]",
        "int | Sequence[int] | None",
        "Sequence[int] | None",
    ]
    arrays = [
        "ArrayLike",
        "ArrayLike | None",
        "NDArray[np.integer]",
        "Operand | Labels",
        "Samples",
        "Sequence[NDArray[np.bool_]]",
        "object",
        "str | Operand",
    ]
    numbers = ["float", "float | None"]
    return {
        **dict.fromkeys(single, operand),
        **dict.fromkeys(several, operands),
        **dict.fromkeys(whole, _integers),
        **dict.fromkeys(arrays, _array_like),
        **dict.fromkeys(numbers, _number),
    }


def _integers(value: Any) -> Any:
    """A Python int, or a tuple of them: NumPy's small and unsigned integers wrap around."""
    if value is None or type(value) is int:
        return value
    if not is_sequence(value):
        with suppress(TypeError):
            return index(value)
    with suppress(TypeError):  # what is neither, the function itself refuses
        return tuple(map(index, value))
    return value


def _number(value: Any) -> Any:
    """A Python number of one of NumPy's."""
    return value.item() if is_scalar(value) else value


def _array_like(value: Any) -> Any:
    """An array that is computed with and not differentiated by; masked arrays are refused."""
    if is_subclass(value) or hasattr(value, "to_numpy"):
        return as_array(value)
    if is_sequence(value):
        return type(value)(map(_array_like, value)) if any(map(_is_odd, value)) else value
    return value._plain() if isinstance(value, Traced) and value.is_constant else value


def _is_odd(value: object) -> bool:
    return is_subclass(value) or hasattr(value, "to_numpy") or isinstance(value, Traced)
