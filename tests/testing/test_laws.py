"""The laws, each against a small rule that breaks it and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
from typing_extensions import override

from backprop import Array, BinaryFunction, Function, Multiply, Square
from backprop.ground.domain import POSITIVE, REALS, Interval
from backprop.testing import GradientMismatch, check_gradient, verify_rule
from backprop.testing.examples import examine, finding
from backprop.testing.judging.measuring import gradient_spread
from backprop.testing.laws import laws, layout
from backprop.testing.laws.faults import planted
from backprop.testing.rules import Arrays, Rule, rule_of, with_vjp

X = np.array([1.0, 2.0])


class Triple(Function):
    """3x, whose pullback writes into what it is given."""

    def forward(self, x: Array) -> Array:
        return 3 * x

    def backward(self, gy: Array) -> Array:
        gy *= 3
        return gy


class WritesInput(Triple):
    def backward(self, gy: Array) -> Array:
        self.x[...] = 0
        return gy * 3


class FreshTriple(Triple, fresh=True):
    """It says that it writes nowhere."""


class KeepsSlope(Triple, fresh=True):
    def __init__(self) -> None:
        self.slope: Array = np.zeros(0)

    def backward(self, gy: Array) -> Array:
        self.slope = np.asarray(gy * 3)
        return self.slope


class KeepsTangent(Triple, fresh=True):
    def __init__(self) -> None:
        self.slope: Array = np.zeros(0)

    def backward(self, gy: Array) -> Array:
        return gy * 3

    def jvp(self, tx: Array) -> Array:
        self.slope = np.asarray(tx * 3)
        return self.slope


class GivesInput(Function, fresh=True):
    """x²/2, whose gradient for a cotangent of ones is x itself."""

    def forward(self, x: Array) -> Array:
        return x * x / 2

    def backward(self, gy: Array) -> Array:
        return self.x if (gy == 1).all() else gy * self.x


class GivesOneTwice(BinaryFunction, fresh=True):
    def forward(self, a: Array, b: Array) -> Array:
        return 2 * (a + b)

    def backward(self, gy: Array) -> tuple[Array, Array]:
        g = gy * 2
        return g, g


@pytest.mark.parametrize("rule", [Triple, WritesInput, FreshTriple])
def test_a_rule_that_writes_into_what_it_is_lent_is_a_mismatch(rule: type[Function]) -> None:
    """Whether the law sees the change, or the kernel lends arrays that are read-only."""
    with pytest.raises(GradientMismatch, match="backward writes into"):
        check_gradient(rule, X)


def test_a_plain_pair_that_writes_is_a_mismatch() -> None:
    """Into the cotangent, or into its input."""

    def overwrite(x: Any, gy: Any) -> Any:
        x *= 2
        return gy * 3

    def scale(x: Any, gy: Any) -> Any:
        gy *= 3
        return gy.copy()

    for vjp in (overwrite, scale):
        with pytest.raises(GradientMismatch, match="backward writes into"):
            verify_rule(lambda x: x * 3, vjp, examples=5, seed=1)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (KeepsSlope, "backward gives an array that is kept"),
        (KeepsTangent, "jvp gives an array that is kept"),
        (GivesInput, "backward gives an array that is kept"),
    ],
)
def test_a_rule_that_says_fresh_and_keeps_an_array_is_a_mismatch(
    rule: type[Function], says: str
) -> None:
    """Its result would change under whoever has it."""
    with pytest.raises(GradientMismatch, match=says):
        check_gradient(rule, X, gy=np.ones(2))


def test_a_rule_that_gives_one_new_array_twice_is_a_mismatch() -> None:
    """Two gradients would be one."""
    with pytest.raises(GradientMismatch, match="backward gives one new array twice"):
        check_gradient(GivesOneTwice, X, X)


BUFFER = np.zeros(2)
CALLS: list[int] = []


def _buffered(x: Any, gy: Any) -> Any:
    target = BUFFER if x.shape == BUFFER.shape and x.dtype == BUFFER.dtype else np.zeros_like(x)
    return np.multiply(gy, 2 * x, out=target)


def _counting(x: Any, gy: Any) -> Any:
    CALLS.append(1)
    return gy * (3 + 1e-3 * len(CALLS))


BROKEN: dict[str, Any] = {
    "has shape": lambda x, gy: (gy * 3).sum(),
    "has dtype": lambda x, gy: (gy * 3).astype(np.float32),
    "shares memory with an argument": lambda x, gy: x,
    "a second call wrote into the gradient": _buffered,
    "another gradient the second time": _counting,
    "not linear in gy": lambda x, gy: 3 * gy + 1,
}


@pytest.mark.parametrize("law", BROKEN)
def test_a_pair_that_breaks_one_law_is_told_which(law: str) -> None:
    """Each law is the one that says it: without it, another or none would."""
    with pytest.raises(GradientMismatch, match=law):
        check_gradient(lambda x: x * x, X, vjp=BROKEN[law], gy=np.array([1.0, -2.0]))


def test_every_planted_fault_is_rejected_at_one_point() -> None:
    """None is harmless: of a product that broadcasts and of a sine, each is seen at once."""
    wide, row = np.array([[6.0, -7.0, 0.5], [1.5, -2.0, 3.0]]), np.array([[2.0, -1.0, 0.3]])
    square = np.array([[6.0, -7.0], [0.5, 1.5]])
    seen = set[str]()
    with np.errstate(all="ignore"):
        for rule, xs in ((rule_of(Multiply), (wide, row)), (rule_of(Square), (square,))):
            example = examine(rule, xs, np.random.default_rng(1))
            seen |= {n for n, bad in planted(rule).items() if finding(bad, example) is not None}
    assert seen == set(planted(rule_of(Square)))


# -- The parts of the laws, by themselves ----------------------------------------------------------

EPS = float(np.finfo(np.float64).eps)
LEAST = float(np.finfo(np.float64).smallest_normal)
MOST = float(np.finfo(np.float64).max)
SQUARE = rule_of(Square)


def wrong_for(at: Callable[[Array], Any]) -> Rule:
    """The rule of a square, whose gradient is wrong for those cotangents."""
    return with_vjp(SQUARE, lambda xs, gy: (2 * xs[0] * gy + (1.0 if at(gy) else 0.0),))


@pytest.mark.parametrize(
    ("c", "at"),
    [
        ("0", lambda gy: (gy == 0).all()),
        ("-1", lambda gy: (gy == [-1.0, 2.0]).all()),
        ("4", lambda gy: (gy > 2).any()),
        ("0.125", lambda gy: 0 < abs(gy).max() < 1),
    ],
)
def test_a_pullback_is_linear_at_every_multiple(c: str, at: Callable[[Array], Any]) -> None:
    """For 0, -1, a power of two above 1 and one below: each is tried, and named."""
    said = laws.homogeneous(wrong_for(at), (X,), np.array([1.0, -2.0]))

    assert said == f"backward is not linear in gy: input 0, {c} * gy"
    assert laws.homogeneous(SQUARE, (X,), np.array([1.0, -2.0])) is None


def test_multiples_are_exact_in_every_dtype() -> None:
    """So the cotangents are the same numbers with other exponents."""
    asked: list[list[float]] = []

    def vjp(xs: Arrays, gy: Array) -> Any:
        asked.append(gy.tolist())
        return (2 * xs[0] * gy,)

    laws.homogeneous(with_vjp(SQUARE, vjp), (X,), np.array([1.0, -3.0]))

    assert asked == [[c, -3 * c] for c in (1.0, 0.0, -1.0, 4.0, 0.125, 2.0**40, 2.0**-40)]


@pytest.mark.parametrize(
    ("gx", "cgx", "c", "holds"),
    [
        pytest.param([1.0, 2.0], [-1.0, -2.0], -1.0, True, id="so it is"),
        pytest.param([1.0, 2.0], [-1.0, -2.1], -1.0, False, id="so it is not"),
        pytest.param([1.0, 8.0], [4.0 + 2000 * EPS, 32.0], 4.0, True, id="64 roundings"),
        pytest.param([1.0, 8.0], [4.0 + 2100 * EPS, 32.0], 4.0, False, id="more"),
        pytest.param([1.0, 8.0], [0.0, 0.0], 0.0, True, id="nothing of nothing"),
        pytest.param([1.0, 8.0], [0.0, 1e-300], 0.0, False, id="something of nothing"),
        pytest.param([np.inf, 8.0], [np.nan, 0.0], 0.0, True, id="beside what overflowed"),
        pytest.param([np.inf, 8.0], [np.nan, 1.0], 0.0, False, id="wrong beside it"),
        pytest.param([MOST / 2, 8.0], [np.inf, 32.0], 4.0, True, id="it overflows"),
        pytest.param([MOST / 8, 8.0], [np.inf, 32.0], 4.0, True, id="a sum inside does"),
        pytest.param([MOST / 8, 8.0], [np.inf, -8.0], -1.0, False, id="nothing grew"),
        pytest.param([LEAST * 1000], [0.0], -1.0, True, id="it may underflow"),
        pytest.param([LEAST * 1100], [0.0], -1.0, False, id="not from so far"),
        pytest.param([LEAST * 8000], [0.0], 0.125, True, id="it does underflow"),
        pytest.param([LEAST * 9000], [0.0], 0.125, False, id="nor from there"),
    ],
)
def test_what_is_proportional_is_so_to_some_roundings(
    gx: list[float], cgx: list[float], c: float, holds: bool
) -> None:
    """Of the largest, wherever none is near the ends of the range of the dtype."""
    with np.errstate(all="ignore"):
        assert laws._proportional(np.array(gx), np.array(cgx), c) is holds


def heeding(part: float, way: str) -> Rule:
    """A rule that is off by this part for arrays that are laid out so."""

    def vjp(xs: Arrays, gy: Array) -> Any:
        rows, columns = xs[0].flags.c_contiguous, xs[0].flags.f_contiguous
        here = {"Fortran": columns and not rows, "strided": not rows and not columns}[way]
        return (2 * xs[0] * gy * (1 + (part if here else 0.0)),)

    return with_vjp(SQUARE, vjp)


TABLE = np.arange(1.0, 7.0).reshape(2, 3)


@pytest.mark.parametrize("way", ["Fortran", "strided"])
def test_half_the_digits_may_depend_on_the_memory_layout(way: str) -> None:
    """No more, and of several rules as many as some roundings cost."""
    few, many = heeding(0.9 * EPS**0.5, way), heeding(1.1 * EPS**0.5, way)
    says = "the gradient of input 0 depends on the memory layout"
    gys = [np.full((2, 3), 1.0 + k) for k in range(8)]  # for some layouts are tried in turn

    assert [layout.layout_free(few, (TABLE,), gy) for gy in gys] == [None] * 8
    assert says in [layout.layout_free(many, (TABLE,), gy) for gy in gys]
    composed = replace(many, composed=True)
    assert says in [layout.layout_free(composed, (TABLE,), gy) for gy in gys]


def test_what_rounding_moves_as_far_does_not_depend_on_the_layout() -> None:
    """Large terms cancel in it."""

    def vjp(xs: Arrays, gy: Array) -> Any:
        lost = (xs[0] - TABLE) / EPS
        return (2 * xs[0] * gy + lost + (0.0 if xs[0].flags.c_contiguous else 1.0),)

    rule = with_vjp(SQUARE, vjp)

    assert layout.layout_free(rule, (TABLE,), np.ones((2, 3))) is None


def test_roundings_may_move_a_gradient_64_times_as_far() -> None:
    """As they are tried; one element that is further off is enough."""
    gy = np.ones((2, 3))
    most = 64 * gradient_spread(SQUARE, (TABLE,), gy, 0).reshape(2, 3)
    further = most.copy()
    further[1, 2] *= 1.001

    assert layout._rounding(SQUARE, (TABLE,), gy, 0, most)
    assert not layout._rounding(SQUARE, (TABLE,), gy, 0, further)


def test_a_gradient_of_0_has_no_layout() -> None:
    """It is the same in any."""
    assert layout.layout_free(SQUARE, (0 * TABLE,), np.ones((2, 3))) is None


def test_a_gradient_of_infinities_has_no_layout() -> None:
    """Where it is not finite nothing is compared."""
    rule = with_vjp(SQUARE, lambda xs, gy: (np.where(TABLE > 2, np.inf, xs[0]) * gy,))

    with np.errstate(all="ignore"):
        assert layout.layout_free(rule, (TABLE,), np.ones((2, 3))) is None


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4)])
def test_other_layouts_are_of_the_same_numbers(shape: tuple[int, ...]) -> None:
    """In Fortran order, or in every other place."""
    x: Array = np.arange(float(np.prod(shape))).reshape(shape).astype(np.float32)

    for arranged in (layout._fortran(x), layout._strided(x)):
        np.testing.assert_array_equal(arranged, x, strict=True)
    assert layout._fortran(x).flags.f_contiguous
    if shape:
        assert layout._strided(x).strides[-1] == 8
        assert not layout._strided(x).flags.c_contiguous


ON = 0.75 + 2.0**-10


@pytest.mark.parametrize(
    ("domain", "other"),
    [
        pytest.param(REALS, [-3.5, -2.0, -1.25], id="on the other side"),
        pytest.param(POSITIVE, [4 * ON, 2 * ON, ON], id="further down"),
        pytest.param(Interval(0.0, 10.0), [4.0, 5.5, 6.25], id="at the other end"),
        pytest.param(Interval(0.9, 4.1), [4 * ON, 1.75, 2.5], id="each as it can"),
        pytest.param(Interval(-3.5, np.inf), [4 * ON, -2.0, -1.25], id="not on the edge"),
        pytest.param(Interval(-np.inf, 4 * ON), [-3.5, -2.0, -1.25], id="a high end"),
        pytest.param(REALS.without(-3.5, -2.0), [4 * ON, 2 * ON, -1.25], id="nor in a hole"),
    ],
)
def test_other_inputs_are_in_the_other_order_and_inside_the_domain(
    domain: Interval, other: list[float]
) -> None:
    """Where it has others; of the same dtype."""
    found = laws._other(np.array([1.0, 2.0, 4.0], np.float32), domain)

    assert found.tolist() == other
    assert found.dtype == np.float32


def test_where_a_domain_has_no_other_inputs_they_are_turned_round() -> None:
    """In each place is another of them."""
    x = np.array([[4.0, 4.05], [4.02, 4.01]])

    found = laws._other(x, Interval(3.9, 4.1))

    assert found.tolist() == [[4.01, 4.02], [4.05, 4.0]]


def test_the_answer_must_not_depend_on_the_call_before() -> None:
    """With other inputs, at which a rule may raise."""
    given: list[list[float]] = []

    def vjp(xs: Arrays, gy: Array) -> Any:
        given.append(xs[0].tolist())
        if len(given) == 2:
            raise ValueError("not there")
        return (2 * xs[0] * gy,)

    assert laws.deterministic(with_vjp(SQUARE, vjp), (X,), np.ones(2)) is None
    assert given == [[1.0, 2.0], [-2.0, -1.25], [1.0, 2.0]]


def test_gradients_fit_their_inputs_one_by_one() -> None:
    """In number, shape and dtype; the first that does not is named."""
    rule = rule_of(Multiply)
    xs, gy = (X, X), np.ones(2)
    said = [
        laws.gradients_fit(with_vjp(rule, lambda xs, gy, gxs=gxs: gxs), xs, gy)  # type: ignore[misc]
        for gxs in ((X,), (X, X[:1]), (X, X.astype(np.float32)), (X, X))
    ]

    assert said == [
        "returned 1 gradients for 2 inputs",
        "the gradient of input 1 has shape (1,), the input has (2,)",
        "the gradient of input 1 has dtype float32, the input has float64",
        None,
    ]


def test_memory_is_apart_from_inputs_cotangent_and_other_gradients() -> None:
    """A gradient that shares it is named; of a pair, that with the cotangent is advice."""
    rule, gy, new = rule_of(Multiply), np.ones(2), np.ones(2)
    a, b = X.copy(), X.copy()
    pair = with_vjp(rule, lambda xs, gy: (gy, new))
    assert laws.memory_apart(pair, (a, b), gy) is None
    assert "shares memory with the cotangent" in str(laws.advice(pair, (a, b), gy))
    assert laws.advice(rule, (a, b), gy) is None
    for gxs, i in (((a, new), 0), ((new, b[::-1]), 1), ((gy, new), 0), ((new, new[:]), 1)):
        shared = with_vjp(rule, lambda xs, gy, gxs=gxs: gxs)  # type: ignore[misc]

        said = laws.memory_apart(replace(shared, call=rule.call), (a, b), gy)

        assert said == f"the gradient of input {i} shares memory with an argument: return a copy"
    assert laws.memory_apart(rule, (a, b), gy) is None


def test_every_other_place_of_one_memory_is_no_shared_memory() -> None:
    """Though it may look so by its ends."""
    both = np.zeros(4)
    interleaved = with_vjp(SQUARE, lambda xs, gy: (both[1::2],))

    assert laws.memory_apart(interleaved, (both[::2],), np.ones(2)) is None


def test_a_write_that_numpy_refuses_is_said_with_its_words() -> None:
    """Of an array that the kernel lends."""
    said = laws.arguments_unchanged(rule_of(WritesInput), (X,), np.ones(2))

    assert said is not None
    assert said.startswith("backward writes into an array that it was lent: ")


def test_an_error_of_numpy_that_is_no_refusal_to_write_is_raised() -> None:
    """It says something else."""

    def vjp(xs: Arrays, gy: Array) -> Any:
        raise ValueError("other")

    with pytest.raises(ValueError, match="other"):
        laws.arguments_unchanged(with_vjp(SQUARE, vjp), (X,), np.ones(2))


class Fresh(Triple, fresh=True):
    """It keeps its promise, and has no forward mode."""

    def backward(self, gy: Array) -> Array:
        return gy * 3


class WritesTangent(Fresh, fresh=True):
    def jvp(self, tx: Array) -> Array:
        np.asarray(tx).setflags(write=True)
        tx *= 3
        return tx


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        pytest.param(rule_of(Fresh), None, id="it is kept"),
        pytest.param(rule_of(lambda x: Fresh()(x) * Fresh()(x)), None, id="several times"),
        pytest.param(replace(rule_of(Fresh), call=None), None, id="there is none"),
        pytest.param(
            rule_of(lambda x: KeepsSlope()(x) * x), "that is kept", id="by one of several"
        ),
        pytest.param(
            rule_of(lambda x: Fresh()(KeepsSlope()(x))), "that is kept", id="by the first"
        ),
        pytest.param(rule_of(WritesTangent), "jvp writes into an array", id="by jvp"),
    ],
)
def test_a_promise_of_new_memory_is_kept_by_all_calls(rule: Rule, says: str | None) -> None:
    """In backward and in jvp, if there is one."""
    found = laws.promise_kept(rule, (X,), np.ones(2))

    assert found is None if says is None else says in str(found)


def test_a_forward_that_gives_another_value_breaks_a_law() -> None:
    """Its gradient may be the same."""
    calls = iter(range(9))
    rule = replace(SQUARE, forward=lambda x: x + float(next(calls)))

    said = laws.deterministic(rule, (X,), np.ones(2))

    assert said == "forward gave another value the second time"


def test_the_first_law_that_is_broken_is_said() -> None:
    """None of a right rule."""
    assert laws.broken_law(SQUARE, (X,), np.ones(2)) == ("", None)
    wrong = with_vjp(SQUARE, lambda xs, gy: ())
    said = laws.broken_law(wrong, (X,), np.ones(2))
    assert said == ("gradients_fit", "returned 0 gradients for 1 inputs")
    known = replace(wrong, ignored=frozenset({"gradients_fit"}))
    assert laws.broken_law(known, (X,), np.ones(2))[0] != "gradients_fit"


def test_a_law_may_be_broken_by_some_cotangents_only() -> None:
    """Each that is compared is looked at: here that of ones."""

    def vjp(x: Any, gy: Any) -> Any:
        if (gy == 1).all():
            gy *= 3
            return gy / 3 * 2 * x
        return 2 * x * gy

    with pytest.raises(GradientMismatch, match="backward writes into the cotangent"):
        check_gradient(lambda x: x * x, X, vjp=vjp)


def test_a_value_is_not_written_into_by_the_next_call() -> None:
    """As a forward with a buffer does."""
    buffer = np.zeros(2)
    rule = replace(SQUARE, forward=lambda x: np.multiply(x, x, out=buffer), call=None)
    text = laws.deterministic(rule, (X,), np.ones(2))
    assert text == "a second call wrote into the value that the first one returned"


class Remembers(Function):
    """X², whose slope is kept on the class: right until there are two calls."""

    slope: ClassVar[Any] = None

    @override
    def forward(self, x: Array) -> Array:
        Remembers.slope = 2.0 * x
        return x * x

    @override
    def backward(self, gy: Array) -> Array:
        return np.asarray(gy * Remembers.slope)


class Spends(Function):
    """X², whose slope is spent by the first sweep."""

    @override
    def forward(self, x: Array) -> Array:
        self.slope = 2.0 * x
        return x * x

    @override
    def backward(self, gy: Array) -> Array:
        slope, self.slope = self.slope, np.zeros_like(self.slope)
        return slope * gy


@pytest.mark.parametrize("rule", [Remembers, Spends])
def test_calls_are_kept_apart_and_swept_as_often_as_one_likes(rule: type[Function]) -> None:
    """Two calls and then two sweeps, and one call swept twice."""
    with pytest.raises(GradientMismatch, match="after one with other inputs, or when swept again"):
        check_gradient(rule, X)
