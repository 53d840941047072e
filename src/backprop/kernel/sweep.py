"""The reverse sweep: from a value back to all that it was computed from (book steps 6 and 7).

What it walks is said by two Protocols: a Value has data and perhaps a creator, a Creator has inputs
and a rule that takes cotangents back to them. Variable and the kinds of Function are these.
"""

from __future__ import annotations

from _thread import RLock  # threading itself costs a fortieth of `import numpy`
from collections import deque
from contextlib import suppress
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeAlias

import numpy as np
from numpy import ndarray

from backprop.errors import GradientCountError
from backprop.ground.arrays import Array, Result, brief
from backprop.ground.misuse import cycle
from backprop.kernel.checks import fitting, returned
from backprop.kernel.modes import is_checking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    _Setter: TypeAlias = Callable[[Any, Array | None], None]
    _Grads: TypeAlias = list[Array | None]

_add: Final = np.add


class Value(Protocol):
    """What the sweep asks of a Variable."""

    is_constant: ClassVar[bool]

    @property
    def _creator(self) -> Creator | None: ...


class Creator(Protocol):
    """What the sweep asks of the Function that made a value."""

    arity: ClassVar[int | None]
    fresh: ClassVar[bool]
    generation: int

    @property
    def inputs(self) -> Sequence[Value]: ...

    @property
    def primals(self) -> tuple[Array, ...]: ...

    def pullback(self, *gys: Array) -> tuple[Result | None, ...]: ...

    def pulled(self, *gys: Array) -> tuple[Result | None, ...]: ...

    def cotangents(
        self, v: object, gy: Array, take: Callable[[Any, Array], Array]
    ) -> tuple[Array, ...]: ...


class Sweep:
    """One walk back from `root`; it changes no Variable.

    Each node is passed once, after all its consumers, in O(nodes + edges): along a chain with no
    bookkeeping at all, and by a heap in the order of generations where several nodes are open.
    """

    __slots__ = ("grads", "heap", "plain", "reached", "retain_grad", "table", "variables")

    def __init__(self, retain_grad: bool) -> None:
        self.retain_grad: bool = retain_grad
        self.plain: bool = not is_checking()
        self.variables: list[Any] = []  # those passed,
        self.grads: list[Array | None] = []  # and the gradient of each
        self.table: dict[int, tuple[Value, Array]] = {}  # those reached: the cotangent so far
        self.reached: int = 0
        self.heap: list[tuple[int, int, Value]] = []  # of these the ones with a creator

    def run(self, root: Value, seed: Array) -> None:
        """Fill `variables` and `grads`, `root` first."""
        heap, keep, leave, plain = self.heap, self.retain_grad, self.variables.append, self.plain
        grade = self.grads.append
        v, gy = root, seed
        while (node := v._creator) is not None:
            leave(v)
            grade(gy if keep else None)
            if node.arity == 1:
                one: Any = node
                fresh = plain and node.fresh
                gx = one.backward(gy) if fresh else node.pulled(gy)[0]
                data = one.x
                if type(gx) is ndarray and gx.dtype is data.dtype and gx.shape == data.shape:
                    # Nobody else may write into what becomes a gradient, nor may we into theirs.
                    if not fresh or gx is gy or gx.base is not None:
                        gx = gx.copy()
                else:
                    gx = returned(gx, data, type(node).__name__, 0)
                v, gy = one._input, gx
                above = v._creator
                if above is None:
                    if not self.table:
                        break
                elif above.generation >= node.generation:
                    raise cycle(type(node).__name__)
                elif not heap or above.generation > -heap[0][0]:
                    continue
                self.reach(v, gy)
            else:
                self.spread(node, v, gy)
            reached = self.next()
            if reached is None:
                return self.finish()
            v, gy = reached
        if not v.is_constant:  # the one leaf of a chain
            leave(v)
            grade(gy)
        return None

    def spread(self, node: Creator, v: Value, gy: Array) -> None:
        """Take the cotangents of a node's outputs back to each of its inputs."""
        gys = node.cotangents(v, gy, self.take)
        fresh = self.plain and node.fresh
        gxs: object = node.pullback(*gys) if fresh else node.pulled(*gys)
        inputs = node.inputs
        if not isinstance(gxs, (tuple, list)) or len(gxs) != len(inputs):
            raise GradientCountError(
                f"{type(node).__name__}.backward must return a tuple of {len(inputs)} gradients, "
                f"one for each input, got {brief(gxs)}"
            )
        for i, (x, data, gx) in enumerate(zip(inputs, node.primals, gxs)):
            if x.is_constant:
                continue
            if x._creator is not None and x._creator.generation >= node.generation:
                raise cycle(type(node).__name__)
            if type(gx) is ndarray and gx.dtype is data.dtype and gx.shape == data.shape:
                if not fresh or gx.base is not None or any(gx is gy for gy in gys):
                    gx = gx.copy()
            else:
                gx = returned(gx, data, type(node).__name__, i)
            self.reach(x, gx)

    def take(self, v: Value | None, y: Array) -> Array:
        """The cotangent of an output besides the one the sweep came by: zeros if not reached."""
        reached = self.table.pop(id(v), None)
        if v is None or reached is None:
            return np.zeros_like(y)
        self.variables.append(v)
        self.grads.append(reached[1] if self.retain_grad else None)
        return reached[1]

    def reach(self, v: Value, g: Array) -> None:
        """Add `g`, an array that is nobody else's, to the cotangent of `v`."""
        key = id(v)
        held = self.table.get(key)
        if held is None:
            self.table[key] = (v, g)
            if v._creator is not None:
                # In the order reached, not of addresses: sums must round the same way every time.
                self.reached += 1
                heappush(self.heap, (-v._creator.generation, self.reached, v))
        elif type(g) is ndarray is type(held[1]) and held[1].flags.writeable:
            _add(held[1], g, out=held[1])
        else:
            self.table[key] = (v, held[1] + g)

    def next(self) -> tuple[Value, Array] | None:
        """The Variable reached that was made last, with its whole cotangent."""
        while self.heap:
            reached = self.table.pop(id(heappop(self.heap)[2]), None)
            if reached is not None:  # else it went with another output of the same call
                return reached
        return None

    def finish(self) -> None:
        """Pass the leaves: all that is left in the table."""
        for leaf, g in self.table.values():
            if not leaf.is_constant:
                self.variables.append(leaf)
                self.grads.append(g)

    def store(self, set_grad: _Setter, given: Array | None, accumulate: bool) -> None:
        """Give each Variable passed its gradient, or add it to that; `given` is the root's own."""
        variables, grads = self.variables, self.grads
        if accumulate:
            try:
                with _adding: _store(set_grad, variables, _sums(variables, grads, given))  # noqa: E701  # fmt: skip  # see it
            finally:
                _let_go()
            return
        if given is not None:
            grads[0] = given
        _store(set_grad, variables, grads)


# The one lock: two threads that add to the same gradient must not both read the old sum. What it
# guards stands on the line of its `with`: so an exception that a tracer raises between two lines
# meets it either not yet taken, or given back. From 3.14 on a signal may come when it is taken and
# the block not yet entered: so whoever holds it still after the block lets it go.
_adding: Final = RLock()


def _let_go() -> None:
    with suppress(RuntimeError):  # it is not held, as ever
        _adding.release()


def _store(set_grad: _Setter, variables: list[Any], grads: _Grads) -> None:
    """In one call into C, which no signal divides."""
    deque(map(set_grad, variables, grads), maxlen=0)


def _sums(variables: list[Any], grads: _Grads, given: Array | None) -> _Grads:
    sums = [_sum(v._grad, g) for v, g in zip(variables, grads, strict=True)]
    if given is not None:
        sums[0] = given
    return sums


def _sum(held: Array | None, g: Array | None) -> Array | None:
    if held is None or g is None:
        return g
    return np.add(fitting(held, g, "the grad to add to, which cleargrad() removes,"), g, out=...)


def pull(root: Value, seed: Array) -> list[tuple[Any, Array]]:
    """The leaves that `root` was computed from, and their gradients; no Variable is changed."""
    walk = Sweep(retain_grad=False)
    walk.run(root, seed)
    return [(v, g) for v, g in zip(walk.variables, walk.grads, strict=True) if g is not None]
