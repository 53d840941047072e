"""What the functions of backprop.numpy refuse, as NumPy does, and their rarer ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import backprop.numpy as bp
from backprop import (
    REALS,
    Array,
    BinaryFunction,
    Exp,
    Function,
    NaryFunction,
    Square,
    Variable,
    grad,
    gradients,
    jacobian,
    jvp,
)
from backprop.errors import ConversionError, GradientCountError, UnsupportedError
from backprop.testing import GradientMismatch, Second, check_gradient, verify
from backprop.testing.generators.expressions import Expression, cases_of
from backprop.testing.numeric.ties import extremes, slopes_around

A = np.arange(6.0).reshape(2, 3)
NAMES = {"A": A, "bp": bp, "np": np, "x": Variable(A), "v": Variable(A[0]), "one": Variable(1.0)}

WRONG = [
    ("bp.average(v, weights=[1.0, -1.0, 0.0])", ZeroDivisionError, "sum to zero"),
    ("bp.average(x, weights=[1.0, 2.0])", TypeError, "Axis must be specified"),
    ("bp.average(x, axis=1, weights=np.ones((2, 2)))", ValueError, "."),
    ("bp.block([[v], v])", ValueError, "nested to one depth"),
    ("bp.cov(x, ddof=0.5)", ValueError, "ddof must be integer"),
    ("bp.cov(bp.stack([x, x]))", ValueError, "m has more than 2"),
    ("bp.cov(x, bp.stack([x, x]))", ValueError, "y has more than 2"),
    ("bp.meshgrid(v, v, indexing='no')", ValueError, "'xy' or 'ij'"),
    ("bp.linalg.eigvalsh(x @ x.T, UPLO='X')", ValueError, "UPLO"),
    ("bp.linalg.qr(x, mode='full of it')", ValueError, "Unrecognized mode"),
    ("bp.diag(bp.stack([x, x]))", ValueError, "a vector or a matrix"),
    ("bp.tril(one)", ValueError, "triangle"),
    ("bp.einsum([])", (TypeError, ValueError), "."),
    ("bp.einsum(x, [0, 77])", ValueError, "valid range"),
    ("bp.einsum('ij,jk->ik', x)", ValueError, "do not fit"),
    ("bp.einsum('i?', x)", ValueError, "invalid subscripts"),
    ("bp.einsum('i', x)", ValueError, "do not fit"),
    ("bp.einsum('ij->ii', x)", ValueError, "invalid output"),
    ("bp.einsum('i...->i', x)", ValueError, "ellipsis"),
    ("bp.einsum('ij->k', x)", ValueError, "never appeared"),
    ("bp.einsum('ii', x)", ValueError, "."),
    ("bp.gradient(x, 1.0, 2.0, 3.0)", TypeError, "invalid number of arguments"),
    ("bp.interp(v, [], [])", ValueError, "points"),
    ("bp.interp(v, [0.0, 1.0], [0.0, 1.0], period=0)", ValueError, "period"),
    ("bp.interp(v, [0.0, np.nan], [0.0, 1.0])", ValueError, "xp holds nan"),
    ("bp.linalg.tensorinv(x, ind=0)", ValueError, "Invalid ind"),
    ("bp.linalg.tensorsolve(x, v)", np.linalg.LinAlgError, "."),
    ("bp.linalg.outer(x, v)", ValueError, "two vectors"),
    ("bp.linalg.cross(x[:, :2], x[:, :2])", ValueError, "length 3"),
    ("bp.linalg.multi_dot([x])", ValueError, "at least two"),
    ("bp.linalg.multi_dot([x, one, x])", np.linalg.LinAlgError, "matrices"),
    ("bp.linalg.norm(bp.stack([x, x]), 2)", ValueError, "Improper number"),
    ("bp.linalg.norm(v, 'fro')", ValueError, "for vectors"),
    ("bp.linalg.norm(x, 7)", ValueError, "for matrices"),
    ("bp.linalg.cond(x[:0, :0])", np.linalg.LinAlgError, "empty"),
    ("bp.pad(x, 1, mode='dream')", UnsupportedError, "."),
    ("bp.pad(x, 1, mode='edge', constant_values=1)", ValueError, "takes no constant_values"),
    ("bp.pad(x, 1, mode='reflect', reflect_type='strange')", ValueError, "'even' or 'odd'"),
    ("bp.clip(x, 0.0, 1.0, min=0.0)", ValueError, "not as both"),
    ("bp.dot(x, x)", ValueError, "mismatch"),
    ("bp.tensordot(x, x, 1)", ValueError, "shape-mismatch"),
    ("bp.tensordot(x, x, ([0, 0], [0, 0]))", ValueError, "duplicate axes"),
    ("bp.where(x > 0, x)", (TypeError, ValueError), "."),
    ("x[one]", ConversionError, "."),
    ("bp.correlate(x, v)", ValueError, "vectors"),
    ("bp.hsplit(one, 1)", ValueError, "at least"),
    ("bp.var(x, ddof=1, correction=1)", ValueError, "simultaneously"),
    ("bp.resize(v, (-1,))", ValueError, "negative"),
    ("bp.cross(one * np.ones(4), v)", ValueError, "dimension must be 2 or 3"),
    ("bp.vecmat(one, x)", ValueError, "not a number"),
    ("bp.matvec(v, v)", ValueError, "a matrix or a stack"),
    ("bp.bincount([0, 1, -1], v)", ValueError, "negative"),
    ("bp.bincount([0, 1])", UnsupportedError, "bincount has a gradient for its weights alone"),
    ("np.histogram(v)", UnsupportedError, "histogram has a gradient for its weights alone"),
    ("np.histogram(v, weights=v)", UnsupportedError, "take x.data of samples"),
    ("np.histogram2d(A, v, weights=v)", UnsupportedError, "take x.data of samples"),
    ("np.histogramdd([v, v], weights=v)", UnsupportedError, "take x.data of samples"),
    ("bp.piecewise(v, [v > 0, v > 1], [1.0])", ValueError, "2 conditions take as many functions"),
    ("bp.polyder(v, -1)", ValueError, "positive"),
    ("bp.polyint(v, -1)", ValueError, "Order of integral must be positive"),
    ("bp.poly(x)", ValueError, "coefficients are a vector"),
    ("np.piecewise(v, [[True, False]], [1.0])", IndexError, "boolean index did not match"),
    ("np.nanquantile(x, [[0.5]])", UnsupportedError, r"q of shape \(1, 1\)"),
    ("np.histogram(A, bins=v, weights=x)", UnsupportedError, "samples and bins"),
    ("np.histogram2d(A[0], A[0], [v, 2], weights=v)", UnsupportedError, "samples and bins"),
    ("np.apply_over_axes(lambda v, axis: v.sum(), x, 0)", ValueError, "keep or reduce one axis"),
    ("np.apply_along_axis(lambda v, p: v + 'a', 0, v, p=2)", TypeError, "got dtype <U1"),
    ("np.pad(v, 1, foo=1)", UnsupportedError, "knows no foo="),
    ("np.sum(v, foo=1)", TypeError, "unexpected keyword argument"),
    ("np.polyfit(A[0], v, -1)", ValueError, "deg >= 0"),
    ("np.polyfit(A[0], v, 1, w=[2.0])", TypeError, "same length"),
    ("np.vstack([x], casting='no')", UnsupportedError, "vstack of a Variable knows no casting="),
]


@pytest.mark.parametrize(("code", "error", "says"), WRONG, ids=[code for code, *_ in WRONG])
def test_what_is_refused(code: str, error: Any, says: str) -> None:
    """Wrong arguments raise at the call and say what is wrong."""
    with pytest.raises(error, match=says):
        eval(code, NAMES)


def test_rarer_ways() -> None:
    """Reached by no case: warnings, plain results, empty lanes, reflected operators."""
    x = Variable(A)
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        bp.cov(x[:, :1])
    assert int(bp.linalg.matrix_rank(x)) == 2
    assert [part.tolist() for part in bp.where(x > 4)] == [[1], [2]]
    assert np.array_equal((7.0 % (x + 1)).data, 7.0 % (A + 1))
    assert np.array_equal((7.0 // (x + 1)).data, 7.0 // (A + 1))
    assert np.array_equal(x.ravel().data, A.ravel())
    with pytest.warns(RuntimeWarning, match="All-NaN"):
        assert np.isnan(bp.nanquantile(Variable(np.full((1, 3), np.nan)), 0.5, axis=1).data).all()
    assert np.isnan(bp.max(Variable(np.array([1.0, np.nan]))).data)
    y = bp.max(v := Variable(np.array([1.0, np.nan])))
    y.backward()
    assert v.grad is not None
    assert v.grad.tolist() == [0.0, 1.0]


def test_det_of_singular_matrices() -> None:
    """The gradient is the matrix of cofactors, which is 0 from rank n - 2 on."""
    for matrix in (np.zeros((3, 3)), np.ones((3, 3)), np.diag([1.0, 2.0, 0.0])):
        check_gradient(bp.linalg.det, matrix)
    check_gradient(bp.linalg.det, np.zeros((8, 8)))
    x = Variable(np.zeros((10, 10)))
    bp.linalg.det(x).backward()
    assert x.grad is not None
    assert not x.grad.any()


def test_lanes_and_edges() -> None:
    """A lane of nothing but nan beside another; straight edges with coordinates."""
    with pytest.warns(RuntimeWarning, match="All-NaN"):
        found = bp.nanmedian(x := Variable(np.array([[np.nan, np.nan], [1.0, 2.0]])), axis=1)
    assert np.isnan(found.data[0])
    assert found.data[1] == 1.5
    found.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[0.0, 0.0], [0.5, 0.5]]
    places = np.array([0.0, 1.0, 3.0, 4.0])
    slope = bp.gradient(Variable(places**2), Variable(places), edge_order=1)
    assert isinstance(slope, Variable)
    np.testing.assert_allclose(slope.data, np.gradient(places**2, places), rtol=1e-15)


def test_no_slopes_are_known_around_a_tie() -> None:
    """Where f is nan, and where there is no number between."""
    one = np.ones(1)
    undefined = slopes_around(lambda x: x * np.nan, np.ones(2), 0, REALS)
    assert extremes(*undefined, np.ones(2)) is None
    none_between = slopes_around(lambda x: x[:1], np.full(2, 5e-324), 0, REALS)
    assert extremes(*none_between, one) is None


class Bare(Function):
    def forward(self, x: Array) -> Array:
        return x * 2

    def backward(self, gy: Array) -> Array:
        return gy * 2


class Pair(BinaryFunction):
    def __init__(self) -> None:
        self.factor: Array = np.array(3.0)

    def forward(self, a: Array, b: Array) -> Array:
        y: Array = a * b * self.factor
        return y

    def backward(self, gy: Array) -> tuple[Array, Array]:
        return gy * self.b * self.factor, gy * self.a * self.factor


class Many(NaryFunction):
    def __init__(self, count: int = 1) -> None:
        self.factor, self.count = np.array(3.0), count

    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return tuple(x * self.factor for x in xs)

    def backward(self, *gys: Array) -> tuple[Array, ...]:
        return tuple(gy * self.factor for gy in gys)[: self.count]


class BadTangent(Bare):
    def jvp(self, tx: Array) -> Array:
        return tx * 2.5


class BadShape(Bare):
    def jvp(self, tx: Array) -> Array:
        return np.ones(7)


class PlainTangent(Bare):
    def jvp(self, tx: Array) -> Array:
        return np.full(tx.shape, 2.0)


@pytest.mark.parametrize("rule", [BadTangent, BadShape])
def test_a_wrong_tangent_is_rejected(rule: type[Function]) -> None:
    """Forward mode is verified too: of a wrong jvp its gradient being right is no excuse."""
    with pytest.raises(GradientMismatch, match="jvp"):
        verify(rule, examples=10, seed=1)


def test_a_wrong_tangent_among_right_ones_is_rejected() -> None:
    """In a function made of several rules rounding may cost digits, but not so many."""
    with pytest.raises(GradientMismatch, match="jvp"):
        verify(lambda x: Square()(BadTangent()(Exp()(x))), examples=10, seed=1)


def test_rules_without_jvp_say_so() -> None:
    """Called by hand; the engine transposes backward instead."""
    calls: Sequence[Callable[[], object]] = (
        lambda: Bare().jvp(A),
        lambda: Pair().jvp(A, A),
        lambda: Many().jvp(A),
    )
    for call in calls:
        with pytest.raises(NotImplementedError, match="has no method jvp"):
            call()


@pytest.mark.parametrize(
    ("f", "slope"),
    [(Bare(), 2.0), (lambda x: Pair()(x, 2.0 * x), 48.0), (lambda x: Many()(x)[0], 3.0)],
    ids=["Function", "BinaryFunction", "NaryFunction"],
)
def test_every_kind_of_rule_goes_forward_without_a_jvp(
    f: Callable[[Variable], Variable], slope: float
) -> None:
    """Its backward is transposed: on arrays, and where that is differentiated again."""
    assert jvp(f, (4.0,), (1.0,))[1] == slope
    assert grad(lambda x: jvp(f, (x,), (x,))[1])(4.0) == (2 if slope == 48.0 else 1) * slope


def test_settings_of_every_kind_of_rule_in_second_order() -> None:
    """Arrays that were there before the call are constants, in all three kinds."""
    x = Variable(np.array(2.0))
    (gx,) = gradients(Pair()(x, x), [x])
    assert gradients(gx, [x])[0].data == 6.0
    (y,) = Many()(x * x)
    (gx,) = gradients(y, [x])
    assert gradients(gx, [x])[0].data == 6.0
    with pytest.raises(GradientCountError):
        gradients(Many(0)(x)[0], [x])
    third = jvp(lambda v: jacobian(Bare())(v), (Variable(np.array(1.0)),), (np.array(1.0),))
    assert third[1].data == 0.0
    for rule in (Bare(), PlainTangent()):
        assert jvp(rule, (Variable(np.array(1.0)),), (np.array(1.0),))[1].data == 2.0
    _, ty = jvp(PlainTangent(), (Variable(np.array(1.0)),), (np.array(1.0),))
    assert ty.data == 2.0


def test_the_gradient_as_a_function_can_be_checked_at_a_point() -> None:
    """Second.of, as the scripts of second order use it."""
    check_gradient(Second.of(Bare), np.array([1.0, 2.0]), np.array([1.0, -1.0]))
    cases = cases_of(bp.sum)
    assert isinstance(cases, tuple)
    assert repr(Expression(cases[0])) == cases[0].code


def test_jacobian_of_an_empty_result_and_nested() -> None:
    """No rows to stack; and rows that are Variables."""
    f: Callable[[Any], Any] = lambda x: x[:0]  # noqa: E731
    assert jacobian(f)(A[0]).shape == (0, 3)
    nested = jacobian(lambda x: x * x)(Variable(A[0]))
    assert isinstance(nested, Variable)
    assert np.array_equal(nested.data, np.diag(2 * A[0]))
