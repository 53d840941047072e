"""Arrays made larger at the edges: numpy.pad."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from backprop.errors import UnsupportedError
from backprop.functions.bases import Linear, as_variable
from backprop.functions.cases import case
from backprop.functions.indexing.picking import take
from backprop.functions.registry import implements
from backprop.functions.shaping.axes import flip
from backprop.functions.shaping.creation import linspace
from backprop.functions.shaping.joining import concatenate
from backprop.functions.shaping.shapes import broadcast_to, laid, order_of, squeeze
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["pad"]

Mode: TypeAlias = Literal[
    "constant",
    "edge",
    "linear_ramp",
    "maximum",
    "mean",
    "median",
    "minimum",
    "reflect",
    "symmetric",
    "wrap",
]
Pair: TypeAlias = list[Any]  # what is meant for the front and the back of an axis
_STATISTICS: Final[dict[str, Callable[..., Variable]]] = {
    "maximum": np.max,
    "mean": np.mean,
    "median": np.median,
    "minimum": np.min,
}
_CYCLES: Final[dict[str, Literal["reflect", "symmetric", "wrap"]]] = {
    "reflect": "reflect",
    "symmetric": "symmetric",
    "wrap": "wrap",
}
# The one keyword that each mode knows, and what it is if it is left out.
_OPTIONS: Final[dict[str, tuple[str, Any]]] = {
    "constant": ("constant_values", 0),
    "edge": ("", None),
    "linear_ramp": ("end_values", 0),
    "reflect": ("reflect_type", "even"),
    "symmetric": ("reflect_type", "even"),
    "wrap": ("", None),
} | dict.fromkeys(_STATISTICS, ("stat_length", None))


class Pad(Linear, fresh=True):
    """x between given values: affine in x, so that a tangent is padded with zeros."""

    __slots__ = ("values", "widths")

    def __init__(self, widths: NDArray[Any], values: NDArray[Any]) -> None:
        self.widths: NDArray[Any] = widths
        self.values: NDArray[Any] = values

    @override
    def forward(self, x: Array) -> Array:
        return np.pad(x, self.widths, constant_values=self.values)

    @override
    def backward(self, gy: Array) -> Array:
        starts: list[int] = self.widths[:, 0].tolist()
        return gy[tuple(slice(start, start + n) for start, n in zip(starts, self.x.shape))]

    @override
    def jvp(self, tx: Array) -> Array:
        return np.pad(tx, self.widths)


@implements(
    np.pad,
    cases=lambda: [
        case("np.pad(x, 1)", x=(2, 3)),
        case("np.pad(x, ((0, 2), (1, 0)), mode='constant', constant_values=(2, -1))", x=(2, 3)),
        case("np.pad(x, {-1: (1, 2), 0: 1}, 'edge')", x=(2, 3)),
        case("np.pad(x, (3, 4), 'reflect')", x=(3, 1)),
        case("np.pad(x, (5, 4), 'reflect', reflect_type='odd')", x=(3,)),
        case("np.pad(x, ((4, 0), (1, 7)), 'symmetric', reflect_type='odd')", x=(1, 3)),
        case("np.pad(x, (4, 1), 'symmetric')", x=(3,)),
        case("np.pad(x, (2, 7), 'wrap')", x=(3,)),
        case("np.pad(x, (2, 3), 'linear_ramp', end_values=(4, -1))", x=(2, 2)),
        case("np.pad(x, 1, 'mean', stat_length=2)", x=(2, 3)),
        case("np.pad(x, (1, 2), 'maximum')", x=(2, 2)),
        case("np.pad(x, 1, 'minimum', stat_length=((1, 2),))", x=(3,)),
        case("np.pad(x, 1, 'median')", x=(3,)),
        case("np.pad(x, [2, 0])", x=(0, 3)),
        case("np.pad(x, 2)", x=()),
    ],
)
def pad(
    x: Operand,
    /,
    pad_width: ArrayLike | dict[int, int | tuple[int, int]],
    mode: Mode = "constant",
    *,
    constant_values: ArrayLike | None = None,
    end_values: ArrayLike | None = None,
    stat_length: ArrayLike | None = None,
    reflect_type: Literal["even", "odd"] | None = None,
) -> Variable:
    """`x` with `pad_width` elements more at the edges of each axis, found by `mode`: numpy.pad.

    Parameters
    ----------
    x : Variable or array
        The data.
    pad_width : int, sequence or dict
        How many elements before and after, for all axes, for each axis, or as a dict of axes.
    mode : str, default 'constant'
        "constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum", "reflect",
        "symmetric" or "wrap".
    constant_values : array_like, optional
        What "constant" puts there; 0 by default.
    end_values : array_like, optional
        Where "linear_ramp" leads to; 0 by default.
    stat_length : array_like, optional
        How many elements at an edge "mean" and its like look at; all by default.
    reflect_type : str, optional
        "even", or "odd" for the mirror image of the values too.

    Returns
    -------
    Variable

    Examples
    --------
    >>> from backprop import Variable
    >>> pad(Variable([1.0, 2.0, 3.0]), (1, 2), "reflect")
    Variable([2., 1., 2., 3., 2., 1.])
    """
    x = as_variable(x)
    option = _option(
        mode,
        constant_values=constant_values,
        end_values=end_values,
        stat_length=stat_length,
        reflect_type=reflect_type,
    )
    widths, options = _pairs(_by_axis(pad_width, x.ndim), x.ndim), _pairs(option, x.ndim)
    if mode == "constant" and x.ndim:
        return Pad(widths, options)(x)
    order = order_of(x)
    for axis, (width, each) in enumerate(zip(widths.tolist(), options.tolist())):
        _check(x.shape[axis], width, mode, each)
        x = _extended(x, axis, width, mode, each)
    return laid(x, order)


def _option(mode: str, **given: object) -> Any:
    """The value of the keyword of `mode`. Raises an error for those of other modes."""
    if mode not in _OPTIONS:
        raise UnsupportedError(
            f"numpy.pad of a Variable knows the modes {', '.join(_OPTIONS)}, not {mode!r}"
        )
    known, default = _OPTIONS[mode]
    wrong = [name for name, value in given.items() if name != known and value is not None]
    if wrong:
        raise ValueError(f"numpy.pad with mode {mode!r} takes no {', '.join(wrong)}: leave it out")
    value = given.get(known)
    return default if value is None else value


def _by_axis(given: ArrayLike | dict[int, int | tuple[int, int]], ndim: int) -> ArrayLike:
    """The pad widths of all axes, from a dict that gives them for some axes by number."""
    if not isinstance(given, dict):
        return given
    widths = np.zeros((ndim, 2), int)
    for axis, width in given.items():
        widths[axis] = width
    return widths


def _pairs(given: ArrayLike, ndim: int) -> NDArray[Any]:
    """The setting for the front and the back of each axis: a table with a row for each."""
    return np.array(np.broadcast_to(np.asarray(given), (ndim, 2)))


def _check(length: int, width: Pair, mode: Any, option: Pair) -> None:
    """Raise NumPy's own errors, for an axis of numbers of that length."""
    name = _OPTIONS[mode][0]
    np.pad(np.arange(length), width, mode, **({} if option[0] is None else {name: option}))
    if name == "reflect_type" and option[0] not in ("even", "odd"):
        raise ValueError(f"reflect_type is 'even' or 'odd', got {option[0]!r}")


def _extended(x: Variable, axis: int, width: Pair, mode: str, option: Pair) -> Variable:
    length = x.shape[axis]
    if mode in _CYCLES:
        if option[0] == "odd" and length > 1:
            return _turned(x, axis, width, length - 1 if mode == "reflect" else length)
        return take(x, np.pad(np.arange(length), width, _CYCLES[mode]), axis)
    if mode in _STATISTICS:
        head, tail = _statistics(x, axis, option, _STATISTICS[mode])
    else:
        head, tail = x[_along(axis, 0, 1)], x[_along(axis, length - 1, length)]
    before, after = width
    if mode == "linear_ramp":
        front = linspace(option[0], squeeze(head, axis), before, endpoint=False, axis=axis)
        back = linspace(option[1], squeeze(tail, axis), after, endpoint=False, axis=axis)
        return concatenate([front, x, flip(back, axis)], axis)
    return concatenate([_stretched(head, axis, before), x, _stretched(tail, axis, after)], axis)


def _along(axis: int, start: int, stop: int) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(start, stop))


def _stretched(x: Variable, axis: int, length: int) -> Variable:
    return broadcast_to(x, (*x.shape[:axis], length, *x.shape[axis + 1 :]))


def _statistics(
    x: Variable, axis: int, lengths: Pair, statistic: Callable[..., Variable]
) -> tuple[Variable, Variable]:
    """The statistic of the first elements along an axis, and that of the last."""
    size = x.shape[axis]
    first, last = (size if n is None else min(n, size) for n in lengths)
    return (
        statistic(x[_along(axis, 0, first)], axis=axis, keepdims=True),
        statistic(x[_along(axis, size - last, size)], axis=axis, keepdims=True),
    )


def _turned(x: Variable, axis: int, width: Pair, period: int) -> Variable:
    """x, turned by half a circle about its first and last element until it is long enough."""
    before, after = width
    skip = x.shape[axis] - period  # 1 if the element turned about is not repeated
    while before or after:
        size = x.shape[axis]
        m, n = min(before, period), min(after, period)
        first, last = x[_along(axis, 0, 1)], x[_along(axis, size - 1, size)]
        head = first + first - flip(x[_along(axis, skip, skip + m)], axis)
        tail = last + last - flip(x[_along(axis, size - skip - n, size - skip)], axis)
        x = concatenate([head, x, tail], axis)
        before, after = before - m, after - n
    return x
