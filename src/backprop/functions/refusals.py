"""Functions of NumPy that refuse a Variable in words of their own; on arrays they are NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn

import numpy as np

from backprop.errors import BackpropError, InPlaceError, UnsupportedError
from backprop.functions.registry import implements

__all__: list[str] = []  # backprop.numpy has NumPy's own

_FILES: Final = (np.save, np.savez, np.savez_compressed, np.savetxt)
_WRITERS: Final = (np.copyto, np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask)
_SETS: Final = (np.unique_all, np.unique_counts, np.unique_inverse)


def _refuse(error: type[BackpropError], why: str, *originals: Callable[..., Any]) -> None:
    for original in originals:
        implements(original, cases=list)(_refusal(error, f"numpy.{original.__name__} {why}"))


def _refusal(error: type[BackpropError], message: str) -> Callable[..., NoReturn]:
    def refused(*args: object, **kwargs: object) -> NoReturn:
        raise error(message)

    return refused


_refuse(UnsupportedError, "saves plain arrays: save x.data of a Variable x", *_FILES)
_refuse(
    InPlaceError,
    "writes into an array, which would cut the gradient of a Variable: make a new one with "
    "where, concatenate or stack, or take x.data where no gradient is wanted",
    *_WRITERS,
)
_refuse(
    UnsupportedError,
    "has no derivative rule here: call unique(x, return_index=True, return_inverse=True, "
    "return_counts=True) with what you need of these, or take x.data",
    *_SETS,
)
