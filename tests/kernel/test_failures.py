"""A rule that raises leaves no trace: no call, no gradient."""

from __future__ import annotations

import numpy as np
import pytest
from typing_extensions import override

from backprop import Array, BinaryFunction, Exp, Function, NaryFunction
from tests.helpers import Total, grads, leaf


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
