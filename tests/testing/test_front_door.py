"""What people have, and how it is told what it is; what cannot be called is not wrong."""

from __future__ import annotations

from functools import partial
from types import FunctionType
from typing import Any, ClassVar

import numpy as np
import pytest

import backprop.numpy as bp
from backprop import POSITIVE, Array, Interval, Variable
from backprop.cli.targets import find
from backprop.errors import ArgumentTypeError, ArgumentValueError, UnsupportedError
from backprop.ground.compat import override
from backprop.testing import CannotCall, GradientMismatch, check_gradient, verify
from backprop.testing.frameworks import registry
from backprop.testing.frameworks.protocol import Arrays, Framework, OnTensors

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


def layer(p: Any, x: Variable, scale: float) -> Variable:
    """Of a tree that holds a name and a number too."""
    y: Variable = bp.tanh(x @ p["w"][0] + p["b"]) * scale
    return y


TREE: dict[str, Any] = {"w": (np.ones((3, 2)),), "b": np.zeros(2), "name": "tanh", "units": 2}


def test_the_arrays_in_a_tree_of_parameters_are_inputs() -> None:
    """Before the others, in their shapes and dtypes; in second order too."""
    report = verify(
        layer, params=TREE, constants={2: 2.0}, shapes=[(4, 3)], order=2, seed=1, examples=6
    )
    alone = verify(lambda p: bp.exp(p[0]) * p[1], params=[np.ones(2, "f4"), 1.0], **FEW)

    assert report.shapes == ((2,), (3, 2), (4, 2), (4, 3))
    tree = {"w": (np.ones((3, 2)),), "b": np.zeros(2)}
    found = check_gradient(layer, np.ones((3, 2)), np.zeros(2), np.ones(3), params=tree,
                           constants={2: 1.0})  # fmt: skip
    assert [m.analytic.size for m in found] == [6, 2, 3]
    assert alone.dtypes == ("float32", "float64")
    assert alone.shapes == ((), (2,))


def test_a_domain_for_each_is_for_the_inputs_that_are_no_parameters() -> None:
    """The parameters are anything then."""
    function = lambda p, x: p[0] * bp.log(x)  # noqa: E731

    report = verify(function, params=[1.0], shapes=[(2,)], domain=(POSITIVE,), **FEW)

    assert report.domain == "Interval(-inf, inf), Interval(0, inf)"


def test_the_script_of_a_failure_makes_the_settings_again() -> None:
    """Arrays as NumPy's, in whatever they are kept."""

    def wrong(p: Any, x: Variable) -> Variable:
        y: Variable = Variable(x.data) * p["w"][0] + 0.0 * x
        return y

    with pytest.raises(GradientMismatch) as failure:
        verify(wrong, params={"w": (np.ones(2),), "of": [1]}, shapes=[(2,)], **FEW)

    assert "params={'w': (np.array([1.0, 1.0]),), 'of': [1]})" in failure.value.script


def test_one_point_is_checked_in_second_order_too() -> None:
    """There the cotangent of the function is its last input."""
    found = check_gradient(bp.sin, np.array(1.0), np.array(2.0), order=2)

    assert [float(m.analytic[0]) for m in found] == [-2.0 * np.sin(1.0), np.cos(1.0)]
    with pytest.raises(ArgumentValueError, match="write order=1 or order=2, got 3"):
        check_gradient(bp.sin, np.array(1.0), order=3)


def test_parameters_without_an_array_are_named() -> None:
    """With an example of some."""
    with pytest.raises(ArgumentValueError, match=r"params has no array of floats .*: \{'n': 1\};"):
        verify(layer, params={"n": 1})


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


# -- A framework that is installed everywhere ------------------------------------------------------


class Pair:
    """A tensor of it: a value, and what pulls a cotangent back."""

    def __init__(self, value: Array, pull: Any) -> None:
        self.value, self.pull = value, pull


class Own(Framework):
    """All that the verifier needs to know of it."""

    name: ClassVar[str] = "tests"

    @override
    def value(self, function: OnTensors, xs: Arrays) -> Array:
        value: Array = function(Pair(xs[0], None)).value
        return value

    @override
    def vjp(self, function: OnTensors, xs: Arrays, gy: Array) -> tuple[Array, ...]:
        return (function(Pair(xs[0], None)).pull(gy),)


def double(x: Pair) -> Pair:
    """2 x."""
    return Pair(2.0 * x.value, lambda gy: 2.0 * gy)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is known for the time of a test."""
    monkeypatch.setattr(registry, "_MADE", {"tests": Own()})


@pytest.mark.usefixtures("own")
def test_an_object_of_a_framework_is_told_by_its_module() -> None:
    """Or by `framework=`, or by calling it with its tensors."""
    verify(double, **FEW)
    verify(double, framework="tests", **FEW)
    elsewhere = FunctionType(double.__code__, {"Pair": partial(Pair)})
    assert elsewhere.__module__ != __name__
    assert registry.used(elsewhere, "double") is None
    verify(elsewhere, shapes=[(3,)], **FEW)
    with pytest.raises(CannotCall, match="has no attribute 'nothing'"):
        verify(FunctionType((lambda x: x.nothing).__code__, {}), **FEW)


@pytest.mark.usefixtures("own")
def test_the_command_finds_the_rules_of_a_framework_in_a_module() -> None:
    """One by its name, or all that are written there."""
    assert [found.name for found in find(f"{__name__}:double")] == ["double"]
    assert "double" in [found.name for found in find(__name__)]


@pytest.mark.usefixtures("own")
def test_what_no_framework_takes_cannot_be_called() -> None:
    """Its own error is that of the call with Variables."""
    with pytest.raises(CannotCall, match="'Variable' object has no attribute 'nothing'"):
        verify(FunctionType((lambda x: x.nothing()).__code__, {}))
