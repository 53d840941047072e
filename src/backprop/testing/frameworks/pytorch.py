"""PyTorch: autograd.Function classes, modules, and any callable on tensors."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from backprop.ground.arrays import Array
from backprop.ground.compat import override
from backprop.ground.narrowing import is_numpys
from backprop.pytree import Tree
from backprop.testing.frameworks.protocol import (
    Arrays,
    Framework,
    NotOffered,
    OnTensors,
    joining,
    owned,
)


class PyTorch(Framework):
    """Tensors in the dtype and the memory layout of the arrays, on the device of what is called."""

    name: ClassVar[str] = "torch"

    def __init__(self, device: object = None) -> None:
        self._torch: Any = import_module("torch")
        self._device = device  # None: where NumPy's arrays are

    @override
    def callable_of(self, target: Any) -> OnTensors:
        called = getattr(target, "apply") if self._is_function(target) else target  # noqa: B009
        if self.parameters(target) is not None:
            called = partial(self._functional, target)
        return joining(called, lambda y: y.reshape(-1), self._torch.cat)

    @override
    def body(self, target: Any) -> Any | None:
        if not self._is_function(target):
            return None
        own: Any = target.setup_context is not self._torch.autograd.Function.setup_context
        return target.forward if own else partial(_with_context, target.forward)

    @override
    def parameters(self, target: Any) -> Tree | None:
        if not isinstance(target, self._torch.nn.Module):
            return None
        return dict(target.named_parameters()) or None

    def _functional(self, module: Any, parameters: Tree, *xs: Any, **settings: Any) -> Any:
        """The module with these parameters; it writes into copies of its buffers, if it does."""
        buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
        state = {**parameters, **buffers}
        return self._torch.func.functional_call(module, state, xs, settings)

    @override
    def beside(self, values: Iterable[Any]) -> Framework:
        devices: list[Any] = [v.device for v in values if isinstance(v, self._torch.Tensor)]
        return PyTorch(devices[0]) if devices else self

    @override
    def is_rule(self, target: Any) -> bool:
        return super().is_rule(target) or self._is_function(target)

    def _is_function(self, target: object) -> bool:
        return isinstance(target, type) and issubclass(target, self._torch.autograd.Function)

    @override
    def constant(self, value: Any) -> object:
        return self._placed(np.array(value)) if is_numpys(value) else value

    @override
    def value(self, function: OnTensors, xs: Arrays) -> Array:
        with self._alone(), self._torch.no_grad():
            return owned(function(*map(self._tensor, xs)).cpu().numpy())

    @override
    def vjp(self, function: OnTensors, xs: Arrays, gy: Array) -> Sequence[Array]:
        leaves = [self._tensor(x).requires_grad_() for x in xs]
        with self._alone():
            gxs = self._pulled(function, leaves, self._tensor(gy), create_graph=False)
        return tuple(owned(gx.detach().cpu().numpy()) for gx in gxs)

    @override
    def jvp(self, function: OnTensors, xs: Arrays, txs: Arrays) -> Array:
        forward = self._torch.autograd.forward_ad
        with self._alone(), forward.dual_level():
            duals = [forward.make_dual(self._tensor(x), self._tensor(t)) for x, t in zip(xs, txs)]
            try:
                y, ty = forward.unpack_dual(function(*duals))
            except NotImplementedError as error:  # what else a jvp raises is a finding
                raise NotOffered from error
            return owned((self._torch.zeros_like(y) if ty is None else ty).detach().cpu().numpy())

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

    @contextmanager
    def _alone(self) -> Generator[None]:
        """On one thread: to wake the others takes longer than all there is to do."""
        threads: int = self._torch.get_num_threads()
        self._torch.set_num_threads(1)
        try:
            yield
        finally:
            self._torch.set_num_threads(threads)

    def _tensor(self, x: Array) -> Any:
        """A tensor in the memory of x where torch can have that: so what writes into it is seen."""
        if 0 in x.strides:
            first = tuple(slice(0, 1) if step == 0 else slice(None) for step in x.strides)
            return self._placed(np.array(x[first])).expand(x.shape)
        fits = x.flags.aligned and x.flags.writeable and all(step > 0 for step in x.strides)
        return self._placed(x if fits else np.array(x))

    def _placed(self, x: Any) -> Any:
        made = self._torch.from_numpy(x)
        return made if self._device is None else made.to(self._device)


class _Context:
    """What a forward writes on, where nobody asks for it back."""

    needs_input_grad: ClassVar[tuple[bool, ...]] = (True,) * 16

    def __getattr__(self, name: str) -> Any:
        return _nothing


def _nothing(*values: Any, **settings: Any) -> None:
    """What save_for_backward and its kin do here."""


def _with_context(forward: Callable[..., Any], *xs: Any, **settings: Any) -> Any:
    return forward(_Context(), *xs, **settings)
