"""Right rules that are linear, take elements by indices, or are of matrices."""

from __future__ import annotations

from typing import Final

import numpy as np

from backprop import Interval
from tests.testing.zoo.kinds import (
    HILBERT,
    KERNEL,
    MATRICES,
    PLACES,
    SQUARE,
    STEEP,
    UNIT,
    VECTORS,
    WEIGHTS,
    Right,
    inverse,
    like,
    placed,
    regular,
    rows,
    scattered,
    total,
)

RIGHT: Final = (
    # Linear maps, indices and matrices.
    Right("transpose", lambda x: x.T.copy(), lambda x, gy: gy.T.copy(), shapes=MATRICES),
    Right("reshape", lambda x: x.reshape(-1).copy(), lambda x, gy: gy.reshape(x.shape).copy()),
    Right(
        "roll",
        lambda x: np.roll(x, 1, -1),
        lambda x, gy: np.roll(gy, -1, -1),
        shapes=(*VECTORS, *MATRICES),
    ),
    Right(
        "flip",
        lambda x: x[..., ::-1].copy(),
        lambda x, gy: gy[..., ::-1].copy(),
        shapes=(*VECTORS, *MATRICES),
    ),
    Right("take", lambda x: x[PLACES], scattered, shapes=((3,), (5,))),
    Right(
        "slice",
        lambda x: x[1:].copy(),
        lambda x, gy: placed(x, gy, slice(1, None)),
        shapes=((3,), (5,)),
    ),
    Right("pad", lambda x: np.pad(x, 1), lambda x, gy: gy[1:-1].copy(), shapes=VECTORS),
    Right("to (2, n)", lambda x: np.stack([x, x]), lambda x, gy: total(gy, 0), shapes=VECTORS),
    Right(
        "x + row",
        lambda x: x + np.zeros((1, 3), x.dtype),
        lambda x, gy: rows(gy),
        shapes=((2, 1), (3, 1)),
    ),
    Right(
        "convolve",
        lambda x: np.convolve(x, like(KERNEL, x)),
        lambda x, gy: np.correlate(gy, like(KERNEL, x), "valid"),
        Interval(-1e3, 1e3),
        shapes=((3,), (5,)),
    ),
    Right(
        "W @ x",
        lambda x: like(WEIGHTS, x) @ x,
        lambda x, gy: like(WEIGHTS, x).T @ gy,
        Interval(-1e9, 1e9),
        shapes=((3,), (3, 2)),
    ),
    Right(
        "Hilbert @ x",
        lambda x: like(HILBERT, x) @ x,
        lambda x, gy: like(HILBERT, x).T @ gy,
        shapes=((6,),),
    ),
    Right(
        "entries 1e-10 to 1e15",
        lambda x: like(STEEP, x) @ x,
        lambda x, gy: like(STEEP, x).T @ gy,
        Interval(-1e9, 1e9),
        shapes=((6,),),
    ),
    Right(
        "einsum",
        lambda x: np.einsum("ij,kj->ik", x, x),
        lambda x, gy: (gy + gy.T) @ x,
        Interval(-1e3, 1e3),
        shapes=MATRICES,
    ),
    Right(
        "x @ x",
        lambda x: x @ x,
        lambda x, gy: gy @ x.T + x.T @ gy,
        Interval(-1e3, 1e3),
        shapes=SQUARE,
    ),
    Right(
        "quadratic form",
        lambda x: np.asarray(x @ like(WEIGHTS, x) @ x),
        lambda x, gy: gy * (like(WEIGHTS + WEIGHTS.T, x) @ x),
        Interval(-1e3, 1e3),
        shapes=((3,),),
    ),
    Right("inverse", inverse, lambda x, gy: -inverse(x).T @ gy @ inverse(x).T, UNIT, SQUARE),
    Right(
        "det",
        lambda x: np.asarray(np.linalg.det(regular(x))),
        lambda x, gy: gy * np.linalg.det(regular(x)) * inverse(x).T,
        UNIT,
        SQUARE,
    ),
    Right(
        "log det",
        lambda x: np.asarray(np.linalg.slogdet(regular(x))[1]),
        lambda x, gy: gy * inverse(x).T,
        UNIT,
        SQUARE,
    ),
    Right(
        "solve",
        lambda x: np.linalg.solve(regular(x), np.ones(len(x), x.dtype)),
        lambda x, gy: -np.outer(inverse(x).T @ gy, inverse(x).sum(1)),
        UNIT,
        SQUARE,
    ),
    Right(
        "trace of the inverse",
        lambda x: np.asarray(np.trace(inverse(x))),
        lambda x, gy: -gy * (inverse(x) @ inverse(x)).T,
        UNIT,
        SQUARE,
    ),
)  # fmt: skip
