"""
Least squares with SciPy
========================

A curve through measurements, with an exact Jacobian: ``jacobian`` and ``scipy.optimize``.

The data are Misra1a of NIST's reference collection for nonlinear regression (StRD; monomolecular
adsorption): with them come parameters and standard deviations that are certified to eleven digits,
so it is known whether a fit is right. Without a Jacobian SciPy takes differences with a fixed step;
``jacobian(residuals)`` is exact, and ``verify_jacobian`` would say so of one written by hand.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from backprop import Array, jacobian

VOLUME = np.array(
    [
        77.6,
        114.9,
        141.1,
        190.8,
        239.9,
        289.0,
        332.8,
        378.4,
        434.8,
        477.3,
        536.8,
        593.1,
        689.1,
        760.0,
    ]
)
ADSORBED = np.array(
    [
        10.07,
        14.73,
        17.94,
        23.93,
        29.61,
        35.18,
        40.02,
        44.82,
        50.76,
        55.05,
        61.01,
        66.40,
        75.47,
        81.78,
    ]
)
CERTIFIED = np.array([2.3894212918e02, 5.5015643181e-04])
DEVIATIONS = np.array([2.7070075241e00, 7.2668688436e-06])
FAR = np.array([500.0, 1e-4])  # NIST's harder start


class Result(NamedTuple):
    """What `main` found."""

    fitted: Array
    errors: Array  # the standard deviations of `fitted`
    residuals: Array


# %%
# The model. Nothing in it knows of derivatives.


def model(b: Array, x: Array) -> Array:
    """What is adsorbed at the volume x: b₁ (1 - exp(-b₂ x))."""
    adsorbed: Array = -b[0] * np.expm1(-b[1] * x)
    return adsorbed


def residuals(b: Array) -> Array:
    """By how much the model misses each measurement."""
    missed: Array = model(b, VOLUME) - ADSORBED
    return missed


# %%
# The fit: b₂ is a million times smaller than b₁, so ``x_scale="jac"`` measures each by its column.


def main() -> Result:
    """Fit from the far start, and compare with what is certified."""
    slopes = jacobian(residuals)
    fit = least_squares(
        residuals, FAR, jac=slopes, x_scale="jac", xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    variance = 2 * fit.cost / (len(VOLUME) - len(fit.x))
    j = slopes(fit.x)
    errors = np.sqrt(variance * np.diagonal(np.linalg.inv(j.T @ j)))
    for value, error, true in zip(fit.x, errors, CERTIFIED):
        print(f"{value:.10e} ± {error:.4e}, off by {abs(value / true - 1):.0e} of the certified")
    return Result(fit.x, errors, residuals(fit.x))


# %%
# The curve through the measurements, and what is left.


def picture(result: Result) -> None:
    """Draw it; this alone needs matplotlib."""
    import matplotlib.pyplot as plt

    volume = np.linspace(0, 800, 200)
    _, (left, right) = plt.subplots(1, 2)
    left.plot(VOLUME, ADSORBED, "o", markersize=3, label="measured")
    left.plot(volume, model(result.fitted, volume), label="fitted")
    left.set(xlabel="volume", title="Adsorbed")
    left.legend()
    right.axhline(0, color="#808080", linewidth=0.5)
    right.plot(VOLUME, result.residuals, "o", markersize=3)
    right.set(xlabel="volume", title="Residuals")


if __name__ == "__main__":
    picture(main())
