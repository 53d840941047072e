"""A slot that threads can claim an instance by, on every Python."""

from __future__ import annotations

from _thread import allocate_lock  # threading itself costs a fortieth of `import numpy`
from typing import Any


class AtomicSlot:
    """A slot of an instance that of several threads one can delete.

    CPython's own is one, but for free-threaded 3.13 and 3.14.0 to 3.14.4.
    """

    def __init__(self, slot: Any) -> None:
        self._slot = slot
        self._lock = allocate_lock()

    def __get__(self, node: object, owner: type) -> Any:
        return self._slot.__get__(node, owner)

    def __set__(self, node: object, value: bool) -> None:
        self._slot.__set__(node, value)

    def __delete__(self, node: object) -> None:
        with self._lock: self._slot.__delete__(node)  # noqa: E701  # fmt: skip  # as in sweep.py
