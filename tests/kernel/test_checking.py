"""checking(): arrays that change after a call, and numbers that become nan, are named."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import numpy as np
import pytest
from typing_extensions import override

from backprop import (
    Array,
    Exp,
    Function,
    Square,
    Variable,
    checking,
    grad,
    gradients,
    jvp,
    no_grad,
)
from backprop.errors import ChangedError, NonFiniteError, ReadOnlyError
from backprop.kernel.modes import is_checking
from tests.helpers import Split, leaf


def change_input(x: Array, v: Variable) -> Variable:
    """A leaf's array."""
    y: Variable = np.tanh(v) * v
    x[0] = 5.0
    return y.sum()


def change_output(x: Array, v: Variable) -> Variable:
    """The data of an intermediate value."""
    h = np.tanh(v)
    y: Variable = h * v
    h.data[0] = 5.0
    return y.sum()


def change_many(x: Array, v: Variable) -> Variable:
    """What a rule of several outputs gave."""
    a, b = Split()(v)
    b.data[...] = 1.0
    return (a * b).sum()


SWEEPS: dict[str, Callable[[Variable, Variable], object]] = {
    "backward": lambda y, v: y.backward(),
    "backward of leaves": lambda y, v: y.backward(retain_grad=False),
    "gradients": lambda y, v: gradients(y, [v]),
}


@pytest.mark.parametrize("sweep", SWEEPS.values(), ids=SWEEPS)
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (change_input, r"input 0 of Tanh was changed in place after the call, made at .*\.py:\d+ "),
        (change_output, r"output 0 of Tanh was .* \(h = np.tanh\(v\)\): its gradient would be of"),
        (change_many, r"output 1 of Split .* neither value; change a copy of the array"),
    ],
)
def test_a_changed_array_is_named(
    change: Callable[[Array, Variable], Variable],
    says: str,
    sweep: Callable[[Variable, Variable], object],
) -> None:
    """The Function, the argument, the line that made the call; outside nothing is said."""
    x = np.array([0.5, 1.0])
    with checking():
        v = Variable(x)
        y = change(x, v)
        # Any call that has saved the array may be the first that is met.
        with pytest.raises(ChangedError) as caught:
            sweep(y, v)
    assert "was changed in place" in str(caught.value)
    assert v.grad is None
    x = np.array([0.5, 1.0])
    v = Variable(x)
    change(x, v).backward()


def test_the_message_names_the_line() -> None:
    """Of the call, in the user's own file."""
    x = np.array([0.5, 1.0])
    with checking():
        y = Square()(Variable(x)).sum()
        x[0] = 5.0
        with pytest.raises(ChangedError) as caught:
            y.backward()
    assert "input 0 of Square" in str(caught.value)
    assert "test_checking.py:" in str(caught.value)
    assert "y = Square()(Variable(x)).sum()" in str(caught.value)


class Scribbles(Function):
    """2x; `backward` writes into the data of its input, which nobody can lend it."""

    @override
    def forward(self, x: Array) -> Array:
        return 2 * x

    @override
    def backward(self, gy: Array) -> Array:
        self.input.data[...] = 0.0
        return 2 * gy


def test_a_backward_that_changes_what_it_was_not_lent() -> None:
    """It is found right after it, and said to have done it."""
    with checking():
        y = Scribbles()(leaf([1.0]))
        with pytest.raises(ChangedError, match=r"input 0 of Scribbles was .* by its backward"):
            y.backward()


class Adds(Function):
    """2x; `backward` writes in the one way that NumPy lets it write into a read-only array."""

    def __init__(self, where: str) -> None:
        self.where = where

    @override
    def forward(self, x: Array) -> Array:
        return 2 * x

    @override
    def backward(self, gy: Array) -> Array:
        np.add.at(gy if self.where == "gy" else self.x, 0, 1.0)
        return 2 * gy


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) >= "2.5.0", reason="it refuses by itself")
@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("gy", "Adds.backward changed its cotangent in place"),
        ("x", "input 0 of Adds was changed in place by its backward"),
    ],
)
def test_numpys_add_at_writes_into_what_is_read_only(where: str, says: str) -> None:
    """Here it is found."""
    with checking():
        y = Adds(where)(leaf([1.0, 2.0]))
        with pytest.raises(ChangedError, match=says):
            y.backward()


class NotANumber(Function):
    """2x, with nan for a derivative."""

    @override
    def forward(self, x: Array) -> Array:
        return 2 * x

    @override
    def backward(self, gy: Array) -> Array:
        return gy * np.nan

    @override
    def jvp(self, tx: Array) -> Array:
        return tx * np.nan


def test_nan_of_finite_numbers_is_named() -> None:
    """In forward, backward and forward mode; nan of nan is nobody's fault."""
    with checking(), np.errstate(all="ignore"):
        with pytest.raises(NonFiniteError, match=r"Log.forward, called at .*\(np.log\(leaf\(0.0"):
            np.log(leaf(0.0))
        with pytest.raises(NonFiniteError, match=r"NotANumber.backward, called at .*test_checking"):
            NotANumber()(leaf(1.0)).backward()
        with pytest.raises(NonFiniteError, match=r"NotANumber.jvp, called at"):
            jvp(NotANumber(), (np.ones(()),), (np.ones(()),))
        with pytest.raises(NonFiniteError, match=r"Exp.forward"):
            grad(lambda v: Exp()(v * 1e3))(2.0)
        assert np.isnan(np.log(leaf(np.nan)).data)
        Square()(leaf(np.inf)).backward()


def test_a_tangent_of_what_was_changed() -> None:
    """Forward mode looks too."""

    def f(v: Variable) -> Variable:
        y = NotANumber()(v) if v.data[0] > 5 else Square()(v)
        v.data[0] = 2.0
        return y

    with checking(), pytest.raises(ChangedError, match="input 0 of Square was changed"):
        jvp(f, (np.ones(2),), (np.ones(2),))


def test_what_is_right_passes() -> None:
    """All kinds of calls, sweeps and transforms, and a rule that writes is named as ever."""
    with checking():
        x = leaf([0.5, 1.0])
        a, b = Split()(np.exp(x) * x)
        (a / b).sum().backward()
        assert x.grad is not None
        assert gradients((x * x * x).sum(), [x])[0].data.tolist() == [0.75, 3.0]
        assert grad(lambda v: (v * v).sum())(np.ones(2)).tolist() == [2.0, 2.0]
        assert jvp(Square(), (np.ones(2),), (np.ones(2),))[1].tolist() == [2.0, 2.0]
        assert is_checking()

        class Writes(Square):
            @override
            def backward(self, gy: Array) -> Array:
                gy += 1.0
                return gy

        with pytest.raises(ReadOnlyError):
            Writes()(x).backward()
    assert not is_checking()


def test_it_is_local_and_ends_with_its_block() -> None:
    """As no_grad, with which it can be combined; what was watched can go back outside."""
    seen: list[bool] = []
    x = np.array([1.0])
    with checking():
        thread = Thread(target=lambda: seen.append(is_checking()))
        thread.start()
        thread.join()
        with no_grad():
            assert Square()(leaf(1.0)).creator is None
            assert is_checking()
        y = Square()(Variable(x))
    x[0] = 3.0
    y.backward()
    assert seen in ([False], [True])  # as Python lets threads inherit their context
