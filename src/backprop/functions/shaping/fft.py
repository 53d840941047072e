"""The two functions of numpy.fft whose results are real: fftshift and ifftshift."""

from __future__ import annotations

import numpy as np

from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.registry import implements
from backprop.functions.shaping.axes import roll
from backprop.ground.arrays import Axes, Operand, as_tuple
from backprop.kernel.variable import Variable

__all__ = ["fftshift", "ifftshift"]


@implements(
    np.fft.fftshift,
    cases=lambda: [
        case("np.fft.fftshift(x)", x=(3, 2)),
        case("np.fft.fftshift(x, axes=-1)", x=(2, 3)),
        case("np.fft.fftshift(x, axes=(0,))", x=(3, 2)),
    ],
)
def fftshift(x: Operand, axes: Axes = None) -> Variable:
    """The zero frequency moved to the centre along `axes`, all if None: numpy.fft.fftshift."""
    return _shifted(as_variable(x), axes, 1)


@implements(
    np.fft.ifftshift,
    cases=lambda: [
        case("np.fft.ifftshift(x)", x=(3, 2)),
        case("np.fft.ifftshift(x, axes=1)", x=(2, 3)),
    ],
)
def ifftshift(x: Operand, axes: Axes = None) -> Variable:
    """What undoes fftshift, which for odd lengths is another shift: numpy.fft.ifftshift."""
    return _shifted(as_variable(x), axes, -1)


def _shifted(x: Variable, axes: Axes, sign: int) -> Variable:
    along = tuple(range(x.ndim)) if axes is None else as_tuple(axes)
    return roll(x, tuple(sign * (x.shape[a] // 2) for a in along), along)
