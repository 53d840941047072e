"""The list of built-in Functions: read from the classes, so that none can be left out."""

from __future__ import annotations

from backprop.functions.bases import Broadcasting, Elementwise
from backprop.kernel.variable import Node


def builtin_functions() -> tuple[type[Node], ...]:
    """The built-in Function classes that take arrays of any shape or say which, by name.

    Not those that need settings: they are verified as the functions of backprop.numpy use them.

    >>> [cls.__name__ for cls in builtin_functions()][:3]
    ['Absolute', 'Add', 'Arccos']
    """
    concrete = [cls for cls in _ours(Node) if not _ours(cls) and _plain(cls)]
    return tuple(sorted(set(concrete), key=lambda cls: cls.__name__))


def _ours(cls: type[Node]) -> list[type[Node]]:
    """The classes of this package below `cls`: a user may derive from any."""
    return [c for c in _subclasses(cls) if c.__module__.startswith("backprop.functions.")]


def _plain(cls: type[Node]) -> bool:
    elementwise = issubclass(cls, (Elementwise, Broadcasting))
    public = cls.__init__ is Node.__init__ and not cls.__name__.startswith("_")
    return public and (elementwise or cls.shapes is not None)


def _subclasses(cls: type[Node]) -> list[type[Node]]:
    return [c for s in cls.__subclasses__() for c in (s, *_subclasses(s))]
