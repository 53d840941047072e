"""Programs as one writes them in NumPy, which know nothing of gradients.

The module comes as a parameter, so that the same lines run in NumPy, on Variables, and in other
libraries that imitate NumPy; nothing is written in place, for none of these could take it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log, pi
from typing import Any, Final

import numpy
from numpy.typing import NDArray


def gaussian_process(np: Any, log_scales: Any, x: Any, y: Any) -> Any:
    """The log marginal likelihood of y at x: signal, length and noise are exp(log_scales)."""
    signal, length, noise = np.exp(log_scales[0]), np.exp(log_scales[1]), np.exp(log_scales[2])
    distance = (x[:, None] - x[None, :]) / length
    covariance = signal**2 * np.exp(-0.5 * distance**2) + noise**2 * np.eye(x.shape[0])
    whitened = np.linalg.solve(np.linalg.cholesky(covariance), y)
    _, log_determinant = np.linalg.slogdet(covariance)
    return -0.5 * (np.dot(whitened, whitened) + log_determinant + y.shape[0] * log(2 * pi))


def kalman_filter(np: Any, transition: Any, log_q: Any, log_r: Any, seen: Any) -> Any:
    """The log likelihood of a series of measurements of the first of two states."""
    h = np.array([[1.0, 0.0]])
    mean, covariance, total = np.zeros(2), np.eye(2), 0.0
    for i in range(seen.shape[0]):
        mean = transition @ mean
        covariance = transition @ covariance @ transition.T + np.diag(np.exp(log_q))
        innovation = seen[i] - h @ mean
        spread = h @ covariance @ h.T + np.exp(log_r) * np.eye(1)
        gain = covariance @ h.T @ np.linalg.inv(spread)
        mean = mean + gain @ innovation
        covariance = (np.eye(2) - gain @ h) @ covariance
        misfit = innovation @ np.linalg.solve(spread, innovation)
        total = total - 0.5 * (misfit + np.log(np.linalg.det(spread)) + log(2 * pi))
    return total


def lstm(np: Any, weights: Any, bias: Any, xs: Any, target: Any) -> Any:
    """The squared error of what a long short-term memory holds after a short sequence."""
    hidden, cell = np.zeros(target.shape[0]), np.zeros(target.shape[0])
    for i in range(xs.shape[0]):
        gates = weights @ np.concatenate([xs[i], hidden]) + bias
        enter, forget, leave, new = np.split(gates, 4)
        cell = sigmoid(np, forget) * cell + sigmoid(np, enter) * np.tanh(new)
        hidden = sigmoid(np, leave) * np.tanh(cell)
    return np.mean((hidden - target) ** 2)


def sigmoid(np: Any, x: Any) -> Any:
    """1 / (1 + e⁻ˣ)."""
    return 1.0 / (1.0 + np.exp(-x))


def logsumexp(np: Any, x: Any, axis: int) -> Any:
    """ln Σ eˣ along `axis`, which is kept."""
    largest = np.max(x, axis=axis, keepdims=True)
    return largest + np.log(np.sum(np.exp(x - largest), axis=axis, keepdims=True))


def cross_entropy(np: Any, weights: Any, bias: Any, features: Any) -> Any:
    """The mean of -ln of what softmax gives to the right class."""
    labels = numpy.arange(features.shape[0]) % bias.shape[0]
    logits = features @ weights + bias
    log_softmax = logits - logsumexp(np, logits, axis=1)
    return -np.mean(log_softmax[numpy.arange(features.shape[0]), labels])


def batch_norm(np: Any, x: Any, scale: Any, shift: Any) -> Any:
    """A layer that normalizes each feature over the batch, and something that is not even."""
    centred = x - np.mean(x, axis=0)
    normal = centred / np.sqrt(np.var(x, axis=0) + 1e-5)
    return np.sum(np.tanh(scale * normal + shift) * numpy.linspace(-1.0, 2.0, x.shape[0])[:, None])


def convolution(np: Any, images: Any, kernels: Any) -> Any:
    """A convolution of each image with 2 kernels of 2 x 2, relu, and the largest of each map."""
    high, wide = images.shape[1] - 1, images.shape[2] - 1
    corners = [images[:, i : i + high, j : j + wide] for i in range(2) for j in range(2)]
    windows = np.stack(corners, axis=-1)
    maps = np.maximum(np.tensordot(windows, np.reshape(kernels, (-1, 4)), axes=([-1], [-1])), 0.0)
    return np.sum(np.max(maps, axis=(1, 2)) ** 2) + np.mean(maps)


def attention(np: Any, x: Any, query: Any, key: Any, value: Any) -> Any:
    """One head that looks only back, and the layer's norm after it."""
    scores = (x @ query) @ np.swapaxes(x @ key, -1, -2) / numpy.sqrt(query.shape[1])
    past = numpy.tril(numpy.ones((x.shape[1], x.shape[1]), bool))
    scores = np.where(past, scores, -1e9)
    mixed = np.einsum("bij,bjk->bik", np.exp(scores - logsumexp(np, scores, -1)), x @ value)
    centred = mixed - np.mean(mixed, axis=-1, keepdims=True)
    return np.sum((centred / np.std(mixed, axis=-1, keepdims=True)) ** 3)


def mixture(np: Any, logits: Any, means: Any, log_scales: Any, data: Any) -> Any:
    """The log likelihood of a mixture of Gaussians with diagonal covariances."""
    off = (data[:, None, :] - means) / np.exp(log_scales)
    inside = -0.5 * np.sum(off**2 + 2.0 * log_scales + log(2 * pi), axis=-1)
    weighted = inside + (logits - logsumexp(np, logits, axis=0))
    return np.sum(logsumexp(np, weighted, axis=1))


def pendulum(np: Any, angle: Any, speed: Any, pull: Any) -> Any:
    """Where a pendulum is after 25 steps of leapfrog, and how its energy has drifted."""
    step = 0.1
    before = 0.5 * speed**2 - pull * np.cos(angle)
    for _ in range(25):
        speed = speed - 0.5 * step * pull * np.sin(angle)
        angle = angle + step * speed
        speed = speed - 0.5 * step * pull * np.sin(angle)
    after = 0.5 * speed**2 - pull * np.cos(angle)
    return angle + 100.0 * (after - before)


def earth_mover(np: Any, a: Any, b: Any) -> Any:
    """How far two samples are apart: their quantiles, and the area between their running sums."""
    quantiles = np.mean(np.abs(np.sort(a) - np.sort(b)))
    return quantiles + np.sum(np.diff(np.cumsum(a - b)) ** 2)


@dataclass(frozen=True, slots=True)
class Program:
    """A program of one number, and the shapes of what it takes after the module."""

    run: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]

    def inputs(self, seed: int = 0) -> list[NDArray[numpy.float64]]:
        """Ordinary numbers."""
        rng = numpy.random.default_rng(seed)
        return [rng.normal(size=shape) for shape in self.shapes]


PROGRAMS: Final = [
    Program(gaussian_process, ((3,), (5,), (5,))),
    Program(kalman_filter, ((2, 2), (2,), (), (4, 1))),
    Program(lstm, ((8, 3), (8,), (3, 1), (2,))),
    Program(cross_entropy, ((3, 4), (4,), (6, 3))),
    Program(batch_norm, ((5, 3), (3,), (3,))),
    Program(convolution, ((2, 4, 5), (2, 2, 2))),
    Program(attention, ((2, 3, 2), (2, 2), (2, 2), (2, 3))),
    Program(mixture, ((3,), (3, 2), (3, 2), (5, 2))),
    Program(pendulum, ((), (), ())),
    Program(earth_mover, ((6,), (6,))),
]
