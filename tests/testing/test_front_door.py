"""What people have, and how it is told what it is; what cannot be called is not wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop.numpy as bp
from backprop import Interval, Variable
from backprop.errors import ArgumentTypeError, ArgumentValueError, UnsupportedError
from backprop.testing import CannotCall, GradientMismatch, check_gradient, verify

FEW: dict[str, Any] = {"examples": 6, "seed": 1}


def test_a_function_of_numpy_stands_for_our_rule_of_it() -> None:
    """A ufunc or another."""
    assert verify(np.sin, seed=1).function == "Sin"
    assert verify(np.ptp, seed=1).function == "np.ptp(x)"


@pytest.mark.parametrize("function", [np.fft.fft, np.spacing, np.float64])
def test_a_function_of_numpy_that_has_no_rule_is_named(function: Any) -> None:
    """It is never called wrong."""
    with pytest.raises(UnsupportedError, match=rf"no rule for numpy\.{function.__name__}"):
        verify(function)


def loss(scores: Variable, labels: Any, scale: float = 1.0) -> Variable:
    """Minus the scores of the labels."""
    return -scale * scores[np.arange(len(labels)), labels].sum()


def test_settings_and_constants_are_given_to_every_call() -> None:
    """And stand in the script that repeats a failure."""
    labels = np.array([1, 0])
    settings: dict[str, Any] = {"constants": {1: labels}, "keywords": {"scale": 2.0}}

    verify(loss, shapes=[(2, 3)], **settings, **FEW)
    (found,) = check_gradient(loss, np.ones((2, 3)), **settings)

    assert found.analytic.tolist() == [0.0, -2.0, 0.0, -2.0, 0.0, 0.0]

    def wrong(x: Variable, by: float) -> Variable:
        return Variable(x.data * by) + 0.0 * x

    with pytest.raises(GradientMismatch, match=r"check_gradient\(wrong, .*constants=\{1: 3.0\}\)"):
        verify(wrong, constants={1: 3.0}, **FEW)


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"keywords": [1]}, ArgumentTypeError, r"keywords is a dict such as \{\"axis\": 0\}"),
        ({"constants": {"a": 1}}, ArgumentTypeError, r"constants is a dict such as \{1: labels\}"),
        ({"constants": {-1: 1}}, ArgumentValueError, "the position of a constant is a whole"),
        ({"framework": "tensorflow"}, ArgumentValueError, "framework is one of"),
    ],
)
def test_settings_that_are_none_are_named(
    settings: dict[str, Any], error: type[Exception], says: str
) -> None:
    """In one line, before anything is called."""
    with pytest.raises(error, match=says):
        verify(bp.sum, **settings)


def test_what_cannot_be_called_is_told_what_to_pass() -> None:
    """With its own error, the shape and the dtype."""

    def of_matrices(x: Variable) -> Variable:
        rows, columns = x.shape
        return x.sum() / (rows * columns)

    with pytest.raises(
        CannotCall, match=r"of_matrices could not be called with .*shapes=\[\.\.\.\]"
    ):
        verify(of_matrices, seed=1)
    verify(of_matrices, shapes=[(2, 3)], **FEW)
    with pytest.raises(CannotCall, match="float32 of shape"):
        verify(only_wide, domain=Interval(-8.0, 8.0), seed=1)


def only_wide(x: Variable) -> Variable:
    """Which refuses float32."""
    if x.dtype == np.float32:
        raise ValueError("float64 only")
    return x * x
