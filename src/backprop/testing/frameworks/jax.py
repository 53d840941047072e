"""JAX: custom_vjp and custom_jvp functions, jitted ones, and any callable on its arrays."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from backprop.ground.arrays import Array, Shapes
from backprop.ground.compat import override
from backprop.testing.frameworks.protocol import (
    Arrays,
    Framework,
    NotOffered,
    OnTensors,
    joining,
    owned,
)


class Jax(Framework):
    """Arrays of JAX; while they are verified, float64 is switched on."""

    name: ClassVar[str] = "jax"
    few: ClassVar[Shapes | None] = (((),), ((3,),), ((2, 3),))  # each is compiled

    def __init__(self) -> None:
        self._jax: Any = import_module("jax")
        self._np: Any = import_module("jax.numpy")

    @override
    def callable_of(self, target: Any) -> OnTensors:
        return joining(target, self._np.ravel, self._np.concatenate)

    @override
    def is_rule(self, target: Any) -> bool:
        kinds = (self._jax.custom_vjp, self._jax.custom_jvp)
        return super().is_rule(target) or isinstance(target, kinds)

    @override
    def body(self, target: Any) -> Any | None:
        kinds = (self._jax.custom_vjp, self._jax.custom_jvp)
        return target.fun if isinstance(target, kinds) else None

    @override
    def constant(self, value: object) -> object:
        return self._np.asarray(value) if isinstance(value, np.ndarray) else value

    @override
    def value(self, function: OnTensors, xs: Arrays) -> Array:
        with self._wide():
            return owned(function(*map(self._np.asarray, xs)))

    @override
    def vjp(self, function: OnTensors, xs: Arrays, gy: Array) -> Sequence[Array]:
        with self._wide():
            _, pullback = self._jax.vjp(function, *map(self._np.asarray, xs))
            return tuple(map(owned, pullback(self._np.asarray(gy))))

    @override
    def jvp(self, function: OnTensors, xs: Arrays, txs: Arrays) -> Array:
        arrays: tuple[Any, ...] = tuple(map(self._np.asarray, xs))
        tangents: tuple[Any, ...] = tuple(map(self._np.asarray, txs))
        with self._wide():
            try:
                return owned(self._jax.jvp(function, arrays, tangents)[1])
            except TypeError as error:  # a custom_vjp says that it has no forward mode
                raise NotOffered from error

    @override
    def gradient(self, function: OnTensors) -> OnTensors:
        def gradients(*arrays: Any) -> Any:
            *xs, gy = arrays
            gxs = self._jax.vjp(function, *xs)[1](gy)
            return self._np.concatenate([self._np.ravel(gx) for gx in gxs])

        return gradients

    def _wide(self) -> AbstractContextManager[Any]:
        scope: AbstractContextManager[Any] = self._jax.enable_x64(True)
        return scope
