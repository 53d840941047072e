"""The kernel: Variable, the kinds of Function, and the reverse sweep.

A call of a Function makes one node of the graph, and the Function instance is that node. A Variable
points to the node that made it (`creator`), a node to the Variables it was called with (`inputs`);
forward, from a node to its outputs, there are only weak references: so there is no cycle, and when
the last output is dropped the graph is gone.
"""

from __future__ import annotations

import gc
from _thread import allocate_lock  # threading itself costs a fortieth of `import numpy`
from contextlib import suppress
from heapq import heappop, heappush
from sys import getrefcount
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, SupportsIndex, TypeAlias, TypeVar
from weakref import ref

import numpy as np
from numpy import ndarray

from backprop import ufuncs as uf
from backprop.arrays import FLOATS, Array, Numbers, Result, Shape, Shapes, as_data, ones_like
from backprop.checks import checked_output, fitting, returned
from backprop.compat import Self, override
from backprop.domain import REALS, Domain
from backprop.errors import (
    ConversionError,
    CreatorError,
    CycleError,
    DataError,
    GradientCountError,
    GraphCopyError,
    HigherOrderError,
    NoGraphError,
    NotCalledError,
    OutputDroppedError,
)
from backprop.methods import Methods
from backprop.modes import blocks, recording

if TYPE_CHECKING:
    from collections.abc import Callable

    from backprop.ufuncs import Data


_new: Final = object.__new__  # looked up once: it runs in every call


def _fresh_count() -> int:
    array = np.ones(())
    return getrefcount(array)


class _Probe:
    def __call__(self) -> int:
        node = self
        other = node
        return getrefcount(self) if other is node else 0


# What getrefcount says of an array that one local variable holds, and of an instance that, in
# __call__, is held by nobody but that call and the one Variable it has made.
_FRESH: Final = _fresh_count()
_TEMPORARY: Final = _Probe()()


class Variable(Methods):
    """An array, its gradient, and the Function that made it (book steps 1, 6 and 7).

    `data` is an array of float16, float32, float64 or longdouble and is shared, not copied;
    integers and Python numbers become float64. Raises DataError (a TypeError) for anything else.

    >>> x = Variable(np.array(0.5))
    >>> y = x * x + 1.0
    >>> y.backward()
    >>> y, x.grad
    (Variable(1.25), array(1.))
    """

    __slots__ = ("__weakref__", "_creator", "_data", "_grad", "_seed")

    _data: Array
    _grad: Array | None
    _creator: Node | None
    _seed: Array  # what the user assigned to grad; it counts while `_grad` is that same array

    def __init__(self, data: Data) -> None:
        if type(data) is ndarray and data.dtype in FLOATS:
            self._data = data
        elif isinstance(data, Variable):
            raise DataError("data is a Variable already; for a new leaf write x.detach()")
        else:
            self._data = as_data(data)
        self._grad = None
        self._creator = None

    @property
    def data(self) -> Array:
        """The value: an ndarray, 0-d for a number. Assigning checks it as `Variable(data)` does."""
        return self._data

    @data.setter
    def data(self, data: Data) -> None:
        self._data = as_data(data)

    @property
    def grad(self) -> Array | None:
        """The gradient of the last sweep, or what was assigned: the seed of `backward()`.

        Assigning copies. Raises GradientTypeError or GradientShapeError if it does not fit `data`.
        """
        return self._grad

    @grad.setter
    def grad(self, grad: Array | None) -> None:
        if grad is None:
            self._grad = None
        else:
            self._grad = self._seed = fitting(grad, self._data, "grad").copy()

    def cleargrad(self) -> None:
        """Set `grad` to None."""
        self._grad = None

    @property
    def creator(self) -> Node | None:
        """The Function whose call made this Variable; None for a leaf."""
        node = self._creator
        if isinstance(node, Function) and not hasattr(node, "_output"):
            node.adopt(self)
        return node

    def set_creator(self, func: Node) -> None:
        """Make `func` the creator, as the notes' own `Function.__call__` does (book step 7)."""
        if not isinstance(func, Node):
            raise CreatorError(f"a creator is a called Function, got {func!r}")
        func.adopt(self)
        self._creator = func

    def backward(self, *, accumulate: bool = False, retain_grad: bool = True) -> None:
        """Give every Variable that this one was computed from its gradient.

        The sweep starts from the `grad` that the user assigned, else from ones. Gradients replace
        those of an earlier sweep; with `accumulate=True` they are added to them. With
        `retain_grad=False` only leaves keep theirs. If it raises, no gradient has changed.

        >>> x = Variable(np.array([1.0, 2.0]))
        >>> y = x * x
        >>> y.grad = np.array([1.0, 10.0])
        >>> y.backward()
        >>> x.grad
        array([ 2., 40.])
        """
        given = self._grad
        if given is not None and given is not getattr(self, "_seed", None):
            given = None
        seed = given if given is not None else ones_like(self._data)
        walk = _Sweep(retain_grad)
        walk.run(self, seed)
        if accumulate:
            _accumulate(walk.variables, walk.grads)
        else:
            for v, g in zip(walk.variables, walk.grads):
                v._grad = g
        if given is not None:
            self._grad = given

    def detach(self) -> Variable:
        """A leaf with the same data, from which nothing flows back to this Variable."""
        return Variable(self._data)

    @property
    def shape(self) -> Shape:
        """The shape of `data`."""
        return self._data.shape

    @property
    def ndim(self) -> int:
        """The number of axes of `data`."""
        return self._data.ndim

    @property
    def size(self) -> int:
        """The number of elements of `data`."""
        return self._data.size

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """The dtype of `data`, which its gradient shares."""
        return self._data.dtype

    @override
    def __repr__(self) -> str:
        text = np.array2string(self._data, separator=", ", prefix="Variable(", threshold=100)
        kind = "" if self._data.dtype == np.float64 else f", dtype={self._data.dtype}"
        return f"{type(self).__name__}({text}{kind})"

    @override
    def _plain(self) -> Array:
        return self._data

    def _refuse(self) -> NoReturn:
        raise ConversionError(
            f"converting {self!r} to a plain number, bool or array would cut its gradient; "
            "compute with Variables, or take x.data where no gradient is wanted"
        )

    if not TYPE_CHECKING:  # NumPy's stubs would take a Variable for an array: `array @ x` for one

        def __array__(self, dtype: object = None, *, copy: object = None) -> NoReturn:
            self._refuse()

    def __bool__(self) -> NoReturn:
        self._refuse()

    def __float__(self) -> NoReturn:
        self._refuse()

    def __int__(self) -> NoReturn:
        self._refuse()

    def __complex__(self) -> NoReturn:
        self._refuse()

    def __index__(self) -> NoReturn:
        self._refuse()

    @override
    def __reduce_ex__(self, protocol: SupportsIndex, /) -> str | tuple[Any, ...]:
        if self._creator is not None:
            raise GraphCopyError(f"{self!r} is part of a graph; copy or pickle x.detach() instead")
        return super().__reduce_ex__(2)


class Constant(Variable):
    """An operand that is an array or a number: computed with, but never given a gradient."""

    __slots__ = ()


class Unrecorded(Variable):
    """A value computed under `no_grad()`: a leaf to what uses it, but with nothing to walk back."""

    __slots__ = ()

    @override
    def set_creator(self, func: Node) -> None:
        raise CreatorError(f"{self!r} was computed under no_grad(); it has no creator")

    @override
    def backward(self, *, accumulate: bool = False, retain_grad: bool = True) -> None:
        raise NoGraphError(f"{self!r} was computed under no_grad(): compute it outside to record")


_N = TypeVar("_N", bound="Node")
Operand: TypeAlias = Variable | Numbers | float


def _new_free(cls: type[_N], *_: object, **__: object) -> _N:
    node = _new(cls)
    node._free = True
    return node


class Node:
    """What all kinds of Function share: being one node of a graph.

    A rule subclasses one of the three kinds below and writes `forward` and `backward` on arrays.
    In `backward` it finds what `forward` got and returned:

    ================  =========================  ================================  ===============
    kind              forward                    backward                          it may read
    ================  =========================  ================================  ===============
    Function          forward(x) -> y            backward(gy) -> gx                self.x, self.y
    BinaryFunction    forward(a, b) -> y         backward(gy) -> (ga, gb)          self.a, .b, .y
    NaryFunction      forward(*xs) -> (y, ...)   backward(*gys) -> (gx, ...)       self.xs, .ys
    ================  =========================  ================================  ===============

    `domain` says where the derivative exists (one Interval, or one for each input); `shapes`, for
    which shapes of inputs the rule is meant, where that is not every shape.
    """

    __slots__ = ("_free", "generation")
    domain: ClassVar[Domain] = REALS
    shapes: ClassVar[Shapes | None] = None
    _members: ClassVar[tuple[MemberDescriptorType, ...]] = ()  # a rule's own slots: its settings

    has_jvp: ClassVar[bool] = False  # whether a rule says how tangents go forward

    _free: bool  # there until a call takes this instance as its node
    # Above that of the inputs' creators: a sweep visits consumers first. Below 0: a lifted twin.
    generation: int

    def __init__(self) -> None:
        self._free = True

    @override
    def __init_subclass__(cls, *, kind: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if kind:  # its slots are what a call records, which is no setting
            return
        cls.has_jvp = cls.has_jvp or "jvp" in vars(cls)
        own = (m for m in vars(cls).values() if isinstance(m, MemberDescriptorType))
        cls._members = (*cls._members, *own)
        # A rule's own __init__ need not call ours; a dataclass gets its __init__ only after this.
        plain = vars(cls).get("__slots__") == () and cls.__init__ is Node.__init__
        if not plain and "__new__" not in vars(cls):
            setattr(cls, "__new__", staticmethod(_new_free))  # noqa: B010 (typed as object's)

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """The Variables this Function was called with. Raises NotCalledError before that."""
        raise NotImplementedError

    @property
    def primals(self) -> tuple[Array, ...]:
        """The arrays that `forward` got."""
        raise NotImplementedError

    def adopt(self, output: Variable) -> None:
        """Take `output` for what this call gave."""
        raise NotImplementedError

    def pullback(self, *gys: Array) -> tuple[Result | None, ...]:
        """What `backward` returns, whatever the kind: a gradient for each input."""
        raise NotImplementedError

    def value(self, *xs: Array) -> object:
        """What `forward` returns, whatever the kind."""
        raise NotImplementedError

    def pushforward(self, *txs: Array) -> tuple[Result, ...]:
        """What `jvp` returns, whatever the kind: a tangent for each output."""
        raise NotImplementedError

    def wants(self, i: int) -> bool:
        """Whether anybody asked for the gradient of input `i`: not if that is a Constant."""
        lifted = self.generation < 0
        return not isinstance(self.primals[i] if lifted else self.inputs[i], Constant)

    def lift(self, inputs: tuple[Variable, ...], outputs: tuple[Variable, ...]) -> Self:
        """A twin of this call that reads Variables where this one reads arrays.

        What its `backward` computes of them is a graph again: so the same rule gives every order.
        """
        twin = self._clone()
        twin.generation = -1
        twin.bind(inputs, outputs)
        return twin

    def bind(self, inputs: tuple[Variable, ...], outputs: tuple[Variable, ...]) -> None:
        """Let the rule read these for what `forward` got and returned."""
        raise NotImplementedError

    def cotangents(
        self, v: Variable, gy: Array, take: Callable[[Variable | None, Array], Array]
    ) -> tuple[Array, ...]:
        """The gradients of all outputs: `gy` for `v`, for others what `take` has for them."""
        return (gy,)

    def _claim(self) -> Self:
        """This instance if no call has taken it yet, else a new one set up as it is."""
        try:
            del self._free  # atomic: of two threads, one gets the instance
        except AttributeError:
            return self._clone()
        return self

    def _clone(self) -> Self:
        new = _new(type(self))
        if hasattr(self, "__dict__"):
            new.__dict__.update(self.__dict__)
        for member in self._members:
            with suppress(AttributeError):  # a slot that is not set
                member.__set__(new, member.__get__(self, type(self)))
        return new

    def _record(self, inputs: tuple[Variable, ...]) -> None:
        above = (x._creator.generation for x in inputs if x._creator is not None)
        self.generation = max(above, default=0) + 1

    def _uncalled(self) -> NotCalledError | HigherOrderError:
        name = type(self).__name__
        if getattr(self, "generation", 0) < 0:
            return HigherOrderError(
                f"{name}.backward reads the Variables of the call, whose data are arrays, so its "
                "result cannot be differentiated again: write self.x instead of self.input.data "
                "(self.a, self.b or self.xs in the other kinds), self.y instead of self.output.data"
            )
        return NotCalledError(f"{name} has no input or output yet: call it first")

    def _alive(self, output: ref[Variable]) -> Variable:
        variable = output()
        if variable is None:
            name = type(self).__name__
            raise OutputDroppedError(f"the output of {name} was dropped; keep the Variable it gave")
        return variable

    @override
    def __reduce_ex__(self, protocol: SupportsIndex, /) -> str | tuple[Any, ...]:
        if not hasattr(self, "_free"):
            raise GraphCopyError(
                f"a called {type(self).__name__} is part of a graph: copy a new one"
            )
        return super().__reduce_ex__(2)


class OneOutput(Node, kind=True):
    """A kind of Function that gives one Variable."""

    __slots__ = ("_output", "y")

    _output: ref[Variable]
    y: Array

    @property
    def output(self) -> Variable:
        """The Variable that the call gave. Raises OutputDroppedError if nobody kept it."""
        if not hasattr(self, "_output"):
            self._find_output()
        return self._alive(self._output)

    @output.setter
    def output(self, output: Variable) -> None:
        self._output = ref(output)
        self.y = output._data

    @override
    def adopt(self, output: Variable) -> None:
        self.output = output

    def _find_output(self) -> None:
        """Look for the output among all objects: the call took this instance for a temporary one.

        It counts references, and cannot see a holder that lends its own, as functools.partial does.
        """
        if getattr(self, "generation", -1) < 0:
            raise self._uncalled()
        held = (v for v in gc.get_referrers(self) if isinstance(v, Variable))
        self._output = ref(next(held, _new(Variable)))  # else to one that is gone at once


class Function(OneOutput, kind=True):
    """A function of one Variable: the class of the notes (book steps 2, 6 and 7).

    >>> class Cube(Function):
    ...     def forward(self, x: Array) -> Array:
    ...         return x**3
    ...
    ...     def backward(self, gy: Array) -> Array:
    ...         return 3 * self.x**2 * gy
    >>> x = Variable(np.array(2.0))
    >>> y = Cube()(x)
    >>> y.backward()
    >>> y, x.grad
    (Variable(8.), array(12.))
    """

    __slots__ = ("_input", "x")

    _input: Variable
    x: Array

    def forward(self, x: Any, /) -> Result:
        """The value at `x`: an array of floats."""
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, x)")

    def backward(self, gy: Any, /) -> Result:
        """The gradient with respect to the input, given that with respect to the output."""
        raise NotImplementedError(f"{type(self).__name__} needs a method backward(self, gy)")

    def __call__(self, x: Operand, /) -> Variable:
        """Compute `forward`; unless under `no_grad()`, record this call as the result's creator."""
        if type(x) is not Variable and not isinstance(x, Variable):
            x = Constant(x)
        try:
            del self._free  # as _claim does: this is the path that every chain takes
            node = self
        except AttributeError:
            node = self._clone()
        data = x._data
        try:
            y = node.forward(data)
            if type(y) is not ndarray or y.dtype is not data.dtype:
                y = checked_output(y, type(node).__name__)
            if blocks.get() and not recording():
                node._free = True
                return new_variable(y, Unrecorded)
        except BaseException:
            node._free = True
            raise
        output = _new(Variable)
        output._data = y
        output._grad = None
        output._creator = node
        node._input = x
        node.x = data
        node.y = y
        # A weak reference costs as much as the rest of the bookkeeping. If nobody else holds this
        # instance it is only to be had from `output.creator`, which makes up for it; and what the
        # count misses, `output` finds.
        if getrefcount(self) > _TEMPORARY:
            node._output = ref(output)
        above = x._creator
        node.generation = 1 if above is None else above.generation + 1
        return output

    @property
    def input(self) -> Variable:
        """The Variable this Function was called with. Raises NotCalledError before that."""
        if not hasattr(self, "_input"):
            raise self._uncalled()
        return self._input

    @input.setter
    def input(self, x: Variable) -> None:
        self._input = x
        self.x = x._data
        self._record((x,))

    @property
    @override
    def inputs(self) -> tuple[Variable]:
        return (self.input,)

    @property
    @override
    def primals(self) -> tuple[Array]:
        return (self.x,)

    def jvp(self, tx: Any, /) -> Result:
        """The tangent of the output, given that of the input; else `backward` is transposed."""
        raise NotImplementedError(f"{type(self).__name__} has no method jvp(self, tx)")

    @override
    def pullback(self, *gys: Array) -> tuple[Result | None, ...]:
        return (self.backward(*gys),)

    @override
    def value(self, *xs: Array) -> object:
        return self.forward(*xs)

    @override
    def pushforward(self, *txs: Array) -> tuple[Result, ...]:
        return (self.jvp(*txs),)

    @override
    def bind(self, inputs: tuple[Variable, ...], outputs: tuple[Variable, ...]) -> None:
        bind(self, x=inputs[0], y=outputs[0])


def bind(node: Node, **values: Variable | tuple[Variable, ...]) -> None:
    """Set what a rule reads to Variables: they stand for arrays there, as types cannot say."""
    for name, value in values.items():
        setattr(node, name, value)


def new_variable(data: Array, kind: type[Variable] = Variable) -> Variable:
    """A Variable of data that is known to be good."""
    v = _new(kind)
    v._data = data
    v._grad = None
    v._creator = None
    return v


class _Sweep:
    """One walk back from `root`; it changes no Variable.

    Each node is passed once, after all its consumers, in O(nodes + edges): along a chain with no
    bookkeeping at all, and by a heap in the order of generations where several nodes are open.
    """

    __slots__ = ("grads", "heap", "reached", "retain_grad", "table", "variables")

    def __init__(self, retain_grad: bool) -> None:
        self.retain_grad = retain_grad
        self.variables: list[Variable] = []  # those passed,
        self.grads: list[Array | None] = []  # and the gradient of each
        self.table: dict[int, tuple[Variable, Array]] = {}  # those reached: the cotangent so far
        self.reached = 0
        self.heap: list[tuple[int, int, Variable]] = []  # of these the ones with a creator

    def run(self, root: Variable, seed: Array) -> None:
        """Fill `variables` and `grads`, `root` first."""
        heap, keep, leave = self.heap, self.retain_grad, self.variables.append
        grade = self.grads.append
        v, gy = root, seed
        while (node := v._creator) is not None:
            leave(v)
            grade(gy if keep else None)
            if isinstance(node, Function):
                gx = node.backward(gy)
                data = node.x
                if type(gx) is ndarray and gx.dtype is data.dtype and gx.shape == data.shape:
                    # Nobody else may write into what becomes a gradient, nor may we into theirs.
                    if getrefcount(gx) > _FRESH or gx.base is not None:
                        gx = gx.copy()
                else:
                    gx = returned(gx, data, type(node).__name__, 0)
                v, gy = node._input, gx
                above = v._creator
                if above is None:
                    if not self.table:
                        break
                elif above.generation >= node.generation:
                    raise _cycle(node)
                elif not heap or above.generation > -heap[0][0]:
                    continue
                self.reach(v, gy)
            else:
                self.spread(node, v, gy)
            reached = self.next()
            if reached is None:
                return self.finish()
            v, gy = reached
        if not isinstance(v, Constant):  # the one leaf of a chain
            leave(v)
            grade(gy)
        return None

    def spread(self, node: Node, v: Variable, gy: Array) -> None:
        """Take the cotangents of a node's outputs back to each of its inputs."""
        gxs: object = node.pullback(*node.cotangents(v, gy, self.take))
        inputs = node.inputs
        if not isinstance(gxs, (tuple, list)) or len(gxs) != len(inputs):
            raise GradientCountError(
                f"{type(node).__name__}.backward must return a tuple of {len(inputs)} gradients, "
                f"one for each input, got {gxs!r}"
            )
        rest = list(reversed(gxs))
        del gxs  # so that only `rest` holds them
        for i, (x, data) in enumerate(zip(inputs, node.primals, strict=True)):
            gx = rest.pop()
            if isinstance(x, Constant):
                continue
            if x._creator is not None and x._creator.generation >= node.generation:
                raise _cycle(node)
            if type(gx) is ndarray and gx.dtype is data.dtype and gx.shape == data.shape:
                if getrefcount(gx) > _FRESH or gx.base is not None:
                    gx = gx.copy()
            else:
                gx = returned(gx, data, type(node).__name__, i)
            self.reach(x, gx)

    def take(self, v: Variable | None, y: Array) -> Array:
        """The cotangent of an output besides the one the sweep came by: zeros if not reached."""
        reached = self.table.pop(id(v), None)
        if v is None or reached is None:
            return np.zeros_like(y)
        self.variables.append(v)
        self.grads.append(reached[1] if self.retain_grad else None)
        return reached[1]

    def reach(self, v: Variable, g: Array) -> None:
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
            uf.add(held[1], g, out=held[1])
        else:
            self.table[key] = (v, held[1] + g)

    def next(self) -> tuple[Variable, Array] | None:
        """The Variable reached that was made last, with its whole cotangent."""
        while self.heap:
            reached = self.table.pop(id(heappop(self.heap)[2]), None)
            if reached is not None:  # else it went with another output of the same call
                return reached
        return None

    def finish(self) -> None:
        """Pass the leaves: all that is left in the table."""
        for leaf, g in self.table.values():
            if not isinstance(leaf, Constant):
                self.variables.append(leaf)
                self.grads.append(g)


def pull(root: Variable, seed: Array) -> list[tuple[Variable, Array]]:
    """The leaves that `root` was computed from, and their gradients; no Variable is changed."""
    walk = _Sweep(retain_grad=False)
    walk.run(root, seed)
    return [(v, g) for v, g in zip(walk.variables, walk.grads, strict=True) if g is not None]


def _cycle(node: Node) -> CycleError:
    return CycleError(
        f"the input of a {type(node).__name__} was computed from its own output: "
        "set_creator or a __call__ of its own has bound one instance to two calls; make it two"
    )


# The one lock: two threads that add to the same gradient must not both read the old sum.
_adding: Final = allocate_lock()


def _accumulate(variables: list[Variable], grads: list[Array | None]) -> None:
    with _adding:
        sums = [_sum(v._grad, g) for v, g in zip(variables, grads, strict=True)]
        for v, total in zip(variables, sums, strict=True):
            v._grad = total


def _sum(held: Array | None, g: Array | None) -> Array | None:
    if held is None or g is None:
        return g
    return uf.add(fitting(held, g, "the grad to add to, which cleargrad() removes,"), g, out=...)
