"""Forward mode: tangents carried from the inputs to the outputs, node by node.

A rule may say how (`jvp`). If it does not, its `backward` is transposed: that is linear in the
cotangent, gx = Jᵀ u, so its own gradient with respect to u is J. One node at a time, forward, this
needs no more memory than the tangents.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backprop.ground.arrays import Array
from backprop.kernel.checks import fitting, pushed
from backprop.kernel.modes import run_lifted
from backprop.kernel.variable import Constant, Node, Variable, new_variable
from backprop.transforms.gradients import Call, lifted, path, pulled_back, sweep, zeros


def tangents(
    ys: Sequence[Variable],
    xs: Sequence[Variable],
    txs: Sequence[Array],
    calls: Sequence[Call] | None = None,
) -> tuple[Array, ...]:
    """The tangents of `ys` when each of `xs` moves by its one of `txs`: ty = Σ (dy/dx) tx.

    `calls` is the path from `xs` to `ys`, if it is known already.

    >>> x = Variable(np.array(3.0))
    >>> tangents([x * x], [x], [np.array(1.0)])
    (array(6.),)
    """
    table = {id(x): fitting(tx, x.data, "a tangent") for x, tx in zip(xs, txs, strict=True)}
    for call in path(ys, xs) if calls is None else calls:
        node = call.node
        given = [
            np.zeros_like(p) if x is None or id(x) not in table else table[id(x)]
            for x, p in zip(node.live, node.primals, strict=True)
        ]
        tys = node.pushed(*given) if node.has_jvp else _transposed(call, given)
        for y, ty in zip(call.all_outputs(), tys, strict=True):
            table[id(y)] = pushed(ty, y.data, type(node).__name__)
    return tuple(table[id(y)] if id(y) in table else np.zeros_like(y.data) for y in ys)


def lifted_tangents(
    ys: Sequence[Variable], xs: Sequence[Variable], txs: Sequence[Variable]
) -> tuple[Variable, ...]:
    """The tangents of `ys` as Variables, computed by a graph that can be differentiated again."""
    table = {id(x): tx for x, tx in zip(xs, txs, strict=True)}
    for call in path(ys, xs):
        given = [
            zeros(p) if x is None or id(x) not in table else table[id(x)]
            for x, p in zip(call.node.live, call.node.primals, strict=True)
        ]
        outputs = call.all_outputs()
        for y, ty in zip(outputs, _pushed(call.node, outputs, given), strict=True):
            table[id(y)] = ty
    return tuple(table[id(y)] if id(y) in table else zeros(y.data) for y in ys)


def _pushed(node: Node, outputs: tuple[Variable, ...], txs: list[Variable]) -> tuple[Variable, ...]:
    if not node.has_jvp:
        return _transpose(node, node.inputs, outputs, txs)
    tys: tuple[object, ...] = run_lifted(lifted(node, node.inputs, outputs).pushforward, *txs)
    return tuple(
        ty if isinstance(ty, Variable) else _checked(ty, y, node) for ty, y in zip(tys, outputs)
    )


def _transposed(call: Call, txs: list[Array]) -> tuple[Array, ...]:
    node = call.node
    inputs = tuple(
        new_variable(p, Constant if x is None else Variable)
        for x, p in zip(node.live, node.primals, strict=True)
    )
    outputs = tuple(map(new_variable, node.results))
    return tuple(t.data for t in _transpose(node, inputs, outputs, list(map(new_variable, txs))))


def _transpose(
    node: Node,
    inputs: tuple[Variable, ...],
    outputs: tuple[Variable, ...],
    txs: list[Variable],
) -> tuple[Variable, ...]:
    us = [new_variable(np.ones_like(y.data)) for y in outputs]
    gxs = pulled_back(node, inputs, outputs, tuple(us))
    return sweep([(gx, tx) for gx, tx in zip(gxs, txs, strict=True) if gx is not None], us)


def _checked(ty: object, y: Variable, node: Node) -> Variable:
    return Constant(fitting(ty, y.data, f"what {type(node).__name__}.jvp returned"))
