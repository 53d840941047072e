"""
A neural network
================

Two layers read handwritten digits: parameters in a dict, Adam in ten lines.

`grad` takes trees: of a dict of arrays it gives a dict of gradients, key by key. The network, the
softmax and its loss are plain NumPy, so the trained network is called with arrays and needs nothing
from backprop. All numbers are float32 and stay so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from backprop import Array, grad

Parameters: TypeAlias = dict[str, Array]
Batch: TypeAlias = tuple[Array, Array]
HIDDEN, EPOCHS, BATCH = 64, 30, 64


class Result(NamedTuple):
    """What `main` found."""

    accuracy: float  # on digits that the network has not seen
    first: float  # the loss before training
    last: float  # and after it
    parameters: Parameters


# %%
# The network and its loss, for arrays.


def logits(p: Parameters, x: Array) -> Array:
    """The network: for each image in x a number for each digit, the logarithm of its odds."""
    hidden = np.tanh(x @ p["w1"] + p["b1"])
    return hidden @ p["w2"] + p["b2"]


def logsumexp(z: Array) -> Array:
    """The logarithm ln Σ exp z of each row; no exponential overflows, for the largest is exp 0."""
    top = np.max(z, axis=1, keepdims=True)
    total: Array = np.log(np.sum(np.exp(z - top), axis=1)) + top[:, 0]
    return total


def cross_entropy(p: Parameters, x: Array, digits: Array) -> Array:
    """The mean of -ln softmax(z)[digit], where z are the logits of each image."""
    z = logits(p, x)
    loss: Array = np.mean(logsumexp(z) - z[np.arange(len(digits)), digits])
    return loss


def initial(rng: np.random.Generator, inputs: int, outputs: int) -> Parameters:
    """Weights that keep the scale of what passes through them, and no bias."""
    return {
        "w1": rng.standard_normal((inputs, HIDDEN), np.float32) / inputs**0.5,
        "b1": np.zeros(HIDDEN, np.float32),
        "w2": rng.standard_normal((HIDDEN, outputs), np.float32) / HIDDEN**0.5,
        "b2": np.zeros(outputs, np.float32),
    }


# %%
# The training. ``gradient`` is ``grad(cross_entropy)``, and gives a dict like the parameters.


def adam(
    gradient: Callable[..., Parameters], p: Parameters, batches: Iterable[Batch], rate: float
) -> Parameters:
    """Steps along the mean gradient m, in units of its root mean square √v (Kingma and Ba)."""
    m = {name: 0 * value for name, value in p.items()}
    v = dict(m)
    for t, batch in enumerate(batches, 1):
        g = gradient(p, *batch)
        m = {name: 0.9 * m[name] + 0.1 * g[name] for name in p}
        v = {name: 0.999 * v[name] + 0.001 * g[name] ** 2 for name in p}
        step = rate * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t)
        p = {name: p[name] - step * m[name] / (np.sqrt(v[name]) + 1e-8) for name in p}
    return p


def shuffled(rng: np.random.Generator, x: Array, digits: Array) -> Iterator[Batch]:
    """All images in batches, in a new order in every epoch."""
    for _ in range(EPOCHS):
        order = rng.permutation(len(x))
        for start in range(0, len(x), BATCH):
            batch = order[start : start + BATCH]
            yield x[batch], digits[batch]


def digits_of() -> tuple[Array, Array, Array, Array]:
    """Images to learn from and others, then the digits on the former and on the latter."""
    images, labels = load_digits(return_X_y=True)
    split = train_test_split((images / 16).astype(np.float32), labels, random_state=0)
    x, x_test, digits, digits_test = split
    return x, x_test, digits, digits_test


def main() -> Result:
    """Train on three quarters of the 1797 images of 8 by 8 pixels, and read the others."""
    x, x_test, digits, digits_test = digits_of()
    rng = np.random.default_rng(0)
    start = initial(rng, x.shape[1], 10)
    p = adam(grad(cross_entropy), start, shuffled(rng, x, digits), rate=0.01)

    accuracy = np.mean(np.argmax(logits(p, x_test), axis=1) == digits_test)
    first, last = (float(cross_entropy(q, x, digits)) for q in (start, p))
    print(f"loss              {first:.2f} before, {last:.4f} after {EPOCHS} epochs")
    print(f"held-out accuracy {accuracy:.3f} on {len(x_test)} images")
    return Result(float(accuracy), first, last, p)


# %%
# Twelve images that the network has not seen, and what it reads. It is called with plain arrays.


def picture(result: Result) -> None:
    """Draw it; this alone needs matplotlib."""
    import matplotlib.pyplot as plt

    _, unseen, _, _ = digits_of()
    read = np.argmax(logits(result.parameters, unseen[:12]), axis=1)
    figure, grid = plt.subplots(2, 6, figsize=(6.4, 2.6))
    for axes, image, digit in zip(grid.flat, unseen, read):
        axes.imshow(image.reshape(8, 8), cmap="Greys")
        axes.set(title=f"{digit}", xticks=[], yticks=[])
    figure.suptitle("Images, and the digits that are read")


if __name__ == "__main__":
    picture(main())
