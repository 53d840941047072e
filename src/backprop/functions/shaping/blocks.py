"""One array of nested lists: block, array, asarray."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from backprop.functions.cases import case
from backprop.functions.registry import implements
from backprop.functions.shaping.joining import concatenate, stack, variables
from backprop.functions.shaping.shapes import Reshape, copy, laid
from backprop.ground.arrays import Operand, as_array, is_subclass
from backprop.kernel.operands import holds_variable, is_live
from backprop.kernel.variable import Constant, Variable
from backprop.pytree import mapped

if TYPE_CHECKING:
    from numpy.typing import DTypeLike
    from typing_extensions import TypeIs

__all__ = ["array", "asarray", "block"]

Nested: TypeAlias = "Operand | Sequence[Nested]"


@implements(
    np.block,
    cases=lambda: [
        case("np.block([[a, b], [b, a]])", a=(2, 2), b=(2, 2)),
        case("np.block([[a, b], [1.0, c]])", a=(1, 2), b=(1, 1), c=(2,)),
        case("np.block(3.0 * x)", x=()),
        case("np.block([a, b])", a=(3,), b=()),
        case("np.block([[[a]], [[b]]])", a=(2,), b=(1, 2)),
        case("np.block(x)", x=(2, 3)),
    ],
)
def block(arrays: Nested, /) -> Variable:
    """One array of nested lists of blocks, the innermost along the last axis: numpy.block."""
    depth = _depth(arrays)
    blocks = variables(_leaves(arrays))
    y = _joined(arrays, depth, max(depth, *(x.ndim for x in blocks)), iter(blocks))
    return y if depth else laid(y)


def _depth(blocks: Nested) -> int:
    """How deep the lists are nested. Raises ValueError if that is not the same everywhere."""
    if not _is_list(blocks):
        return 0
    depths = set(map(_depth, blocks))
    if len(depths) != 1:
        raise ValueError(f"lists of blocks must be nested to one depth and not be empty: {blocks}")
    return 1 + depths.pop()


def _leaves(blocks: Nested) -> list[Operand]:
    return [leaf for b in blocks for leaf in _leaves(b)] if _is_list(blocks) else [blocks]


def _joined(blocks: Nested, depth: int, ndim: int, leaves: Iterator[Variable]) -> Variable:
    if _is_list(blocks):
        return concatenate([_joined(b, depth - 1, ndim, leaves) for b in blocks], -depth)
    x = next(leaves)
    return Reshape((1,) * (ndim - x.ndim) + x.shape)(x)


@implements(
    cases=lambda: [
        case("np.array([[a, 2.0], [b, a]])", a=(), b=()),
        case("np.array([x, onp.ones(3)], dtype=x.dtype)", x=(3,)),
        case("np.array(x)", x=(2, 3)),
        case("x * np.array([1.0, 2.0], dtype=x.dtype)", x=(2,)),
    ],
)
def array(object: Nested, /, dtype: DTypeLike | None = None) -> Variable:
    """An array of nested lists of Variables, arrays and numbers; a copy of a single one.

    Of numbers alone it is a Constant, of the dtype that numpy.array gives it. numpy.array itself
    cannot take a Variable: it would have to ask it for a plain number.

    >>> from backprop import Variable
    >>> x, y = Variable(1.0), Variable(2.0)
    >>> array([[x, y], [0.0, x]])
    Variable([[1., 2.], [0., 1.]])
    """
    if not is_live(object):
        return Constant(np.array(_bare(object), dtype))
    y = asarray(object, dtype)
    return copy(y) if y is object else y


@implements(
    cases=lambda: [
        case("np.asarray(x)", x=(2, 3)),
        case("np.asarray((a, (b, [1.0, 2.0])), dtype=a.dtype)", a=(2, 2), b=(2,)),
        case("x * np.asarray([1.0, 2.0], dtype=x.dtype)", x=(2,)),
    ]
)
def asarray(object: Nested, /, dtype: DTypeLike | None = None) -> Variable:
    """An array of nested sequences, or the Variable or array itself: numpy.asarray."""
    if not is_live(object):
        return Constant(np.asarray(_bare(object), dtype))
    y = _assembled(object)
    return y if dtype is None else y.astype(dtype, copy=False)


def _bare(value: Nested) -> Any:
    """`value` with an array in place of each Constant and of each container of an array."""
    bare = mapped(lambda x: x.data if isinstance(x, Constant) else x, value)
    return as_array(bare) if is_subclass(bare) or hasattr(bare, "to_numpy") else bare


def _assembled(value: Nested) -> Variable:
    if isinstance(value, Variable):
        return value
    if not (_is_list(value) and holds_variable(value)):
        return Constant(np.array(value))
    return stack([v if isinstance(v, (int, float)) else _assembled(v) for v in value])


def _is_list(value: Nested) -> TypeIs[Sequence[Nested]]:
    return isinstance(value, (list, tuple))
