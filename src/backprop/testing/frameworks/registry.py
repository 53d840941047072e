"""Which framework an object is of: told from its class and module, or from what its code names."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

from backprop.errors import ArgumentTypeError, ArgumentValueError
from backprop.ground.arrays import brief
from backprop.testing.frameworks.protocol import Framework
from backprop.testing.frameworks.telling import roots_named, roots_of

_KNOWN: Final = {
    "torch": ("pytorch", "PyTorch"),
    "jax": ("jax", "Jax"),
    "autograd": ("hips", "Autograd"),
    "mygrad": ("mygrad", "MyGrad"),
}
_OURS: Final = "backprop"
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
    roots = roots_of(target)
    return next((named(name) for name in (*_MADE, *_KNOWN) if name in roots), None)


def used(target: Any, whose: str) -> Framework | None:
    """The framework that the code of a function names, if it does not name ours too.

    Raises ArgumentValueError if there are several.
    """
    found = roots_named(target, {*_KNOWN, *_MADE, _OURS})
    if not found or _OURS in found:
        return None
    if len(found) > 1:
        names = " and ".join(sorted(found))
        raise ArgumentValueError(
            f"{whose} uses {names}: say whose tensors it takes, framework={min(found)!r}"
        )
    return named(found.pop())


def imported() -> list[Framework]:
    """Those that the program has imported, any of which an unknown callable may be for."""
    return [named(name) for name in dict.fromkeys((*_MADE, *_KNOWN)) if name in sys.modules]
