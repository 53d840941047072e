"""Wrong rules made from a right one. A verifier that accepts one of them is no verifier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np

from backprop.ground.arrays import Array
from backprop.testing.rules import Arrays, Rule, with_vjp

Vjp: TypeAlias = Callable[[Arrays, Array], Sequence[Array]]
Change: TypeAlias = Callable[[Array, Array, Array], Array]  # of gx, given x and gy


def scaled(rule: Rule, by: float) -> Rule:
    """The rule with every gradient multiplied by `by`."""
    return _changed(rule, lambda gx, x, gy: gx * gx.dtype.type(by))


def planted(rule: Rule, dtypes: Sequence[str] = ()) -> dict[str, Rule]:
    """Faulty copies of `rule`, by what is wrong with them; in one of several dtypes alone too."""
    changes = _CHANGES | ({f"wrong in {dtypes[-1]}": _wrong_in(dtypes[-1])} if dtypes[1:] else {})
    changed = {name: _changed(rule, change) for name, change in changes.items()}
    return changed | {name: with_vjp(rule, make(rule.vjp)) for name, make in _WRAPPERS.items()}


def _changed(rule: Rule, change: Change) -> Rule:
    def vjp(xs: Arrays, gy: Array) -> Sequence[Array]:
        return tuple(change(gx, x, gy) if gx.size else gx for gx, x in zip(rule.vjp(xs, gy), xs))

    return with_vjp(rule, vjp)


def _times(factor: float) -> Change:
    return lambda gx, x, gy: (gx * gx.dtype.type(factor)).astype(gx.dtype)


def _wrong_in(dtype: str) -> Change:
    return lambda gx, x, gy: gx * gx.dtype.type(1 + 1e-2 * (gx.dtype == dtype))


def _wrong_inside(gx: Array, x: Array, gy: Array) -> Array:
    gx = gx.copy()
    gx.flat[gx.size // 2] *= 1 + 1e-2
    return gx


def _wrong_layout(gx: Array, x: Array, gy: Array) -> Array:
    return gx * 2 if gy.size > 1 and 0 in gy.strides else gx


def _dropped(gx: Array, x: Array, gy: Array) -> Array:
    gx = gx.copy()
    gx[(-1,) * gx.ndim] = 0
    return gx


def _mixed(gx: Array, x: Array, gy: Array) -> Array:
    return np.full_like(gx, gx.mean())


def _not_summed(gx: Array, x: Array, gy: Array) -> Array:
    return np.broadcast_to(gx, gy.shape).copy() if _stretched(x, gy) else gx


def _averaged(gx: Array, x: Array, gy: Array) -> Array:
    return gx * gx.dtype.type(x.size / max(gy.size, 1)) if _stretched(x, gy) else gx


def _stretched(x: Array, gy: Array) -> bool:
    """Whether broadcasting can have brought an input like `x` to the shape of `gy`."""
    if x.ndim > gy.ndim or x.shape == gy.shape:
        return False
    return all(n in (1, m) for n, m in zip(reversed(x.shape), reversed(gy.shape)))


def _other_dtype(gx: Array, x: Array, gy: Array) -> Array:
    return gx.astype(np.float32 if gx.dtype == np.float64 else np.float64)


RELATIVE: Final = {f"factor 1 + 1e-{k}": 10.0**-k for k in (3, 5, 7, 9)}
_CHANGES: Final[dict[str, Change]] = {
    "sign": _times(-1.0),
    "factor 2": _times(2.0),
    **{name: _times(1 + size) for name, size in RELATIVE.items()},
    "offset": lambda gx, x, gy: gx + gx.dtype.type(1e-3),
    "no gradient": lambda gx, x, gy: np.zeros_like(gx),
    "wrong for x > 0": lambda gx, x, gy: np.where(x > 0, gx * gx.dtype.type(1.5), gx),
    "wrong for x < 0": lambda gx, x, gy: np.where(x < 0, gx * gx.dtype.type(1.5), gx),
    "wrong for large x": lambda gx, x, gy: np.where(abs(x) > 5, gx * gx.dtype.type(1.5), gx),
    "clipped": lambda gx, x, gy: np.clip(gx, -1, 1),
    "dropped element": _dropped,
    "wrong for the element in the middle": _wrong_inside,
    "wrong for a cotangent of stride 0": _wrong_layout,
    "elements mixed": _mixed,
    "elements reversed": lambda gx, x, gy: gx.reshape(-1)[::-1].reshape(gx.shape).copy(),
    "transposed": lambda gx, x, gy: gx.T.copy(),
    "not summed over a broadcast axis": _not_summed,
    "averaged over a broadcast axis": _averaged,
    "other dtype": _other_dtype,
}


def _swapped(vjp: Vjp) -> Vjp:
    return lambda xs, gy: tuple(reversed(vjp(xs, gy)))


def _first_only(vjp: Vjp) -> Vjp:
    def faulty(xs: Arrays, gy: Array) -> Sequence[Array]:
        first, *rest = vjp(xs, gy)
        return (first, *map(np.zeros_like, rest))

    return faulty


def _one_missing(vjp: Vjp) -> Vjp:
    return lambda xs, gy: vjp(xs, gy)[:-1]


def _stale(vjp: Vjp) -> Vjp:
    last: list[Arrays] = []

    def faulty(xs: Arrays, gy: Array) -> Sequence[Array]:
        used = last.pop() if last else xs
        last.append(tuple(x.copy() for x in xs))
        fits = all(u.shape == x.shape and u.dtype == x.dtype for u, x in zip(used, xs))
        return vjp(used if fits else xs, gy)

    return faulty


def _drifting(vjp: Vjp) -> Vjp:
    calls = [0]

    def faulty(xs: Arrays, gy: Array) -> Sequence[Array]:
        calls[0] += 1
        return tuple(
            (gx * gx.dtype.type(1 + calls[0] * 1e-4)).astype(gx.dtype) for gx in vjp(xs, gy)
        )

    return faulty


def _writes_input(vjp: Vjp) -> Vjp:
    def faulty(xs: Arrays, gy: Array) -> Sequence[Array]:
        gxs = tuple(gx.copy() for gx in vjp(xs, gy))
        for x in xs:
            x += 1
        return gxs

    return faulty


def _writes_cotangent(vjp: Vjp) -> Vjp:
    def faulty(xs: Arrays, gy: Array) -> Sequence[Array]:
        gxs = tuple(gx.copy() for gx in vjp(xs, gy))
        gy += 1
        return gxs

    return faulty


def _gives_argument(vjp: Vjp) -> Vjp:
    def faulty(xs: Arrays, gy: Array) -> Sequence[Array]:
        gxs = vjp(xs, gy)
        for x, gx in zip(xs, gxs):
            x[...] = gx
        return xs

    return faulty


_WRAPPERS: Final[dict[str, Callable[[Vjp], Vjp]]] = {
    "operands swapped": _swapped,
    "only the first operand": _first_only,
    "one gradient missing": _one_missing,
    "stale input": _stale,
    "another answer every time": _drifting,
    "input written into": _writes_input,
    "cotangent written into": _writes_cotangent,
    "gradient in the input's memory": _gives_argument,
    "cotangent ignored": lambda vjp: lambda xs, gy: vjp(xs, np.ones_like(gy)),
    "absolute cotangent": lambda vjp: lambda xs, gy: vjp(xs, abs(gy)),
    "squared cotangent": lambda vjp: lambda xs, gy: vjp(xs, gy * abs(gy)),
}
