"""
An ODE fit: the pendulum
========================

The gravity of the Earth and the drag of the air, from three swings of a pendulum.

The pendulum obeys ``θ'' = -(g/l) sin θ - b θ' - c θ'|θ'|``. It is integrated by a Runge-Kutta
scheme in plain NumPy, so backprop differentiates the whole integration: `jacobian` says how every
angle of every swing moves with g, b and c. There are many angles and three parameters, so it goes
forward through the integration, once for each parameter. SciPy's `least_squares` fits with that
Jacobian, and the same Jacobian gives the standard errors of what was fitted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares

from backprop import Array, jacobian

LENGTH = 1.0  # metres
RELEASED = np.array([0.5, 1.5, 2.5])  # the angles at which the three swings begin, in radians
STEP, STEPS = 0.1, 40  # four seconds
NOISE = 0.01  # of a measured angle, in radians
TRUE = np.array([9.81, 0.10, 0.05])


class Result(NamedTuple):
    """What `main` found; each an array of three, for g, b and c."""

    fitted: Array
    errors: Array  # the standard errors of `fitted`
    residual: float  # root mean square, in radians


# %%
# The equation of motion, and the scheme that integrates it.


def acceleration(parameters: Array, angle: Array, speed: Array) -> Array:
    """The equation of motion."""
    g, b, c = parameters
    result: Array = -g / LENGTH * np.sin(angle) - b * speed - c * speed * abs(speed)
    return result


def swings(parameters: Array) -> Array:
    """The angles at all times, one column for each swing: the Runge-Kutta scheme of order 4."""
    angle, speed = RELEASED, np.zeros_like(RELEASED)
    angles = []
    for _ in range(STEPS):
        a1 = acceleration(parameters, angle, speed)
        v2 = speed + STEP / 2 * a1
        a2 = acceleration(parameters, angle + STEP / 2 * speed, v2)
        v3 = speed + STEP / 2 * a2
        a3 = acceleration(parameters, angle + STEP / 2 * v2, v3)
        v4 = speed + STEP * a3
        a4 = acceleration(parameters, angle + STEP * v3, v4)
        angle = angle + STEP / 6 * (speed + 2 * v2 + 2 * v3 + v4)
        speed = speed + STEP / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
        angles.append(angle)
    return np.stack(angles)


# %%
# The data come of an integrator that is not ours.


def measured() -> Array:
    """What a camera sees: the true motion, by an integrator that is not ours, and noise."""

    def motion(_: float, state: Array) -> Array:
        angle, speed = state.reshape(2, -1)
        return np.concatenate([speed, acceleration(TRUE, angle, speed)])

    times = STEP * np.arange(1, STEPS + 1)
    start = np.concatenate([RELEASED, np.zeros_like(RELEASED)])
    true = solve_ivp(motion, (0.0, times[-1]), start, t_eval=times, rtol=1e-9, atol=1e-9)
    angles: Array = true.y[: len(RELEASED)].T
    return angles + np.random.default_rng(0).normal(scale=NOISE, size=angles.shape)


# %%
# The fit: residuals and their Jacobian, through forty steps of the scheme.


def main() -> Result:
    """Fit g, b and c, and say how well the swings determine them."""
    data = measured()

    def residuals(parameters: Array) -> Array:
        return np.ravel(swings(parameters) - data)

    fit = least_squares(residuals, np.array([10.0, 0.0, 0.0]), jac=jacobian(residuals))
    slopes = jacobian(residuals)(fit.x)
    variance = 2 * fit.cost / (data.size - len(fit.x))
    errors = np.sqrt(variance * np.diagonal(np.linalg.inv(slopes.T @ slopes)))
    for name, value, error, true in zip("gbc", fit.x, errors, TRUE):
        print(f"{name} = {value:.4f} ± {error:.4f}   (true: {true})")
    print(f"residual {variance**0.5:.4f} rad after {fit.nfev} integrations   (noise: {NOISE})")
    return Result(fit.x, errors, float(variance**0.5))


# %%
# The three swings, measured and fitted.


def picture(result: Result) -> None:
    """Draw it; this alone needs matplotlib."""
    import matplotlib.pyplot as plt

    times = STEP * np.arange(1, STEPS + 1)
    _, axes = plt.subplots()
    for angles, fitted, name in zip(measured().T, swings(result.fitted).T, RELEASED):
        (line,) = axes.plot(times, fitted, label=f"released at {name} rad")
        axes.plot(times, angles, ".", color=line.get_color())
    axes.set(xlabel="time in s", ylabel="angle in rad", title="Measured swings and fitted ones")
    axes.legend()


if __name__ == "__main__":
    picture(main())
