"""What every function of backprop.numpy gives, held against NumPy's own on plain arrays."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from backprop import Variable, grad, gradients, hessian, jvp, numpy as differentiable
from backprop.functions.precision import FLOAT32_STAYS
from backprop.functions.registry import CASES, METHODS
from backprop.ground.arrays import Array, Shape
from backprop.ground.domain import Interval
from backprop.kernel.table import TABLE
from backprop.testing.generators.expressions import Expression, cases_of, numpy_functions
from backprop.testing.generators.strategies import DTYPES, ordinary, small_ways
from backprop.testing.quiet import quiet
from backprop.testing.rules import rule_of

ROOT: Final = Path(__file__).parents[2]
# Computed in another way than NumPy's, on purpose: right to a few roundings, not to the bit.
OTHERWISE: Final = {
    "corrcoef": "so that it is exact where the gradient is",
    "cov": "the mean and the products in their own order",
    "dot": "as one product of matrices",
    "einsum": "without the axes of length 1, and the diagonals first",
    "float_power": "in the dtype of the operands",
    "float_power.outer": "in the dtype of the operands",
    "geomspace": "as the power that its gradient is a part of",
    "gradient": "the differences divided one by one",
    "histogram": "the weights added up by bins, of which NumPy takes differences of sums",
    "histogramdd": "the same",
    "inner": "as one product of matrices",
    "interp": "in the dtype of the operands",
    "logspace": "in the dtype of the operands",
    "pad": "a ramp as linspace gives it",
    "polyfit": "through lstsq",
    "linalg.cond": "as the product of two norms",
    "linalg.eigvalsh": "the eigenvalues of the vectors that the gradient needs",
    "linalg.lstsq": "by the pseudoinverse, whose gradient is known",
    "linalg.matrix_power": "by the inverse of the power",
    "linalg.norm": "scaled, so that nothing overflows",
    "linalg.svd": "by the vectors that the gradient needs",
    "linalg.vector_norm": "scaled, so that nothing overflows",
    "nanpercentile": "between neighbours in the dtype of the data",
    "nanvar": "the mean in the dtype of the sum",
}
# NumPy's result lies in an order of its own making, which no other rule would give.
ANY_ORDER: Final = {"einsum"}


class Call(NamedTuple):
    """Our function and NumPy's, and what both are called with."""

    text: str
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    domains: tuple[Interval, ...]
    shapes: tuple[Shape, ...]

    def inputs(self, dtype: str, order: str) -> list[Array]:
        rng = np.random.default_rng(1)
        drawn = zip(self.domains, self.shapes)
        return [np.array(ordinary(d, s, dtype, rng), order=order) for d, s in drawn]  # type: ignore[call-overload]  # an order is a text


def _calls(function: Any) -> Iterator[Call]:
    cases = cases_of(function)
    if isinstance(cases, type):
        rule, original = rule_of(cases), _original(function)
        for way in small_ways(rule):
            yield Call(f"{function.__name__} {way}", function, original, rule.domains, way)
        return
    for case in cases:
        ours = Expression(case)
        plain = eval(f"lambda {ours.names}: {case.code}", {"np": np, "onp": np})
        yield Call(f"{case.code} {case.shapes}", ours, plain, rule_of(ours).domains, ours.shapes[0])


def _original(function: object) -> Callable[..., Any]:
    methods = ((getattr(ufunc, method), f) for (ufunc, method), f in METHODS.items())
    found: Callable[..., Any] = next(o for o, f in (*TABLE.items(), *methods) if f is function)
    return found


def _results(result: object) -> list[Any]:
    if isinstance(result, (tuple, list)):
        return [part for item in result for part in _results(item)]
    return [result.data if isinstance(result, Variable) else np.asarray(result)]


def _moved(call: Call, xs: list[Array], wanted: list[NDArray[Any]]) -> list[float]:
    """How far NumPy's own results move when the inputs are rounded once more."""
    rng = np.random.default_rng(2)
    farthest = [0.0] * len(wanted)
    for _ in range(4):
        near = [x + x * np.finfo(x.dtype).eps * rng.choice([-1, 1], x.shape) for x in xs]
        near = [np.asarray(n, x.dtype) for n, x in zip(near, xs)]
        for i, (moved, y) in enumerate(zip(_results(call.theirs(*near)), wanted)):
            farthest[i] = max(farthest[i], float(np.abs(moved - y).max(initial=0)))
    return farthest


def _agree(name: str, call: Call, dtype: str, order: str) -> None:
    xs = call.inputs(dtype, order)
    try:
        wanted = _results(call.theirs(*xs))
    except (TypeError, ValueError):  # another NumPy refuses: 2.5 vectors in the plane, 2.3 a dict
        assert name == "cross" or (name == "pad" and "{" in call.text), call
        return
    found = _results(call.ours(*map(Variable, xs)))
    assert len(found) == len(wanted), call
    moved = _moved(call, xs, wanted) if name in OTHERWISE else [0.0] * len(wanted)
    for y, want, far in zip(found, wanted, moved):
        where = f"{call.text}, {dtype}, {order}: {y!r} for {want!r}"
        assert y.shape == want.shape, where
        if y.dtype != want.dtype:
            assert name in FLOAT32_STAYS, where
            assert y.dtype == dtype, where
        flags = want.flags
        if (flags.c_contiguous or flags.f_contiguous) and name not in ANY_ORDER:
            assert y.flags.c_contiguous == flags.c_contiguous, where
            assert y.flags.f_contiguous == flags.f_contiguous, where
        want = want.astype(y.dtype)
        if name not in OTHERWISE:
            assert np.array_equal(y, want, equal_nan=y.dtype.kind == "f"), where
        else:
            rounding = 4 * float(np.finfo(dtype).eps) * float(np.abs(want).max(initial=0))
            assert np.allclose(y, want, rtol=0, atol=4 * far + rounding, equal_nan=True), where


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # cross of vectors in the plane
@pytest.mark.parametrize("name", list(numpy_functions()))
def test_values_shapes_and_memory_are_those_of_numpy(name: str) -> None:
    """Every case gives NumPy's value, shape, order in memory and dtype, but that float32 stays."""
    function, _ = numpy_functions()[name]
    for call in _calls(function):
        for dtype in DTYPES:
            for order in "CF":
                _agree(name, call, dtype, order)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_each_function_that_is_said_to_keep_float32_does() -> None:
    """The list of those that do has none too many."""
    kept = {name for name in FLOAT32_STAYS if _keeps(name)}
    assert kept == FLOAT32_STAYS.keys()


def _keeps(name: str) -> bool:
    for call in _calls(numpy_functions()[name][0]):
        xs = call.inputs("float32", "C")
        wide = any(y.dtype == np.float64 for y in _results(call.theirs(*xs)))
        if wide and all(y.dtype == np.float32 for y in _results(call.ours(*map(Variable, xs)))):
            return True
    return False


def test_the_documents_list_what_keeps_float32() -> None:
    """A line for each in docs/functions.md, as `make functions` writes it."""
    text = (ROOT / "docs" / "functions.md").read_text(encoding="utf-8")
    for name, reason in FLOAT32_STAYS.items():
        assert f"- `{name}`: {reason}\n" in text


def test_no_function_is_without_a_name() -> None:
    """So that none escapes: whatever has cases is compared."""
    named = {function for function, _ in numpy_functions().values()}
    assert named == {function for function in CASES if cases_of(function)}


INF: Final = np.inf


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("code", "inputs"),
    [
        ("np.arctan2(a, b)", ([INF, 1.0, -INF, INF], [1.0, -INF, INF, -2.0])),
        ("np.hypot(a, b)", ([INF, 1.0, -INF, INF], [1.0, -INF, INF, -2.0])),
        ("np.cross(a, b)", ([2.0, 3.0], [1.0, INF, 2.0])),
        ("np.cross(b, a)", ([2.0, INF], [1.0, 4.0, 2.0])),
        ("np.cross(a, b)", ([2.0, INF], [1.0, 4.0])),
        ("np.trapezoid(a)", ([3.0],)),
        ("np.linalg.lstsq(a, b, rcond=1.0)[0]", ([[1, 2], [3, 4], [5, 7.0]], [1.0, 2.0, 3.0])),
        ("np.linalg.lstsq(a, b, rcond=2.0)[1]", ([[1, 2], [3, 4], [5, 7.0]], [1.0, 2.0, 3.0])),
        ("np.repeat(a, 3, axis=0)", (2.0,)),
        ("np.interp(a, [-onp.inf, 1.0, onp.inf], b)", ([-INF, -1, 1, 5, INF], [1.0, 2.0, 3.0])),
        ("np.take(a, [0, 0], axis=-1)", (2.0,)),
        ("np.delete(a, 0, axis=None)", (2.0,)),
        ("np.trim_zeros(a)", (2.0,)),
        ("np.full_like(a, b)", ([1.0, 2.0], [[3.0]])),
        ("np.ravel(onp.asfortranarray(a), 'A')", ([[1.0, 2.0], [3.0, 4.0]],)),
        (
            "np.reshape(onp.asfortranarray(b), (3, 2), order='A') * a",
            (1.0, [[1, 2, 3], [4, 5, 6.0]]),
        ),
    ],
)
def test_odd_inputs_give_what_numpy_gives(code: str, inputs: tuple[Any, ...]) -> None:
    """Infinities, numbers where an axis is asked for, one element, orders of memory."""
    names = ", ".join("ab"[: len(inputs)])
    call = f"lambda {names}: {code}"
    xs = [np.array(x, float) for x in inputs]
    if "cross" in code and np.lib.NumpyVersion(np.__version__) >= "2.5.0":
        pytest.skip("this NumPy knows no vectors in the plane")
    ours = eval(call, {"np": differentiable, "onp": np})
    kept = "onp.asfortranarray" in code
    live = [Variable(x) for x in xs] if not kept else [*map(Variable, xs[:-1]), xs[-1]]
    np.testing.assert_allclose(
        ours(*live).data, eval(call, {"np": np, "onp": np})(*xs), rtol=1e-13, strict=True
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("a", "b", "far", "near"),
    [(INF, 1.0, 1.0, 0.0), (-INF, 1.0, -1.0, 0.0), (1.0, INF, 0.0, 1.0), (1.0, -INF, 0.0, -1.0)],
)
def test_the_slopes_infinitely_far_are_those_in_that_direction(
    a: float, b: float, far: float, near: float
) -> None:
    """The angle moves no more, the distance as the infinite coordinate does: no nan."""
    x, y = Variable(np.array(a)), Variable(np.array(b))
    assert [g.data.item() for g in gradients(differentiable.arctan2(x, y), [x, y])] == [0.0, 0.0]
    assert [g.data.item() for g in gradients(differentiable.hypot(x, y), [x, y])] == [far, near]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("x", [-INF, -1.0, 1.0, 5.0, INF])
def test_between_points_infinitely_far_the_near_one_counts_alone(x: float) -> None:
    """The value is that of one point, so all of the slope is this point's."""
    fp = Variable(np.array([1.0, 2.0, 3.0]))
    y = differentiable.interp(x, [-INF, 1.0, INF], fp)
    (gradient,) = gradients(y, [fp])
    assert gradient.data.tolist() == [float(y.item() == value) for value in (1.0, 2.0, 3.0)]


@pytest.mark.parametrize(("a", "b"), [(2.0, -INF), (0.5, INF)])
def test_a_power_that_stays_0_has_slope_0(a: float, b: float) -> None:
    """However infinite the exponent is: inf * 0 is no slope."""
    x = Variable(np.array(a))
    (gx,) = gradients(x**b, [x])
    assert gx.data.item() == 0.0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("a", "b"), [(0.0, 0.5), (2.0, INF)])
def test_a_power_that_rises_without_end_has_an_infinite_slope(a: float, b: float) -> None:
    """At 0 below a root's exponent, and for an infinite exponent."""
    x = Variable(np.array(a))
    (gx,) = gradients(x**b, [x])
    assert gx.data.item() == INF


@pytest.mark.parametrize(
    "x", [[1e200, 1e-200, 1e200, 1e-200], [1e-200, 1e200, 1e-200, 1e200], [0.0, 1e-80, 1e-80, 1.0]]
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the value, which NumPy gives
def test_a_product_is_as_exact_as_its_parts(x: list[float]) -> None:
    """Its gradient and its tangents are, however far out of range a part of it would be."""
    point, parts = np.array(x), [*map(Fraction, x)]
    exact = [float(math.prod(parts[:i] + parts[i + 1 :])) for i in range(4)]
    rounding = 8 * float(np.finfo(float).eps)
    np.testing.assert_allclose(grad(differentiable.prod)(point), exact, rtol=rounding)
    _, moved = jvp(differentiable.prod, (point,), (point,))
    np.testing.assert_allclose(moved, 4 * float(math.prod(parts)), rtol=rounding)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the value, which NumPy gives
@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("zero", [0.0, 1.0])
def test_the_second_derivative_of_a_product_is_that_of_its_parts(order: int, zero: float) -> None:
    """However far out of range the product of some of these would be, and beside a zero."""
    x = np.array([zero, 1e-200, 1e-200, 1e300, 1e-100])[
        [order, *range(order), *range(order + 1, 5)]
    ]
    parts = [*map(Fraction, x)]
    wanted = [
        [0.0 if i == j else float(math.prod(v for k, v in enumerate(parts) if k not in (i, j)))
         for j in range(5)]
        for i in range(5)
    ]  # fmt: skip
    rounding = 16 * float(np.finfo(float).eps)
    np.testing.assert_allclose(hessian(differentiable.prod)(x), wanted, rtol=rounding)


def test_every_singular_matrix_of_a_stack_has_an_infinite_condition() -> None:
    """However many axes the stack has."""
    found = differentiable.linalg.cond(Variable(np.zeros((2, 1, 2, 2))), 1)
    assert np.array_equal(found.data, np.full((2, 1), np.inf))


def test_functions_are_pickled_by_their_names() -> None:
    """So that they cross to other processes, as NumPy's do."""
    functions = [f for f in vars(differentiable).values() if callable(f) and f in CASES]
    assert all(pickle.loads(pickle.dumps(f)) is f for f in functions)


def test_a_singular_value_of_0_has_gradient_0() -> None:
    """It is the kink of the singular values; those beside it keep their slopes."""
    slopes = grad(lambda x: differentiable.linalg.svdvals(x).sum())(np.diag([2.0, 0.0]))
    assert np.array_equal(slopes, np.diag([1.0, 0.0]))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_variance_of_no_freedom_has_no_finite_slope() -> None:
    """As its value is infinite: no number would say how it moves."""
    slopes = grad(lambda x: differentiable.var(x, ddof=3))(np.array([1.0, 2.0, 3.0]))
    assert slopes[0] == -INF
    assert slopes[2] == INF


def test_tangents_of_nothing_are_nothing() -> None:
    """A quantile of rows, of which there are none."""
    nothing = np.zeros((0, 3))
    y, ty = jvp(lambda x: differentiable.quantile(x, 0.5, axis=1), (nothing,), (nothing,))
    assert y.shape == ty.shape == (0,)


@pytest.mark.parametrize("name", list(numpy_functions()))
def test_a_rule_has_values_all_over_its_domain(name: str) -> None:
    """Close to both ends of each interval of numbers that it states, too."""
    function, _ = numpy_functions()[name]
    cases = cases_of(function)
    if not isinstance(cases, type):
        return
    rule = rule_of(cases)
    for upper in (False, True):
        xs = [np.full(s, _end(d, upper)) for d, s in zip(rule.domains, small_ways(rule)[0])]
        with quiet():
            assert np.isfinite(rule.forward(*xs)).all(), (name, upper, xs)


def _end(domain: Interval, upper: bool) -> float:
    """A number just inside an end of an interval; 1 where that is infinitely far."""
    end = domain.high if upper else domain.low
    return 1.0 if np.isinf(end) else end + (-1e-9 if upper else 1e-9)


def test_weights_of_nothing_have_no_gradient() -> None:
    """As NumPy does, bincount takes weights for no numbers at all."""
    w = Variable(np.array([1.0, 2.0]))
    y = differentiable.bincount([], w, 3)
    y.backward()
    assert y.data.tolist() == [0.0] * 3
    assert w.grad is not None
    assert w.grad.tolist() == [0.0, 0.0]
