"""MyGrad: its operations and callables on its tensors. It has first order only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
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
        self._operation: type = import_module("mygrad.operation_base").Operation

    @override
    def callable_of(self, target: Any) -> OnTensors:
        called = partial(self._executed, target) if self._is_operation(target) else target
        return joining(called, lambda y: y.reshape(-1), self._mygrad.concatenate)

    @override
    def is_rule(self, target: Any) -> bool:
        return super().is_rule(target) or self._is_operation(target)

    def _is_operation(self, target: object) -> bool:
        return isinstance(target, type) and issubclass(target, self._operation)

    def _executed(self, operation: Any, *xs: Any, **settings: Any) -> Any:
        return self._mygrad.execute_op(operation, *xs, op_kwargs=settings)

    @override
    def value(self, function: OnTensors, xs: Arrays) -> Array:
        return owned(np.asarray(function(*map(self._mygrad.tensor, xs))))

    @override
    def vjp(self, function: OnTensors, xs: Arrays, gy: Array) -> Sequence[Array]:
        tensors: list[Any] = [self._mygrad.tensor(x) for x in xs]
        function(*tensors).backward(gy)
        return tuple(np.zeros_like(t.data) if t.grad is None else owned(t.grad) for t in tensors)
