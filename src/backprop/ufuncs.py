"""NumPy's functions, typed: rules call them from here.

NumPy's stubs type every ufunc's result as `NDArray[Any]`; the two Protocols below type it as
`Array`, at no cost.

Why rules say `out=...`: it makes a ufunc give a 0-d array where it would give a NumPy scalar
(NumPy >= 2.3), which saves a conversion; on larger arrays it changes nothing, and NumPy does not
pass it on to arrays of other libraries, nor to Variables.
"""

from __future__ import annotations

from types import EllipsisType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.floating[Any]]
else:
    Array = np.ndarray  # numpy.typing would add a twentieth to the time of `import numpy`


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


add: Final[Binary] = np.add
subtract: Final[Binary] = np.subtract
multiply: Final[Binary] = np.multiply
divide: Final[Binary] = np.divide
power: Final[Binary] = np.power
matmul: Final[Binary] = np.matmul  # type: ignore[assignment]  # its stub takes no Python numbers
negative: Final[Unary] = np.negative
square: Final[Unary] = np.square
sqrt: Final[Unary] = np.sqrt
reciprocal: Final[Unary] = np.reciprocal
exp: Final[Unary] = np.exp
log: Final[Unary] = np.log
sin: Final[Unary] = np.sin
cos: Final[Unary] = np.cos
tanh: Final[Unary] = np.tanh
sum: Final[Reduction] = np.sum  # noqa: A001 (NumPy's name)
