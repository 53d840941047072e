"""HIPS autograd: primitives and callables on autograd.numpy."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from backprop.ground.arrays import Array
from backprop.ground.compat import override
from backprop.ground.narrowing import is_numpys
from backprop.testing.frameworks.protocol import (
    Arrays,
    Framework,
    NotOffered,
    OnTensors,
    joining,
    owned,
)


class Autograd(Framework):
    """NumPy's own arrays, traced."""

    name: ClassVar[str] = "autograd"

    def __init__(self) -> None:
        self._autograd: Any = import_module("autograd")
        self._np: Any = import_module("autograd.numpy")

    @override
    def callable_of(self, target: Any) -> OnTensors:
        return joining(self._tracing(target), self._np.ravel, self._np.concatenate)

    def _tracing(self, target: Any) -> OnTensors:
        """The function; an array of traced numbers that it gives as one array that is traced.

        A function of NumPy that has no rule there gives such an array of objects (dstack, block).
        """

        def traced(*xs: Any, **settings: Any) -> Any:
            y = target(*xs, **settings)
            return self._np.array(y.tolist()) if _is_of_objects(y) else y

        return traced

    @override
    def is_rule(self, target: Any) -> bool:
        return super().is_rule(target) or hasattr(target, "_is_autograd_primitive")

    @override
    def home(self, target: Any) -> str:
        return super().home(getattr(target, "fun", target))  # a primitive says where it is made

    @override
    def value(self, function: OnTensors, xs: Arrays) -> Array:
        return np.asarray(function(*xs))

    @override
    def vjp(self, function: OnTensors, xs: Arrays, gy: Array) -> Sequence[Array]:
        pullback, _ = self._autograd.make_vjp(_of_tuple(function))(xs)
        return tuple(map(owned, pullback(gy)))

    @override
    def jvp(self, function: OnTensors, xs: Arrays, txs: Arrays) -> Array:
        try:
            return owned(self._autograd.make_jvp(_of_tuple(function))(xs)(txs)[1])
        except NotImplementedError as error:
            raise NotOffered from error

    @override
    def gradient(self, function: OnTensors) -> OnTensors:
        def gradients(*arrays: Any) -> Any:
            *xs, gy = arrays
            gxs = self._autograd.make_vjp(_of_tuple(function))(tuple(xs))[0](gy)
            return self._np.concatenate([self._np.ravel(gx) for gx in gxs])

        return gradients


def _is_of_objects(y: object) -> bool:
    return is_numpys(y) and y.dtype == object


def _of_tuple(function: OnTensors) -> OnTensors:
    """A function of one tuple of arrays, by all of which it is differentiated at once."""

    def of_tuple(xs: tuple[Any, ...]) -> Any:
        return function(*xs)

    return of_tuple
