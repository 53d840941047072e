"""PyTorch: autograd.Function classes, modules, and any callable on tensors."""

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


class PyTorch(Framework):
    """Tensors on the processor, in the dtype and the memory layout of the arrays."""

    name: ClassVar[str] = "torch"

    def __init__(self) -> None:
        self._torch: Any = import_module("torch")

    @override
    def callable_of(self, target: Any) -> OnTensors:
        called = getattr(target, "apply") if self._is_function(target) else target  # noqa: B009
        return joining(called, lambda y: y.reshape(-1), self._torch.cat)

    @override
    def is_rule(self, target: Any) -> bool:
        return super().is_rule(target) or self._is_function(target)

    def _is_function(self, target: object) -> bool:
        return isinstance(target, type) and issubclass(target, self._torch.autograd.Function)

    @override
    def constant(self, value: Any) -> object:
        return self._torch.from_numpy(np.array(value)) if is_numpys(value) else value

    @override
    def value(self, function: OnTensors, xs: Arrays) -> Array:
        with self._torch.no_grad():
            return owned(function(*map(self._tensor, xs)).numpy())

    @override
    def vjp(self, function: OnTensors, xs: Arrays, gy: Array) -> Sequence[Array]:
        leaves = [self._tensor(x).requires_grad_() for x in xs]
        gxs = self._pulled(function, leaves, self._tensor(gy), create_graph=False)
        return tuple(owned(gx.detach().numpy()) for gx in gxs)

    @override
    def jvp(self, function: OnTensors, xs: Arrays, txs: Arrays) -> Array:
        forward = self._torch.autograd.forward_ad
        with forward.dual_level():
            duals = [forward.make_dual(self._tensor(x), self._tensor(t)) for x, t in zip(xs, txs)]
            try:
                y, ty = forward.unpack_dual(function(*duals))
            except (NotImplementedError, RuntimeError) as error:
                raise NotOffered from error
            return owned((self._torch.zeros_like(y) if ty is None else ty).detach().numpy())

    @override
    def gradient(self, function: OnTensors) -> OnTensors:
        def gradients(*tensors: Any) -> Any:
            *xs, gy = tensors
            with self._torch.enable_grad():
                xs = [x if x.requires_grad else x.detach().requires_grad_() for x in xs]
                gxs = self._pulled(function, xs, gy, create_graph=True)
                return self._torch.cat([gx.reshape(-1) for gx in gxs])

        return gradients

    def _pulled(self, function: OnTensors, xs: list[Any], gy: Any, *, create_graph: bool) -> Any:
        y = function(*xs)
        if not y.requires_grad:  # it depends on none of them
            return [self._torch.zeros_like(x) for x in xs]
        return self._torch.autograd.grad(
            y, xs, gy, create_graph=create_graph, allow_unused=True, materialize_grads=True
        )

    def _tensor(self, x: Array) -> Any:
        """A tensor in the memory of x where torch can have that: so what writes into it is seen."""
        if 0 in x.strides:
            first = tuple(slice(0, 1) if step == 0 else slice(None) for step in x.strides)
            return self._torch.from_numpy(np.array(x[first])).expand(x.shape)
        fits = x.flags.aligned and x.flags.writeable and all(step > 0 for step in x.strides)
        return self._torch.from_numpy(x if fits else np.array(x))
