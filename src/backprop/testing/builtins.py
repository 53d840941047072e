"""The list of built-in Functions: read from the classes, so that none can be left out."""

from __future__ import annotations

from backprop.core import Node


def builtin_functions() -> tuple[type[Node], ...]:
    """Every Function class of backprop.functions, by name.

    >>> [cls.__name__ for cls in builtin_functions()][:3]
    ['Add', 'Cos', 'Divide']
    """
    found = [cls for cls in _subclasses(Node) if cls.__module__.startswith("backprop.functions.")]
    concrete = [cls for cls in found if not _subclasses(cls)]
    return tuple(sorted(set(concrete), key=lambda cls: cls.__name__))


def _subclasses(cls: type[Node]) -> list[type[Node]]:
    return [c for s in cls.__subclasses__() for c in (s, *_subclasses(s))]
