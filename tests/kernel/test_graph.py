"""The graph and the sweep: one call is one node, any DAG, gradients exact."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from typing_extensions import override

from backprop import Add, Array, Function, Square, Variable
from backprop.errors import CycleError, OutputDroppedError
from tests.helpers import Cube, Split, Total, grad, grads, leaf


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


def test_a_cycle_through_either_input_is_found() -> None:
    """Whichever of the two the sweep would go on with."""
    for turned in (False, True):
        x, w = leaf(1.0), leaf(2.0)
        z = x + w if turned else w + x
        node = z.creator
        assert node is not None
        w.set_creator(node)
        with pytest.raises(CycleError, match="its own output"):
            z.backward()


def test_a_call_wants_the_gradient_of_what_is_no_constant() -> None:
    """Of one input, too."""
    one, two = Square()(leaf(1.0)).creator, (leaf(1.0) * 2.0).creator
    assert one is not None
    assert two is not None
    assert one.wants(0)
    assert [two.wants(0), two.wants(1)] == [True, False]
