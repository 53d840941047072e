"""What is timed: small programs written once for all libraries, and their floors.

A program takes `o`, where a library has its functions, and the inputs. A floor gives the gradients
as a careful person writes them by hand in NumPy for the very same graph: whatever can be reused is
not allocated anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy import cos, exp, multiply, sin, square

Program = Callable[..., Any]
Floor = Callable[..., list[Any]]


@dataclass(frozen=True)
class Work:
    """One row of the table: a program, its floor, its inputs, and how many times the floor's time
    the kernel may take, or how many times torch's where `beside` says so."""

    name: str
    program: Program
    floor: Floor | None
    inputs: tuple[Any, ...]
    target: float
    beside: str = "NumPy"
    operations: int = 1  # in a graph of so many the time of one is shown
    retain_grad: bool = False
    second: bool = False  # whether it is the product of the Hessian and a vector of ones
    compiled: bool = True  # whether jax.jit is asked: a loop of a thousand steps takes it minutes


def notes(o: Any, x: Any) -> Any:
    """The composite function of the book's step 3."""
    return o.square(o.exp(o.square(x)))


def notes_of_a_number(x: Any) -> list[Any]:
    """Its derivative, every value an ndarray."""
    a = square(x, out=...)
    b = exp(a, out=...)
    square(b, out=...)
    g = multiply(b, 2.0, out=...)
    g = multiply(g, b, out=...)
    g = multiply(g, x, out=...)
    return [multiply(g, 2.0, out=...)]


def notes_of_arrays(x: Any) -> list[Any]:
    """Its derivative, with one buffer."""
    a = square(x)
    b = exp(a)
    square(b)
    g = multiply(b, 2.0)
    for factor in (b, x, 2.0):
        multiply(g, factor, out=g)
    return [g]


def chained(o: Any, x: Any) -> Any:
    """The same as one Function, where a library has that."""
    if o.__name__ != "backprop.numpy":
        return notes(o, x)
    from backprop import Chain, Exp, Square

    return Chain(Square(), Exp(), Square())(x)


def ten(o: Any, x: Any) -> Any:
    """Ten elementwise operations."""
    x = o.square(o.exp(o.square(x))) * -0.5
    x = o.square(o.exp(o.square(o.exp(x))))
    return o.exp(x * -0.25)


def ten_by_hand(x: Any) -> list[Any]:
    """Their derivative, with one buffer for it."""
    a = square(x)
    b = exp(a)
    c = square(b)
    e = exp(multiply(c, -0.5))
    f = square(e)
    h = exp(f)
    y = exp(multiply(square(h), -0.25))
    g = multiply(y, -0.25)
    for factor in (h, 2.0, h, e, 2.0, e, -0.5, b, 2.0, b, x, 2.0):
        multiply(g, factor, out=g)
    return [g]


def doubled(_: Any, x: Any) -> Any:
    """y = y + y, a thousand times."""
    for _ in range(1000):
        x = x + x
    return x


def doubled_by_hand(x: Any) -> list[Any]:
    """Every value an ndarray."""
    ys, g = [x], np.ones(())
    for _ in range(1000):
        ys.append(np.add(ys[-1], ys[-1], out=...))
    for _ in range(1000):
        g = np.add(g, g, out=...)
    return [g]


def fibonacci(_: Any, x: Any) -> Any:
    """Each value the sum of the two before it, of numbers that stay in range."""
    p, y = x, x
    for _ in range(1000):
        p, y = y, (y + p) * 0.61803398875
    return y


def diamonds(_: Any, x: Any) -> Any:
    """A value that is used twice and joined again, a thousand times."""
    for _ in range(1000):
        x = x * 0.5 + x * 0.5
    return x


def sines(o: Any, x: Any) -> Any:
    """A chain of a thousand sines."""
    for _ in range(1000):
        x = o.sin(x)
    return x


def sines_by_hand(x: Any) -> list[Any]:
    """Its derivative, every value an ndarray."""
    xs, g = [x], np.ones(())
    for _ in range(1000):
        xs.append(sin(xs[-1], out=...))
    xs.pop()
    while xs:
        g = multiply(g, cos(xs.pop(), out=...), out=...)
    return [g]


def mlp(o: Any, *given: Any) -> Any:
    """Two hidden layers and a mean squared error; 16 inputs, 8 outputs."""
    w1, b1, w2, b2, w3, b3, x, t = given
    h = o.tanh(x @ w1 + b1)
    h = o.tanh(h @ w2 + b2)
    return o.mean(o.square(h @ w3 + b3 - t))


def mlp_by_hand(*given: Any) -> list[Any]:
    """Its gradients."""
    w1, b1, w2, b2, w3, b3, x, t = given
    h1 = np.tanh(x @ w1 + b1)
    h2 = np.tanh(h1 @ w2 + b2)
    d = h2 @ w3 + b3 - t
    np.mean(square(d))
    g = d * (2.0 / d.size)
    gw3, gb3 = h2.T @ g, g.sum(0)
    g = (g @ w3.T) * (1 - h2 * h2)
    gw2, gb2 = h1.T @ g, g.sum(0)
    g = (g @ w2.T) * (1 - h1 * h1)
    return [x.T @ g, g.sum(0), gw2, gb2, gw3, gb3]


def _layers(width: int, batch: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    sizes = ((16, width), (width, width), (width, 8))
    layers = [p for n, m in sizes for p in (rng.normal(size=(n, m)) / n**0.5, np.zeros(m))]
    return (*layers, rng.normal(size=(batch, 16)), rng.normal(size=(batch, 8)))


def _floats(n: int) -> tuple[Any, ...]:
    return (np.linspace(0.1, 1.0, n),)


NUMBER: Final = (np.array(0.5),)
WORKS: Final = (
    Work("the notes' gradient, 0-d", notes, notes_of_a_number, NUMBER, 1.5, retain_grad=True),
    Work(
        "`y = y + y`, 1,000 times",
        doubled,
        doubled_by_hand,
        NUMBER,
        0.6,
        "torch",
        1000,
        compiled=False,
    ),
    Work("Fibonacci, 1,000", fibonacci, None, NUMBER, 0.6, "torch", 2000, compiled=False),
    Work("diamonds, 1,000", diamonds, None, NUMBER, 0.6, "torch", 3000, compiled=False),
    Work("chain of 1,000 `sin`", sines, sines_by_hand, NUMBER, 0.3, "torch", 1000, compiled=False),
    Work("square-exp-square, 1e3", notes, notes_of_arrays, _floats(1_000), 2.5),
    Work("square-exp-square, 1e5", notes, notes_of_arrays, _floats(100_000), 1.15),
    Work("square-exp-square, 1e6", notes, notes_of_arrays, _floats(1_000_000), 1.15),
    Work(
        "the same, every gradient kept",
        notes,
        notes_of_arrays,
        _floats(1_000_000),
        1.3,
        retain_grad=True,
    ),
    Work("the same as one Chain, 1e5", chained, notes_of_arrays, _floats(100_000), 1.0, "jax.jit"),
    Work(
        "the same as one Chain, 1e6", chained, notes_of_arrays, _floats(1_000_000), 1.0, "jax.jit"
    ),
    Work("ten operations, 1e3", ten, ten_by_hand, _floats(1_000), 2.5),
    Work("ten operations, 1e5", ten, ten_by_hand, _floats(100_000), 1.1),
    Work("ten operations, 1e6", ten, ten_by_hand, _floats(1_000_000), 1.05),
    Work("MLP 2 x 64, batch 32", mlp, mlp_by_hand, _layers(64, 32), 1.6),
    Work("MLP 2 x 1024, batch 256", mlp, mlp_by_hand, _layers(1024, 256), 1.02),
)
