"""
Logistic regression
===================

SciPy minimises, backprop differentiates, the loss is plain NumPy.

The loss is written for arrays and runs on arrays. `value_and_grad(loss)` is the same function with
its gradient beside it, which is what `scipy.optimize.minimize(..., jac=True)` asks for. Here the
gradient can also be had with pen and paper: both agree to the last digits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from backprop import Array, grad, value_and_grad


class Result(NamedTuple):
    """What `main` found."""

    accuracy: float  # on patients that the fit has not seen
    disagreement: float  # of the two gradients, as a part of the larger
    slope: float  # the largest element of the gradient at the minimum
    scores: Array  # x·w of the patients that the fit has not seen
    labels: Array  # 1 for benign, -1 for malignant


# %%
# The loss, and its gradient with pen and paper to compare with.


def loss(w: Array, x: Array, y: Array) -> Array:
    """The negative log-likelihood of labels y = ±1 and a ridge: Σ ln(1 + exp(-y x·w)) + |w|²/2."""
    total: Array = np.sum(np.logaddexp(0.0, -y * (x @ w))) + w @ w / 2
    return total


def by_hand(w: Array, x: Array, y: Array) -> Array:
    """The gradient of `loss` as textbooks have it."""
    gradient: Array = w - (y / (1 + np.exp(y * (x @ w)))) @ x
    return gradient


def standardised(x: Array, like: Array) -> Array:
    """The columns of x on the scale of `like`, and one more of ones, for the intercept."""
    scaled = (x - np.mean(like, axis=0)) / np.std(like, axis=0)
    return np.column_stack([scaled, np.ones(len(x))])


# %%
# The fit.


def main() -> Result:
    """Tell benign tumours from malignant ones, by 30 measurements of the nuclei of their cells."""
    x, benign = load_breast_cancer(return_X_y=True)
    train, test, y, y_test = train_test_split(x, 2.0 * benign - 1.0, test_size=0.3, random_state=0)
    test, train = standardised(test, train), standardised(train, train)

    start = np.zeros(train.shape[1])
    w = np.random.default_rng(0).normal(size=len(start))
    ours, theirs = grad(loss)(w, train, y), by_hand(w, train, y)
    disagreement = np.max(abs(ours - theirs)) / np.max(abs(theirs))

    fit = minimize(value_and_grad(loss), start, args=(train, y), jac=True, method="L-BFGS-B")
    scores = test @ fit.x
    accuracy = np.mean(np.sign(scores) == y_test)
    slope = np.max(abs(by_hand(fit.x, train, y)))

    print(f"held-out accuracy   {accuracy:.3f} on {len(test)} patients, after {fit.nit} steps")
    print(f"gradients disagree  by {disagreement:.0e}")
    print(f"gradient at the end {slope:.0e}, where {np.max(abs(by_hand(start, train, y))):.0f} was")
    return Result(float(accuracy), float(disagreement), float(slope), scores, y_test)


# %%
# The scores of the patients that the fit has not seen: what is left of 0 is called malignant.


def picture(result: Result) -> None:
    """Draw it; this alone needs matplotlib."""
    import matplotlib.pyplot as plt

    _, axes = plt.subplots()
    for name, sign, hatch in ("malignant", -1, "//"), ("benign", 1, None):
        chosen = result.scores[result.labels == sign]
        axes.hist(chosen, bins=[*range(-15, 10)], alpha=0.7, label=name, hatch=hatch)
    axes.set(xlabel="score x·w", ylabel="patients", title="Held-out patients")
    axes.legend()


if __name__ == "__main__":
    picture(main())
