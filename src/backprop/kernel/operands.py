"""What a call is given, as Variables: numbers, arrays, and lists with Variables in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy import ndarray

from backprop.ground.arrays import FLOATS, Array, Traced, as_array, copied, is_weak
from backprop.ground.narrowing import is_sequence
from backprop.kernel import table
from backprop.kernel.checks import checked_constant
from backprop.kernel.variable import Constant, Input, Node, Unrecorded, Variable, new_variable

_LIVE: Final = frozenset({Variable, Input, Unrecorded})
_NUMBERS: Final = frozenset({float, int})
call: Final[Callable[..., Variable]] = table.call  # our function for one of NumPy's, called


def holds_variable(value: object) -> bool:
    """Whether `value` is a Variable, or a list or tuple with one in it, Constants among them."""
    if is_sequence(value):
        return any(map(holds_variable, value))
    return isinstance(value, Traced)


def is_live(value: object) -> bool:
    """Whether `value` is, or holds, a Variable that is no Constant."""
    if isinstance(value, Traced):
        return not value.is_constant
    return is_sequence(value) and any(map(is_live, value))


def joined(value: Any) -> Any:
    """A list or tuple with Variables in it as one Variable, nested ones too; all else as it is."""
    if not (is_sequence(value) and holds_variable(value)):
        return value
    if not is_live(value):
        return Constant(as_array(_plain(value)))
    return call(np.stack, [_row(part) for part in value])


def _row(part: Any) -> Any:
    if is_sequence(part):
        return joined(part) if holds_variable(part) else as_array(part)
    return part


def _plain(value: Any) -> Any:
    if is_sequence(value):
        return [_plain(part) for part in value]
    return value._plain() if isinstance(value, Traced) else value


def as_operand(value: Any, among: tuple[object, ...] = ()) -> Variable:
    """`value` as an input of a call: itself if it is a Variable of floats, else a Constant of them.

    A number, an integer or a bool takes the dtype that NumPy would compute in with the operands
    `among` which it stands. An array is copied: its owner may change it before the sweep.
    """
    if isinstance(value, Variable) and value._array.dtype in FLOATS:
        return value
    value = joined(value)
    if isinstance(value, Variable) and value._array.dtype in FLOATS:
        return value
    floats = FLOATS & {getattr(other, "dtype", None) for other in among}
    if is_weak(value):
        weak = np.result_type(*floats) if floats else np.float64
        return new_variable(np.array(value, weak), Constant)
    array = value._array if isinstance(value, Variable) else as_array(value)
    if array.dtype in FLOATS:
        return new_variable(copied(array), Constant)
    wide = np.result_type(*floats, array.dtype) if floats else np.float64
    return new_variable(array.astype(wide), Constant)


def is_simple(a: object, b: object) -> bool:
    """Whether of two operands one is a Variable of a graph, and the other is one or plain."""
    return (type(a) in _LIVE and _is_plain(b)) or (type(b) in _LIVE and _is_plain(a))


def _is_plain(x: object) -> bool:
    kind = type(x)
    return kind in _LIVE or kind in _NUMBERS or (type(x) is ndarray and x.dtype in FLOATS)


def split(value: Any, among: tuple[Any, ...]) -> tuple[Variable | None, Array]:
    """What a call keeps of an operand: the Variable, or None for a Constant, and its array."""
    if type(value) in _LIVE:
        return value, value._array
    if type(value) is ndarray and value.dtype in FLOATS:
        return None, copied(value)
    if type(value) in _NUMBERS and type(among[0]) in _LIVE and len(among) == 1:
        return None, np.array(value, among[0]._array.dtype)
    x = as_operand(value, among)
    return (None if x.is_constant else x), x._array


def constant(value: object, node: Node) -> Variable:
    """A Constant of what a call of Constants alone gave."""
    return new_variable(checked_constant(value, type(node).__name__), Constant)


def is_folded(operands: tuple[object, ...]) -> bool:
    """Whether a call of these is one of Constants alone; of arrays alone it is recorded."""
    found = [x for x in operands if isinstance(x, Variable)]
    return bool(found) and all(isinstance(x, Constant) for x in found)


def raw(operands: tuple[object, ...]) -> list[Array]:
    """The arrays of Constants in their own dtypes; a number takes one as NumPy would give it."""
    dtypes = [x._array.dtype for x in operands if isinstance(x, Variable)]
    return [
        x._array
        if isinstance(x, Variable)
        else np.array(x, np.result_type(x, *dtypes))
        if is_weak(x)
        else as_array(x)
        for x in operands
    ]
