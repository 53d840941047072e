"""The kinds of Function: of one Variable, of two, of any number (book steps 2, 6 and 7).

Each writes its call out, though the three do the same: every operation passes there, and the call
of any number takes five times as long for one input, and more than twice for two.

Of the inputs of a call a node keeps those that something can be differentiated by; None stands for
a Constant, an array or a number, of which the array that was computed with is all there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final
from weakref import ref

from numpy import ndarray

from backprop.errors import CreatorError, OutputError
from backprop.ground.arrays import Array, Operand, Result, brief
from backprop.ground.compat import Self, override
from backprop.ground.misuse import one_operand
from backprop.kernel.checks import checked_output
from backprop.kernel.modes import blocks, recording
from backprop.kernel.operands import as_operand, constant, is_folded, is_simple, joined, raw, split
from backprop.kernel.saved import watch
from backprop.kernel.variable import A, Constant, Node, Unrecorded, Variable, new_variable

if TYPE_CHECKING:
    from collections.abc import Callable

_new: Final = object.__new__  # looked up once: it runs in every call


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

    @override
    def known(self, output: Variable) -> None:
        if not hasattr(self, "_output"):
            self._output = ref(output)

    @property
    @override
    def results(self) -> tuple[Array]:
        return (self.y,)


class Function(OneOutput, kind=True):
    """A function of one Variable: the class of the notes (book steps 2, 6 and 7).

    >>> import numpy as np
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

    def consume(self, gy: Any, /) -> Result:
        """What `backward` gives; `gy` is nobody else's, and may be written into and returned.

        A class may have it beside its `backward`.
        """
        raise NotImplementedError

    def __call__(self, x: Operand, /) -> Variable:
        """Compute `forward`; unless under `no_grad()`, record this call as the result's creator."""
        try:
            del self._free  # as _claim does: this is the path that every chain takes
            node = self
        except AttributeError:
            node = self._clone()
        try:
            output = node._computed(x)
        except BaseException:
            node._free = True
            raise
        if output._creator is node:
            node._output = ref(output)
        else:
            node._free = True
        return output

    @classmethod
    def apply(cls, x: Operand, /) -> Variable:
        """Call a new instance, of a rule that has no settings."""
        return _new(cls)._computed(x)

    def _computed(self, x: Operand) -> Variable:
        if type(x) is not Variable:
            if isinstance(x, Constant):
                return constant(self.forward(*raw((x,))), self)
            if not isinstance(x, Variable):
                x = as_operand(x)
        data = x._array
        y = self.forward(data)
        if type(y) is not ndarray or y.dtype is not data.dtype:
            y = checked_output(y, type(self).__name__)
        if blocks.get():
            if not recording():
                return new_variable(y, Unrecorded)
            watch(self, (data,), (y,))
        output = _new(Variable)
        output._array = y
        output._grad = None
        output._creator = self
        self._input = x
        self.x = data
        self.y = y
        above = x._creator
        self.generation: int = 1 if above is None else above.generation + 1
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
    def live(self) -> tuple[Variable | None]:
        return (None if self._input.is_constant else self._input,)

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
    def bind(self, inputs: tuple[A, ...], outputs: tuple[A, ...]) -> None:
        bind(self, x=inputs[0], y=outputs[0])


class SeveralInputs(Node, kind=True):
    """A kind of Function that keeps its inputs in a tuple; None stands there for a Constant."""

    __slots__ = ()

    _inputs: tuple[Variable | None, ...]

    @property
    @override
    def inputs(self) -> tuple[Variable, ...]:
        if getattr(self, "generation", 0) < 1:  # not called, or a lifted twin
            raise self._uncalled()
        return tuple(
            new_variable(data, Constant) if x is None else x
            for x, data in zip(self._inputs, self.primals)
        )

    @property
    @override
    def live(self) -> tuple[Variable | None, ...]:
        return self._inputs

    @override
    def lift(self, inputs: tuple[Variable, ...], outputs: tuple[Variable, ...]) -> Self:
        twin = super().lift(inputs, outputs)
        live = tuple(None if x.is_constant else x for x in inputs)
        setattr(twin, "_inputs", live)  # noqa: B010  # a slot that each kind has for itself
        return twin


_MISSING: Any = object()  # checkers know it as an operand that may be left out; a call does not


def _called(self: BinaryFunction, a: Operand, b: Operand = _MISSING, /) -> Variable:
    """Compute `forward`; unless under `no_grad()`, record this call as the result's creator."""
    node = self._claim()
    try:
        output = node._computed(a, b)
    except BaseException:
        node._free = True
        raise
    if output._creator is node:
        node._output = ref(output)
    else:
        node._free = True
    return output


class BinaryFunction(OneOutput, SeveralInputs, kind=True):
    """A function of two Variables, arrays or numbers. Numbers take the other operand's dtype.

    `backward` may give None for an operand that is a Constant: nobody asked for its gradient.

    >>> import numpy as np
    >>> class Hypot(BinaryFunction):
    ...     def forward(self, a: Array, b: Array) -> Array:
    ...         return np.hypot(a, b)
    ...
    ...     def backward(self, gy: Array) -> tuple[Array, Array]:
    ...         return gy * self.a / self.y, gy * self.b / self.y
    >>> a, b = Variable(np.array(3.0)), Variable(np.array(4.0))
    >>> Hypot()(a, b).backward()
    >>> a.grad, b.grad
    (array(0.6), array(0.8))
    """

    __slots__ = ("_inputs", "a", "b")
    arity: ClassVar[int | None] = 2

    a: Array
    b: Array

    def forward(self, a: Any, b: Any, /) -> Result:
        """The value at `a`, `b`: an array of floats."""
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, a, b)")

    def backward(self, gy: Any, /) -> tuple[Result | None, Result | None]:
        """The gradients with respect to both inputs, of the inputs' shapes and dtypes."""
        raise NotImplementedError(f"{type(self).__name__} needs a method backward(self, gy)")

    def consume(self, gy: Any, /) -> tuple[Result | None, Result | None]:
        """What `backward` gives; `gy` is nobody else's: it may be written into, and one of both.

        A class may have it beside its `backward`.
        """
        raise NotImplementedError

    if TYPE_CHECKING:

        def __call__(self, a: Operand, b: Operand, /) -> Variable: ...

    else:
        __call__ = _called

    @classmethod
    def apply(cls, a: Operand, b: Operand, /) -> Variable:
        """Call a new instance, of a rule that has no settings."""
        return _new(cls)._computed(a, b)

    def _computed(self, a: Any, b: Any) -> Variable:
        if type(a) is Variable is type(b):
            data, other = a._array, b._array
        else:
            if b is _MISSING:
                raise one_operand(self, a)
            if not is_simple(a, b):
                a, b = joined(a), joined(b)
                if is_folded((a, b)):
                    return constant(self.forward(*raw((a, b))), self)
            (a, data), (b, other) = split(a, (b,)), split(b, (a,))
        y = self.forward(data, other)
        if type(y) is not ndarray or (y.dtype is not data.dtype and y.dtype is not other.dtype):
            y = checked_output(y, type(self).__name__)
        if blocks.get():
            if not recording():
                return new_variable(y, Unrecorded)
            watch(self, (data, other), (y,))
        output = _new(Variable)
        output._array = y
        output._grad = None
        output._creator = self
        self._inputs = (a, b)
        self.a = data
        self.b = other
        self.y = y
        generation = 0
        if a is not None and a._creator is not None:
            generation = a._creator.generation
        if b is not None and b._creator is not None and b._creator.generation > generation:
            generation = b._creator.generation
        self.generation: int = generation + 1
        return output

    @property
    @override
    def inputs(self) -> tuple[Variable, Variable]:
        a, b = super().inputs
        return a, b

    @property
    @override
    def primals(self) -> tuple[Array, Array]:
        return self.a, self.b

    def jvp(self, ta: Any, tb: Any, /) -> Result:
        """The tangent of the output, given those of both inputs."""
        raise NotImplementedError(f"{type(self).__name__} has no method jvp(self, ta, tb)")

    @override
    def bind(self, inputs: tuple[A, ...], outputs: tuple[A, ...]) -> None:
        bind(self, a=inputs[0], b=inputs[1], y=outputs[0])


class NaryFunction(SeveralInputs, kind=True):
    """A function of any number of Variables that gives a tuple of Variables.

    Its operands may be arrays or numbers too; numbers take the dtype of the others.
    An output that is not used, or was dropped, has a cotangent of zeros in `backward`.

    >>> import numpy as np
    >>> class SinCos(NaryFunction):
    ...     def forward(self, *xs: Array) -> tuple[Array, ...]:
    ...         return np.sin(xs[0]), np.cos(xs[0])
    ...
    ...     def backward(self, *gys: Array) -> tuple[Array, ...]:
    ...         sin, cos = self.ys
    ...         return (gys[0] * cos - gys[1] * sin,)
    >>> x = Variable(np.array(0.0))
    >>> s, c = SinCos()(x)
    >>> s.backward()
    >>> x.grad
    array(1.)
    """

    __slots__ = ("_inputs", "_outputs", "xs", "ys")

    _outputs: tuple[ref[Variable], ...]
    xs: tuple[Array, ...]
    ys: tuple[Array, ...]

    def forward(self, *xs: Any) -> tuple[Result, ...]:
        """The values at `xs`: a tuple of arrays of floats."""
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, *xs)")

    def backward(self, *gys: Any) -> tuple[Result | None, ...]:
        """The gradients with respect to all inputs, given those with respect to all outputs."""
        raise NotImplementedError(f"{type(self).__name__} needs a method backward(self, *gys)")

    def __call__(self, *xs: Operand) -> tuple[Variable, ...]:
        """Compute `forward`; unless under `no_grad()`, record this call as the results' creator."""
        operands = tuple(map(joined, xs))
        if is_folded(operands):
            return tuple(constant(y, self) for y in self._several(self.fold(raw(operands))))
        taken = [split(x, operands) for x in operands]
        inputs, primals = tuple(x for x, _ in taken), tuple(data for _, data in taken)
        node = self._claim()
        try:
            given = node.forward(*primals)
            ys = tuple(checked_output(y, type(node).__name__) for y in node._several(given))
            if blocks.get():
                if not recording():
                    node._free = True
                    return tuple(new_variable(y, Unrecorded) for y in ys)
                watch(node, primals, ys)
        except BaseException:
            node._free = True
            raise
        outputs = tuple(map(new_variable, ys))
        for output in outputs:
            output._creator = node
        node._inputs = inputs
        node._outputs = tuple(map(ref, outputs))
        node.xs = primals
        node.ys = ys
        node._record(inputs)
        return outputs

    @property
    @override
    def primals(self) -> tuple[Array, ...]:
        return self.xs

    def _several(self, ys: tuple[Result, ...]) -> tuple[Result, ...]:
        """What `forward` returned, which must be a tuple."""
        if not isinstance(ys, (tuple, list)):
            raise OutputError(
                f"forward of {type(self).__name__} must return a tuple of arrays, got {brief(ys)}"
            )
        return ys

    @property
    @override
    def results(self) -> tuple[Array, ...]:
        return self.ys

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """The Variables that the call gave. Raises OutputDroppedError if one was not kept."""
        if not hasattr(self, "_outputs"):
            raise self._uncalled()
        return tuple(map(self._alive, self._outputs))

    @override
    def adopt(self, output: Variable) -> None:
        raise CreatorError(f"{type(self).__name__} has several outputs; only its call can set them")

    def jvp(self, *txs: Any) -> tuple[Result, ...]:
        """The tangents of all outputs, given those of all inputs."""
        raise NotImplementedError(f"{type(self).__name__} has no method jvp(self, *txs)")

    @override
    def pushforward(self, *txs: Array) -> tuple[Result, ...]:
        return self.jvp(*txs)

    @override
    def bind(self, inputs: tuple[A, ...], outputs: tuple[A, ...]) -> None:
        bind(self, xs=inputs, ys=outputs)

    def revived(self) -> tuple[Variable, ...]:
        """The outputs, new ones for those that were dropped."""
        found = tuple(
            self._again(y) if (v := output()) is None else v
            for output, y in zip(self._outputs, self.ys, strict=True)
        )
        self._outputs = tuple(map(ref, found))
        return found

    def _again(self, y: Array) -> Variable:
        output = new_variable(y)
        output._creator = self
        return output

    @override
    def cotangents(
        self, v: object, gy: Array, take: Callable[[Any, Array], Array]
    ) -> tuple[Array, ...]:
        outputs = (output() for output in self._outputs)
        return tuple(gy if y is v else take(y, data) for y, data in zip(outputs, self.ys))


def bind(node: Node, **values: Array | Variable | tuple[Array | Variable, ...]) -> None:
    """Set what a rule reads to Variables: they stand for arrays there, as types cannot say."""
    for name, value in values.items():
        setattr(node, name, value)
