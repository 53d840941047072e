"""Values that a Hypothesis strategy draws, kept: the verifier comes back to each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import hypothesis
import numpy as np
from hypothesis import Phase, given, strategies as st

from backprop.errors import ArgumentTypeError
from backprop.ground.arrays import Array, Shapes, as_data, brief
from backprop.ground.compat import override
from backprop.ground.narrowing import is_list, is_sequence
from backprop.testing.domains.structured import Structured
from backprop.testing.settings import silent

if TYPE_CHECKING:
    from typing_extensions import TypeIs

_ARRAYS: Final = 64
VALUES: Final = 6  # of an input that is not differentiated, or of a setting


def is_strategy(value: object) -> TypeIs[st.SearchStrategy[Any]]:
    """Whether a value is a strategy of Hypothesis, from which values are drawn."""
    return isinstance(value, st.SearchStrategy)


def pool(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """So many values of a strategy, the same every time."""
    found: list[Any] = []

    @hypothesis.seed(0)
    @silent(count, (Phase.generate,))
    @given(strategy)
    def draw(value: Any) -> None:
        found.append(value)

    draw()
    return found


class Drawn(Structured):
    """The arrays that a strategy draws, or of several inputs together the tuples of arrays."""

    def __init__(self, strategy: st.SearchStrategy[Any]) -> None:
        drawn = pool(strategy, _ARRAYS)
        self._members: list[list[Array]] = [list(map(_array, _parts(value))) for value in drawn]
        self._text = repr(strategy)
        self.count: int = len(self._members[0])
        ways = dict.fromkeys(tuple(a.shape for a in parts) for parts in self._members)
        self.shapes: Shapes = tuple(ways)

    @override
    def members(self, *numbers: Array) -> tuple[Array, ...]:
        """One of those of the shapes of these numbers, which say which one."""
        way = tuple(a.shape for a in numbers)
        fit = [parts for parts in self._members if tuple(a.shape for a in parts) == way]
        pick = crc32(b"".join(a.tobytes() for a in numbers)) % len(fit)
        return tuple(a.astype(n.dtype) for a, n in zip(fit[pick], numbers, strict=True))

    @override
    def draw(self, numbers: Array) -> Array:
        return self.members(numbers)[0]

    @override
    def __repr__(self) -> str:
        return self._text


def _parts(value: object) -> tuple[object, ...]:
    """The inputs that were drawn together; one alone is no tuple."""
    return tuple(value) if is_sequence(value) and not is_list(value) else (value,)


def _array(value: object) -> Array:
    """What was drawn, as an array of floats."""
    if is_sequence(value) or isinstance(value, (int, float, np.ndarray, np.generic)):
        found = as_data(np.asarray(value))
        return found if found.dtype.kind == "f" else found.astype(np.float64)
    raise ArgumentTypeError(
        f"a strategy that is a domain draws arrays of floats, or a tuple of them, one for each "
        f"input; it drew {brief(value)}"
    )
