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
