"""The kernel beside NumPy written by hand: `python -m benchmarks.kernel`.

Kernel and floor are measured in turn, many rounds, and the best of each is taken: what else the
machine does strikes both. The floor makes every value an ndarray (`out=...`), as the kernel must.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from time import perf_counter

import numpy as np

from backprop import Array, Exp, Sin, Square, Variable
from backprop.functions.ufuncs import cos, exp, multiply, sin

LENGTH = 1000
FLOATS = np.linspace(0.1, 1.0, 1_000_000)


def notes_by_hand() -> Array:
    """The derivative of (exp(x²))² at 0.5, as a person would write it."""
    x = np.array(0.5)
    a = np.square(x, out=...)
    b = np.exp(a, out=...)
    np.square(b, out=...)
    gy = np.array(1.0)
    gb = multiply(gy, multiply(2.0, b, out=...), out=...)
    ga = multiply(gb, b, out=...)
    return multiply(ga, multiply(2.0, x, out=...), out=...)


def notes() -> Array | None:
    """The same by the kernel, as in the notes."""
    x = Variable(np.array(0.5))
    Square()(Exp()(Square()(x))).backward()
    return x.grad


def chain_by_hand() -> Array:
    """The derivative of a thousand sines of sines."""
    xs = [np.array(0.5)]
    for _ in range(LENGTH):
        xs.append(sin(xs[-1], out=...))
    g = np.array(1.0)
    for x in reversed(xs[:-1]):
        g = multiply(g, cos(x, out=...), out=...)
    return g


def chain() -> Array | None:
    """The same by the kernel, every gradient kept."""
    x = y = Variable(np.array(0.5))
    for _ in range(LENGTH):
        y = Sin()(y)
    y.backward()
    return x.grad


def million_by_hand() -> Array:
    """The derivative of (exp(x²))² at a million points."""
    x = FLOATS
    a = x * x
    b = exp(a)
    y = b * b
    gy = np.ones_like(y)
    gb = gy * (2 * b)
    ga = gb * b
    return multiply(ga, 2 * x)


def million() -> Array | None:
    """The same by the kernel, the leaf's gradient kept."""
    x = Variable(FLOATS)
    Square()(Exp()(Square()(x))).backward(retain_grad=False)
    return x.grad


@dataclass(frozen=True)
class Work:
    """One computation in both ways, and how often to repeat it."""

    name: str
    by_hand: Callable[[], Array]
    by_kernel: Callable[[], Array | None]
    target: float  # how many times the floor's time the kernel may take
    rounds: int
    calls: int  # in each round


WORKS = (
    Work("the notes' gradient, 0-d", notes_by_hand, notes, 2.6, 300, 100),
    Work("chain of 1,000 sin, 0-d", chain_by_hand, chain, 2.3, 150, 1),
    Work("square-exp-square, 1e6", million_by_hand, million, 1.15, 25, 1),
)


def seconds(f: Callable[[], object], calls: int) -> float:
    """The mean time of `calls` calls in a row."""
    start = perf_counter()
    for _ in range(calls):
        f()
    return (perf_counter() - start) / calls


def best(work: Work) -> tuple[float, float]:
    """The best time of the floor and of the kernel, measured in turn."""
    floor = kernel = inf
    for _ in range(work.rounds):
        floor = min(floor, seconds(work.by_hand, work.calls))
        kernel = min(kernel, seconds(work.by_kernel, work.calls))
    return floor, kernel


def main(works: tuple[Work, ...] = WORKS) -> None:
    """Measure and print the table."""
    print(f"{'microseconds':26}{'by hand':>11}{'kernel':>11}{'ratio':>8}{'target':>8}")
    for work in works:
        floor, kernel = best(work)
        ratio = kernel / floor
        verdict = "" if ratio <= work.target else "  missed"
        print(
            f"{work.name:26}{floor * 1e6:11.2f}{kernel * 1e6:11.2f}"
            f"{ratio:8.2f}{work.target:8.2f}{verdict}"
        )


if __name__ == "__main__":
    main()
