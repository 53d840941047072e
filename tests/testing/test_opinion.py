"""The second opinion: a forward on Variables. It suspects, and the judge convicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from typing_extensions import override

from backprop import Array, BinaryFunction, Function, Interval, Sin, Variable
from backprop.ground.domain import REALS
from backprop.testing import GradientMismatch, check_gradient, verify_rule
from backprop.testing.rules import Rule, pair, rule_of, with_vjp
from backprop.testing.screening.opinion import differing, heard
from backprop.testing.screening.suspects import convicted


class Doubled(Function):
    """2 x, by a loop over the first axis that forgets its last row of many."""

    @override
    def forward(self, x: Array) -> Array:
        return 2.0 * x

    @override
    def backward(self, gy: Array) -> Array:
        gx = 2.0 * gy
        if gx.ndim == 2 and len(gx) > 3:
            gx[-1] = 0.0
        return gx


class Product(BinaryFunction):
    """A product, right but for what broadcasting does."""

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return a * b

    @override
    def backward(self, gy: Array) -> tuple[Array, Array]:
        return gy * self.b, gy * self.a


def rng() -> np.random.Generator:
    """The same numbers every time."""
    return np.random.default_rng(1)


def of(rule: Rule, dtype: str = "float64") -> Any:
    """What the judge says of its suspects."""
    return convicted(differing(rule, dtype, 60, rng()))


def test_a_rule_is_suspected_where_its_forward_says_otherwise() -> None:
    """In shapes that few examples have."""
    rule = rule_of(Doubled)

    assert heard(rule)
    assert "Doubled: backward is wrong" in str(of(rule))
    assert of(with_vjp(rule, lambda xs, gy: (2.0 * gy,))) is None


def test_a_pair_is_heard_too() -> None:
    """Its forward is NumPy code as it stands; the report says who was asked."""
    report = verify_rule(np.tanh, lambda x, gy: gy * (1 - np.tanh(x) ** 2), examples=6, seed=1)
    assert report.opinions == ("central differences", "the forward on Variables")
    assert of(pair(np.tanh, lambda x, gy: gy * 0.5, REALS, None), "float32") is not None


def test_where_there_is_no_second_opinion_nobody_is_suspected() -> None:
    """A forward that wants arrays, a callable on Variables, one that cuts the graph."""

    def by_elements(x: Array) -> Array:
        return np.array([float(v) ** 2 for v in x.reshape(-1)]).reshape(x.shape)

    for rule in (
        pair(by_elements, lambda x, gy: gy, REALS, (((3,),),)),
        pair(lambda x: np.asarray(x.shape, float), lambda x, gy: 0 * x, REALS, (((3,),),)),
        rule_of(lambda v: v * v),
    ):
        assert not heard(rule)
        assert list(differing(rule, "float64", 12, rng())) == []
    report = verify_rule(
        lambda x: np.asarray([v * v for v in x.tolist()], x.dtype),
        lambda x, gy: 2 * x * gy,
        shapes=[(3,)],
        examples=6,
        seed=1,
    )
    assert report.opinions == ("central differences",)


def test_a_difference_that_is_right_is_acquitted() -> None:
    """At a kink another slope is as good; and what cannot be compared is left to the search."""

    def relu(x: Array) -> Array:
        return np.maximum(x, 0.0)

    right = pair(relu, lambda x, gy: gy * (x >= 0), Interval(-8.0, 8.0), None)
    assert list(differing(right, "float64", 60, rng()))
    assert of(right) is None
    misfit = pair(relu, lambda x, gy: np.zeros((7, 9)), REALS, (((3,),),))
    assert of(misfit) is None

    def raises(x: Array, gy: Array) -> Array:
        raise ZeroDivisionError

    assert of(pair(relu, raises, REALS, (((3,),),))) is None
    assert of(rule_of(Product, shapes=[((2, 3), (2, 3))])) is None


def test_an_instance_that_was_called_already_has_no_second_opinion() -> None:
    """It is a node of a graph, and a graph is not copied."""
    called = Doubled()
    called(Variable(np.ones(2)))

    assert rule_of(called).second is None
    assert not heard(rule_of(called))


def test_where_the_forward_is_inexact_verified_rules_acquit() -> None:
    """Far out x - sin(x) has no digits of its slope, in the widest dtype; 1 - cos(x) is right."""
    far = np.array([1.0e13 / 7], np.longdouble)
    check_gradient(lambda x: x - np.sin(x), far, vjp=lambda x, gy: gy * (1 - np.cos(x)))
    with pytest.raises(GradientMismatch, match="backward is wrong"):
        check_gradient(lambda x: x - np.sin(x), far, vjp=lambda x, gy: gy * (1 + np.cos(x)))


def test_code_that_is_wrong_at_a_single_point_acquits_nobody() -> None:
    """Where a forward has a branch for x = 0 alone, its derivative as a program is 0 there."""

    def exprel(x: Array) -> Array:
        return np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x))

    def vjp(x: Array, gy: Array) -> Array:
        s = np.where(x == 0, 1.0, x)
        return gy * np.where(x == 0, 0.0, (np.exp(s) * s - np.expm1(s)) / s**2)

    with pytest.raises(GradientMismatch, match=r"at index \(0,\), x = 0"):
        check_gradient(exprel, np.array([0.0]), vjp=vjp)


def test_a_forward_that_calls_another_unverified_rule_has_no_second_opinion() -> None:
    """That may be wrong as well: neither suspects the other."""
    calls: Any = Doubled()
    assert not heard(pair(calls, lambda x, gy: 2 * gy, REALS, None))
    assert not heard(rule_of(Sin))
    assert heard(pair(np.sin, lambda x, gy: gy * np.cos(x), REALS, None))
