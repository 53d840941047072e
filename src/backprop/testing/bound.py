"""A function with settings and inputs that are not differentiated, as one of the others alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from backprop.errors import ArgumentTypeError
from backprop.ground.arrays import brief
from backprop.ground.domain import Interval
from backprop.ground.narrowing import is_dict, is_list, is_numpys, is_sequence
from backprop.pytree import Tree
from backprop.testing import entries
from backprop.testing.domains.pools import VALUES, is_strategy, pool
from backprop.testing.judging.mismatch import literal

_KEYWORDS: Final = '{"axis": 0}'
_CONSTANTS: Final = "{1: labels}"


class Bound:
    """The keyword settings and constant inputs of a function that is verified."""

    def __init__(
        self,
        target: Any,
        framework: str | None,
        keywords: Mapping[str, object] | None,
        constants: Mapping[int, object] | None,
        params: Tree = None,
        said: Mapping[str, object] | None = None,
    ) -> None:
        self.__name__: str = getattr(target, "__name__", type(target).__name__)
        self.keywords: dict[str, object] = _mapping(keywords, "keywords", str, _KEYWORDS)
        self.constants: dict[int, object] = _mapping(constants, "constants", int, _CONSTANTS)
        for position in self.constants:
            entries.whole(position, "the position of a constant", 0)
        self.params = params
        bound = {"keywords": self.keywords, "constants": self.constants, "params": params}
        all_said = {"framework": framework, **bound, **(said or {})}
        self.settings: tuple[str, ...] = tuple(
            f"{name}={python(value)}" for name, value in all_said.items() if _says(value)
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
    if isinstance(value, Interval):
        return _interval(value)
    if not is_sequence(value):
        return getattr(value, "__name__", None) or repr(value)
    inner = ", ".join(map(python, value))
    return f"[{inner}]" if is_list(value) else f"({inner},)" if value else "()"


def _interval(domain: Interval) -> str:
    ends = f"{domain.low!r}, {domain.high!r}".replace("inf", "np.inf")
    return f"Interval({ends}, {domain.excluded!r})" if domain.excluded else f"Interval({ends})"


def each_bound(
    target: Any,
    framework: str | None,
    keywords: Mapping[str, object] | None,
    constants: Mapping[int, object] | None,
    params: Tree,
    said: Mapping[str, object],
) -> tuple[Bound, ...]:
    """What the function is called with besides; one after the other where strategies draw it."""
    settings = _mapping(keywords, "keywords", str, _KEYWORDS)
    inputs = _mapping(constants, "constants", int, _CONSTANTS)
    count = VALUES if any(map(is_strategy, (*settings.values(), *inputs.values()))) else 1
    each = zip(_each(settings, count), _each(inputs, count), strict=True)
    return tuple(Bound(target, framework, *one, params, said) for one in each)


def _each(given: dict[Any, object], count: int) -> list[dict[Any, object]]:
    """So many times the given values, those of strategies drawn anew."""
    pools = {k: pool(v, count) for k, v in given.items() if is_strategy(v)}
    drawn = ({k: p[i % len(p)] for k, p in pools.items()} for i in range(count))
    return [given | values for values in drawn]


def _says(value: object) -> bool:
    """Whether a setting is one, and can be written down."""
    drawn = any(map(is_strategy, value if is_sequence(value) else (value,)))
    return not drawn and value is not None and value != {}


def _mapping(given: Any, what: str, kind: type, such_as: str) -> dict[Any, object]:
    if given is None:
        return {}
    if not is_dict(given) or not all(isinstance(key, kind) for key in given):
        raise ArgumentTypeError(f"{what} is a dict such as {such_as}, got {brief(given)}")
    return dict(given)
