"""The libraries that are timed, each asked in its own way for the gradients of a program."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.speed.works import Work

Call = Callable[[], list[Any]]  # the gradients, anew each time
Ask = Callable[[Work], Call]


def one_thread() -> None:
    """Let no library use a second core: before any is imported."""
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def warm_allocator() -> None:
    """Let malloc keep what is freed: else large arrays are given back, and their pages come anew.

    glibc learns from the largest array freed so far: what was timed first would be slower.
    """
    np.ones(4_000_000)


def by_hand(work: Work) -> Call:
    """NumPy, written by a careful person."""
    floor = work.floor
    assert floor is not None
    return lambda: floor(*work.inputs)


def ours(work: Work) -> Call:
    """This package: Variables, and backward()."""
    import backprop.numpy as o
    from backprop import Variable

    n = len(_argnums(work))

    def call() -> list[Any]:
        xs = [Variable(x) for x in work.inputs[:n]]
        work.program(o, *xs, *work.inputs[n:]).backward(retain_grad=work.retain_grad)
        return [x.grad for x in xs]

    return call


def ours_by_grad(work: Work) -> Call:
    """This package: grad."""
    import backprop.numpy as o
    from backprop import elementwise_grad, hvp

    if work.second:
        product = hvp(lambda x: work.program(o, x))
        (x,) = work.inputs
        v = np.ones_like(x)
        return lambda: [product(x, v)]
    f = elementwise_grad(lambda *xs: work.program(o, *xs), _argnums(work))
    return lambda: list(f(*work.inputs))


def torch(work: Work) -> Call:
    """PyTorch, on tensors of one thread."""
    import torch as t

    t.set_num_threads(1)
    tensors = [t.tensor(np.asarray(x)) for x in work.inputs]
    n = len(_argnums(work))

    def call() -> list[Any]:
        xs = [x.clone().requires_grad_() for x in tensors[:n]]
        y = work.program(t, *xs, *tensors[n:])
        if work.second:
            (gx,) = t.autograd.grad(y, xs, create_graph=True)
            return list(t.autograd.grad(gx.sum(), xs))
        y.backward(t.ones_like(y))
        return [x.grad for x in xs]

    return call


def jax_jit(work: Work) -> Call:
    """JAX, compiled; compiling is not timed."""
    return _jax(work, compiled=True)


def jax_eager(work: Work) -> Call:
    """JAX, one operation after another."""
    return _jax(work, compiled=False)


def _jax(work: Work, *, compiled: bool) -> Call:
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as o

    slope = jax.grad(lambda *xs: o.sum(work.program(o, *xs)), _argnums(work))
    if work.second:
        first = slope
        slope = jax.grad(lambda x: o.sum(first(x)[0]), (0,))
    f = jax.jit(slope) if compiled else slope
    xs = [o.asarray(x) for x in work.inputs]
    return lambda: [g.block_until_ready() for g in f(*xs)]


def hips(work: Work) -> Call:
    """HIPS autograd."""
    import autograd.numpy as o
    from autograd import elementwise_grad

    f = elementwise_grad(lambda *xs: work.program(o, *xs), _argnums(work))
    if work.second:
        first = f
        f = elementwise_grad(lambda x: o.sum(first(x)[0]), (0,))
    return lambda: list(f(*work.inputs))


def mygrad(work: Work) -> Call:
    """MyGrad."""
    import mygrad as mg

    if work.second:
        raise NotImplementedError("MyGrad has no second order")
    n = len(_argnums(work))

    def call() -> list[Any]:
        xs = [mg.tensor(x) for x in work.inputs[:n]]
        work.program(mg, *xs, *work.inputs[n:]).backward()
        return [x.grad for x in xs]

    return call


def micrograd(work: Work) -> Call:
    """micrograd, which knows numbers only."""
    from micrograd.engine import Value

    o = SimpleNamespace(square=lambda v: v**2, exp=lambda v: _exp(Value, v))
    (x,) = work.inputs

    def call() -> list[Any]:
        v = Value(float(x))
        work.program(o, v).backward()
        return [v.grad]

    return call


def _exp(value: Any, v: Any) -> Any:
    from math import exp

    y = value(exp(v.data), (v,), "exp")

    def backward() -> None:
        v.grad += y.data * y.grad

    y._backward = backward
    return y


def _argnums(work: Work) -> tuple[int, ...]:
    constants = 2 if work.program.__name__ == "mlp" else 0
    return tuple(range(len(work.inputs) - constants))


LIBRARIES: dict[str, tuple[str, Ask]] = {  # the module that must be installed, and how it is asked
    "torch": ("torch", torch),
    "jax.jit": ("jax", jax_jit),
    "JAX": ("jax", jax_eager),
    "HIPS": ("autograd", hips),
    "MyGrad": ("mygrad", mygrad),
    "micrograd": ("micrograd", micrograd),
}


def installed() -> dict[str, Ask]:
    """Those that are here."""
    return {name: ask for name, (module, ask) in LIBRARIES.items() if find_spec(module)}
