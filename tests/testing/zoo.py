"""Derivative rules in plain NumPy, right and wrong, that a verifier must tell apart.

A rule is a pair: y = forward(x) and gx = vjp(x, gy). RIGHT holds rules that are right, though
many look wrong to differences: kinks, saturation, cancellation, huge and tiny numbers, noise. WRONG
holds rules that are wrong, each beside the right one that it is a copy of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, log, pi, sqrt
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

from backprop import Array, Interval
from backprop.ground.arrays import Shape
from backprop.ground.domain import POSITIVE, REALS

Forward: TypeAlias = Callable[[Array], Array]
Vjp: TypeAlias = Callable[[Array, Array], Array]


@dataclass(frozen=True, slots=True)
class Right:
    """A right rule."""

    name: str
    forward: Forward
    vjp: Vjp
    domain: Interval = REALS
    shapes: Sequence[Shape] | None = None
    dtypes: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong pullback of the function of a right rule."""

    right: str  # the name of the right rule
    fault: str
    vjp: Vjp
    at: Any = None  # a point where it is wrong, if that is in so small a region that few hit it

    @property
    def name(self) -> str:
        """The right rule's name and what is wrong here."""
        return f"{self.right}: {self.fault}"

    @property
    def twin(self) -> Right:
        """The right rule."""
        return BY_NAME[self.right]


# -- What the tables below share -------------------------------------------------------------------

NONZERO: Final = REALS.without(0.0)
UNIT: Final = Interval(-1.0, 1.0)
VECTORS: Final = ((1,), (3,), (5,))
MATRICES: Final = ((2, 3), (3, 2), (3, 3))
SQUARE: Final = ((2, 2), (3, 3))
DOUBLE: Final = ("float64",)
RNG: Final = np.random.default_rng(20)
WEIGHTS: Final = RNG.standard_normal((3, 3))
HILBERT: Final = np.array([[1 / (i + j + 1) for j in range(6)] for i in range(6)])
STEEP: Final = np.array([[10.0 ** (3 * i - 2 * j) for j in range(6)] for i in range(6)])
PLACES: Final = np.array([0, 2, 2, 1])
KERNEL: Final = np.array([1.0, -2.0, 0.5])
KNOTS: Final = np.array([-3.0, -1.0, 0.0, 2.0, 5.0])
HEIGHTS: Final = np.array([1.0, -1.0, 2.0, 2.0, 0.0])
GELU: Final = sqrt(2 / pi)


def like(a: object, x: Array) -> Array:
    """`a` as an array of the dtype of x."""
    return np.asarray(a, x.dtype)


def total(x: Array, axis: int | None = None) -> Array:
    return np.asarray(x.sum(axis=axis))


def rows(x: Array) -> Array:
    """The sums of the last axis, kept."""
    return np.asarray(x.sum(axis=-1, keepdims=True))


def highest(x: Array) -> Array:
    return np.asarray(x.max(axis=-1, keepdims=True))


def doubles(f: Callable[[float], float]) -> Forward:
    """A function of Python floats on arrays; it computes in float64 whatever the dtype."""
    vectorised = np.vectorize(f, otypes=[np.float64])
    return lambda x: like(vectorised(x.astype(np.float64)), x)


erf, erfc = doubles(math.erf), doubles(math.erfc)
gamma, lgamma = doubles(math.gamma), doubles(math.lgamma)


def digamma(x: Array) -> Array:
    """The derivative of lgamma for x > 0: recurrence up to 16, then the asymptotic series."""
    x, sum_ = x.astype(np.float64), np.zeros(x.shape)
    for _ in range(16):
        sum_ = sum_ - np.where(x < 16, 1 / x, 0.0)
        x = np.where(x < 16, x + 1, x)
    r = 1 / x**2
    series = r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r / 132))))
    return np.asarray(sum_ + np.log(x) - 0.5 / x - series)


def sigmoid(x: Array) -> Array:
    e = np.exp(-abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def softmax(x: Array) -> Array:
    e = np.exp(x - highest(x))
    return np.asarray(e / rows(e))


def log_softmax(x: Array) -> Array:
    z = x - highest(x)
    return np.asarray(z - np.log(rows(np.exp(z))))


def logsumexp(x: Array) -> Array:
    m = highest(x)
    return np.asarray((m + np.log(rows(np.exp(x - m))))[..., 0])


def of_sinc(x: Array) -> Array:
    """The derivative of np.sinc; near 0, where cos - sinc cancels, its series."""
    z = pi * x
    near = abs(z) < 0.5
    safe = np.where(near, 1.0, x)
    q = np.where(near, z, 0.0) ** 2
    terms = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 11)]
    series = np.zeros_like(q)
    for c in reversed(terms):
        series = series * q + c
    return np.where(near, series * z * pi, (np.cos(pi * safe) - np.sinc(safe)) / safe)


def others(x: Array) -> Array:
    """The product of all elements but one, for each; exact with zeros among them."""
    flat = x.reshape(-1)
    below = np.concatenate([np.ones(1, x.dtype), np.cumprod(flat)[:-1]])
    above = np.concatenate([np.ones(1, x.dtype), np.cumprod(flat[::-1])[:-1]])[::-1]
    return np.asarray((below * above).reshape(x.shape))


def share(x: Array) -> Array:
    """A part of 1 for each of the largest elements of x, equal ones."""
    best = x == x.max()
    return like(best / best.sum(), x)


def unsorted(x: Array, gy: Array) -> Array:
    gx = np.empty_like(gy)
    gx[np.argsort(x, kind="stable")] = gy
    return gx


def placed(x: Array, gy: Array, at: slice | tuple[slice, ...]) -> Array:
    """Zeros like x with gy at some places."""
    gx = np.zeros_like(x)
    gx[at] = gy
    return gx


def scattered(x: Array, gy: Array) -> Array:
    gx = np.zeros_like(x)
    np.add.at(gx, PLACES, gy)
    return gx


def regular(x: Array) -> Array:
    """A matrix that has an inverse, for x within (-1, 1)."""
    return np.asarray(x + 4 * np.eye(len(x), dtype=x.dtype))


def inverse(x: Array) -> Array:
    return np.asarray(np.linalg.inv(regular(x)))


def scaled_norm(x: Array) -> Array:
    """The Euclidean norm without overflow."""
    m = np.maximum(abs(x).max(), np.finfo(x.dtype).tiny)
    return np.asarray(m * np.sqrt(((x / m) ** 2).sum()))


def suffix_sums(g: Array) -> Array:
    return np.asarray(np.cumsum(g[..., ::-1], axis=-1)[..., ::-1])


def seventh(x: Array) -> Array:
    """(x - 1)**7 expanded: noise everywhere near 1."""
    return np.asarray(x**7 - 7 * x**6 + 21 * x**5 - 35 * x**4 + 35 * x**3 - 21 * x**2 + 7 * x - 1)


def of_seventh(x: Array) -> Array:
    return np.asarray(7 * x**6 - 42 * x**5 + 105 * x**4 - 140 * x**3 + 105 * x**2 - 42 * x + 7)


def slope_between_knots(x: Array) -> Array:
    slopes = np.concatenate([[0.0], np.diff(HEIGHTS) / np.diff(KNOTS), [0.0]])
    return np.asarray(slopes[np.searchsorted(KNOTS, x)])


# -- The right ones --------------------------------------------------------------------------------

RIGHT: Final = (
    # Smooth, of one variable.
    Right("square", lambda x: x * x, lambda x, gy: gy * 2 * x),
    Right("cube", lambda x: x * x * x, lambda x, gy: gy * 3 * x * x),
    Right("square at 1e9", lambda x: x * x, lambda x, gy: gy * 2 * x, Interval(1e9, 1e10)),
    Right("1e-7 x²", lambda x: 1e-7 * x**2, lambda x, gy: gy * 2e-7 * x, Interval(-10, 10)),
    Right("sin", np.sin, lambda x, gy: gy * np.cos(x)),
    Right("sin of many", np.sin, lambda x, gy: gy * np.cos(x), shapes=((3,), (1030,))),
    Right("sin at 1e9", np.sin, lambda x, gy: gy * np.cos(x), Interval(1e9, 1.1e9)),
    Right("sin(100x)", lambda x: np.sin(100 * x), lambda x, gy: gy * 100 * np.cos(100 * x)),
    Right(
        "sin(1e5 x)",
        lambda x: np.sin(1e5 * x),
        lambda x, gy: gy * 1e5 * np.cos(1e5 * x),
        Interval(-10, 10),
    ),
    Right(
        "sin(x²)",
        lambda x: np.sin(x * x),
        lambda x, gy: gy * np.cos(x * x) * 2 * x,
        Interval(-100, 100),
    ),
    Right("cos", np.cos, lambda x, gy: -gy * np.sin(x)),
    Right("tan", np.tan, lambda x, gy: gy * (1 + np.tan(x) ** 2), Interval(-pi / 2, pi / 2)),
    Right("exp", np.exp, lambda x, gy: gy * np.exp(x)),
    Right("exp2", np.exp2, lambda x, gy: gy * np.exp2(x) * log(2)),
    Right("log", np.log, lambda x, gy: gy / x, POSITIVE),
    Right("log at 1e-5", np.log, lambda x, gy: gy / x, Interval(1e-6, 1e-4)),
    Right("log2", np.log2, lambda x, gy: gy / x / log(2), POSITIVE),
    Right("log10", np.log10, lambda x, gy: gy / x / log(10), POSITIVE),
    Right("1/x", lambda x: 1 / x, lambda x, gy: -gy / x / x, NONZERO),
    Right("1/x at 1e-5", lambda x: 1 / x, lambda x, gy: -gy / x**2, Interval(1e-6, 1e-4)),
    Right("1/x from y", lambda x: 1 / x, lambda x, gy: -gy * (1 / x) * (1 / x), NONZERO),
    Right("sqrt", np.sqrt, lambda x, gy: gy * 0.5 / np.sqrt(x), POSITIVE),
    Right("sqrt near 0", np.sqrt, lambda x, gy: gy * 0.5 / np.sqrt(x), Interval(0, 1e-8)),
    Right("cbrt", np.cbrt, lambda x, gy: gy / 3 / np.cbrt(x) ** 2, NONZERO),
    Right("x**2.5", lambda x: x**2.5, lambda x, gy: gy * 2.5 * x**1.5, POSITIVE),
    Right("expm1", np.expm1, lambda x, gy: gy * np.exp(x)),
    Right("expm1, naive", lambda x: np.exp(x) - 1, lambda x, gy: gy * np.exp(x)),
    Right("expm1 from y", np.expm1, lambda x, gy: gy * (np.expm1(x) + 1)),
    Right("log1p", np.log1p, lambda x, gy: gy / (1 + x), Interval(-1, inf)),
    Right("log1p, naive", lambda x: np.log(1 + x), lambda x, gy: gy / (1 + x), Interval(-1, inf)),
    Right("sinh", np.sinh, lambda x, gy: gy * np.cosh(x)),
    Right("tanh", np.tanh, lambda x, gy: gy * (1 - np.tanh(x) ** 2)),
    Right("tanh, stable", np.tanh, lambda x, gy: gy / np.cosh(x) ** 2),
    Right("arcsin", np.arcsin, lambda x, gy: gy / np.sqrt((1 - x) * (1 + x)), UNIT),
    Right("arctan", np.arctan, lambda x, gy: gy / (1 + x * x)),
    Right("arcsinh", np.arcsinh, lambda x, gy: gy / np.hypot(x, 1)),
    Right(
        "arccosh",
        np.arccosh,
        lambda x, gy: gy / np.sqrt(x - 1) / np.sqrt(x + 1),
        Interval(1, inf),
    ),
    Right("arctanh", np.arctanh, lambda x, gy: gy / ((1 - x) * (1 + x)), UNIT),
    Right("hypot(x, 3)", lambda x: np.hypot(x, 3), lambda x, gy: gy * (x / np.hypot(x, 3))),
    Right("gaussian", lambda x: np.exp(-x * x), lambda x, gy: gy * (-2 * x * np.exp(-x * x))),
    Right(
        "lorentzian",
        lambda x: 1 / (1 + x * x),
        lambda x, gy: gy * -2 * x / (1 + x * x) ** 2,
        Interval(-1e9, 1e9),
    ),
    Right("sigmoid", sigmoid, lambda x, gy: gy * sigmoid(x) * sigmoid(-x)),
    Right("sigmoid from y", sigmoid, lambda x, gy: gy * sigmoid(x) * (1 - sigmoid(x))),
    Right("softplus", lambda x: np.logaddexp(0, x), lambda x, gy: gy * sigmoid(x)),
    Right(
        "softplus, naive",
        lambda x: np.log(1 + np.exp(x)),
        lambda x, gy: gy * sigmoid(x),
        Interval(-80, 80),
    ),
    Right("log sigmoid", lambda x: -np.logaddexp(0, -x), lambda x, gy: gy * sigmoid(-x)),
    Right(
        "swish",
        lambda x: x * sigmoid(x),
        lambda x, gy: gy * (sigmoid(x) + x * sigmoid(x) * sigmoid(-x)),
    ),
    Right(
        "gelu",
        lambda x: 0.5 * x * (1 + np.tanh(GELU * (x + 0.044715 * x**3))),
        lambda x, gy: (
            gy
            * (
                0.5 * (1 + np.tanh(GELU * (x + 0.044715 * x**3)))
                + 0.5
                * x
                * (1 - np.tanh(GELU * (x + 0.044715 * x**3)) ** 2)
                * GELU
                * (1 + 3 * 0.044715 * x**2)
            )
        ),
        Interval(-30, 30),
    ),
    Right("sinc", np.sinc, lambda x, gy: gy * of_sinc(x), Interval(-50, 50)),
    Right("x log x", lambda x: x * np.log(x), lambda x, gy: gy * (np.log(x) + 1), POSITIVE),
    Right("x**x", lambda x: x**x, lambda x, gy: gy * x**x * (np.log(x) + 1), Interval(0, 100)),
    Right(
        "x - sin x",
        lambda x: x - np.sin(x),
        lambda x, gy: gy * (1 - np.cos(x)),
        Interval(-1e9, 1e9),
    ),
    Right("1 - cos x", lambda x: 1 - np.cos(x), lambda x, gy: gy * np.sin(x)),
    Right("x + 1e8 - 1e8", lambda x: (x + 1e8) - 1e8, lambda x, gy: gy * 1),
    Right("(x - 1)**7 expanded", seventh, lambda x, gy: gy * of_seventh(x), Interval(-2, 3)),
    # Only in float64, or cast inside.
    Right("erf", erf, lambda x, gy: gy * (2 / sqrt(pi) * np.exp(-x * x))),
    Right("erf in float64", erf, lambda x, gy: gy * (2 / sqrt(pi) * np.exp(-x * x)), dtypes=DOUBLE),
    Right("erfc", erfc, lambda x, gy: gy * (-2 / sqrt(pi) * np.exp(-x * x)), Interval(-5, 25)),
    Right("lgamma", lgamma, lambda x, gy: gy * like(digamma(x), x), Interval(0.1, 100)),
    Right(
        "gamma",
        gamma,
        lambda x, gy: gy * like(gamma(x) * digamma(x), x),
        Interval(0.1, 20),
        dtypes=DOUBLE,
    ),
    Right("sin in float64", doubles(math.sin), lambda x, gy: gy * np.cos(x), Interval(-1e9, 1e9)),
    Right(
        "sin in float32",
        lambda x: like(np.sin(x.astype(np.float32)), x),
        lambda x, gy: gy * like(np.cos(x.astype(np.float32)), x),
        Interval(-10, 10),
        dtypes=("float32",),
    ),
    # Scales.
    Right(
        "1e-200 sin",
        lambda x: 1e-200 * np.sin(x),
        lambda x, gy: gy * (1e-200 * np.cos(x)),
        dtypes=DOUBLE,
    ),
    Right(
        "1e200 x",
        lambda x: 1e200 * x,
        lambda x, gy: gy * 1e200,
        Interval(-1e50, 1e50),
        dtypes=DOUBLE,
    ),
    Right(
        "1e-300 exp",
        lambda x: 1e-300 * np.exp(x),
        lambda x, gy: gy * (1e-300 * np.exp(x)),
        Interval(-50, 700),
        dtypes=DOUBLE,
    ),
    Right(
        "1e12 + sin", lambda x: 1e12 + np.sin(x), lambda x, gy: gy * np.cos(x), Interval(-10, 10)
    ),
    # Kinks and steps.
    Right("relu", lambda x: np.maximum(x, 0), lambda x, gy: gy * (x > 0)),
    Right("relu, 1/2 at 0", lambda x: np.maximum(x, 0), lambda x, gy: gy * np.heaviside(x, 0.5)),
    Right("abs", abs, lambda x, gy: gy * np.sign(x)),
    Right(
        "leaky relu",
        lambda x: np.where(x > 0, x, 0.01 * x),
        lambda x, gy: gy * np.where(x > 0, 1, like(0.01, x)),
    ),
    Right(
        "elu",
        lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        lambda x, gy: gy * np.exp(np.minimum(x, 0)),
    ),
    Right("clip to (-1, 1)", lambda x: np.clip(x, -1, 1), lambda x, gy: gy * (abs(x) <= 1)),
    Right(
        "huber",
        lambda x: np.where(abs(x) < 1, x * x / 2, abs(x) - 0.5),
        lambda x, gy: gy * np.clip(x, -1, 1),
    ),
    Right("relu squared", lambda x: np.maximum(x, 0) ** 2, lambda x, gy: gy * 2 * np.maximum(x, 0)),
    Right(
        "|x| sqrt|x|",
        lambda x: abs(x) * np.sqrt(abs(x)),
        lambda x, gy: gy * (1.5 * np.sqrt(abs(x)) * np.sign(x)),
    ),
    Right(
        "triangle wave",
        lambda x: abs(x - np.round(x)),
        lambda x, gy: gy * np.sign(x - np.round(x)),
        Interval(-100, 100),
    ),
    Right("floor", np.floor, lambda x, gy: gy * 0, Interval(-1000, 1000)),
    Right("sign", np.sign, lambda x, gy: gy * 0),
    Right(
        "steps of 0.01",
        lambda x: np.round(x * 100) / 100,
        lambda x, gy: gy * 0,
        Interval(-100, 100),
    ),
    Right("constant", lambda x: np.full_like(x, 3), lambda x, gy: np.zeros_like(gy)),
    Right("identity", lambda x: x.copy(), lambda x, gy: gy.copy()),
    Right("minus", lambda x: -x, lambda x, gy: -gy),
    Right(
        "where sqrt",
        lambda x: np.where(x > 0, np.sqrt(abs(x)), 0),
        lambda x, gy: gy * np.where(x > 0, 0.5 / np.sqrt(np.where(x > 0, x, 1)), 0),
    ),
    Right(
        "interp",
        lambda x: np.interp(x, KNOTS, HEIGHTS),
        lambda x, gy: gy * slope_between_knots(x),
        dtypes=DOUBLE,
    ),
    # Reductions and what runs along an axis.
    Right("sum", total, lambda x, gy: np.full_like(x, gy)),
    Right("sum of 20000", total, lambda x, gy: np.full_like(x, gy), shapes=((20000,),)),
    Right(
        "sum, axis 0",
        lambda x: total(x, 0),
        lambda x, gy: np.broadcast_to(gy, x.shape).copy(),
        shapes=MATRICES,
    ),
    Right(
        "mean",
        lambda x: total(x) / x.size,
        lambda x, gy: np.full_like(x, gy / x.size),
        shapes=(*VECTORS, (2, 3), (1030,)),
    ),
    Right(
        "prod",
        lambda x: np.asarray(x.prod()),
        lambda x, gy: gy * others(x),
        Interval(-4, 4),
        shapes=VECTORS,
    ),
    Right(
        "prod by division",
        lambda x: np.asarray(x.prod()),
        lambda x, gy: gy * x.prod() / x,
        Interval(0.1, 4),
        shapes=VECTORS,
    ),
    Right(
        "cumsum",
        lambda x: np.cumsum(x, axis=-1),
        lambda x, gy: suffix_sums(gy),
        shapes=(*VECTORS, *MATRICES),
    ),
    Right("max", lambda x: np.asarray(x.max()), lambda x, gy: gy * share(x), shapes=VECTORS),
    Right(
        "max, the first",
        lambda x: np.asarray(x.max()),
        lambda x, gy: gy * (np.arange(x.size) == x.argmax()),
        shapes=VECTORS,
    ),
    Right("sort", np.sort, unsorted, shapes=VECTORS),
    Right(
        "median of 3",
        lambda x: np.asarray(np.sort(x)[1]),
        lambda x, gy: placed(x, gy, slice(None)) * (np.argsort(np.argsort(x)) == 1),
        shapes=((3,),),
    ),
    Right(
        "variance",
        lambda x: np.asarray(x.var()),
        lambda x, gy: gy * 2 * (x - x.mean()) / x.size,
        Interval(-1e3, 1e3),
        shapes=VECTORS,
    ),
    Right(
        "norm",
        lambda x: np.sqrt(total(x * x)),
        lambda x, gy: gy * x / np.sqrt(total(x * x)),
        Interval(1e-3, 1e3),
        shapes=VECTORS,
    ),
    Right(
        "norm, stable",
        scaled_norm,
        lambda x, gy: gy * (x / scaled_norm(x)),
        POSITIVE,
        shapes=VECTORS,
    ),
    Right("logsumexp", logsumexp, lambda x, gy: gy[..., None] * softmax(x), shapes=VECTORS),
    Right(
        "softmax",
        softmax,
        lambda x, gy: softmax(x) * (gy - rows(gy * softmax(x))),
        shapes=(*VECTORS, *MATRICES),
    ),
    Right("log softmax", log_softmax, lambda x, gy: gy - softmax(x) * rows(gy), shapes=VECTORS),
    Right(
        "diff",
        np.diff,
        lambda x, gy: -np.diff(gy, prepend=0, append=0).astype(x.dtype),
        shapes=((3,), (5,)),
    ),
    # Linear maps, indices and matrices.
    Right("transpose", lambda x: x.T.copy(), lambda x, gy: gy.T.copy(), shapes=MATRICES),
    Right("reshape", lambda x: x.reshape(-1).copy(), lambda x, gy: gy.reshape(x.shape).copy()),
    Right(
        "roll",
        lambda x: np.roll(x, 1, -1),
        lambda x, gy: np.roll(gy, -1, -1),
        shapes=(*VECTORS, *MATRICES),
    ),
    Right(
        "flip",
        lambda x: x[..., ::-1].copy(),
        lambda x, gy: gy[..., ::-1].copy(),
        shapes=(*VECTORS, *MATRICES),
    ),
    Right("take", lambda x: x[PLACES], scattered, shapes=((3,), (5,))),
    Right(
        "slice",
        lambda x: x[1:].copy(),
        lambda x, gy: placed(x, gy, slice(1, None)),
        shapes=((3,), (5,)),
    ),
    Right("pad", lambda x: np.pad(x, 1), lambda x, gy: gy[1:-1].copy(), shapes=VECTORS),
    Right("to (2, n)", lambda x: np.stack([x, x]), lambda x, gy: total(gy, 0), shapes=VECTORS),
    Right(
        "x + row",
        lambda x: x + np.zeros((1, 3), x.dtype),
        lambda x, gy: rows(gy),
        shapes=((2, 1), (3, 1)),
    ),
    Right(
        "convolve",
        lambda x: np.convolve(x, like(KERNEL, x)),
        lambda x, gy: np.correlate(gy, like(KERNEL, x), "valid"),
        Interval(-1e3, 1e3),
        shapes=((3,), (5,)),
    ),
    Right(
        "W @ x",
        lambda x: like(WEIGHTS, x) @ x,
        lambda x, gy: like(WEIGHTS, x).T @ gy,
        Interval(-1e9, 1e9),
        shapes=((3,), (3, 2)),
    ),
    Right(
        "Hilbert @ x",
        lambda x: like(HILBERT, x) @ x,
        lambda x, gy: like(HILBERT, x).T @ gy,
        shapes=((6,),),
    ),
    Right(
        "entries 1e-10 to 1e15",
        lambda x: like(STEEP, x) @ x,
        lambda x, gy: like(STEEP, x).T @ gy,
        Interval(-1e9, 1e9),
        shapes=((6,),),
    ),
    Right(
        "einsum",
        lambda x: np.einsum("ij,kj->ik", x, x),
        lambda x, gy: (gy + gy.T) @ x,
        Interval(-1e3, 1e3),
        shapes=MATRICES,
    ),
    Right(
        "x @ x",
        lambda x: x @ x,
        lambda x, gy: gy @ x.T + x.T @ gy,
        Interval(-1e3, 1e3),
        shapes=SQUARE,
    ),
    Right(
        "quadratic form",
        lambda x: np.asarray(x @ like(WEIGHTS, x) @ x),
        lambda x, gy: gy * (like(WEIGHTS + WEIGHTS.T, x) @ x),
        Interval(-1e3, 1e3),
        shapes=((3,),),
    ),
    Right("inverse", inverse, lambda x, gy: -inverse(x).T @ gy @ inverse(x).T, UNIT, SQUARE),
    Right(
        "det",
        lambda x: np.asarray(np.linalg.det(regular(x))),
        lambda x, gy: gy * np.linalg.det(regular(x)) * inverse(x).T,
        UNIT,
        SQUARE,
    ),
    Right(
        "log det",
        lambda x: np.asarray(np.linalg.slogdet(regular(x))[1]),
        lambda x, gy: gy * inverse(x).T,
        UNIT,
        SQUARE,
    ),
    Right(
        "solve",
        lambda x: np.linalg.solve(regular(x), np.ones(len(x), x.dtype)),
        lambda x, gy: -np.outer(inverse(x).T @ gy, inverse(x).sum(1)),
        UNIT,
        SQUARE,
    ),
    Right(
        "trace of the inverse",
        lambda x: np.asarray(np.trace(inverse(x))),
        lambda x, gy: -gy * (inverse(x) @ inverse(x)).T,
        UNIT,
        SQUARE,
    ),
)
BY_NAME: Final = {right.name: right for right in RIGHT}


# -- Faults with a memory or a will of their own ---------------------------------------------------


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


# -- The wrong ones --------------------------------------------------------------------------------

WRONG: Final = (
    # Sign, factor, constant.
    Wrong("square", "sign", lambda x, gy: -gy * 2 * x),
    Wrong("square", "factor", lambda x, gy: gy * x),
    Wrong("cube", "exponent", lambda x, gy: gy * 3 * x),
    Wrong("cube", "factor 2", lambda x, gy: gy * 2 * x * x),
    Wrong("cos", "sign", lambda x, gy: gy * np.sin(x)),
    Wrong("sin", "no derivative", lambda x, gy: gy * np.sin(x)),
    Wrong("sin", "zero", lambda x, gy: gy * 0),
    Wrong("exp", "sign", lambda x, gy: -gy * np.exp(x)),
    Wrong("exp", "of the power", lambda x, gy: gy * x * np.exp(x - 1)),
    Wrong("1/x", "sign", lambda x, gy: gy / x / x),
    Wrong("1/x", "not squared", lambda x, gy: -gy / abs(x)),
    Wrong("sqrt", "factor", lambda x, gy: gy / np.sqrt(x)),
    Wrong("sqrt near 0", "factor", lambda x, gy: gy / np.sqrt(x)),
    Wrong("x**2.5", "exponent", lambda x, gy: gy * 2.5 * x**2.5),
    Wrong("minus", "plus", lambda x, gy: +gy),
    Wrong("identity", "off by 1e-12", lambda x, gy: gy * (1 + 1e-12)),
    Wrong("sin", "off by 1e-3", lambda x, gy: gy * np.cos(x) * 1.001),
    Wrong("sin", "off by 1e-5", lambda x, gy: gy * np.cos(x) * (1 + 1e-5)),
    Wrong("sin", "off by 1e-7", lambda x, gy: gy * np.cos(x) * (1 + 1e-7)),
    Wrong("sin", "off by 1e-9", lambda x, gy: gy * np.cos(x) * (1 + 1e-9)),
    Wrong("sin", "off by 1e-11", lambda x, gy: gy * np.cos(x) * (1 + 1e-11)),
    Wrong("exp", "off by 1e-9", lambda x, gy: gy * np.exp(x) * (1 + 1e-9)),
    Wrong("1/x", "off by 1e-9", lambda x, gy: -gy / x / x * (1 - 1e-9)),
    Wrong("tanh", "off by 1e-9", lambda x, gy: gy * (1 - np.tanh(x) ** 2) * (1 + 1e-9)),
    Wrong("sin at 1e9", "off by 1e-5", lambda x, gy: gy * np.cos(x) * (1 + 1e-5)),
    Wrong("square at 1e9", "off by 1e-9", lambda x, gy: gy * 2 * x * (1 + 1e-9)),
    Wrong("1e-7 x²", "2.5 times", lambda x, gy: gy * 5e-7 * x),
    Wrong("1e-200 sin", "2 times", lambda x, gy: gy * (2e-200 * np.cos(x))),
    Wrong("1e-200 sin", "off by 1e-9", lambda x, gy: gy * (1e-200 * (1 + 1e-9) * np.cos(x))),
    Wrong("1e12 + sin", "2 times", lambda x, gy: gy * 2 * np.cos(x)),
    Wrong("log2", "ln 2 to 7 digits", lambda x, gy: gy / x / 0.6931472),
    Wrong("log10", "ln 10 to 9 digits", lambda x, gy: gy / x / 2.30258509),
    Wrong("log10", "natural", lambda x, gy: gy / x),
    Wrong("exp2", "natural", lambda x, gy: gy * np.exp2(x)),
    Wrong("erf", "2/sqrt(pi) to 5 digits", lambda x, gy: gy * (1.1284 * np.exp(-x * x))),
    Wrong("erf", "gaussian of variance 1", lambda x, gy: gy * (2 / sqrt(pi) * np.exp(-x * x / 2))),
    Wrong("lgamma", "log x", lambda x, gy: gy * np.log(x)),
    Wrong("lgamma", "two terms", lambda x, gy: gy * (np.log(x) - 0.5 / x)),
    Wrong("sin(x²)", "1e-4 x too much", lambda x, gy: gy * (np.cos(x * x) * 2 * x + 1e-4 * x)),
    # The chain rule.
    Wrong("sin(100x)", "inner derivative", lambda x, gy: gy * np.cos(100 * x)),
    Wrong("sin(100x)", "99", lambda x, gy: gy * 99 * np.cos(100 * x)),
    Wrong("sin(x²)", "inner derivative", lambda x, gy: gy * np.cos(x * x)),
    Wrong("gaussian", "inner derivative", lambda x, gy: gy * np.exp(-x * x)),
    Wrong("gaussian", "inner sign", lambda x, gy: gy * 2 * x * np.exp(-x * x)),
    Wrong("hypot(x, 3)", "numerator", lambda x, gy: gy / np.hypot(x, 3)),
    Wrong("x log x", "product rule", lambda x, gy: gy * np.log(x)),
    Wrong("x**x", "as a power", lambda x, gy: gy * x**x),
    Wrong("swish", "product rule", lambda x, gy: gy * sigmoid(x)),
    Wrong("softplus", "tanh", lambda x, gy: gy * np.tanh(x)),
    Wrong("log sigmoid", "sigmoid(x)", lambda x, gy: gy * sigmoid(x)),
    Wrong("gelu", "of another gelu",
          lambda x, gy: gy * (sigmoid(1.702 * x) * (1 + 1.702 * x * sigmoid(-1.702 * x)))),
    # Epsilon hacks, clipping, cancellation, overflow.
    Wrong("1/x", "+ 1e-8", lambda x, gy: -gy / (x * x + 1e-8)),
    Wrong("log", "+ 1e-8", lambda x, gy: gy / (x + 1e-8)),
    Wrong("log", "+ 1e-12", lambda x, gy: gy / (x + 1e-12)),
    Wrong("log at 1e-5", "+ 1e-12", lambda x, gy: gy / (x + 1e-12)),
    Wrong("sqrt", "+ 1e-8", lambda x, gy: gy * 0.5 / np.sqrt(x + 1e-8)),
    Wrong("norm", "+ 1e-8", lambda x, gy: gy * x / (np.sqrt(total(x * x)) + 1e-8)),
    Wrong("abs", "+ 1e-8", lambda x, gy: gy * x / np.sqrt(x * x + 1e-8)),
    Wrong("exp", "clipped", lambda x, gy: gy * np.clip(np.exp(x), -10, 10)),
    Wrong("square", "clipped", lambda x, gy: np.clip(gy * 2 * x, -5, 5)),
    Wrong("sigmoid", "nan from overflow", naive_sigmoid),
    Wrong("sigmoid", "clipped", lambda x, gy: gy * np.maximum(sigmoid(x) * sigmoid(-x), 1e-7)),
    Wrong("sinc", "cancels near 0",
          lambda x, gy: gy * (np.cos(pi * x) - np.sinc(x)) / np.where(x == 0, 1, x), at=[1e-7]),
    Wrong("norm, stable", "overflows", lambda x, gy: gy * x / np.sqrt(total(x * x)),
          at=[1e200, 1e201]),
    Wrong("arcsin", "rounded 1 - x²", lambda x, gy: gy / np.sqrt(1.0001 - x * x)),
    # One side, one region, one point.
    Wrong("relu", "leaks", lambda x, gy: gy * np.where(x > 0, 1, like(0.01, x))),
    Wrong("relu", "of the other side", lambda x, gy: gy * (x < 0)),
    Wrong("relu", "2 at 0", lambda x, gy: gy * np.where(x == 0, 2, x > 0).astype(x.dtype),
          at=[0.0, 1.0]),
    Wrong("abs", "no sign", lambda x, gy: gy * 1),
    Wrong("leaky relu", "0.02", lambda x, gy: gy * np.where(x > 0, 1, like(0.02, x))),
    Wrong("elu", "linear below 0", lambda x, gy: gy * 1),
    Wrong("clip to (-1, 1)", "passes all", lambda x, gy: gy * 1),
    Wrong("clip to (-1, 1)", "inverted", lambda x, gy: gy * (abs(x) > 1)),
    Wrong("clip to (-1, 1)", "one side only", lambda x, gy: gy * (x <= 1)),
    Wrong("huber", "not clipped", lambda x, gy: gy * x),
    Wrong("triangle wave", "one slope", lambda x, gy: gy * 1),
    Wrong("constant", "one", lambda x, gy: gy * 1),
    Wrong("floor", "straight through", lambda x, gy: gy * 1),
    Wrong("interp", "last slope outside",
          lambda x, gy: gy * np.where(x > 5, -2 / 3, slope_between_knots(x))),
    Wrong("sin", "for x > 0", when(lambda x: x > 0, of_sin)),
    Wrong("sin", "for x < 0", when(lambda x: x < 0, of_sin)),
    Wrong("sin", "for |x| > 1e3", when(lambda x: abs(x) > 1e3, of_sin), at=[2000.0, 1.0]),
    Wrong("square", "for |x| > 1e6", when(lambda x: abs(x) > 1e6, of_square), at=[2e6]),
    Wrong("square", "for |x| < 1e-5", when(lambda x: abs(x) < 1e-5, of_square), at=[1e-6, 3.0]),
    Wrong("square", "for |x| > 1e100", when(lambda x: abs(x) > 1e100, of_square), at=[1e120]),
    Wrong("log", "for x < 1e-30", when(lambda x: x < 1e-30, lambda x, gy: gy / x), at=[1e-40]),
    Wrong("sin", "for 2 < x < 3", when(lambda x: (x > 2) & (x < 3), of_sin), at=[2.5]),
    Wrong("sin", "at 0", when(lambda x: x == 0, of_sin), at=0.0),
    Wrong("sin", "at 1", when(lambda x: x == 1, of_sin), at=1.0),
    Wrong("sin", "nan at 0", lambda x, gy: gy * np.cos(x) * x / x),
    Wrong("sin", "right at whole numbers", lambda x, gy: gy * (np.cos(x) + 1e-6 * np.sin(pi * x))),
    Wrong("square", "right at 0, 1 and -1", lambda x, gy: gy * (2 * x + x * (x - 1) * (x + 1))),
    Wrong("prod", "nan with zeros", of_prod_by_division),
    # Shapes, dtypes, sizes.
    Wrong("sin", "for 0-d", when(lambda x: x.ndim == 0, of_sin)),
    Wrong("sin", "for 2-d", when(lambda x: x.ndim == 2, of_sin)),
    Wrong("sin", "for one element", when(lambda x: x.shape == (1,), of_sin), at=[2.0]),
    Wrong("sin of many", "for size > 1000", when(lambda x: x.size > 1000, of_sin)),
    Wrong("sin", "shape of empty",
          lambda x, gy: gy * np.cos(x) if x.size else np.zeros(0, x.dtype)),
    Wrong("sin", "raises for empty", raises_when_empty),
    Wrong("sin", "in float32 only", when(lambda x: x.dtype == np.float32, of_sin)),
    Wrong("sin", "in float64 only", when(lambda x: x.dtype == np.float64, of_sin)),
    Wrong("sin", "in float32 only, by 1e-2", when(lambda x: x.dtype == np.float32, of_sin, 1.01)),
    Wrong("sin", "in float64 only, by 1e-5",
          when(lambda x: x.dtype == np.float64, of_sin, 1 + 1e-5)),
    Wrong("sin", "float32 inside", cast(of_sin, np.float32)),
    Wrong("sin", "float16 inside", cast(of_sin, np.float16)),
    Wrong("square", "float32 inside", cast(of_square, np.float32)),
    Wrong("sin", "float64 out", lambda x, gy: (gy * np.cos(x)).astype(np.float64)),
    Wrong("sin", "float32 out", lambda x, gy: (gy * np.cos(x)).astype(np.float32)),
    Wrong("square", "widened by a constant", lambda x, gy: gy * np.float64(2) * x),
    Wrong("sin", "one element more", lambda x, gy: np.append(gy * np.cos(x), x[..., :0])),
    Wrong("sin", "scalar", lambda x, gy: total(gy * np.cos(x))),
    # Reductions, axes, places.
    Wrong("sum", "mean", lambda x, gy: np.full_like(x, gy / max(x.size, 1))),
    Wrong("sum of 20000", "the last half",
          lambda x, gy: gy * (np.arange(20000) < 10000).astype(x.dtype)),
    Wrong("mean", "sum", lambda x, gy: np.full_like(x, gy)),
    Wrong("sum, axis 0", "axis 1", lambda x, gy: np.resize(gy, x.T.shape).T.copy()),
    Wrong("prod", "not divided", lambda x, gy: np.full_like(x, gy * x.prod())),
    Wrong("cumsum", "forwards", lambda x, gy: np.cumsum(gy, axis=-1)),
    Wrong("cumsum", "off by one", lambda x, gy: suffix_sums(gy) - gy),
    Wrong("cumsum", "axis 0", lambda x, gy: np.cumsum(gy[::-1], axis=0)[::-1].copy()),
    Wrong("max", "to all", lambda x, gy: np.full_like(x, gy)),
    Wrong("max", "to the smallest", lambda x, gy: gy * share(-x)),
    Wrong("max", "to the first element", lambda x, gy: gy * (np.arange(x.size) == 0)),
    Wrong("sort", "sorted", lambda x, gy: gy.copy()),
    Wrong("sort", "argsort itself", lambda x, gy: gy[np.argsort(x, kind="stable")]),
    Wrong("variance", "n - 1", lambda x, gy: gy * 2 * (x - x.mean()) / max(x.size - 1, 1)),
    Wrong("variance", "mean kept fixed at 0", lambda x, gy: gy * 2 * x / x.size),
    Wrong("norm", "not divided", lambda x, gy: gy * x),
    Wrong("logsumexp", "ones", lambda x, gy: np.full_like(x, gy)),
    Wrong("softmax", "diagonal", lambda x, gy: gy * softmax(x) * (1 - softmax(x))),
    Wrong("softmax", "wrong axis", lambda x, gy: softmax(x) * (gy - total(gy * softmax(x), 0))),
    Wrong("log softmax", "no sum", lambda x, gy: gy - softmax(x) * gy),
    Wrong("log softmax", "no cotangent in the sum", lambda x, gy: gy - softmax(x)),
    Wrong("diff", "sign", lambda x, gy: np.diff(gy, prepend=0, append=0).astype(x.dtype)),
    Wrong("diff", "border", lambda x, gy: np.append(-gy, gy[-1:])),
    Wrong("transpose", "reshaped", lambda x, gy: gy.reshape(x.shape).copy()),
    Wrong("reshape", "Fortran order", lambda x, gy: gy.reshape(x.shape, order="F").copy()),
    Wrong("roll", "same way", lambda x, gy: np.roll(gy, 1, -1)),
    Wrong("flip", "not flipped", lambda x, gy: gy.copy()),
    Wrong("take", "overwritten", overwritten),
    Wrong("take", "gathered", lambda x, gy: np.resize(gy[PLACES], x.shape)),
    Wrong("slice", "shifted", lambda x, gy: placed(x, gy, slice(None, -1))),
    Wrong("pad", "shifted", lambda x, gy: gy[2:].copy()),
    Wrong("to (2, n)", "not summed", lambda x, gy: gy.copy()),
    Wrong("to (2, n)", "the first row", lambda x, gy: gy[0].copy()),
    Wrong("to (2, n)", "averaged", lambda x, gy: total(gy, 0) / 2),
    Wrong("x + row", "not summed", lambda x, gy: gy.copy()),
    Wrong("x + row", "wrong axis", lambda x, gy: np.resize(total(gy, 0), x.shape)),
    Wrong("convolve", "not reversed", lambda x, gy: np.convolve(gy, like(KERNEL, x), "valid")),
    Wrong("W @ x", "not transposed", lambda x, gy: like(WEIGHTS, x) @ gy),
    Wrong("W @ x", "W in float16", lambda x, gy: like(WEIGHTS.astype(np.float16), x).T @ gy),
    Wrong("einsum", "one factor", lambda x, gy: gy @ x),
    Wrong("einsum", "twice one factor", lambda x, gy: 2 * gy @ x),
    Wrong("x @ x", "2 x", lambda x, gy: gy * 2 * x),
    Wrong("x @ x", "as if they commuted", lambda x, gy: 2 * x.T @ gy),
    Wrong("quadratic form", "as if symmetric", lambda x, gy: gy * (2 * like(WEIGHTS, x) @ x)),
    Wrong("inverse", "sign", lambda x, gy: inverse(x).T @ gy @ inverse(x).T),
    Wrong("inverse", "not transposed", lambda x, gy: -inverse(x) @ gy @ inverse(x)),
    Wrong("inverse", "elementwise", lambda x, gy: -gy * inverse(x) ** 2),
    Wrong("det", "not transposed", lambda x, gy: gy * np.linalg.det(regular(x)) * inverse(x)),
    Wrong("log det", "det", lambda x, gy: gy * np.linalg.det(regular(x)) * inverse(x).T),
    Wrong("solve", "sign", lambda x, gy: np.outer(inverse(x).T @ gy, inverse(x).sum(1))),
    Wrong("solve", "outer transposed",
          lambda x, gy: -np.outer(inverse(x).sum(1), inverse(x).T @ gy)),
    Wrong("sin", "first element dropped", dropped(of_sin, 0)),
    Wrong("sin", "last element dropped", dropped(of_sin, -1)),
    Wrong("sin", "elements reversed",
          lambda x, gy: (gy * np.cos(x)).T.reshape(-1)[::-1].reshape(x.shape).copy()),
    # The cotangent.
    Wrong("sin", "cotangent ignored", lambda x, gy: np.cos(x) + 0 * gy),
    Wrong("sin", "cotangent squared", lambda x, gy: gy * gy * np.cos(x)),
    Wrong("sin", "|cotangent|", lambda x, gy: abs(gy) * np.cos(x)),
    Wrong("sin", "sign of the cotangent", lambda x, gy: np.sign(gy) * np.cos(x)),
    Wrong("sin", "cotangent clipped at 100", lambda x, gy: np.clip(gy, -100, 100) * np.cos(x)),
    Wrong("sin", "cotangent + 1e-6", lambda x, gy: (gy + 1e-6) * np.cos(x)),
    Wrong("sin", "first cotangent", lambda x, gy: gy.reshape(-1)[:1].sum() * np.cos(x)),
    Wrong("sin", "mean cotangent", lambda x, gy: gy.sum() / max(gy.size, 1) * np.cos(x)),
    Wrong("sin", "small cotangents lost",
          lambda x, gy: np.where(abs(gy) < 1e-4, 0, gy) * np.cos(x)),
    # Memory, state, chance.
    Wrong("sin", "stale input", Stale(of_sin)),
    Wrong("square", "first derivative kept", First(lambda x: 2 * x)),
    Wrong("sin", "same memory in every call", Buffer(of_sin)),
    Wrong("sin", "adds up calls", Adding(of_sin)),
    Wrong("sin", "noise of 1e-3", Noisy(of_sin, 1e-3)),
    Wrong("sin", "noise of 1e-9", Noisy(of_sin, 1e-9)),
    Wrong("square", "input written into", writes_x),
    Wrong("square", "cotangent written into", writes_gy),
    Wrong("sin", "cotangent zeroed", zeroes_gy),
    Wrong("identity", "gives the cotangent", lambda x, gy: gy),
    Wrong("reshape", "gives a view of the cotangent", lambda x, gy: gy.reshape(x.shape)),
    Wrong("transpose", "gives a view of the cotangent", lambda x, gy: gy.T),
    Wrong("to (2, n)", "gives a row of the cotangent",
          lambda x, gy: np.add(gy[0], gy[1], out=gy[0])),
    Wrong("sin", "reads memory order", in_memory_order),
    Wrong("square", "ignores strides", ignores_strides),
)  # fmt: skip
