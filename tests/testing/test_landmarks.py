"""Numbers in the code of a rule are tried, and what lies beside and between them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy import special

from backprop import Array, Exp, Function
from backprop.testing import GradientMismatch, verify, verify_rule
from backprop.testing.landmarks import _FUNCTIONS, _MOST, landmarks

_LOW = 21.375
_HIGH = np.float32(21.5)


def cosine(x: Array, gy: Array) -> Array:
    """The gradient of the sine."""
    return gy * np.cos(x)


def between_names(x: Array, gy: Array) -> Array:
    """Wrong between two numbers of the module."""
    return np.where((x > _LOW) & (x < _HIGH), 2.0, 1.0) * cosine(x, gy)


def bounded(low: float, high: float) -> Callable[[Array, Array], Array]:
    """Wrong between two numbers of a closure."""
    return lambda x, gy: np.where((x > low) & (x < high), 2.0, 1.0) * cosine(x, gy)


class Sine(Function):
    """Wrong in a window, by its code alone."""

    def forward(self, x: Array) -> Array:
        return np.sin(x)

    def backward(self, gy: Array) -> Array:
        x = self.input.data
        return gy * np.cos(x) * np.where(abs(x - 12.34) < 1e-4, 1.5, 1.0)


class OfBase(Sine):
    """It inherits that."""


WRONG: dict[str, Callable[[Array, Array], Array]] = {
    "in a window of 1e-4": lambda x, gy: (
        cosine(x, gy) * np.where((x > 33.1) & (x < 33.1001), 1.1, 1)
    ),
    "beside a number": lambda x, gy: cosine(x, gy) * np.where(abs(x - 3.7) < 1e-5, 1.1, 1),
    "for 137 elements": lambda x, gy: cosine(x, gy) * (1.1 if x.size == 137 else 1),
    "for more than 10,000": lambda x, gy: cosine(x, gy) * (1.01 if x.size > 10_000 else 1),
    "for 39 columns": lambda x, gy: cosine(x, gy) * (1.1 if x.shape[-1:] == (39,) else 1),
    "for six axes": lambda x, gy: cosine(x, gy) * (1.1 if x.ndim == 6 else 1),
    "for large cotangents": lambda x, gy: cosine(x, np.clip(gy, -3e20, 3e20)),
    "for small cotangents": lambda x, gy: cosine(x, np.where(abs(gy) < 1e-20, 0, gy)),
    "between numbers of its module": between_names,
    "between numbers of its closure": bounded(71.25, 71.5),
    "between settings": partial(
        lambda x, gy, *, low=54.5, high=54.75: (
            cosine(x, gy) * np.where((x > low) & (x < high), 2, 1)
        )
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_where_the_code_says_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However narrow it is, however rare the shape; how far it reaches is not asked here."""
    monkeypatch.setattr("backprop.testing.run._FOLLOWED", 0.0)
    with pytest.raises(GradientMismatch):
        verify_rule(np.sin, WRONG[name], shapes=None, seed=1)


def test_of_a_class_its_methods_are_read() -> None:
    """Those that it inherits too."""
    assert landmarks(Sine) == landmarks(OfBase) == landmarks(Sine()) == (12.34, 1e-4, 1.5)
    with pytest.raises(GradientMismatch):
        verify(OfBase, seed=1)


def settle(x: float, /, tolerance: float = 1e-6, *, most: int = 77) -> float:
    """A function with defaults, that calls itself and one of NumPy."""
    return settle(x / 3) if abs(x) > tolerance * most else float(np.cos(x))


def nested(x: float) -> float:
    """A function with another one inside."""

    def inner(y: float) -> float:
        return y * 88

    return inner(x)


class Method:
    """An instance whose function is bound, static or held."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.held = function

    def bound(self, x: float) -> float:
        return x + 44

    @staticmethod
    def static(x: float) -> float:
        return x + 55


def late() -> Callable[[], float]:
    """A function that refers to what is not bound yet."""

    def inner() -> float:
        return later + 66

    if _LOW:
        return inner
    later = 1.0
    return inner


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        (settle, {1e-6, 77, 3}),
        (Method(settle).bound, {44}),
        (Method(settle), {1e-6, 77, 3, 44, 55}),
        (partial(settle, 7.0), {1e-6, 77, 3}),
        (late(), {66}),
        (nested, {88}),
        (between_names, {_LOW, float(_HIGH)}),
        (lambda x: x in ((5, 6), -7, 0.0, 1, True, float("nan"), "8"), {5, 6, 7}),
        (lambda x, y=10**400: x + y, set()),
        (special.expit, set()),
        (Exp, set()),
        (None, set()),
    ],
)
def test_which_numbers_are_read(code: object, numbers: set[float]) -> None:
    """Constants, defaults, and the numbers that it names; of its own module's functions too."""
    assert set(landmarks(code)) == numbers


def test_a_table_of_numbers_is_not_read_to_its_end() -> None:
    """Nor is a module without end."""
    table = tuple(range(3, 3 + 2 * _MOST))
    assert landmarks(lambda x: x in table) == tuple(range(3, 3 + _MOST))
    many = [eval(f"lambda x: x + {n}") for n in range(3, 3 + 2 * _FUNCTIONS)]
    assert len(landmarks(*many)) == _MOST
