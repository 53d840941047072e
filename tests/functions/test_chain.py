"""Chain: several Functions as one, in blocks where the arrays are large."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import backprop.numpy as bp
from backprop import (
    Array,
    Chain,
    Exp,
    Function,
    Log,
    Sin,
    Sqrt,
    Square,
    Tanh,
    Variable,
    grad,
    gradients,
    jvp,
    no_grad,
)
from backprop.ground.compat import override
from backprop.testing import verify

LARGE = 100_003  # elements: more than two blocks, and no whole number of them


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays go in blocks sooner, so that tests need no large ones."""
    monkeypatch.setattr("backprop.functions.chain._LEAST", 2**18)


class Double(Function):
    """A user's rule, which promises nothing and keeps a setting."""

    def __init__(self, by: float = 2.0) -> None:
        super().__init__()
        self.by = by

    @override
    def forward(self, x: Array) -> Array:
        return x * self.by

    @override
    def backward(self, gy: Array) -> Array:
        return gy * self.by


class Total(Function):
    """One that is not elementwise."""

    @override
    def forward(self, x: Array) -> Array:
        return np.asarray(x.sum())

    @override
    def backward(self, gy: Array) -> Array:
        return gy + 0 * self.x


CHAINS: list[tuple[Function, ...]] = [
    (Square(), Exp(), Square()),
    (Exp(), Sqrt(), Log(), Sin(), Tanh(), Square()),
    (Square(), Double(3.0), Sin()),
    (Sin(),),
]


@pytest.mark.parametrize("rules", CHAINS, ids=["three", "six", "a user's", "one"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (LARGE,), (3, LARGE)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_gives_what_its_functions_give_one_after_the_other(
    rules: tuple[Function, ...], shape: tuple[int, ...], dtype: str
) -> None:
    """Of every shape, dtype and layout: bit for bit, or where it goes in blocks to some roundings.

    Bit for bit there too, for a cotangent of ones.
    """
    size = int(np.prod(shape))
    data = np.linspace(0.1, 1.0, size).astype(dtype).reshape(shape)
    seed = np.cos(np.arange(size)).astype(dtype).reshape(shape)
    roundings = 4 * len(rules) * np.finfo(dtype).eps
    for array in (data, data.copy(order="F"), data[..., ::-1] if data.ndim else data):
        x, z = Variable(array), Variable(array)
        y, due = Chain(*rules)(x), z
        for rule in rules:
            due = rule(due)
        y.grad, due.grad = seed, seed
        y.backward()
        due.backward(retain_grad=False)
        assert x.grad is not None
        assert z.grad is not None
        assert (y.dtype, y.shape, x.grad.dtype) == (array.dtype, array.shape, array.dtype)
        assert np.array_equal(y.data, due.data)
        assert np.allclose(x.grad, z.grad, rtol=roundings, atol=0)
        y.grad = due.grad = None
        y.backward()
        due.backward(retain_grad=False)
        assert np.array_equal(x.grad, z.grad)


def test_it_is_a_function_like_any_other() -> None:
    """It nests, is called twice, and goes through transforms."""
    f = Chain(Square(), Chain(Exp(), Square()))
    assert [type(rule) for rule in f.rules] == [Square, Exp, Square]
    x = Variable(np.array(0.5))
    assert f(f(x)).creator is not f
    assert float(grad(lambda v: Chain(Square(), Exp(), Square())(v))(0.5)) == 3.297442541400256
    with no_grad():
        assert f(x).creator is None


def test_higher_orders_and_forward_mode_go_through_its_functions() -> None:
    """As the derivatives of the same expression."""
    f, x = Chain(Square(), Sin()), Variable(np.array([0.5, 2.0]))
    (first,) = gradients(f(x), [x])
    (second,) = gradients(first, [x])
    square = x.data**2
    assert np.allclose(second.data, 2 * np.cos(square) - 4 * square * np.sin(square), rtol=1e-14)
    y, ty = jvp(f, (x.data,), (np.array([1.0, 2.0]),))
    assert np.allclose(y, np.sin(square))
    assert np.allclose(ty, [1.0, 2.0] * (2 * x.data * np.cos(square)), rtol=1e-14)


def test_functions_that_are_not_elementwise_may_be_in_it() -> None:
    """Then it does not go in blocks."""
    f, x = Chain(Square(), Total(), Exp()), np.linspace(0.0, 1e-3, LARGE)
    assert np.allclose(grad(f)(x), np.exp((x**2).sum()) * 2 * x, rtol=1e-12)


def test_it_needs_memory_for_two_arrays() -> None:
    """The value and the gradient; the rest is blocks."""
    x = Variable(np.linspace(0.1, 1.0, 2_000_000))
    f = Chain(Square(), Exp(), Square(), Sin(), Exp())
    tracemalloc.start()
    f(x).backward(retain_grad=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3.5 * x.data.nbytes  # ones for the seed are the third


@pytest.mark.parametrize("wrong", [(), (np.exp,), (Square,), (Square(), 2.0)])
def test_what_is_no_chain_is_refused(wrong: tuple[Any, ...]) -> None:
    """In one line, with what to write."""
    with pytest.raises(TypeError, match=r"Chain\(Square\(\), Exp\(\)\)"):
        Chain(*wrong)


def test_it_is_verified_like_any_rule() -> None:
    """Both orders, and forward mode."""
    report = verify(Chain(Square(), Sin(), Tanh()), examples=6, order=2, seed=1)
    assert report.passed


def test_a_constant_goes_through_it() -> None:
    """And stays one."""
    y = Chain(Square(), Exp())(bp.array(2.0))
    assert y.is_constant
    assert float(y.data) == np.exp(4.0)


def test_a_product_of_slopes_that_leaves_the_range_is_not_taken() -> None:
    """The gradient is that of one Function after the other, which stays within it."""
    x = np.full(LARGE, 1e-200)
    x[::2] = 1.0
    v = Variable(x)
    y = Chain(Square(), Sqrt(), Sqrt())(v)  # 2x underflows beside nothing, 1 / sqrt(x²) is large
    z = Variable(x)
    due = Sqrt()(Sqrt()(Square()(z)))
    with np.errstate(all="ignore"):
        y.backward()
        due.backward()
    assert v.grad is not None
    assert z.grad is not None
    assert np.array_equal(v.grad, z.grad, equal_nan=True)


def test_a_slope_that_overflows_on_its_way_is_left_to_its_functions() -> None:
    """1 / x² is infinite where x² is tiny."""
    x = np.full(LARGE, 2.0)
    x[::2] = 1e-160
    v, z = Variable(x), Variable(x)
    with np.errstate(all="ignore"):
        Chain(Square(), Log())(v).backward()
        Log()(Square()(z)).backward()
    assert v.grad is not None
    assert z.grad is not None
    assert np.array_equal(v.grad, z.grad)


def test_nobody_asks_for_a_slope_under_no_grad() -> None:
    """The value is the same."""
    x = Variable(np.linspace(0.1, 1.0, LARGE))
    f = Chain(Square(), Sin())
    with no_grad():
        y = f(x)
    assert np.array_equal(y.data, f(x).data)
    assert y.creator is None


def test_an_elementwise_rule_that_gives_no_array_of_floats_is_named() -> None:
    """In blocks, too."""

    class Wrong(Exp):
        __slots__ = ()

        @override
        def forward(self, x: Array) -> Array:
            wrong: Any = "a text"
            given: Array = wrong
            return given

    with pytest.raises(TypeError, match="forward of Wrong must return an array of floats"):
        Chain(Square(), Wrong())(Variable(np.ones(LARGE)))


def test_arrays_of_other_libraries_go_through_its_functions() -> None:
    """They lie in no order that is known."""
    dask = pytest.importorskip("dask.array")
    x = np.linspace(0.1, 1.0, LARGE)
    v = Variable(dask.from_array(x, chunks=10_000))
    y = Chain(Square(), Exp())(v)
    y.backward()
    assert np.allclose(np.asarray(v.grad), np.exp(x**2) * 2 * x)
