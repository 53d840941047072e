"""
A rule of your own
==================

SciPy's error function, verified, and then put to use.

NumPy has no erf, so backprop has none; a class of two methods adds it. `verify` holds it against
central differences, the second derivative too, and rejects a twin of it with a slip. Then it serves
in a psychometric function: how often is a faint signal detected, and how faint may it be? Newton's
method fits that by the gradient and the Hessian, and no derivative but that of erf is written down.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import NamedTuple

import numpy as np
from scipy import special

import backprop.numpy as bp
from backprop import Array, Function, Variable, grad, hessian
from backprop.testing import GradientMismatch, Report, verify

GUESS, LAPSE = 0.5, 0.02  # right by chance, with two answers to choose from; wrong by distraction
TRIALS = 200  # at each contrast
TRUE = np.array([1.0, -1.0])  # the threshold, and the logarithm of the width


# %%
# The rule, and a twin of it that is wrong by a factor in the exponent.


class Erf(Function):
    """y = erf x, dy/dx = 2/√π exp(-x²)."""

    def forward(self, x: Array) -> Array:
        return np.asarray(special.erf(x))

    def backward(self, gy: Array) -> Array:
        return gy * (2 / sqrt(pi)) * np.exp(-(self.x**2))


class Slip(Erf):
    """The same with the exponent of the normal density, which is another one."""

    def backward(self, gy: Array) -> Array:
        return gy * (2 / sqrt(pi)) * np.exp(-(self.x**2) / 2)


class Result(NamedTuple):
    """What `main` found; the arrays are of threshold and logarithm of the width."""

    report: Report  # on Erf
    complaint: str  # about Slip
    fitted: Array
    errors: Array  # the standard errors of `fitted`
    slope: Array  # the gradient at the end


# %%
# The model: a signal is detected more often the stronger it is. ``Erf`` stands in it as any
# function of NumPy does.


def complaint_about(rule: type[Function]) -> str:
    """What the verifier says of a wrong rule; nothing of a right one."""
    try:
        verify(rule, order=2, seed=1)
    except GradientMismatch as error:
        return str(error)
    return ""


def chance(parameters: Variable, contrast: Array) -> Variable:
    """How likely a right answer is: γ + (1 - γ - λ) Φ((contrast - threshold) / width)."""
    threshold, log_width = parameters
    z = bp.subtract(contrast, threshold) / bp.exp(log_width)
    return GUESS + (1 - GUESS - LAPSE) * (1 + Erf()(z / sqrt(2))) / 2


def surprise(parameters: Variable, contrast: Array, right: Array) -> Variable:
    """The negative log-likelihood of `right` answers in as many trials at each contrast."""
    p = chance(parameters, contrast)
    return -bp.sum(right * bp.log(p) + (TRIALS - right) * bp.log(1 - p))


def trials() -> tuple[Array, Array]:
    """The contrasts that were shown, and how many of the answers were right at each."""
    contrast = np.linspace(0.0, 2.0, 15)
    p = chance(Variable(TRUE), contrast).data
    return contrast, np.random.default_rng(0).binomial(TRIALS, p).astype(float)


# %%
# Verified first, then fitted. Newton's method needs the gradient and the Hessian of the surprise.


def main() -> Result:
    """Verify the rule, catch its twin, and fit the model by Newton's method."""
    report = verify(Erf, order=2, seed=1)
    complaint = complaint_about(Slip)
    print(f"Erf: {report.rejected} of {report.planted} planted faults caught")
    print(complaint.splitlines()[0])

    contrast, right = trials()
    slope, curvature = grad(surprise), hessian(surprise)
    fitted = np.array([0.8, -0.5])
    for _ in range(8):
        step = np.linalg.solve(curvature(fitted, contrast, right), slope(fitted, contrast, right))
        fitted = fitted - step
    errors = np.sqrt(np.diagonal(np.linalg.inv(curvature(fitted, contrast, right))))
    for name, value, error, true in zip(["threshold", "ln width"], fitted, errors, TRUE):
        print(f"{name} = {value:6.3f} ± {error:.3f}   (true: {true})")
    return Result(report, complaint, fitted, errors, slope(fitted, contrast, right))


# %%
# What was answered, and the curve that was fitted.


def picture(result: Result) -> None:
    """Draw it; this alone needs matplotlib."""
    import matplotlib.pyplot as plt

    contrast, right = trials()
    fine = np.linspace(0.0, 2.0, 200)
    _, axes = plt.subplots()
    axes.plot(contrast, right / TRIALS, "o", label="answered")
    axes.plot(fine, chance(Variable(result.fitted), fine).data, label="fitted")
    axes.set(xlabel="contrast", ylabel="part of right answers", title="Psychometric function")
    axes.legend()


if __name__ == "__main__":
    picture(main())
