"""What the kernel asks of arrays: types, entry checks, and the few helpers that rules share.

Nothing here knows of Variables.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy import ndarray

from backprop import ufuncs as uf
from backprop.dispatch import Dispatch
from backprop.errors import DataError
from backprop.ufuncs import Array as Array, Numbers as Numbers, Result as Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike
    from typing_extensions import TypeIs

Shape: TypeAlias = tuple[int, ...]
Axes: TypeAlias = int | tuple[int, ...] | None
Shapes: TypeAlias = tuple[tuple[Shape, ...], ...]  # one tuple of shapes for each way to call

FLOATS: Final = frozenset(map(np.dtype, (np.float16, np.float32, np.float64, np.longdouble)))
_ONES: Final = {dtype: np.ones((), dtype) for dtype in FLOATS}
# Below this many elements a ufunc that writes into its operand is slower than one that allocates.
_SMALL: Final = 64


def as_data(data: object, dtype: DTypeLike | None = None) -> Array:
    """`data` as an array of floats: itself if it is one, of whatever library.

    Integers become float64, Python numbers `dtype` (float64 if None). Raises DataError for
    anything that holds no real numbers, for bool, and for subclasses of ndarray.
    """
    if not is_array(data):
        data = _convert(data, dtype)
    if is_subclass(data):
        raise DataError(
            f"{type(data).__name__} is a subclass of ndarray that may change what operators mean; "
            "pass np.asarray(data)"
        )
    array = data
    native = array.dtype.newbyteorder("=")
    if native in FLOATS:
        return array if array.dtype.isnative else array.astype(native)
    if array.dtype.kind in "iu":
        return array.astype(np.float64)
    raise DataError(
        f"a Variable holds real floating-point numbers, got dtype {array.dtype}: "
        f"{np.array2string(np.asarray(array), threshold=6)}; convert it: data.astype(np.float64)"
    )


def as_tuple(numbers: int | Sequence[int]) -> tuple[int, ...]:
    """A number alone, one of NumPy's too, as a tuple of it: axes, lengths, argnums."""
    return (numbers,) if isinstance(numbers, (int, np.integer)) else tuple(numbers)


def is_array(data: object) -> TypeIs[Array]:
    """Whether `data` is an array that speaks NEP 13, of any library; no scalar, no Variable."""
    speaks = getattr(data, "__array_ufunc__", None) is not None and hasattr(data, "dtype")
    return speaks and not isinstance(data, (np.generic, Dispatch))


def is_subclass(data: object) -> bool:
    """Whether `data` is a masked array, a matrix or the like, whose operators mean other things."""
    return type(data) is not ndarray and isinstance(data, np.ndarray)


def _convert(data: object, dtype: DTypeLike | None) -> Array:
    """An array from a number or a nested sequence of numbers; `dtype` is for Python's numbers."""
    weak = type(data) in (int, float)
    try:
        return np.array(data, dtype=(dtype or np.float64) if weak else None)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"a Variable holds an array of floats, got {data!r}: {error}") from error


def ones_like(x: Array) -> Array:
    """np.ones_like; for an ndarray without its detour through Python, the cost of a node or two."""
    if type(x) is not ndarray:
        return np.ones_like(x)
    if not x.ndim:
        return _ONES[x.dtype].copy()
    ones = np.empty_like(x)
    ones.fill(1.0)
    return ones


def unbroadcast(g: Array, like: Array) -> Array:
    """Sum `g` over the axes along which `like` was broadcast: the transpose of broadcasting.

    Gives an array of the shape and dtype of `like`; `g` itself if it has both.
    """
    if g.shape != like.shape:
        extra = g.ndim - like.ndim
        stretched = (n == 1 != g.shape[extra + i] for i, n in enumerate(like.shape))
        axes = (*range(extra), *(extra + i for i, yes in enumerate(stretched) if yes))
        g = g.sum(axis=axes, keepdims=True).reshape(like.shape)
    return g.astype(like.dtype, copy=False)


def scale(gy: Array, derivative: Array) -> Array:
    """`gy * derivative`, written into `derivative`, which must be a fresh array of the caller's."""
    fresh = derivative if derivative.size > _SMALL and _alike(derivative, gy) else ...
    return uf.multiply(gy, derivative, out=fresh)


def _alike(a: Array, b: Array) -> bool:
    return type(a) is ndarray is type(b) and a.dtype == b.dtype and a.shape == b.shape


def absorb(gy: Array, derivative: Array) -> Array:
    """`gy * derivative`, but 0 where `gy` is 0 and the derivative is not finite.

    So a branch that does not count adds nothing: where(x > 0, sqrt(x), 0), x * sqrt(x) and
    norm(x)**2 have gradient 0 at 0. It also hides a true 0 * inf, which has no value to give.
    """
    if not derivative.ndim and type(derivative) is ndarray and isfinite(derivative):
        return uf.multiply(gy, derivative, out=...)  # a number is the one case where time shows
    with np.errstate(invalid="ignore"):
        g = uf.multiply(gy, derivative, out=...)
    finite = np.isfinite(derivative)
    # An array of another library may be lazy: it is not asked.
    if type(finite) is ndarray and finite.all():
        return g
    return np.where(np.equal(gy, 0) & ~finite, g.dtype.type(0), g)
