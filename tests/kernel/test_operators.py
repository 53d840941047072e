"""Operators: every mix of operands, broadcasting, matmul, powers, singular points."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backprop import Array, Cos, Exp, Log, Power, Reciprocal, Sqrt, Square, Tanh, Variable
from backprop.errors import InPlaceError
from tests.helpers import grad, leaf

Operation = Callable[[Any, Any], Any]

OPERATORS: dict[str, tuple[Operation, Operation, Operation]] = {  # value, d/da, d/db
    "+": (operator.add, lambda a, b: 1.0 + 0 * (a * b), lambda a, b: 1.0 + 0 * (a * b)),
    "-": (operator.sub, lambda a, b: 1.0 + 0 * (a * b), lambda a, b: -1.0 + 0 * (a * b)),
    "*": (operator.mul, lambda a, b: b + 0 * a, lambda a, b: a + 0 * b),
    "/": (operator.truediv, lambda a, b: 1 / b + 0 * a, lambda a, b: -a / b / b),
    "**": (operator.pow, lambda a, b: b * a ** (b - 1), lambda a, b: a**b * np.log(a)),
}

SHAPES = [
    ((), ()),
    ((3,), (3,)),
    ((), (2, 3)),
    ((2, 3), (3,)),
    ((3, 1), (1, 2)),
    ((1,), (2, 1, 2)),
    ((2, 3, 1), (1, 1, 1)),
    ((0, 3), (1, 3)),
    ((1, 1), (0,)),
]


def filled(shape: tuple[int, ...], start: float) -> Array:
    """Positive numbers, all different."""
    return start + np.arange(np.prod(shape, dtype=int)).reshape(shape) / 4


def summed(g: Array, shape: tuple[int, ...]) -> Array:
    """`g` summed over the axes along which `shape` was broadcast."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1)
    return np.asarray(g.sum(axis=stretched, keepdims=True))


@pytest.mark.parametrize(("a_shape", "b_shape"), SHAPES)
@pytest.mark.parametrize("name", OPERATORS)
def test_two_variables(name: str, a_shape: tuple[int, ...], b_shape: tuple[int, ...]) -> None:
    """Values are NumPy's, gradients the formulas', summed over what was broadcast."""
    operation, by_a, by_b = OPERATORS[name]
    a, b = filled(a_shape, 0.5), filled(b_shape, 1.25)
    x, w = Variable(a), Variable(b)

    y = operation(x, w)
    seed = filled(y.shape, -1.0)
    y.grad = seed
    y.backward()

    assert (y.data == operation(a, b)).all()
    np.testing.assert_allclose(grad(x), summed(seed * by_a(a, b), a_shape), rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(grad(w), summed(seed * by_b(a, b), b_shape), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("name", OPERATORS)
def test_a_rule_gives_arrays_for_operands_without_axes(name: str) -> None:
    """What is summed over all axes is an array of none, no NumPy scalar, also to who calls it."""
    y = OPERATORS[name][0](leaf(2.0), leaf([1.0, 2.0, 3.0]))

    gradients = y.creator.backward(np.ones(3))

    assert [type(g) for g in gradients] == [np.ndarray, np.ndarray]
    assert [g.shape for g in gradients] == [(), (3,)]


@pytest.mark.parametrize(
    "other",
    [2, 2.5, np.float64(2.5), np.array(2.5), np.array([2.5, 0.5]), np.array([[2], [3]])],
    ids=repr,
)
@pytest.mark.parametrize("name", OPERATORS)
def test_array_or_number_on_either_side(name: str, other: Any) -> None:
    """An array or number on either side gives a Variable, with the true gradient."""
    operation, by_a, by_b = OPERATORS[name]
    a = np.array([0.5, 1.5])
    on_left, on_right = Variable(a), Variable(a)

    left, right = operation(on_left, other), operation(other, on_right)
    left.backward()
    right.backward()

    assert isinstance(left, Variable)
    assert isinstance(right, Variable)
    np.testing.assert_array_equal(left.data, operation(a, np.asarray(other, float)))
    np.testing.assert_array_equal(right.data, operation(np.asarray(other, float), a))
    ones = np.ones(left.shape)
    expected_left = summed(ones * by_a(a, np.asarray(other, float)), (2,))
    expected_right = summed(ones * by_b(np.asarray(other, float), a), (2,))
    np.testing.assert_allclose(grad(on_left), expected_left, rtol=1e-14)
    np.testing.assert_allclose(grad(on_right), expected_right, rtol=1e-14)


def test_negative() -> None:
    """The unary minus has the derivative -1."""
    x = leaf([1.0, -2.0])

    (-x).backward()

    assert grad(x).tolist() == [-1.0, -1.0]


@pytest.mark.parametrize(
    "absent", [lambda x: x & 1, lambda x: pow(x, 2, 3)], ids=["&", "pow modulo"]
)
def test_absent_operators(absent: Callable[[Any], object]) -> None:
    """An operator without a rule is a TypeError at once."""
    with pytest.raises(TypeError):
        absent(leaf([1.0, 2.0]))


REBINDING = [
    operator.iadd,
    operator.isub,
    operator.imul,
    operator.itruediv,
    operator.ifloordiv,
    operator.imod,
    operator.ipow,
    operator.imatmul,
]


@pytest.mark.parametrize("rebound", REBINDING, ids=lambda f: f.__name__)
def test_augmented_assignment(rebound: Callable[[Any, Any], Variable]) -> None:
    """`w op= a` gives a new Variable, of the value and gradient of `w op a`; an alias keeps its."""
    plain = getattr(operator, rebound.__name__[1:])
    a = np.array([1.5, 2.0])
    v, u = leaf([1.0, 3.0]), leaf([1.0, 3.0])

    w = rebound(v, a)
    w.sum().backward()
    plain(u, a).sum().backward()

    assert w is not v
    assert v.data.tolist() == [1.0, 3.0]
    assert w.data.tolist() == plain(u, a).data.tolist()
    assert grad(v).tolist() == grad(u).tolist()


def test_augmented_assignment_in_a_loop() -> None:
    """`s += a * a` sums up from a plain number; the caller's own name for it is not changed."""

    def total(start: Any, v: Variable) -> Any:
        for a in v:
            start += a * a
        return start

    zero, v = leaf(0.0), leaf([1.0, 2.0])
    total(zero, v).backward()

    assert zero.data == 0.0
    assert grad(v).tolist() == [2.0, 4.0]
    assert total(0.0, v).data == 5.0


def test_augmented_assignment_to_an_element() -> None:
    """`v[0] += 1` would write into the array: it is an error, and nothing has changed."""
    v = leaf([1.0, 2.0])

    with pytest.raises(InPlaceError, match="does not change in place"):
        v[0] += 1.0  # type: ignore[index]

    assert v.data.tolist() == [1.0, 2.0]


def test_in_place_on_an_array() -> None:
    """`array *= x` cannot put a Variable into the array and says so."""
    a = np.ones(2)

    with pytest.raises(TypeError):
        a *= leaf([1.0, 2.0])  # type: ignore[call-overload]


def numeric(f: Callable[[Array], Array], x: Array, seed: Array) -> Array:
    """The gradient of (seed * f).sum() at `x` by central differences: exact for f linear in x."""
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = np.zeros_like(x)
        h[i] = 1.0
        g[i] = ((f(x + h) - f(x - h)) * seed).sum() / 2
    return g


RANKS = [
    ((3,), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3,)),
    ((2, 3), (3, 4)),
    ((1, 3), (3, 1)),
    ((3,), (2, 3, 4)),
    ((2, 4, 3), (3,)),
    ((2, 4, 3), (3, 5)),
    ((4, 3), (2, 3, 5)),
    ((2, 4, 3), (2, 3, 5)),
    ((1, 4, 3), (2, 3, 5)),
    ((6, 1, 4, 3), (2, 3, 5)),
    ((2, 4, 3), (6, 1, 3, 5)),
    ((6, 2, 4, 3), (3,)),
    ((3,), (6, 2, 3, 1)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((0,), (0,)),
    ((0, 2, 3), (3, 2)),
]


@pytest.mark.parametrize(("a_shape", "b_shape"), RANKS)
def test_matmul(a_shape: tuple[int, ...], b_shape: tuple[int, ...]) -> None:
    """`@` of every pair of ranks has the gradients of differences, exact for whole numbers."""
    rng = np.random.default_rng(0)
    a, b = (rng.integers(-9, 9, shape).astype(float) for shape in (a_shape, b_shape))
    x, w = Variable(a), Variable(b)

    y = x @ w
    seed = rng.integers(-9, 9, y.shape).astype(float)
    y.grad = seed
    y.backward()

    assert (y.data == a @ b).all()
    assert (grad(x) == numeric(lambda a: a @ b, a, seed)).all()
    assert (grad(w) == numeric(lambda b: a @ b, b, seed)).all()


def test_matmul_with_arrays() -> None:
    """`@` takes an array on either side."""
    m = np.array([[1.0, 2.0], [3.0, 4.0]])
    x, w = leaf([1.0, 1.0]), leaf([1.0, 1.0])

    left: Any = m @ x  # an array to NumPy's stubs
    left.backward()
    (w @ m).backward()

    assert grad(x).tolist() == [4.0, 6.0]
    assert grad(w).tolist() == [3.0, 7.0]


def test_matmul_of_a_number() -> None:
    """`@` with a number is NumPy's ValueError, on either side."""
    products: list[Callable[[], object]] = [lambda: leaf([1.0]) @ 2.0, lambda: 2.0 @ leaf([1.0])]
    for product in products:
        with pytest.raises(ValueError, match="does not have enough dimensions"):
            product()


@pytest.mark.parametrize(
    ("base", "exponent", "value", "by_base"),
    [
        (0.0, 0.0, 1.0, 0.0),
        (0.0, 1.0, 0.0, 1.0),
        (0.0, 2.0, 0.0, 0.0),
        (0.0, 3.0, 0.0, 0.0),
        (5.0, 0.0, 1.0, 0.0),
        (-2.0, 0.0, 1.0, 0.0),
        (-2.0, 1.0, -2.0, 1.0),
        (-2.0, 2.0, 4.0, -4.0),
        (-2.0, 3.0, -8.0, 12.0),
        (-2.0, -1.0, -0.5, -0.25),
        (-0.0, 2.0, 0.0, 0.0),
        (4.0, 0.5, 2.0, 0.25),
        (0.0, 0.5, 0.0, np.inf),
        (np.inf, 0.0, 1.0, 0.0),
    ],
)
def test_power_of_constant_exponent(
    base: float, exponent: float, value: float, by_base: float
) -> None:
    """x**c has the polynomial's derivative wherever it has one, at 0 and below it too."""
    x = leaf(base)

    y = x**exponent
    y.backward()

    assert y.data == value
    assert grad(x) == by_base


@pytest.mark.parametrize(
    ("base", "exponent", "by_exponent"),
    [(0.0, 2.0, 0.0), (0.0, 0.5, 0.0), (1.0, 5.0, 0.0), (np.e, 1.0, np.e), (2.0, 0.0, np.log(2))],
)
def test_power_of_constant_base(base: float, exponent: float, by_exponent: float) -> None:
    """c**x has the derivative cˣ ln c, and 0 for c = 0 and x > 0."""
    x = leaf(exponent)

    (base**x).backward()

    assert grad(x) == by_exponent


def test_power_over_an_array() -> None:
    """Special points in one array do not disturb their neighbours."""
    x, p = leaf([0.0, 2.0, 0.0, 3.0]), leaf([0.0, 3.0, 2.0, 0.0])

    Power()(x, p).backward()

    assert grad(x).tolist() == [0.0, 12.0, 0.0, 0.0]
    assert grad(p)[1:].tolist() == [8.0 * np.log(2.0), 0.0, np.log(3.0)]


@pytest.mark.parametrize(
    "program",
    [
        lambda x: x * Sqrt()(x),
        lambda x: Sqrt()(x) * 0.0,
        lambda x: np.array(0.0) * Sqrt()(x),
        lambda x: x * x**0.5,
        lambda x: Square()(Sqrt()(x)) * x,
        lambda x: (x * x) * Sqrt()(x * x),
    ],
    ids=["x√x", "0√x", "array 0 √x", "x x^0.5", "√x² x", "x²√x²"],
)
def test_zero_cotangent_at_a_singularity(program: Callable[[Variable], Variable]) -> None:
    """At 0 a factor of 0 leaves gradient 0 where the root's slope is infinite."""
    x = leaf(0.0)

    program(x).backward()

    assert grad(x) == 0.0


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.parametrize(
    "branch",
    [
        Log(),
        Reciprocal(),
        lambda x: x**-1.5,
        lambda x: 1.0 / x,
        lambda x: np.array([1.0, 1.0]) / x,
        lambda x: x / x.detach().data.clip(1e-300),
    ],
    ids=["log", "reciprocal", "power", "number / x", "array / x", "finite"],
)
def test_masked_singularity(branch: Callable[[Variable], Variable]) -> None:
    """A branch that a zero seed masks adds no NaN."""
    x = leaf([0.0, 4.0])
    y = branch(x)
    y.grad = np.array([0.0, 1.0])

    y.backward()

    assert grad(x)[0] == 0.0
    assert np.isfinite(grad(x)[1])


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_division_of_zero_seed_by_zero() -> None:
    """a / b with b = 0 and a zero cotangent has gradient 0 for both."""
    a, b = leaf([1.0, 6.0]), leaf([0.0, 2.0])
    y = a / b
    y.grad = np.array([0.0, 1.0])

    y.backward()

    assert grad(a).tolist() == [0.0, 0.5]
    assert grad(b).tolist() == [0.0, -1.5]


def test_true_infinite_slope_stays() -> None:
    """Where the cotangent is not 0, an infinite slope is an infinite gradient."""
    x = leaf(0.0)

    Sqrt()(x).backward()

    assert grad(x) == np.inf


def test_nan_is_not_hidden() -> None:
    """A NaN in the data shows in the gradient that depends on it, and in no other."""
    x, w = leaf([1.0, 2.0]), leaf([np.nan, 3.0])

    (x * w).backward()

    assert np.isnan(grad(x)).tolist() == [True, False]
    assert grad(w).tolist() == [1.0, 2.0]


def test_large_arrays_as_small_ones() -> None:
    """Rules that reuse buffers on large arrays give what they give one by one."""
    data = np.linspace(-2.0, 2.0, 1001)
    for rule in (Cos, Tanh):
        x = Variable(data)
        y = rule()(x)
        seed = np.linspace(1.0, 2.0, 1001)
        y.grad = seed
        y.backward()

        for i in range(0, 1001, 100):
            single = leaf(data[i])
            value = rule()(single)
            value.grad = np.array(seed[i])
            value.backward()
            np.testing.assert_allclose(grad(x)[i], grad(single), rtol=1e-15, atol=1e-18)


def test_composition_by_formula() -> None:
    """exp(x²)/x has the derivative (2 - 1/x²) exp(x²)."""
    x = leaf([0.5, 1.0, 1.5])

    (Exp()(x**2) / x).backward()

    np.testing.assert_allclose(grad(x), (2 - x.data**-2) * np.exp(x.data**2), rtol=1e-14)
