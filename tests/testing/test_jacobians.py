"""Derivatives in SciPy's habits, and plain rules of several inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import rosen, rosen_der, rosen_hess, rosen_hess_prod

from backprop import Array, Interval
from backprop.errors import ArgumentTypeError, ArgumentValueError
from backprop.testing import GradientMismatch, check_gradient, verify_jacobian, verify_rule

FEW: dict[str, Any] = {"examples": 8, "seed": 1}


def waves(x: Array) -> Array:
    """A number and a vector in one: sums of neighbours' sines."""
    return np.sin(x) + np.roll(x, 1) ** 2


def slopes(x: Array) -> Array:
    """Its Jacobian."""
    return np.diag(np.cos(x)) + 2 * np.roll(np.diag(x), 1, axis=0)


def test_gradients_jacobians_and_hessians_are_verified() -> None:
    """Of a number its gradient, of a vector its matrix, dense or sparse; hess and hessp too."""
    near = Interval(-4.0, 4.0)
    shapes = [(2,), (3,)]
    hessians: dict[str, Any] = {"hess": rosen_hess, "hessp": rosen_hess_prod}
    verify_jacobian(rosen, rosen_der, domain=near, shapes=shapes, **hessians, **FEW)
    verify_jacobian(waves, slopes, domain=near, **FEW)
    verify_jacobian(waves, lambda x: sparse.csr_array(slopes(x)), domain=near, **FEW)
    both = lambda x: (rosen(x), rosen_der(x))  # noqa: E731
    verify_jacobian(both, True, domain=near, shapes=shapes, **FEW)  # as SciPy has it


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"jac": lambda x: rosen_der(x) * (1 + 1e-6)}, "rosen: backward"),
        ({"hess": lambda x: rosen_hess(x) + np.eye(x.size)}, "hess of rosen: backward"),
        ({"hessp": lambda x, p: rosen_hess_prod(x, p) * 1.001}, "hessp of rosen: backward"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], name: str) -> None:
    """Which of the three."""
    given: dict[str, Any] = {"jac": rosen_der} | changed
    with pytest.raises(GradientMismatch, match=f"{name} is wrong"):
        verify_jacobian(rosen, shapes=[(3,)], domain=Interval(-4.0, 4.0), **given, **FEW)


def wrong_der(x: Array) -> Array:
    """Off by a thousandth."""
    slope: Array = rosen_der(x)
    return slope * 1.001


def test_the_script_of_a_failure_repeats_it() -> None:
    """With the derivative that is wrong, not with one that is found by running the function."""
    near = Interval(-4.0, 4.0)
    with pytest.raises(GradientMismatch) as failure:
        verify_jacobian(rosen, wrong_der, shapes=[(3,)], domain=near, **FEW)
    with pytest.raises(GradientMismatch, match="backward is wrong for input 0"):
        exec(failure.value.script, {})


def test_a_value_of_one_element_has_a_gradient_or_a_matrix_of_one_row() -> None:
    """As scipy.optimize takes either."""

    def one(x: Array) -> Array:
        return np.array([(x * x).sum()])

    verify_jacobian(one, lambda x: 2 * x, **FEW)
    verify_jacobian(one, lambda x: 2 * x[None], **FEW)
    verify_jacobian(lambda x: float(one(x)[0]), lambda x: sparse.csr_array(2 * x[None]), **FEW)


@pytest.mark.parametrize("shape", [(3,), (3, 2), (6,), (1, 2, 3)])
def test_a_jacobian_has_a_row_for_each_value(shape: tuple[int, ...]) -> None:
    """Its shape is that of the value and that of x."""
    with pytest.raises(GradientMismatch, match=r"has shape \(2, 3\), got \(" + f"{shape[0]}"):
        verify_jacobian(lambda x: x[:2] * 1.0, lambda x: np.ones(shape), shapes=[(3,)], **FEW)


def test_what_is_no_derivative_is_refused() -> None:
    """Before anything runs."""
    with pytest.raises(ArgumentTypeError, match="jac is a function of x, or True"):
        verify_jacobian(rosen, None)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match="hess is a function"):
        verify_jacobian(rosen, rosen_der, hess=3)  # type: ignore[arg-type]
    with pytest.raises(ArgumentValueError, match="takes 1 inputs"):
        verify_jacobian(rosen, rosen_der, shapes=[((2,), (3,))])


def weigh(a: Array, b: Array) -> Array:
    """a² b."""
    return a * a * b


def weigh_vjp(a: Array, b: Array, gy: Array) -> tuple[Array, Array]:
    """Its gradients."""
    return 2 * a * b * gy, a * a * gy


def weigh_jvp(a: Array, b: Array, ta: Array, tb: Array) -> Array:
    """Its tangent."""
    return 2 * a * b * ta + a * a * tb


SAME = [((3,), (3,)), ((2, 2), (2, 2))]


def test_a_plain_rule_of_several_inputs_and_its_jvp() -> None:
    """How many is told by the signature, the shapes or the domain."""
    verify_rule(weigh, weigh_vjp, weigh_jvp, shapes=SAME, **FEW)
    verify_rule(lambda *xs: weigh(*xs), weigh_vjp, shapes=SAME, **FEW)
    check_gradient(weigh, np.ones(2), np.full(2, 3.0), vjp=weigh_vjp)
    with pytest.raises(GradientMismatch, match="jvp gives"):
        verify_rule(weigh, weigh_vjp, lambda a, b, ta, tb: ta + tb, shapes=SAME, **FEW)
    swapped = lambda a, b, gy: weigh_vjp(a, b, gy)[::-1]  # noqa: E731
    with pytest.raises(GradientMismatch, match="backward is wrong for input 0"):
        verify_rule(weigh, swapped, shapes=SAME, **FEW)
    with pytest.raises(GradientMismatch, match="returned 1 gradients for 2 inputs"):
        verify_rule(weigh, lambda a, b, gy: 2 * a * b * gy, shapes=SAME, **FEW)


def test_a_pair_that_does_not_fit_is_refused() -> None:
    """By the number of its inputs."""
    with pytest.raises(ArgumentValueError, match="does not take 3 inputs"):
        verify_rule(weigh, lambda x, gy: gy, **FEW)
    with pytest.raises(ArgumentTypeError, match="jvp is a function, got 3"):
        verify_rule(weigh, weigh_vjp, 3, **FEW)  # type: ignore[arg-type]
    verify_rule(np.hypot, lambda a, b, gy: (gy * a / np.hypot(a, b), gy * b / np.hypot(a, b)),
                domain=Interval(0.5, 9.0), shapes=SAME, **FEW)  # fmt: skip
    verify_rule(dict.get(DICT, "sin"), lambda x, gy: gy * np.cos(x), **FEW)  # type: ignore[arg-type]


DICT = {"sin": np.sin}
