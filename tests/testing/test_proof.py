"""The proof of a verification: the faults that its examples reject, and the smallest error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backprop import Array, Multiply, Square, Variable
from backprop.ground.domain import REALS
from backprop.testing import proof
from backprop.testing.budget import Budget
from backprop.testing.examples import Example, examine, finding
from backprop.testing.laws.faults import planted, scaled
from backprop.testing.proof import smallest_seen, verdicts
from backprop.testing.rules import Arrays, Rule, pair, rule_of, with_vjp

SQUARE = rule_of(Square)
X = np.array([1.5, -2.0, 6.0])
KINKED = pair(abs, lambda x, gy: gy * np.sign(x), REALS, None)


def example_of(rule: Rule, *xs: Any, gys: tuple[Array, ...] | None = None) -> Example:
    """The rule at a point."""
    return examine(rule, tuple(map(np.asarray, xs)), np.random.default_rng(1), gys)


def test_all_faults_of_a_generic_example_show_and_are_rejected() -> None:
    """But for those of operands and axes that it has not."""
    gys = np.ones(3), np.array([1.0, -2.0, 0.5])
    found = [example_of(SQUARE, x, gys=gys) for x in (X, 2 * X)]

    seen = verdicts((SQUARE,), found)

    assert all(seen.values())
    assert planted(SQUARE).keys() - seen.keys() == {
        "operands swapped",
        "only the first operand",
        "transposed",
        "not summed over a broadcast axis",
        "averaged over a broadcast axis",
        "wrong for a cotangent of stride 0",
    }


def test_a_fault_that_does_not_show_is_not_counted() -> None:
    """Of a gradient of 0 no factor shows."""
    seen = verdicts((SQUARE,), [example_of(SQUARE, 0.0)])

    assert "offset" in seen
    assert not {"sign", "factor 2", "clipped", "wrong for x > 0"} & seen.keys()


def test_one_example_that_rejects_a_fault_is_enough() -> None:
    """Of several rules each has its own faults."""
    found = [example_of(SQUARE, 0.0), example_of(KINKED, 3.0)]

    seen = verdicts((SQUARE, KINKED), found)

    assert seen["sign"]
    assert seen["factor 1 + 1e-9"]
    assert "wrong for x < 0" not in seen


def test_examples_of_second_order_prove_nothing_of_the_rule() -> None:
    """Only those of first order are tried."""
    second = replace(SQUARE, order=2)

    assert verdicts((SQUARE, second), [example_of(second, X)]) == {}
    assert smallest_seen([example_of(second, X)]) == np.inf


def test_a_fault_that_a_kink_hides_is_tried_elsewhere() -> None:
    """Of |x| at 0 any slope from -1 to 1 is right; ordinary inputs reject the wrong sign."""
    rule = with_vjp(KINKED, lambda xs, gy: (np.where(xs[0] < 0, -gy, gy),))
    hidden = example_of(rule, 0.0)

    assert finding(planted(rule)["sign"], hidden) is None
    assert verdicts((rule,), [hidden])["sign"]


def test_a_fault_that_nothing_rejects_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named in the report."""
    monkeypatch.setattr(proof, "rejects", lambda rule, example: False)
    monkeypatch.setattr(proof, "convicted", lambda suspects: None)
    monkeypatch.setattr(proof, "_TRIES", 1)

    assert not any(verdicts((SQUARE,), [example_of(SQUARE, X)]).values())


def test_elsewhere_is_at_ordinary_inputs_of_every_small_shape() -> None:
    """Of each rule in turn: a fault that shows in the last one is seen."""
    shapes = [(7,), (2, 3), ()]
    rule = rule_of(Square, shapes=shapes)

    def only_tables(xs: Arrays, gy: Array) -> Any:
        return (2 * xs[0] * gy * (1.5 if xs[0].ndim == 2 else 1.0),)

    assert proof._seen_elsewhere([(SQUARE, SQUARE), (rule, with_vjp(rule, only_tables))])
    assert not proof._seen_elsewhere([(rule, with_vjp(rule, rule.vjp))])


def test_elsewhere_is_in_the_dtypes_that_were_tried() -> None:
    """A function may refuse a wider one."""

    def narrow(x: Variable) -> Variable:
        if x.dtype == np.float64:
            raise ValueError("float32 only")
        return x * x

    rule = rule_of(narrow, shapes=[(2,)])
    found = examine(rule, (np.ones(2, np.float32),), np.random.default_rng(0))

    assert proof._tried([found]) == ["float32"]
    assert not proof._seen_elsewhere([(rule, rule)], ["float32"])


def test_one_element_among_many_is_seen_along_directions() -> None:
    """Where there is no small shape, no ordinary input is tried one element at a time."""
    rule = rule_of(Square, shapes=[(300,)])
    inside = planted(rule)["wrong for the element in the middle"]

    assert not proof._seen_elsewhere([(rule, inside)])
    assert proof._seen_along([(rule, inside)], "float64")
    assert not proof._seen_along([(rule, rule)], "float64")


def test_no_fault_is_begun_when_the_time_is_up() -> None:
    """But for some, or the report would say nothing."""
    spent = Budget(1e-9)

    seen = verdicts((SQUARE,), [example_of(SQUARE, X)], budget=spent)

    tried = [name for name, verdict in seen.items() if verdict is not None]
    assert len(tried) == proof._ENOUGH + 1
    assert len(seen) > 2 * len(tried)
    hidden = verdicts((SQUARE,), [example_of(SQUARE, 0.0)], budget=spent)
    assert hidden["sign"] is None


def test_of_a_forward_that_is_exact_to_so_much_smaller_faults_are_not_planted() -> None:
    """It is said that they cannot be seen."""
    rule = replace(SQUARE, precision=1e-6)
    example = example_of(rule, X)

    assert "factor 1 + 1e-9" not in verdicts((rule,), [example], least=1e-5)
    assert "factor 1 + 1e-3" in verdicts((rule,), [example], least=1e-5)


def test_the_smallest_error_is_the_first_doubling_that_is_rejected() -> None:
    """From twice what would be seen on; half of it is accepted, if that is not the first."""
    example = example_of(SQUARE, X)

    least = smallest_seen([example])
    doublings = np.log2(least / example.detectable)

    assert least < 1e-9
    assert doublings == round(doublings) >= 1
    assert finding(scaled(SQUARE, 1 + least), example) is not None
    assert doublings == 1 or finding(scaled(SQUARE, 1 + least / 2), example) is None


def test_the_gradient_is_scaled_by_one_and_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which doubles as long as none is rejected."""
    tried: list[float] = []

    def spied(rule: Rule, by: float) -> Rule:
        tried.append(by)
        return rule

    monkeypatch.setattr(proof, "scaled", spied)
    smallest_seen([replace(example_of(SQUARE, X), detectable=0.125)])

    assert tried == [1.25, 1.5]


def test_any_of_the_best_three_examples_may_reject_it() -> None:
    """The first says where to begin."""
    flat = replace(example_of(SQUARE, 0.0), detectable=2.0**-20)

    assert smallest_seen([flat]) == np.inf
    assert smallest_seen([flat, flat, example_of(SQUARE, X)]) == 2.0**-19


@pytest.mark.parametrize("detectable", [0.5, 0.75, np.inf])
def test_an_error_as_large_as_the_gradient_is_not_small(detectable: float) -> None:
    """Then there is no smallest."""
    assert smallest_seen([replace(example_of(SQUARE, X), detectable=detectable)]) == np.inf


def test_without_examples_nothing_is_seen() -> None:
    """There is no smallest error."""
    assert smallest_seen([]) == np.inf


def writing(to: str) -> Callable[[Arrays, Array], Any]:
    """The gradient of a square that writes into what it is given."""

    def vjp(xs: Arrays, gy: Array) -> Any:
        gx = 2 * xs[0] * gy
        (xs[0] if to == "x" else gy)[...] = 7.0
        return (gx,)

    return vjp


@pytest.mark.parametrize(
    ("vjp", "differs"),
    [
        pytest.param(SQUARE.vjp, False, id="right"),
        pytest.param(lambda xs, gy: (2 * xs[0] * gy * (1 + 1e-15),), False, id="rounding"),
        pytest.param(lambda xs, gy: (2 * xs[0] * gy * (1 + 1e-13),), True, id="more"),
        pytest.param(lambda xs, gy: (2 * xs[0] * gy, gy), True, id="one too many"),
        pytest.param(lambda xs, gy: (), True, id="none"),
        pytest.param(writing("x"), True, id="writes into the input"),
        pytest.param(writing("gy"), True, id="writes into the cotangent"),
    ],
)
def test_a_fault_shows_if_the_gradient_or_an_argument_is_another(
    vjp: Callable[[Arrays, Array], Any], differs: bool
) -> None:
    """Afterwards; the example keeps its own."""
    example = example_of(SQUARE, X)
    gxs = proof._gradients(SQUARE, example)
    xs, gy = X.tolist(), example.gys[1].tolist()

    assert proof._differs(with_vjp(SQUARE, vjp), example, gxs) is differs
    assert (example.point.xs[0].tolist(), example.gys[1].tolist()) == (xs, gy)


def test_one_gradient_that_differs_is_enough() -> None:
    """Of the second input, too."""
    rule = rule_of(Multiply)
    example = example_of(rule, X, X + 1)
    second = with_vjp(rule, lambda xs, gy: (gy * xs[1], gy * xs[0] * 1.001))

    assert proof._differs(second, example, proof._gradients(rule, example))


EPS = float(np.finfo(np.float64).eps)


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        ([0.0, 0.0], [0.0, 0.0], True),
        ([1.0, -8.0], [1.0, -8.0 + 500 * EPS], True),
        ([1.0, -8.0], [1.0, -8.0 + 520 * EPS], False),
        ([1.0, 8.0], [1.0 + 520 * EPS, 8.0], False),
        ([0.125], [0.125 + 9 * EPS], False),
        ([1.0, np.inf], [1.0, 3.0], True),
        ([1.0, np.nan], [1.0 + 66 * EPS, np.nan], False),
        ([1.0, 2.0], [1.0, np.nan], False),
        ([1.0], [[1.0]], False),
        ([1.0], np.array([1.0], np.float32), False),
    ],
)
def test_gradients_are_alike_to_64_roundings_of_the_largest(a: Any, b: Any, alike: bool) -> None:
    """Where the right one is finite; of one shape and dtype."""
    with np.errstate(invalid="ignore"):
        assert proof._alike(np.asarray(a), np.asarray(b)) is alike
