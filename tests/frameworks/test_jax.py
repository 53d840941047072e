"""JAX's rules and a user's own, verified as they stand there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backprop import Interval
from backprop.testing import GradientMismatch, verify
from backprop.testing.frameworks.jax import Jax

jax: Any = pytest.importorskip("jax", reason="JAX is not installed: make frameworks")
jnp: Any = jax.numpy

ORDINARY = Interval(-8.0, 8.0)
FEW: dict[str, Any] = {"examples": 4, "seed": 1}


def _value(x: Any) -> Any:
    return x * jnp.sin(x)


def _slope(x: Any) -> Any:
    return jnp.sin(x) + x * jnp.cos(x)


def with_vjp(factor: float) -> Any:
    """A custom_vjp function whose gradient is off by a factor."""
    function = jax.custom_vjp(_value)
    function.defvjp(lambda x: (_value(x), x), lambda x, gy: (gy * _slope(x) * factor,))
    return function


def with_jvp(factor: float) -> Any:
    """A custom_jvp function whose tangent is off by a factor."""
    function = jax.custom_jvp(_value)
    function.defjvp(lambda xs, ts: (_value(*xs), _slope(*xs) * ts[0] * factor))
    return function


@pytest.mark.parametrize("made", [with_vjp, with_jvp])
def test_a_custom_rule_is_accepted_if_it_is_right(made: Any) -> None:
    """Off by a hundred-thousandth it is not."""
    report = verify(made(1.0), domain=ORDINARY, **FEW)
    assert report.rejected == report.planted > 20
    with pytest.raises(GradientMismatch, match="backward is wrong"):
        verify(made(1.00001), domain=ORDINARY, **FEW)


def test_what_a_forward_mode_rule_raises_is_a_finding() -> None:
    """Only that a custom_vjp has none is no mistake."""
    function = jax.custom_jvp(_value)

    def raises(xs: Any, ts: Any) -> Any:
        raise TypeError("mine")

    function.defjvp(raises)
    with pytest.raises(GradientMismatch, match="raised TypeError: mine"):
        verify(function, domain=ORDINARY, **FEW)
    with pytest.raises(TypeError, match="mine"):
        Jax().jvp(function, (np.ones(2),), (np.ones(2),))


def test_second_order_is_verified() -> None:
    """The gradient is a function whose own gradient is held against differences."""
    verify(with_vjp(1.0), domain=ORDINARY, shapes=[(3,)], order=2, **FEW)


def test_functions_of_jax_and_jitted_ones_are_verified() -> None:
    """With labels as constants, and float64 switched on for the time."""

    def loss(scores: Any, labels: Any) -> Any:
        return -jax.nn.log_softmax(scores)[jnp.arange(3), labels].sum()

    verify(jnp.tanh, domain=ORDINARY, **FEW)
    verify(jax.jit(_value), domain=ORDINARY, **FEW)
    constants = {1: np.array([0, 1, 1])}
    verify(loss, domain=ORDINARY, shapes=[(3, 2)], constants=constants, framework="jax", **FEW)
    assert jnp.ones(1).dtype == np.float32


def test_a_pytree_of_parameters_is_an_input_for_each_of_its_arrays() -> None:
    """Of JAX or of NumPy."""

    def layer(p: Any, x: Any) -> Any:
        return jnp.tanh(x @ p["w"] + p["b"])

    params = {"w": np.ones((3, 2)), "b": jnp.zeros(2)}
    report = verify(layer, params=params, shapes=[(3,)], domain=ORDINARY, **FEW)
    assert report.dtypes == ("float64", "float32")


def test_several_outputs_are_judged_together() -> None:
    """Those in a dict too."""
    verify(lambda x: {"a": jnp.sin(x), "b": (2.0 * x,)}, shapes=[(3,)], framework="jax", **FEW)


def test_a_function_that_looks_at_values_is_verified_as_it_is() -> None:
    """It cannot be compiled; a custom rule has its own function as a second opinion."""

    def looks(x: Any) -> Any:
        return jnp.sin(x) if x.sum() > 0 else 2.0 * jnp.sin(x)

    verify(looks, domain=Interval(0.1, 3.0), shapes=[(3,)], framework="jax", examples=3, seed=1)
    opinions = verify(with_vjp(1.0), domain=ORDINARY, **FEW).opinions
    assert opinions == ("central differences", "its forward under jax")
