"""The reverse sweep: from a value back to all that it was computed from (book steps 6 and 7).

What it walks is said by two Protocols: a Value has data and perhaps a creator, a Creator has inputs
and a rule that takes cotangents back to them. Variable and the kinds of Function are these.

Each node is passed once, after all its consumers, in O(nodes + edges). The Variable made last of
those reached is held in locals, with its cotangent; only the others wait in a table and a heap. So
a chain and x + x meet neither.

A cotangent is owned if the sweep made its array, or a rule that promises fresh arrays did, and
nobody else has seen it: then it may be added to in place, handed to a rule that writes into it, and
become a gradient as it is. All else is copied before it becomes one.
"""

from __future__ import annotations

from _thread import RLock  # threading itself costs a fortieth of `import numpy`
from contextlib import suppress
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeAlias

import numpy as np
from numpy import ndarray

from backprop.errors import GradientCountError
from backprop.ground.arrays import Array, Result, brief
from backprop.ground.misuse import cycle
from backprop.ground.narrowing import is_sequence
from backprop.kernel.checks import fitting, returned
from backprop.kernel.modes import blocks, is_checking

if TYPE_CHECKING:
    from collections.abc import Callable

    _Setter: TypeAlias = Callable[[Any, Array | None], None]

_add: Final = np.add
_ndarray: Final[Any] = ndarray  # to checkers a type that narrows nothing: what a rule gives is Any
SMALL: Final = 64  # so many elements are as soon added into a new array as into an old one


class Value(Protocol):
    """What the sweep asks of a Variable."""

    is_constant: ClassVar[bool]

    @property
    def _creator(self) -> Creator | None: ...


class Creator(Protocol):
    """What the sweep asks of the Function that made a value."""

    arity: ClassVar[int | None]
    fresh: ClassVar[bool]
    consumes: ClassVar[bool]
    generation: int

    @property
    def primals(self) -> tuple[Array, ...]: ...

    def pullback(self, *gys: Array) -> tuple[Result | None, ...]: ...

    def pulled(self, *gys: Array) -> tuple[Result | None, ...]: ...

    def cotangents(
        self, v: object, gy: Array, take: Callable[[Any, Array], Array]
    ) -> tuple[Array, ...]: ...


class Sweep:
    """One walk back from a value; it changes no Variable."""

    __slots__ = ("grads", "heap", "reached", "retain_grad", "table", "variables")

    def __init__(self, retain_grad: bool) -> None:
        self.retain_grad: bool = retain_grad
        self.variables: list[Any] = []  # those passed,
        self.grads: list[Array | None] = []  # and the gradient of each
        # Those reached that wait, with the cotangent so far and whether that is owned.
        self.table: dict[int, tuple[Value, Array, bool]] = {}
        self.heap: list[tuple[int, int, Value]] = []  # of these the ones with a creator
        self.reached: int = 0

    def run(self, root: Value, seed: Array, owned: bool) -> None:
        """Fill `variables` and `grads`, `root` first."""
        keep, leave, grade = self.retain_grad, self.variables.append, self.grads.append
        heap, plain = self.heap, not (blocks.get() and is_checking())
        v: Any = root
        gy, node = seed, v._creator
        while node is not None:
            leave(v)
            if not keep:
                grade(None)
            else:
                grade(gy if owned else gy.copy())
                owned = False
            fresh = plain and node.fresh
            if node.arity == 1:
                one: Any = node
                if not fresh:
                    gx = node.pulled(gy)[0]
                elif owned and node.consumes:
                    gx = one.consume(gy)
                else:
                    gx = one.backward(gy)
                data = one.x
                if type(gx) is not ndarray or gx.dtype is not data.dtype or gx.shape != data.shape:
                    gx, owned = returned(gx, data, type(node).__name__, 0), True
                elif not fresh:
                    gx, owned = gx.copy(), True  # what promises nothing may keep what it returns
                elif gx is not gy:
                    owned = gx.base is None
                v, gy = one._input, gx
            elif node.arity == 2:
                v, gy, owned = self.pair(node, gy, owned, fresh)
            else:
                v, gy, owned = self.spread(node, v, gy, fresh)
            above = None if v is None else v._creator
            if above is None:
                if not self.table:
                    break  # v is the one leaf of a chain
            elif above.generation >= node.generation:
                raise cycle(type(node).__name__)
            elif not heap or above.generation > -heap[0][0]:
                node = above
                continue
            if v is not None:
                self.wait(v, gy, owned)
            v, gy, owned = self.next()
            node = None if v is None else v._creator
        if v is not None and not v.is_constant:
            leave(v)
            grade(gy if owned else gy.copy())
        if self.table:
            self.finish()

    def pair(self, node: Any, gy: Array, owned: bool, fresh: bool) -> tuple[Any, Any, bool]:
        """Take a cotangent back to two inputs: `spread` without its loop."""
        consumed = fresh and owned and node.consumes
        rule = node.consume if consumed else node.backward if fresh else node.pulled
        gxs: Any = rule(gy)
        if gxs.__class__ is not tuple or len(gxs) != 2:
            gxs = _counted(node, gxs, 2)
        ga, gb = gxs
        a, b = node._inputs
        own_a = own_b = False
        if a is not None:
            data = node.a
            if type(ga) is not _ndarray or ga.dtype is not data.dtype or ga.shape != data.shape:
                ga, own_a = returned(ga, data, type(node).__name__, 0), True
            elif not fresh:
                ga, own_a = ga.copy(), True
            else:
                own_a = (consumed or ga is not gy) and ga.base is None
        if b is not None:
            data = node.b
            if type(gb) is not _ndarray or gb.dtype is not data.dtype or gb.shape != data.shape:
                gb, own_b = returned(gb, data, type(node).__name__, 1), True
            elif not fresh:
                gb, own_b = gb.copy(), True
            else:
                own_b = (consumed or gb is not gy) and gb.base is None
            if a is b:
                return a, _sum(ga, gb, own_a), True
            if a is None:
                return b, gb, own_b
            if _is_above(node, a, b):
                self.wait(a, ga, own_a)
                return b, gb, own_b
            self.wait(b, gb, own_b)
        return a, ga, own_a

    def spread(self, node: Creator, v: Any, gy: Array, fresh: bool) -> tuple[Any, Any, bool]:
        """Take the cotangents of a node's outputs back to its inputs.

        Gives the input that was made last, its cotangent, and whether that is owned; the others
        wait. None for the input if no input can be differentiated by.
        """
        of: Any = node
        gys = node.cotangents(v, gy, self.take)
        inputs = of._inputs
        gxs = node.pullback(*gys) if fresh else node.pulled(*gys)
        gxs = _counted(node, gxs, len(inputs))
        lent = set(map(id, gys))
        last, sum_, owned = None, gy, False
        for i, (x, data, gx) in enumerate(zip(inputs, node.primals, gxs)):
            if x is None:
                continue
            if type(gx) is not _ndarray or gx.dtype is not data.dtype or gx.shape != data.shape:
                g, own = returned(gx, data, type(node).__name__, i), True
            elif not fresh:
                g, own = gx.copy(), True
            else:
                g, own = gx, id(gx) not in lent and gx.base is None
            if x is last:
                sum_, owned = _sum(sum_, g, owned), True
            elif last is None or _is_above(node, last, x):
                if last is not None:
                    self.wait(last, sum_, owned)
                last, sum_, owned = x, g, own
            else:
                self.wait(x, g, own)
        return last, sum_, owned

    def take(self, v: Value | None, y: Array) -> Array:
        """The cotangent of an output besides the one the sweep came by: zeros if not reached."""
        reached = self.table.pop(id(v), None)
        if v is None or reached is None:
            return np.zeros_like(y)
        _, g, owned = reached
        self.variables.append(v)
        self.grads.append(None if not self.retain_grad else g if owned else g.copy())
        return g

    def wait(self, v: Value, g: Array, owned: bool) -> None:
        """Let `v` wait, which was reached with the cotangent `g`, or add that to what it has."""
        key = id(v)
        held = self.table.get(key)
        if held is not None:
            self.table[key] = (v, _sum(held[1], g, held[2]), True)
            return
        self.table[key] = (v, g, owned)
        if v._creator is not None:
            # In the order reached, not of addresses: sums must round the same way every time.
            self.reached += 1
            heappush(self.heap, (-v._creator.generation, self.reached, v))

    def next(self) -> tuple[Any, Any, bool]:
        """The Variable waiting that was made last, with its whole cotangent; None if none is."""
        while self.heap:
            reached = self.table.pop(id(heappop(self.heap)[2]), None)
            if reached is not None:  # else it went with another output of the same call
                return reached
        return None, None, False

    def finish(self) -> None:
        """Pass the leaves: all that is left in the table."""
        for leaf, g, owned in self.table.values():
            if not leaf.is_constant:
                self.variables.append(leaf)
                self.grads.append(g if owned else g.copy())

    def store(self, set_grad: _Setter, accumulate: bool, given: bool) -> None:
        """Give each Variable passed its gradient, or add it to that, but for one `given`, the root.

        All in one call into C, which no signal divides; each setter gives None.
        """
        if not accumulate:
            any(map(set_grad, self.variables, self.grads))
            return
        try:
            with _adding: any(map(set_grad, self.variables, self.sums(given)))  # noqa: E701  # fmt: skip  # see it
        finally:
            _let_go()

    def sums(self, given: bool) -> list[Array | None]:
        """Each gradient added to the one that is there; that of the root as it is if given."""
        pairs = zip(self.variables, self.grads, strict=True)
        sums = [_accumulated(v._grad, g) for v, g in pairs]
        if given:
            sums[0] = self.grads[0]
        return sums


def _counted(node: Creator, gxs: Any, n: int) -> Any:
    """What a `backward` returned, which must be n gradients."""
    if is_sequence(gxs) and len(gxs) == n:
        return gxs
    raise GradientCountError(
        f"{type(node).__name__}.backward must return a tuple of {n} gradients, "
        f"one for each input, got {brief(gxs)}"
    )


def _is_above(node: Creator, a: Value, b: Value) -> bool:
    """Whether of two inputs of a node, b was made by a later call than a."""
    b_creator = b._creator
    if b_creator is None:
        return False
    if b_creator.generation >= node.generation:
        raise cycle(type(node).__name__)
    a_creator = a._creator
    return a_creator is None or b_creator.generation > a_creator.generation


def _sum(held: Array, g: Array, owned: bool) -> Array:
    """The sum of two cotangents, in the place of the first if that is owned."""
    if type(held) is ndarray is type(g):
        return _add(held, g, out=held if owned and held.size > SMALL else ...)
    return held + g


# The one lock: two threads that add to the same gradient must not both read the old sum. What it
# guards stands on the line of its `with`: so an exception that a tracer raises between two lines
# meets it either not yet taken, or given back. From 3.14 on a signal may come when it is taken and
# the block not yet entered: so whoever holds it still after the block lets it go.
_adding: Final = RLock()


def _let_go() -> None:
    with suppress(RuntimeError):  # it is not held, as ever
        _adding.release()


def _accumulated(held: Array | None, g: Array | None) -> Array | None:
    if held is None or g is None:
        return g
    return np.add(fitting(held, g, "the grad to add to, which cleargrad() removes,"), g, out=...)


def pull(root: Value, seed: Array, owned: bool = False) -> list[tuple[Any, Array]]:
    """The leaves that `root` was computed from, and their gradients; no Variable is changed.

    If `seed` is `owned` nobody else holds it, nor will read it again.
    """
    walk = Sweep(retain_grad=False)
    walk.run(root, seed, owned)
    return [(v, g) for v, g in zip(walk.variables, walk.grads, strict=True) if g is not None]
