"""Big graphs: linear work, no recursion, no reference cycles."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar
from weakref import ref

import numpy as np
import pytest
from typing_extensions import override

from backprop import Add, Array, Function, Square, Variable
from tests.helpers import Cube, Split, grad, leaf, no_collector


class Doubles(Function):
    """y = 2x, counting how often each method runs."""

    calls: ClassVar = {"forward": 0, "backward": 0}

    @override
    def forward(self, x: Array) -> Array:
        self.calls["forward"] += 1
        return 2.0 * x

    @override
    def backward(self, gy: Array) -> Array:
        self.calls["backward"] += 1
        return 2.0 * gy


@pytest.mark.parametrize(("shape", "truth"), [("deep", "1.0"), ("wide", "-1000000.0")])
def test_million_nodes(shape: str, truth: str) -> None:
    """A chain of a million nodes, and a node of a million consumers, go forward, back and away."""
    program = Path(__file__).parent / "million.py"

    done = subprocess.run(
        [sys.executable, program, shape], capture_output=True, text=True, check=False
    )

    assert done.stdout.split() == [truth, "True"], done.stderr


def test_each_node_is_passed_once() -> None:
    """Forward and backward run once a call in a graph of 2¹⁰⁰ paths."""
    Doubles.calls.update(forward=0, backward=0)
    x = y = leaf(1.0)
    for _ in range(100):
        y = Doubles()(y) + Doubles()(y)

    y.backward()

    assert Doubles.calls == {"forward": 200, "backward": 200}
    assert grad(x) == 4.0**100


def test_only_what_leads_to_the_root_is_passed() -> None:
    """Branches that do not lead to the root cost nothing."""
    Doubles.calls.update(forward=0, backward=0)
    x = leaf(1.0)
    y = Doubles()(x)
    unused = [Doubles()(y) for _ in range(10)]

    y.backward()

    assert Doubles.calls["backward"] == 1
    assert all(v.grad is None for v in unused)


@pytest.mark.parametrize(
    "program",
    [
        lambda x: Square()(Square()(x)),
        lambda x: Cube()(x) * x + x,
        lambda x: Add()(*Split()(x)),
        lambda x: Split()(x)[1],
    ],
    ids=["chain", "diamond", "both outputs", "one output"],
)
@pytest.mark.parametrize("swept", [False, True])
def test_no_reference_cycles(program: Callable[[Variable], Variable], swept: bool) -> None:
    """With the collector off, a graph is gone when its last output is dropped, swept or not."""
    with no_collector():
        x = leaf(2.0)
        y = program(x)
        assert y.creator is not None
        nodes = [ref(v) for v in (y, x)]
        if swept:
            y.backward()

        del x, y

        assert [node() for node in nodes] == [None, None]


def test_failed_backward_keeps_no_graph_alive() -> None:
    """Once the error is handled, nothing of the sweep that raised it is left."""

    class Breaks(Cube):
        @override
        def backward(self, gy: Array) -> Array:
            raise ZeroDivisionError

    with no_collector():
        y = Square()(Breaks()(leaf(2.0)))
        with pytest.raises(ZeroDivisionError):
            y.backward()
        node = ref(y)

        del y

        assert node() is None


def test_mixed_dtypes_meet_in_a_leaf() -> None:
    """A float32 leaf used in float64 work gets a float32 gradient."""
    x = leaf([1.0, 2.0], np.float32)

    (x * np.array([1e10, 2.0]) + x).backward()

    assert grad(x).dtype == np.float32
    assert grad(x).tolist() == [float(np.float32(1e10 + 1)), 3.0]
