"""What is given where there is no derivative, one convention; and where other packages fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backprop.numpy as bp
from backprop import Variable, grad, hessian, jacobian
from backprop.testing import central_difference

INF = np.inf


def zero(x: Any) -> Any:
    return np.where(x > 0, np.sqrt(x), 0.0)


@pytest.mark.parametrize(
    ("f", "at", "gx"),
    [
        pytest.param(np.abs, 0.0, 0.0, id="abs at 0"),
        pytest.param(np.max, [1.0, 1.0], [0.5, 0.5], id="max of equals"),
        pytest.param(np.min, [1.0, 2.0, 1.0], [0.5, 0.0, 0.5], id="min of equals"),
        pytest.param(lambda x: np.maximum(x, x), 2.0, 1.0, id="maximum(x, x)"),
        pytest.param(lambda x: np.minimum(x, 2.0), 2.0, 0.5, id="minimum at equality"),
        pytest.param(lambda x: np.fmax(x, 2.0), 2.0, 0.5, id="fmax at equality"),
        pytest.param(lambda x: np.sum(np.clip(x, 0, 1)), [0.0, 1.0], [0.5, 0.5], id="clip"),
        pytest.param(np.linalg.norm, [0.0, 0.0], [0.0, 0.0], id="norm(0)"),
        pytest.param(lambda x: np.linalg.norm(x) ** 2, [0.0, 0.0], [0.0, 0.0], id="norm(0)**2"),
        pytest.param(np.prod, [0.0, 2.0, 3.0], [6.0, 0.0, 0.0], id="prod with a zero"),
        pytest.param(np.prod, [0.0, 2.0, 0.0], [0.0, 0.0, 0.0], id="prod with two zeros"),
        pytest.param(np.std, [3.0, 3.0], [0.0, 0.0], id="std of a constant"),
        pytest.param(lambda x: x**0, 0.0, 0.0, id="x**0 at 0"),
        pytest.param(lambda x: x**2, 0.0, 0.0, id="x**2 at 0"),
        pytest.param(zero, 0.0, 0.0, id="where(x > 0, sqrt(x), 0)"),
        pytest.param(lambda x: x * np.sqrt(x), 0.0, 0.0, id="x sqrt(x)"),
        pytest.param(np.sinc, 0.0, 0.0, id="sinc at 0"),
        pytest.param(np.sign, 0.0, 0.0, id="sign"),
        pytest.param(np.floor, 1.0, 0.0, id="floor"),
        pytest.param(lambda x: np.max(x, initial=5.0), [1.0, 2.0], [0.0, 0.0], id="max, initial"),
        pytest.param(
            lambda x: np.linalg.norm(x, np.inf), [1.0, -3.0, 2.0], [0.0, -1.0, 0.0], id="inf-norm"
        ),
        pytest.param(
            lambda x: np.sum(x**2, where=[True, False]), [1.0, 5.0], [2.0, 0.0], id="sum, where"
        ),
        pytest.param(
            lambda x: np.mean(x, where=[True, False]), [1.0, 5.0], [1.0, 0.0], id="mean, where"
        ),
        pytest.param(
            lambda x: np.var(x, where=[True, False, True]),
            [1.0, 5.0, 3.0],
            [-1.0, 0.0, 1.0],
            id="var, where",
        ),
        pytest.param(lambda x: np.nansum(x * x), [1.0, np.nan], [2.0, 0.0], id="nansum"),
    ],
)
def test_the_convention(f: Callable[[Any], Any], at: Any, gx: Any) -> None:
    """Ties share, an untaken branch and a zero cotangent give 0, keywords count."""
    x = Variable(np.array(at))
    with np.errstate(all="ignore"):
        f(x).backward()
    assert x.grad is not None
    assert np.nan_to_num(x.grad, nan=INF).tolist() == gx


def test_second_derivatives_at_the_awkward_points() -> None:
    """(sin²)''(0) = 2, sinc''(0) = -π²/3, (x²)''(0) = 2: a zero cotangent must not hide them."""
    assert grad(grad(lambda x: np.sin(x) ** 2))(0.0) == 2.0
    assert grad(grad(np.sinc))(0.0) == pytest.approx(-(np.pi**2) / 3, rel=1e-15)
    assert grad(grad(lambda x: x**2))(0.0) == 2.0
    assert grad(grad(lambda x: x * x * x))(0.0) == 0.0


def check(f: Any, x: Any) -> None:
    """The Jacobian of a piece of plain NumPy code, against central differences of the same."""
    numeric = central_difference(lambda v: np.asarray(f(v)), x)
    analytic = jacobian(f)(x)
    assert analytic.shape == numeric.value.shape
    assert np.all(abs(analytic - numeric.value) <= 4 * numeric.error + 1e-13)


A = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
CUBE = np.linspace(-1, 1, 12).reshape(2, 3, 2) ** 3


@pytest.mark.parametrize(
    ("f", "x"),
    [
        pytest.param(lambda x: np.tile(x, 2), A, id="19 tile of a matrix"),
        pytest.param(lambda x: np.tile(x, (2, 1, 2)), A, id="19 tile, more axes"),
        pytest.param(lambda x: np.transpose(x, (-1, 0, 1)), CUBE, id="20 transpose"),
        pytest.param(
            lambda x: np.linalg.norm(x, axis=-1, keepdims=True), CUBE, id="20 norm, keepdims"
        ),
        pytest.param(np.diag, A, id="20 diag of 2 x 3"),
        pytest.param(lambda x: np.outer(x, [1.0, 2.0]), A, id="20 outer of a matrix"),
        pytest.param(np.gradient, A[0], id="36 gradient of three"),
        pytest.param(lambda x: np.einsum("ii->", x), A[:, :2], id="36 einsum of a trace"),
        pytest.param(lambda x: np.einsum("iij->j", x[:, :2]), CUBE, id="36 einsum, repeated"),
        pytest.param(lambda x: x @ np.swapaxes(x, 1, 2), CUBE, id="36 matmul of stacks"),
        pytest.param(lambda x: np.roll(x, (1, 2), (0, 1)), A, id="roll by a tuple"),
        pytest.param(lambda x: np.repeat(x, [2, 0, 1], axis=1), A, id="repeat by an array"),
        pytest.param(lambda x: np.sort(x, axis=0), A, id="sort along an axis"),
        pytest.param(lambda x: np.pad(x, 1, mode="reflect"), A, id="pad, reflect"),
    ],
)
def test_rows_19_20_36_where_peers_are_wrong(f: Callable[[Any], Any], x: Any) -> None:
    """The shape and the values that plain NumPy gives, and their derivatives."""
    check(f, x)


def batch_norm(x: Any) -> Any:
    centred = x - np.mean(x, axis=0)
    return np.sum(np.sin(centred / np.sqrt(np.var(x, axis=0) + 1e-3)))


def test_row_24_batch_norm_in_second_order() -> None:
    """Elsewhere silently wrong."""
    check(grad(batch_norm, 0), A)
    h = hessian(batch_norm)(A).reshape(6, 6)
    np.testing.assert_allclose(h, h.T, atol=1e-13)


def test_row_9_a_seed_edited_afterwards() -> None:
    """The gradient is of the seed as it was, through views and sums."""
    same: list[Callable[[Variable], Variable]] = [
        lambda x: x + 0.0,
        lambda x: x.reshape(3),
        lambda x: x * 1.0,
    ]
    for f in same:
        x, seed = Variable(np.ones(3)), np.ones(3)
        y = f(x)
        y.grad = seed
        y.backward()
        seed[:] = 9.0
        assert x.grad is not None
        assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_row_11_views_cannot_be_written_into() -> None:
    """A view of a Variable is a Variable: it does not change in place."""
    b = Variable(np.array([1.0, 2.0, 3.0]))
    v = b[:]
    with pytest.raises(TypeError, match="in place"):
        v[:] = 10.0  # type: ignore[index]
    bp.sum(b * b).backward()
    assert b.grad is not None
    assert b.grad.tolist() == [2.0, 4.0, 6.0]


@pytest.mark.parametrize("f", [np.exp, lambda t: np.array([1.0, 2.0]) * t])
def test_row_14_plain_numpy_gives_variables(f: Callable[[Any], Any]) -> None:
    """Never an array of objects."""
    assert isinstance(f(Variable(np.ones(2))), Variable)
