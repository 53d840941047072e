"""NumPy's names in backprop.numpy as type checkers see them: no Any, and what runs."""

from __future__ import annotations

from typing import Any, assert_type

import numpy
from numpy.typing import NDArray

import backprop.numpy as np
import backprop.numpy.random as npr
from backprop import Variable

v = Variable([0.5, 1.0, 2.0])

# Types, modules and constants are NumPy's own.
half: np.ndarray[tuple[int], np.dtype[np.float16]] = np.zeros(3, np.float16)
index: NDArray[np.int32] = np.arange(3, dtype=np.int32)
assert_type(np.pi, float)
assert_type(np.linalg.LinAlgError("no"), numpy.linalg.LinAlgError)
assert_type(np.random.default_rng(0), numpy.random.Generator)
assert_type(npr.default_rng(0), numpy.random.Generator)
np.testing.assert_allclose(v.data, [0.5, 1.0, 2.0])
with np.errstate(all="ignore"):
    assert_type(np.isfinite(v.data).all(), np.bool)

# ufuncs are functions with the attributes and the methods of ufuncs.
assert_type(np.exp(v, dtype=float), Variable)
assert_type(np.exp.nin, int)
assert_type(np.add.outer(v, index), Variable)
assert_type(np.add.reduce(v, keepdims=True), Variable)
assert_type(np.logaddexp.accumulate(v), Variable)
assert_type(np.hypot.outer(v, 1.0), Variable)
assert_type(np.add.reduceat(v.data, [0, 1]), NDArray[Any])

# Sets.
assert_type(np.unique(v), Variable)
assert_type(np.setdiff1d(v, 1.0), Variable)
values, first, second = np.intersect1d(v, v, return_indices=True)
assert_type(values, Variable)
assert_type(first, NDArray[np.intp])
