"""Running sums, products and extrema, sorting: what the cases of each function do not show."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, combinations
from typing import Any

import numpy as np
import pytest

import backprop.numpy as bnp
from backprop import Array, Variable, gradients
from backprop.errors import UnsupportedError
from tests.helpers import grad, leaf

WEIGHTS = np.array([0.5, -2.0, 3.0, 0.25])


def _without(x: Array, upto: int, *gone: int) -> float:
    return float(np.prod([x[k] for k in range(upto + 1) if k not in gone]))


@pytest.mark.parametrize("zeros", list(chain(*(combinations(range(4), n) for n in range(4)))))
def test_cumprod_is_exact_with_zeros_in_any_places(zeros: tuple[int, ...]) -> None:
    """In first and in second order, where a quotient would be nan."""
    data = np.array([1.5, -0.5, 2.0, 3.0])
    data[list(zeros)] = 0.0
    x = Variable(data)
    (gx,) = gradients((bnp.cumprod(x) * WEIGHTS).sum(), [x])
    (gxx,) = gradients((gx * WEIGHTS).sum(), [x])

    first = [sum(WEIGHTS[j] * _without(data, j, i) for j in range(i, 4)) for i in range(4)]
    second = [
        sum(
            WEIGHTS[i] * WEIGHTS[j] * _without(data, j, i, m)
            for i in range(4)
            for j in range(max(i, m), 4)
            if i != m
        )
        for m in range(4)
    ]
    np.testing.assert_allclose(gx.data, first, rtol=1e-14)
    np.testing.assert_allclose(gxx.data, second, rtol=1e-14)


@pytest.mark.parametrize(
    "decades",
    [[-1] * 300 + [1] * 500, [1] * 300 + [-1] * 400 + [1] * 300],
    ids=["fall and rise", "rise, fall and rise"],
)
def test_cumprod_of_many_decades(decades: list[int]) -> None:
    """All products are ordinary numbers, though those of some neighbours are not."""
    x = Variable(np.stack([10.0 ** np.array(decades), np.ones(len(decades))]))
    y = bnp.cumprod(x, axis=1)[:, -1]
    (gx,) = gradients(y.sum(), [x])
    (gxx,) = gradients(gx[0, 0, ...] + gx[1, 0], [x])

    y.backward()
    np.testing.assert_allclose(grad(x), y.data[:, None] / x.data, rtol=1e-12)
    np.testing.assert_allclose(gx.data, grad(x), rtol=0)
    np.testing.assert_allclose(gxx.data[:, 1:], gx.data[:, :1] / x.data[:, 1:], rtol=1e-12)
    assert gxx.data[:, 0].tolist() == [0.0, 0.0]


def test_prod_of_many_decades() -> None:
    """In both orders, though the products of some of its factors leave the range of floats."""
    x = leaf([1e200, 1e-200, 1e200, 1e-200, 1e5])
    (gx,) = gradients(bnp.prod(x), [x])
    gx[0].backward()
    np.testing.assert_allclose(gx.data, [1e-195, 1e205, 1e-195, 1e205, 1.0], rtol=1e-12)
    np.testing.assert_allclose(grad(x), [0.0, 1e5, 0.0, 1e5, 1e-200], rtol=1e-12)


def test_a_running_maximum_shares_among_the_ties_so_far() -> None:
    """Each of y's elements among the elements of x that attained it by then."""
    x: Any = leaf([1.0, 1.0, 3.0, 2.0, 3.0])
    y: Any = np.maximum.accumulate(x)
    y.grad = np.array([1.0, 10.0, 100.0, 1000.0, 10000.0])
    y.backward()
    assert grad(x).tolist() == [6.0, 5.0, 6100.0, 0.0, 5000.0]


def test_nan_has_no_part_in_the_functions_that_skip_it() -> None:
    """Its gradient is 0."""
    for function in (bnp.nancumsum, bnp.nancumprod):
        x = leaf([2.0, np.nan, 3.0])
        function(x).backward()
        assert grad(x)[1] == 0.0
        assert np.isfinite(grad(x)).all()


def test_a_partition_moves_gradients_as_it_moves_values() -> None:
    """Whatever order it leaves within the parts."""
    rng = np.random.default_rng(0)
    for kth in (7, [3, 12], -1):
        x = Variable(np.round(rng.normal(size=(5, 20)), 1))  # with ties
        y = bnp.partition(x, kth, axis=1)
        y.grad = y.data.copy()
        y.backward()
        np.testing.assert_array_equal(grad(x), x.data)


@pytest.mark.parametrize(
    "code",
    [
        "np.cumsum(x, axis=2)",
        "np.cumulative_sum(x)",
        "np.cumulative_prod(x, axis=-3)",
        "np.diff(x, n=-1)",
        "np.diff(x[0, 0, ...])",
        "np.add.accumulate(x[0, 0, ...])",
        "np.sort(x, axis=2)",
        "np.sort(x[0, 0, ...])",
        "np.sort(x, kind='bubble')",
        "np.partition(x, 5)",
        "np.partition(x, 0, kind='none')",
    ],
)
def test_what_numpy_refuses_is_refused_in_the_same_way(code: str) -> None:
    """The same kind of error, and its words begin the same."""
    x = np.ones((2, 3))
    with pytest.raises((ValueError, TypeError)) as theirs:
        eval(code, {"np": np, "x": x})
    with pytest.raises(type(theirs.value)) as ours:
        eval(code, {"np": np, "x": Variable(x)})
    assert str(ours.value)[:12] == str(theirs.value)[:12]


@pytest.mark.parametrize("call", [np.roots, np.subtract.accumulate], ids=["roots", "accumulate"])
def test_what_has_no_rule_is_refused_by_name(call: Callable[..., object]) -> None:
    """With no derivative there is no result."""
    with pytest.raises(UnsupportedError, match="has no derivative rule here"):
        call(leaf([1.0, 2.0]))
