"""verify, verify_rule and check_gradient: what they accept, reject, report and say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import backprop.numpy as bp
from backprop import (
    POSITIVE,
    REALS,
    Array,
    BinaryFunction,
    Chain,
    Exp,
    Function,
    Interval,
    Matmul,
    NaryFunction,
    Node,
    Power,
    Sin,
    Square,
    Variable,
    gradients,
)
from backprop.functions.curves.grids import Trapezoid
from backprop.functions.elementwise.piecewise import Minimum
from backprop.functions.indexing.sorting import Permute
from backprop.functions.registry import CASES
from backprop.testing import (
    CannotCall,
    GradientMismatch,
    NothingToJudge,
    check_gradient,
    verify,
    verify_rule,
)
from backprop.testing.budget import Budget
from backprop.testing.generators.builtins import _subclasses
from backprop.testing.generators.expressions import (
    Expression,
    Second,
    cases_of,
    numpy_functions,
    rules_of,
)
from backprop.testing.generators.strategies import DTYPES, ordinary, small_ways
from backprop.testing.quiet import quiet
from backprop.testing.rules import as_callable, rule_of
from backprop.testing.search import enough, examples_of
from backprop.transforms.forward_mode import tangents
from tests.helpers import HAS_WIDER

EXAMPLES = 3  # of each function, a taste: `make verify` tries every case, and plants faults


class Cube(Function):
    def forward(self, x: Array) -> Array:
        return x**3

    def backward(self, gy: Array) -> Array:
        return 3 * self.x**2 * gy


class WrongCube(Function):
    def forward(self, x: Array) -> Array:
        return x**3

    def backward(self, gy: Array) -> Array:
        return 2 * self.x**2 * gy


class NotesCube(Function):
    """As the book writes it: the input through the Variable."""

    def forward(self, x: Array) -> Array:
        return x**3

    def backward(self, gy: Array) -> Array:
        return 3 * self.input.data**2 * gy


@dataclass
class Scale(Function):
    by: float
    slope: float

    def forward(self, x: Array) -> Array:
        return x * self.by

    def backward(self, gy: Array) -> Array:
        return gy * self.slope


class Hypot(BinaryFunction):
    domain = (POSITIVE, POSITIVE)

    def forward(self, a: Array, b: Array) -> Array:
        return np.hypot(a, b)

    def backward(self, gy: Array) -> tuple[Array, Array]:
        ga, gb = gy * self.a / self.y, gy * self.b / self.y
        return _summed(ga, self.a), _summed(gb, self.b)


def _summed(g: Array, like: Array) -> Array:
    lead = tuple(range(g.ndim - like.ndim))
    ones = tuple(i + len(lead) for i, n in enumerate(like.shape) if n == 1)
    summed: Array = g.sum(axis=lead + ones, keepdims=True).reshape(like.shape)
    return summed.astype(like.dtype)


class SinCos(NaryFunction):
    domain = (REALS,)

    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return np.sin(xs[0]), np.cos(xs[0])

    def backward(self, *gys: Array) -> tuple[Array, ...]:
        sin, cos = self.ys
        return (gys[0] * cos - gys[1] * sin,)


FUNCTIONS = numpy_functions()
# All outer products are one function; `make verify` has each.
TASTED = [name for name in FUNCTIONS if name == "add.outer" or not name.endswith(".outer")]


@pytest.mark.no_cover  # it takes half the time of the suite then; another has each line
@pytest.mark.parametrize("name", TASTED)
def test_every_function_agrees_with_central_differences(name: str) -> None:
    """Every rule is right in both orders and in forward mode, on inputs that Hypothesis invents."""
    with quiet():
        rules = rules_of(FUNCTIONS[name][0])
        found = examples_of(rules, DTYPES, EXAMPLES, crc32(name.encode()), Budget(None))
    assert max(example.worst for example in found) <= 1.0


@pytest.mark.no_cover
@pytest.mark.parametrize("name", TASTED[::24])
def test_every_fault_planted_in_a_function_is_rejected(name: str) -> None:
    """As in a whole verification, by the few examples of the taste."""
    report = verify(FUNCTIONS[name][0], examples=EXAMPLES, seed=crc32(name.encode()))
    assert report.rejected == report.planted, report.accepted


@pytest.mark.no_cover
@pytest.mark.parametrize("function", [Square, Exp, Sin, Matmul], ids=lambda cls: cls.__name__)
def test_a_function_class_agrees_with_central_differences(function: type[Node]) -> None:
    """By its class, at the default number of examples, 1e-9 would be seen."""
    report = verify(function, order=2)
    assert report.rejected == report.planted >= 20, report.accepted
    assert report.smallest < 1e-9


def rules_in(y: Variable) -> set[type[Node]]:
    """The classes of all calls that y was computed by."""
    found, open_, seen = set[type[Node]](), [y], set[int]()
    while open_:
        node = open_.pop().creator
        if node is not None and id(node) not in seen:
            seen.add(id(node))
            found.add(type(node))
            open_.extend(node.inputs)
    return found


def test_every_rule_in_the_package_is_verified() -> None:
    """No Function class can be added without being reached by a case, in first or second order.

    And each case runs in forward mode.
    """
    reached, rng = set[type[Node]](), np.random.default_rng(0)
    for function in CASES:
        cases = cases_of(function)
        for call in [cases()] if isinstance(cases, type) else map(Expression, cases):
            rule = rule_of(call)
            ways = zip(rule.domains, small_ways(rule)[0], strict=True)
            xs = [Variable(ordinary(d, shape, "float64", rng)) for d, shape in ways]
            with quiet():
                y = as_callable(call)(*xs)
                gxs = gradients(y, xs, Variable(np.ones_like(y.data)))  # a Constant's are folded
                ggxs = [g for gx in gxs for g in gradients(gx, xs)]
                tangents((y,), xs, [np.ones_like(x.data) for x in xs])
            for v in (y, *gxs, *ggxs):
                reached |= rules_in(v)
    classes = {c for c in _subclasses(Node) if c.__module__.startswith("backprop.functions.")}
    assert {c for c in classes if not c.__subclasses__()} - reached == {Chain}  # made of others


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "function",
    [
        Cube,
        Cube(),
        NotesCube,
        Scale(2.5, 2.5),
        Hypot,
        SinCos,
        lambda x: Exp()(Sin()(x)),
        Variable.__neg__,
    ],
    ids=["class", "instance", "notes", "dataclass", "binary", "n-ary", "callable", "method"],
)
def test_what_a_user_writes_is_verified(function: type[Node]) -> None:
    """A class, an instance, a dataclass, several inputs or outputs, a callable: all are."""
    report = verify(function, examples=12, seed=1)
    assert report.rejected == report.planted, report.accepted


def slope_of_equals(x: Variable) -> Any:
    """The slopes between equal values: 0, but for what rounding leaves of large terms."""
    same = bp.linspace(x, x, 4)
    return bp.gradient(same, np.arange(4.0) + 0.4 * bp.sin(same), edge_order=2)


def slope_of_a_deviation(x: Variable) -> Any:
    same = bp.linspace(bp.cov(x), bp.cov(x), 4)
    return bp.gradient(same, np.array([0.0, 1.0, 3.0, 4.0]), edge_order=2)


def bend_of_a_constant(x: Variable) -> Any:
    """Its terms are exact but for their weights, which are float64 in any dtype."""
    same, at = bp.linspace(x, x, 4), np.array([0.0, 1.0, 3.0, 4.0])
    slopes: Any = bp.gradient(same, at, edge_order=2)
    return bp.gradient(slopes, at, edge_order=2)


def noise_squared(x: Variable) -> Any:
    """What rounding leaves of the slopes of a constant, another for every order of summation."""
    same = bp.linspace(bp.sum(x * x), bp.sum(x * x), 4)
    slopes: Any = bp.gradient(same, np.array([0, 1, 3, 4], x.dtype), edge_order=2)
    return (slopes[0] * slopes[3]) ** 2


def bend_of_equals(x: Variable) -> Any:
    """0, which 1 in 3 roundings of its large equal terms miss."""
    same = bp.linspace(bp.sum(x * x), bp.sum(x * x), 4)
    slopes: Any = bp.gradient(same, 0.4 * bp.sin(same) + np.arange(4), edge_order=2)
    return bp.gradient((slopes + same)[:3] * (slopes + same)[3])


def squares_left(a: Variable, b: Variable) -> Variable:
    return bp.linalg.lstsq(a + np.array([[3, 0], [0, 8], [0, 0]], a.dtype), b)[1]


def around_the_middle(x: Variable) -> Variable:
    """A tie of three; the large cotangents of both ends go to one of them, rounded to float32."""
    return bp.pad(x, 1, "median") * np.array([11324.1, 0.1, 6e-4, -10675.5, 9e-4], np.float32)


ONCE_REJECTED: list[tuple[Any, tuple[Any, ...]]] = [
    (Minimum, (0.0, 2.220446049250313e-16)),  # a kink nearer than any step
    (Trapezoid, ([[1.0, 2.0**62, 1.0, 1.0], [1.0] * 4], [0.0, 1.0, 0.0, 0.0])),  # 0 by symmetry
    (around_the_middle, (np.zeros(3, np.float32),)),
    (slope_of_equals, (np.float32(-14.978),)),
    (slope_of_a_deviation, (np.array([3.2175188, 2.0536657, -0.72426343], np.float32),)),
    (bend_of_a_constant, (0.4440974759076912,)),
    (noise_squared, (np.array([[-1.2, 1.6, 1.1], [-0.9, -0.6, 0.8]], np.float32),)),
    (bend_of_equals, (np.array([1.59, -1.1, 0.36], np.float32),)),
    (Second.of(squares_left), (np.zeros((3, 2)), np.zeros((3, 2)), [5.6592382752127985, 0.0])),
]


@pytest.mark.no_cover
@pytest.mark.parametrize(("function", "at"), ONCE_REJECTED, ids=range(len(ONCE_REJECTED)))
def test_what_a_campaign_once_called_wrong_is_right(function: Any, at: tuple[Any, ...]) -> None:
    """Where no digit of the differences, or of the gradient, can be trusted."""
    check_gradient(function, *map(np.asarray, at))


class Rowwise(Function):
    """2x, whose gradient is right for rows in a row only."""

    def forward(self, x: Array) -> Array:
        return 2 * x

    def backward(self, gy: Array) -> Array:
        return gy * (2.0 if self.x.flags.c_contiguous else 3.0)


@pytest.mark.no_cover
@pytest.mark.parametrize("function", [Rowwise, lambda x: Exp()(Rowwise()(x))])
def test_a_rule_that_heeds_the_memory_layout_is_rejected(function: Any) -> None:
    """Alone and among others, where rounding may cost digits, but not so many."""
    with pytest.raises(GradientMismatch, match="memory layout"):
        check_gradient(function, np.ones((2, 3)))


class MiddleOfPlanes:
    domain = Interval(1.0, 9.0)

    def __call__(self, x: Variable) -> Variable:
        return bp.median(x, axis=(0, 2))


def test_a_tie_is_seen_beside_an_output_that_counts_more() -> None:
    """Close to the edge of a domain slopes are hardly known; the large cotangent weighs that."""
    x = np.array([[[1.000244140625] * 2, [2.0] * 2]] * 2)
    check_gradient(MiddleOfPlanes(), x, gy=np.array([-0.2, -19253.0]))


def test_a_large_cotangent_that_counts_nothing_leaves_its_rounding() -> None:
    """Within qr it meets the others and goes again; LAPACK has no wider dtype to show that."""
    at = np.array([[9.0, 2.0], [3.0, -3.0], [8.0, 1.0]])
    second = Second.of(lambda x: bp.linalg.qr((x + at).mT).Q)
    large = [0.2303567089041034, -0.003896551907683613, -0.01028603821678552]
    large += [-28005.248473749183, -0.10033780580340847, 3.1533317892970574e-06]
    check_gradient(second, np.zeros((3, 2)), np.zeros((2, 2)), gy=np.array(large))


def test_of_what_is_only_rounding_nothing_is_known() -> None:
    """Not even that it is flat. What one rule gives near its root is more than that."""
    (noise,) = check_gradient(lambda x: bp.log(bp.exp(x)) - x, np.array(0.3))
    (root,) = check_gradient(Sin, np.array(np.pi))
    assert np.isnan(noise.numeric).all()
    assert root.detectable < (1e-12 if HAS_WIDER else 2e-12)


WIDE = np.longdouble


@pytest.mark.parametrize(
    ("f", "at", "slope"),
    [
        (lambda x: bp.linspace(x, 2.0 * x, 4)[1], 1.0, WIDE(4) / 3),
        (bp.cbrt, 8.0, WIDE(1) / 12),
        (lambda x: bp.std(bp.append(np.full(5, WIDE(5)), x)), 3.0, -np.sqrt(WIDE(5)) / 6),
        (lambda x: gradients(bp.sinc(x), [x])[0], 0.0, -(WIDE(np.pi) ** 2) / 3),
    ],
    ids=["linspace", "cbrt", "std", "sinc"],
)
def test_numbers_inside_a_rule_are_as_wide_as_its_inputs(
    f: Callable[[Variable], Variable], at: float, slope: np.longdouble
) -> None:
    """A third in float64 would show in longdouble."""
    x = Variable(np.array(at, WIDE))
    f(x).backward()
    assert x.grad is not None
    assert abs(x.grad - slope) <= 4 * np.finfo(WIDE).eps * abs(slope)


def near_one(x: Variable) -> Variable:
    if (abs(x.data - 1) > 0.2).any():
        raise ValueError("too far")
    return x * x


def those_above(x: Variable) -> Variable:
    return x[x.data > 0.9] * 2.0


@pytest.mark.parametrize("function", [near_one, those_above])
def test_a_step_out_of_where_a_function_is_defined_says_nothing(
    function: Callable[[Variable], Variable],
) -> None:
    """There it raises, or gives a result of another shape; nearer steps judge."""
    (measured,) = check_gradient(function, np.array([1.0, 1.1]))
    assert measured.ratio.max() <= 1
    assert measured.detectable < 1e-9


@pytest.mark.no_cover
def test_a_callable_of_two_variables_is_verified() -> None:
    """The inputs of a callable are counted from its signature."""

    def product(a: Variable, b: Variable) -> Variable:
        return a * b + a

    assert verify(product, examples=25, seed=1).rejected > 20


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "function",
    [WrongCube, WrongCube(), Scale(2.5, 2.5000001)],
    ids=["class", "instance", "4e-8"],
)
def test_a_wrong_rule_is_rejected(function: type[Node]) -> None:
    """A wrong factor is found, even one of 4e-8."""
    with pytest.raises(GradientMismatch):
        verify(function, seed=1)


def test_the_message_names_everything_and_its_script_repeats_the_failure() -> None:
    """It says which Function and input, analytic, numeric, error, tolerance, how to repeat."""
    with pytest.raises(GradientMismatch) as caught:
        verify(WrongCube, seed=1)
    text = str(caught.value)
    for part in ("WrongCube", "input 0", "analytic", "numeric", "error", "tolerance", "script"):
        assert part in text
    with pytest.raises(GradientMismatch, match="WrongCube: backward is wrong"):
        exec(caught.value.script, {"WrongCube": WrongCube})


def test_the_counterexample_is_shrunk() -> None:
    """What is reported is about as simple as can be: one element, not a large array."""
    with pytest.raises(GradientMismatch) as caught:
        verify(WrongCube, seed=3)
    (line,) = [line for line in caught.value.script.split("\n") if "check_gradient(" in line]
    assert len(line) < 120


def test_a_mismatch_is_an_assertion_error() -> None:
    """Test runners show it as a failed assertion."""
    with pytest.raises(AssertionError):
        check_gradient(WrongCube, np.array(2.0))


def test_a_rule_that_raises_is_a_mismatch_that_names_the_error() -> None:
    """A gradient of the wrong shape, which the kernel refuses, counts as a wrong rule."""

    class Summed(Cube):
        def backward(self, gy: Array) -> Array:
            return np.asarray(super().backward(gy).sum())

    with pytest.raises(GradientMismatch, match=r"Summed raised GradientShapeError: .* shape"):
        verify(Summed, seed=1)


@pytest.mark.no_cover
def test_the_same_seed_repeats_the_run() -> None:
    """Everything in the report but the time is the same."""
    first, second = (verify(Cube, examples=20, seed=5) for _ in range(2))
    assert (first.worst, first.smallest, first.shapes) == (
        second.worst,
        second.smallest,
        second.shapes,
    )
    assert first.seed == 5


@pytest.mark.no_cover
def test_without_a_seed_the_report_names_the_one_taken() -> None:
    """So that any run can be repeated."""
    report = verify(Cube, examples=20)
    assert verify(Cube, examples=20, seed=report.seed).smallest == report.smallest


@pytest.mark.no_cover
def test_domain_shapes_dtypes_and_examples_are_honoured() -> None:
    """What is asked for is what is tried."""
    seen: list[Array] = []

    def forward(x: Array) -> Array:
        seen.append(x)
        return np.asarray(x * x)

    report = verify_rule(
        forward,
        lambda x, gy: 2 * x * gy,
        domain=Interval(1.0, 2.0),
        shapes=[(2,), (2, 2)],
        dtypes=["float64"],
        examples=15,
        seed=0,
    )
    assert all(((x > 1) & (x < 2)).all() for x in seen)
    assert {x.shape for x in seen} == {(2,), (2, 2)}
    assert report.examples == 15
    assert report.dtypes == ("float64",)
    assert report.domain == "Interval(1, 2)"


def test_a_plain_pair_is_verified_without_the_kernel() -> None:
    """A rule for another framework is a forward and a vjp on arrays."""
    good = verify_rule(np.sin, lambda x, gy: gy * np.cos(x), seed=1)
    assert good.rejected == good.planted
    with pytest.raises(GradientMismatch):
        verify_rule(np.sin, lambda x, gy: gy * np.sin(x), seed=1)


def test_the_script_of_a_plain_pair_repeats_its_failure() -> None:
    """It is written with check_gradient(forward, x, vjp=...)."""
    with pytest.raises(GradientMismatch) as caught:
        verify_rule(sine, wrong_cosine, seed=1)
    with pytest.raises(GradientMismatch, match="sine, wrong_cosine"):
        exec(caught.value.script, {"sine": sine, "wrong_cosine": wrong_cosine})


def sine(x: Array) -> Array:
    return np.asarray(np.sin(x))


def wrong_cosine(x: Array, gy: Array) -> Array:
    return np.asarray(gy * np.cos(x) * (1 + 1e-6))


def test_a_function_with_no_finite_value_says_what_to_do() -> None:
    """Nothing is called verified that could not be judged."""
    with pytest.raises(NothingToJudge, match=r"state where it is differentiable, e\.g\. domain="):
        verify_rule(lambda x: x * np.nan, lambda x, gy: gy * np.nan, examples=10)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (3, "takes a Function or a callable on Variables, got 3"),
        (int, "int is no Function class"),
        (Scale, "Scale cannot be set up without arguments"),
        (NaryFunction, "takes any number of inputs"),
    ],
)
def test_what_cannot_be_verified_is_refused_with_the_reason(function: object, message: str) -> None:
    """A TypeError that says what to pass instead."""
    with pytest.raises(TypeError, match=message):
        verify(function)  # type: ignore[arg-type]  # that is the point


def test_a_callable_must_return_a_variable() -> None:
    """One that returns an array has cut the graph."""
    with pytest.raises(CannotCall, match="must return one Variable, got ndarray"):
        verify(lambda x: x.data, examples=5)


def test_check_gradient_returns_what_it_measured() -> None:
    """One measurement for each input: analytic, numeric, tolerance."""
    a, b = check_gradient(Hypot, np.array([3.0, 5.0]), np.array([4.0, 12.0]))
    np.testing.assert_allclose(a.analytic.astype(float), [3 / 5, 5 / 13], rtol=1e-15)
    np.testing.assert_allclose(b.numeric.astype(float), [4 / 5, 12 / 13], rtol=1e-11)
    assert (a.ratio <= 1).all()
    assert a.detectable < 1e-10


@given(st.floats(-50, 50), st.floats(-10, 10))
def test_check_gradient_takes_a_cotangent(x: float, gy: float) -> None:
    """The gradient is that of gy * y."""
    (measured,) = check_gradient(Square, np.array(x), gy=np.array(gy))
    slack = 4 * np.spacing(abs(2 * x * gy))
    assert abs(float(measured.analytic[0]) - 2 * x * gy) <= slack


def test_check_gradient_keeps_to_the_domain_it_is_given() -> None:
    """Near the edge of a domain the steps stay inside."""
    seen: list[float] = []

    def root(x: Array) -> Array:
        seen.append(float(x))
        return np.asarray(np.sqrt(x))

    check_gradient(root, np.array(1e-9), vjp=lambda x, gy: gy / (2 * np.sqrt(x)), domain=POSITIVE)
    assert min(seen) > 0


@pytest.mark.skipif(np.dtype("longdouble") != np.longdouble, reason="it is float64 here")
def test_longdouble_has_no_wider_judge() -> None:
    """It is verified all the same, by differences in its own dtype."""
    report = verify(Cube, dtypes=["longdouble"], examples=25, seed=1)
    assert report.rejected == report.planted, report.accepted


def _in_float64(f: Callable[..., Array]) -> Callable[..., Array]:
    return lambda *xs: np.asarray(f(*(np.asarray(x, np.float64) for x in xs)))


def _refuses_longdouble(x: Array, gy: Array) -> Array:
    if x.dtype == np.longdouble:
        raise TypeError("no longdouble here")
    return np.asarray(gy * np.tanh(x) * (1 + 1e-3))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("forward", "right", "wrong"),
    [
        (
            _in_float64(np.sin),
            _in_float64(lambda x, gy: gy * np.cos(x)),
            _in_float64(lambda x, gy: gy * np.cos(x) * (1 + 1e-3)),
        ),
        (
            lambda x: np.asarray(np.sin(x)),
            _in_float64(lambda x, gy: gy * np.cos(x)),
            _in_float64(lambda x, gy: gy * np.cos(x) * (1 + 1e-3)),
        ),
        (
            lambda x: np.asarray(np.sin(x)),
            lambda x, gy: np.asarray(gy * np.cos(x)),
            _refuses_longdouble,
        ),
    ],
    ids=["forward in float64", "vjp in float64", "vjp refuses longdouble"],
)
def test_a_rule_that_has_no_wider_form_is_judged_without_it(
    forward: Callable[[Array], Array],
    right: Callable[[Array, Array], Array],
    wrong: Callable[[Array, Array], Array],
) -> None:
    """The right one is accepted, the wrong one rejected."""
    verify_rule(forward, right, domain=Interval(-9.0, 9.0), dtypes=["float64"], seed=1)
    with pytest.raises(GradientMismatch):
        verify_rule(forward, wrong, domain=Interval(-9.0, 9.0), dtypes=["float64"], seed=1)


def test_a_forward_that_gives_another_value_every_time_is_refused() -> None:
    """Nothing can be said of its derivative."""
    calls = iter(range(10**9))
    with pytest.raises(GradientMismatch, match="another value the second time"):
        verify_rule(lambda x: x * 1.0 + next(calls), lambda x, gy: gy * 1.0, seed=1)


def test_a_domain_without_a_number_of_the_dtype_is_refused() -> None:
    """There is nothing to try."""
    with pytest.raises(ValueError, match=r"holds no float32"):
        verify(Cube, domain=Interval(1.0, 1.0 + 1e-12), dtypes=["float32"])


@pytest.mark.no_cover
def test_a_domain_with_a_hole_in_its_middle_is_verified() -> None:
    """The number that stands in for those outside is beside the hole."""
    report = verify(Cube, domain=Interval(0.0, 2.0).without(1.0), examples=25, seed=1)
    assert report.examples == 25


@pytest.mark.no_cover
def test_verify_can_run_inside_a_hypothesis_test() -> None:
    """A nested search is Hypothesis's own business to allow; it does not disturb the outer one."""

    @settings(suppress_health_check=[HealthCheck.nested_given], deadline=None)
    @given(st.sampled_from([Sin, Exp, Cube]))
    def inner(function: type[Node]) -> None:
        assert verify(function, examples=5).examples == 5

    inner()


@pytest.mark.no_cover
def test_a_search_that_meets_only_overflow_still_sees_small_errors() -> None:
    """With this seed the search alone met no float64 power whose gradient is well known."""
    report = verify(Power, seed=3037634185)
    assert report.rejected == report.planted
    assert report.smallest < 1e-9


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_function_that_is_flat_by_its_rounding_is_not_judged(
    dtype: type[np.float32 | np.float64],
) -> None:
    """log(1 + exp(-60)) is 0 in every dtype, and its derivative, exp(-60), is right."""

    def softplus(x: Array) -> Array:
        return np.asarray(np.log(1 + np.exp(x)))

    x: Array = np.array([-60.0, 0.5], dtype)
    (seen,) = check_gradient(softplus, x, vjp=lambda x, gy: gy / (1 + np.exp(-x)))
    assert seen.analytic[0] > 0


def test_a_rule_may_overflow_on_the_way_to_almost_the_largest_number() -> None:
    """2 * x * gy is inf in float32 before it is halved; its wider twin is right."""
    x, gy = np.array([1e19], np.float32), np.array([2e19], np.float32)
    check_gradient(lambda x: x * x / 2, x, gy=gy, vjp=lambda x, gy: 2 * x * gy / np.float32(2))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_case_of_a_function_has_an_example(name: str) -> None:
    """By default, in both orders; those with many cases have more examples."""
    with quiet():
        rules = rules_of(FUNCTIONS[name][0])
    assert enough(rules) > len(rules)


@pytest.mark.no_cover
def test_a_fault_that_shows_at_kinks_only_is_tried_elsewhere() -> None:
    """Where much is right at a tie, ordinary inputs must reject it."""
    name = "min"
    report = verify(FUNCTIONS[name][0], examples=4, seed=crc32(name.encode()))
    assert report.rejected == report.planted


def test_the_order_of_a_sort_is_undone() -> None:
    """The rule of its gradient, which is linear, by itself: each cotangent goes where it came."""
    (measured,) = check_gradient(
        Permute(np.array([2, 0, 1])), np.array([1.0, 2.0, 4.0]), gy=np.array([1.0, 2.0, 3.0])
    )
    assert measured.analytic.tolist() == [2.0, 3.0, 1.0]
