"""Whether calls are recorded: local to the thread and task, as all state of this package is."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from inspect import CO_ASYNC_GENERATOR, CO_GENERATOR
from types import FrameType, TracebackType
from typing import Final

# The open no_grad() blocks, not a flag: blocks of tasks and generators may close in any order, and
# what an outer block would put back can be out of date by then.
blocks: Final[ContextVar[tuple[no_grad, ...]]] = ContextVar("blocks", default=())


class no_grad:  # noqa: N801 (the field's own name for it, used as a word: `with no_grad():`)
    """Within the block, calls compute values and record no graph.

    It holds for this thread and this task only, and in a generator only while the generator runs.

    >>> import numpy as np
    >>> from backprop import Square, Variable, no_grad
    >>> with no_grad():
    ...     y = Square()(Variable(np.array(3.0)))
    >>> y.creator is None
    True
    """

    __slots__ = ("_generator",)

    def __init__(self) -> None:
        self._generator: FrameType | None = None

    def __enter__(self) -> None:
        frame = sys._getframe(1)
        if frame.f_code.co_flags & (CO_GENERATOR | CO_ASYNC_GENERATOR):
            self._generator = frame
        blocks.set((*blocks.get(), self))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        blocks.set(tuple(block for block in blocks.get() if block is not self))
        self._generator = None

    def covers(self, frame: FrameType | None) -> bool:
        """Whether code that runs in `frame` is inside this block.

        A generator has no context of its own: while it is suspended inside the block, its caller
        sees the same ContextVar. What tells them apart is who is on the stack.
        """
        if self._generator is None:
            return True
        while frame is not None:
            if frame is self._generator:
                return True
            frame = frame.f_back
        return False


def recording() -> bool:
    """Whether a call made now is recorded."""
    open_blocks = blocks.get()
    return not open_blocks or not any(block.covers(sys._getframe(1)) for block in open_blocks)
