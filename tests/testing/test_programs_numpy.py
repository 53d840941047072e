"""A page of NumPy code that is differentiated as it stands: `import numpy`, and Variables for x.

Its gradients are held against central differences, in first and in second order, and, where they
are installed, against HIPS autograd and JAX, which run the same lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from backprop import Variable, gradients, jvp
from backprop.testing import check_gradient
from tests.helpers import grad
from tests.testing.numpy_programs import PROGRAMS, Program

each = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.run.__name__)


def swept(program: Program) -> tuple[Variable, list[NDArray[np.floating[Any]]]]:
    """The value on Variables, and the gradients after one sweep."""
    xs = list(map(Variable, program.inputs()))
    y: Variable = program.run(np, *xs)
    y.backward()
    return y, list(map(grad, xs))


def slopes(program: Program) -> Callable[..., Variable]:
    """The sum of all its gradients, each element weighted: its own gradient is second order."""

    def weighted(*xs: Variable) -> Variable:
        gxs = gradients(program.run(np, *xs), xs)
        total = Variable(0.0)
        for k, gx in enumerate(gxs):
            weights = np.cos(np.arange(gx.size) + float(k)).reshape(gx.shape)
            total = total + (gx * weights).sum()
        return total

    return weighted


@each
def test_the_value_is_that_of_plain_numpy(program: Program) -> None:
    """The same lines give the same number, on Variables as on arrays."""
    y, _ = swept(program)
    assert isinstance(y, Variable)
    np.testing.assert_allclose(y.data, program.run(np, *program.inputs()), rtol=1e-12)


@pytest.mark.no_cover  # much slower with it, and no line is reached here alone
@each
def test_the_gradient_is_that_of_central_differences(program: Program) -> None:
    """By `backward`, with respect to every input."""
    check_gradient(lambda *xs: program.run(np, *xs), *program.inputs())


def line(program: Program, seed: int) -> Callable[[Variable], Variable]:
    """The sum of the slopes along a line through the inputs: a function of one number."""
    weighted, xs, along = slopes(program), program.inputs(), program.inputs(seed)
    return lambda t: weighted(*(x + t * v for x, v in zip(xs, along, strict=True)))


@pytest.mark.no_cover  # much slower with it, and no line is reached here alone
@each
def test_so_is_the_second_derivative(program: Program) -> None:
    """The gradients are Variables, and their own gradients are right in a random direction."""
    check_gradient(line(program, seed=2), np.array(0.0))


@each
def test_forward_mode_agrees(program: Program) -> None:
    """The tangent along a direction is the product of gradient and direction."""
    _, gxs = swept(program)
    along = tuple(program.inputs(seed=7))
    _, ty = jvp(lambda *xs: program.run(np, *xs), tuple(program.inputs()), along)
    expected = sum(float(np.sum(gx * tx)) for gx, tx in zip(gxs, along, strict=True))
    np.testing.assert_allclose(np.asarray(ty), expected, rtol=1e-9)


@each
def test_float32_stays_float32(program: Program) -> None:
    """Constants of Python are weak, as in NumPy: all gradients come back in the inputs' dtype."""
    _, gxs = swept(program)
    xs = [Variable(x.astype(np.float32)) for x in program.inputs()]
    y: Variable = program.run(np, *xs)
    y.backward()
    for x, gx in zip(xs, gxs, strict=True):
        assert grad(x).dtype == np.float32
        np.testing.assert_allclose(grad(x), gx, rtol=1e-2, atol=1e-2)


@each
def test_hips_autograd_agrees(program: Program) -> None:
    """So does the library that this way of working comes from."""
    autograd = pytest.importorskip("autograd")
    anp = pytest.importorskip("autograd.numpy")
    xs = program.inputs()
    theirs = autograd.grad(lambda args: program.run(anp, *args))(tuple(xs))
    _agree(program, theirs)


@each
def test_jax_agrees(program: Program) -> None:
    """So does JAX in float64."""
    jax = pytest.importorskip("jax")
    jnp = pytest.importorskip("jax.numpy")
    jax.config.update("jax_enable_x64", True)
    xs = tuple(map(jnp.asarray, program.inputs()))
    theirs = jax.grad(lambda args: program.run(jnp, *args))(xs)
    _agree(program, theirs)


def _agree(program: Program, theirs: Any) -> None:
    _, ours = swept(program)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, np.asarray(other), rtol=1e-8, atol=1e-10)
