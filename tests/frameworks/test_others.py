"""HIPS autograd, MyGrad, and a framework of one's own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from types import FunctionType, ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest

from backprop import Array, Interval
from backprop.cli.targets import find
from backprop.errors import ArgumentTypeError, ArgumentValueError, UnsupportedError
from backprop.ground.compat import override
from backprop.testing import GradientMismatch, verify
from backprop.testing.frameworks.protocol import Arrays, Framework, OnTensors
from backprop.testing.frameworks.registry import named, register

FEW: dict[str, Any] = {"examples": 8, "seed": 1}
ORDINARY = Interval(-8.0, 8.0)


def test_primitives_of_hips_autograd() -> None:
    """A user's own too; its second order as well."""
    extend: Any = pytest.importorskip("autograd.extend", reason="make frameworks installs it")
    anp: Any = pytest.importorskip("autograd.numpy")

    def made(factor: float) -> Any:
        sine = extend.primitive(lambda x: np.sin(x))
        extend.defvjp(sine, lambda y, x: lambda gy: gy * anp.cos(x) * factor)
        return sine

    verify(made(1.0), order=2, examples=40, seed=1)
    power = lambda x, n: x**n  # noqa: E731
    verify(power, constants={1: 3.0}, domain=ORDINARY, framework="autograd", **FEW)
    verify(anp.tanh, **FEW)
    verify(lambda x: (anp.sin(x), 2.0 * x), shapes=[(3,)], framework="autograd", **FEW)
    with pytest.raises(GradientMismatch, match="backward is wrong"):
        verify(made(1.0 + 1e-6), **FEW)


def test_an_array_of_traced_numbers_is_traced() -> None:
    """Functions of NumPy without a rule there give such arrays of objects."""
    anp: Any = pytest.importorskip("autograd.numpy")
    two = [((2, 3), (2, 3))]

    verify(lambda a, b: anp.dstack([a, b]), framework="autograd", shapes=two, **FEW)
    with pytest.raises(GradientMismatch, match="backward is wrong"):
        verify(lambda a, b: anp.full_like(a, b), framework="autograd", shapes=two, **FEW)


def test_the_command_finds_primitives_in_the_module_they_are_written_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though each says that it is one of autograd's own."""
    extend: Any = pytest.importorskip("autograd.extend", reason="make frameworks installs it")
    anp: Any = pytest.importorskip("autograd.numpy")
    module = ModuleType("my_ops")
    rule: Any = FunctionType((lambda x: x).__code__, {"__name__": "my_ops"}, "rule")
    vars(module).update(rule=extend.primitive(rule), tanh=anp.tanh)
    monkeypatch.setitem(sys.modules, "my_ops", module)

    assert [found.name for found in find("my_ops")] == ["rule"]


def test_a_callable_on_a_primitive_is_verified_with_that_primitives_rule() -> None:
    """Though it takes Variables too, by way of NumPy, of which we have the right gradient."""
    extend: Any = pytest.importorskip("autograd.extend", reason="make frameworks installs it")
    square = extend.primitive(lambda x: x**2)
    extend.defvjp(square, lambda y, x: lambda gy: gy * 2 * x * (1 + 1e-6))

    def twice(x: Any) -> Any:
        return square(x) + square(x)

    with pytest.raises(GradientMismatch, match="backward is wrong"):
        verify(lambda x: twice(x) * 1.0, **FEW)


def test_operations_of_mygrad() -> None:
    """First order, which is what it has; a constant too."""
    mygrad: Any = pytest.importorskip("mygrad", reason="make frameworks installs it")
    verify(mygrad.sin, **FEW)
    verify(lambda x: mygrad.exp(x) * x, domain=ORDINARY, **FEW)
    verify(lambda x: mygrad.tensor(np.ones(2, x.dtype)), framework="mygrad", **FEW)
    sine: Any = importlib.import_module("mygrad.math.trigonometric.ops").Sin
    verify(sine, **FEW)
    with pytest.raises(UnsupportedError, match=r"sin has no second order.*: verify .* order=1"):
        verify(mygrad.sin, order=2, **FEW)


class Pair:
    """A tensor of a framework of one's own: a value, and what pulls a cotangent back."""

    def __init__(self, value: Array, pull: Any) -> None:
        self.value, self.pull = value, pull


def double(x: Pair) -> Pair:
    """2 x."""
    return Pair(2.0 * x.value, lambda gy: 2.0 * gy)


def treble(x: Pair) -> Pair:
    """3 x, with a wrong gradient."""
    return Pair(3.0 * x.value, lambda gy: 2.0 * gy)


class Own(Framework):
    """All that the verifier needs to know of it."""

    name: ClassVar[str] = __name__.partition(".")[0]

    @override
    def value(self, function: OnTensors, xs: Arrays) -> Array:
        value: Array = function(Pair(xs[0], None)).value
        return value

    @override
    def vjp(self, function: OnTensors, xs: Arrays, gy: Array) -> Sequence[Array]:
        return (function(Pair(xs[0], None)).pull(gy),)


def test_a_framework_of_ones_own_is_one_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it is registered, its functions are told by their module."""
    monkeypatch.setattr("backprop.testing.frameworks.registry._MADE", {})
    register(Own())

    assert named(Own.name).callable_of(double) is double
    verify(double, **FEW)
    with pytest.raises(GradientMismatch, match="treble: backward is wrong"):
        verify(treble, **FEW)


def test_what_is_no_framework_is_named() -> None:
    """With those that there are."""
    with pytest.raises(ArgumentValueError, match="framework is one of 'autograd', 'jax'"):
        verify(double, framework="tensorflow")
    with pytest.raises(ArgumentTypeError, match="an instance of a subclass of Framework"):
        register(Own)  # type: ignore[arg-type]


def test_a_framework_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With Python's own word."""
    monkeypatch.setattr("backprop.testing.frameworks.registry._MADE", {})
    monkeypatch.setitem(__import__("sys").modules, "mygrad", None)
    with pytest.raises(ArgumentValueError, match="'mygrad' is not installed"):
        named("mygrad")
