"""Names of a package that are loaded when they are first used (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def attributes(package: str, homes: dict[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """The `__getattr__` of a package: `homes` says in which of its modules each name is written.

    A module that has an empty tuple there is a public name itself.

    >>> attributes("collections", {"abc": ("Mapping",)})("Mapping").__name__
    'Mapping'
    """
    home_of = {name: home for home, names in homes.items() for name in names or (home,)}

    def load(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found: Any = import_module(f"{package}.{home_of[name]}")
        if homes[home_of[name]]:
            found = getattr(found, name)
        setattr(sys.modules[package], name, found)  # found at once the next time
        return found

    return load
