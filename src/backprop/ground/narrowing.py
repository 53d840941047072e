"""isinstance where checkers would ask of what the list or the array is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import TypeIs


def is_sequence(value: object) -> TypeIs[tuple[Any, ...] | list[Any]]:
    """Whether `value` is a tuple or a list."""
    return isinstance(value, (tuple, list))


def is_dict(value: object) -> TypeIs[dict[Any, Any]]:
    """Whether `value` is a dict."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeIs[list[Any]]:
    """Whether `value` is a list."""
    return isinstance(value, list)


def is_scalar(value: object) -> TypeIs[np.generic[Any]]:
    """Whether `value` is a scalar of NumPy's."""
    return isinstance(value, np.generic)


def is_numpys(value: object) -> TypeIs[NDArray[Any] | np.generic[Any]]:
    """Whether `value` is an array or a scalar of NumPy's."""
    return isinstance(value, (np.ndarray, np.generic))
