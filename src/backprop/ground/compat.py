"""What newer Pythons have in `typing`, without a dependency at run time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

    from typing_extensions import override
elif sys.version_info >= (3, 12):  # pragma: no cover  # which of the two runs, Python decides
    from typing import Self, override
else:  # pragma: no cover  # the other of the two
    from typing import Self

    def override(method):
        """Say that a method overrides one of a base class; checkers read it, nothing else does."""
        return method


__all__ = ["Self", "override"]
