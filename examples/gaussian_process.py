"""
A Gaussian process
==================

It finds its own length scale, amplitude and noise, by maximum likelihood.

The likelihood is what one would write with NumPy alone: a kernel matrix, its Cholesky factor, one
solve. It is handed to `value_and_grad` and to `hessian` as it stands, for NumPy's own functions
answer when they meet a Variable. The gradient is compared with the one from the literature, and the
Hessian says how far the data determine the hyperparameters.
"""

from __future__ import annotations

from math import log, pi
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from backprop import Array, grad, hessian, value_and_grad

TRUE = np.log([1.5, 0.8, 0.2])  # the logarithms of amplitude, length scale and noise


class Result(NamedTuple):
    """What `main` found; the arrays are of the logarithms of amplitude, length scale and noise."""

    fitted: Array
    errors: Array  # the standard errors of `fitted`
    disagreement: float  # of the two gradients, as a part of the larger
    missed: float  # by the prediction at new places, root mean square


# %%
# The model, as one would write it for arrays.


def signal(theta: Array, x1: Array, x2: Array) -> Array:
    """The covariance of the values at x1 and x2: a² exp(-(x1 - x2)² / 2l²)."""
    amplitude, length, _ = np.exp(theta)
    distance = (x1[:, None] - x2) / length
    covariance: Array = amplitude**2 * np.exp(-(distance**2) / 2)
    return covariance


def covariance(theta: Array, x: Array) -> Array:
    """The covariance of what is measured at x, noise included."""
    noise: Array = np.exp(theta[2])
    return signal(theta, x, x) + noise**2 * np.eye(len(x))


def surprise(theta: Array, x: Array, y: Array) -> Array:
    """The negative log-likelihood -ln p(y | x, θ) = ½ yᵀK⁻¹y + ½ ln det K + ½ n ln 2π."""
    factor = np.linalg.cholesky(covariance(theta, x))
    white = np.linalg.solve(factor, y)
    nats: Array = white @ white / 2 + np.sum(np.log(np.diagonal(factor)))
    return nats + len(x) / 2 * log(2 * pi)


# %%
# The same gradient with pen and paper, to compare.


def by_hand(theta: Array, x: Array, y: Array) -> Array:
    """Its gradient ½ tr((K⁻¹ - ααᵀ) ∂K/∂θ), α = K⁻¹y (Rasmussen and Williams, 2006, eq. 5.9)."""
    k = signal(theta, x, x)
    inverse = np.linalg.inv(covariance(theta, x))
    alpha = inverse @ y
    distance = (x[:, None] - x) / np.exp(theta[1])
    moves = np.stack([2 * k, k * distance**2, 2 * np.exp(2 * theta[2]) * np.eye(len(x))])
    gradient: Array = np.sum((inverse - np.outer(alpha, alpha)) * moves, axis=(1, 2)) / 2
    return gradient


class Measured(NamedTuple):
    """A function drawn from the process, at `new` as it is and at `x` with noise."""

    x: Array
    y: Array
    new: Array
    true: Array


def measured() -> Measured:
    """What is known, and what shall be predicted."""
    rng = np.random.default_rng(0)
    x, new = np.sort(rng.uniform(0, 10, 60)), np.linspace(0.5, 9.5, 50)
    both = np.concatenate([x, new])
    jitter = 1e-10 * np.eye(len(both))
    drawn = np.linalg.cholesky(signal(TRUE, both, both) + jitter) @ rng.normal(size=len(both))
    y = drawn[: len(x)] + np.exp(TRUE[2]) * rng.normal(size=len(x))
    return Measured(x, y, new, drawn[len(x) :])


def predicted(theta: Array, data: Measured) -> Array:
    """The mean of the process at the new places."""
    weights: Array = np.linalg.solve(covariance(theta, data.x), data.y)
    return signal(theta, data.new, data.x) @ weights


# %%
# SciPy minimises, with ``value_and_grad``; the Hessian says how far the data determine the fit.


def main() -> Result:
    """Draw a function and noisy measurements of it, fit, and predict what was not measured."""
    data = measured()
    x, y = data.x, data.y

    start = np.zeros(3)
    ours, theirs = grad(surprise)(start, x, y), by_hand(start, x, y)
    disagreement = np.max(abs(ours - theirs)) / np.max(abs(theirs))

    fit = minimize(value_and_grad(surprise), start, args=(x, y), jac=True, method="L-BFGS-B")
    errors = np.sqrt(np.diagonal(np.linalg.inv(hessian(surprise)(fit.x, x, y))))
    missed = np.mean((predicted(fit.x, data) - data.true) ** 2) ** 0.5

    for name, value, error, true in zip(["amplitude", "length", "noise"], fit.x, errors, TRUE):
        print(f"{name:9} {np.exp(value):.3f}, within a factor of {np.exp(error):.2f}", end="   ")
        print(f"(true: {np.exp(true):.1f})")
    print(f"gradients disagree by {disagreement:.0e}; predictions miss by {missed:.3f}")
    return Result(fit.x, errors, float(disagreement), float(missed))


# %%
# What was measured, what it was measured of, and what the fitted process says between.


def picture(result: Result) -> None:
    """Draw it; this alone needs matplotlib."""
    import matplotlib.pyplot as plt

    data = measured()
    _, axes = plt.subplots()
    axes.plot(data.x, data.y, ".", label="measured")
    axes.plot(data.new, data.true, "--", label="true")
    axes.plot(data.new, predicted(result.fitted, data), label="predicted")
    axes.set(xlabel="x", title="A Gaussian process after the fit")
    axes.legend()


if __name__ == "__main__":
    picture(main())
