"""Sets of arrays that no Interval describes: each says how to draw a member, and how to move in it.

Central differences move one element at a time, which leads out of a curved set: a unit vector gets
longer. There `move` leads back, so the rule is judged along the tangents of the set, and what its
gradient says across them counts for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from backprop.ground.arrays import Array, Shapes
from backprop.ground.compat import override
from backprop.ground.domain import POSITIVE, REALS, Interval
from backprop.testing import entries
from backprop.testing.generators.strategies import span_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Maybe: TypeAlias = Any  # an array or a Variable

_VECTORS: Final[Shapes] = (((3,),), ((2,),), ((5,),))
_MATRICES: Final[Shapes] = (((2, 2),), ((3, 3),), ((5, 5),), ((1, 1),))
_LEAST: Final = 2.0**-20  # of the largest part of a point in the simplex
_ROUNDS: Final = 7  # of Newton and Schulz, from a step of a third


class Structured:
    """A set of arrays. A subclass has `draw`, and `move` if the set is curved.

    >>> class Even(Structured):
    ...     "Vectors that read the same from behind."
    ...
    ...     def move(self, x: Maybe) -> Maybe:
    ...         return (x + x[::-1]) / 2
    >>> from backprop.testing import verify
    >>> report = verify(np.sum, domain=Even(), seed=1)
    """

    interval: Interval = REALS  # of the numbers that members are made of, and move in
    shapes: Shapes = _VECTORS  # if none are asked for
    count: int = 1  # inputs that it is for

    def members(self, *numbers: Array) -> tuple[Array, ...]:
        """An array for each of its inputs."""
        return (self.draw(*numbers),)

    def draw(self, numbers: Array) -> Array:
        """A member made of any numbers of the interval, of their shape and dtype."""
        member: Array = self.move(numbers)
        return member

    def move(self, x: Maybe) -> Maybe:
        """The member beside `x`, as NumPy code that runs on Variables too; a member is its own."""
        return x

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _Within(Structured):
    """A set of arrays of the numbers of an interval."""

    def __init__(self, interval: Interval = REALS) -> None:
        self.interval: Interval = entries.interval(interval, type(self).__name__)

    @override
    def __repr__(self) -> str:
        inner = "" if self.interval == REALS else repr(self.interval)
        return f"{type(self).__name__}({inner})"


class Sorted(_Within):
    """Arrays whose last axis ascends: knots, quantiles, thresholds."""

    @override
    def move(self, x: Maybe) -> Maybe:
        return np.sort(x, axis=-1)


class Distinct(_Within):
    """Arrays without equal elements along the last axis, in any order."""

    @override
    def draw(self, numbers: Array) -> Array:
        rank = np.argsort(np.argsort(numbers, axis=-1, kind="stable"), axis=-1)
        return _spread(rank, numbers, self.interval, numbers.shape[-1])


class UnitVectors(Structured):
    """Vectors of length 1 along the last axis."""

    @override
    def draw(self, numbers: Array) -> Array:
        vectors = numbers / _largest(numbers)
        vectors[..., 0] += np.where(vectors.any(axis=-1), 0, 1)
        found: Array = self.move(vectors)
        return found

    @override
    def move(self, x: Maybe) -> Maybe:
        return x / np.sqrt((x * x).sum(axis=-1, keepdims=True))


class Simplex(Structured):
    """Probabilities: positive numbers with sum 1 along the last axis."""

    interval: Interval = POSITIVE

    @override
    def draw(self, numbers: Array) -> Array:
        found: Array = self.move(np.clip(numbers / _largest(numbers), _LEAST, 1))
        return found

    @override
    def move(self, x: Maybe) -> Maybe:
        return x / x.sum(axis=-1, keepdims=True)


class _Matrices(Structured):
    shapes: Shapes = _MATRICES


class Triangular(_Matrices):
    """Square matrices without elements above the diagonal, or below it with `lower=False`.

    No element of the diagonal is less than an eighth of the largest in its row.
    """

    def __init__(self, lower: bool = True) -> None:
        self.lower: Final = bool(lower)

    @override
    def draw(self, numbers: Array) -> Array:
        largest = _largest(numbers)
        sizes = np.clip(abs(numbers), largest / 8, largest)
        eye = np.eye(numbers.shape[-1], dtype=bool)
        found: Array = self.move(np.where(eye, np.where(numbers < 0, -sizes, sizes), numbers))
        return found.astype(numbers.dtype)

    @override
    def move(self, x: Maybe) -> Maybe:
        return np.tril(x) if self.lower else np.triu(x)

    @override
    def __repr__(self) -> str:
        return "Triangular()" if self.lower else "Triangular(lower=False)"


class Symmetric(_Matrices):
    """Matrices that equal their transposes; no two eigenvalues are equal, but by chance."""

    @override
    def draw(self, numbers: Array) -> Array:
        ranks = np.arange(1, numbers.shape[-1] + 1, dtype=numbers.dtype)
        largest = _largest(numbers).max(axis=-2, keepdims=True)
        found: Array = self.move(numbers + np.diag(ranks) * (largest / len(ranks)))
        return found.astype(numbers.dtype)

    @override
    def move(self, x: Maybe) -> Maybe:
        return x / 2 + np.swapaxes(x, -1, -2) / 2


class PositiveDefinite(Symmetric):
    """Symmetric matrices whose eigenvalues are positive: covariances, kernels.

    Their rows are of one scale, or of scales up to 2⁷ apart: in float32 up to 2³.
    """

    @override
    def draw(self, numbers: Array) -> Array:
        b = _bounded(numbers)
        eye = np.eye(b.shape[-1], dtype=b.dtype)
        scales = _scales(numbers)[:, np.newaxis]
        inner = b @ np.swapaxes(b, -1, -2) + eye / 2
        found: Array = self.move(scales * inner * np.swapaxes(scales, -1, -2))
        return found.astype(numbers.dtype)


class Invertible(_Matrices):
    """Square matrices whose singular values lie between 1/2 and 2, or are up to 2¹⁴ apart.

    In float32 up to 2⁶.
    """

    @override
    def draw(self, numbers: Array) -> Array:
        values = 2 * _scales(numbers) ** 2
        q = _orthogonal(numbers)
        found: Array = q @ (values[:, np.newaxis] * np.flip(np.swapaxes(q, -1, -2), -1))
        return found.astype(numbers.dtype)


class Orthogonal(_Matrices):
    """Square matrices Q with Q^T Q = 1."""

    @override
    def draw(self, numbers: Array) -> Array:
        return _orthogonal(numbers)

    @override
    def move(self, x: Maybe) -> Maybe:
        for _ in range(_ROUNDS):
            x = 1.5 * x - 0.5 * (x @ (np.swapaxes(x, -1, -2) @ x))
        return x


class Ascending(Structured):
    """Several inputs, each above the one before: a < b, lower and upper ends.

    It stands for all inputs, of which it tells the number; they have one shape.
    """

    shapes: Shapes = (((),), ((3,),), ((2, 3),))

    def __init__(self, count: int = 2, interval: Interval = REALS) -> None:
        self.count: int = entries.whole(count, "the number of inputs", 2)
        self.interval: Interval = entries.interval(interval, "Ascending")

    @override
    def members(self, *numbers: Array) -> tuple[Array, ...]:
        return tuple(self.draw(np.stack(numbers)))

    @override
    def draw(self, numbers: Array) -> Array:
        """All inputs, stacked along the first axis."""
        rank: NDArray[np.intp] = np.indices(numbers.shape)[0]
        return _spread(rank, numbers, self.interval, self.count)

    @override
    def __repr__(self) -> str:
        inner = "" if self.interval == REALS else f", {self.interval!r}"
        return f"Ascending({self.count}{inner})"


def _spread(rank: NDArray[np.intp], numbers: Array, interval: Interval, count: int) -> Array:
    """Numbers of an interval in the order of their ranks, somewhere in each of so many parts."""
    low, high = span_of(interval)
    jitter = np.mod(numbers.astype(np.float64), 1.0) / 2
    found: Array = low + (high - low) * (rank + 0.25 + jitter) / max(count, 1)
    return found.astype(numbers.dtype)


def _largest(numbers: Array) -> Array:
    """The largest size along the last axis; 1 where all are 0."""
    largest: Array = abs(numbers).max(axis=-1, keepdims=True, initial=0)
    return np.where(largest == 0, 1, largest).astype(numbers.dtype)


def _bounded(numbers: Array) -> Array:
    """Numbers between -1 and 1, ordinary ones spread over all of these."""
    found: Array = numbers / (4 + abs(numbers))
    return found


def _scales(numbers: Array) -> Array:
    """Powers of two around 1, one for each row: near each other, or as far apart as is fair."""
    far = 3.5 if numbers.dtype.itemsize > 4 else 1.5
    near = np.frexp(numbers.flat[0])[1] % 2 if numbers.size else 1
    most = 0.5 if near else far
    found: Array = 2.0 ** np.linspace(-most, most, numbers.shape[-1])
    return found


def _orthogonal(numbers: Array) -> Array:
    eye = np.eye(numbers.shape[-1])
    q, r = np.linalg.qr(_bounded(numbers).astype(np.float64) + eye)
    signs = np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    found: Array = (q * signs[..., np.newaxis, :]).astype(numbers.dtype)
    return found
