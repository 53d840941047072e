"""A rule beside central differences at one point: its gradient, the numeric one, the tolerance.

Tolerances are computed from the numbers; nothing is tuned. Central differences run in the next
wider dtype if the rule does, else in its own. A gradient passes if it is within

    4 x (the estimated error of the differences) + 8 ulp x (the sum of the absolute terms).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

import numpy as np

from backprop.ground.arrays import Array
from backprop.ground.domain import Interval
from backprop.testing.numeric.differences import FLOAT64, Map, column
from backprop.testing.numeric.limits import SAFETY, Derivative
from backprop.testing.rules import Arrays, Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

_P = ParamSpec("_P")
_T = TypeVar("_T")
_WIDER: Final[dict[type[np.floating[Any]], type[np.floating[Any]]]] = {
    np.float16: np.float64,
    np.float32: np.float64,
    np.float64: np.longdouble,
}
_COLUMNS: Final = {1: 4, 2: 2}  # so many elements of an input are checked, by the order
ULPS: Final = 8
_ALONE: Final = 2**12  # in place of ULPS, of what runs in float64 alone
_ALONE_NARROW: Final = 2**8  # or in a narrower dtype alone
_NOISE: Final = 2**9  # roundings of the dtype that differences are taken in
_FEW_ULPS: Final = 16  # that any function may be off by
_LOOKS: Final = 2  # at the point, and beside it: by chance a value is exact at one
FEW_TRIALS: Final = 8
MANY_TRIALS: Final = 64  # of several rules most may see nothing: their roundings cancel wholly
_AT_ONCE: Final = 2**14  # elements that are moved at once
ROUNDINGS: Final = 16  # by how many f's inputs are moved to see what one does to it


@dataclass(frozen=True, slots=True)
class Point:
    """Inputs of a rule, and what central differences say of the derivative there."""

    rule: Rule
    xs: Arrays
    y: Array
    wide: type[np.floating[Any]] | None  # the dtype of the differences, if wider than the rule's
    columns: tuple[list[int], ...]  # which elements of each input are checked
    jacobians: tuple[Derivative, ...]  # of the flat output, by these elements
    asked: dict[tuple[object, ...], Any] = field(
        default_factory=dict[tuple[object, ...], Any], repr=False
    )
    narrow: bool = False  # whether it computes in no wider dtype, though it may take one

    @property
    def known(self) -> bool:
        """Whether there is anything to compare with."""
        return any(np.isfinite(j.error).any() for j in self.jacobians)

    def ask(
        self,
        about: Callable[Concatenate[Map, Array, int, Interval, _P], _T],
        i: int,
        j: int,
        wide: bool,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        """What `about`, such as `curvature`, finds along element `j` of input `i`.

        In the wider dtype or in its own. It is computed once, for many faults are tried at a point.
        """
        key = (about, i, j, wide, *args, *kwargs.values())
        if key not in self.asked:
            xs = widened(self) if wide else self.xs
            f, domain = _partial(self.rule, xs, i, self.y.size), self.rule.domains[i]
            self.asked[key] = about(f, xs[i], j, domain, *args, **kwargs)
        found: _T = self.asked[key]
        return found

    def contradicted(self, i: int, k: int) -> NDArray[np.bool_]:
        """Where differences in the rule's own dtype exclude what those in the wider one say.

        Of each output, along checked element `k` of input `i`.
        """
        if self.wide is None:
            return np.zeros(self.y.size, bool)
        wide = self.jacobians[i]
        own = self.ask(column, i, self.columns[i][k], False)
        gap = abs(own.value - wide.value[:, k])
        return gap > SAFETY * (own.error + wide.error[:, k])


@dataclass(frozen=True, slots=True)
class Measurement:
    """The analytic and the numeric gradient of one input, at the elements that are checked."""

    input: int
    columns: list[int]  # flat indices of the elements checked
    analytic: Array
    numeric: Array
    tolerance: Array
    terms: Array

    @property
    def ratio(self) -> Array:
        """The error as a part of its tolerance; 0 where nothing is known."""
        with np.errstate(all="ignore"):
            ratio = abs(self.analytic - self.numeric) / self.tolerance
            ratio = np.where(np.isnan(self.analytic), np.inf, ratio)
            return np.where(np.isfinite(self.tolerance) & np.isfinite(self.numeric), ratio, 0)

    @property
    def detectable(self) -> float:
        """The smallest relative error of this gradient that would be seen."""
        with np.errstate(all="ignore"):
            part = self.tolerance / abs(self.numeric)
        return float(part[np.isfinite(part)].min(initial=np.inf))


def measure(
    rule: Rule,
    xs: Arrays,
    rng: np.random.Generator | None = None,
    columns: tuple[list[int], ...] | None = None,
) -> Point:
    """Take the numerical derivative of `rule` at `xs`, by the elements of each input in `columns`.

    If they are not given, by all, or of large inputs by some that `rng` picks.
    """
    y = np.asarray(rule.forward(*xs))
    finite = bool(np.isfinite(y).all())
    wide, off = wider(rule, xs, y) if finite else (None, np.zeros(y.size))
    columns = columns or tuple(_columns(x.size, _COLUMNS[rule.order], rng) for x in xs)
    columns = columns if finite else tuple([] for _ in xs)
    at = tuple(x.astype(wide) for x in xs) if wide else xs
    jacobians = tuple(_jacobian(rule, at, i, cols, y.size, off) for i, cols in enumerate(columns))
    narrow = wide is None or _is_narrow(rule, at, y.dtype)
    return Point(rule, xs, y, wide, columns, jacobians, narrow=narrow)


def compare(point: Point, gy: Array, gxs: Sequence[Array]) -> Iterator[Measurement]:
    """The analytic gradients `gxs` beside the numeric ones, input by input."""
    g = gy.reshape(-1, 1).astype(np.longdouble)
    steepest = max(map(_steepest, point.jacobians), default=0.0) * abs(g).max(initial=0)
    for i, (gx, cols, j) in enumerate(zip(gxs, point.columns, point.jacobians)):
        with np.errstate(all="ignore"):
            parts = np.where(g == 0, 0, g * j.value)
            terms = abs(parts).sum(axis=0)
            info = np.finfo(gx.dtype)
            error = np.where(g == 0, 0, abs(g) * j.error).sum(axis=0)
            floor = np.longdouble(info.smallest_subnormal) * (ULPS + g.size)
            # Where f is flat, and 0 at all steps, a product of two roundings may be left.
            floor += ULPS * np.longdouble(info.eps) ** 2 * steepest
            # So much the differences themselves are off, in all outputs that an element moves.
            sizes = np.max(abs(j.value), axis=0, initial=0, where=np.isfinite(j.value))
            floor = (
                floor
                + _NOISE * np.finfo(point.wide or gx.dtype).eps * abs(g).max(initial=0) * sizes
            )
            eps = float(info.eps)
            tolerance = SAFETY * error + _ulps(point, eps) * eps * terms + floor
            numeric = parts.sum(axis=0)
            # It overflows, or may: unknown.
            numeric = np.where(abs(numeric) + tolerance > info.max, np.nan, numeric)
        analytic = gx.reshape(-1)[cols].astype(np.longdouble)
        yield Measurement(i, cols, analytic, numeric, tolerance, terms)


def _ulps(point: Point, eps: float) -> int:
    """How many roundings a gradient may be off by.

    Where the rule computes in no wider dtype nothing tells how many of its own it has: a solver,
    or a transform, has those of its condition.
    """
    if not point.narrow:
        return ULPS
    return _ALONE if eps <= FLOAT64 else _ALONE_NARROW


def _steepest(jacobian: Derivative) -> np.longdouble:
    sizes = abs(jacobian.value)
    steepest: np.longdouble = np.max(sizes, initial=0, where=np.isfinite(sizes))
    return steepest


def _columns(size: int, most: int, rng: np.random.Generator | None) -> list[int]:
    """All elements, or some; of four the first and the last ones, where loops go wrong."""
    if size <= most or rng is None:
        return list(range(size))
    ends = [0, size - 1] if most > 2 else []
    others = [k for k in rng.permutation(size)[:most] if k not in ends]
    return sorted(map(int, (*ends, *others[: most - len(ends)])))


def wider(rule: Rule, xs: Arrays, y: Array) -> tuple[type[np.floating[Any]] | None, Array]:
    """The dtype to take differences in, wider than that of `xs` if the rule computes in it.

    And the noise of y, as far as it was said or shows there. Half the digits must agree, else y is
    mostly rounding: flat between its jumps, as x + 1e8 - 1e8 is in float32. Then nothing is known.
    Of one rule an element near 0 is no sign of that; of several it may be all that is left.
    """
    largest = float(abs(y).max(initial=0, where=np.isfinite(y)))
    said = np.full(y.size, rule.precision * largest)
    wide = _WIDER.get(np.result_type(*xs).type)
    if wide is None or np.finfo(wide).eps >= np.finfo(np.result_type(*xs)).eps:
        return None, said
    try:
        at = tuple(x.astype(wide) for x in xs)
        there = np.asarray(rule.truth(*at))
        rule.truth(*map(rounded, at, range(len(at))))  # it may take that dtype here alone
    except Exception:
        return None, said
    if there.shape != y.shape or (there.dtype != wide and rule.reference is None):
        return None, said
    if rule.reference is not None:
        return wide, said
    half = float(np.finfo(y.dtype).eps) ** 0.5
    close = np.isclose(there, y, rtol=half, atol=0.0 if rule.composed else half)
    noise = np.maximum(said, _lost(rule, at, there))
    return wide, np.where(close.reshape(-1), noise, np.inf)


def _lost(rule: Rule, at: Arrays, y: Array) -> Array:
    """How far `y`, the value in the dtype of `at`, is off by what f loses inside, if that is told.

    log(1 + 1e-12) is a staircase, and no scatter of its values betrays it between two steps. A
    still wider dtype does; of the widest, what it does to the next one, as much finer as it is.
    """
    wide = at[0].dtype.type
    other = np.longdouble if wide is np.float64 else np.float64
    gain = float(np.finfo(wide).eps / np.finfo(other).eps)
    lost = np.zeros(y.size, np.longdouble)
    for k in range(_LOOKS):
        xs = at if not k else tuple(map(rounded, at, range(k, k + len(at))))
        try:
            here = y if not k else np.asarray(rule.truth(*xs))
            wider_xs: Arrays = tuple(np.asarray(x, other) for x in xs)
            there = np.asarray(rule.truth(*wider_xs))
        except Exception:  # it takes no such dtype
            return np.zeros(y.size)
        if there.dtype != other or not there.shape == here.shape == y.shape:
            return np.zeros(y.size)
        apart = abs(there.reshape(-1).astype(np.longdouble) - here.reshape(-1))
        size = abs(here.reshape(-1).astype(np.longdouble))
        told = np.where(apart > size / 2, size, apart * min(gain, 1.0))  # of no digit nothing
        lost = np.maximum(lost, np.where(np.isfinite(told), told, 0))
    ordinary = _FEW_ULPS * np.spacing(abs(y.reshape(-1)).astype(wide))
    return np.where(lost > ordinary, SAFETY * lost, 0)


def _is_narrow(rule: Rule, at: Arrays, dtype: np.dtype[Any]) -> bool:
    """Whether the value at inputs of all digits has those of a narrower dtype only.

    So has what a solver gives that takes a wide dtype and computes in float64 all the same.
    """
    values = np.asarray(rule.truth(*map(rounded, at, range(len(at)))))
    return np.array_equal(values.astype(dtype), values)


def _jacobian(rule: Rule, xs: Arrays, i: int, cols: list[int], rows: int, off: Array) -> Derivative:
    f = _partial(rule, xs, i, rows)
    noise = (np.maximum(off, _noise(rule, xs, i, j)) for j in cols)
    found = [column(f, xs[i], j, rule.domains[i], n) for j, n in zip(cols, noise)]
    if not found:
        return Derivative(np.empty((rows, 0), np.longdouble), np.empty((rows, 0), np.longdouble))
    return Derivative(
        np.stack([d.value for d in found], axis=1), np.stack([d.error for d in found], axis=1)
    )


def _noise(rule: Rule, xs: Arrays, i: int, j: int) -> Array:
    """How far f moves when all its inputs but this element move by one rounding.

    It is known no better than that. A sum may lose a small operand beside large ones that cancel;
    then f is flat, its own rounding is nothing, and only this tells.
    """
    here = np.asarray(rule.truth(*xs)).reshape(-1)
    moved = tuple(rounded(x, k, abs(x).max(initial=0)) for k, x in enumerate(xs))
    moved[i].flat[j] = xs[i].flat[j]
    there = np.asarray(_partial(rule, moved, i, here.size)(moved[i])).reshape(-1)
    noise: Array = abs(there.astype(np.longdouble) - here)
    return np.where(np.isfinite(noise), noise / ROUNDINGS, 0)


def rounded(
    x: Array, k: int | NDArray[np.int_], zero: Array | np.floating[Any] | float = 0.0
) -> Array:
    """The elements of x some roundings away, one at least, each by another, so that none cancel.

    Those of 0 by as much as if they were as large as `zero`. Of many `k` there is one for each.
    """
    ks = np.asarray(k, x.dtype)
    places = np.arange(x.size).astype(x.dtype) ** 2
    amount = ROUNDINGS * np.cos(places + ks[..., np.newaxis]).reshape(ks.shape + x.shape)
    amount = np.copysign(np.maximum(abs(amount), 1), amount)
    size = np.where(x == 0, zero, x)
    moved = x + size * (np.finfo(x.dtype).eps * amount)
    return np.array(np.where(size == 0, x, moved), x.dtype)  # -0.0 stays what it is


def spread(
    f: Callable[..., Array],
    arrays: Arrays,
    trials: int = MANY_TRIALS,
    dtype: type[np.floating[Any]] | None = None,
    last: bool = False,
) -> Array:
    """By how much f moves, element by element, when these move by some roundings each.

    Those that are 0 stay, but in the `last` array, if that is said, move as the largest does.

    With a `dtype` the arrays are moved by roundings of their own, and f is computed in that.
    """
    moved: list[Array] = []
    zero = [0.0] * (len(arrays) - last) + [abs(arrays[-1]).max(initial=0)] * last
    many = max(_AT_ONCE // max(sum(a.size for a in arrays), 1), 1)
    for first in range(0, trials, many):
        ks = len(arrays) * np.arange(first, min(first + many, trials))
        at = (rounded(a, ks + i, z) for i, (a, z) in enumerate(zip(arrays, zero)))
        for there in zip(*(a.astype(dtype) if dtype else a for a in at)):
            ys = f(*map(np.asarray, there))
            moved.append(np.asarray(ys).reshape(-1).astype(np.longdouble))
    moves: Array = np.ptp(moved, axis=0)
    return moves


def gradient_spread(
    rule: Rule,
    xs: Arrays,
    gy: Array,
    i: int,
    trials: int = MANY_TRIALS,
    dtype: type[np.floating[Any]] | None = None,
) -> Array:
    """By how much the gradient of input `i` moves so, element by element."""
    return spread(lambda *at: rule.vjp(at[:-1], at[-1])[i], (*xs, gy), trials, dtype, last=True)


def _partial(rule: Rule, xs: Arrays, i: int, size: int) -> Map:
    """The function of input `i`; nan where a step leads out of where it has a value of `size`."""

    def f(x: Array) -> Array:
        try:
            y = np.asarray(rule.truth(*xs[:i], x, *xs[i + 1 :]))
        except Exception:  # each library has its own errors
            return np.full(size, np.nan, x.dtype)
        return y if y.size == size else np.full(size, np.nan, x.dtype)

    return f


def widened(point: Point) -> Arrays:
    """The inputs of a point in the dtype that its differences are taken in."""
    return tuple(x.astype(point.wide) for x in point.xs) if point.wide else point.xs
