"""
Newton's method
===============

The valley of Rosenbrock, in a few steps instead of thousands: ``grad`` and ``hessian``.

Down the gradient one creeps along the bottom of a curved valley. Newton's method solves the
quadratic model of the function instead, H p = -g, and goes there; where that would not go down far
enough it goes a part of the way. Near the minimum the number of right digits doubles with each
step. In many dimensions the Hessian need not be built: ``hvp`` gives its product with a vector, and
the method of conjugate gradients asks for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from backprop import Array, grad, hessian, hvp, value_and_grad

START = np.array([-1.2, 1.0])
RATE = 1e-3  # of the descent; twice this, and it leaves the valley


class Result(NamedTuple):
    """What `main` found."""

    newton: Array  # the places of Newton's method, one a row
    descent: Array  # those of the descent
    large: Array  # the minimum in twenty dimensions


# %%
# The function, for arrays of any length; its minimum is at ones.


def rosenbrock(x: Array) -> Array:
    """The banana: Σ 100 (x₍ᵢ₊₁₎ - xᵢ²)² + (1 - xᵢ)²."""
    terms: Array = 100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2
    total: Array = np.add.reduce(terms)
    return total


# %%
# The two methods: each yields a list of the places it came through.


def newton(f: Callable[[Array], Array], x: Array, tolerance: float = 1e-10) -> Array:
    """Newton's method with halved steps, until the gradient is small."""
    slope, curvature = grad(f), hessian(f)
    places = [x]
    while np.max(abs(g := slope(x))) > tolerance:
        step = -np.linalg.solve(curvature(x), g)
        part = 1.0
        while f(x + part * step) > f(x) + 1e-4 * part * (g @ step):
            part /= 2
        x = x + part * step
        places.append(x)
    return np.stack(places)


def descent(f: Callable[[Array], Array], x: Array, steps: int) -> Array:
    """As many steps down the gradient."""
    slope = grad(f)
    places = [x]
    for _ in range(steps):
        x = x - RATE * slope(x)
        places.append(x)
    return np.stack(places)


def main() -> Result:
    """Both from the usual start, and twenty dimensions with `hvp`."""
    quick, slow = newton(rosenbrock, START), descent(rosenbrock, START, 2000)
    for name, places in ("Newton", quick), ("descent", slow):
        print(f"{name:8} {len(places) - 1:5} steps, off by {np.max(abs(places[-1] - 1)):.0e}")

    far = np.zeros(20)
    both, product = value_and_grad(rosenbrock), hvp(rosenbrock)
    fit = minimize(both, far, jac=True, hessp=product, method="Newton-CG", options={"xtol": 1e-9})
    print(f"20 dimensions: value {fit.fun:.0e} after {fit.nit} steps, {fit.nhev} products H v")
    return Result(quick, slow, fit.x)


# %%
# The ways through the valley, and how far from the minimum each is.


def picture(result: Result) -> None:
    """Draw it; this alone needs matplotlib."""
    import matplotlib.pyplot as plt

    u, v = np.meshgrid(np.linspace(-1.6, 1.6, 200), np.linspace(-0.6, 1.8, 200))
    _, (left, right) = plt.subplots(1, 2)
    levels = np.geomspace(0.3, 1000, 9)
    height = 100 * (v - u**2) ** 2 + (1 - u) ** 2
    left.contour(u, v, height, levels, colors="#808080", linewidths=0.5)
    for places, name, mark in (result.descent, "descent", "-"), (result.newton, "Newton", "o-"):
        left.plot(*places.T, mark, markersize=3, label=name)
        distance = np.max(abs(places - 1), axis=1)
        right.loglog(np.arange(len(places)) + 1, distance, mark, markersize=3)
    left.legend(fontsize="small")
    left.set(title="The valley")
    right.set(xlabel="step", title="Distance from the minimum")


if __name__ == "__main__":
    picture(main())
