"""One call of a function that is transformed: its arguments as Variables of its own.

Each has a place of its own in the graph, so that an inner transform never mistakes what an outer
one differentiates by for its own argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from backprop.arrays import Array, Shape
from backprop.checks import fitting
from backprop.compat import override
from backprop.core import Constant, Variable, pull
from backprop.dispatch import call as differentiable
from backprop.errors import TransformError
from backprop.functions.bases import Linear, as_variable
from backprop.gradients import Call, path, sweep
from backprop.modes import recorded
from backprop.tangents import lifted_tangents, tangents
from backprop.trees import Tree, leaves, mapped


class Input(Variable):
    """What a transform differentiates by."""

    __slots__ = ()


class Identity(Linear):
    """y = x: another place in the graph for the same value."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return x

    @override
    def backward(self, gy: Array) -> Array:
        return gy


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call; `inputs` are the leaves of the chosen ones."""

    args: tuple[Any, ...]
    chosen: Tree  # as they came: one argument, or a tuple of them
    inputs: tuple[Variable, ...]
    nested: bool  # whether any came as a Variable: then results are Variables too

    def call(self, f: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        """What f gives: a Variable, or a tree of them."""
        with recorded():
            return f(*self.args, **kwargs)

    def outcome(self, y: Any) -> Any:
        """A value as the caller gets it."""
        return y if self.nested or not isinstance(y, Variable) else y.data

    def result(self, values: Iterator[Any]) -> Tree:
        """A tree like the chosen arguments, with what belongs to each of their leaves."""
        return mapped(lambda leaf: _like(leaf, next(values)), self.chosen)


def opened(args: tuple[Any, ...], argnums: int | tuple[int, ...], *others: Tree) -> Arguments:
    """The call of a function with Variables of its own in place of the arguments `argnums`."""
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    if any(not -len(args) <= n < len(args) for n in numbers):
        raise TransformError(f"argnums={argnums!r}, but the function got {len(args)} arguments")
    inputs: list[Variable] = []

    def open_leaf(leaf: Any) -> Variable:
        inputs.append(Identity()(leaf) if isinstance(leaf, Variable) else Input(leaf))
        return inputs[-1]

    given = list(args)
    for n in numbers:
        given[n] = mapped(open_leaf, args[n])
    chosen = args[numbers[0]] if isinstance(argnums, int) else tuple(args[n] for n in numbers)
    nested = any(isinstance(leaf, Variable) for leaf in leaves((chosen, others)))
    return Arguments(tuple(given), chosen, tuple(inputs), nested)


def pulled(y: Tree, gy: Tree | None, to: Arguments) -> Iterator[Any]:
    """The gradient of each input, given the cotangents of y; ones if there are none."""
    ys = list(map(checked, leaves(y)))
    gys = [None] * len(ys) if gy is None else list(leaves(gy))
    if len(gys) != len(ys):
        raise TransformError(f"{len(gys)} cotangents for a function with {len(ys)} results")
    if to.nested or any(isinstance(g, Variable) for g in gys):
        return iter(sweep([(y, _cotangent(y, g)) for y, g in zip(ys, gys)], to.inputs))
    sums = [_pulled(y, _cotangent(y, g).data, to) for y, g in zip(ys, gys)]
    return (sum(parts[1:], parts[0]) for parts in zip(*sums, strict=True))


def pushed(y: Tree, along: Tree, to: Arguments) -> Tree:
    """How y, or each leaf of it, moves when the inputs move by the leaves of `along`."""
    ys, txs = list(map(checked, leaves(y))), list(leaves(along))
    if len(txs) != len(to.inputs):
        raise TransformError(f"{len(txs)} tangents for {len(to.inputs)} arguments")
    moves = iter(_pushed(ys, txs, to))
    return mapped(lambda _: next(moves), y)


def jacobians(y: object, to: Arguments) -> list[Any]:
    """The derivatives of all elements of y by all of each input, the way that is shorter."""
    y = checked(y)
    forward = sum(x.size for x in to.inputs) < y.size
    parts = _columns(y, to) if forward else _rows(y, to)
    axis = -1 if forward else 0
    return [_stacked(p, y.shape, x.shape, axis) for x, p in zip(to.inputs, parts, strict=True)]


def checked(y: object) -> Variable:
    """A result of the function, which must be a Variable: else it says nothing of its arguments."""
    if not isinstance(y, Variable):
        raise TransformError(
            f"the function must give Variables that it computes from its arguments, got {y!r}"
        )
    return y


def _pulled(y: Variable, gy: Array, to: Arguments) -> list[Array]:
    walked = pull(y, gy)
    mine = set(map(id, to.inputs))
    if any(isinstance(v, Input) and id(v) not in mine for v, _ in walked):
        raise TransformError(
            "the function depends on what an outer transform differentiates by, and an array would "
            "cut that: call the inner one with a Variable, e.g. grad(f)(Variable(x))"
        )
    found = {id(v): g for v, g in walked}
    return [found.get(id(x), np.zeros_like(x.data)) for x in to.inputs]


def _pushed(
    ys: list[Variable], txs: list[Any], to: Arguments, calls: list[Call] | None = None
) -> tuple[Any, ...]:
    given = [_tangent(x, tx) for x, tx in zip(to.inputs, txs, strict=True)]
    if to.nested:
        return lifted_tangents(ys, to.inputs, given)
    return tangents(ys, to.inputs, [tx.data for tx in given], calls)


def _rows(y: Variable, to: Arguments) -> list[list[Any]]:
    rows = [list(pulled(y, hot, to)) for hot in _one_hot(y.data)]
    return [[row[i].reshape(-1) for row in rows] for i in range(len(to.inputs))]


def _columns(y: Variable, to: Arguments) -> list[list[Any]]:
    still = [np.zeros_like(x.data) for x in to.inputs]
    calls = path([y], to.inputs)
    return [
        [
            _pushed([y], [*still[:i], hot, *still[i + 1 :]], to, calls)[0].reshape(-1)
            for hot in _one_hot(x.data)
        ]
        for i, x in enumerate(to.inputs)
    ]


def _one_hot(like: Array) -> Iterator[Array]:
    for k in range(like.size):
        hot = np.zeros_like(like)
        hot.flat[k] = 1
        yield hot


def _stacked(parts: list[Any], y: Shape, x: Shape, axis: int) -> Any:
    if not parts:
        return np.zeros((*y, *x))
    if isinstance(parts[0], Variable):
        return differentiable(np.stack, parts, axis=axis).reshape((*y, *x))
    return np.stack(parts, axis=axis).reshape((*y, *x))


def _cotangent(y: Variable, gy: Any) -> Variable:
    if gy is None:
        return Constant(np.ones_like(y.data))
    return _fitted(gy, y, "a cotangent")


def _tangent(x: Variable, tx: Any) -> Variable:
    return _fitted(tx, x, "a tangent")


def _fitted(g: Any, v: Variable, what: str) -> Variable:
    """`g` as a Variable like v; numbers and arrays are copied, for their owner may change them."""
    given = g if isinstance(g, Variable) else Constant(_own(g, v))
    fitting(given.data, v.data, what)
    return given


def _own(g: Any, v: Variable) -> Array:
    return np.array(g, v.dtype) if np.ndim(g) == 0 else as_variable(g).data.copy()


def _like(leaf: object, value: Any) -> Any:
    """A Python number for a Python number."""
    number = isinstance(leaf, (int, float)) and not isinstance(value, Variable)
    return float(value) if number and not value.ndim else value
