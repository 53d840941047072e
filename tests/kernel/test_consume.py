"""Rules that write into a cotangent which nobody else holds: faster, and never seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop.numpy as bp
from backprop import Array, Chain, Exp, Function, Square, Variable, grad
from backprop.functions.elementwise.arithmetic import Multiply
from backprop.ground.compat import override
from backprop.testing.laws import laws
from backprop.testing.rules import rule_of

LARGE = np.linspace(0.1, 0.9, 100)


def _consuming() -> list[type[Function]]:
    open_, found = [Function], []
    while open_:
        cls: Any = open_.pop()
        open_ += cls.__subclasses__()
        abstract = bool(cls.__subclasses__()) or cls is Chain  # which is made of others
        if cls.consumes and not abstract and cls.__module__.startswith("backprop.functions"):
            found.append(cls)
    return sorted(found, key=lambda cls: cls.__name__)


@pytest.mark.parametrize("rule", _consuming(), ids=lambda rule: rule.__name__)
def test_consume_gives_what_backward_gives(rule: Any) -> None:
    """To the last bit, also where the derivative is not finite."""
    try:
        f = rule()
    except TypeError:
        f = rule(1)  # an order, or a period
    x = np.concatenate([LARGE, [-1.0, 0.0, 1.0, np.inf, np.nan]])
    with np.errstate(all="ignore"):
        y = f(Variable(x))
        gy = np.tile([1.0, 0.0, -3.0], 35)
        due = f.backward(gy)
        lent, kept = gy.copy(), (f.x.copy(), f.y.copy())
        found = f.consume(lent)
    assert np.array_equal(found, due, equal_nan=True)
    assert np.array_equal(f.x, kept[0], equal_nan=True)
    assert np.array_equal(y.data, kept[1], equal_nan=True)


def test_a_product_writes_into_its_cotangent_once() -> None:
    """Of two operands one, and the one that is asked for."""
    a, b = Variable(LARGE), Variable(LARGE[::-1].copy())
    for f, wanted in ((Multiply(), (a, b)), (Multiply(), (a, b.data)), (Multiply(), (a.data, b))):
        f(*wanted)
        gy = np.full(100, 2.0)
        due = f.backward(gy)
        found = f.consume(gy)
        assert [g is None for g in found] == [g is None for g in due]
        assert sum(g is gy for g in found) == 1
        for g, h in zip(found, due, strict=True):
            assert g is None or (h is not None and np.array_equal(g, h))


def test_nothing_of_the_users_is_written_into() -> None:
    """Neither data, nor the seed, nor a gradient that was given out."""
    x, seed = Variable(LARGE.copy()), np.full(100, 3.0)
    y = bp.sin(bp.exp(Square()(x) * x))
    y.grad = seed
    kept = y.grad
    y.backward(retain_grad=False)
    first = x.grad
    assert first is not None
    copy = first.copy()
    assert np.array_equal(x.data, LARGE)
    assert (kept is y.grad, y.grad.tolist(), seed.tolist()) == (True, [3.0] * 100, [3.0] * 100)
    y.backward(retain_grad=False)
    assert np.array_equal(first, copy)
    assert x.grad is not first


def test_a_cotangent_that_two_take_is_written_into_by_neither() -> None:
    """A sum hands one array to both of its operands."""
    weights = np.arange(100.0)

    def f(x: Variable) -> Variable:
        return ((bp.exp(x) + bp.sin(x)) * weights).sum()

    assert np.allclose(grad(f)(LARGE), (np.exp(LARGE) + np.cos(LARGE)) * weights, rtol=1e-14)


def test_a_class_that_writes_its_own_backward_does_not_inherit_consume() -> None:
    """It would be the gradient of another rule."""

    class Thrice(Exp, fresh=True):
        __slots__ = ()

        @override
        def backward(self, gy: Array) -> Array:
            return gy * self.y * 3.0

    assert Exp.consumes
    assert not Thrice.consumes
    slope = grad(lambda x: Thrice()(Square()(x)).sum())(LARGE)
    assert np.allclose(slope, 3.0 * np.exp(LARGE**2) * 2.0 * LARGE, rtol=1e-14)


def test_the_verifier_compares_consume_with_backward() -> None:
    """Another gradient, and writing into what is kept, are findings."""

    class Another(Exp, fresh=True):
        __slots__ = ()

        @override
        def consume(self, gy: Array) -> Array:
            return gy

    class Writing(Exp, fresh=True):
        __slots__ = ()

        @override
        def consume(self, gy: Array) -> Array:
            np.multiply(gy, self.y, out=self.y)
            return self.y.copy()

    x, gy = np.array([1.0, 2.0]), np.ones(2)
    assert laws.promise_kept(rule_of(Exp()), (x,), gy) is None
    found = laws.promise_kept(rule_of(Another()), (x,), gy)
    assert found == "Another.consume gives another gradient than backward"
    found = laws.promise_kept(rule_of(Writing()), (x,), gy)
    assert found == "Writing.consume writes into an array that is kept"
