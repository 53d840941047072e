"""The transforms: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp, elementwise_grad."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from typing_extensions import override

import backprop.numpy as bp
from backprop import (
    Array,
    BinaryFunction,
    Function,
    Variable,
    elementwise_grad,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)
from backprop.errors import HigherOrderError, NoGraphError, TransformError
from backprop.testing import central_difference

X = np.array([0.5, -1.5, 2.0])


def waves(x: Variable) -> Variable:
    return bp.sum(bp.sin(x) * x**3)


def field(x: Variable) -> Variable:
    return bp.exp(x[:, None] * x[:2] / 4)


def test_grad_is_the_gradient() -> None:
    """Of the shape and kind of the argument, and as central differences have it."""
    numeric = central_difference(lambda x: np.asarray(np.sum(np.sin(x) * x**3)), X)
    assert np.all(abs(grad(waves)(X) - numeric.value) <= 4 * numeric.error)


def test_a_number_gives_a_number_and_an_array_an_array() -> None:
    """What comes back is of the kind that went in."""
    cube: Callable[[Variable], Variable] = lambda x: x * x * x  # noqa: E731
    assert grad(cube)(2.0) == 12.0
    assert isinstance(grad(cube)(2.0), float)
    assert isinstance(grad(cube)(np.array(2.0)), np.ndarray)
    assert isinstance(grad(cube)(Variable(2.0)), Variable)
    assert grad(cube)(np.array(2.0, np.float32)).dtype == np.float32


@given(st.integers(1, 6))
def test_to_any_order(order: int) -> None:
    """The n-th derivative of exp is exp, of x**6 what the falling factorials say."""
    f: Callable[[Any], Any] = bp.exp
    g: Callable[[Any], Any] = lambda x: x * x * x * x * x * x  # noqa: E731
    factor = 1.0
    for k in range(order):
        f, g = grad(f), grad(g)
        factor *= 6 - k
    assert f(Variable(0.5)).data == pytest.approx(np.exp(0.5), rel=1e-13)
    assert g(2.0) == pytest.approx(factor * 2.0 ** (6 - order), rel=1e-13)


def test_an_inner_transform_does_not_take_the_outer_argument_for_its_own() -> None:
    """d/dx x (d/dy (x + y)) is 1, and d/dx x (d/dy (x y) at y = x) is 2x, not 4x."""
    assert grad(lambda x: x * grad(lambda y: x + y)(Variable(1.0)))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(x))(3.0) == 6.0


def square_times(a: Any) -> Callable[[Any], Variable]:
    """x -> a x², with a from around it."""
    return lambda x: a * x * x


ROUND = [
    (lambda a: a * grad(square_times(a))(3.0), 24.0),
    (lambda a: a * jvp(square_times(a), (3.0,), (1.0,))[1], 24.0),
    (lambda a: a * jvp(square_times(a), (3.0,), (1.0,))[0], 36.0),
    (lambda a: a * vjp(square_times(a), 3.0)[0], 36.0),
    (lambda a: a * vjp(square_times(a), 3.0)[1](1.0)[0], 24.0),
    (lambda a: (a * jacobian(lambda x: a * x * np.ones(2))(3.0)).sum(), 8.0),
    (lambda a: a * jacobian(lambda x: (a * x * x).sum())(np.ones(2)).sum(), 16.0),
    (lambda a: a * value_and_grad(lambda x: (x * x, a * a), has_aux=True)(3.0)[0][1], 12.0),
    (lambda a: a * hessian(square_times(a))(3.0), 8.0),
    (lambda a: a * hvp(square_times(a))(3.0, 1.0), 8.0),
    (lambda a: a * grad(lambda x, w: w * x * x)(3.0, a), 24.0),
    (lambda a: a * grad(lambda x, w: w * x * x)(3.0, w=a), 24.0),
    (lambda a: (jvp(lambda x: a * x**2, (1.5,), (1.0,))[1] - 1.0) ** 2 + 0.1 * a * a, 30.4),
    (lambda a: jvp(lambda y: y**3, (2.0,), (a,))[1], 12.0),
    (lambda a: vjp(lambda y: y**3, 2.0)[1](a)[0], 12.0),
    (lambda a: hvp(lambda x: (x**3).sum())(np.ones(2), a * np.ones(2)).sum(), 12.0),
]


@pytest.mark.parametrize(("f", "slope"), ROUND, ids=range(len(ROUND)))
def test_an_inner_transform_cuts_nothing_of_what_is_around_it(f: Any, slope: float) -> None:
    """At 2, by each outer transform, and by `backward` of a Variable of the user's own."""
    assert grad(f)(2.0) == pytest.approx(slope)
    assert jvp(f, (2.0,), (1.0,))[1] == pytest.approx(slope)
    assert grad(f)(Variable(2.0)).data == pytest.approx(slope)
    w = Variable(2.0)
    f(w).backward()
    assert w.grad == pytest.approx(slope)


def test_a_mixed_second_derivative() -> None:
    """By one argument and then by another: a² b has 2a in its corner."""
    mixed = jacobian(grad(lambda a, b: (a**2 * b).sum(), 0), 1)(np.full(2, 3.0), np.ones(2))
    np.testing.assert_array_equal(mixed, 6.0 * np.eye(2))


def test_trees_agree_by_their_keys() -> None:
    """Whatever the order in which a dict was filled."""
    point = {"a": 1.0, "b": 5.0}

    def f(p: Any) -> Any:
        return p["a"] ** 2 * p["b"]

    assert hvp(f)(point, {"b": 0.0, "a": 1.0}) == {"a": 10.0, "b": 2.0}
    assert jvp(f, (point,), ({"b": 0.0, "a": 1.0},))[1] == 10.0
    _, pullback = vjp(lambda p: {"w": p * 2, "b": p * 5}, 1.0)
    assert pullback({"b": 1.0, "w": 0.0}) == (5.0,)


def test_trees_of_arguments() -> None:
    """Tuples, lists, dicts and named tuples of arrays come back as such."""
    layer = namedtuple("layer", ["w", "b"])
    parameters = {"first": layer(np.ones(2), np.zeros(2)), "last": [np.full(2, 3.0)]}

    def f(p: Any) -> Variable:
        return bp.sum((p["first"].w + p["first"].b) * p["last"][0])

    found = grad(f)(parameters)
    assert isinstance(found["first"], layer)
    assert found["first"].b.tolist() == [3.0, 3.0]
    assert found["last"][0].tolist() == [1.0, 1.0]


def test_argnums_and_aux() -> None:
    """One number for one gradient, a tuple for a tuple; has_aux carries what else f gives."""

    def f(a: Variable, b: Variable, scale: float = 1.0) -> Any:
        return bp.sum(a * b) * scale, {"a": a}

    (value, aux), gradients_ = value_and_grad(f, argnums=(0, -1), has_aux=True)(X, X + 1, scale=2.0)
    assert value == pytest.approx(2 * np.sum(X * (X + 1)))
    assert aux["a"] is X
    assert np.array_equal(gradients_[0], 2 * (X + 1))
    gradient, aux = grad(f, 1, has_aux=True)(X, X)
    assert np.array_equal(gradient, X)


def test_jacobian_both_ways_round() -> None:
    """More outputs than inputs go forward, fewer in reverse; both agree with differences."""
    wide = jacobian(field)(X)
    assert wide.shape == (3, 2, 3)
    numeric = central_difference(lambda x: np.exp(x[:, None] * x[:2] / 4), X)
    assert np.all(abs(wide - numeric.value) <= 4 * numeric.error + 1e-14)
    assert np.array_equal(jacobian(lambda x: bp.sum(x * x))(X), 2 * X)
    assert jacobian(lambda x: x * np.ones((0, 3)))(X).shape == (0, 3, 3)


def test_jacobian_of_several_results_and_arguments() -> None:
    """For each result, for each argument."""
    both = jacobian(lambda a, b: {"ab": a * b, "a": a}, argnums=(0, 1))(X, X)
    assert np.array_equal(both["ab"][1], np.diag(X))
    assert np.array_equal(both["a"][1], np.zeros((3, 3)))


def test_hessian_and_hvp_agree() -> None:
    """H v is the same with H and without it, and H is symmetric."""
    h = hessian(waves)(X)
    v = np.array([1.0, 2.0, -1.0])
    np.testing.assert_allclose(hvp(waves)(X, v), h @ v, rtol=1e-13)
    np.testing.assert_allclose(h, h.T)
    np.testing.assert_allclose(jacobian(grad(waves))(X), h)


def test_vjp_and_jvp_are_transposes() -> None:
    """<gy, J t> = <pullback(gy), t>, for functions of several arguments and results."""

    def f(a: Variable, b: Variable) -> Any:
        return bp.sin(a) * b, bp.sum(a)

    gys, ts = (np.array([1.0, -2.0, 0.5]), 3.0), (X + 1, X * X)
    y, pullback = vjp(f, X, X + 2)
    gxs = pullback(gys)
    again, moved = jvp(f, (X, X + 2), ts)
    left = np.sum(gys[0] * moved[0]) + gys[1] * moved[1]
    assert left == pytest.approx(sum(np.sum(g * t) for g, t in zip(gxs, ts, strict=True)))
    assert np.array_equal(y[0], again[0])


def test_forward_over_reverse_and_reverse_over_forward() -> None:
    """Modes nest either way."""
    v = Variable(np.array(1.0))
    third = grad(lambda x: jvp(grad(lambda y: y**4), (x,), (v,))[1])
    assert third(2.0) == 48.0
    _, moved = jvp(grad(lambda y: y**4), (2.0,), (1.0,))
    assert moved == 48.0


class Weighted(BinaryFunction):
    """a b, with no rule for the gradient of a constant b."""

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return a * b

    @override
    def backward(self, gy: Array) -> tuple[Array, Array]:
        assert self.wants(0)
        assert not self.wants(1)
        return gy * self.b, gy


def test_forward_mode_wants_no_gradient_of_a_constant() -> None:
    """A rule without a jvp is transposed: it is asked for the same gradients as in reverse."""
    weights = np.array([2.0, 3.0, 4.0])
    _, moved = jvp(lambda x: Weighted()(x, bp.array(weights)), (X,), (np.ones(3),))
    assert moved.tolist() == weights.tolist()


def test_elementwise_grad_keeps_the_shape() -> None:
    """f'(x), element by element."""
    assert np.array_equal(elementwise_grad(lambda x: x * x)(X), 2 * X)
    second = elementwise_grad(elementwise_grad(bp.sin))
    np.testing.assert_allclose(second(X), -np.sin(X), rtol=1e-15)


def test_the_pullback_of_a_cotangent_keeps_its_own_copy() -> None:
    """What the caller does to a cotangent or a gradient afterwards changes nothing."""
    gy = np.ones(3)
    _, pullback = vjp(lambda x: x + 0.0, X)
    (first,) = pullback(gy)
    gy[:] = 7.0
    assert first.tolist() == [1.0, 1.0, 1.0]
    first[:] = 5.0
    assert pullback(np.ones(3))[0].tolist() == [1.0, 1.0, 1.0]


def test_a_function_that_records_nothing_has_no_gradient() -> None:
    """What it computes under no_grad() is no constant."""

    def silent(x: Variable) -> Variable:
        with no_grad():
            return x * x

    with pytest.raises(NoGraphError, match="computed Unrecorded"):
        grad(silent)(3.0)


def test_the_jacobian_of_nothing_keeps_the_dtype() -> None:
    """Of no elements by no elements."""
    assert jacobian(lambda x: x * x)(np.zeros(0, np.float32)).dtype == np.float32


def test_a_transform_records_under_no_grad() -> None:
    """It needs the graph of its own call, whatever is around it."""
    with no_grad():
        assert grad(lambda x: x * x)(3.0) == 6.0
        assert bp.exp(Variable(1.0)).creator is None


def test_threads_do_not_disturb_each_other() -> None:
    """Nested gradients in several threads at once."""
    together, found = Barrier(4), list[float]()

    def work() -> None:
        together.wait()
        found.extend(grad(grad(lambda x: x**3))(2.0) for _ in range(50))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [12.0] * 200


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: grad(lambda x: x * x)(X), r"one number, not shape \(3,\): sum it"),
        (lambda: grad(lambda x: "three")(X), r"must give Variables .* got str: 'three'"),
        (lambda: grad(lambda x: None)(X), r"must give Variables .* got NoneType: None"),
        (lambda: grad(lambda x: x * x, has_aux=True)(X), r"gives a pair \(value, anything\), got"),
        (lambda: grad(lambda x: x, 1.5)(1.0), r"argnums is an int or a tuple of ints, got 1.5"),  # type: ignore[call-overload]  # on purpose
        (lambda: grad(3.0), r"a transform takes a function, got float: 3.0"),  # type: ignore[call-overload]  # on purpose
        (lambda: jvp(lambda x: x, X, (X,)), r"primals as a tuple.* jvp\(f, \(x,\), \(t,\)\)"),  # type: ignore[arg-type]  # on purpose
        (lambda: jvp(lambda x: x, (X,), X), r"tangents as a tuple, .* got ndarray"),  # type: ignore[arg-type]  # on purpose
        (lambda: grad(lambda x: x, 2)(1.0), r"argnums=2, but the function got 1 arguments"),
        (lambda: grad(lambda x: x, (0, -1))(1.0), r"argnums=\(0, -1\) names an argument twice"),
        (
            lambda: vjp(lambda x: (x, x), X)[1](X),
            r"cotangents must be given as \(\.\.\., ",
        ),
        (lambda: jvp(lambda x: x, (X,), (X, X)), r"tangents must be given as \(\.\.\.,\), got"),
        (
            lambda: hvp(lambda p: p["a"])({"a": 1.0}, {"b": 1.0}),
            r"{'a': \.\.\.}, got {'b': 1.0}",
        ),
    ],
)
def test_messages(call: Callable[[], object], says: str) -> None:
    """A misuse is named, with what to do."""
    with pytest.raises(TransformError, match=says):
        call()


class Notes(Function):
    """A rule as the notes write it: it reads the data of its input."""

    def forward(self, x: Array) -> Array:
        return x**2

    def backward(self, gy: Array) -> Array:
        return 2 * self.input.data * gy


class Saving(Function):
    """A rule whose forward keeps an array that depends on x."""

    def forward(self, x: Array) -> Array:
        self.cos = np.cos(x)
        return np.sin(x)

    def backward(self, gy: Array) -> Array:
        return gy * self.cos


class SavingNumber(Saving):
    """A rule whose forward keeps a number that depends on x."""

    def forward(self, x: Array) -> Array:
        self.slope = float(np.cos(x))
        return np.sin(x)

    def backward(self, gy: Array) -> Array:
        return gy * self.slope


class Factor(Function):
    """A rule with a setting that is an array of floats, which is no reason to refuse it."""

    def __init__(self, factor: Array) -> None:
        self.factor = factor

    def forward(self, x: Array) -> Array:
        return x * x * self.factor

    def backward(self, gy: Array) -> Array:
        return gy * 2 * self.x * self.factor


class Output(Notes):
    """A rule that reads the data of its output."""

    def backward(self, gy: Array) -> Array:
        return gy * self.output.data / self.x * 2


class NoVariable(Notes):
    """A rule that makes an array of wrong shape."""

    def backward(self, gy: Array) -> Array:
        return np.ones(2)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (Notes, "self.x instead of self.input.data"),
        (Output, "self.y"),
        (Saving, "keeps self.cos"),
        (SavingNumber, "keeps self.slope"),
    ],
)
def test_a_rule_that_cannot_be_differentiated_again_says_so(
    rule: type[Function], says: str
) -> None:
    """It works in first order; in second it is refused, never silently wrong."""
    x = Variable(np.array(2.0))
    y = rule()(x)
    y.backward()
    assert x.grad is not None
    with pytest.raises(HigherOrderError, match=says):
        gradients(y, [x])
    with pytest.raises(HigherOrderError, match=says):
        jvp(lambda v: rule()(v), (2.0,), (1.0,))


class LargerSquared(BinaryFunction):
    """The square of the larger one; of equals both share the gradient."""

    def forward(self, a: Array, b: Array) -> Array:
        return np.maximum(a, b) ** 2

    def backward(self, gy: Array) -> tuple[Array, Array]:
        part = np.where(self.a == self.b, 0.5, self.a > self.b)
        g = gy * 2 * np.maximum(self.a, self.b)
        return g * part, g * (1 - part)


def test_equality_within_a_rule_is_of_elements_in_second_order_too() -> None:
    """There `self.a` and `self.b` are Variables, and `==` of these elsewhere is identity."""
    a, b = Variable(np.array([3.0, 2.0])), Variable(np.array([3.0, 1.0]))
    ga, gb = gradients(LargerSquared()(a, b), [a, b])
    assert (ga.data.tolist(), gb.data.tolist()) == ([3.0, 4.0], [3.0, 0.0])
    gaa, gab = gradients(ga, [a, b])
    assert (gaa + gab).data.tolist() == [1.0, 2.0]


def test_settings_are_no_reason_to_refuse_a_rule() -> None:
    """An array that was there before the call is a constant."""
    factor = np.array([1.0, 10.0])
    f: Callable[[Variable], Variable] = lambda x: bp.sum(Factor(factor)(x))  # noqa: E731
    assert np.array_equal(hessian(f)(np.ones(2)), np.diag(2 * factor))


def test_gradients_leave_grad_alone_and_check_what_rules_return() -> None:
    """No `.grad` is touched; what does not depend on x has a gradient of zeros."""
    x, z = Variable(X), Variable(np.ones(2))
    y = x * x
    gx, gz = gradients(y, [x, z], gy=np.ones(3))
    assert x.grad is None
    assert np.array_equal(gx.data, 2 * X)
    assert np.array_equal(gz.data, np.zeros(2))
    assert gradients(y, [y])[0].data.tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(ValueError, match=r"NoVariable.backward returned for input 0 must"):
        gradients(NoVariable()(x), [x])
    with no_grad():
        unrecorded = x * x
    with pytest.raises(NoGraphError):
        gradients(unrecorded, [x])


def test_an_intermediate_value_may_be_asked_for_too() -> None:
    """The gradient of y by x goes on through an asked-for value in between."""
    x = Variable(np.array(3.0))
    a = x * x
    y = a * a
    gx, ga = gradients(y, [x, a])
    assert (float(gx.data), float(ga.data)) == (108.0, 18.0)


def test_outputs_that_were_dropped() -> None:
    """A call of several outputs, of which one was not kept, in second order and forward."""

    def f(x: Variable) -> Variable:
        return bp.sum(bp.linalg.slogdet(x * x + 2 * np.eye(2))[1])

    x = np.array([[1.0, 0.5], [0.2, 2.0]])
    numeric = central_difference(lambda v: np.asarray(grad(f)(v)).copy(), x)
    assert np.all(abs(hessian(f)(x) - numeric.value) <= 4 * numeric.error + 1e-13)
    assert jvp(f, (x,), (np.ones((2, 2)),))[1] == pytest.approx(np.sum(grad(f)(x)))


def test_a_deep_graph_of_higher_order() -> None:
    """2,000 nodes, twice differentiated: by a loop, not by recursion."""
    x = y = Variable(np.array(1.0))
    for _ in range(2_000):
        y = y * 1.0001
    (gx,) = gradients(y * y, [x])
    (ggx,) = gradients(gx, [x])
    assert ggx.data == pytest.approx(2 * 1.0001**4_000)
