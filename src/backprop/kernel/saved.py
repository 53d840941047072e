"""What `checking()` watches: arrays that change after a call, and values that are no numbers.

The context manager itself stands in modes.py, beside `no_grad`; here is what it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy import ndarray

from backprop.errors import ChangedError, NonFiniteError
from backprop.ground.frames import caller
from backprop.ground.narrowing import is_numpys, is_sequence
from backprop.kernel.modes import is_checking

if TYPE_CHECKING:
    from backprop.ground.arrays import Array


class Saving(Protocol):
    """A called Function, as far as it is watched."""

    _watch: Watch

    @property
    def primals(self) -> tuple[Array, ...]: ...

    @property
    def results(self) -> tuple[Array, ...]: ...


class Watch(NamedTuple):
    """What a call had saved: the line that made it, and a hash of each array."""

    file: str
    line: int
    inputs: tuple[int | None, ...]
    outputs: tuple[int | None, ...]


def watch(node: Saving, xs: tuple[Array, ...], ys: tuple[Array, ...]) -> None:
    """Note what this call has saved, if calls are checked now, and that its values are numbers."""
    if not is_checking():
        return
    file, line = caller()
    node._watch = Watch(file, line, tuple(map(_hash, xs)), tuple(map(_hash, ys)))
    finite(node, "forward", xs, ys)


def inspect(node: Saving, by: str = "") -> None:
    """Raise ChangedError if an array that this call has saved is not what it was."""
    was: Watch | None = getattr(node, "_watch", None)
    if was is None:
        return
    for what, hashes, arrays in (
        ("input", was.inputs, node.primals),
        ("output", was.outputs, node.results),
    ):
        for i, (before, array) in enumerate(zip(hashes, arrays)):
            if before != _hash(array):
                rule = type(node).__name__
                how = f"by its {by}" if by else "after the call"
                raise ChangedError(
                    f"{what} {i} of {rule} was changed in place {how}, made at {_place(was)}: its "
                    "gradient would be of neither value; change a copy of the array"
                )


def watched(
    node: Saving, pullback: Callable[..., tuple[Any, ...]], gys: tuple[Array, ...]
) -> tuple[Any, ...]:
    """What `pullback` gives of cotangents, with a look at what is saved before and after it.

    Raises ChangedError if something had changed, or the rule wrote into its cotangents, as
    numpy.add.at can; NonFiniteError as `finite` does.
    """
    inspect(node)
    before = list(map(_hash, gys))
    gxs = pullback(*gys)
    inspect(node, "backward")
    if before != list(map(_hash, gys)):
        raise ChangedError(
            f"{type(node).__name__}.backward changed its cotangent in place: others read it after "
            "it; change a copy of the array"
        )
    finite(node, "backward", (*gys, *node.primals, *node.results), gxs)
    return gxs


def finite(node: Saving, how: str, before: Iterable[Array], after: Any) -> None:
    """Raise NonFiniteError if a rule made a nan or an infinity of finite numbers."""
    made = after if is_sequence(after) else (after,)
    if all(map(_is_finite, made)) or not all(map(_is_finite, before)):
        return
    was: Watch | None = getattr(node, "_watch", None)
    place = "" if was is None else f", called at {_place(was)},"
    raise NonFiniteError(
        f"{type(node).__name__}.{how}{place} gave nan or infinity for finite numbers: keep its "
        "input inside the domain of the rule"
    )


def _is_finite(array: object) -> bool:
    return not is_numpys(array) or bool(np.isfinite(array).all())


def _hash(array: Array) -> int | None:
    """A hash of the values; None for an array of another library, which is not asked for them."""
    return hash(array.tobytes()) if type(array) is ndarray else None


def _place(was: Watch) -> str:
    from linecache import getline

    code = getline(was.file, was.line).strip()
    return f"{was.file}:{was.line}" + (f" ({code})" if code else "")
