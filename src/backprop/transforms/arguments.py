"""One call of a function that is transformed: its arguments as Variables of its own.

Each has a place of its own in the graph, so that an inner transform never mistakes what an outer
one differentiates by for its own argument.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from backprop.errors import (
    BackpropError,
    ConstantWarning,
    DataError,
    NoGraphError,
    TransformError,
)
from backprop.functions.bases import Linear, as_variable
from backprop.ground.arrays import Array, Shape, as_array, as_tuple, brief, is_weak, ones_like
from backprop.ground.compat import override
from backprop.ground.frames import caller
from backprop.ground.narrowing import is_dict, is_list, is_sequence
from backprop.kernel.checks import fitting
from backprop.kernel.modes import run_recorded
from backprop.kernel.sweep import pull
from backprop.kernel.table import call as differentiable
from backprop.kernel.variable import Constant, Input, Unrecorded, Variable, new_variable
from backprop.pytree import Tree, alike, leaves, mapped
from backprop.transforms.forward_mode import lifted_tangents, tangents
from backprop.transforms.gradients import Call, path, sweep


class Identity(Linear, fresh=True):
    """y = x: another place in the graph for the same value."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return x

    @override
    def backward(self, gy: Array) -> Array:
        return gy


class Arguments:
    """The arguments of a call; `inputs` are the leaves of the chosen ones."""

    __slots__ = ("args", "chosen", "inputs", "nested")

    def __init__(
        self, args: tuple[Any, ...], chosen: Tree, inputs: tuple[Input, ...], nested: bool
    ) -> None:
        self.args: tuple[Any, ...] = args
        self.chosen: Tree = chosen  # as they came: one argument, or a tuple of them
        self.inputs: tuple[Input, ...] = inputs
        self.nested: bool = nested  # whether anything depends on other Variables: so do results

    def value(
        self, f: Callable[..., Any], kwargs: dict[str, Any], has_aux: bool = False
    ) -> tuple[Variable, Any]:
        """The one Variable that f gives, and what it gives besides if it gives a pair."""
        given = self._called(f, kwargs)
        if not has_aux:
            return checked(given, f), None
        if not is_sequence(given) or len(given) != 2:
            raise TransformError(
                f"with has_aux the function gives a pair (value, anything), got {brief(given)}"
            )
        return checked(given[0], f), given[1]

    def values(self, f: Callable[..., Any], kwargs: dict[str, Any]) -> Tree:
        """The tree of Variables that f gives."""
        return mapped(lambda y: checked(y, f), self._called(f, kwargs))

    def _called(self, f: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        """What f gives; after that nobody differentiates by the inputs any more."""
        self.nested = self.nested or (bool(kwargs) and _has_variable(kwargs))
        try:
            return run_recorded(f, *self.args, **kwargs)
        except (TypeError, ValueError, AttributeError) as error:
            if _is_list_of_numbers(self.chosen):
                error.add_note(
                    f"a transform takes the list {brief(self.chosen)} for a tree of "
                    f"{len(self.chosen)} numbers: for a vector pass np.array(...)"
                )
            raise
        finally:
            for x in self.inputs:
                x._open = False

    def outcome(self, y: Any) -> Any:
        """A value as the caller gets it: a Variable if it depends on others than the inputs."""
        if not isinstance(y, Variable):
            return y
        return y if self.nested or self.reaches_out([y]) else y.data

    def reaches_out(self, ys: list[Variable]) -> bool:
        """Whether any of `ys` depends on a Variable that is no input of this call."""
        seen, open_ = set(map(id, self.inputs)), list(ys)
        while open_:
            v = open_.pop()
            if id(v) in seen:
                continue
            seen.add(id(v))
            if v._creator is not None:
                open_.extend(x for x in v._creator.live if x is not None)
            elif _is_live(v):
                return True
        return False

    def result(self, values: Iterator[Any]) -> Tree:
        """A tree like the chosen arguments, with what belongs to each of their leaves."""
        return mapped(lambda leaf: _like(leaf, next(values)), self.chosen)


def opened(args: tuple[Any, ...], argnums: int | tuple[int, ...], *others: Tree) -> Arguments:
    """The call of a function with Variables of its own in place of the arguments `argnums`."""
    try:
        numbers = as_tuple(argnums)
    except TypeError:
        raise TransformError(
            f"argnums is an int or a tuple of ints, got {brief(argnums)}"
        ) from None
    if any(not -len(args) <= n < len(args) for n in numbers):
        raise TransformError(
            f"argnums={brief(argnums)}, but the function got {len(args)} arguments"
        )
    if len({n % len(args) for n in numbers}) < len(numbers):
        raise TransformError(f"argnums={brief(argnums)} names an argument twice")
    inputs: list[Input] = []

    def open_leaf(leaf: Any) -> Variable:
        inputs.append(_input(leaf))
        return inputs[-1]

    given = list(args)
    for n in numbers:
        given[n] = mapped(open_leaf, args[n])
    chosen = tuple(args[n] for n in numbers) if isinstance(argnums, tuple) else args[numbers[0]]
    return Arguments(tuple(given), chosen, tuple(inputs), _has_variable((args, others)))


def _input(leaf: Any) -> Input:
    """A new place in the graph for an argument: above a Variable, else a leaf."""
    made = Input(leaf.data if isinstance(leaf, Variable) else leaf)
    if isinstance(leaf, Variable) and not isinstance(leaf, Constant):
        node = Identity()(leaf).creator
        if node is not None:  # not under no_grad()
            made.set_creator(node)
    made._open = True
    return made


def _is_live(leaf: Variable) -> bool:
    """Whether somebody may differentiate by this leaf: not after the transform it is of."""
    if isinstance(leaf, (Constant, Unrecorded)):
        return False
    return leaf._open if isinstance(leaf, Input) else True


def _has_variable(tree: Tree) -> bool:
    return any(isinstance(x, Variable) and not isinstance(x, Constant) for x in leaves(tree))


def pulled(y: Tree, gy: Tree | None, to: Arguments) -> Iterator[Any]:
    """The gradient of each input, given the cotangents of y; ones if there are none."""
    ys = list(leaves(y))
    gys = [None] * len(ys) if gy is None else list(alike(gy, y, "cotangents"))
    pairs = list(zip(ys, gys, strict=True))
    if not (to.nested or (gy is not None and _has_variable(gys))):
        walked = [pull(y, _cotangent(y, g).data, owned=g is None) for y, g in pairs]
        mine = set(map(id, to.inputs))
        to.nested = any(_is_live(v) for found in walked for v, _ in found if id(v) not in mine)
        if not to.nested:
            sums = [_of_inputs(found, to) for found in walked]
            return (sum(parts[1:], parts[0]) for parts in zip(*sums, strict=True))
    return iter(sweep([(y, _cotangent(y, g)) for y, g in pairs], to.inputs))


def pushed(y: Tree, along: Tree, to: Arguments) -> Tree:
    """How y, or each leaf of it, moves when the inputs move by the leaves of `along`."""
    ys, txs = list(leaves(y)), list(alike(along, to.chosen, "tangents"))
    to.nested = to.nested or to.reaches_out(ys)
    moves = iter(_pushed(ys, txs, to))
    return mapped(lambda _: next(moves), y)


def jacobians(y: Variable, to: Arguments) -> list[Any]:
    """The derivatives of all elements of y by all of each input, the way that is shorter.

    By rows, too, where a rule cannot go forward: it has no jvp, and runs on arrays only.
    """
    to.nested = to.nested or to.reaches_out([y])
    if sum(x.size for x in to.inputs) < y.size:
        with suppress(BackpropError):
            return _joined(_columns(y, to), y, to, -1)
    return _joined(_rows(y, to), y, to, 0)


def _joined(parts: list[list[Any]], y: Variable, to: Arguments, axis: int) -> list[Any]:
    return [_stacked(p, y.shape, x, axis) for x, p in zip(to.inputs, parts, strict=True)]


def called(f: Any) -> Callable[..., Any]:
    """The function that a transform is given. Raises TransformError if it is none."""
    if not callable(f):
        raise TransformError(f"a transform takes a function, got {type(f).__name__}: {brief(f)}")
    made: Callable[..., Any] = f
    return made


def checked(y: object, f: Callable[..., Any]) -> Variable:
    """A result of `f` as a Variable: what is a plain number depends on no argument.

    Raises TransformError if it is no number.
    """
    if not isinstance(y, Variable):
        y = _constant(y, f)
        name, (file, line) = getattr(f, "__qualname__", brief(f)), caller()
        warnings.warn_explicit(
            f"{name} gave a plain number at this point, {brief(y.data)}: its gradient is zero",
            ConstantWarning,
            file,
            line,
        )
    if isinstance(y, Unrecorded):
        raise NoGraphError(f"the function computed {brief(y)} under no_grad(): compute it outside")
    return y


def _constant(y: object, f: Callable[..., Any]) -> Constant:
    try:
        if is_sequence(y) or is_dict(y) or isinstance(y, (str, bytes)):
            raise DataError
        given: Any = y
        return Constant(given)
    except DataError:
        raise TransformError(
            f"the function {getattr(f, '__qualname__', '')} must give Variables that it computes "
            f"from its arguments, got {type(y).__name__}: {brief(y)}"
        ) from None


def _is_list_of_numbers(tree: Tree) -> bool:
    return is_list(tree) and bool(tree) and all(map(is_weak, tree))


def _of_inputs(walked: list[tuple[Variable, Array]], to: Arguments) -> list[Array]:
    found = {id(v): g for v, g in walked}
    return [found[id(x)] if id(x) in found else np.zeros_like(x.data) for x in to.inputs]


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


def _stacked(parts: list[Any], y: Shape, x: Variable, axis: int) -> Any:
    shape = (*y, *x.shape)
    if not parts:
        return np.zeros(shape, x.dtype)
    if isinstance(parts[0], Variable):
        return differentiable(np.stack, parts, axis=axis).reshape(shape)
    return np.stack(parts, axis=axis).reshape(shape)


def _cotangent(y: Variable, gy: Any) -> Variable:
    if gy is None:
        return new_variable(ones_like(y.data), Constant)
    return _fitted(gy, y, "a cotangent")


def _tangent(x: Variable, tx: Any) -> Variable:
    return _fitted(tx, x, "a tangent")


def _fitted(g: Any, v: Variable, what: str) -> Variable:
    """`g` as a Variable like v; numbers and arrays are copied, for their owner may change them."""
    given = g if isinstance(g, Variable) else Constant(_own(g, v))
    fitting(given.data, v.data, what)
    return given


def _own(g: Any, v: Variable) -> Array:
    given = as_array(g)
    return given.astype(v.dtype) if given.ndim == 0 else as_variable(given).data


def _like(leaf: object, value: Any) -> Any:
    """A Python number for a Python number."""
    number = isinstance(leaf, (int, float)) and not isinstance(value, Variable)
    return float(value) if number and not value.ndim else value
