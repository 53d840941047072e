"""Right rules that reduce, or run along an axis."""

from __future__ import annotations

from typing import Final

import numpy as np

from backprop import Interval
from backprop.ground.domain import POSITIVE
from tests.testing.zoo.kinds import (
    MATRICES,
    VECTORS,
    Right,
    log_softmax,
    logsumexp,
    others,
    placed,
    rows,
    scaled_norm,
    share,
    softmax,
    suffix_sums,
    total,
    unsorted,
)

RIGHT: Final = (
    # Reductions and what runs along an axis.
    Right("sum", total, lambda x, gy: np.full_like(x, gy)),
    Right("sum of 20000", total, lambda x, gy: np.full_like(x, gy), shapes=((20000,),)),
    Right(
        "sum, axis 0",
        lambda x: total(x, 0),
        lambda x, gy: np.broadcast_to(gy, x.shape).copy(),
        shapes=MATRICES,
    ),
    Right(
        "mean",
        lambda x: total(x) / x.size,
        lambda x, gy: np.full_like(x, gy / x.size),
        shapes=(*VECTORS, (2, 3), (1030,)),
    ),
    Right(
        "prod",
        lambda x: np.asarray(x.prod()),
        lambda x, gy: gy * others(x),
        Interval(-4, 4),
        shapes=VECTORS,
    ),
    Right(
        "prod by division",
        lambda x: np.asarray(x.prod()),
        lambda x, gy: gy * x.prod() / x,
        Interval(0.1, 4),
        shapes=VECTORS,
    ),
    Right(
        "cumsum",
        lambda x: np.cumsum(x, axis=-1),
        lambda x, gy: suffix_sums(gy),
        shapes=(*VECTORS, *MATRICES),
    ),
    Right("max", lambda x: np.asarray(x.max()), lambda x, gy: gy * share(x), shapes=VECTORS),
    Right(
        "max, the first",
        lambda x: np.asarray(x.max()),
        lambda x, gy: gy * (np.arange(x.size) == x.argmax()),
        shapes=VECTORS,
    ),
    Right("sort", np.sort, unsorted, shapes=VECTORS),
    Right(
        "median of 3",
        lambda x: np.asarray(np.sort(x)[1]),
        lambda x, gy: placed(x, gy, slice(None)) * (np.argsort(np.argsort(x)) == 1),
        shapes=((3,),),
    ),
    Right(
        "variance",
        lambda x: np.asarray(x.var()),
        lambda x, gy: gy * 2 * (x - x.mean()) / x.size,
        Interval(-1e3, 1e3),
        shapes=VECTORS,
    ),
    Right(
        "norm",
        lambda x: np.sqrt(total(x * x)),
        lambda x, gy: gy * x / np.sqrt(total(x * x)),
        Interval(1e-3, 1e3),
        shapes=VECTORS,
    ),
    Right(
        "norm, stable",
        scaled_norm,
        lambda x, gy: gy * (x / scaled_norm(x)),
        POSITIVE,
        shapes=VECTORS,
    ),
    Right("logsumexp", logsumexp, lambda x, gy: gy[..., None] * softmax(x), shapes=VECTORS),
    Right(
        "softmax",
        softmax,
        lambda x, gy: softmax(x) * (gy - rows(gy * softmax(x))),
        shapes=(*VECTORS, *MATRICES),
    ),
    Right("log softmax", log_softmax, lambda x, gy: gy - softmax(x) * rows(gy), shapes=VECTORS),
    Right(
        "diff",
        np.diff,
        lambda x, gy: -np.diff(gy, prepend=0, append=0).astype(x.dtype),
        shapes=((3,), (5,)),
    ),
)  # fmt: skip
