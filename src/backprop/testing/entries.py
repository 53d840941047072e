"""What the verifier is asked with, checked where it enters: so nothing fails deep inside.

Nothing here knows of the kernel, for the judge is asked through it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from numbers import Real
from operator import index
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from backprop.errors import ArgumentTypeError, ArgumentValueError
from backprop.ground.arrays import FLOATS, Array, Shape, Shapes, as_data, brief
from backprop.ground.domain import Domain, Interval
from backprop.ground.narrowing import is_sequence

if TYPE_CHECKING:
    from typing_extensions import TypeIs

Ways: TypeAlias = Sequence[Shape] | Sequence[tuple[Shape, ...]]  # to call: of one input, of several
_POSITIONAL: Final = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_MOST: Final = 2**32  # more examples, steps or elements than that, or other seeds, nobody means
_WRITE: Final = "write Interval(0, 1), or a tuple with one Interval for each input"


def whole(value: Any, what: str, least: int) -> int:
    """Return `value` as an int that is not below `least`; raise an error of ours otherwise."""
    try:
        number = index(value)
    except TypeError:
        raise ArgumentTypeError(f"{what} is a whole number, got {brief(value)}") from None
    if not least <= number < _MOST:
        raise ArgumentValueError(
            f"{what} is a whole number from {least} to 2**32 - 1, got {brief(number)}"
        )
    return number


def order(value: object) -> None:
    """Raise ArgumentValueError for an order that is not verified."""
    if whole(value, "order", 1) > 2:
        raise ArgumentValueError(f"write order=1 or order=2, got {brief(value)}")


def part(value: object, what: str) -> float:
    """Return `value` as a float from 0 to 1; raise an error of ours otherwise."""
    number: Any = value
    if not isinstance(value, Real) or not 0 <= number <= 1:
        raise ArgumentValueError(f"{what} is a number from 0 to 1, got {brief(value)}")
    return float(number)


def seconds(value: object) -> float | None:
    """Return `value` as a number of seconds, None as it is; raise an error of ours otherwise."""
    if value is None:
        return None
    if not isinstance(value, Real) or not 0 < float(value) < _MOST:
        raise ArgumentValueError(f"budget is a number of seconds above 0, got {brief(value)}")
    return float(value)


def interval(domain: object, whose: str) -> Interval:
    """Return `domain` if it is one Interval, for a function of one input; raise otherwise."""
    if not isinstance(domain, Interval):
        raise ArgumentTypeError(
            f"the domain of {whose} is an Interval, such as Interval(0, 1), got {brief(domain)}"
        )
    return domain


def _are_intervals(domain: object) -> TypeIs[tuple[Interval, ...]]:
    return is_sequence(domain) and isinstance(domain, tuple) and all(map(_is_interval, domain))


def _is_interval(part: object) -> bool:
    return isinstance(part, Interval)


def intervals(domain: object, whose: str) -> Domain:
    """Return `domain` if it is an Interval or a tuple of some; raise otherwise."""
    if isinstance(domain, Interval):
        return domain
    if not _are_intervals(domain):
        raise ArgumentTypeError(f"the domain of {whose} is {brief(domain)}: {_WRITE}")
    if not domain:
        raise ArgumentValueError(f"the domain of {whose} is an empty tuple: {_WRITE}")
    return domain


def each(domain: Domain, arity: int, whose: str) -> tuple[Interval, ...]:
    """Return the Interval of each of `arity` inputs; raise if there are more or fewer."""
    found = domain if isinstance(domain, tuple) else (domain,) * arity
    if len(found) != arity:
        raise ArgumentValueError(f"{whose} takes {arity} inputs, its domain has {len(found)}")
    return found


def shape(value: object) -> Shape:
    """Return `value` as a shape, a tuple of lengths; raise if it is none."""
    if not is_sequence(value):
        raise ArgumentTypeError(
            f"a shape is a tuple of lengths such as (3,) or (2, 3), got {brief(value)}: "
            "write shapes=[(3,), (2, 3)]"
        )
    return tuple(whole(n, "the length of an axis", 0) for n in value)


def shapes(value: object) -> Shapes:
    """Return a tuple of shapes for each way to call; a plain shape is that of one input."""
    return tuple(map(_way, several(value, "shapes", "[(3,), (2, 3)]")))


def _way(way: object) -> tuple[Shape, ...]:
    parts = listed(way)
    if any(is_sequence(part) for part in parts):
        return tuple(map(shape, parts))
    return (shape(way),)


def fit(ways: Shapes | None, count: int, whose: str) -> None:
    """Raise ArgumentValueError unless each way to call is for so many inputs."""
    for way in ways or ():
        if len(way) != count:
            raise ArgumentValueError(
                f"{whose} takes {count} inputs, one of its shapes is for {len(way)}: {brief(way)}"
            )


def listed(value: object) -> list[object]:
    """Return the elements of a tuple or a list; none of anything else."""
    return list(value) if is_sequence(value) else []


def several(value: object, what: str, such_as: str) -> Sequence[Any]:
    """Return `value` if it is a tuple or a list that is not empty; raise otherwise."""
    if not is_sequence(value):
        raise ArgumentTypeError(f"{what} is a list such as {such_as}, got {brief(value)}")
    if not value:
        raise ArgumentValueError(f"{what} is empty: write {such_as}, or leave it out")
    return value


def dtype(value: object) -> str:
    """Return the name of a dtype of floats, also of np.float32 and np.dtype; raise otherwise."""
    found = _as_dtype(value)
    if found is None or found not in FLOATS:
        raise ArgumentTypeError(
            f"a dtype of floats is needed, such as 'float32' or 'float64', got {brief(value)}"
        )
    return value if isinstance(value, str) else found.name


def _as_dtype(value: Any) -> np.dtype[Any] | None:
    kind: object = value
    numeric = isinstance(kind, type) and issubclass(kind, (float, np.generic))
    if not numeric and not isinstance(kind, (str, np.dtype)):
        return None
    try:
        found: np.dtype[Any] = np.dtype(value)
    except (TypeError, ValueError):
        return None
    return found


def dtypes(value: object) -> tuple[str, ...]:
    """Return the names of several dtypes of floats, at least one; raise otherwise."""
    return tuple(map(dtype, several(value, "dtypes", '["float64"]')))


def function(value: Any, what: str) -> Callable[..., Any]:
    """Return `value` if it can be called; raise otherwise."""
    if not callable(value):
        raise ArgumentTypeError(f"{what} is a function, got {brief(value)}")
    made: Callable[..., Any] = value
    return made


def takes(call: Any, count: int, name: str) -> None:
    """Raise ArgumentValueError where `call` cannot be called with so many inputs."""
    if isinstance(call, np.ufunc) and call.nin != count:  # before NumPy 2.4 no signature says so
        raise ArgumentValueError(f"{name} does not take {count} inputs: {brief(call)}")
    try:
        given = signature(call)
    except (TypeError, ValueError):  # of some functions written in C nothing is known
        return
    try:
        given.bind(*range(count))
    except TypeError as error:
        raise ArgumentValueError(f"{name} does not take {count} inputs: {error}") from None


def inputs(call: Any) -> int:
    """How many inputs a plain function needs, by its signature; 1 if that does not say."""
    if isinstance(call, np.ufunc):
        return call.nin
    try:
        given = signature(call).parameters.values()
    except (TypeError, ValueError):
        return 1
    return max(len([p for p in given if p.default is p.empty and p.kind in _POSITIONAL]), 1)


def arity(call: Any, name: str) -> int:
    """How many inputs `call` needs, by its signature: those that have no default."""
    try:
        given = signature(call).parameters.values()
    except (TypeError, ValueError):
        raise ArgumentTypeError(
            f"{name} does not say how many inputs it takes: pass domain=(REALS, ...), one for each"
        ) from None
    needed = [p for p in given if p.default is p.empty and p.kind not in (p.VAR_KEYWORD,)]
    if not needed:
        raise ArgumentValueError(f"{name} takes no input to differentiate by")
    return len(needed)


def data(value: Any, what: str) -> Array:
    """Return `value` as an array of floats; raise for a Variable, or what holds no floats."""
    if hasattr(value, "creator"):
        raise ArgumentTypeError(f"{what} is an array, got {brief(value)}: pass its .data")
    return as_data(value)
