"""A chain of Functions as one Function: the notes' composite function (book step 3)."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy import ndarray

from backprop.errors import ArgumentTypeError
from backprop.functions import ufuncs as uf
from backprop.functions.bases import Elementwise
from backprop.functions.cotangents import absorb, own
from backprop.ground.arrays import Array, Result, brief
from backprop.ground.compat import override
from backprop.kernel.checks import checked_output, pushed, returned
from backprop.kernel.function import Function
from backprop.kernel.modes import blocks, recording
from backprop.kernel.variable import Variable

_Order: TypeAlias = Literal["C", "F"]

_BLOCK: Final = 2**17  # bytes, of which a handful fits into the second cache of a core
_LEAST: Final = 2**25  # bytes of all values: fewer stay in the last cache as they are


class _Recording(Function, kind=True):
    """What a call of a Chain records besides x and y: one of these, or neither."""

    __slots__ = ("calls", "slope")

    slope: Array | None  # dy/dx of each element, if it was computed with y
    calls: list[Function] | None  # those of its Functions, if they were made on all of x


class Chain(_Recording, fresh=True):
    """y = fₙ(... f₂(f₁(x))), for Functions of one input; dy/dx = fₙ' ... f₂' f₁'.

    It is one node of a graph. If all of its Functions are elementwise rules of this package, an
    array whose values would not all stay in the processor's cache goes through them in blocks that
    do, and the derivative of a block is computed with it: then nothing is as large as x but y,
    dy/dx and the gradient. The value is that of one Function after the other, bit for bit; so is
    the gradient where the cotangent is 1, as in `y.backward()`; else it is the same to some
    roundings. Where dy/dx cannot be told so (it overflows or underflows on its way) `backward`
    computes the values between anew.

    Smaller arrays, those in no order of memory, other Functions and higher orders go through the
    Functions one after the other.

    Parameters
    ----------
    *rules : Function
        Functions of one input, the first one first; their settings are theirs.

    Raises
    ------
    ArgumentTypeError
        If there is none, or one is no Function of one input.

    Examples
    --------
    >>> from backprop import Chain, Exp, Square
    >>> f = Chain(Square(), Exp(), Square())
    >>> x = Variable(np.array(0.5))
    >>> y = f(x)
    >>> y.backward()
    >>> print(x.grad)
    3.297442541400256
    """

    __slots__ = ("rules",)

    def __init__(self, *rules: Function) -> None:
        flat: list[Function] = []
        for rule in rules:
            if not isinstance(rule, Function):
                raise ArgumentTypeError(
                    f"Chain takes Functions of one input, such as Chain(Square(), Exp()), got "
                    f"{brief(rule)}"
                )
            flat += rule.rules if isinstance(rule, Chain) else (rule,)
        if not flat:
            raise ArgumentTypeError("Chain takes at least one Function: Chain(Square(), Exp())")
        self.rules: tuple[Function, ...] = tuple(flat)

    @override
    def forward(self, x: Array) -> Array:
        self.slope = self.calls = None
        order = _order(x) if x.nbytes * len(self.rules) > _LEAST else None
        if order is None or not all(isinstance(rule, Elementwise) for rule in self.rules):
            self.calls = self.nodes(x)
            return self.calls[-1].y
        return self.in_blocks(x, order)

    @override
    def backward(self, gy: Array) -> Array:
        x: Any = self.x
        if isinstance(x, Variable):  # to be differentiated again
            again: Array = self.again(x, gy)
            return again
        return self.pulled_on(x, gy) if self.slope is None else absorb(gy, self.slope)

    @override
    def consume(self, gy: Array) -> Array:
        return self.backward(gy) if self.slope is None else absorb(gy, self.slope, own(gy))

    @override
    def jvp(self, tx: Array) -> Result:
        x: Any = self.x
        moved: Any = tx
        for rule in self.rules:
            y, node = self.step(rule, x)
            moved = node.jvp(moved) if isinstance(x, Variable) else self.tangent(node, moved)
            x = y
        ty: Array = moved
        return ty

    def tangent(self, node: Function, tx: Array) -> Array:
        """How the value of one Function moves."""
        (ty,) = node.pushed(tx)
        return pushed(ty, node.y, type(node).__name__)

    def nodes(self, x: Array) -> list[Function]:
        """The Functions, called one after the other on an array."""
        found: list[Function] = []
        for rule in self.rules:
            x, node = self.step(rule, x)
            found.append(node)
        return found

    def step(self, rule: Function, x: Any) -> tuple[Any, Function]:
        """The value of one Function, and a call of it that its `backward` can read."""
        if isinstance(x, Variable):
            y = rule(x)
            made: Any = y.creator
            return y, made.lift((x,), (y,))
        node = rule._clone()
        node.x = x
        node.y = checked_output(node.forward(x), type(rule).__name__)
        return node.y, node

    def pulled_on(self, x: Array, gy: Array) -> Array:
        """The gradient, of arrays, through one Function after the other."""
        g, owned = gy, False
        for node in reversed(self.calls or self.nodes(x)):
            gx: Any = node.consume(g) if owned and node.consumes else node.pulled(g)[0]
            g = returned(gx, node.x, type(node).__name__, 0) if _is_foreign(gx, node) else gx
            owned = type(g) is ndarray and g is not gy and g.base is None
        return g.copy() if g is gy else g

    def again(self, x: Variable, gy: Any) -> Any:
        """The gradient of Variables, which is differentiated again."""
        nodes: list[Function] = []
        value: Any = x
        for rule in self.rules:
            value, node = self.step(rule, value)
            nodes.append(node)
        for node in reversed(nodes):
            gy = node.backward(gy)
        return gy

    def in_blocks(self, x: Array, order: _Order) -> Array:
        """The value, and the slope with it unless nobody asks for it, block by block."""
        line, step = x.reshape(-1, order=order), _BLOCK // x.itemsize
        y: Array = np.empty(x.shape, x.dtype, order)
        asked = not blocks.get() or recording()
        slope: Array | None = np.empty(x.shape, x.dtype, order) if asked else None
        values, slopes = y.reshape(-1, order=order), None
        if slope is not None:
            slopes = slope.reshape(-1, order=order)
        nodes = [rule._clone() for rule in self.rules]
        for i in range(0, x.size, step):
            part = line[i : i + step]
            values[i : i + step] = _valued(nodes, part)
            if slopes is not None and not _multiplied(nodes, slopes[i : i + step]):
                slope = slopes = None
        self.slope = slope
        return y


def _valued(nodes: list[Function], x: Array) -> Array:
    """Call elementwise Functions one after the other, each the only time that counts."""
    for node in nodes:
        y = node.forward(x)
        if type(y) is not ndarray or y.dtype != x.dtype:
            y = checked_output(y, type(node).__name__)
        node.x, node.y = x, y
        x = y
    return x


def _multiplied(nodes: list[Function], out: Array) -> bool:
    """Write the product of the derivatives into `out`; False if it cannot be told."""
    out.fill(1.0)
    g: Any = out
    try:
        with np.errstate(all="raise"):
            for node in reversed(nodes):
                g = node.consume(g) if node.consumes else node.backward(g)
            if g is not out:
                uf.positive(g, out=out)
    except FloatingPointError:  # the product of some is no number of the range, that of all may be
        return False
    return True


def _is_foreign(gx: object, node: Function) -> bool:
    """Whether it is not surely a new array of the shape and dtype of the input."""
    fits = type(gx) is ndarray and gx.dtype == node.x.dtype and gx.shape == node.x.shape
    return not (fits and node.fresh)


def _order(x: Array) -> _Order | None:
    """The order in which an array lies in memory, if it does."""
    if type(x) is not ndarray:
        return None
    if x.flags.c_contiguous:
        return "C"
    return "F" if x.flags.f_contiguous else None
