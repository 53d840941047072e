"""What is said of a Function that is written, made or called as those of others are."""

from __future__ import annotations

from inspect import CO_VARARGS
from types import FunctionType
from typing import Any, Final, NoReturn

from backprop.errors import (
    ConversionError,
    CycleError,
    HigherOrderError,
    NotCalledError,
    ReadOnlyError,
    SignatureError,
)
from backprop.ground.arrays import brief

_ARGUMENTS: Final = {1: "(x)", 2: "(a, b)", None: "(*xs)"}


def using_config(name: str, value: object) -> NoReturn:
    """Raise SignatureError: what book step 18 does by a global switch, `no_grad()` does here."""
    raise SignatureError(
        f"there is no configuration, got {name!r} = {brief(value)}: to compute without a graph "
        "write `with no_grad():`"
    )


def check_arity(cls: type, arity: int | None) -> None:
    """Raise SignatureError if `forward` takes another number of inputs than its kind has."""
    forward: object = vars(cls).get("forward")
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


def set_up_with(node: Any, given: object) -> SignatureError:
    """The error of `Square(x)`, where `Square()(x)` is meant."""
    name = type(node).__name__
    return SignatureError(
        f"{name} has no settings, got {brief(given)}: make an instance and call that, "
        f"{name}(){_ARGUMENTS[node.arity]}"
    )


def one_operand(node: object, given: object) -> SignatureError:
    """The error of `Add()([a, b])`, where `Add()(a, b)` is meant."""
    name = type(node).__name__
    return SignatureError(
        f"{name} takes two operands, got one: {brief(given)}; write {name}()(a, b), not "
        f"{name}()([a, b])"
    )


def other_backward(unknown: dict[str, Any]) -> SignatureError:
    """The error of `y.backward(create_graph=True)` and its like."""
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


def uncalled(name: str, *, lifted: bool) -> NotCalledError | HigherOrderError:
    """The error of a Function whose input or output is asked for where it has none."""
    if lifted:
        return HigherOrderError(
            f"{name}.backward reads the Variables of the call, whose data are arrays, so its "
            "result cannot be differentiated again: write self.x instead of self.input.data "
            "(self.a, self.b or self.xs in the other kinds), self.y instead of self.output.data"
        )
    return NotCalledError(f"{name} has no input or output yet: call it first")


def cycle(name: str) -> CycleError:
    """The error of a value that was made an input of what it was computed from."""
    return CycleError(
        f"the input of a {name} was computed from its own output: "
        "set_creator or a __call__ of its own has bound one instance to two calls; make it two"
    )


def written(rule: str) -> ReadOnlyError:
    """The error of `rule`, a method of a Function, that wrote into an array that it was lent."""
    return ReadOnlyError(
        f"{rule} writes into an array that it was only lent, a cotangent or what forward got or "
        "gave; others read it after it: make a new one, gy = gy * 3 instead of gy *= 3"
    )


def cut(v: object, how: str, more: str = "") -> ConversionError:
    """The error of a conversion that would cut a gradient; `how` is the way it was tried."""
    return ConversionError(
        f"{how}: converting {brief(v)} to a plain number, bool or array would cut its gradient; "
        f"compute with Variables, or take x.data where no gradient is wanted{more}"
    )


def takes_nothing(name: str, given: object) -> SignatureError:
    """The error of `no_grad(function)`, where `with no_grad():` is meant."""
    return SignatureError(
        f"{name}() takes nothing, got {type(given).__name__}: write `with {name}():`"
    )
