"""Vjps with a memory or a will of their own: what wrong rules are made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from backprop import Array
from tests.testing.zoo.kinds import PLACES, Forward, Vjp, like


class Stale:
    """Uses the input of the call before, if that had the same shape and dtype."""

    def __init__(self, vjp: Vjp) -> None:
        self.vjp = vjp
        self.last: Array | None = None

    def __call__(self, x: Array, gy: Array) -> Array:
        last, self.last = self.last, x.copy()
        fits = last is not None and last.shape == x.shape and last.dtype == x.dtype
        return self.vjp(last if last is not None and fits else x, gy)


class First:
    """Keeps the derivative of the first call for each shape and dtype."""

    def __init__(self, derivative: Forward) -> None:
        self.derivative = derivative
        self.kept: dict[tuple[object, ...], Array] = {}

    def __call__(self, x: Array, gy: Array) -> Array:
        if (x.shape, x.dtype) not in self.kept:
            self.kept[x.shape, x.dtype] = np.asarray(self.derivative(x))
        return np.asarray(gy * self.kept[x.shape, x.dtype])


class Buffer:
    """Gives the same memory in every call, so that the second overwrites the first answer."""

    def __init__(self, vjp: Vjp) -> None:
        self.vjp = vjp
        self.kept: dict[tuple[object, ...], Array] = {}

    def __call__(self, x: Array, gy: Array) -> Array:
        out = self.kept.setdefault((x.shape, x.dtype), np.empty_like(x))
        out[...] = self.vjp(x, gy)
        return out


class Adding:
    """Adds up the gradients of all calls."""

    def __init__(self, vjp: Vjp) -> None:
        self.vjp = vjp
        self.sums: dict[tuple[object, ...], Array] = {}

    def __call__(self, x: Array, gy: Array) -> Array:
        key = (x.shape, x.dtype)
        self.sums[key] = np.asarray(self.sums.get(key, 0) + self.vjp(x, gy))
        return self.sums[key].copy()


class Noisy:
    """Multiplies by 1 + a random number."""

    def __init__(self, vjp: Vjp, by: float) -> None:
        self.vjp, self.by = vjp, by
        self.rng = np.random.default_rng(1)

    def __call__(self, x: Array, gy: Array) -> Array:
        return np.asarray(self.vjp(x, gy) * (1 + float(self.rng.standard_normal()) * self.by))


def of_sin(x: Array, gy: Array) -> Array:
    return np.asarray(gy * np.cos(x))


def of_square(x: Array, gy: Array) -> Array:
    return np.asarray(gy * 2 * x)


def cast(vjp: Vjp, to: Any) -> Vjp:
    """Computes in another dtype and gives its own."""
    return lambda x, gy: like(vjp(x.astype(to), gy.astype(to)), x)


def when(condition: Callable[[Array], object], vjp: Vjp, factor: float = 1.5) -> Vjp:
    """Wrong by a factor, but only for elements or arrays of one kind."""
    return lambda x, gy: (
        vjp(x, gy) * np.where(np.asarray(condition(x)), like(factor, x), like(1, x))
    )


def writes_x(x: Array, gy: Array) -> Array:
    x *= 2
    return np.asarray(gy * x)


def writes_gy(x: Array, gy: Array) -> Array:
    gy *= 2 * x
    return gy.copy()


def zeroes_gy(x: Array, gy: Array) -> Array:
    gx = np.asarray(gy * np.cos(x))
    gy[...] = 0
    return gx


def dropped(vjp: Vjp, place: int) -> Vjp:
    """One element of the flat gradient is 0."""

    def faulty(x: Array, gy: Array) -> Array:
        gx = np.array(vjp(x, gy))
        if gx.size:
            gx.reshape(-1)[place] = 0
        return gx

    return faulty


def in_memory_order(x: Array, gy: Array) -> Array:
    """Reads x as it lies in memory."""
    return np.asarray(gy * np.cos(x.ravel(order="K").reshape(x.shape)))


def ignores_strides(x: Array, gy: Array) -> Array:
    """Takes every array to be contiguous."""
    steps = [x.itemsize * math.prod(x.shape[i + 1 :]) for i in range(x.ndim)]
    return np.asarray(gy * 2 * as_strided(x, x.shape, steps))


def raises_when_empty(x: Array, gy: Array) -> Array:
    return np.asarray(gy * np.cos(x) * (x.max() + 1 - x.max()))


def of_prod_by_division(x: Array, gy: Array) -> Array:
    return np.asarray(gy * x.prod() / x)


def overwritten(x: Array, gy: Array) -> Array:
    gx = np.zeros_like(x)
    gx[PLACES] = gy
    return gx


def naive_sigmoid(x: Array, gy: Array) -> Array:
    return np.asarray(gy * np.exp(-x) / (1 + np.exp(-x)) ** 2)
