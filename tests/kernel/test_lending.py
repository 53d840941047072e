"""What a rule is lent it cannot write into; what it returns becomes nobody else's gradient."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from typing_extensions import override

import backprop.numpy  # so that every rule is there
from backprop import (
    Add,
    Array,
    BinaryFunction,
    Exp,
    Function,
    NaryFunction,
    Square,
    Variable,
    gradients,
    jvp,
)
from backprop.errors import OutputDroppedError, ReadOnlyError
from backprop.kernel.variable import Node
from tests.helpers import grad, leaf

Write = Callable[[Array], object]

WRITES: dict[str, Write] = {
    "*=": lambda g: g.__imul__(3.0),
    "[...] =": lambda g: g.__setitem__(..., 0.0),
    "fill": lambda g: g.fill(0.0),
    "sort": lambda g: g.sort(),
    "out": lambda g: np.exp(g, out=g),
    "put": lambda g: np.put(g, 0, 1.0),
    "through a view": lambda g: g[:].__iadd__(1.0),
}


class Writes(Function):
    """2x, whose `backward` writes into one of its arrays before it returns a right answer."""

    def __init__(self, where: str, write: Write) -> None:
        self.where = where
        self.write = write

    @override
    def forward(self, x: Array) -> Array:
        return 2 * x

    @override
    def backward(self, gy: Array) -> Array:
        answer = 2 * gy
        self.write(gy if self.where == "gy" else getattr(self, self.where))
        return answer


class WritesPair(BinaryFunction):
    """a + b, whose `backward` writes into an operand."""

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return a + b

    @override
    def backward(self, gy: Array) -> tuple[Array, Array]:
        self.b[...] = 0.0
        return gy, gy


class WritesMany(NaryFunction):
    """2x, whose `backward` and `jvp` write into what they get."""

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return (2 * xs[0],)

    @override
    def backward(self, *gys: Array) -> tuple[Array, ...]:
        self.ys[0][...] = 0.0
        return (2 * gys[0],)

    @override
    def jvp(self, *txs: Array) -> tuple[Array, ...]:
        txs[0][...] = 0.0
        return (2 * txs[0],)


@pytest.mark.parametrize("where", ["gy", "x", "y"])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_backward_that_writes_is_named(where: str, write: Write) -> None:
    """Into its cotangent, its input or its output: nothing has changed, and the error says who."""
    x = leaf([1.0, 2.0])
    y = Writes(where, write)(x)
    y.grad = seed = np.array([5.0, 7.0])

    with pytest.raises(ReadOnlyError, match=r"Writes.backward writes .*: make a new one, gy = gy"):
        y.backward()

    assert x.grad is None
    assert [a.tolist() for a in (x.data, y.data, seed)] == [[1.0, 2.0], [2.0, 4.0], [5.0, 7.0]]


def test_the_other_kinds_are_named_too() -> None:
    """BinaryFunction and NaryFunction, backward and forward mode."""
    x = leaf([1.0])
    with pytest.raises(ReadOnlyError, match=r"WritesPair.backward"):
        WritesPair()(x, x).backward()
    with pytest.raises(ReadOnlyError, match=r"WritesMany.backward"):
        WritesMany()(x)[0].backward()
    with pytest.raises(ReadOnlyError, match=r"WritesMany.jvp"):
        jvp(lambda v: WritesMany()(v)[0], (np.ones(1),), (np.ones(1),))


def test_another_value_error_of_a_rule_stays_what_it_is() -> None:
    """Only what is said of read-only arrays is ours."""

    class Fails(Square):
        @override
        def backward(self, gy: Array) -> Array:
            raise ValueError("no")

    with pytest.raises(ValueError, match=r"^no$"):
        Fails()(leaf(1.0)).backward()


def test_the_users_own_arrays_stay_writeable() -> None:
    """Data, seed and gradients can be written into after the sweep."""
    x = leaf([1.0, 2.0])
    y = Writes("gy", lambda g: None)(x)
    y.grad = np.ones(2)
    y.backward()
    for array in (x.data, y.data, grad(x), grad(y)):
        array += 1.0
    assert grad(x).tolist() == [3.0, 3.0]


HELD: dict[str, Any] = {}


class Holds(Function):
    """3x, whose `backward` lets one of many kinds of holder keep what it returns."""

    def __init__(self, holder: str) -> None:
        self.holder = holder

    @override
    def forward(self, x: Array) -> Array:
        self.kept = np.full_like(x, 3.0)
        return 3 * x

    @override
    def backward(self, gy: Array) -> Array:
        g = 3 * gy
        if self.holder == "attribute":
            self.g = g
        elif self.holder == "attribute of the class":
            type(self).last = g  # type: ignore[attr-defined]
        elif self.holder == "made by forward":
            return self.kept
        elif self.holder == "closure":
            HELD["closure"] = lambda: g
        elif self.holder == "generator":
            HELD["generator"] = generator = yielding(g)
            next(generator)
        elif self.holder == "container":
            HELD["container"] = [{"g": (g,)}]
        elif self.holder == "view":
            HELD["view"] = g[...]
        elif self.holder == "partial":
            HELD["partial"] = partial(np.add, g)
        elif self.holder == "global":
            HELD["global"] = g
        elif self.holder == "the cotangent":
            return gy
        return g


def yielding(g: Array) -> Iterator[Array]:
    """Holds `g` while it is suspended."""
    yield g
    yield g


HOLDERS = [
    *("attribute", "attribute of the class", "made by forward", "closure", "generator"),
    *("container", "view", "partial", "global", "the cotangent"),
]


@pytest.mark.parametrize("holder", HOLDERS)
def test_no_gradient_is_held_by_anything_else(holder: str) -> None:
    """However a user's rule keeps what it returned, writing there changes no gradient."""
    HELD.clear()
    x = leaf([1.0, 2.0])
    y = Holds(holder)(x)
    y.backward()
    others = [o for o in gc.get_objects() if isinstance(o, np.ndarray)]
    held = [o for o in (*others, *arrays_of(y)) if o is not x.grad and o.size]
    assert not any(np.shares_memory(grad(x), o) for o in held if o.dtype == np.float64)


def arrays_of(y: Variable) -> list[Array]:
    """The arrays that a holder above can be asked for."""
    found: list[Array] = [y.data, grad(y)]
    found += [v for v in vars(y.creator).values() if isinstance(v, np.ndarray)]
    if "closure" in HELD:
        found.append(HELD["closure"]())
    if "generator" in HELD:
        found.append(next(HELD["generator"]))
    if "container" in HELD:
        found.append(HELD["container"][0]["g"][0])
    if "partial" in HELD:
        found.append(HELD["partial"].args[0])
    return [*found, *(v for v in HELD.values() if isinstance(v, np.ndarray))]


def test_the_promise_of_a_class_is_not_inherited() -> None:
    """A class derived from one that is declared fresh may return whatever it wants."""

    class Kept(Exp):
        @override
        def backward(self, gy: Array) -> Array:
            return self.y

    x = leaf([0.0, 1.0])
    y = Kept()(x)
    y.backward()
    assert Exp.fresh
    assert not Kept.fresh
    assert not np.shares_memory(grad(x), y.data)


def test_every_rule_of_the_package_is_declared() -> None:
    """So that none of their results is copied in vain."""
    found: list[type[Node]] = [Node]
    for cls in found:
        found += cls.__subclasses__()
    rules = [cls for cls in found if cls.__module__.startswith("backprop.functions.")]
    bases = {"Elementwise", "Linear", "Broadcasting", "_Recording"}
    assert "exp" in vars(backprop.numpy)
    assert len(rules) > 100
    assert {cls.__name__ for cls in rules if not cls.fresh} == bases


def test_output_needs_no_search_of_the_heap() -> None:
    """It is right where another Variable holds the Function, and after gc.freeze()."""
    f = Square()
    stranger = Named(np.array(1.0))
    stranger.maker = f  # type: ignore[attr-defined]
    y = f.__call__(leaf(3.0))
    assert f.output is y
    gc.freeze()
    try:
        g = Square()
        z = g(leaf(2.0))
        assert g.output is z
    finally:
        gc.unfreeze()
    call = partial(Square())
    w = call(leaf(2.0))
    assert call.func.output is w  # type: ignore[attr-defined]
    del w
    with pytest.raises(OutputDroppedError):
        _ = call.func.output  # type: ignore[attr-defined]


class Named(Variable):
    """A Variable that can have attributes."""


class BookExp(Function):
    """Its `backward` reads `self.output`, as the book's own does."""

    @override
    def forward(self, x: Array) -> Array:
        return np.exp(x)

    @override
    def backward(self, gy: Array) -> Array:
        return gy * self.output.data


def test_the_books_own_way_to_read_the_output() -> None:
    """In a chain of temporaries too, each output is its own."""
    x = leaf(0.5)
    y = BookExp()(BookExp()(x))
    y.backward()
    assert grad(x) == np.exp(np.exp(0.5)) * np.exp(0.5)


def test_data_assigned_between_forward_and_backward() -> None:
    """`backward()` and `gradients()` say the same: the derivative of what was computed."""
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = Square()(x) * w
    h = Add()(y, y)
    x.data, w.data, y.data = np.array([9.0, 9.0]), np.zeros(2), np.zeros(2)

    h.backward()
    gx, gw = gradients(h, [x, w])
    (gxx,) = gradients(gx.sum(), [x])

    assert grad(x).tolist() == gx.data.tolist() == [12.0, 32.0]
    assert grad(w).tolist() == gw.data.tolist() == [2.0, 8.0]
    assert gxx.data.tolist() == [12.0, 16.0]
