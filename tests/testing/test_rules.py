"""What is verified: how a rule is made of a Function, an expression or a pair, and tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import backprop.numpy as bp
from backprop import (
    POSITIVE,
    REALS,
    Add,
    Array,
    Function,
    Interval,
    Log,
    NaryFunction,
    Power,
    Square,
    Variable,
)
from backprop.errors import ArgumentTypeError, ArgumentValueError
from backprop.functions.cases import case
from backprop.functions.registry import CASES
from backprop.kernel.variable import Constant
from backprop.testing import (
    CannotCall,
    GradientMismatch,
    NothingToJudge,
    Second,
    check_gradient,
    entries,
    run,
    search,
    verifier,
    verify,
    verify_rule,
)
from backprop.testing.budget import Budget
from backprop.testing.examples import Example
from backprop.testing.generators.expressions import (
    Expression,
    cases_of,
    name,
    numpy_functions,
    rules_of,
)
from backprop.testing.generators.strategies import small_ways
from backprop.testing.quiet import quiet
from backprop.testing.rules import Rule, as_callable, called, pair, rule_of, with_vjp
from backprop.testing.search import enough, examples_of

A, B, GY = np.array([1.0, 2.0]), np.array([3.0, 5.0]), np.array([2.0, -1.0])


class SumAndProduct(NaryFunction):
    """Two outputs of two inputs."""

    domain = (REALS, POSITIVE)

    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return xs[0] + xs[1], xs[0] * xs[1]

    def backward(self, *gys: Array) -> tuple[Array, ...]:
        a, b = self.xs
        return gys[0] + gys[1] * b, gys[0] + gys[1] * a


@dataclass
class Scale(Function):
    """A dataclass says how it is made."""

    by: float

    def forward(self, x: Array) -> Array:
        return x * self.by

    def backward(self, gy: Array) -> Array:
        return gy * self.by


def product(a: Variable, b: Variable) -> Variable:
    return a * b


def doubled(x: Variable, by: float = 2.0, **options: Any) -> Variable:
    return x * by


def of_none(*, option: float = 1.0) -> None: ...


# -- Rules -----------------------------------------------------------------------------------------


def test_several_outputs_are_judged_as_one_vector() -> None:
    """One after the other; its cotangent is split as they were joined."""
    rule = rule_of(SumAndProduct)

    y = rule.forward(A, B)
    gxs = rule.vjp((A, B), np.array([1.0, 0.0, 0.0, 2.0]))

    assert y.tolist() == [4.0, 7.0, 3.0, 10.0]
    assert [gx.tolist() for gx in gxs] == [[1.0, 10.0], [1.0, 4.0]]
    assert (rule.arity, rule.domains, rule.composed) == (2, (REALS, POSITIVE), False)


def test_a_rule_has_the_value_the_gradient_and_the_tangent_of_its_function() -> None:
    """Of all inputs; one that does not matter has a gradient of 0."""
    rule = rule_of(product)
    assert rule.jvp is not None

    assert rule.forward(A, B).tolist() == [3.0, 10.0]
    assert [gx.tolist() for gx in rule.vjp((A, B), GY)] == [[6.0, -5.0], [2.0, -2.0]]
    assert rule.jvp((A, B), (np.ones(2), A)).tolist() == [4.0, 9.0]
    first = rule_of(lambda a, b: a * 2.0)
    assert [gx.tolist() for gx in first.vjp((A, B), GY)] == [[4.0, -2.0], [0.0, 0.0]]


def test_what_depends_on_no_input_has_gradients_of_0() -> None:
    """It is a constant."""
    rule = rule_of(lambda x: bp.floor(x))
    constant = rule_of(lambda x: Constant(np.ones(2)))

    assert rule.vjp((A,), GY)[0].tolist() == [0.0, 0.0]
    assert constant.vjp((A,), GY)[0].tolist() == [0.0, 0.0]


def test_a_callable_must_return_one_variable() -> None:
    """An array has cut the graph."""
    cut: Any = lambda x: x.data  # noqa: E731

    with pytest.raises(TypeError, match="<lambda> must return one Variable, got ndarray"):
        rule_of(cut).forward(A)


def test_another_pullback_has_no_forward_mode_and_no_promises() -> None:
    """All else is that of the rule."""
    rule = rule_of(Square)
    other = with_vjp(rule, lambda xs, gy: (gy,))

    assert (other.jvp, other.call) == (None, None)
    assert replace(other, vjp=rule.vjp, jvp=rule.jvp, call=rule.call) == rule
    assert other.vjp((A,), GY)[0] is GY


@pytest.mark.parametrize(
    ("function", "domain", "domains"),
    [
        (Log, None, (POSITIVE,)),
        (Log, REALS, (REALS,)),
        (Power, None, (POSITIVE, REALS)),
        (Add, POSITIVE, (POSITIVE, POSITIVE)),
        (product, None, (REALS, REALS)),
        (product, (POSITIVE, REALS), (POSITIVE, REALS)),
        (doubled, None, (REALS,)),
        (bp.add, (REALS, POSITIVE), (REALS, POSITIVE)),
    ],
)
def test_a_rule_has_a_domain_for_each_input(
    function: Any, domain: Any, domains: tuple[Interval, ...]
) -> None:
    """Its own, if none is asked for."""
    assert rule_of(function, domain).domains == domains


def test_the_shapes_say_how_many_inputs_there_are_where_nothing_else_does() -> None:
    """Of a callable of any number."""
    rule = rule_of(lambda *xs: xs[0] * xs[1], shapes=(((2,), (2,)), ((3,), ())))

    assert rule.arity == 2
    assert rule.shapes == (((2,), (2,)), ((3,), ()))


@pytest.mark.parametrize(
    ("function", "label", "code"),
    [
        (Square, "Square", "from backprop.functions.elementwise.powers import Square\nSquare()"),
        (Scale(2.0), "Scale", f"from {__name__} import Scale\nScale(by=2.0)"),
        (product, "product", f"from {__name__} import product\nproduct"),
        (lambda x: x, "<lambda>", "f = lambda x: x\nf"),
        (
            Expression(case("np.sum(x)", x=(3,))),
            "np.sum(x)",
            "import backprop.numpy as bp\n\nf = lambda x: bp.sum(x)\nf",
        ),
    ],
)
def test_a_rule_has_a_name_and_the_python_that_makes_it(
    function: Any, label: str, code: str
) -> None:
    """What is local must be defined by who runs it."""
    rule = rule_of(function)

    assert (rule.name, rule.code) == (label, code)


def test_what_the_main_module_defines_is_defined_by_who_runs_the_script() -> None:
    """It cannot be imported."""

    def mine(x: Variable) -> Variable:
        return x

    mine.__module__, mine.__qualname__ = "__main__", "mine"

    assert rule_of(mine).code == "# here define mine as you do\nmine"


def sine(x: Array) -> Array:
    return np.asarray(np.sin(x))


def slope(x: Array, gy: Array) -> Array:
    return np.asarray(gy * np.cos(x))


def test_a_pair_is_a_rule_of_one_input() -> None:
    """Without forward mode, promises and second order."""
    rule = pair(sine, slope, POSITIVE, [(2,)])

    assert rule.forward(A).tolist() == np.sin(A).tolist()
    assert [gx.tolist() for gx in rule.vjp((A,), GY)] == [(GY * np.cos(A)).tolist()]
    assert (rule.name, rule.order, rule.span, rule.composed) == ("sine, slope", 1, 1.0, False)
    assert (rule.jvp, rule.call, rule.domains, rule.shapes) == (None, None, (POSITIVE,), (((2,),),))
    assert rule.code.split("\n") == [
        f"from {__name__} import sine",
        f"from {__name__} import slope",
        "sine, slope",
    ]


odd: Any = 3
any_number: Any = NaryFunction
none: Any = of_none
two: Any = [((1,), (1,))]
of_one: Any = sine
of_two: Any = slope


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pair(of_two, slope, REALS, None), ArgumentValueError, "slope does not take 3 in"),
        (
            lambda: pair(sine, of_one, REALS, None),
            ArgumentValueError,
            "sine does not take 2 inputs",
        ),
        (lambda: pair(sine, slope, REALS, two), ArgumentValueError, "sine does not take 2 in"),
        (
            lambda: pair(sine, slope, (REALS, REALS), None),
            ArgumentValueError,
            "sine does not take 2 in",
        ),
        (lambda: as_callable(odd), ArgumentTypeError, "a callable on Variables, got 3"),
        (lambda: as_callable(int), ArgumentTypeError, "int is no Function class"),
        (lambda: as_callable(Scale), ArgumentTypeError, "Scale cannot be set up .* an instance"),
        (lambda: rule_of(none), ArgumentValueError, "takes no input"),
        (lambda: rule_of(any_number), ArgumentTypeError, "NaryFunction takes any number of inputs"),
        (lambda: rule_of(Square, shapes=two), ArgumentValueError, "is for 2"),
        (lambda: called((odd,), 1, "f"), ArgumentTypeError, "f takes Variables, got"),
        (lambda: called((), 1, "f"), ArgumentValueError, "f takes 1 Variables, got 0"),
        (lambda: entries.takes(np.add, 1, "add"), ArgumentValueError, "add does not take 1 input"),
        (lambda: entries.whole(2**32, "n", 0), ArgumentValueError, "from 0 to"),
        (lambda: entries.whole(1, "n", 2), ArgumentValueError, "from 2 to"),
    ],
    ids=range(15),
)
def test_what_cannot_be_a_rule_is_refused(
    call: Callable[[], object], error: type[Exception], message: str
) -> None:
    """With the reason."""
    with pytest.raises(error, match=message):
        call()


def test_a_whole_number_is_from_its_least_to_the_largest() -> None:
    """Both are taken, and given as Python's."""
    assert [entries.whole(n, "n", 2) for n in (2, np.int64(5), 2**32 - 1)] == [2, 5, 2**32 - 1]


def test_the_inputs_of_a_callable_are_those_that_it_needs() -> None:
    """Not those that have a default, nor further keywords."""
    assert entries.arity(doubled, "doubled") == 1
    assert entries.arity(product, "product") == 2


# -- Expressions -----------------------------------------------------------------------------------


def test_an_expression_is_the_function_that_a_case_describes() -> None:
    """Of Variables; in its text backprop.numpy is `bp`, and NumPy is `np`."""
    f = Expression(case("np.sum(x * onp.ones(3)) + y", (REALS, POSITIVE), x=(3,), y=()))

    y = f(Variable(np.arange(3.0)), Variable(5.0))

    assert y.data == 8.0
    assert f.shapes == (((3,), ()),)
    assert f.domain == (REALS, POSITIVE)
    assert f.text() == "lambda x, y: bp.sum(x * np.ones(3)) + y"
    assert repr(f) == "np.sum(x * onp.ones(3)) + y"
    assert Expression(case("x + y", POSITIVE, x=(), y=())).domain == (POSITIVE, POSITIVE)


def test_second_order_is_the_rule_of_the_gradients() -> None:
    """As one vector, of the inputs and the cotangent."""
    second = rule_of(Second.of(product))

    y = second.forward(A, B, GY)
    gxs = second.vjp((A, B, GY), np.array([1.0, 0.0, 0.0, 1.0]))

    assert y.tolist() == [6.0, -5.0, 2.0, -2.0]
    assert [gx.tolist() for gx in gxs] == [[0.0, -1.0], [2.0, 0.0], [3.0, 2.0]]
    assert (second.order, second.span, second.composed) == (2, 0.0, True)
    assert second.domains == (REALS,) * 3
    assert second.name == "gradient of product"


def test_the_python_of_second_order_is_made_of_that_of_the_function() -> None:
    """Run, it gives the same gradients."""
    names: dict[str, Any] = {}

    exec(Second.of(Square).source(), names)

    x, gy = Variable(A), Variable(GY)
    assert names["second"](x, gy).data.tolist() == (2 * A * GY).tolist()


def test_second_order_is_called_in_the_ways_of_the_function() -> None:
    """With a cotangent of the shape of its result."""
    second = Second.of(Expression(case("np.sum(x, axis=0)", x=(2, 3))))

    assert second.shapes == (((2, 3), (3,)),)


def test_the_rules_of_a_function_are_its_cases_in_both_orders() -> None:
    """Unless another domain or other shapes are asked for."""
    cases = cases_of(bp.cumsum)
    assert isinstance(cases, tuple)

    rules = rules_of(bp.cumsum)

    assert [rule.order for rule in rules] == [1] * len(cases) + [2] * len(cases)
    assert [rule.name for rule in rules[: len(cases)]] == [case.code for case in cases]
    assert rules[-1].name == f"gradient of {cases[-1].code}"
    (one,) = rules_of(bp.cumsum, domain=POSITIVE)
    assert (one.name, one.domains) == ("cumsum", (POSITIVE,))
    assert len(rules_of(bp.cumsum, shapes=[(3,)])) == 1


def test_the_rules_of_others_are_one_or_two() -> None:
    """As the order says."""
    assert [rule.order for rule in rules_of(Square)] == [1]
    assert [rule.order for rule in rules_of(Square, order=2)] == [1, 2]
    assert [rule.name for rule in rules_of(product, order=2)] == ["product", "gradient of product"]


def test_functions_are_known_by_the_names_that_numpy_gives_them() -> None:
    """With what all their cases are for; one that only refuses has none."""
    found = numpy_functions()

    assert found["sum"] == (bp.sum, REALS)
    assert found["linalg.norm"][0] is bp.linalg.norm
    assert found["add.reduce"][0] in CASES
    assert list(found) == sorted(found)
    assert all(cases_of(f) for f, _ in found.values())
    assert cases_of(bp.square) is Square
    assert [name(f) for f in (np.sum, np.linalg.norm)] == ["sum", "linalg.norm"]


# -- A verification --------------------------------------------------------------------------------


def test_a_verification_has_36_examples_or_one_for_each_case_and_more() -> None:
    """Fewer of two orders, for each of these costs as much as many."""
    first, second = rule_of(Square), replace(rule_of(Square), order=2)

    assert enough((first,)) == 36
    assert enough((first,) * 60) == 64
    assert enough((first, second)) == 12
    assert enough((first, second) * 20) == 44


@pytest.mark.parametrize(("count", "searched"), [(2, 1), (5, 1), (10, 1), (15, 6)])
def test_ordinary_inputs_of_every_small_shape_follow_a_search(
    count: int, searched: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One example at least is searched for; the dtypes take turns."""
    asked: list[int] = []

    def found_none(
        rules: Any, dtypes: Any, examples: int, seed: int, budget: Budget
    ) -> list[Example]:
        asked.append(examples)
        return []

    monkeypatch.setattr(search, "_search", found_none)
    rule = rule_of(Square)
    found = examples_of((rule,), ("float64", "float32"), count, 1, Budget(None))
    shapes = [example.point.xs[0].shape for example in found]
    dtypes = [example.point.xs[0].dtype for example in found]

    assert asked == [searched]
    assert shapes == [shape for (shape,) in small_ways(rule)][: count - searched]
    assert dtypes == ([np.float64, np.float32] * 5)[: count - searched]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_shapes_are_tried_in_every_dtype_in_turn(count: int) -> None:
    """In the second round each is of the other one."""
    shapes = [(2,), (3,), (4,)][:count]
    with quiet():
        rule = rule_of(Square, shapes=shapes)
        found = examples_of((rule,), ("float64", "float32"), 5, 1, Budget(None))
    tried = [(x.shape, x.dtype.name) for example in found[-4:] for x in example.point.xs]

    assert len(found) == 5
    assert len(set(tried)) == min(2 * count, 4)
    assert tried[0] == ((2,), "float64")
    assert tried[count] == ((2,), "float32")


def test_what_has_large_shapes_only_is_searched() -> None:
    """There is no small one to follow."""
    with quiet():
        rules = (rule_of(Square, shapes=[(200,)]),)
        found = examples_of(rules, ("float64",), 3, 1, Budget(None))

    assert [example.point.xs[0].shape for example in found] == [(200,)] * 3


def test_the_examples_are_in_the_order_of_what_they_would_see(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The smallest error first: so the proof begins with the best."""
    seen: list[float] = []
    monkeypatch.setattr(run, "verdicts", lambda *rest: {"one": True, "other": False})

    def smallest(found: list[Example]) -> float:
        seen.extend(example.detectable for example in found)
        return 0.5

    monkeypatch.setattr(run, "smallest_seen", smallest)

    report = verify_rule(np.square, lambda x, gy: 2 * x * gy, examples=14, seed=3)

    assert len(seen) == report.examples == 14
    assert seen == sorted(seen)
    assert seen[0] < seen[-1]
    assert (report.smallest, report.planted, report.rejected) == (0.5, 2, 1)
    assert report.accepted == ("other",)
    assert not report.passed
    assert (report.function, report.seed) == ("square, <lambda>", 3)
    assert report.dtypes == ("float64", "float32")
    assert 0 <= report.worst <= 1
    assert report.shapes == tuple(sorted(set(report.shapes)))
    assert report.seconds > 0


def test_the_derivative_of_the_derivative_is_verified_if_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With order=2; 3 is refused."""
    asked: list[tuple[Rule, ...]] = []
    monkeypatch.setattr(verifier, "run", lambda rules, *rest: asked.append(rules))

    verify(Square)
    for order in (1, 2):
        verify(Square, order=order)

    assert [[rule.order for rule in rules] for rules in asked] == [[1], [1], [1, 2]]
    with pytest.raises(ArgumentValueError, match="order=1 or order=2, got 3"):
        verify(Square, order=3)


def test_a_point_is_measured_with_the_cotangent_that_is_given_or_with_ones() -> None:
    """Inside the domain that is given."""
    (ones,) = check_gradient(Square, A)
    (given,) = check_gradient(Square, A, gy=GY)
    (plain,) = check_gradient(np.log, A, vjp=lambda x, gy: gy / x, domain=Interval(0.5, 2.5), gy=GY)
    with pytest.raises(ArgumentValueError, match="gy has shape"):
        check_gradient(Square, A, gy=np.ones(3))

    assert ones.analytic.tolist() == [2.0, 4.0]
    assert given.analytic.tolist() == [4.0, -4.0]
    assert plain.analytic.tolist() == [2.0, -0.5]


def test_every_element_of_a_point_is_measured() -> None:
    """However large it is."""
    (measured,) = check_gradient(Square, np.arange(20.0))

    assert measured.columns == list(range(20))


def test_a_cotangent_for_a_value_that_cannot_be_computed_is_left_to_what_says_so() -> None:
    """The error is that of the function."""

    def failing(x: Variable) -> Variable:
        raise ZeroDivisionError("by 0")

    with pytest.raises(CannotCall, match=r"failing could not be called .*ZeroDivisionError: by 0"):
        check_gradient(failing, A, gy=GY)


def test_the_first_failure_of_a_search_is_shrunk_and_raised() -> None:
    """As a mismatch, at about the simplest input; another error is raised as it is."""
    wrong = with_vjp(rule_of(Square), lambda xs, gy: (3 * xs[0] * gy,))
    with quiet(), pytest.raises(GradientMismatch, match=r"x = 1\.0"):
        search._search((wrong,), ("float64",), 20, 1, Budget(None))

    nowhere = replace(rule_of(Square), domains=(Interval(1.0, 1.0 + 1e-12),))
    with pytest.raises(ArgumentValueError, match="holds no float32"):
        search._search((nowhere,), ("float32",), 5, 1, Budget(None))


def test_what_has_no_finite_value_is_not_judged() -> None:
    """It is said what to state."""
    with pytest.raises(NothingToJudge, match="square, slope had no finite value at any of 3"):
        verify_rule(
            np.square,
            slope,
            domain=Interval(1e200, 1e300),
            dtypes=["float64"],
            examples=3,
            seed=1,
        )


def test_the_smallest_seed_is_0() -> None:
    """It is one like the others."""
    assert verify(Square, examples=1, dtypes=["float64"], seed=0).seed == 0


def test_a_rule_of_small_numbers_is_drawn_from_as_it_says() -> None:
    """A user's setting called so says nothing."""

    class Spanned(Square):
        span = 0.0

    assert rule_of(Expression(case("x", x=()))).span == 2.0**-4
    assert rule_of(Spanned()).span == 1.0
