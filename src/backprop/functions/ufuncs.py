"""NumPy's functions, typed: rules call them from here.

NumPy's stubs type every ufunc's result as `NDArray[Any]`; the two Protocols below type it as
`Array`, at no cost.

Why rules say `out=...`: it makes a ufunc give a 0-d array where it would give a NumPy scalar
(NumPy >= 2.3), which saves a conversion; on larger arrays it changes nothing, and NumPy does not
pass it on to arrays of other libraries, nor to Variables.
"""

from __future__ import annotations

from types import EllipsisType
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from backprop.ground.arrays import Array


class Unary(Protocol):
    """A ufunc of one input."""

    def __call__(self, x: Array, /, *, out: Array | EllipsisType = ...) -> Array: ...


class Binary(Protocol):
    """A ufunc of two inputs, Python numbers included."""

    def __call__(
        self, a: Array | float, b: Array | float, /, *, out: Array | EllipsisType = ...
    ) -> Array: ...


class Reduction(Protocol):
    """A function that takes the elements along axes together."""

    def __call__(
        self,
        x: Array,
        /,
        axis: int | tuple[int, ...] | None = None,
        *,
        keepdims: bool = False,
        where: Any = True,
    ) -> Array: ...


_numpy: Final[Any] = np  # without its stubs

add: Final[Binary] = np.add
subtract: Final[Binary] = np.subtract
multiply: Final[Binary] = np.multiply
divide: Final[Binary] = np.divide
power: Final[Binary] = np.power
matmul: Final[Binary] = np.matmul  # type: ignore[assignment]  # its stub takes no Python numbers
vecdot: Final[Binary] = np.vecdot  # type: ignore[assignment]  # nor does this one
floor_divide: Final[Binary] = np.floor_divide
remainder: Final[Binary] = np.remainder
fmod: Final[Binary] = np.fmod
maximum: Final[Binary] = np.maximum
minimum: Final[Binary] = np.minimum
fmax: Final[Binary] = np.fmax
fmin: Final[Binary] = np.fmin
copysign: Final[Binary] = np.copysign
heaviside: Final[Binary] = np.heaviside
hypot: Final[Binary] = np.hypot
arctan2: Final[Binary] = np.arctan2
logaddexp: Final[Binary] = np.logaddexp
logaddexp2: Final[Binary] = np.logaddexp2
negative: Final[Unary] = np.negative
square: Final[Unary] = np.square
sqrt: Final[Unary] = np.sqrt
reciprocal: Final[Unary] = np.reciprocal
exp: Final[Unary] = np.exp
log: Final[Unary] = np.log
sin: Final[Unary] = np.sin
cos: Final[Unary] = np.cos
tanh: Final[Unary] = np.tanh
positive: Final[Unary] = np.positive
absolute: Final[Unary] = np.absolute
sign: Final[Unary] = np.sign
floor: Final[Unary] = np.floor
ceil: Final[Unary] = np.ceil
rint: Final[Unary] = np.rint
trunc: Final[Unary] = np.trunc
cbrt: Final[Unary] = np.cbrt
expm1: Final[Unary] = np.expm1
log1p: Final[Unary] = np.log1p
exp2: Final[Unary] = np.exp2
log2: Final[Unary] = np.log2
log10: Final[Unary] = np.log10
tan: Final[Unary] = np.tan
arcsin: Final[Unary] = np.arcsin
arccos: Final[Unary] = np.arccos
arctan: Final[Unary] = np.arctan
sinh: Final[Unary] = np.sinh
cosh: Final[Unary] = np.cosh
arcsinh: Final[Unary] = np.arcsinh
arccosh: Final[Unary] = np.arccosh
arctanh: Final[Unary] = np.arctanh
degrees: Final[Unary] = np.degrees
radians: Final[Unary] = np.radians
sum: Final[Reduction] = _numpy.sum
