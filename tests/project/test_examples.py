"""The examples run, and find what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from backprop import grad
from examples import (
    custom_rule,
    gaussian_process,
    least_squares,
    logistic_regression,
    neural_network,
    newton,
    physical_model,
    training_loop,
)

pytestmark = pytest.mark.no_cover  # slower with it, and no line is reached here alone


def test_logistic_regression(capsys: pytest.CaptureFixture[str]) -> None:
    """The gradient is the closed form to rounding, and zero at the minimum that it leads to."""
    result = logistic_regression.main()

    assert result.accuracy > 0.95
    assert result.disagreement < 1e-14
    assert result.slope < 1e-2
    assert "held-out accuracy" in capsys.readouterr().out


def test_neural_network() -> None:
    """It reads digits that it has not seen; its parameters are float32 as they were."""
    result = neural_network.main()

    assert result.accuracy > 0.95
    assert result.last < 0.1 < 1 < result.first
    assert {p.dtype for p in result.parameters.values()} == {np.dtype(np.float32)}


def test_the_loss_of_the_network_is_stable() -> None:
    """Odds that no float can hold have a loss, and a gradient."""
    p: neural_network.Parameters = {
        "w1": np.eye(2),
        "b1": np.zeros(2),
        "w2": 1e4 * np.eye(2),
        "b2": np.zeros(2),
    }
    x, digits = np.array([[3.0, -3.0]]), np.array([1])

    gradient = grad(neural_network.cross_entropy)(p, x, digits)

    assert neural_network.cross_entropy(p, x, digits) == pytest.approx(2e4 * np.tanh(3.0))
    assert gradient["b2"].tolist() == [1.0, -1.0]


def test_physical_model() -> None:
    """What was put in comes out, within three standard errors, and the residual is the noise."""
    result = physical_model.main()

    assert np.all(abs(result.fitted - physical_model.TRUE) < 3 * result.errors)
    assert np.all(result.errors < [0.01, 0.01, 0.005])
    assert result.residual == pytest.approx(physical_model.NOISE, rel=0.2)


def test_custom_rule() -> None:
    """The verifier takes the rule and rejects its twin; the model finds what was put in."""
    result = custom_rule.main()

    assert result.report.rejected == result.report.planted > 0
    assert result.complaint.startswith("Slip: backward is wrong for input 0")
    assert np.all(abs(result.fitted - custom_rule.TRUE) < 3 * result.errors)
    assert np.all(abs(result.slope) < 1e-9)


def test_gaussian_process() -> None:
    """The gradient is the one of the literature, and the hyperparameters are those put in."""
    result = gaussian_process.main()

    assert result.disagreement < 1e-12
    assert np.all(abs(result.fitted - gaussian_process.TRUE) < 3 * result.errors)
    assert np.all(result.errors < 0.5)
    assert result.missed < np.exp(gaussian_process.TRUE[2])


def test_training_loop() -> None:
    """The loss comes down to the noise, the network to the sine, and parameters stay leaves."""
    result = training_loop.main()

    assert result.losses[0] > 1
    assert result.losses[-1] == pytest.approx(training_loop.NOISE**2, rel=0.2)
    assert result.missed < training_loop.NOISE
    assert all(p.creator is None for p in result.parameters)


def test_newton() -> None:
    """A few steps reach the minimum that two thousand down the gradient do not come near."""
    result = newton.main()

    assert len(result.newton) < 30
    assert np.max(abs(result.newton[-1] - 1)) < 1e-9
    assert np.max(abs(result.descent[-1] - 1)) > 0.1
    assert np.max(abs(result.large - 1)) < 1e-6


def test_least_squares() -> None:
    """Parameters and standard deviations are those that NIST certifies."""
    result = least_squares.main()

    assert result.fitted == pytest.approx(least_squares.CERTIFIED, rel=1e-9)
    assert result.errors == pytest.approx(least_squares.DEVIATIONS, rel=1e-6)
