"""Many threads at once, with and without a GIL: each gets its own values, and sums lose nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Barrier, Thread

import numpy as np
import pytest
from typing_extensions import override

from backprop import Add, Array, Function, Variable, gradients, no_grad
from tests.helpers import Split, leaf

THREADS = 8
ROUNDS = 40


def together(work: Callable[[int], None]) -> None:
    """Run `work(0)`, `work(1)`, ... in threads of their own that begin at once."""
    barrier = Barrier(THREADS, timeout=30)

    def run(i: int) -> None:
        barrier.wait()
        work(i)

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(run, i) for i in range(THREADS)]:
            done.result(timeout=60)


class Cube(Function):
    """x³, in any order."""

    @override
    def forward(self, x: Array) -> Array:
        return x**3

    @override
    def backward(self, gy: Array) -> Array:
        return gy * 3 * self.x**2


CUBE, ADD, SPLIT = Cube(), Add(), Split()  # instances that all threads call


def graph(x: Variable) -> Variable:
    """x³ + 2x + 3x by shared instances of the three kinds of Function."""
    twice, thrice = SPLIT(x)
    return ADD(ADD(CUBE(x), twice), thrice)


def slope(x: float) -> float:
    """That of `graph`."""
    return 3.0 * x**2 + 5.0


def test_shared_functions() -> None:
    """Threads that call the same instances get their own values and gradients, in all orders."""

    def work(i: int) -> None:
        for n in range(ROUNDS):
            x = leaf(float(i + n))
            y = graph(x)
            y.backward()
            assert x.grad is not None
            assert float(x.grad) == slope(i + n)
            (gx,) = gradients(y, [x])
            (ggx,) = gradients(gx, [x])
            assert (float(gx.data), float(ggx.data)) == (slope(i + n), 6.0 * (i + n))

    together(work)


def test_one_leaf_that_all_add_to() -> None:
    """accumulate=True loses no term, while half of the threads record nothing meanwhile."""
    shared = leaf(2.0)

    def work(i: int) -> None:
        for _ in range(ROUNDS):
            with no_grad():
                assert graph(shared).creator is None
            if i % 2:
                continue
            graph(shared).backward(accumulate=True)

    together(work)

    assert shared.grad is not None
    assert float(shared.grad) == THREADS // 2 * ROUNDS * slope(2.0)


def test_graphs_change_hands() -> None:
    """A graph is built in one thread, swept in a second and dropped in a third."""
    ring = [SimpleQueue[tuple[Variable, Variable, bool]]() for _ in range(THREADS)]

    def work(i: int) -> None:
        for n in range(ROUNDS):
            x = leaf(float(n))
            ring[i].put((x, graph(x), False))
            for _ in range(2):
                x, y, swept = ring[i - 1].get(timeout=30)
                if not swept:
                    y.backward()
                    ring[i].put((x, y, True))
                assert x.grad is not None
                assert float(x.grad) == slope(float(x.data))

    together(work)


def test_one_graph_swept_by_all() -> None:
    """Sweeps of one graph at once give what one gives: none sees the half of another's."""
    x = leaf(np.arange(1.0, 4.0))
    y = CUBE(x).sum()
    first: list[bool] = []

    def work(_: int) -> None:
        for _ in range(ROUNDS):
            (gx,) = gradients(y, [x])
            first.append(np.array_equal(gx.data, [3.0, 12.0, 27.0]))
            y.backward()

    together(work)

    assert len(first) == THREADS * ROUNDS
    assert all(first)
    assert x.grad is not None
    assert np.array_equal(x.grad, [3.0, 12.0, 27.0])


SEEN_WITHIN = """
from threading import Thread
import numpy as np
from backprop import Square, Variable, no_grad

def work():
    print(Square()(Variable(np.array(1.0))).creator is not None)

with no_grad():
    thread = Thread(target=work)
    thread.start()
    thread.join()
"""


@pytest.mark.skipif(sys.version_info < (3, 14), reason="no thread inherits its context")
@pytest.mark.parametrize("inherits", [False, True])
def test_a_thread_started_within_no_grad(inherits: bool) -> None:
    """It records nothing where threads inherit their context, and all where they do not."""
    option = f"thread_inherit_context={inherits:d}"
    command = [sys.executable, "-X", option, "-c", SEEN_WITHIN]

    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=True)

    assert done.stdout.split() == [str(not inherits)]


def test_a_thread_started_within_no_grad_here() -> None:
    """The mode goes where this Python lets the context go."""
    seen: list[bool] = []
    with no_grad():
        thread = Thread(target=lambda: seen.append(CUBE(leaf(1.0)).creator is not None))
        thread.start()
        thread.join()
    assert seen == [not getattr(sys.flags, "thread_inherit_context", False)]
