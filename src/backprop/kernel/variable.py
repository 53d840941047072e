"""A Variable and the node that made it: the two halves of a graph (book steps 1, 6 and 7).

A call of a Function makes one node of the graph, and the Function instance is that node. A Variable
points to the node that made it (`creator`), a node to the Variables it was called with (`inputs`);
forward, from a node to its outputs, there are only weak references: so there is no cycle, and when
the last output is dropped the graph is gone.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from math import inf
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, ClassVar, Final, SupportsIndex, TypeVar
from weakref import ref

import numpy as np
from numpy import ndarray

from backprop.errors import (
    CreatorError,
    DataError,
    GraphCopyError,
    NoGraphError,
    OutputDroppedError,
)
from backprop.ground.arrays import (
    FLOATS,
    Array,
    Container,
    Result,
    Shape,
    Shapes,
    as_array,
    as_data,
    brief,
    ones_like,
    read_only,
)
from backprop.ground.atomic import AtomicSlot
from backprop.ground.compat import Self, override
from backprop.ground.domain import REALS, Domain
from backprop.ground.misuse import check_arity, other_backward, set_up_with, uncalled, written
from backprop.kernel.checks import fitting
from backprop.kernel.conversions import Conversions
from backprop.kernel.modes import is_checking
from backprop.kernel.saved import finite, inspect, watched
from backprop.kernel.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Never

    from backprop.errors import HigherOrderError, NotCalledError
    from backprop.ground.arrays import Data
    from backprop.kernel.saved import Watch


_new: Final = object.__new__  # looked up once: it runs in every call


class Variable(Conversions["Variable"]):
    """An array, its gradient, and the Function that made it (book steps 1, 6 and 7).

    `data` is an array of float16, float32, float64 or longdouble and is shared, not copied;
    integers and Python numbers become float64. pandas and xarray objects are taken by their values.
    Raises DataError (a TypeError) for anything else. `name` is for people (book step 25).

    >>> x = Variable(np.array(0.5))
    >>> y = x * x + 1.0
    >>> y.backward()
    >>> y, x.grad
    (Variable(1.25), array(1.))
    """

    # No slot may have a name that NumPy or pandas look up in what they are given: numpy.ma asks for
    # `_data`, and would compute with it past the graph.
    __slots__ = ("__weakref__", "_array", "_creator", "_grad", "_label", "_seed")

    _array: Array
    _grad: Array | None
    _creator: Node | None
    _seed: Array  # what the user assigned to grad; it counts while `_grad` is that same array
    _label: str | None
    _no_graph: ClassVar[str] = ""  # of a kind of Variable that has none: why

    def __init__(self, data: Data | Container, name: str | None = None) -> None:
        if type(data) is ndarray and data.dtype in FLOATS:
            self._array = data
        else:
            self._array = self._taken(data)
        self._grad = None
        self._creator = None
        if name is not None:
            self._label = name

    @property
    def name(self) -> str | None:
        """The name that was given or assigned; None if none was."""
        return getattr(self, "_label", None)

    @name.setter
    def name(self, name: str | None) -> None:
        self._label = name

    @property
    def data(self) -> Array:
        """The value: an ndarray, 0-d for a number. Assigning checks it as `Variable(data)` does.

        A graph keeps the arrays that it was computed with: assigning other data afterwards changes
        no derivative of it, neither by `backward()` nor by `gradients()`.
        """
        return self._array

    @data.setter
    def data(self, data: Data | Container) -> None:
        self._array = self._taken(data)

    def _taken(self, data: Data | Container) -> Array:
        """What becomes of data that is assigned."""
        if isinstance(data, Variable):
            raise DataError("data is a Variable already; for a new leaf write x.detach()")
        return as_data(data)

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
            self._grad = self._seed = fitting(grad, self._array, "grad").copy()

    def cleargrad(self) -> None:
        """Set `grad` to None."""
        self._grad = None

    @property
    def creator(self) -> Node | None:
        """The Function whose call made this Variable; None for a leaf."""
        node = self._creator
        if node is not None:
            node.known(self)
        return node

    def set_creator(self, func: Node) -> None:
        """Make `func` the creator, as the notes' own `Function.__call__` does (book step 7)."""
        if not isinstance(func, Node):
            raise CreatorError(f"a creator is a called Function, got {brief(func)}")
        func.adopt(self)
        self._creator = func

    def backward(
        self, *, accumulate: bool = False, retain_grad: bool = True, **unknown: Never
    ) -> None:
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
        if self._no_graph:
            raise NoGraphError(f"{brief(self)} {self._no_graph}")
        if unknown:
            raise other_backward(unknown)
        given = self._grad
        if given is not None and given is not getattr(self, "_seed", None):
            given = None
        walk = Sweep(retain_grad)
        if given is None:
            walk.run(self, ones_like(self._array), owned=True)
        else:
            walk.run(self, given, owned=False)
            walk.grads[0] = given
        walk.store(_set_grad, accumulate, given is not None)

    def detach(self) -> Variable:
        """A leaf with the same data, from which nothing flows back to this Variable."""
        return Variable(self._array)

    @property
    def shape(self) -> Shape:
        """The shape of `data`."""
        return self._array.shape

    @property
    def ndim(self) -> int:
        """The number of axes of `data`."""
        return self._array.ndim

    @property
    def size(self) -> int:
        """The number of elements of `data`."""
        return self._array.size

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """The dtype of `data`, which its gradient shares."""
        return self._array.dtype

    @override
    def _plain(self) -> Array:
        return self._array

    @override
    def __reduce_ex__(self, protocol: SupportsIndex, /) -> str | tuple[Any, ...]:
        if self._creator is not None:
            raise GraphCopyError(
                f"{brief(self)} is part of a graph; copy or pickle x.detach() instead, or take "
                "x.data where an array is wanted"
            )
        return super().__reduce_ex__(2)


class Constant(Variable):
    """What is computed with, but never given a gradient: an operand that is an array or a number.

    It keeps the dtype of its data, integers and bools included. What is computed of Constants alone
    is a Constant again.
    """

    __slots__ = ()
    is_constant: ClassVar[bool] = True
    _no_graph: ClassVar[str] = "is a constant: it was computed from no Variable"

    @override
    def _taken(self, data: Data | Container) -> Array:
        return as_array(data)


class Input(Variable):
    """What a transform differentiates by; `_open` while it calls the function."""

    __slots__ = ("_open",)

    _open: bool


class Unrecorded(Variable):
    """A value computed under `no_grad()`: a leaf to what uses it, but with nothing to walk back."""

    __slots__ = ()
    _no_graph: ClassVar[str] = "was computed under no_grad(): compute it outside to record"

    @override
    def set_creator(self, func: Node) -> None:
        raise CreatorError(f"{brief(self)} was computed under no_grad(); it has no creator")


_N = TypeVar("_N", bound="Node")
A = TypeVar("A", bound="Array | Variable")
_R = TypeVar("_R")


def _defines(cls: type, name: str) -> float:
    """How far above a class its method `name` is defined; infinity if it is nowhere."""
    return next((i for i, c in enumerate(cls.__mro__) if name in vars(c)), inf)


def _new_free(cls: type[_N], *_: object, **__: object) -> _N:
    node = _new(cls)
    node._free = True
    return node


class Node:
    """What all kinds of Function share: being one node of a graph.

    A rule subclasses one of the three kinds below and writes `forward` and `backward` on arrays.
    In `backward` it finds what `forward` got and returned:

    ==============  ==========================  =============================  ==============
    kind            forward                     backward                       it may read
    ==============  ==========================  =============================  ==============
    Function        `forward(x) -> y`           `backward(gy) -> gx`           self.x, self.y
    BinaryFunction  `forward(a, b) -> y`        `backward(gy) -> (ga, gb)`     self.a, .b, .y
    NaryFunction    `forward(*xs) -> (y, ...)`  `backward(*gys) -> (gx, ...)`  self.xs, .ys
    ==============  ==========================  =============================  ==============

    `domain` says where the derivative exists (one Interval, or one for each input); `shapes`, for
    which shapes of inputs the rule is meant, where that is not every shape.

    The arrays that a rule finds in `backward`, and the cotangents that it gets, are read-only, and
    what it returns is copied. A class that says so, `class Exp(Function, fresh=True)`, promises
    that it writes into none of them, and that every array which `backward` and `jvp` return is new,
    the cotangent itself or a view: then nothing is copied that need not be. The verifier holds it
    to that. The promise is of that class alone, not of those derived from it.
    """

    __slots__ = ("_free", "_watch", "generation")
    domain: ClassVar[Domain] = REALS
    shapes: ClassVar[Shapes | None] = None
    _members: ClassVar[tuple[MemberDescriptorType, ...]] = ()  # a rule's own slots: its settings

    has_jvp: ClassVar[bool] = False  # whether a rule says how tangents go forward
    fresh: ClassVar[bool] = False
    consumes: ClassVar[bool] = False  # whether it has a `consume` that goes with its `backward`
    arity: ClassVar[int | None] = None  # how many inputs its kind has; None if any number

    _watch: Watch  # what checking() compares with, where the call was made within it
    _free: bool  # there until a call takes this instance as its node
    # Above that of the inputs' creators: a sweep visits consumers first. Below 0: a lifted twin.
    generation: int

    def __init__(self, given: None = None, /) -> None:  # the book's readers write Square(x)
        self._free = True
        if given is not None:
            raise set_up_with(self, given)

    @override
    def __init_subclass__(cls, *, kind: bool = False, fresh: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if kind:  # its slots are what a call records, which is no setting
            return
        if fresh or "fresh" not in vars(cls):
            cls.fresh = fresh
        cls.consumes = cls.fresh and _defines(cls, "consume") <= _defines(cls, "backward")
        check_arity(cls, cls.arity)
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
    def live(self) -> tuple[Variable | None, ...]:
        """The inputs, but None for a Constant: nothing is differentiated by it."""
        raise NotImplementedError

    @property
    def primals(self) -> tuple[Array, ...]:
        """The arrays that `forward` got."""
        raise NotImplementedError

    @property
    def results(self) -> tuple[Array, ...]:
        """The arrays that `forward` returned."""
        raise NotImplementedError

    def adopt(self, output: Variable) -> None:
        """Take `output` for what this call gave."""
        raise NotImplementedError

    def known(self, output: Variable) -> None:
        """Note the output of this call, which somebody comes from: now it can be asked for."""

    def pullback(self, *gys: Array) -> tuple[Result | None, ...]:
        """What `backward` returns, whatever the kind: a gradient for each input."""
        rule: Any = self
        gxs: tuple[Result | None, ...] = rule.backward(*gys)
        return gxs

    def value(self, *xs: Array) -> object:
        """What `forward` returns, whatever the kind."""
        rule: Any = self
        return rule.forward(*xs)

    def pushforward(self, *txs: Array) -> tuple[Result, ...]:
        """What `jvp` returns, whatever the kind: a tangent for each output."""
        rule: Any = self
        return (rule.jvp(*txs),)

    def wants(self, i: int) -> bool:
        """Whether anybody asked for the gradient of input `i`: not if that is a Constant."""
        return self.live[i] is not None

    def lift(self, inputs: tuple[Variable, ...], outputs: tuple[Variable, ...]) -> Self:
        """A twin of this call that reads Variables where this one reads arrays.

        What its `backward` computes of them is a graph again: so the same rule gives every order.
        """
        twin = self._clone()
        twin.generation = -1
        twin.bind(inputs, outputs)
        return twin

    def bind(self, inputs: tuple[A, ...], outputs: tuple[A, ...]) -> None:
        """Let the rule read these for what `forward` got and returned: arrays or Variables."""
        raise NotImplementedError

    def lend(self, how: str, rule: Callable[..., _R], *given: Array) -> _R:
        """What a rule of this call gives of arrays that it cannot write into."""
        xs, ys = self.primals, self.results
        if any(type(x) is ndarray and x.flags.writeable for x in (*xs, *ys)):
            self.bind(tuple(map(read_only, xs)), tuple(map(read_only, ys)))
        try:
            return rule(*map(read_only, given))
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            raise written(f"{type(self).__name__}.{how}") from error

    def pulled(self, *gys: Array) -> tuple[Result | None, ...]:
        """What `pullback` gives, with all that is to be watched over while a rule runs."""
        if not is_checking():
            rule = self.pullback
            return rule(*gys) if self.fresh else self.lend("backward", rule, *gys)
        return watched(self, partial(self.lend, "backward", self.pullback), gys)

    def pushed(self, *txs: Array) -> tuple[Result, ...]:
        """What `pushforward` gives, likewise."""
        if not is_checking():
            return (
                self.pushforward(*txs) if self.fresh else self.lend("jvp", self.pushforward, *txs)
            )
        inspect(self)
        tys = self.lend("jvp", self.pushforward, *txs)
        finite(self, "jvp", (*txs, *self.primals, *self.results), tys)
        return tys

    def fold(self, operands: Iterable[Array]) -> Any:
        """The value of a call of Constants alone: it is not recorded."""
        node = self._claim()
        try:
            return node.value(*operands)
        finally:
            node._free = True

    def cotangents(
        self, v: object, gy: Array, take: Callable[[Any, Array], Array]
    ) -> tuple[Array, ...]:
        """The gradients of all outputs: `gy` for `v`, for others what `take` has for them."""
        raise NotImplementedError

    def _claim(self) -> Self:
        """The node for a call: this instance if no call has taken it yet, else one set up alike."""
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

    def _record(self, inputs: tuple[Variable | None, ...]) -> None:
        above = (x._creator for x in inputs if x is not None)
        self.generation = (
            max((node.generation for node in above if node is not None), default=0) + 1
        )

    def _uncalled(self) -> NotCalledError | HigherOrderError:
        return uncalled(type(self).__name__, lifted=getattr(self, "generation", 0) < 0)

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


_ATOMIC: Final = sys.version_info >= (3, 14, 5) or getattr(sys, "_is_gil_enabled", lambda: True)()

if not _ATOMIC:  # pragma: no cover  # a build that few have; the slot has a test of its own
    setattr(Node, "_free", AtomicSlot(vars(Node)["_free"]))  # noqa: B010  # a slot to checkers


def new_variable(data: Array, kind: type[Variable] = Variable) -> Variable:
    """A Variable of data that is known to be good."""
    v = _new(kind)
    v._array = data
    v._grad = None
    v._creator = None
    return v


_set_grad: Final[Callable[[Variable, Array | None], None]] = vars(Variable)["_grad"].__set__
