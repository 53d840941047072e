"""JAX: custom_vjp and custom_jvp functions, jitted ones, and any callable on its arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from importlib import import_module
from typing import Any, ClassVar, Final

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

_KEPT: Final = 64  # functions, of which a verification has a few


class _Compiled:
    """A function compiled for each shape and dtype, or as it is where that cannot be done.

    What looks at values, in an `if` for instance, cannot be compiled.
    """

    def __init__(self, function: OnTensors, jit: Callable[[OnTensors], OnTensors]) -> None:
        self._eager = function
        self._call = jit(function)

    def __call__(self, *arrays: Any) -> Any:
        try:
            return self._call(*arrays)
        except Exception:
            found = self._eager(*arrays)  # which may raise, as its author would see it
            self._call = self._eager
            return found


class Jax(Framework):
    """Arrays of JAX; while they are verified, float64 is switched on."""

    name: ClassVar[str] = "jax"
    few: ClassVar[Shapes | None] = (((),), ((3,),), ((2, 3),))  # each is compiled

    def __init__(self) -> None:
        self._jax: Any = import_module("jax")
        self._np: Any = import_module("jax.numpy")
        self._compiled = lru_cache(_KEPT)(self._compile)

    def _compile(self, function: OnTensors, kind: str) -> _Compiled:
        """The value, the pullback or the pushforward of a function, as one compiled function."""

        def vjp(gy: Any, *xs: Any) -> Any:
            return self._jax.vjp(function, *xs)[1](gy)

        def jvp(txs: Any, *xs: Any) -> Any:
            return self._jax.jvp(function, xs, txs)[1]

        made: dict[str, OnTensors] = {"value": function, "vjp": vjp, "jvp": jvp}
        return _Compiled(made[kind], self._jax.jit)

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
            return owned(self._compiled(function, "value")(*map(self._np.asarray, xs)))

    @override
    def vjp(self, function: OnTensors, xs: Arrays, gy: Array) -> Sequence[Array]:
        with self._wide():
            arrays = map(self._np.asarray, (gy, *xs))
            return tuple(map(owned, self._compiled(function, "vjp")(*arrays)))

    @override
    def jvp(self, function: OnTensors, xs: Arrays, txs: Arrays) -> Array:
        arrays: tuple[Any, ...] = tuple(map(self._np.asarray, xs))
        tangents: tuple[Any, ...] = tuple(map(self._np.asarray, txs))
        with self._wide():
            try:
                return owned(self._compiled(function, "jvp")(tangents, *arrays))
            except TypeError as error:
                if "can't apply forward-mode" not in str(error):  # as a custom_vjp says
                    raise
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
