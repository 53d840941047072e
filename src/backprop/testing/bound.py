"""A function with settings and inputs that are not differentiated, as one of the others alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backprop.errors import ArgumentTypeError
from backprop.ground.arrays import brief
from backprop.ground.narrowing import is_dict, is_list, is_numpys, is_sequence
from backprop.pytree import Tree
from backprop.testing import entries
from backprop.testing.judging.mismatch import literal


class Bound:
    """The keyword settings and constant inputs of a function that is verified."""

    def __init__(
        self,
        target: Any,
        framework: str | None,
        keywords: Mapping[str, object] | None,
        constants: Mapping[int, object] | None,
        params: Tree = None,
    ) -> None:
        self.__name__: str = getattr(target, "__name__", type(target).__name__)
        self.keywords: dict[str, object] = _mapping(keywords, "keywords", str, '{"axis": 0}')
        self.constants: dict[int, object] = _mapping(constants, "constants", int, "{1: labels}")
        for position in self.constants:
            entries.whole(position, "the position of a constant", 0)
        self.params = params
        said = {"framework": framework, "keywords": self.keywords, "constants": self.constants}
        self.settings: tuple[str, ...] = tuple(
            f"{name}={python(value)}"
            for name, value in (said | {"params": params}).items()
            if value
        )

    def of(
        self, call: Callable[..., Any], constant: Callable[[object], object] = lambda value: value
    ) -> Callable[..., Any]:
        """`call` as a function of the other inputs; `constant` makes of values what it takes."""
        if not self.keywords and not self.constants:
            return call
        keywords = {name: constant(value) for name, value in self.keywords.items()}
        constants = {i: constant(value) for i, value in self.constants.items()}

        def bound(*xs: Any) -> Any:
            left = iter(xs)
            count = len(xs) + len(constants)
            inputs = (constants[i] if i in constants else next(left) for i in range(count))
            return call(*inputs, **keywords)

        bound.__name__ = self.__name__
        return bound


def python(value: Any) -> str:
    """Python for a setting; of what is no number, array or container, what it says of itself."""
    if is_numpys(value) and value.dtype.kind in "biuf":
        array: Any = np.asarray(value)
        return literal(array)
    if is_dict(value):
        return "{" + ", ".join(f"{k!r}: {python(v)}" for k, v in value.items()) + "}"
    if not is_sequence(value):
        return repr(value)
    inner = ", ".join(map(python, value))
    return f"[{inner}]" if is_list(value) else f"({inner},)" if value else "()"


def _mapping(given: Any, what: str, kind: type, such_as: str) -> dict[Any, object]:
    if given is None:
        return {}
    if not is_dict(given) or not all(isinstance(key, kind) for key in given):
        raise ArgumentTypeError(f"{what} is a dict such as {such_as}, got {brief(given)}")
    return dict(given)
