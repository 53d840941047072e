"""Which framework an object is of: told from its class and module, else by calling it."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

from backprop.errors import ArgumentTypeError, ArgumentValueError
from backprop.ground.arrays import brief
from backprop.testing.frameworks.protocol import Framework

_KNOWN: Final = {
    "torch": ("pytorch", "PyTorch"),
    "jax": ("jax", "Jax"),
    "autograd": ("hips", "Autograd"),
    "mygrad": ("mygrad", "MyGrad"),
}
_MADE: Final[dict[str, Framework]] = {}


def register(framework: Framework) -> None:
    """Let the verifier know a framework of your own: its objects are found by its `name`.

    Raises ArgumentTypeError if it is no instance of a subclass of Framework.
    """
    if not isinstance(framework, Framework):
        raise ArgumentTypeError(
            f"register takes an instance of a subclass of Framework, got {brief(framework)}"
        )
    _MADE[framework.name] = framework


def named(name: object) -> Framework:
    """The framework that `framework=` says."""
    if not isinstance(name, str) or name not in (*_KNOWN, *_MADE):
        known = ", ".join(map(repr, sorted({*_KNOWN, *_MADE})))
        raise ArgumentValueError(f"framework is one of {known}, got {brief(name)}")
    if name not in _MADE:
        room, kind = _KNOWN[name]
        try:
            _MADE[name] = getattr(import_module(f"backprop.testing.frameworks.{room}"), kind)()
        except ImportError as error:
            raise ArgumentValueError(f"framework={name!r} is not installed: {error}") from error
    return _MADE[name]


def told(target: Any) -> Framework | None:
    """The framework of an object, by the modules of itself and of its classes."""
    made = target if isinstance(target, type) else type(target)
    places = [getattr(target, "__module__", None), *(base.__module__ for base in made.__mro__)]
    roots = {place.partition(".")[0].removesuffix("lib") for place in places if place}
    return next((named(name) for name in (*_MADE, *_KNOWN) if name in roots), None)


def imported() -> list[Framework]:
    """Those that the program has imported, any of which an unknown callable may be for."""
    return [named(name) for name in dict.fromkeys((*_MADE, *_KNOWN)) if name in sys.modules]
