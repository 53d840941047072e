"""Whole programs, as people write them in NumPy: each library differentiates them by its `grad`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np

from benchmarks.speed.works import Work

RNG: Final = np.random.default_rng(1)


def kalman_filter(o: Any, parameters: Any) -> Any:
    """The log-likelihood of 500 scalar steps of a Kalman filter, by two variances and a factor."""
    q, r, a = parameters[0], parameters[1], parameters[2]
    mean, variance, total = 0.0, 1.0, 0.0
    for y in _OBSERVED:
        mean, variance = a * mean, a * a * variance + o.exp(q)
        s = variance + o.exp(r)
        d = y - mean
        total = total - 0.5 * (o.log(s) + d * d / s)
        gain = variance / s
        mean, variance = mean + gain * d, (1.0 - gain) * variance
    return total


def gaussian_process(o: Any, parameters: Any) -> Any:
    """The log-likelihood of a Gaussian process of 200 points, by length, scale and noise."""
    d = _PLACES[:, None] - _PLACES[None, :]
    k = o.exp(parameters[1]) * o.exp(-0.5 * o.square(d / o.exp(parameters[0])))
    k = k + o.exp(parameters[2]) * np.eye(200)
    low = o.linalg.cholesky(k)
    alpha = o.linalg.solve(k, _VALUES)
    return -0.5 * o.sum(_VALUES * alpha) - o.sum(o.log(o.diagonal(low, axis1=-1, axis2=-2)))


def recurrent_network(o: Any, w: Any, u: Any, v: Any) -> Any:
    """The squared error of a recurrent network of 32 units over 100 steps."""
    h, total = np.zeros(32), 0.0
    for x, y in pairwise(_SERIES):
        h = o.tanh(w @ h + u * x)
        total = total + o.square(o.sum(v * h) - y)
    return total


def logistic_regression(o: Any, w: Any) -> Any:
    """The loss of 20,000 examples of 50 features."""
    z = o.dot(_FEATURES, w)
    return o.mean(o.logaddexp(0.0, z) - _LABELS * z) + 0.01 * o.sum(o.square(w))


def hidden_markov_model(o: Any, transitions: Any, emissions: Any) -> Any:
    """The log-likelihood of 100 steps of a hidden Markov model of 8 states."""
    a = o.exp(transitions)
    a = a / o.sum(a, axis=1, keepdims=True)
    b = o.exp(emissions)
    b = b / o.sum(b, axis=1, keepdims=True)
    alpha, total = b[:, _SYMBOLS[0]] / 8.0, 0.0
    for symbol in _SYMBOLS[1:]:
        scale = o.sum(alpha)
        total = total + o.log(scale)
        alpha = o.dot(alpha / scale, a) * b[:, symbol]
    return total + o.log(o.sum(alpha))


def rosenbrock(o: Any, x: Any) -> Any:
    """Rosenbrock's function of 1,000 numbers."""
    return o.sum(100.0 * o.square(x[1:] - o.square(x[:-1])) + o.square(1.0 - x[:-1]))


_OBSERVED: Final = [float(y) for y in RNG.normal(size=500)]
_PLACES: Final = np.sort(RNG.uniform(0.0, 10.0, 200))
_VALUES: Final = np.sin(_PLACES) + 0.1 * RNG.normal(size=200)
_SERIES: Final = [float(y) for y in np.sin(np.arange(101) / 5)]
_FEATURES: Final = RNG.normal(size=(20_000, 50))
_LABELS: Final = (RNG.uniform(size=20_000) < 0.5).astype(float)
_BATCH: Final = RNG.normal(size=(32, 64))
_TARGETS: Final = RNG.normal(size=(32, 64))
_SYMBOLS: Final = [int(k) for k in RNG.integers(0, 5, 100)]


def two_layers(o: Any, w: Any) -> Any:
    """The squared error of two layers of 64 units, by all their weights in one vector."""
    first, second = o.reshape(w[:4096], (64, 64)), o.reshape(w[4096:], (64, 64))
    return o.sum(o.square(o.tanh(o.tanh(_BATCH @ first) @ second) - _TARGETS))


def _work(name: str, program: Any, *inputs: Any, compiled: bool = True) -> Work:
    return Work(name, program, None, inputs, 1.0, "HIPS", compiled=compiled)


def _second(name: str, program: Any, x: Any) -> Work:
    return Work(name, program, None, (x,), 0.5, "HIPS", second=True)


PROGRAMS: Final = (
    _work("Kalman filter, 500 steps", kalman_filter, np.array([-1.0, 0.0, 0.9]), compiled=False),
    _work("Gaussian process, 200 points", gaussian_process, np.array([0.0, 0.0, -2.0])),
    _work(
        "recurrent network, 100 steps",
        recurrent_network,
        RNG.normal(size=(32, 32)) / 8,
        RNG.normal(size=32),
        RNG.normal(size=32),
    ),
    _work("logistic regression, 20,000 x 50", logistic_regression, RNG.normal(size=50)),
    _work(
        "hidden Markov model, 100 steps",
        hidden_markov_model,
        RNG.normal(size=(8, 8)),
        RNG.normal(size=(8, 5)),
    ),
    _work("Rosenbrock, 1,000", rosenbrock, RNG.normal(size=1000)),
)

SECOND: Final = (
    _second("Hessian of Rosenbrock, 1,000, by a vector", rosenbrock, RNG.normal(size=1000)),
    _second("Hessian of two layers of 64, by a vector", two_layers, RNG.normal(size=8192) / 8),
)
