"""Which modules a function is of: its own, those of its classes, those that its code names.

A call alone does not tell. A primitive of HIPS autograd takes a Variable too, by way of NumPy, and
then what is verified is our rule and not the one that was meant.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from functools import partial
from inspect import unwrap
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

# What serves arrays of many kinds, and names their modules only to ask.
_NEUTRAL: Final = {"numpy", "scipy", *sys.stdlib_module_names}
_LOADS: Final = ("LOAD_GLOBAL", "LOAD_NAME", "IMPORT_NAME")


def roots_of(value: Any) -> set[str]:
    """The packages that an object and its classes are defined in."""
    if isinstance(value, ModuleType):
        return {value.__name__.partition(".")[0]}
    made = value if isinstance(value, type) else type(value)
    places = [getattr(value, "__module__", None), *(base.__module__ for base in made.__mro__)]
    return {str(place).partition(".")[0].removesuffix("lib") for place in places if place}


def roots_named(target: Any, known: set[str]) -> set[str]:
    """Which of the known packages the code of `target` names, or that of functions it calls."""
    found: set[str] = set()
    seen: set[int] = set()
    left = list(_functions(target))
    while left:
        function = left.pop()
        home = str(function.__globals__.get("__name__")).partition(".")[0]
        if id(function) in seen or home in _NEUTRAL:
            continue
        seen.add(id(function))
        for value in _values(function):
            roots = roots_of(value) & known
            found |= roots
            left += [] if roots else _functions(value)
    return found


def _functions(target: Any) -> Iterator[FunctionType]:
    """The Python functions that a call of `target` runs first."""
    while isinstance(target, partial):
        target = target.func
    inner: Any = getattr(target, "__func__", target)
    if not isinstance(inner, (FunctionType, type)):
        inner = getattr(inner.__class__, "__call__", None)  # noqa: B004 (what runs, not whether)
    if isinstance(inner, FunctionType):
        yield inner
        yield from (f for f in [unwrap(inner)] if isinstance(f, FunctionType))


def _values(function: FunctionType) -> Iterator[object]:
    """What the names in the code of a function stand for."""
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # a name that is not bound yet
            continue
    for name in _names(function.__code__):
        yield function.__globals__.get(name, sys.modules.get(name))


def _names(code: CodeType) -> Iterator[str]:
    """The globals and modules that some code, or code inside it, loads: not its attributes."""
    for step in dis.get_instructions(code):
        if step.opname in _LOADS:
            yield str(step.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
