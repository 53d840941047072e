"""MyGrad: its operations and callables on its tensors. It has first order only."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from backprop.ground.arrays import Array
from backprop.ground.compat import override
from backprop.testing.frameworks.protocol import Arrays, Framework, OnTensors, joining, owned


class MyGrad(Framework):
    """Tensors that hold NumPy's arrays."""

    name: ClassVar[str] = "mygrad"

    def __init__(self) -> None:
        self._mygrad: Any = import_module("mygrad")

    @override
    def callable_of(self, target: Any) -> OnTensors:
        return joining(target, lambda y: y.reshape(-1), self._mygrad.concatenate)

    @override
    def value(self, function: OnTensors, xs: Arrays) -> Array:
        return owned(np.asarray(function(*map(self._mygrad.tensor, xs))))

    @override
    def vjp(self, function: OnTensors, xs: Arrays, gy: Array) -> Sequence[Array]:
        tensors: list[Any] = [self._mygrad.tensor(x) for x in xs]
        function(*tensors).backward(gy)
        return tuple(np.zeros_like(t.data) if t.grad is None else owned(t.grad) for t in tensors)
