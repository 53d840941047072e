"""The programs at which other libraries fail (one test for each), and what must hold here.

Failures of the peers: wrong gradients in silence, endless loops, crashes, leaks, obscure errors.
"""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from weakref import ref

import numpy as np
import pytest
from typing_extensions import override

from backprop import Array, Exp, Function, Square, Variable, no_grad
from backprop.errors import (
    BackpropError,
    GradientCountError,
    GradientShapeError,
    GradientTypeError,
    GraphCopyError,
    NoGraphError,
)
from tests.helpers import Split, Total, grad, grads, leaf, no_collector


def test_row_1_instance_on_its_own_result() -> None:
    """`f(f(x))` gives 4x³ (elsewhere: None, RecursionError or an endless loop)."""
    f, x = Square(), leaf(3.0)

    f(f(x)).backward()

    assert grad(x) == 108.0


def test_row_2_instance_on_two_inputs() -> None:
    """The gradient goes to the input of the call it belongs to (elsewhere: to the later one)."""
    f, a, b = Square(), leaf(3.0), leaf(5.0)
    ya, yb = f(a), f(b)

    ya.backward()

    assert grads([a, b]) == [6.0, None]
    assert yb.data == 25.0


@pytest.mark.parametrize("drop", [False, True])
def test_row_3_output_unused_or_dropped(drop: bool) -> None:
    """An unused output, kept or dropped, counts as zeros (elsewhere: AttributeError)."""
    x = leaf([1.0, 2.0])
    outputs = list(Split()(x))
    if drop:
        del outputs[1]

    (outputs[0] * 1.0).backward()

    assert grad(x).tolist() == [2.0, 2.0]


def test_row_4_backward_twice() -> None:
    """Two sweeps give the same, two losses on one value their sum if asked (elsewhere: 36, 44)."""
    x = leaf(2.0)
    h = x * x
    y = h * 3.0

    y.backward()
    y.backward()
    assert grad(x) == 12.0
    (h * 5.0).backward(accumulate=True)

    assert grad(x) == 32.0


def test_row_5_two_losses_on_one_leaf() -> None:
    """A leaf may serve in two losses, one after the other (elsewhere: InvalidBackprop)."""
    x = leaf(3.0)
    first, second = x * x, x * 5.0

    first.backward()
    assert grad(x) == 6.0
    second.backward()

    assert grad(x) == 5.0


def test_row_6_long_chain() -> None:
    """A chain of ten thousand calls goes back without recursion (elsewhere: RecursionError)."""
    x = y = leaf(1.0)
    for _ in range(10_000):
        y = y * 1.0

    y.backward()

    assert grad(x) == 1.0


def test_row_7_many_leaves() -> None:
    """The sum of 5,000 squares of leaves goes back, each node once (elsewhere: quadratic)."""
    leaves = [leaf(float(i)) for i in range(5_000)]

    Total()(*[v * v for v in leaves])[0].backward()

    assert [grad(v) for v in leaves] == [2.0 * i for i in range(5_000)]


def test_row_8_clipping_in_place() -> None:
    """Scaling gradients in place scales each once (elsewhere: a.grad is b.grad, scaled twice)."""
    a, b = leaf(1.0), leaf(2.0)
    (a + b).backward()
    norm = math.hypot(float(grad(a)), float(grad(b)))

    for v in (a, b):
        g = grad(v)
        g /= norm

    assert math.hypot(float(grad(a)), float(grad(b))) == pytest.approx(1.0, rel=1e-15)


def test_row_9_seed_edited_afterwards() -> None:
    """The caller may edit the seed after the sweep (elsewhere: a gradient changes with it)."""
    x, seed = leaf([1.0, 2.0]), np.array([1.0, 1.0])
    y = x + 0.0
    y.grad = seed
    y.backward()

    seed[:] = 100.0

    assert grads([x, y]) == [[1.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize(
    "program",
    [lambda x, a: x * a, lambda x, a: a * x, lambda x, a: Exp()(x) @ a],
    ids=["right operand", "left operand", "matmul"],
)
def test_row_10_constant_edited_before_backward(
    program: Callable[[Variable, Array], Variable],
) -> None:
    """An array operand may be reused before the sweep (elsewhere: zeros in silence)."""
    x, a = leaf([0.0, 0.0]), np.array([1.0, 1.0])
    y = program(x, a)

    a[:] = 0.0
    y.backward()

    assert grad(x).tolist() == [1.0, 1.0]


def test_row_12_augmented_assignment() -> None:
    """`y += 1` would change x in plain NumPy: here it never does (elsewhere: traced 4, plain 8)."""
    x = leaf([1.0, 1.0])
    y = x
    y += 1.0
    (x * y).sum().backward()

    assert y is not x
    assert grad(x).tolist() == [3.0, 3.0]


@pytest.mark.parametrize("cut", [math.sin, float, np.asarray])
def test_row_13_silent_cuts(cut: Callable[[object], object]) -> None:
    """What would leave the graph in silence is an error that shows the way out."""
    with pytest.raises(TypeError, match=r"take x\.data where no gradient is wanted"):
        cut(leaf(0.5))


def test_row_14_array_times_variable() -> None:
    """`array * x` is a Variable (elsewhere: an object array in silence)."""
    y: object = np.array([1.0, 2.0]) * leaf([3.0, 4.0])  # an array to NumPy's stubs

    assert isinstance(y, Variable)
    assert y.data.tolist() == [3.0, 8.0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_row_15_python_numbers_are_weak(dtype: type[np.floating]) -> None:
    """`x * 2.0` keeps x's dtype, and the gradient has it (elsewhere: float64)."""
    x = leaf(3.0, dtype)

    y = (2 * x * 2.0 + 1) ** 2
    y.backward()

    assert y.dtype == grad(x).dtype == dtype


@pytest.mark.parametrize("data", [3, np.array(3), [1, 2], np.array([1, 2], np.uint8)])
def test_row_16_integers(data: int) -> None:
    """Integers become float64, so their gradients are exact (elsewhere: integers or None)."""
    x = Variable(data)

    (x * 2.5).backward()

    assert x.dtype == np.float64
    assert (grad(x) == 2.5).all()


@pytest.mark.parametrize(
    ("returned", "error"),
    [
        (None, GradientTypeError),
        (np.float64(5.0), GradientShapeError),
        (np.ones((5, 2)), GradientShapeError),
        (np.ones(2, np.float32), GradientTypeError),
        ((np.ones(2),), GradientTypeError),
    ],
    ids=["None", "its sum", "more rows", "another dtype", "a tuple"],
)
def test_row_17_wrong_backward(returned: object, error: type[BackpropError]) -> None:
    """A `backward` that returns the wrong thing is an error that names it (elsewhere: silence)."""

    class Wrong(Square):
        @override
        def backward(self, gy: Array) -> Array:
            return returned  # type: ignore[return-value]

    with pytest.raises(error, match=r"what Wrong\.backward returned for input 0 must"):
        Wrong()(leaf([1.0, 2.0])).backward()


def test_row_17_too_few_gradients() -> None:
    """A `backward` that forgets an input is an error that counts (elsewhere: silence)."""

    class Forgets(Total):
        @override
        def backward(self, *gys: Array) -> tuple[Array, ...]:
            return super().backward(*gys)[:-1]

    (y,) = Forgets()(leaf(1.0), leaf(2.0), leaf(3.0))
    with pytest.raises(GradientCountError, match=r"Forgets\.backward must return a tuple of 3"):
        y.backward()


def test_row_18_seed_of_another_shape() -> None:
    """A seed that only broadcasts to the output is refused (elsewhere: summed in silence)."""
    y = leaf([1.0, 2.0]) * 3.0

    with pytest.raises(GradientShapeError, match=r"grad must have shape \(2,\), got \(3, 2\)"):
        y.grad = np.ones((3, 2))


def test_row_25_threads_that_overlap() -> None:
    """A sweep in one thread is right while another starts and ends (elsewhere: 3 for 4)."""
    started, ended = Event(), Event()

    class Waits(Square):
        @override
        def backward(self, gy: Array) -> Array:
            started.set()
            assert ended.wait(10)
            return super().backward(gy)

    x, w = leaf(2.0), leaf(3.0)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(lambda: Waits()(x).backward())
        assert started.wait(10)
        (w * w).backward()
        ended.set()
        slow.result()

    assert grads([x, w]) == [4.0, 6.0]


def test_row_26_threads_that_add_to_one_leaf() -> None:
    """Eight threads that accumulate into one leaf lose nothing (elsewhere: a quarter is left)."""
    x, barrier = leaf(1.0), Barrier(8, timeout=10)

    def work() -> None:
        barrier.wait()
        for _ in range(200):
            (x * 4.0).backward(accumulate=True)

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(work) for _ in range(8)]:
            future.result()

    assert grad(x) == 8 * 200 * 4.0


def test_row_26_threads_that_share_an_instance() -> None:
    """Eight threads that call one instance each get their own node."""
    f, barrier = Square(), Barrier(8, timeout=10)

    def work(i: int) -> bool:
        x = leaf(float(i))
        barrier.wait()
        for _ in range(200):
            f(f(x)).backward()
            if grad(x) != 4.0 * i**3:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_row_27_no_grad_elsewhere() -> None:
    """A no_grad() in a suspended generator leaves its caller recording (elsewhere: None)."""

    def values() -> object:
        with no_grad():
            yield Square()(leaf(1.0))

    suspended = values()
    first = next(suspended)  # type: ignore[call-overload]
    x = leaf(3.0)

    Square()(x).backward()

    assert first.creator is None
    assert grad(x) == 6.0


def test_row_28_threads_that_share_an_array() -> None:
    """An array that eight threads compute with stays writeable (elsewhere: sometimes not)."""
    constant, barrier = np.ones(3), Barrier(8, timeout=10)

    def work() -> None:
        barrier.wait()
        for _ in range(50):
            (leaf([1.0, 2.0, 3.0]) * constant).backward()

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(work) for _ in range(8)]:
            future.result()

    assert constant.flags.writeable


def test_row_31_dropped_graph_is_freed() -> None:
    """Without the collector a dropped graph is freed at once (elsewhere: leaks)."""
    with no_collector():
        x = leaf(2.0)
        y = Exp()(x * x) + x
        y.backward()
        nodes = [ref(y), ref(x)]

        del x, y

        assert [node() for node in nodes] == [None, None]


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, pickle.dumps])
def test_row_32_copies_of_a_graph(how: Callable[[object], object]) -> None:
    """A graph is not copied or pickled by halves: it says so (elsewhere: detached in silence)."""
    y = leaf(2.0) * 3.0

    with pytest.raises(GraphCopyError, match=r"copy or pickle x\.detach\(\) instead"):
        how(y)


def test_row_33_leaf_backward() -> None:
    """A leaf goes back to itself; a value without a graph says why not (elsewhere: crash)."""
    x = leaf(2.0)
    x.backward()
    assert grad(x) == 1.0

    with no_grad():
        y = x * x
    with pytest.raises(NoGraphError, match="compute it outside to record"):
        y.backward()


def test_forgotten_return_in_forward() -> None:
    """A `forward` without a return is an error at the call."""

    class Forgets(Function):
        @override
        def forward(self, x: Array) -> Array:  # type: ignore[return]
            np.exp(x)

    with pytest.raises(TypeError, match="forward of Forgets must return an array of floats"):
        Forgets()(leaf(1.0))
