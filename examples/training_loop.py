"""
A training loop with Variables
==============================

No ``grad``, no dict, no optimiser: Variables, ``backward()`` and a step down, as in the notes.

A function with noise on it is learned by a network of one hidden layer. The parameters are leaves
of the graph: each pass builds a graph from them to the loss, ``loss.backward()`` walks it back, and
the step gives ``p.data`` new arrays. The sweep replaces the gradients of the last one, so there is
nothing to clear; and with the last reference to ``loss`` the whole graph is gone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

import backprop.numpy as bp
from backprop import Array, Variable, no_grad

HIDDEN, STEPS, RATE = 16, 2000, 0.1
NOISE = 0.1


class Result(NamedTuple):
    """What `main` found."""

    losses: list[float]
    missed: float  # root mean square, where nothing was measured
    parameters: list[Variable]


# %%
# The data: a sine with noise. And the parameters: each a Variable that nothing has created.


def measured() -> tuple[Array, Array]:
    """Places, and noisy values there; a column each."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (100, 1))
    return x, np.sin(np.pi * x) + NOISE * rng.normal(size=x.shape)


def parameters() -> list[Variable]:
    """Weights and biases of two layers."""
    rng = np.random.default_rng(1)
    weights = 2 * rng.normal(size=(1, HIDDEN)), rng.normal(size=(HIDDEN, 1)) / HIDDEN**0.5
    biases = rng.normal(size=HIDDEN), np.zeros(1)
    return [Variable(p) for p in (weights[0], biases[0], weights[1], biases[1])]


# %%
# The model is written for Variables; arrays may be among its inputs.


def model(x: Array, w1: Variable, b1: Variable, w2: Variable, b2: Variable) -> Variable:
    """A network of one hidden layer."""
    return bp.tanh(x @ w1 + b1) @ w2 + b2


def main() -> Result:
    """Train, and compare with the sine itself."""
    x, y = measured()
    ps = parameters()
    losses = []
    for _ in range(STEPS):
        loss = bp.mean((model(x, *ps) - y) ** 2)
        loss.backward(retain_grad=False)  # keeps the gradients of the leaves alone
        for p in ps:
            assert p.grad is not None
            p.data = p.data - RATE * p.grad
        losses.append(loss.item())

    new = np.linspace(-1, 1, 201)[:, None]
    with no_grad():  # no graph is built
        missed = np.mean((model(new, *ps).data - np.sin(np.pi * new)) ** 2) ** 0.5
    print(f"loss {losses[0]:.3f} before, {losses[-1]:.4f} after {STEPS} steps")
    print(f"variance of the noise {NOISE**2:.4f}; the sine is missed by {missed:.3f}")
    return Result(losses, float(missed), ps)


# %%
# How the loss falls, and what was learned.


def picture(result: Result) -> None:
    """Draw it; this alone needs matplotlib."""
    import matplotlib.pyplot as plt

    x, y = measured()
    new = np.linspace(-1, 1, 201)[:, None]
    _, (left, right) = plt.subplots(1, 2)
    left.loglog(np.arange(1, STEPS + 1), result.losses)
    left.set(xlabel="step", title="Loss")
    right.plot(x, y, ".", label="measured")
    right.plot(new, model(new, *result.parameters).data, label="learned")
    right.plot(new, np.sin(np.pi * new), "--", label="true")
    right.set(xlabel="x", title="Network")
    right.legend(fontsize="small")


if __name__ == "__main__":
    picture(main())
