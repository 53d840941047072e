"""The kernel: Variable, the kinds of Function, and the reverse sweep.

A call of a Function makes one node of the graph, and the Function instance is that node. A Variable
points to the node that made it (`creator`), a node to the Variables it was called with (`inputs`);
forward, from a node to its outputs, there are only weak references: so there is no cycle, and when
the last output is dropped the graph is gone.
"""

from __future__ import annotations

import sys
from _thread import RLock, allocate_lock  # threading itself costs a fortieth of `import numpy`
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from heapq import heappop, heappush
from inspect import CO_VARARGS
from types import FunctionType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, SupportsIndex, TypeAlias, TypeVar
from weakref import ref

import numpy as np
from numpy import ndarray

from backprop.functions.registry import CONSTANT, joined
from backprop.kernel import ufuncs as uf
from backprop.kernel.arrays import (
    FLOATS,
    Array,
    Container,
    Numbers,
    Result,
    Shape,
    Shapes,
    as_array,
    as_data,
    brief,
    copied,
    is_weak,
    ones_like,
    read_only,
)
from backprop.kernel.checks import checked_constant, checked_output, fitting, returned, written
from backprop.kernel.compat import Self, override
from backprop.kernel.domain import REALS, Domain
from backprop.kernel.errors import (
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
    SignatureError,
)
from backprop.kernel.methods import Methods
from backprop.kernel.modes import blocks, is_checking, lifting, recording, transforming
from backprop.kernel.saved import finite, hashes, inspect, unwritten, watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Never

    from backprop.kernel.saved import Watch
    from backprop.kernel.ufuncs import Data


_new: Final = object.__new__  # looked up once: it runs in every call


class Variable(Methods):
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
        return self._creator

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
        if unknown:
            raise _other_backward(unknown)
        given = self._grad
        if given is not None and given is not getattr(self, "_seed", None):
            given = None
        seed = given if given is not None else ones_like(self._array)
        walk = _Sweep(retain_grad)
        walk.run(self, seed)
        variables, grads = walk.variables, walk.grads
        if accumulate:
            try:
                with _adding: _add_to(variables, grads, given)  # noqa: E701  # fmt: skip  # see it
            finally:
                _let_go()
            return
        if given is not None:
            grads[0] = given
        _store(variables, grads)

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
    def __repr__(self) -> str:
        text = np.array2string(self._array, separator=", ", prefix="Variable(", threshold=100)
        kind = "" if self._array.dtype == np.float64 else f", dtype={self._array.dtype}"
        return f"{type(self).__name__}({text}{kind})"

    @override
    def __format__(self, spec: str, /) -> str:
        if not spec:
            return str(self)
        if not self._array.ndim:
            return format(self._array[()], spec)
        return np.array2string(
            self._array,
            separator=", ",
            threshold=100,
            formatter={"float_kind": lambda number: format(number, spec)},
        )

    def item(self) -> float:
        """The value of a single element as a Python number, outside of any gradient.

        Raises ConversionError within a function that a transform differentiates, if the value
        depends on what it differentiates by: there the number would have no gradient.
        """
        number: float = self._looked("x.item()").item()
        return number

    @override
    def _plain(self) -> Array:
        return self._array

    def tolist(self) -> Any:
        """The values as a Python number or nested lists of them; raises as `item` does."""
        return self._looked("x.tolist()").tolist()

    def _looked(self, how: str) -> Array:
        """The data, for one who only looks at it."""
        if lifting.get() or (transforming.get() and _is_differentiated(self)):
            raise _cut(self, how)
        return self._array

    if not TYPE_CHECKING:  # NumPy's stubs would take a Variable for an array: `array @ x` for one

        def __array__(self, dtype: object = None, *, copy: object = None) -> NoReturn:
            raise _cut(
                self,
                "numpy.asarray(x)",
                "; with pandas write df.to_numpy() @ x, for numpy.array([x, y]) numpy.stack([x, y])"
                " or backprop.numpy.array([x, y]); for out[i] = x collect a list and stack that",
            )

    def __bool__(self) -> NoReturn:
        raise _cut(self, "bool(x)", "; a comparison as x > 0 gives plain bools")

    def __float__(self) -> NoReturn:
        raise _cut(
            self,
            "float(x)",
            "; functions of math are in numpy too, and for out[i] = x collect the values in a list "
            "and stack that: numpy.stack(values)",
        )

    def __int__(self) -> NoReturn:
        raise _cut(self, "int(x)")

    def __complex__(self) -> NoReturn:
        raise _cut(self, "complex(x)")

    def __index__(self) -> NoReturn:
        raise _cut(self, "an index x")

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

    @override
    def _taken(self, data: Data | Container) -> Array:
        return as_array(data)

    @override
    def backward(
        self, *, accumulate: bool = False, retain_grad: bool = True, **unknown: Never
    ) -> None:
        raise NoGraphError(f"{brief(self)} is a constant: it was computed from no Variable")


CONSTANT.append(Constant)


class Input(Variable):
    """What a transform differentiates by; `open` while it calls the function."""

    __slots__ = ("open",)

    open: bool


class Unrecorded(Variable):
    """A value computed under `no_grad()`: a leaf to what uses it, but with nothing to walk back."""

    __slots__ = ()

    @override
    def set_creator(self, func: Node) -> None:
        raise CreatorError(f"{brief(self)} was computed under no_grad(); it has no creator")

    @override
    def backward(
        self, *, accumulate: bool = False, retain_grad: bool = True, **unknown: Never
    ) -> None:
        raise NoGraphError(
            f"{brief(self)} was computed under no_grad(): compute it outside to record"
        )


_N = TypeVar("_N", bound="Node")
_A = TypeVar("_A", bound="Array | Variable")
_R = TypeVar("_R")
_Single: TypeAlias = Variable | Numbers | float | Container
# Lists of Variables are one Variable; not Sequence[Operand], for a text is a sequence of texts.
Operand: TypeAlias = _Single | Sequence[_Single] | Sequence[Sequence[_Single]]
_ARGUMENTS: Final = {1: "(x)", 2: "(a, b)", None: "(*xs)"}


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
    arity: ClassVar[int | None] = None  # how many inputs its kind has; None if any number

    _watch: Watch  # what checking() compares with, where the call was made within it
    _free: bool  # there until a call takes this instance as its node
    # Above that of the inputs' creators: a sweep visits consumers first. Below 0: a lifted twin.
    generation: int

    if TYPE_CHECKING:

        def __init__(self) -> None: ...

    else:

        def __init__(self, given=None, /):  # the book's readers write Square(x)
            self._free = True
            if given is not None:
                raise _set_up_with(self, given)

    @override
    def __init_subclass__(cls, *, kind: bool = False, fresh: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if kind:  # its slots are what a call records, which is no setting
            return
        if fresh or "fresh" not in vars(cls):
            cls.fresh = fresh
        _check_arity(cls)
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

    @property
    def results(self) -> tuple[Array, ...]:
        """The arrays that `forward` returned."""
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

    def bind(self, inputs: tuple[_A, ...], outputs: tuple[_A, ...]) -> None:
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
        inspect(self)
        before = hashes(gys)
        gxs = self.lend("backward", self.pullback, *gys)
        inspect(self, "backward")
        unwritten(self, before, gys)
        finite(self, "backward", (*gys, *self.primals, *self.results), gxs)
        return gxs

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

    def fold(self, operands: Iterable[object]) -> Any:
        """The value of a call of Constants alone: it is not recorded."""
        node = self._claim()
        try:
            return node.value(*_raw(tuple(operands)))
        finally:
            node._free = True

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


class AtomicSlot:
    """A slot of an instance that of several threads one can delete.

    CPython's own is one, but for free-threaded 3.13 and 3.14.0 to 3.14.4.
    """

    def __init__(self, slot: Any) -> None:
        self._slot = slot
        self._lock = allocate_lock()

    def __get__(self, node: Node, owner: type[Node]) -> Any:
        return self._slot.__get__(node, owner)

    def __set__(self, node: Node, value: bool) -> None:
        self._slot.__set__(node, value)

    def __delete__(self, node: Node) -> None:
        with self._lock: self._slot.__delete__(node)  # noqa: E701  # fmt: skip  # see _adding


_ATOMIC: Final = sys.version_info >= (3, 14, 5) or getattr(sys, "_is_gil_enabled", lambda: True)()

if not _ATOMIC:  # pragma: no cover  # a build that few have; the slot has a test of its own
    setattr(Node, "_free", AtomicSlot(vars(Node)["_free"]))  # noqa: B010  # a slot to checkers


class OneOutput(Node, kind=True):
    """A kind of Function that gives one Variable."""

    __slots__ = ("_output", "y")

    _output: ref[Variable]
    y: Array

    @property
    def output(self) -> Variable:
        """The Variable that the call gave. Raises OutputDroppedError if nobody kept it."""
        if not hasattr(self, "_output"):
            raise self._uncalled()
        return self._alive(self._output)

    @output.setter
    def output(self, output: Variable) -> None:
        self._output = ref(output)
        self.y = output._array

    @override
    def adopt(self, output: Variable) -> None:
        self.output = output

    @property
    @override
    def results(self) -> tuple[Array]:
        return (self.y,)


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
    arity: ClassVar[int | None] = 1

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
        if type(x) is not Variable:
            if isinstance(x, Constant):
                return constant(self.fold((x,)), self)
            if not isinstance(x, Variable):
                x = as_operand(x)
        try:
            del self._free  # as _claim does: this is the path that every chain takes
            node = self
        except AttributeError:
            node = self._clone()
        data = x._array
        try:
            y = node.forward(data)
            if type(y) is not ndarray or y.dtype is not data.dtype:
                y = checked_output(y, type(node).__name__)
            if blocks.get():
                if not recording():
                    node._free = True
                    return new_variable(y, Unrecorded)
                watch(node, (data,), (y,))
        except BaseException:
            node._free = True
            raise
        output = _new(Variable)
        output._array = y
        output._grad = None
        output._creator = node
        node._input = x
        node.x = data
        node.y = y
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
        self.x = x._array
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
    def bind(self, inputs: tuple[_A, ...], outputs: tuple[_A, ...]) -> None:
        bind(self, x=inputs[0], y=outputs[0])


def bind(node: Node, **values: Array | Variable | tuple[Array | Variable, ...]) -> None:
    """Set what a rule reads to Variables: they stand for arrays there, as types cannot say."""
    for name, value in values.items():
        setattr(node, name, value)


def new_variable(data: Array, kind: type[Variable] = Variable) -> Variable:
    """A Variable of data that is known to be good."""
    v = _new(kind)
    v._array = data
    v._grad = None
    v._creator = None
    return v


class _Sweep:
    """One walk back from `root`; it changes no Variable.

    Each node is passed once, after all its consumers, in O(nodes + edges): along a chain with no
    bookkeeping at all, and by a heap in the order of generations where several nodes are open.
    """

    __slots__ = ("grads", "heap", "plain", "reached", "retain_grad", "table", "variables")

    def __init__(self, retain_grad: bool) -> None:
        self.retain_grad = retain_grad
        self.plain = not is_checking()
        self.variables: list[Variable] = []  # those passed,
        self.grads: list[Array | None] = []  # and the gradient of each
        self.table: dict[int, tuple[Variable, Array]] = {}  # those reached: the cotangent so far
        self.reached = 0
        self.heap: list[tuple[int, int, Variable]] = []  # of these the ones with a creator

    def run(self, root: Variable, seed: Array) -> None:
        """Fill `variables` and `grads`, `root` first."""
        heap, keep, leave, plain = self.heap, self.retain_grad, self.variables.append, self.plain
        grade = self.grads.append
        v, gy = root, seed
        while (node := v._creator) is not None:
            leave(v)
            grade(gy if keep else None)
            if isinstance(node, Function):
                fresh = plain and node.fresh
                gx = node.backward(gy) if fresh else node.pulled(gy)[0]
                data = node.x
                if type(gx) is ndarray and gx.dtype is data.dtype and gx.shape == data.shape:
                    # Nobody else may write into what becomes a gradient, nor may we into theirs.
                    if not fresh or gx is gy or gx.base is not None:
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
            if isinstance(x, Constant):
                continue
            if x._creator is not None and x._creator.generation >= node.generation:
                raise _cycle(node)
            if type(gx) is ndarray and gx.dtype is data.dtype and gx.shape == data.shape:
                if not fresh or gx.base is not None or any(gx is gy for gy in gys):
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


def as_operand(value: Any, among: tuple[object, ...] = ()) -> Variable:
    """`value` as an input of a call: itself if it is a Variable of floats, else a Constant of them.

    A number, an integer or a bool takes the dtype that NumPy would compute in with the operands
    `among` which it stands. An array is copied: its owner may change it before the sweep.
    """
    if isinstance(value, Variable) and value._array.dtype in FLOATS:
        return value
    value = joined(value)
    if isinstance(value, Variable) and value._array.dtype in FLOATS:
        return value
    floats = FLOATS & {getattr(other, "dtype", None) for other in among}
    if is_weak(value):
        weak = np.result_type(*floats) if floats else np.float64
        return new_variable(np.array(value, weak), Constant)
    array = value._array if isinstance(value, Variable) else as_array(value)
    if array.dtype in FLOATS:
        return new_variable(copied(array), Constant)
    wide = np.result_type(*floats, array.dtype) if floats else np.float64
    return new_variable(array.astype(wide), Constant)


def constant(value: object, node: Node) -> Constant:
    """A Constant of what a call of Constants alone gave."""
    made = _new(Constant)
    made._array = checked_constant(value, type(node).__name__)
    made._grad = None
    made._creator = None
    return made


def is_folded(operands: tuple[object, ...]) -> bool:
    """Whether a call of these is one of Constants alone; of arrays alone it is recorded."""
    found = [x for x in operands if isinstance(x, Variable)]
    return bool(found) and all(isinstance(x, Constant) for x in found)


def _raw(operands: tuple[object, ...]) -> list[Array]:
    """The arrays of Constants in their own dtypes; a number takes one as NumPy would give it."""
    dtypes = [x._array.dtype for x in operands if isinstance(x, Variable)]
    return [
        x._array
        if isinstance(x, Variable)
        else np.array(x, np.result_type(x, *dtypes))
        if is_weak(x)
        else as_array(x)
        for x in operands
    ]


def _check_arity(cls: type[Node]) -> None:
    """Raise SignatureError if `forward` takes another number of inputs than its kind has."""
    forward, arity = vars(cls).get("forward"), cls.arity
    if arity is None or not isinstance(forward, FunctionType):
        return
    count = forward.__code__.co_argcount - 1
    least = count - len(forward.__defaults__ or ())
    many = forward.__code__.co_flags & CO_VARARGS
    if least > arity or (count < arity and not many):
        raise SignatureError(
            f"{cls.__name__}.forward takes {count} arrays, but its kind has {arity}: subclass "
            "Function for one input, BinaryFunction for two, NaryFunction for any number"
        )


def _is_differentiated(v: Variable) -> bool:
    """Whether an open transform differentiates by something that `v` was computed from."""
    seen: set[int] = set()
    open_ = [v]
    while open_:
        x = open_.pop()
        if isinstance(x, Input) and x.open:
            return True
        if id(x) not in seen and x._creator is not None:
            open_.extend(x._creator.inputs)
        seen.add(id(x))
    return False


def _set_up_with(node: Node, given: object) -> SignatureError:
    name = type(node).__name__
    return SignatureError(
        f"{name} has no settings, got {brief(given)}: make an instance and call that, "
        f"{name}(){_ARGUMENTS[node.arity]}"
    )


def _cut(v: Variable, how: str, more: str = "") -> ConversionError:
    return ConversionError(
        f"{how}: converting {brief(v)} to a plain number, bool or array would cut its gradient; "
        f"compute with Variables, or take x.data where no gradient is wanted{more}"
    )


def _other_backward(unknown: dict[str, Any]) -> SignatureError:
    ways = {
        "create_graph": "gradients(y, [x]) gives gradients that are Variables",
        "retain_graph": "a graph may go back any number of times, so leave it out",
        "gradient": "assign it first: y.grad = gy",
    }
    instead = [ways[name] for name in unknown if name in ways]
    return SignatureError(
        f"backward knows accumulate and retain_grad, not {', '.join(unknown)}: "
        + ("; ".join(instead) or "leave it out")
    )


def _cycle(node: Node) -> CycleError:
    return CycleError(
        f"the input of a {type(node).__name__} was computed from its own output: "
        "set_creator or a __call__ of its own has bound one instance to two calls; make it two"
    )


# The one lock: two threads that add to the same gradient must not both read the old sum. What it
# guards stands on the line of its `with`: so an exception that a tracer raises between two lines
# meets it either not yet taken, or given back. From 3.14 on a signal may come when it is taken and
# the block not yet entered: so whoever holds it still after the block lets it go.
_adding: Final = RLock()


def _let_go() -> None:
    with suppress(RuntimeError):  # it is not held, as ever
        _adding.release()


_set_grad: Final[Callable[[Variable, Array | None], None]] = vars(Variable)["_grad"].__set__


def _store(variables: list[Variable], grads: list[Array | None]) -> None:
    """Give each Variable its gradient: in one call into C, which no signal divides."""
    deque(map(_set_grad, variables, grads), maxlen=0)


def _add_to(variables: list[Variable], grads: list[Array | None], given: Array | None) -> None:
    sums = [_sum(v._grad, g) for v, g in zip(variables, grads, strict=True)]
    if given is not None:
        sums[0] = given
    _store(variables, sums)


def _sum(held: Array | None, g: Array | None) -> Array | None:
    if held is None or g is None:
        return g
    return uf.add(fitting(held, g, "the grad to add to, which cleargrad() removes,"), g, out=...)
