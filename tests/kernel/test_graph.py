"""The graph and the sweep: one call is one node, any DAG, gradients exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from typing_extensions import override

from backprop import Add, Array, BinaryFunction, Exp, Function, NaryFunction, Square, Variable
from backprop.errors import OutputDroppedError
from tests.helpers import Cube, Split, Total, grad, grads, leaf


class Slotted(Function):
    """k x, with its setting in a slot."""

    __slots__ = ("k", "unset")

    def __init__(self, k: float) -> None:
        self.k = k

    @override
    def forward(self, x: Array) -> Array:
        return self.k * x

    @override
    def backward(self, gy: Array) -> Array:
        return self.k * gy


class Careless(Function):
    """k x, with an `__init__` that forgets super's."""

    def __init__(self, k: float) -> None:
        self.k = k

    @override
    def forward(self, x: Array) -> Array:
        return self.k * x

    @override
    def backward(self, gy: Array) -> Array:
        return self.k * gy


class Setting:
    """A base beside Function that has an `__init__` of its own."""

    __slots__ = ()
    k = 2.0

    def __init__(self, k: float) -> None:
        assert k == self.k


class Mixed(Setting, Function):
    """2 x, whose `__init__` comes from a base that is no Function."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return self.k * x

    @override
    def backward(self, gy: Array) -> Array:
        return self.k * gy


@dataclass
class Plain(Function):
    """k x, as a dataclass."""

    k: float

    @override
    def forward(self, x: Array) -> Array:
        return self.k * x

    @override
    def backward(self, gy: Array) -> Array:
        return self.k * gy


@dataclass(slots=True)
class SlottedData(Function):
    """k x, as a dataclass with slots."""

    k: float

    @override
    def forward(self, x: Array) -> Array:
        return self.k * x

    @override
    def backward(self, gy: Array) -> Array:
        return self.k * gy


@dataclass
class HandSlottedData(Function):
    """k x, as a dataclass with slots written by hand."""

    __slots__ = ("k",)
    k: float

    @override
    def forward(self, x: Array) -> Array:
        return self.k * x

    @override
    def backward(self, gy: Array) -> Array:
        return self.k * gy


RULES: list[Callable[[float], Function]] = [
    Slotted,
    Careless,
    Mixed,
    Plain,
    SlottedData,
    HandSlottedData,
]


@pytest.mark.parametrize("rule", RULES)
def test_settings_go_with_every_call(rule: Callable[[float], Function]) -> None:
    """However a rule keeps its settings, its first call binds it and later calls have them too."""
    f, x = rule(2.0), leaf(5.0)

    first = f(x)
    third = f(f(first))
    third.backward()

    assert first.creator is f
    assert f.input is x
    assert f.output is first
    assert third.creator is not f
    assert third.data == 40.0
    assert grad(x) == 8.0


def test_call_on_own_result() -> None:
    """`f(f(x))` with one instance has the derivative of the composition."""
    f, x = Square(), leaf(3.0)

    f(f(x)).backward()

    assert grad(x) == 108.0


def test_instance_on_two_inputs() -> None:
    """Two calls of one instance do not disturb each other, whichever goes back first."""
    f, a, b = Square(), leaf(3.0), leaf(5.0)

    ya, yb = f(a), f(b)
    ya.backward()
    assert grads([a, b]) == [6.0, None]
    yb.backward()

    assert grads([a, b]) == [6.0, 10.0]


def test_later_call_through_creator_has_its_own_output() -> None:
    """A node called again through `y.creator` makes a node whose output is the new Variable."""
    y = Square()(leaf(2.0))
    assert y.creator is not None
    call = y.creator
    assert isinstance(call, Function)

    z = call(leaf(3.0))

    assert isinstance(z.creator, Function)
    assert z.creator.output is z
    assert call.output is y


def test_instance_after_failed_call_is_free() -> None:
    """A call that failed leaves the instance as it was: the next call binds it."""
    f = Cube()
    with pytest.raises(TypeError):
        f("three")  # type: ignore[arg-type]

    y = f(leaf(2.0))

    assert y.creator is f


@pytest.mark.parametrize(
    ("program", "truth"),
    [
        (lambda x: x * x + x, 7.0),
        (lambda x: (x + x) * (x + x), 24.0),
        (lambda x: Add()(Square()(x), Cube()(x)), 33.0),
        (lambda x: x + Square()(Square()(x)) + x * x * x, 1 + 108 + 27.0),
        (lambda x: Total()(x, x, x)[0] * x, 18.0),
        (lambda x: Add()(*Split()(x)) * x, 30.0),
        (lambda x: Split()(Split()(x)[1])[0] * Split()(x)[0], 72.0),
    ],
)
def test_any_dag(program: Callable[[Variable], Variable], truth: float) -> None:
    """Fan-out, fan-in, diamonds and several outputs in any order give the true derivative at 3."""
    x = leaf(3.0)

    program(x).backward()

    assert grad(x) == truth


@pytest.mark.parametrize(
    ("call", "primals", "gradients"),
    [
        (lambda x: Square()(x), [2.0], [20.0]),
        (lambda x: Add()(x, 4.0), [2.0, 4.0], [5.0, None]),
        (lambda x: Total()(x, x)[0], [2.0, 2.0], [5.0, 5.0]),
    ],
    ids=["one input", "two", "many"],
)
def test_kinds_answer_alike(
    call: Callable[[Variable], Variable], primals: list[float], gradients: list[float | None]
) -> None:
    """Whatever its kind, a node gives its inputs, their values then, and its pullback."""
    x = leaf(2.0)
    node = call(x).creator
    assert node is not None

    x.data = np.array(7.0)

    assert node.inputs[0] is x
    assert [float(a) for a in node.primals] == primals
    pulled = node.pullback(np.array(5.0))
    assert [None if g is None else float(g) for g in pulled] == gradients


class Counted(Function):
    """X², which counts how often the sweep comes by."""

    def __init__(self, sweeps: list[Counted]) -> None:
        self.sweeps = sweeps

    @override
    def forward(self, x: Array) -> Array:
        return x * x

    @override
    def backward(self, gy: Array) -> Array:
        self.sweeps.append(self)
        return 2 * self.x * gy


def test_branches_of_unequal_length_meet_again() -> None:
    """The sweep waits for the longer one: it passes every node once, with its whole gradient."""
    sweeps: list[Counted] = []
    x = leaf(1.5)
    a = Counted(sweeps)(x)
    short = Counted(sweeps)(a)
    longer = [a]
    for _ in range(3):
        longer.append(Counted(sweeps)(longer[-1]))

    (short * longer[-1]).backward()  # a² a⁸

    assert len(sweeps) == len(set(sweeps)) == 5
    at = 1.5**2
    assert [grad(v) for v in (short, *longer)] == pytest.approx(
        [at**8, 10 * at**9, 4 * at**8, 2 * at**6, at**2]
    )
    assert grad(x) == pytest.approx(20 * 1.5**19)


def test_ladder_of_diamonds() -> None:
    """Sixty diamonds in a row, 2⁶⁰ paths, are gone through node by node."""
    x = y = leaf(1.0)
    for _ in range(60):
        y = y + y

    y.backward()

    assert grad(x) == 2.0**60


@pytest.mark.parametrize("used", ["first", "second", "both, crosswise"])
def test_output_unused(used: str) -> None:
    """An output that nothing uses counts as zeros."""
    x = leaf([1.0, 2.0])
    double, triple = Split()(x)
    y = {"first": double, "second": triple, "both, crosswise": double * triple}[used]

    y.backward()

    truth = {"first": [2.0, 2.0], "second": [3.0, 3.0], "both, crosswise": [12.0, 24.0]}[used]
    assert grad(x).tolist() == truth


def test_outputs_of_several() -> None:
    """A Function of several outputs knows them all, and its inputs."""
    x = leaf(1.0)
    f = Split()

    ys = f(x)

    assert f.outputs == ys
    assert f.inputs == (x,)
    assert all(y.creator is f for y in ys)


def test_outputs_at_different_depth() -> None:
    """A node goes back once, after the longest way from any of its outputs."""
    seen: list[list[float]] = []

    class Watched(Split):
        @override
        def backward(self, *gys: Array) -> tuple[Array, ...]:
            seen.append([float(gy) for gy in gys])
            return super().backward(*gys)

    x = leaf(2.0)
    double, triple = Watched()(x)

    (Square()(Square()(double)) + triple).backward()

    assert seen == [[4 * 4.0**3, 1.0]]
    assert [grad(double).item(), grad(triple).item()] == [4 * 4.0**3, 1.0]
    assert grad(x) == 2 * 256.0 + 3


def test_backward_replaces() -> None:
    """The same sweep twice leaves the same gradients, on leaves and on the way."""
    x = leaf(2.0)
    a = x * x
    y = a * 3.0

    y.backward()
    once = grads([x, a, y])
    y.backward()

    assert grads([x, a, y]) == once == [12.0, 3.0, 1.0]


def test_backward_accumulates_when_asked() -> None:
    """`backward(accumulate=True)` adds to what is there."""
    x = leaf(2.0)
    (x * x).backward()

    (x * 3.0).backward(accumulate=True)

    assert grad(x) == 7.0


def test_two_losses_on_one_value() -> None:
    """Two sweeps through shared nodes add up to the gradient of the sum."""
    x = leaf(2.0)
    h = x * x

    (h * 3.0).backward()
    Cube()(h).backward(accumulate=True)

    assert grad(x) == 12.0 + 3 * 16 * 4


def test_seed_is_what_was_assigned() -> None:
    """A sweep starts from the assigned `grad`, and starts from it again."""
    x = leaf([1.0, 2.0])
    y = x * x
    y.grad = np.array([1.0, 10.0])

    for _ in range(2):
        y.backward()

        assert grads([x, y]) == [[2.0, 40.0], [1.0, 10.0]]


def test_gradient_of_earlier_sweep_is_no_seed() -> None:
    """What a sweep left in `y.grad` is not what the next one starts from."""
    x = leaf(3.0)
    y = x * x
    (y * 5.0).backward()
    assert grad(y) == 5.0

    y.backward()

    assert grads([x, y]) == [6.0, 1.0]


def test_cleargrad_forgets_the_seed() -> None:
    """After `cleargrad()` a sweep starts from ones."""
    x = leaf(3.0)
    y = x * x
    y.grad = np.array(7.0)
    y.cleargrad()

    y.backward()

    assert grads([x, y]) == [6.0, 1.0]


def test_seed_assigned_again_as_itself() -> None:
    """`y.grad = y.grad` makes a seed of what an earlier sweep left."""
    x = leaf(3.0)
    y = x * x
    (y * 5.0).backward()
    y.grad = y.grad

    y.backward()

    assert grad(x) == 30.0


@pytest.mark.parametrize("seed", [None, 4.0])
def test_retain_grad_false_keeps_leaves_only(seed: float | None) -> None:
    """With `retain_grad=False` only leaves, and what the user assigned, have a gradient."""
    x, w = leaf(2.0), leaf(3.0)
    a = x * w
    y = Square()(a)
    y.grad = None if seed is None else np.array(seed)

    y.backward(retain_grad=False)

    g = 1.0 if seed is None else seed
    assert grads([x, w, a, y]) == [36.0 * g, 24.0 * g, None, seed]


def test_retain_grad_false_with_several_outputs() -> None:
    """Neither output of a Function of two keeps a gradient with `retain_grad=False`."""
    x = leaf(2.0)
    double, triple = Split()(x)

    (double * triple).backward(retain_grad=False)

    assert grads([x, double, triple]) == [24.0, None, None]


@pytest.mark.parametrize("seed", [None, 4.0])
def test_leaf_backward(seed: float | None) -> None:
    """A leaf's gradient with respect to itself is the seed."""
    x = leaf(2.0)
    x.grad = None if seed is None else np.array(seed)

    x.backward()

    assert grad(x) == (1.0 if seed is None else seed)


class Passes(Function):
    """y = x; `backward` hands on the very array that it got."""

    @override
    def forward(self, x: Array) -> Array:
        return x

    @override
    def backward(self, gy: Array) -> Array:
        return gy


class Views(BinaryFunction):
    """y = a + b; both gradients are views of one array, which is new."""

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return a + b

    @override
    def backward(self, gy: Array) -> tuple[Array, Array]:
        g = gy * 1.0
        return g[...], g[...]


class Hoards(Function):
    """y = 2x; `backward` keeps what it returned, and returns it again."""

    @override
    def forward(self, x: Array) -> Array:
        self.kept = np.full_like(x, 2.0)
        return 2 * x

    @override
    def backward(self, gy: Array) -> Array:
        return self.kept


class Peeks(Passes):
    """y = x; `backward` returns a view of what it got."""

    @override
    def backward(self, gy: Array) -> Array:
        return gy[...]


class LeaksData(Function):
    """y = x²/2, whose gradient is x itself."""

    @override
    def forward(self, x: Array) -> Array:
        return x * x / 2

    @override
    def backward(self, gy: Array) -> Array:
        return self.x


class Same(NaryFunction):
    """The sum of two; both gradients are one fresh array."""

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return (xs[0] + xs[1],)

    @override
    def backward(self, *gys: Array) -> tuple[Array, ...]:
        g = gys[0] * 1.0
        return g, g


@pytest.mark.parametrize("accumulate", [False, True])
@pytest.mark.parametrize("shape", [(), (3,), (100,)])
def test_nothing_shares_memory(shape: tuple[int, ...], accumulate: bool) -> None:
    """No gradient shares memory with another, a seed, any data, or what a rule keeps."""
    a, b = Variable(np.ones(shape)), Variable(np.ones(shape))
    seed = np.ones(shape)
    hoards = Hoards()
    hoarded = hoards(a)
    values = [a, b, hoarded]
    for op in (Add(), Views(), lambda p, q: Same()(p, q)[0]):
        values.append(op(values[-1], b))
    for rule in (Passes(), LeaksData(), Peeks(), Passes()):
        values.append(rule(values[-1]))
    values[-1].grad = seed

    values[-1].backward(accumulate=accumulate)
    values[-1].backward(accumulate=accumulate)

    held = [grad(v) for v in values]
    others = [seed, hoards.kept, *(v.data for v in values)]
    for i, g in enumerate(held):
        assert not any(np.shares_memory(g, other) for other in (*held[:i], *others))


@pytest.mark.parametrize("pair", [Add(), Views(), lambda a, b: Same()(a, b)[0]])
def test_two_gradients_of_one_call_share_no_memory(
    pair: Callable[[Variable, Variable], Variable],
) -> None:
    """Not if the rule returns one array twice, nor two views of it."""
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    pair(a, b).backward()
    assert grad(a).tolist() == grad(b).tolist() == [1.0, 1.0]
    assert not np.shares_memory(grad(a), grad(b))


def test_fan_in_of_a_read_only_gradient() -> None:
    """A `backward` may return an array that cannot be written to, even where gradients add up."""

    class Frozen(Passes):
        @override
        def backward(self, gy: Array) -> Array:
            g = np.multiply(gy, 1.0, out=...)
            g.setflags(write=False)
            return g

    x = leaf([1.0, 2.0])

    Add()(Frozen()(x), Add()(Frozen()(x), Frozen()(x))).backward()

    assert grad(x).tolist() == [3.0, 3.0]


class Breaks(Function):
    """Fails in `forward` at 0 and in `backward` always."""

    @override
    def forward(self, x: Array) -> Array:
        if not x.all():
            raise ZeroDivisionError
        return x * 1.0

    @override
    def backward(self, gy: Array) -> Array:
        raise ZeroDivisionError


class BreaksPair(BinaryFunction):
    """Fails in `forward`."""

    @override
    def forward(self, a: Array, b: Array) -> Array:
        raise ZeroDivisionError


class BreaksMany(NaryFunction):
    """Fails in `forward`."""

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        raise ZeroDivisionError


def test_failed_forward_leaves_no_trace() -> None:
    """After a `forward` that raised, neither input nor Function says that there was a call."""
    x = leaf(0.0)
    one, two, many = Breaks(), BreaksPair(), BreaksMany()

    for call in (lambda: one(x), lambda: two(x, x), lambda: many(x)):
        with pytest.raises(ZeroDivisionError):
            call()

    assert x.creator is None
    for f in (one, two, many):
        with pytest.raises(AttributeError, match="call it first"):
            _ = f.inputs


@pytest.mark.parametrize("accumulate", [False, True])
def test_failed_backward_changes_no_gradient(accumulate: bool) -> None:
    """If a `backward` raises half-way, every gradient is what it was."""
    x, w = leaf(2.0), leaf(3.0)
    y = Exp()(Breaks()(x) * w)
    (x * w).backward()
    before = grads([x, w, y])

    with pytest.raises(ZeroDivisionError):
        y.backward(accumulate=accumulate)

    assert grads([x, w, y]) == before


def test_failed_accumulation_changes_no_gradient() -> None:
    """If one gradient cannot be added to what is there, none is."""
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (x * w).backward()
    w.data = np.ones(3)
    (total,) = Total()(x, w)
    before = grads([x, w])

    with pytest.raises(ValueError, match=r"cleargrad\(\) removes, must have shape \(3,\)"):
        total.backward(accumulate=True)

    assert grads([x, w]) == before


def test_data_rebound_between_forward_and_backward() -> None:
    """`x.data = ...` after a call changes no derivative of that call."""
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = Square()(x) * w

    x.data = np.array([100.0, 100.0])
    w.data = np.zeros(5)
    y.backward()

    assert grads([x, w]) == [[6.0, 16.0], [1.0, 4.0]]


def test_graph_grown_after_backward() -> None:
    """A graph that went back once can grow and go back again."""
    x = leaf(2.0)
    y = Square()(x)
    y.backward()

    Square()(y).backward()

    assert grads([x, y]) == [32.0, 8.0]


def test_gradients_do_not_reach_constants() -> None:
    """Arrays and numbers among the operands are computed with and get no gradient."""
    y = Add()(np.ones(2), 3.0)
    z = Square()(np.ones(2))

    (y * z).backward()

    assert isinstance(y.creator, Add)
    assert grads(y.creator.inputs) == [None, None]
    assert z.data.tolist() == [1.0, 1.0]


def test_constant_reached_beside_a_variable() -> None:
    """A Constant at the end of one branch is passed over while another branch goes on."""
    x = leaf(3.0)

    (Square()(x) * Square()(np.array(2.0))).backward()

    assert grad(x) == 24.0


def test_adopting_by_hand() -> None:
    """`set_creator` alone builds a graph, as step 7 does before calls do it."""
    a, b = leaf(3.0), leaf(4.0)
    f = Add()
    f(a, b)
    y = leaf(7.0)

    y.set_creator(f)
    y.backward()

    assert y.creator is f
    assert f.output is y
    assert grads([a, b]) == [1.0, 1.0]


def test_a_function_held_by_a_partial_alone_knows_its_output() -> None:
    """What the reference count at the call cannot see is found when it is asked for."""
    call = partial(Square())
    y = call(Variable(np.array(3.0)))
    square = call.func
    assert isinstance(square, Square)
    assert square.output is y


def test_a_dropped_output_of_such_a_function_is_said_to_be_dropped() -> None:
    """Not that the Function was never called."""
    call = partial(Square())
    call(Variable(np.array(3.0)))
    square = call.func
    assert isinstance(square, Square)
    with pytest.raises(OutputDroppedError):
        _ = square.output
