"""NumPy's keywords on Variables: they mean what they mean on arrays, or are refused by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backprop.numpy as bp
from backprop import Variable, gradients
from backprop.errors import UnsupportedError
from backprop.kernel.table import TABLE
from backprop.testing import verify

X = np.array([[0.5, 1.75, 2.0], [1.0, 3.0, 0.25]], np.float32)

# That of other libraries, of the memory, or of what writes into its operand; what only checks.
NEVER = {"casting", "copy", "device", "like", "order", "out", "overwrite_input", "subok"}
REFUSED = {
    "nanstd": {"mean"},  # it changes no value: numpy.mean gives it
    "nanvar": {"mean"},
    "std": {"mean"},
    "var": {"mean"},
    "nanpercentile": {"weights"},  # of steps only: method="inverted_cdf"
    "nanquantile": {"weights"},
    "percentile": {"weights"},
    "quantile": {"weights"},
    "polyfit": {"cov", "full"},  # what else is known of the fit
}
# What NumPy 2.3 still knows, of no effect or by another name since long.
DEPRECATED = {
    "corrcoef": {"bias", "ddof"},
    "reshape": {"newshape"},
    "nanpercentile": {"interpolation"},
    "nanquantile": {"interpolation"},
    "percentile": {"interpolation"},
    "quantile": {"interpolation"},
}


def _signatures() -> dict[str, tuple[Callable[..., Any], Callable[..., Any]]]:
    return {
        f"{original.__module__}.{original.__name__}": (original, ours)
        for original, ours in TABLE.items()
        if inspect.isroutine(original) and getattr(original, "__module__", "").startswith("numpy")
    }


@pytest.mark.parametrize("name", _signatures())
def test_no_keyword_of_numpys_is_forgotten(name: str) -> None:
    """Ours knows each that NumPy's has, but for those that are refused on purpose."""
    original, ours = _signatures()[name]
    try:
        theirs = inspect.signature(original).parameters
    except ValueError:
        pytest.skip("this NumPy does not tell")
    known = inspect.signature(ours).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in known):
        return
    first = sum(p.kind is p.POSITIONAL_ONLY for p in known)  # by their places, not by their names
    varied = {p.name for p in theirs.values() if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    lacking = set(list(theirs)[first:]) - {p.name for p in known} - varied - NEVER
    lacking -= DEPRECATED.get(original.__name__, set())
    assert lacking == REFUSED.get(original.__name__, set())


@pytest.mark.parametrize("name", _signatures())
def test_what_is_left_out_means_what_it_means_to_numpy(name: str) -> None:
    """Every default is NumPy's, but where NumPy's says no more than that nothing was given."""
    original, ours = _signatures()[name]
    try:
        theirs = inspect.signature(original).parameters
    except ValueError:
        pytest.skip("this NumPy does not tell")
    for p in inspect.signature(ours).parameters.values():
        if p.default is not p.empty and p.name in theirs:
            default = theirs[p.name].default
            assert default is np._NoValue or default == p.default, p


TYPED = [
    "np.sum(x, 0, np.float64)",
    "np.sum(x, dtype=np.float64)",
    "np.add.reduce(x, dtype=np.float64)",
    "np.add.accumulate(x, 0, np.float64)",
    "np.multiply.reduce(x, 1, np.float64)",
    "np.multiply.accumulate(x, dtype=np.float64)",
    "np.nansum(x, dtype=np.float64)",
    "np.mean(x, dtype=np.float64)",
    "np.nanmean(x, dtype=np.float64)",
    "np.prod(x, dtype=np.float64)",
    "np.nanprod(x, dtype=np.float64)",
    "np.var(x, 0, np.float64, ddof=1)",
    "np.std(x, dtype=np.float64)",
    "np.nanvar(x, dtype=np.float64)",
    "np.nanstd(x, dtype=np.float64)",
    "np.cumsum(x, dtype=np.float64)",
    "np.cumprod(x, dtype=np.float64)",
    "np.cumulative_sum(x, axis=0, dtype=np.float64)",
    "np.cumulative_prod(x, axis=0, dtype=np.float64)",
    "np.nancumsum(x, dtype=np.float64)",
    "np.nancumprod(x, dtype=np.float64)",
    "np.trace(x, dtype=np.float64)",
    "np.linalg.trace(x, dtype=np.float64)",
    "np.concatenate([x, x], dtype=np.float64)",
    "np.stack([x, x], dtype=np.float64)",
    "np.vstack([x, x], dtype=np.float64)",
    "np.hstack([x, x], dtype=np.float64)",
    "np.cov(x, dtype=np.float64)",
    "np.corrcoef(x, dtype=np.float64)",
    "np.full_like(x, x[0], np.float64)",
    "np.linspace(x, 3.0, 4, dtype=np.float64)",
    "np.geomspace(x, 3.0, 4, dtype=np.float64)",
    "np.logspace(x, 3.0, 4, dtype=np.float64)",
    "np.einsum('ij,kj', x, x, dtype=np.float64)",
    "x.sum(0, np.float64)",
    "x.mean(dtype=np.float64)",
    "x.prod(dtype=np.float64)",
    "x.var(0, np.float64, ddof=1)",
    "x.std(dtype=np.float64)",
    "x.cumsum(0, np.float64)",
    "x.cumprod(1, np.float64)",
    "x.trace(dtype=np.float64)",
]


@pytest.mark.parametrize("code", TYPED)
def test_a_result_has_the_dtype_asked_for(code: str) -> None:
    """And NumPy's value; the gradient has the dtype of the Variable."""
    x = Variable(X)
    found = eval(code, {"np": np, "x": x})
    expected = eval(code, {"np": np, "x": X})
    assert found.dtype == expected.dtype == np.float64
    # Of these NumPy, or ours, computes in float32 before it gives float64.
    single = any(part in code for part in ("space", "nanvar", "nanstd"))
    np.testing.assert_allclose(found.data, expected, rtol=1e-6 if single else 1e-14)
    assert gradients(np.sum(found), [x])[0].dtype == np.float32


A = np.arange(6.0).reshape(2, 3)

# Calls that NumPy's own signature allows, in which ours names or orders things in another way.
SPELLED = [
    "np.exp(x, out=None, where=True, casting='same_kind', order='K', subok=True, dtype=None)",
    "np.quantile(x, q=0.5)",
    "np.percentile(a=x, q=[50.0, 75.0], axis=1)",
    "np.sum(a=x, axis=0)",
    "np.sum(x, axis=1, keepdims=np._NoValue, initial=np._NoValue)",
    "np.stack(arrays=[v, v], axis=1)",
    "np.compress(condition=[True, False], a=x, axis=0)",
    "np.clip(a=x, a_min=1.0, a_max=2.0)",
    "np.histogram(a=A, weights=x)[0]",
    "np.histogramdd([0.1, 0.2, 0.3], 2, weights=v)[0]",
    "np.trapezoid(x, dx=np.array([1.0, 2.0, 3.0]), axis=0)",
    "np.resize(v, np.int64(4))",
    "np.where(x >= 2.0, x, 0.0)",
    "np.tensordot(x, A.T, np.int64(1))",
    "np.apply_over_axes(np.sum, x, np.int64(0))",
    "np.apply_along_axis(np.sum, 1, x[:, :0])",
    "np.piecewise(v, True, [np.exp, 2.0])",
    "np.piecewise(v, [v < 0.0], [np.max, 5.0])",
    "np.piecewise(v[:0], [v[:0] > 1.0], [np.exp])",
    "np.polydiv(v, [2.0])[1]",
    "np.polydiv(v * 0.0, [1.0, 2.0, 3.0])[1]",
    "np.vstack([x], casting='same_kind', dtype=None)",
    "np.average(x, 0, [1.0, 2.0], True)[1]",
    "np.average(x, axis=1, returned=True)[1]",
    "np.cov(x, fweights=[1, 2, 4])",
    "np.cov(x, aweights=[1.0, 0.5, 2.0], bias=True)",
    "np.cov(x, fweights=[1, 2, 4], aweights=[1.0, 0.5, 2.0])",
    "np.cov(x.T, x.T, ddof=0, fweights=[1, 2])",
    "x.reshape(3, 2, order='F')",
    "x.reshape((3, -1), order='F')",
    "x.ravel('F')",
    "x.flatten(order='F')",
    "x.copy('F')",
    "x.take([0, 7], 1, mode='clip')",
    "x.compress([True, False, True], axis=1)",
    "x.conjugate()",
]


@pytest.mark.parametrize("code", SPELLED)
def test_every_spelling_that_numpy_knows(code: str) -> None:
    """Keywords for what comes first, NumPy's defaults, integers of NumPy: the value is NumPy's."""
    found = eval(code, {"A": A, "np": np, "x": Variable(A), "v": Variable(A[0])})
    expected = eval(code, {"A": A, "np": np, "x": A, "v": A[0]})
    assert isinstance(found, Variable)
    np.testing.assert_allclose(found.data, expected, rtol=1e-14)


def test_a_copy_lies_in_the_order_asked_for() -> None:
    """In that of C, if none is, as the method of ndarray has it."""
    x = Variable(np.asfortranarray(X))
    assert x.copy().data.flags.c_contiguous
    assert x.copy("F").data.flags.f_contiguous
    assert bp.copy(x).data.flags.f_contiguous


def test_places_keep_the_axis_that_they_are_asked_to_keep() -> None:
    """keepdims and stable of what gives no floats."""
    x = Variable(X)
    assert np.array_equal(x.argmax(0, keepdims=True), X.argmax(0, keepdims=True))
    assert np.array_equal(x.argmin(1, keepdims=True), X.argmin(1, keepdims=True))
    assert np.array_equal(x.argsort(0, stable=True), X.argsort(0, stable=True))


@pytest.mark.parametrize("code", ["np.exp(x, dtype=np.float64)", "np.sum(x, dtype=int)"])
def test_a_dtype_that_cannot_be_kept_is_refused(code: str) -> None:
    """A ufunc's choice of a loop, and integers, through which no gradient flows."""
    with pytest.raises(TypeError, match="astype"):
        eval(code, {"np": np, "x": Variable(X)})


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ({"fweights": [1.5, 2.0, 1.0]}, TypeError, "fweights must be integer"),
        ({"fweights": [1, 2]}, RuntimeError, "incompatible numbers of samples and fweights"),
        ({"aweights": [[1.0]]}, RuntimeError, "cannot handle multidimensional aweights"),
        ({"aweights": [1.0, -1.0, 1.0]}, ValueError, "aweights cannot be negative"),
    ],
)
def test_weights_that_numpy_refuses(
    weights: dict[str, Any], error: type[Exception], message: str
) -> None:
    """With NumPy's own words."""
    either: list[Any] = [X, Variable(X)]
    for x in either:
        with pytest.raises(error, match=message):
            np.cov(x, **weights)


def test_a_keyword_that_would_be_ignored_is_refused() -> None:
    """By name, with what to do."""
    with pytest.raises(UnsupportedError, match=r"numpy.var of a Variable knows no mean=.*leave"):
        np.var(Variable(X), mean=1.0)  # type: ignore[call-overload]


def test_descending_order_with_every_numpy() -> None:
    """From the largest to the smallest, nan last, of equal ones the first first; and its slope."""
    x = Variable(np.array([1.0, np.nan, 3.0, 1.0]))
    y = bp.sort(x, descending=True, stable=True)
    assert np.array_equal(y.data, [3.0, 1.0, 1.0, np.nan], equal_nan=True)
    (gx,) = gradients(y, [x], np.array([10.0, 20.0, 30.0, 40.0]))
    assert np.array_equal(gx.data, [20.0, 40.0, 10.0, 30.0])
    verify(lambda v: bp.sort(v, descending=True), shapes=[(2, 3)], examples=20, seed=1)


@pytest.mark.skipif("descending" not in inspect.signature(np.sort).parameters, reason="NumPy 2.4")
def test_descending_order_is_numpys() -> None:
    """NumPy's own function, which has the keyword since 2.5, gives the same."""
    sort: Callable[..., Any] = np.sort
    x = np.array([[1.0, np.nan, 3.0, 1.0]])
    np.testing.assert_array_equal(sort(Variable(x), descending=True).data, sort(x, descending=True))
