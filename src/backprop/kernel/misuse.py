"""What is said of a Function that is written, made or called as those of others are."""

from __future__ import annotations

from inspect import CO_VARARGS
from types import FunctionType
from typing import Any, Final, NoReturn

from backprop.errors import SignatureError
from backprop.ground.arrays import brief

_ARGUMENTS: Final = {1: "(x)", 2: "(a, b)", None: "(*xs)"}


def using_config(name: str, value: object) -> NoReturn:
    """Raise SignatureError: what book step 18 does by a global switch, `no_grad()` does here."""
    raise SignatureError(
        f"there is no configuration, got {name!r} = {brief(value)}: to compute without a graph "
        "write `with no_grad():`"
    )


def check_arity(cls: Any) -> None:
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
