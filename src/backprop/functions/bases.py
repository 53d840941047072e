"""What rules have in common: kinds of derivative, and how a rule gets its name in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Literal,
    Protocol,
    TypedDict,
    TypeVar,
    Unpack,
)

import numpy as np

from backprop.errors import UnsupportedError
from backprop.functions import ufuncs as uf
from backprop.functions.cases import Case, case
from backprop.functions.cotangents import absorb, own, unbroadcast
from backprop.functions.registry import METHODS, enter, implements, of_constants
from backprop.ground.arrays import Array, Axes, Operand, Result, as_array, is_weak
from backprop.ground.compat import override
from backprop.ground.domain import Domain
from backprop.kernel.function import BinaryFunction, Function
from backprop.kernel.operands import as_operand, is_live, joined
from backprop.kernel.sweep import SMALL
from backprop.kernel.variable import Constant, Node, Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

_F = TypeVar("_F", bound=Callable[..., Any])


class Elementwise(Function):
    """A rule whose Jacobian is diagonal: its jvp and its vjp multiply by the same derivative.

    Most say that derivative, and no more.
    """

    __slots__ = ()
    # Whether the derivative is finite wherever x is; then it is a new array too, and no saved one.
    bounded: ClassVar[bool] = False

    def derivative(self) -> Array:
        """The derivative dy/dx of each element."""
        raise NotImplementedError

    @override
    def backward(self, gy: Array) -> Array:
        derivative = self.derivative()
        if self.bounded:
            small = derivative.size <= SMALL
            return uf.multiply(gy, derivative, out=... if small else own(derivative, gy))
        return absorb(gy, derivative)

    @override
    def consume(self, gy: Array) -> Array:
        derivative = self.derivative()
        out = own(gy, derivative)
        if self.bounded:
            return uf.multiply(gy, derivative, out=out)
        return absorb(gy, derivative, out)

    @override
    def jvp(self, tx: Array) -> Result:
        return self.backward(tx)


class Linear(Function):
    """A rule whose `forward` is linear in x: its jvp applies `forward` to the tangent."""

    __slots__ = ()

    @override
    def jvp(self, tx: Array) -> Result:
        return self.forward(tx)


class Broadcasting(BinaryFunction):
    """An elementwise rule of two operands, as two partial pullbacks in the shape of the output."""

    __slots__ = ()

    def left(self, gy: Array) -> Array:
        """The gradient with respect to `a`, not yet summed over broadcast axes."""
        raise NotImplementedError

    def right(self, gy: Array) -> Array:
        """The gradient with respect to `b`, not yet summed over broadcast axes."""
        raise NotImplementedError

    @override
    def backward(self, gy: Array) -> tuple[Array | None, Array | None]:
        a, b = self._inputs
        ga = gb = None
        if a is not None:
            ga = self.left(gy)
            if ga.shape != self.a.shape or ga.dtype is not self.a.dtype:
                ga = unbroadcast(ga, self.a)
        if b is not None:
            gb = self.right(gy)
            if gb.shape != self.b.shape or gb.dtype is not self.b.dtype:
                gb = unbroadcast(gb, self.b)
        return ga, gb

    @override
    def jvp(self, ta: Array, tb: Array) -> Array:
        return self.left(ta) + self.right(tb)


def as_variable(x: Operand) -> Variable:
    """`x` itself, or a Constant of an array or a number."""
    return as_operand(x)


class Settings(TypedDict, total=False):
    """What NumPy's ufuncs can be told, and ours only where it changes nothing."""

    casting: Literal["same_kind"]
    dtype: DTypeLike | None  # that of the result
    order: Literal["K"]
    out: None
    subok: Literal[True]
    where: Literal[True]


_DEFAULTS: Final = {
    "casting": "same_kind",
    "dtype": None,
    "order": "K",
    "out": None,
    "subok": True,
    "where": True,
}


def settled(y: Variable, original: np.ufunc, settings: Settings) -> Variable:
    """`y`, if the ufunc's settings do not change it. Raises UnsupportedError otherwise."""
    for name, value in settings.items():
        kept = name == "dtype" and np.dtype(settings.get("dtype")) == y.dtype
        if not (kept or _is_default(name, value)):
            instead = "convert it first: x.astype(dtype)" if name == "dtype" else "leave it out"
            raise UnsupportedError(
                f"numpy.{original.__name__} of a Variable knows no {name}=..., only what changes "
                f"nothing: {instead}"
            )
    return y


def _is_default(name: str, value: object) -> bool:
    """Whether a keyword of a ufunc is given its default; an array never is one."""
    default = _DEFAULTS.get(name, ...)
    return value is default or (isinstance(value, (str, np.bool)) and bool(value == default))


class Ufunc(Protocol):
    """What a function has in common with NumPy's ufunc of its name."""

    @property
    def __name__(self) -> str: ...
    @property
    def identity(self) -> object: ...
    @property
    def nargs(self) -> int: ...
    @property
    def nin(self) -> int: ...
    @property
    def nout(self) -> int: ...
    @property
    def ntypes(self) -> int: ...
    @property
    def signature(self) -> str | None: ...
    @property
    def types(self) -> list[str]: ...
    @property
    def at(self) -> Callable[..., None]: ...
    @property
    def reduceat(self) -> Callable[..., NDArray[Any]]: ...


class UnaryFunction(Ufunc, Protocol):
    """A NumPy function of one operand."""

    def __call__(self, x: Operand, /, **settings: Unpack[Settings]) -> Variable: ...


class BinaryOperation(Ufunc, Protocol):
    """A NumPy function of two operands that are broadcast."""

    def __call__(self, x1: Operand, x2: Operand, /, **settings: Unpack[Settings]) -> Variable: ...
    def outer(self, a: Operand, b: Operand, /, **settings: Unpack[Settings]) -> Variable:
        """Every element of `a` with every element of `b`."""
        ...

    def reduce(self, *args: Any, **kwargs: Any) -> Any: ...
    def accumulate(self, *args: Any, **kwargs: Any) -> Any: ...


class Reducible(BinaryOperation, Protocol):
    """A NumPy function of two operands that has rules for many: add, multiply, maximum, ..."""

    @override
    def reduce(
        self,
        array: Operand,
        /,
        axis: Axes = 0,
        dtype: DTypeLike | None = None,
        *,
        keepdims: bool = False,
        initial: float | None = None,
        where: ArrayLike = True,
    ) -> Variable:
        """The ufunc applied to all elements along `axis` in a row: its `reduce`."""
        ...

    @override
    def accumulate(
        self, array: Operand, /, axis: int = 0, dtype: DTypeLike | None = None
    ) -> Variable:
        """The ufunc applied to all elements up to each one along `axis`: its `accumulate`."""
        ...


# NumPy's own, for arrays; a Variable comes back from there, and is refused by name.
_AS_IN_NUMPY: Final = (
    *("identity", "nargs", "nin", "nout", "ntypes", "signature", "types"),
    *("accumulate", "at", "outer", "reduce", "reduceat"),
)


def unary(rule: type[Function], *originals: np.ufunc, kink: str = "") -> UnaryFunction:
    """The function that calls `rule`, under the name of NumPy's; verified where the rule says."""
    original = originals[0]

    def function(x: Operand, /, **settings: Unpack[Settings]) -> Variable:
        if settings or not isinstance(x, Variable):
            x = joined(x)
            if not is_live(x):
                return only(original, x, **settings)
            if settings:
                return settled(function(x), original, settings)
        return rule.apply(x)

    made: UnaryFunction = _named(function, rule, originals, rule, kink)
    return made


def binary(
    rule: type[BinaryFunction],
    *originals: np.ufunc,
    cases: Callable[[], Iterable[Case]] | None = None,
    kink: str = "",
) -> BinaryOperation:
    """The function of two operands that calls `rule`, and its `outer`, as NumPy's ufunc has it."""
    original = originals[0]

    def function(x1: Operand, x2: Operand, /, **settings: Unpack[Settings]) -> Variable:
        if settings or not (isinstance(x1, Variable) or isinstance(x2, Variable)):
            x1, x2 = joined(x1), joined(x2)
            if not is_live((x1, x2)):
                return only(original, x1, x2, **settings)
            if settings:
                return settled(function(x1, x2), original, settings)
        return rule.apply(x1, x2)

    made: BinaryOperation = _named(function, rule, originals, cases or rule, kink)
    _add_outer(made, rule.domain, kink)
    return made


def reducible(rule: type[BinaryFunction], original: np.ufunc, kink: str = "") -> Reducible:
    """A ufunc of ours whose `reduce` and `accumulate` are given to it by `method` elsewhere."""
    made: Any = binary(rule, original, kink=kink)
    typed: Reducible = made
    return typed


def _add_outer(function: BinaryOperation, domain: Domain, kink: str) -> None:
    code = f"onp.{function.__name__}.outer(a, b)"

    @method(function, "outer", cases=lambda: [case(code, domain, a=(2,), b=(1, 2))], kink=kink)
    def outer(a: Operand, b: Operand, /, **settings: Unpack[Settings]) -> Variable:
        """Every element of `a` with every element of `b`."""
        x, z = as_variable(a), as_variable(b)
        return function(x.reshape((*x.shape, *(1,) * z.ndim)), z, **settings)


def method(
    whose: Ufunc, name: str, *, cases: Callable[[], Iterable[Case]], kink: str = ""
) -> Callable[[_F], _F]:
    """Say that a function stands for a method of NumPy's ufunc: then it is one of ours as well."""

    def register(function: _F) -> _F:
        made = implements(cases=cases, kink=kink)(function)
        METHODS[getattr(np, whose.__name__), name] = made
        setattr(whose, name, made)
        return made

    return register


def ufunc(
    *originals: np.ufunc, cases: type[Node] | Callable[[], Iterable[Case]], kink: str = ""
) -> Callable[[_F], _F]:
    """What `implements` does, for a function that has the attributes of a ufunc too."""

    def register(function: _F) -> _F:
        made = implements(*originals, cases=cases, kink=kink)(function)
        vars(made).update(_attributes(originals[0]))
        return made

    return register


def _attributes(original: np.ufunc) -> dict[str, Any]:
    return {name: getattr(original, name) for name in _AS_IN_NUMPY}


def _named(
    function: Callable[..., Variable],
    rule: type[Node],
    originals: tuple[np.ufunc, ...],
    cases: type[Node] | Callable[[], Iterable[Case]],
    kink: str,
) -> Any:
    function.__name__ = function.__qualname__ = originals[0].__name__
    function.__doc__ = rule.__doc__
    function.__module__ = rule.__module__
    enter(function, originals, cases, kink)
    vars(function).update(_attributes(originals[0]))
    return function


def only(original: np.ufunc, *xs: object, **settings: Any) -> Constant:
    """A Constant of what NumPy's ufunc gives for arrays and numbers."""
    given = (x if is_weak(x) or isinstance(x, Variable) else as_array(x) for x in xs)
    y: Constant = of_constants(original, *given, **settings)
    return y
