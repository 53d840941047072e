"""Numbers that stand in the code of a rule: there its branches meet, and those lengths it knows.

A rule that is wrong for 33 < x < 37, or for 128 elements, says so in its source. What is written
there is tried, and what lies beside and between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from math import isfinite
from numbers import Real
from types import CodeType, FunctionType, MethodType
from typing import Any, Final

from backprop.ground.narrowing import is_sequence

_MOST: Final = 24  # numbers; a table of coefficients has more, and says little
_FUNCTIONS: Final = 64
_WRAPPERS: Final[tuple[type, ...]] = (MethodType, staticmethod, classmethod, partial)
_EVERYWHERE: Final = frozenset((0.0, 1.0, 2.0))  # which are tried anyhow


def landmarks(*code: object) -> tuple[float, ...]:
    """The sizes of the numbers in the code of these functions, classes and instances.

    Of what they call, that of their own modules; nothing of what is written in C.
    """
    functions = islice(_functions(code, set()), _FUNCTIONS)
    found = (size for f in functions for value in _values(f) for size in _sizes(value))
    return tuple(islice(dict.fromkeys(found), _MOST))


def _functions(things: Iterable[object], seen: set[int]) -> Iterator[FunctionType]:
    """The Python functions that these are made of, each once, and those that they call."""
    for thing in things:
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, FunctionType):
            yield thing
            yield from _functions(filter(partial(_is_beside, thing), _named(thing)), seen)
        else:
            yield from _functions(_parts(thing), seen)


def _is_beside(function: FunctionType, other: object) -> bool:
    """Whether what a function names is a function or a class of the same module."""
    if not (_is_code(other) or isinstance(other, type)):
        return False
    return getattr(other, "__module__", "") in (function.__module__, "functools")


def _parts(thing: object) -> Iterator[object]:
    """What a class or an instance is made of: its functions, and those that it wraps."""
    wrapped: object = getattr(thing, "__func__", getattr(thing, "func", None))
    if isinstance(thing, _WRAPPERS):
        yield wrapped
    elif isinstance(thing, type):
        yield from _methods(thing)
    elif hasattr(thing, "__dict__"):
        yield from filter(_is_code, vars(thing).values())
        yield type(thing)


def _methods(kind: type[object]) -> Iterator[object]:
    """The functions of a class, and those that it inherits within its module."""
    own = (above for above in kind.__mro__ if above.__module__ == kind.__module__)
    yield from (part for above in own for part in vars(above).values() if _is_code(part))


def _is_code(part: object) -> bool:
    return isinstance(part, (FunctionType, *_WRAPPERS))


def _named(function: FunctionType) -> Iterator[object]:
    """What a function refers to: the variables around it, and the names of its module."""
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # it is not bound yet
            continue
    names = (name for code in _codes(function.__code__) for name in code.co_names)
    yield from (function.__globals__[name] for name in names if name in function.__globals__)


def _values(function: FunctionType) -> Iterator[Any]:
    """The constants of a function, its defaults, and the numbers that it refers to."""
    for code in _codes(function.__code__):
        yield from code.co_consts
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    yield from _named(function)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _sizes(value: Any) -> Iterator[float]:
    """The size of a number, or of those in a tuple."""
    if is_sequence(value):
        yield from (size for part in value for size in _sizes(part))
    elif type(value) is not bool and isinstance(value, Real):
        size = abs(_float(value))
        if isfinite(size) and size not in _EVERYWHERE:
            yield size


def _float(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf")
