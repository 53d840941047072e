"""What a forward computes, differentiated by verified rules of this kernel: a second opinion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, Final, TypeAlias

import numpy as np

from backprop.errors import BackpropError
from backprop.ground.arrays import Array
from backprop.ground.compat import override
from backprop.kernel.function import NaryFunction
from backprop.kernel.variable import Node, Variable

ON_VARIABLES: Final = "the forward on Variables"  # whose opinion it is, in a report
Arrays: TypeAlias = tuple[Array, ...]
Pullback: TypeAlias = Callable[[Arrays, Array], Sequence[Array]]


class Join(NaryFunction):
    """The outputs of a call as one vector, so that a rule of many outputs is judged like others."""

    __slots__ = ()

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return (np.concatenate([x.reshape(-1) for x in xs]),)

    @override
    def backward(self, *gys: Array) -> tuple[Array, ...]:
        ends = np.cumsum([x.size for x in self.xs])[:-1]
        return tuple(g.reshape(x.shape) for g, x in zip(np.split(gys[0], ends), self.xs))


def differentiated(body: Callable[..., Any], own: type[Node] | None = None) -> Pullback:
    """The gradient of NumPy code by the rules of this kernel, if it runs on Variables.

    Raises TypeError where it does not, and where its graph has a rule that is not verified: one
    that is not of this package, or `own`, which is being verified.
    """

    def second(xs: Arrays, gy: Array) -> Sequence[Array]:
        inputs = tuple(map(Variable, xs))
        y = body(*inputs)
        if not isinstance(y, Variable) or y.is_constant:
            raise TypeError("the forward converts its inputs")
        if any(_is_doubtful(kind, own) for kind in _kinds(y)):
            raise TypeError("the forward calls a rule that may be wrong")
        y.grad = gy.astype(y.dtype)
        y.backward()
        return [np.zeros_like(x.data) if x.grad is None else x.grad for x in inputs]

    return second


def _is_doubtful(kind: type[Node], own: type[Node] | None) -> bool:
    return kind is own or not kind.__module__.startswith("backprop.")


def _kinds(y: Variable) -> set[type[Node]]:
    """The classes of all nodes that `y` was computed by."""
    open_, seen = [y.creator], dict[int, Node]()
    while open_:
        node = open_.pop()
        if node is not None and id(node) not in seen:
            seen[id(node)] = node
            open_.extend(x.creator for x in node.inputs)
    return set(map(type, seen.values()))


def second_of(call: object) -> Pullback | None:
    """What a Function computes, as NumPy code; a callable on Variables needs no second opinion."""
    if not isinstance(call, Node):
        return None
    try:
        spare = copy(call)  # before a call makes the instance a node of its graph
    except BackpropError:
        return None
    nary = isinstance(call, NaryFunction)

    def body(*xs: Variable) -> object:
        y: Any = getattr(copy(spare), "forward")(*xs)  # noqa: B009  # each kind has its own
        return Join()(*y)[0] if nary else y

    return differentiated(body, type(call))
