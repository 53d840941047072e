"""Random graphs, sweeps and assignments against a second opinion, step by step."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from typing_extensions import override

import backprop
from backprop import Array, BinaryFunction, Function, Variable, no_grad
from tests.helpers import Cube, Split, Total
from tests.kernel.duals import BINARY, EPS, ROUNDINGS, UNARY, Dual, Link, dot, linked, tame, total

NUMBERS = st.floats(-4.0, 4.0).map(lambda x: round(x, 3))
ARRAYS = st.one_of(NUMBERS.map(np.array), st.lists(NUMBERS, min_size=3, max_size=3).map(np.array))
POSITIONS = st.integers(0, 10**6)  # of an operand among those there are, counted from the last
OPERATORS = {
    "Add": operator.add,
    "Subtract": operator.sub,
    "Multiply": operator.mul,
    "Divide": operator.truediv,
    "Power": operator.pow,
}


@dataclass
class Pair:
    """A Variable, the second opinion on its value, and on what its `grad` must be."""

    variable: Variable
    dual: Dual
    grad: Array | None = None
    error: Array | float = 0.0
    assigned: bool = False


class Graphs(RuleBasedStateMachine):
    """Builds graphs by all Functions and operators, and goes back through them in every way."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[Pair] = []
        self.unary: dict[str, Function] = {name: _unary(name) for name in UNARY}
        self.binary: dict[str, BinaryFunction] = {name: _binary(name) for name in BINARY}

    def at(self, position: int) -> Pair:
        return self.pairs[-1 - position % len(self.pairs)]

    def keep(self, variable: Variable, dual: Dual) -> None:
        """Add a value, if the model agrees; it goes on with the kernel's."""
        np.testing.assert_allclose(variable.data, dual.value, rtol=ROUNDINGS * EPS, atol=1e-300)
        if tame(dual.value):
            dual.value = variable.data
            self.pairs.append(Pair(variable, dual))

    @initialize(data=ARRAYS)
    def first(self, data: Array) -> None:
        self.leaf(data)

    @rule(data=ARRAYS)
    def leaf(self, data: Array) -> None:
        self.keep(Variable(data), Dual(data))

    @rule(position=POSITIONS, choice=POSITIONS, shared=st.booleans())
    def call_unary(self, position: int, choice: int, shared: bool) -> None:
        x = self.at(position)
        names = [name for name, model in UNARY.items() if model.takes(x.dual.value)]
        if names:
            name = names[choice % len(names)]
            f = self.unary[name] if shared else _unary(name)
            self.keep(f(x.variable), UNARY[name](x.dual))

    @rule(first=POSITIONS, second=POSITIONS, choice=POSITIONS, how=st.sampled_from("oif"))
    def call_binary(self, first: int, second: int, choice: int, how: str) -> None:
        a, b = self.at(first), self.at(second)
        names = [name for name, m in BINARY.items() if m.takes(a.dual.value, b.dual.value)]
        if names:
            name = names[choice % len(names)]
            calls: dict[str, Callable[[Variable, Variable], Variable]] = {
                "o": OPERATORS[name],
                "i": self.binary[name],
                "f": _binary(name),
            }
            y = calls[how](a.variable, b.variable)
            self.keep(y, BINARY[name](a.dual, b.dual))

    @rule(position=POSITIONS, data=ARRAYS, choice=POSITIONS, left=st.booleans())
    def call_with_constant(self, position: int, data: Array, choice: int, left: bool) -> None:
        x, c = self.at(position), Dual(data)
        operands = (c, x.dual) if left else (x.dual, c)
        values = [operand.value for operand in operands]
        names = [name for name, model in BINARY.items() if model.takes(values[0], values[1])]
        if names:
            name = names[choice % len(names)]
            given = float(data) if data.ndim == 0 else data.copy()
            pair = (given, x.variable) if left else (x.variable, given)
            y = OPERATORS[name](*pair)
            if isinstance(given, np.ndarray):
                given[:] = np.nan  # the caller's array: what it holds later must not matter
            self.keep(y, BINARY[name](*operands))

    @rule(first=POSITIONS, second=POSITIONS)
    def call_dot(self, first: int, second: int) -> None:
        a, b = self.at(first), self.at(second)
        if a.dual.value.ndim == b.dual.value.ndim == 1 and tame(a.dual.value * b.dual.value):
            y = a.variable @ b.variable
            model = dot(a.dual, b.dual)
            self.add_sum(y, model, float(abs(a.dual.value) @ abs(b.dual.value)))

    @rule(positions=st.lists(POSITIONS, min_size=1, max_size=4))
    def call_total(self, positions: list[int]) -> None:
        xs = [self.at(position) for position in positions]
        (y,) = Total()(*[x.variable for x in xs])
        size = float(sum(abs(x.dual.value).sum() for x in xs))
        self.add_sum(y, total(*[x.dual for x in xs]), size)

    def add_sum(self, y: Variable, model: Dual, size: float) -> None:
        """Keep a value in which terms may cancel."""
        assert abs(y.data - model.value) <= ROUNDINGS * EPS * size
        model.value = y.data
        self.keep(y, model)

    @rule(position=POSITIONS, kept=st.sampled_from([(0,), (1,), (0, 1)]))
    def call_split(self, position: int, kept: tuple[int, ...]) -> None:
        x = self.at(position)
        outputs = Split()(x.variable)
        for i in kept:
            size = x.dual.value.size
            slope = (2.0 + i) * np.eye(size).reshape(x.dual.value.shape * 2)
            model = linked((2.0 + i) * x.dual.value, [Link(x.dual, slope, slope)])
            self.keep(outputs[i], model)

    @rule(position=POSITIONS)
    def detach(self, position: int) -> None:
        x = self.at(position)
        self.keep(x.variable.detach(), Dual(x.variable.data))

    @rule(position=POSITIONS)
    def call_unrecorded(self, position: int) -> None:
        x = self.at(position)
        with no_grad():
            y = x.variable * 0.5
        self.keep(y * 1.0, linked_constant(y.data))

    @rule(position=POSITIONS)
    def cleargrad(self, position: int) -> None:
        x = self.at(position)
        x.variable.cleargrad()
        x.grad, x.assigned = None, False

    @rule(position=POSITIONS, numbers=st.lists(NUMBERS, min_size=3, max_size=3))
    def assign(self, position: int, numbers: list[float]) -> None:
        x = self.at(position)
        seed = np.array(numbers if x.variable.ndim else numbers[0])
        x.variable.grad = seed
        x.grad, x.error, x.assigned = seed.copy(), 0.0, True
        seed.fill(np.nan)  # the caller's array

    @rule(position=POSITIONS, accumulate=st.booleans(), retain=st.booleans())
    def backward(self, position: int, accumulate: bool, retain: bool) -> None:
        root = self.at(position)
        seed = root.grad if root.assigned and root.grad is not None else None

        root.variable.backward(accumulate=accumulate, retain_grad=retain)

        start = np.ones(root.dual.value.shape) if seed is None else seed
        for pair in self.pairs:
            if pair.dual not in root.dual.partials:
                continue
            pair.assigned = False
            if not (retain or pair.dual.is_leaf):
                pair.grad = None
                continue
            g, error = root.dual.pulled_back(start, pair.dual)
            if accumulate and pair.grad is not None:
                pair.grad = pair.grad + g
                pair.error = pair.error + error + EPS * abs(pair.grad)
            else:
                pair.grad, pair.error = g, error
        if seed is not None:
            root.grad, root.error, root.assigned = seed, 0.0, True

    @invariant()
    def gradients_agree(self) -> None:
        for pair in self.pairs:
            got = pair.variable.grad
            if pair.grad is None or got is None:
                assert got is pair.grad
            else:
                assert got.shape == pair.variable.shape
                assert (abs(got - pair.grad) <= pair.error).all()

    @invariant()
    def nothing_is_shared(self) -> None:
        held = [pair.variable.grad for pair in self.pairs]
        addresses = [g.__array_interface__["data"][0] for g in held if g is not None]
        assert len(set(addresses)) == len(addresses)

    @override
    def teardown(self) -> None:
        """However a run ends, its last values go back through all there is."""
        for position in range(min(3, len(self.pairs))):
            self.backward(position, accumulate=False, retain=True)
            self.gradients_agree()


def linked_constant(data: Array) -> Dual:
    """A value computed from what has no gradient of its own."""
    return Dual(data, is_leaf=False)


def _unary(name: str) -> Function:
    rule_class = Cube if name == "Cube" else getattr(backprop, name)
    f = rule_class()
    assert isinstance(f, Function)
    return f


def _binary(name: str) -> BinaryFunction:
    f = getattr(backprop, name)()
    assert isinstance(f, BinaryFunction)
    return f


TestGraphs = Graphs.TestCase
