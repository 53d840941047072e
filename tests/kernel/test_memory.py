"""No gradient shares memory with another array, whatever a rule returns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from typing_extensions import override

from backprop import Add, Array, BinaryFunction, Function, NaryFunction, Variable
from tests.helpers import grad, leaf


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
