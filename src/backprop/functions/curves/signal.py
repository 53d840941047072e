"""Sums of products over windows: convolve, correlate."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from backprop.functions.cases import case
from backprop.functions.indexing.selection import scatter
from backprop.functions.reductions.products import bare
from backprop.functions.registry import implements
from backprop.functions.shaping.shapes import laid
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.kernel.function import BinaryFunction
from backprop.kernel.variable import Variable

__all__ = ["convolve", "correlate"]

Mode: TypeAlias = Literal["full", "same", "valid"]


class Convolve(BinaryFunction, fresh=True):
    """y_k = Σ a_i b_{k - i}, for those k that `mode` says."""

    __slots__ = ("mode",)

    mode: Mode

    def __init__(self, mode: Mode) -> None:
        self.mode = mode

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return np.convolve(a, b, self.mode)

    @override
    def backward(self, gy: Array) -> tuple[Array | None, Array | None]:
        a, b = self.a, self.b
        shorter = min(len(a), len(b))
        start = {"full": 0, "same": (shorter - 1) // 2, "valid": shorter - 1}[self.mode]
        g = scatter(gy, slice(start, start + len(gy)), (len(a) + len(b) - 1,))
        return (
            np.correlate(g, b, "valid").astype(a.dtype, copy=False) if self.wants(0) else None,
            np.correlate(g, a, "valid").astype(b.dtype, copy=False) if self.wants(1) else None,
        )

    @override
    def jvp(self, ta: Array, tb: Array) -> Array:
        return np.convolve(ta, self.b, self.mode) + np.convolve(self.a, tb, self.mode)


@implements(
    np.convolve,
    cases=lambda: [
        case("np.convolve(a, b)", a=(4,), b=(3,)),
        case("np.convolve(a, b, mode='same')", a=(2,), b=(5,)),
        case("np.convolve(a, b, 'same')", a=(4,), b=(3,)),
        case("np.convolve(a, b, 'valid')", a=(5,), b=(2,)),
        case("np.convolve(a, b, 'full')", a=(3,), b=()),
    ],
)
def convolve(a: Operand, v: Operand, mode: Mode = "full") -> Variable:
    """The sums of a_i v_{k - i}: numpy.convolve.

    `mode` is "full" (every k), "same" (as many as the longer has) or "valid" (full overlap).

    Parameters
    ----------
    a : Variable or array
        A vector.
    v : Variable or array
        Another vector.
    mode : str, default 'full'
        "full" for every k, "same" for as many as the longer has, "valid" for full overlap.

    Returns
    -------
    Variable

    Examples
    --------
    >>> x = Variable(np.array([1.0, 2.0, 3.0]))
    >>> convolve(x, np.array([1.0, 1.0]))
    Variable([1., 3., 5., 3.])
    """
    return Convolve(mode)(_line(a), _line(v))


@implements(
    np.correlate,
    cases=lambda: [
        case("np.correlate(a, b)", a=(4,), b=(3,)),
        case("np.correlate(a, b, mode='full')", a=(2,), b=(4,)),
        case("np.correlate(a, b, 'same')", a=(5,), b=(2,)),
        case("np.correlate(a, b, 'same')", a=(3,), b=(4,)),
        case("np.correlate(a, b, 'valid')", a=(2,), b=(3,)),
    ],
)
def correlate(a: Operand, v: Operand, mode: Mode = "valid") -> Variable:
    """The sums of a_{n + k} v_n: numpy.correlate, with the modes of `convolve`.

    Parameters
    ----------
    a : Variable or array
        A vector.
    v : Variable or array
        Another vector.
    mode : str, default 'valid'
        "valid" for full overlap, "same" for as many as the longer has, "full" for every overlap.

    Returns
    -------
    Variable

    Examples
    --------
    >>> correlate(Variable(np.array([1.0, 2.0, 3.0])), [0.0, 1.0])
    Variable([2., 3.])
    """
    x, window = bare(a), bare(v)
    if x.ndim != 1 or window.ndim != 1:
        raise ValueError(f"correlate takes vectors, not {x.ndim} and {window.ndim} axes")
    if x.size < window.size:
        return laid(Convolve(mode)(window, x[::-1])[::-1])
    return Convolve(mode)(x, window[::-1])


def _line(x: Operand) -> Variable | Array:
    """A number as an array of one element."""
    data = bare(x)
    return data if data.ndim else data.reshape(1)
