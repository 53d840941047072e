"""Corners of single functions that few inputs come to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop.numpy as bp
from backprop import Constant, Variable, grad

X = np.array([3.0, 1.0, 3.0, 2.0])


def test_what_unique_is_asked_for_comes_in_numpys_order() -> None:
    """Each alone, and all."""
    names = ("return_index", "return_inverse", "return_counts")
    for asked in (*({name: True} for name in names), dict.fromkeys(names, True)):
        settings: dict[str, Any] = asked
        expected = np.unique(X, **settings)[1:]
        found = bp.unique(Variable(X), **settings)[1:]
        assert [part.tolist() for part in found] == [part.tolist() for part in expected]


@pytest.mark.parametrize(
    "given", [{"prepend": 5.0}, {"append": 5.0}, {"prepend": 1.0, "append": 2.0}]
)
def test_diff_takes_either_end(given: dict[str, Any]) -> None:
    """One without the other."""
    y = bp.diff(Variable(X), **given)
    np.testing.assert_array_equal(y.data, np.diff(X, **given))


def test_a_product_that_leaves_the_range_on_one_side_only() -> None:
    """Of the factors before the last the first two overflow, and all three do not."""
    x = np.array([1e200, 1e200, 1e-100, 1.0])
    with np.errstate(over="ignore"):  # as NumPy's own product does on the way
        np.testing.assert_allclose(grad(bp.prod)(x)[3], 1e300, rtol=1e-12)


def test_a_point_that_has_no_direction() -> None:
    """The gradient of hypot is 0 at 0, and that of interp at its first knot is the slope after."""
    assert grad(lambda x: bp.hypot(x, 0.0 * x))(np.array(0.0)) == 0.0
    at_knot = grad(lambda x: bp.interp(x, [0.0, 1.0], [0.0, 2.0]))
    assert [float(at_knot(np.array(v))) for v in (0.0, 0.5, 1.0, -0.1)] == [2.0, 2.0, 2.0, 0.0]


def test_a_row_of_which_nothing_counts_gets_nothing_if_nothing_is_asked() -> None:
    """Its variance is nan, and a cotangent of 0 makes a gradient of 0 of it."""
    counted = np.array([[True, True, True, True], [False] * 4])

    def first(x: Variable) -> Variable:
        return bp.where([True, False], bp.var(x, axis=1, where=counted), 0.0).sum()

    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning):
        gx = grad(first)(np.stack([X, X]))
    assert gx[1].tolist() == [0.0] * 4
    assert gx[0].any()


def test_array_makes_a_variable_of_its_own() -> None:
    """As NumPy's makes an array: asarray gives the same one."""
    x = Variable(X)
    assert bp.array(x) is not x
    assert bp.asarray(x) is x


def test_weights_of_another_shape_than_the_axis_are_refused() -> None:
    """As NumPy refuses them."""
    with pytest.raises(ValueError, match="weights"):
        bp.average(Variable(np.ones((2, 3))), axis=0, weights=np.ones((2, 2)))


def test_a_ufunc_takes_its_default_order_and_no_other() -> None:
    """A keyword that would change something is refused, not passed over."""
    assert np.sin(Variable(X), order="K").shape == (4,)
    with pytest.raises(TypeError, match="order"):
        np.sin(Variable(X), order="F")


def test_a_key_may_be_a_constant_or_a_container() -> None:
    """By its values."""
    x = Variable(X)
    key: Any = Constant(np.array([2.0, 0.0])) > 1.0
    assert x[:2][key.data if isinstance(key, Constant) else key].tolist() == [3.0]


def test_a_cumulative_function_goes_along_its_axis() -> None:
    """Of two and of three axes, whichever it is."""
    x = np.arange(1.0, 25.0).reshape(2, 3, 4)
    assert np.array_equal(bp.cumulative_sum(Variable(x[0]), axis=1).data, np.cumsum(x[0], axis=1))
    weights = np.arange(24.0).reshape(x.shape)
    for axis in range(3):
        found = bp.cumsum(Variable(x), axis=axis)
        assert np.array_equal(found.data, np.cumsum(x, axis=axis))
        slope = grad(lambda v, axis=axis: (bp.cumsum(v, axis=axis) * weights).sum())(x)
        assert np.array_equal(slope, np.flip(np.cumsum(np.flip(weights, axis), axis), axis))


def test_equal_elements_keep_their_order_however_many_they_are() -> None:
    """In sort and partition: each gets the cotangent of its own place."""
    weights = np.arange(40.0)
    for reorder in (bp.sort, lambda v: bp.partition(v, 20)):
        slope = grad(lambda v, reorder=reorder: (reorder(v) * weights).sum())(np.zeros(40))
        assert np.array_equal(slope, weights)
    many, weights = np.tile([2.0, 0.0, 1.0], 200), np.arange(600.0)
    slope = grad(lambda v: (bp.sort(v) * weights).sum())(many)
    assert np.array_equal(slope[np.argsort(many, stable=True)], weights)


def test_equal_elements_keep_their_order_in_a_partition_that_leaves_the_rest_unsorted() -> None:
    """The k-th of the elements that are equal goes to the k-th of their places."""
    x = np.random.default_rng(0).integers(0, 50, 600).astype(float)
    y, weights = np.partition(x, 0), np.arange(600.0)
    slope = grad(lambda v: (bp.partition(v, 0) * weights).sum())(x)
    for number in range(50):
        assert np.array_equal(slope[x == number], weights[y == number])


def test_equal_infinities_share_the_gradient_of_logaddexp() -> None:
    """Their difference is taken for 0."""
    infinite = np.array([np.inf])
    a, b = grad(lambda a, b: bp.logaddexp(a, b).sum(), argnums=(0, 1))(infinite, infinite)
    assert a.tolist() == b.tolist() == [0.5]


def test_an_array_is_no_index_while_it_is_a_variable() -> None:
    """It has floats and would lose its gradient: the error says what to write."""
    with pytest.raises(TypeError, match="is used as an index"):
        bp.take(Variable(X), Variable(np.array([0.0, 1.0])))  # type: ignore[arg-type]  # the mistake


def test_what_is_in_one_of_two_sets_alone_is_told_whatever_comes_twice() -> None:
    """Elements that both have are left out."""
    found = bp.setxor1d(Variable(np.array([1.0, 2.0, 5.0])), [2.0, 3.0, 4.0])
    assert found.data.tolist() == [1.0, 3.0, 4.0, 5.0]


def test_functions_that_would_cut_the_gradient_are_refused_by_name() -> None:
    """They save, and they write into arrays."""
    v: Any = Variable(X)
    with pytest.raises(TypeError, match=r"numpy\.savetxt saves plain arrays"):
        np.savetxt("never.txt", v)
    with pytest.raises(TypeError, match=r"numpy\.copyto writes into an array"):
        np.copyto(X.copy(), v)


def test_a_second_table_of_two_columns_is_turned_as_the_first() -> None:
    """With rowvar=False variables are columns in both."""
    x, y = np.arange(6.0).reshape(3, 2) ** 2, np.array([[1.0, 5.0], [2.0, 3.0], [7.0, 1.0]])
    assert np.allclose(bp.cov(Variable(x), y, rowvar=False).data, np.cov(x, y, rowvar=False))
    line = np.array([1.0, 4.0, 2.0])
    assert np.allclose(bp.cov(Variable(x), line, rowvar=False).data, np.cov(x, line, rowvar=False))
    rows = np.array([[1.0, 4.0, 2.0], [3.0, 1.0, 1.0]])
    assert np.allclose(bp.cov(Variable(x.T), rows).data, np.cov(x.T, rows))


def test_a_product_of_many_factors_keeps_its_gradient_beyond_half_the_range() -> None:
    """A norm between the root of the largest number and the largest is no overflow."""
    x = np.array([3e160, 4e160])
    assert np.allclose(grad(np.linalg.norm)(x), [0.6, 0.8])


def test_an_einsum_label_beyond_the_last_is_refused() -> None:
    """There are 52 of them."""
    with pytest.raises(ValueError, match="valid range"):
        bp.einsum(Variable(X), [52], [52])


def test_the_deviation_of_equal_elements_has_gradient_0_exactly() -> None:
    """Their mean may round, and what is left must not count; large ones do not overflow."""
    assert grad(np.std)(np.full(10, 0.1)).tolist() == [0.0] * 10
    large = np.array([1e150, 3e150])
    assert np.allclose(grad(np.std)(large), [-0.5, 0.5])


def test_factors_of_two_dtypes_have_gradients_of_their_own() -> None:
    """However large they are: nothing is written into the smaller one."""
    a, b = np.full(100, 2.0, np.float32), np.full(100, 3.0)
    ga, gb = grad(lambda a, b: ((a * b) * b).sum(), argnums=(0, 1))(a, b)
    assert ga.dtype == np.float32
    assert gb.dtype == np.float64
    assert (ga.tolist(), gb.tolist()) == ([9.0] * 100, [12.0] * 100)


def test_matmul_has_what_a_ufunc_has() -> None:
    """How many inputs and outputs, and of which axes."""
    ours: Any = bp.matmul
    assert (ours.nin, ours.nout, ours.signature) == (2, 1, np.matmul.signature)


def test_the_slopes_of_many_elements_are_differentiated_again() -> None:
    """Beyond the size from which a product is written into one of its factors."""
    x = np.linspace(0.1, 1.4, 100)
    second = grad(lambda v: np.sum(grad(lambda u: np.sum(np.cos(u)))(v)))(x)
    assert np.allclose(second, -np.cos(x), rtol=1e-14)


def test_small_matrices_have_eigenvectors_with_a_slope() -> None:
    """What is a gap and what only rounding goes by their size."""
    x, w = np.array([[2.0, 1.0], [1.0, 5.0]]), np.array([[1.0, 2.0], [3.0, 5.0]])
    slope = grad(lambda m: np.sum(np.linalg.eigh(m)[1] * w))
    assert np.allclose(slope(x * 2.0**-40), slope(x) * 2.0**40, rtol=1e-13)


def test_a_row_of_extreme_products_beside_ordinary_ones() -> None:
    """Each row of a running product is looked at by itself."""
    rows = np.array([[1e10, 1e-306, 1e290], [1.0, 2.0, 3.0]])
    slope = grad(lambda v: np.sum(np.cumprod(v, axis=-1)))
    assert np.allclose(slope(rows), [slope(row) for row in rows], rtol=1e-14, atol=0)


def test_a_deviation_far_from_0_keeps_its_digits() -> None:
    """Of the elements that count, too: one of them is subtracted before the mean is taken."""
    x, counted = np.array([0.1, 0.1, 0.1, 7.0]), np.array([True, True, True, False])
    slope = grad(lambda v: np.std(v, where=counted))(x)
    assert slope.tolist() == [0.0] * 4
