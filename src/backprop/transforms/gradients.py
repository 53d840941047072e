"""Gradients that are Variables again: the reverse sweep with every rule run on Variables.

`Variable.backward` runs the rules on arrays, which is faster, and puts arrays into `.grad`. Here
the same rules get Variables for what they read, so that their result is a graph, to any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MemberDescriptorType
from typing import Any, NamedTuple

import numpy as np

from backprop.errors import (
    GradientCountError,
    GradientTypeError,
    HigherOrderError,
    NoGraphError,
    TransformError,
)
from backprop.ground.arrays import FLOATS, Array, brief
from backprop.ground.compat import override
from backprop.ground.narrowing import is_numpys, is_sequence
from backprop.kernel.checks import fitting
from backprop.kernel.function import Function, NaryFunction
from backprop.kernel.modes import run_lifted
from backprop.kernel.saved import inspect
from backprop.kernel.variable import Constant, Node, Unrecorded, Variable, new_variable
from backprop.pytree import leaves


class Call(NamedTuple):
    """A node on the way, and those of its outputs by which it was found."""

    node: Node
    outputs: list[Variable]

    def all_outputs(self) -> tuple[Variable, ...]:
        """All outputs of the call, those that were dropped anew."""
        node = self.node
        return node.revived() if isinstance(node, NaryFunction) else (self.outputs[0],)


def gradients(
    y: Variable, xs: Sequence[Variable], gy: Variable | Array | None = None
) -> tuple[Variable, ...]:
    """The gradients of `y` with respect to each of `xs`, as Variables that can be differentiated.

    These are dL/dx for L = (gy * y).sum(). A Variable that `y` does not depend on has a gradient of
    zeros. No `.grad` is touched.

    Parameters
    ----------
    y : Variable
        What is differentiated, of any shape.
    xs : sequence of Variable
        What it is differentiated by.
    gy : Variable or array, optional
        The cotangent, of the shape and dtype of `y`; ones if it is left out.

    Returns
    -------
    tuple of Variable
        One for each of `xs`, of its shape and dtype.

    Raises
    ------
    HigherOrderError
        If a rule on the way cannot run on Variables.
    NoGraphError
        If `y` was computed under no_grad().
    TransformError
        If `y` or one of `xs` is no Variable.

    Examples
    --------
    >>> x = Variable(np.array(2.0))
    >>> (gx,) = gradients(x * x * x, [x])
    >>> gradients(gx, [x])
    (Variable(12.),)
    """
    asked = _asked(y, xs)
    if isinstance(y, Unrecorded) and not any(y is x for x in asked):
        raise NoGraphError(f"{brief(y)} was computed under no_grad(): compute it outside to record")
    seed = gy if isinstance(gy, Variable) else _seed(y, gy)
    fitting(seed.data, y.data, "gy")
    return sweep(((y, seed),), asked)


def _asked(y: object, xs: object) -> Sequence[Variable]:
    """The Variables of `xs`. Raises TransformError if these, or y, are anything else."""
    if not isinstance(y, Variable):
        raise TransformError(f"gradients takes a Variable y, got {type(y).__name__}: {brief(y)}")
    if isinstance(xs, Variable):
        raise TransformError(
            f"gradients takes a sequence of Variables, got one: write gradients(y, [x]) for "
            f"{brief(xs)}"
        )
    given: Any = xs
    asked: list[Variable] = []
    for x in given if hasattr(given, "__iter__") else (given,):
        if not isinstance(x, Variable):
            raise TransformError(
                f"gradients are with respect to Variables, got {type(x).__name__}: {brief(x)}; "
                "pass the Variables that y was computed from, not their data"
            )
        asked.append(x)
    return asked


def sweep(
    seeds: Sequence[tuple[Variable, Variable]], xs: Sequence[Variable]
) -> tuple[Variable, ...]:
    """The gradients of the sum of all (y * gy).sum(), for the pairs y, gy of `seeds`.

    It is no second face of kernel/sweep.py, which passes arrays: that one owns what it passes and
    adds in place, keeps each gradient for its Variable, and takes whatever leads to the leaves.
    Here gradients are Variables that others may read, nothing is stored, and only the calls between
    `xs` and the values are passed, in the order in which they were made.
    """
    table: dict[int, Variable] = {}
    for y, gy in seeds:
        _add(table, y, gy)
    asked = set(map(id, xs))
    for call in reversed(path([y for y, _ in seeds], xs)):
        outputs = call.all_outputs()
        gys = tuple(_taken(table, v, asked) for v in outputs)
        gxs = pulled_back(call.node, call.node.inputs, outputs, gys)
        for x, gx in zip(call.node.live, gxs, strict=True):
            if x is not None and gx is not None:
                _add(table, x, gx)
    return tuple(table[id(x)] if id(x) in table else zeros(x.data) for x in xs)


def _add(table: dict[int, Variable], x: Variable, gx: Variable) -> None:
    held = table.get(id(x))
    table[id(x)] = gx if held is None else held + gx


def path(ys: Sequence[Variable], xs: Sequence[Variable]) -> list[Call]:
    """The calls between `xs` and `ys`, each after those whose outputs it takes."""
    calls: dict[int, Call] = {}
    seen: set[int] = set()
    open_ = list(ys)
    while open_:
        v = open_.pop()
        node = v.creator
        if node is None or id(v) in seen:
            continue
        seen.add(id(v))
        if id(node) in calls:
            calls[id(node)].outputs.append(v)
        else:
            calls[id(node)] = Call(node, [v])
            open_.extend(x for x in node.live if x is not None)
    reached = set(map(id, xs))
    between: list[Call] = []
    for call in sorted(calls.values(), key=lambda call: call.node.generation):
        if any(x is not None and id(x) in reached for x in call.node.live):
            reached.update(map(id, call.outputs))
            between.append(call)
    return between


def pulled_back(
    node: Node,
    inputs: tuple[Variable, ...],
    outputs: tuple[Variable, ...],
    gys: tuple[Variable, ...],
) -> list[Variable | None]:
    """The gradients of a node's inputs, computed by its own rule on Variables."""
    _refuse_saved(node)
    inspect(node)
    name = type(node).__name__
    gxs: object = run_lifted(lifted(node, inputs, outputs).pullback, *gys)
    if not is_sequence(gxs) or len(gxs) != len(inputs):
        raise GradientCountError(
            f"{name}.backward must return a tuple of {len(inputs)} gradients, got {brief(gxs)}"
        )
    return [
        None
        if isinstance(x, Constant)
        else _checked(gx, x, f"{name}.backward returned for input {i}")
        for i, (x, gx) in enumerate(zip(inputs, gxs, strict=True))
    ]


def _checked(gx: object, x: Variable, whose: str) -> Variable:
    data = gx.data if isinstance(gx, Variable) else gx
    array = fitting(data, x.data, f"what {whose}")
    return gx if isinstance(gx, Variable) else Constant(array)


def lifted(node: Node, inputs: tuple[Variable, ...], outputs: tuple[Variable, ...]) -> Node:
    """A twin of this call that reads Variables, which have the values that the call computed with.

    That is so even where other data were assigned to its inputs or outputs since.
    """
    return node.lift(
        tuple(map(_as_it_was, inputs, node.primals)), tuple(map(_as_it_was, outputs, node.results))
    )


def _as_it_was(x: Variable, data: Array) -> Variable:
    return x if _is_same(x.data, data) else AsItWas(data)(x)


def _is_same(a: Array, b: Array) -> bool:
    """Whether both are one array, or one is a read-only view of the other."""
    if a is b or type(a) is not np.ndarray is not type(b):
        return a is b
    return bool(a.__array_interface__["data"][0] == b.__array_interface__["data"][0])


class AsItWas(Function, fresh=True):
    """y = x, with the data that x had when it was used."""

    __slots__ = ("was",)

    def __init__(self, was: Array) -> None:
        self.was: Array = was

    @override
    def forward(self, x: Array) -> Array:
        return self.was

    @override
    def backward(self, gy: Array) -> Array:
        return gy

    @override
    def jvp(self, tx: Array) -> Array:
        return tx


def _refuse_saved(node: Node) -> None:
    """Raise HigherOrderError if `forward` keeps floats for `backward`: they carry no derivative."""
    if not node._members and not getattr(node, "__dict__", None):
        return  # most have no settings at all
    before = _settings(node)
    if not any(map(_holds_floats, before.values())):
        return
    again = node._clone()
    before = _settings(again)
    again.value(*node.primals)
    for name, value in _settings(again).items():
        if value is not before.get(name) and _holds_floats(value):
            raise HigherOrderError(
                f"{type(node).__name__}.forward keeps self.{name}, an array that carries no "
                "derivative, for backward: compute it in backward, from self.x and self.y"
            )


def _settings(node: Node) -> dict[str, Any]:
    slots: tuple[MemberDescriptorType, ...] = node._members
    held = {m.__name__: getattr(node, m.__name__) for m in slots if hasattr(node, m.__name__)}
    return held | getattr(node, "__dict__", {})


def _holds_floats(tree: Any) -> bool:
    return any(
        isinstance(leaf, (Variable, float)) or getattr(leaf, "dtype", None) in FLOATS
        for leaf in leaves(tree)
    )


def _seed(y: Variable, gy: Array | None) -> Variable:
    if gy is not None and not is_numpys(gy):
        raise GradientTypeError(f"gy must be an array or a Variable, got {brief(gy)}")
    return Constant(np.ones_like(y.data) if gy is None else fitting(gy, y.data, "gy").copy())


def _taken(table: dict[int, Variable], v: Variable, asked: set[int]) -> Variable:
    """The cotangent of an output, which stays in the table if somebody asked for it."""
    found = table.get(id(v)) if id(v) in asked else table.pop(id(v), None)
    return found if found is not None else zeros(v.data)


def zeros(like: Array) -> Variable:
    """The gradient of what nothing depends on."""
    return new_variable(np.zeros_like(like), Constant)
