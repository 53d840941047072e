"""What is verified: a value and its pullback, whatever they are written with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

from backprop.errors import ArgumentTypeError, ArgumentValueError
from backprop.ground.arrays import Array, Shapes, brief
from backprop.ground.domain import REALS, Domain, Interval
from backprop.ground.narrowing import is_sequence
from backprop.kernel.function import NaryFunction
from backprop.kernel.variable import Node, Variable
from backprop.pytree import leaves
from backprop.testing import entries
from backprop.testing.entries import Ways
from backprop.testing.numeric.exact import exact
from backprop.testing.second import (
    ON_VARIABLES,
    Arrays as Arrays,
    Join,
    Pullback as Pullback,
    differentiated,
    second_of,
)
from backprop.testing.source import defined, name_of
from backprop.transforms.forward_mode import tangents

OnVariables: TypeAlias = Callable[..., Variable]
Anything: TypeAlias = Callable[..., Any]  # what verify was given, before it is known what it is


@dataclass(frozen=True, slots=True)
class Rule:
    """A function of arrays and the pullback that is claimed for it."""

    name: str
    forward: Callable[..., Array]
    vjp: Callable[[Arrays, Array], Sequence[Array]]
    jvp: Callable[[Arrays, Arrays], Array] | None  # forward mode, where that is claimed too
    domains: tuple[Interval, ...]  # one for each input
    shapes: Shapes | None
    order: int  # 2: the gradient of a rule, as a function of its own
    composed: bool  # of other rules: then rounding between these may cost all digits
    span: float  # from which part of the dtype's range of magnitudes inputs are drawn
    offers_jvp: bool  # else it is only what backward gives on Variables, and convicts nobody
    call: OnVariables | None  # whose Functions are held to their promises of new memory
    second: Pullback | None  # another gradient, of the forward's code; it raises where it has none
    code: str  # Python that rebuilds it in a script, as the last line of which it is an expression
    few: Shapes | None = None  # which ways to call it are tried, though any would do
    settings: tuple[str, ...] = ()  # what check_gradient is called with besides, in a script
    dtypes: tuple[str, ...] | None = None  # of its parameters: it is tried in no others
    members: Callable[[Arrays], Arrays] | None = None  # what is made of numbers drawn as inputs
    where: str = ""  # its domain in words, where that is no Interval
    opinion: str = ON_VARIABLES  # whose the second gradient is
    reference: Callable[..., Any] | None = None  # a better forward, which judges in its place
    precision: float = 0.0  # how exact the forward is, relative to its largest value
    ignored: frozenset[str] = frozenset()  # the kinds of findings that are known already
    landmarks: tuple[float, ...] = ()  # the numbers in its code

    @property
    def arity(self) -> int:
        """The number of inputs."""
        return len(self.domains)

    @property
    def verified(self) -> Pullback | None:
        """The second gradient, if all that gives it is verified itself; it raises likewise."""
        return self.second if self.opinion == ON_VARIABLES else None

    def truth(self, *xs: Array) -> Array:
        """The value that differences are taken of."""
        if self.reference is None:
            return self.forward(*xs)
        return exact(self.reference(*xs))

    def placed(self, xs: Arrays) -> Arrays:
        """Numbers that were drawn, as inputs from where the rule is meant for."""
        return xs if self.members is None else self.members(xs)


def rule_of(
    function: type[Node] | Node | OnVariables,
    domain: Domain | None = None,
    shapes: Ways | None = None,
) -> Rule:
    """The rule of a Function class, an instance of one, or any callable on Variables.

    Raises ArgumentTypeError if it is none of these, or needs arguments to be set up.
    """
    call = as_callable(function)
    stated: object = getattr(call, "shapes", None) if shapes is None else shapes
    given = None if stated is None else entries.shapes(stated)
    domains = _domains(call, _domain_of(call) if domain is None else domain, given)
    joined = _joined(call)
    return Rule(
        name=name_of(call),
        forward=call.of_arrays if isinstance(call, OnArraysToo) else _forward(joined),
        vjp=_vjp(joined),
        jvp=_jvp(joined),
        domains=domains,
        shapes=given,
        order=_said(call, "order", 1),
        composed=not isinstance(call, Node),
        span=_said(call, "span", 1.0),
        offers_jvp=getattr(call, "has_jvp", True),
        call=joined,
        second=second_of(call),
        code=_code(call),
    )


def pair(
    forward: Callable[..., Array],
    vjp: Callable[..., Any],
    domain: Domain,
    shapes: Ways | None,
    jvp: Callable[..., Array] | None = None,
) -> Rule:
    """The rule of two plain functions on arrays, or of three."""
    ways = None if shapes is None else entries.shapes(shapes)
    given = {"forward": forward, "vjp": vjp} | ({} if jvp is None else {"jvp": jvp})
    names = [name_of(entries.function(f, what)) for what, f in given.items()]
    name = ", ".join(names[:2])
    domains = _of_pair(forward, entries.intervals(domain, name), ways, names[0])
    count = len(domains)
    entries.takes(forward, count, names[0])
    entries.takes(vjp, count + 1, names[1])
    if jvp is not None:
        entries.takes(jvp, 2 * count, names[2])
    lines, called = zip(*(defined(f, what) for what, f in given.items()), strict=True)
    return Rule(
        name=name,
        forward=forward,
        vjp=lambda xs, gy: _gradients(vjp(*xs, gy), count),
        jvp=None if jvp is None else lambda xs, txs: np.asarray(jvp(*xs, *txs)),
        domains=domains,
        shapes=ways,
        order=1,
        composed=False,
        span=1.0,
        offers_jvp=True,
        call=None,
        second=differentiated(forward),
        code="\n".join([*lines, ", ".join(called)]),
    )


def _of_pair(
    forward: Anything, domain: Domain, ways: Shapes | None, name: str
) -> tuple[Interval, ...]:
    """The domain of each input of a plain function; one that does not say takes one input."""
    if isinstance(domain, tuple):
        count = len(domain)
    elif ways:
        count = len(ways[0])
    else:
        count = entries.inputs(forward)
    entries.fit(ways, count, name)
    return entries.each(domain, count, name)


def _gradients(found: Any, count: int) -> tuple[Array, ...]:
    """One array of one input, a tuple or a list of several."""
    several = count > 1 and is_sequence(found)
    return tuple(map(np.asarray, found)) if several else (np.asarray(found),)


def _said(call: object, name: str, default: Any) -> Any:
    """An attribute that expressions of ours have; a user's rule may have a setting of that name."""
    return default if isinstance(call, Node) else getattr(call, name, default)


@runtime_checkable
class OnArraysToo(Protocol):
    """A function on Variables that computes its value from arrays in a way that takes less time."""

    def __call__(self, *xs: Variable) -> Variable: ...

    def of_arrays(self, *xs: Array) -> Array: ...


def with_vjp(rule: Rule, vjp: Callable[[Arrays, Array], Sequence[Array]]) -> Rule:
    """A rule of the function of `rule` with another pullback."""
    return replace(rule, vjp=vjp, jvp=None, call=None)


def as_callable(function: type | Node | Anything) -> Anything:
    """`function` itself, or an instance of it if it is a Function class."""
    made = _instance(function) if isinstance(function, type) else function
    if not callable(made):
        raise ArgumentTypeError(
            f"verify takes a Function or a callable on Variables, got {brief(function)}"
        )
    return made


def _instance(cls: type) -> Node:
    if not issubclass(cls, Node):
        raise ArgumentTypeError(f"{cls.__name__} is no Function class: subclass backprop.Function")
    try:
        return cls()
    except Exception as error:
        raise ArgumentTypeError(
            f"{cls.__name__} cannot be set up without arguments ({brief(error)}); "
            "verify an instance"
        ) from error


def called(xs: tuple[Variable, ...], count: int, name: str) -> tuple[Variable, ...]:
    """The Variables that a function was called with; raise if they are more, fewer or none."""
    if not all(isinstance(x, Variable) for x in xs):
        raise ArgumentTypeError(f"{name} takes Variables, got {brief(xs)}")
    if len(xs) != count:
        raise ArgumentValueError(f"{name} takes {count} Variables, got {len(xs)}")
    return xs


def _domain_of(call: Anything) -> Domain:
    domain: Domain = getattr(call, "domain", REALS)
    return domain


def _joined(call: Anything) -> OnVariables:
    """The call with all its outputs joined into one: those of an NaryFunction, or in a tree."""
    kind: object = call
    if isinstance(kind, NaryFunction):
        return lambda *xs: Join()(*call(*xs))[0]
    if isinstance(kind, Node):
        return call

    def joined(*xs: Variable) -> Variable:
        y: Any = call(*xs)
        if isinstance(y, Variable):
            return y
        found = [leaf for leaf in leaves(y) if isinstance(leaf, Variable)]
        return Join()(*found)[0] if found else y

    joined.__name__ = name_of(call)
    return joined


def _forward(call: OnVariables) -> Callable[..., Array]:
    def forward(*xs: Array) -> Array:
        y: object = call(*map(Variable, xs))
        if not isinstance(y, Variable):
            raise TypeError(f"{name_of(call)} must return one Variable, got {type(y).__name__}")
        return y.data

    return forward


def _vjp(call: OnVariables) -> Callable[[Arrays, Array], Sequence[Array]]:
    def vjp(xs: Arrays, gy: Array) -> Sequence[Array]:
        inputs = tuple(map(Variable, xs))
        y = call(*inputs)
        if not y.is_constant:  # else it depends on none of them
            y.grad = gy
            y.backward()
        return tuple(np.zeros_like(x.data) if x.grad is None else x.grad for x in inputs)

    return vjp


def _jvp(call: OnVariables) -> Callable[[Arrays, Arrays], Array]:
    def jvp(xs: Arrays, txs: Arrays) -> Array:
        inputs = tuple(map(Variable, xs))
        return tangents((call(*inputs),), inputs, txs)[0]

    return jvp


def _domains(call: object, domain: Domain, ways: Shapes | None) -> tuple[Interval, ...]:
    """The Interval of each input of `call`."""
    name = name_of(call)
    domain = entries.intervals(domain, name)
    count = _arity(call, domain, ways)
    entries.fit(ways, count, name)
    if not isinstance(call, Node):
        entries.takes(call, count, name)
    return entries.each(domain, count, name)


def _arity(call: object, domain: Domain, ways: Shapes | None) -> int:
    """How many inputs there are: its kind says, else the domain, the shapes or the signature."""
    if isinstance(call, Node) and call.arity is not None:
        return call.arity
    if isinstance(domain, tuple):
        return len(domain)
    if ways:
        return len(ways[0])
    if isinstance(call, Node):
        raise ArgumentTypeError(
            f"{name_of(call)} takes any number of inputs: pass a tuple of domains"
        )
    return entries.arity(call, name_of(call))


def _code(call: object) -> str:
    """Python for `call`; for an instance that says how it is made, as dataclasses do, just that."""
    source = getattr(call, "source", None)
    if callable(source):
        return str(source())
    if not isinstance(call, Node):
        return "\n".join(defined(call))
    line, name = defined(type(call))
    return f"{line}\n{f'{name}()' if type(call).__repr__ is object.__repr__ else repr(call)}"
