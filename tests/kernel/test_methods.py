"""The methods and operators of a Variable do what ndarray's do, with the same defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backprop import Array, Variable

X = np.array([[3.25, 1.75, 2.5], [1.0, 4.125, 5.5]])

CALLS: dict[str, Callable[[Any], Any]] = {
    "x.sum()": lambda x: x.sum(),
    "x.sum(axis=1)": lambda x: x.sum(axis=1),
    "x.mean()": lambda x: x.mean(),
    "x.prod()": lambda x: x.prod(),
    "x.max()": lambda x: x.max(),
    "x.min()": lambda x: x.min(),
    "x.std()": lambda x: x.std(),
    "x.var()": lambda x: x.var(),
    "x.trace()": lambda x: x.trace(),
    "x.cumsum()": lambda x: x.cumsum(),
    "x.cumprod()": lambda x: x.cumprod(),
    "x.round()": lambda x: x.round(),
    "x.round(1)": lambda x: x.round(1),
    "x.argmax()": lambda x: x.argmax(),
    "x.argmin()": lambda x: x.argmin(),
    "x.argsort()": lambda x: x.argsort(),
    "x[0].argmax()": lambda x: x[0].argmax(),
    "x[0].argsort()": lambda x: x[0].argsort(),
    "x.flatten()": lambda x: x.flatten(),
    "x.transpose()": lambda x: x.transpose(),
    "x.repeat(2)": lambda x: x.repeat(2),
    "x.clip(2.0, 4.0)": lambda x: x.clip(2.0, 4.0),
    "divmod(x, 1.5)[0]": lambda x: divmod(x, 1.5)[0],
    "divmod(x, 1.5)[1]": lambda x: divmod(x, 1.5)[1],
    "divmod(7.0, x)[0]": lambda x: divmod(7.0, x)[0],
    "divmod(7.0, x)[1]": lambda x: divmod(7.0, x)[1],
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_method_does_what_that_of_an_array_does(call: Callable[[Any], Any]) -> None:
    """Its value, shape and dtype are those of the same call on the data."""
    expected = np.asarray(call(X))

    found = call(Variable(X))

    data = found.data if isinstance(found, Variable) else found
    assert (data.shape, data.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(data, expected)


@pytest.mark.parametrize(
    ("number", "digits", "rounded"),
    [(2.625, None, 3.0), (2.625, 2, 2.62), (26.0, -1, 30.0)],
)
def test_the_builtin_round_rounds(number: float, digits: int | None, rounded: float) -> None:
    """`round(x)` goes to whole numbers, `round(x, n)` to n decimals, and both stay Variables."""
    x = Variable(np.array(number))

    y = round(x) if digits is None else round(x, digits)

    assert isinstance(y, Variable)
    assert y.data == rounded


def data(x: Variable) -> Array:
    """The array in it."""
    return x.data


def test_astype_gives_a_new_variable_unless_told_otherwise() -> None:
    """`copy=False` gives the Variable itself, if it has the dtype already, as ndarray's does."""
    x = Variable(X)

    assert x.astype("float64") is not x
    assert x.astype("float64", copy=False) is x
    narrow = x.astype("float32", copy=False)
    assert narrow is not x
    assert data(narrow).dtype == np.float32
