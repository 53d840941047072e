"""What the verifier tries: numbers, arrays, shapes and programs, each strategy by its parts."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

from backprop import (
    POSITIVE,
    REALS,
    Add,
    Array,
    BinaryFunction,
    Exp,
    Function,
    Interval,
    Log,
    Matmul,
    Node,
    Square,
    Variable,
)
from backprop.errors import ArgumentValueError
from backprop.functions.bases import Broadcasting, Elementwise
from backprop.testing import (
    Program,
    Step,
    builtin_functions,
    functions,
    inputs,
    numbers,
    programs,
    registration,
)
from backprop.testing.generators.expressions import Expression
from backprop.testing.generators.inner import Inner
from backprop.testing.generators.programs import _grown, _well_inside, admissible, chains, moves
from backprop.testing.generators.strategies import (
    PAIRS,
    SHAPES,
    _kinds,
    ordinary,
    small_ways,
    span_of,
    ways,
)
from backprop.testing.rules import rule_of

T = TypeVar("T")


def drawn(strategy: st.SearchStrategy[T], count: int = 100) -> list[T]:
    """So many values of a strategy, the same in every run."""
    found: list[T] = []

    @seed(1)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found


# -- Numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "low", "high"),
    [
        (REALS, -10.0, 10.0),
        (POSITIVE, 0.0, 20.0),
        (Interval(-1.0, 2.0), -1.0, 2.0),
        (Interval(-inf, 5.0), -10.0, 5.0),
        (Interval(-inf, -10.0), -30.0, -10.0),
        (Interval(-inf, -20.0), -40.0, -20.0),
        (Interval(-5.0, inf), -5.0, 15.0),
        (Interval(100.0, inf), 100.0, 120.0),
    ],
)
def testspan_of_numbers_are_small_ones_of_the_domain(
    domain: Interval, low: float, high: float
) -> None:
    """Those up to 10, or a stretch of 20 that is nearest to them."""
    assert span_of(domain) == (low, high)


@pytest.mark.parametrize(
    ("domain", "kinds"),
    [
        (REALS, {"ordinary", "special", "any magnitude"}),
        (POSITIVE, {"ordinary", "special", "any magnitude", "edges"}),
        (REALS.without(0.0), {"ordinary", "special", "any magnitude", "edges"}),
    ],
)
def test_there_are_numbers_at_the_edges_of_a_domain_that_has_some(
    domain: Interval, kinds: set[str]
) -> None:
    """And of any magnitude, if there is a span of them."""
    assert _kinds(domain, "float64").keys() == kinds
    assert _kinds(domain, "float64", 0.0).keys() == kinds - {"any magnitude"}


@pytest.mark.parametrize(
    ("domain", "special"),
    [
        (REALS, {0.0, 1.0, -1.0, 10.0, -10.0, 100.0, -100.0}),
        (Interval(0.0, 50.0), {1.0, 10.0}),
        (Interval(3.0, 5.0), {4.0}),
    ],
)
def test_special_numbers_are_those_inside_the_domain(domain: Interval, special: set[float]) -> None:
    """0, and 1, 10 and 100 of either sign; some number if none is inside."""
    assert set(drawn(_kinds(domain, "float64")["special"])) == special


def test_any_magnitude_is_of_either_sign_and_of_all_exponents() -> None:
    """Some are tiny, some are huge, and float32 holds those that are for it."""
    for dtype, most in (("float64", 2.0**300), ("float32", 2.0**60)):
        found = np.array(drawn(_kinds(REALS, dtype)["any magnitude"]))

        assert np.isfinite(found).all()
        assert (found > 0).any()
        assert (found < 0).any()
        assert abs(found).max() > most
        assert 0 < abs(found).min() < 1 / most


def test_a_short_span_has_no_tiny_numbers_and_no_huge_ones() -> None:
    """An ordinary one below what it allows is 0; a millionth is not."""
    found = np.array(drawn(numbers(Interval(-1.0, 1.0))) + drawn(numbers()))
    assert (abs(found[found != 0]) < 2.0**-70).any()

    for span, least, most in ((0.0, 2.0**-20, 100.0), (2.0**-4, 2.0**-63, 2.0**64)):
        kinds = _kinds(REALS, "float64", span)
        some = abs(np.array(drawn(st.one_of(list(kinds.values())), 300)))
        assert some[some != 0].min() >= least
        assert some.max() <= most
    tenths = _kinds(Interval(-0.5, 0.5), "float64", 0.0)["ordinary"]
    assert np.count_nonzero(drawn(tenths)) > 10


def test_numbers_at_an_edge_are_on_both_sides_near_and_far() -> None:
    """Of a hole as well."""
    hole = REALS.without(3.0)

    found = np.array(drawn(_kinds(hole, "float64")["edges"])) - 3.0

    assert (found > 0).any()
    assert (found < 0).any()
    assert 0 < abs(found).min() < 2.0**-20
    assert 0.5 < abs(found).max() <= 3.0


def test_a_number_is_moved_inside_and_rounded_to_the_dtype() -> None:
    """Itself, else its negative, else some number inside."""
    inner = Inner(Interval(-3.0, 2.0), "float32")

    assert [inner.fit(x) for x in (0.1, 2.5, 7.0)] == [float(np.float32(0.1)), -2.5, -0.5]
    assert Inner(Interval(0.0, 1.0), "float32").fit(1e-60) == 0.5
    assert Inner(REALS, "float32").fit(inf) == 1.0


def test_a_domain_without_a_number_of_the_dtype_is_refused() -> None:
    """There is nothing to move to."""
    with pytest.raises(ArgumentValueError, match=r"Interval\(1, 1\) holds no float32: widen it"):
        Inner(Interval(1.0, 1.0 + 1e-12), "float32").fit(1.0)


def test_a_number_of_any_magnitude_or_beside_an_edge_is_what_it_is_made_of() -> None:
    """Exactly, if it is inside; how far from an edge is relative to it, or to 1."""
    inner = Inner(Interval(-100.0, 4.0), "float64")

    assert inner.scaled(-1.0, 1.5, 3) == -12.0
    assert [inner.beside(4.0, -1.0, -1), inner.beside(0.5, 1.0, -2)] == [2.0, 0.75]


@pytest.mark.parametrize(
    ("domain", "inside"),
    [
        (Interval(3.0, 5.0), 4.0),
        (Interval(1e308, 1.5e308), 1.25e308),
        (Interval(3.0, inf), 6.0),
        (Interval(0.5, inf), 1.5),
        (Interval(-inf, -3.0), -6.0),
        (Interval(-inf, -0.5), -1.5),
        (REALS, 1.0),
        (REALS.without(1.0), 2.0),
        (Interval(3.0, 5.0).without(4.0), 4.5),
        (Interval(3.0, 5.0).without(4.0, 4.5), 4.75),
        (Interval(3.0, inf).without(6.0), 12.0),
        (Interval(0.25, inf).without(1.25), 2.5),
    ],
)
def test_some_number_inside_is_about_the_middle(domain: Interval, inside: float) -> None:
    """Beside a hole that is there."""
    assert Inner(domain, "float64").fit(inf) == inside


# -- Arrays and shapes -----------------------------------------------------------------------------


def test_every_pair_of_shapes_broadcasts() -> None:
    """To that of one of them, or to a larger one; empty and large ones are among them."""
    wide = [np.broadcast_shapes(*pair) for pair in PAIRS]

    assert len(wide) == len(PAIRS) == len(set(PAIRS))
    assert any(0 in shape for shape in wide)
    assert any(np.prod(shape) > 1000 for shape in wide)


def test_shapes_are_of_all_kinds() -> None:
    """Each once: numbers, lines, tables, with axes of length 1 and 0, and a large one."""
    assert len(SHAPES) == len(set(SHAPES))
    assert {len(shape) for shape in SHAPES} == {0, 1, 2, 3}
    assert {0, 1, 1030} <= {n for shape in SHAPES for n in shape}


def test_the_ways_to_call_a_rule_are_its_own_or_all() -> None:
    """Pairs for two inputs, else the same shape for each."""
    one, two = rule_of(Square), rule_of(Add)
    three = replace(one, domains=(REALS,) * 3)

    assert ways(one) == tuple((shape,) for shape in SHAPES)
    assert ways(two) == PAIRS
    assert ways(three) == tuple((shape,) * 3 for shape in SHAPES)
    assert ways(rule_of(Square, shapes=[(7,)])) == (((7,),),)


def test_small_ways_are_those_below_a_hundred_elements() -> None:
    """Of each input."""
    rule = rule_of(Add, shapes=(((99,), (99,)), ((100,), ()), ((), (100,)), ((), (3, 4))))

    assert small_ways(rule) == (((99,), (99,)), ((), (3, 4)))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def testspan_of_arrays_are_inside_the_domain(dtype: str) -> None:
    """Of the shape and the dtype asked for, without Hypothesis, as the generator draws them."""
    x = ordinary(Interval(2.0, 3.0), (4, 5), dtype, np.random.default_rng(0))

    assert x.shape == (4, 5)
    assert x.dtype == dtype
    assert ((x > 2) & (x < 3)).all()
    assert len(np.unique(x)) == 20


def test_large_arrays_repeat_eight_numbers() -> None:
    """So that a script can print them; a small one has as many as it has room for."""
    for x in drawn(inputs(shapes=[(3,), (4, 5), (0, 3)], span=0.0), 60):
        assert np.array_equal(np.resize(x.reshape(-1)[:8], x.shape), x)
    assert any(len(np.unique(x)) == 8 for x in drawn(inputs(shapes=[(4, 5)])))


@pytest.mark.parametrize("kind", [Function, BinaryFunction])
def test_functions_are_new_instances_of_a_kind(kind: type[Node]) -> None:
    """Of many classes."""
    found = drawn(functions(kind), 30)

    assert all(isinstance(node, kind) for node in found)
    assert len(set(map(id, found))) == len(found) > 10
    assert len(set(map(type, found))) > 5


def test_built_in_functions_can_be_made_and_called_as_they_are() -> None:
    """Without settings, and on arrays of any shape or of those that they name; in order."""
    found = builtin_functions()

    assert {Square, Add, Matmul} <= set(found)
    assert [cls.__name__ for cls in found] == sorted(cls.__name__ for cls in found)
    assert not any(cls.__name__.startswith("_") for cls in found)
    assert all(cls.__init__ is Node.__init__ for cls in found)
    assert all(
        issubclass(cls, (Elementwise, Broadcasting)) or cls.shapes is not None for cls in found
    )


def test_hypothesis_knows_how_to_make_variables() -> None:
    """From their type, once that is registered."""
    registration.register()

    found = drawn(st.from_type(Variable), 20)

    assert {type(v) for v in found} == {Variable}
    assert {v.shape for v in found} <= set(SHAPES)
    assert len({v.shape for v in found}) > 3


def test_intervals_are_made_from_their_type() -> None:
    """Bounded or not, each with its ends in order."""
    registration.register()

    found = drawn(st.from_type(Interval), 20)

    assert all(interval.low < interval.high for interval in found)
    assert len(set(found)) > 10


# -- Programs --------------------------------------------------------------------------------------

X = np.array([0.5, 2.0])


def test_a_program_calls_its_steps_on_the_values_before() -> None:
    """The last value is its result, and it is right on all the reals."""
    program = Program((X,), (Step(Square, (0,)), Step(Exp, (0,)), Step(Add, (1, 2))))

    y = program(Variable(X))

    assert y.data.tolist() == (X**2 + np.exp(X)).tolist()
    assert program.domain == (REALS,)


def test_a_chain_goes_on_from_the_value_before() -> None:
    """Whatever the choices say of how far back operands are."""
    chain = _grown((X,), [(0, 3, 0), (0, 1, 1), (0, 0, 0)], (Square,), chain=True)

    assert [step.operands for step in chain.steps] == [(0,), (1,), (2,)]


def test_a_program_goes_back_where_its_choices_are_odd() -> None:
    """By half of them, counted from the last value; even ones mean the last."""
    backs = [(0, 0, 0), (0, 1, 0), (0, 3, 0), (0, 5, 0), (0, 4, 0), (0, 13, 0)]

    program = _grown((X,), backs, (Square,), chain=False)

    assert [step.operands for step in program.steps] == [(0,), (1,), (1,), (1,), (4,), (5,)]


def test_the_second_operand_is_the_first_that_fits_from_its_choice_on() -> None:
    """Once around all the values."""
    values = [Variable(X), Variable(np.ones(3)), Variable(X + 1)]

    steps = list(admissible(values, (Add,), 0, 1))

    assert [step.operands for step in steps] == [(0, 2), (0, 0)]


@pytest.mark.parametrize(
    ("move", "x", "fits"),
    [
        (Square, [3.0], True),
        (Square, [101.0], False),
        (Square, [1e-4], False),
        (Square, [0.0], True),
        (Log, [2.0], True),
        (Log, [-2.0], False),
        (Log, [2.0**-7], False),
        (Square, np.ones(64), True),
        (Square, np.ones(65), False),
        (Square, np.ones(0), False),
    ],
)
def test_a_step_is_admissible_where_its_result_is_moderate(
    move: type[Function], x: Any, fits: bool
) -> None:
    """Of one to 64 elements, each 0 or from 1e-6 to 1e4, of operands well inside the domain."""
    steps = list(admissible([Variable(np.asarray(x))], (move,), 0, 0))

    assert steps == ([Step(move, (0,))] if fits else [])


def test_a_move_for_certain_shapes_is_called_with_these_only() -> None:
    """Matmul names those of its two operands."""
    values = [Variable(np.ones((2, 3))), Variable(np.ones((3, 2))), Variable(np.ones(7))]
    assert Matmul.shapes is not None
    known = ((2, 3), (3, 2)) in Matmul.shapes

    steps = list(admissible(values, (Matmul,), 0, 0))

    assert steps == ([Step(Matmul, (0, 1))] if known else [])


@pytest.mark.parametrize(
    ("x", "inside"),
    [
        ([1.0, 2.0], True),
        ([2.0**-6], True),
        ([2.0**-7], False),
        ([-1.0], False),
        ([1000.0], True),
        ([1005.0], False),
        ([1021.0], False),
    ],
)
def test_well_inside_is_a_64th_from_every_edge(x: list[float], inside: bool) -> None:
    """Of x or of 1, whichever is more."""
    assert _well_inside(np.array(x), Interval(0.0, 1020.0)) is inside


def test_a_domain_without_edges_is_wide() -> None:
    """Whatever x is."""
    assert _well_inside(np.array([0.0, 1e300]), REALS)


def test_a_program_may_have_one_step_and_its_inputs_are_moderate() -> None:
    """They are neither near 0 nor beyond 4, and of several shapes that broadcast."""
    found = drawn(programs(max_steps=1), 40)
    at = [x for program in found for x in program.at]
    sizes = np.concatenate([abs(x).reshape(-1) for x in at])

    assert all(len(program.steps) == 1 for program in found)
    assert 2.0**-6 <= sizes.min() < sizes.max() <= 4.0
    assert any((x < 0).any() for x in at)
    assert any((x > 0).any() for x in at)
    assert len({x.shape for x in at}) > 3


def test_a_chain_may_have_one_step_and_starts_at_zero_or_a_moderate_number() -> None:
    """No nearer to 0 than a 64th."""
    found = drawn(chains(max_steps=1), 40)
    sizes = np.concatenate([abs(program.at[0]).reshape(-1) for program in found])

    assert all(len(program.steps) == 1 for program in found)
    assert sizes[sizes != 0].min() >= 2.0**-6
    assert sizes.max() <= 4.0


def test_moves_are_all_built_in_functions_and_the_cases_of_one_or_two_inputs() -> None:
    """Each is called as a step."""
    found = moves()
    cases = [move for move in found if isinstance(move, Expression)]

    assert set(builtin_functions()) == set(found) - set(cases)
    assert len(cases) > 100
    assert {len(move.shapes[0]) for move in cases} == {1, 2}


class NeverCalled(Function):
    """A rule that raises."""

    def forward(self, x: Array) -> Array:
        raise ValueError("not for these")


def test_a_move_that_raises_is_not_admissible() -> None:
    """As one whose operands have shapes that do not fit."""
    assert not list(admissible([Variable(X)], (NeverCalled,), 0, 0))
