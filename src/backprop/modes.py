"""Whether calls are recorded: local to the thread and task, as all state of this package is."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import CO_ASYNC_GENERATOR, CO_GENERATOR
from types import FrameType, TracebackType
from typing import Final


class Block:
    """One entry into a no_grad(), until it is left."""

    __slots__ = ("_generator", "open")

    def __init__(self, generator: FrameType | None) -> None:
        self._generator = generator
        self.open: bool = True

    def close(self) -> None:
        """End it, for the tasks too that were started within."""
        self.open = False
        self._generator = None

    def covers(self, frame: FrameType | None) -> bool:
        """Whether code that runs in `frame` is inside this block.

        A generator has no context of its own: while it is suspended inside the block, its caller
        sees the same ContextVar. What tells them apart is who is on the stack.
        """
        if self._generator is None:
            return self.open
        while frame is not None:
            if frame is self._generator:
                return True
            frame = frame.f_back
        return False


# Whether a rule is running on Variables that stand for its arrays, to be differentiated again.
lifting: Final[ContextVar[bool]] = ContextVar("lifting", default=False)

# The open blocks, not a flag: those of tasks and generators may close in any order, and what an
# outer block would put back can be out of date by then.
blocks: Final[ContextVar[tuple[Block, ...]]] = ContextVar("blocks", default=())


class no_grad:  # noqa: N801 (the field's own name for it, used as a word: `with no_grad():`)
    """Within the block, calls compute values and record no graph.

    It holds for this thread and this task, and for the tasks started within, until the block ends.
    In a generator it holds only while the generator runs; but one that `contextlib` has made a
    context manager of holds for the body of its `with`.

    >>> import numpy as np
    >>> from backprop import Square, Variable, no_grad
    >>> with no_grad():
    ...     y = Square()(Variable(np.array(3.0)))
    >>> y.creator is None
    True
    """

    __slots__ = ("_entered",)

    def __init__(self) -> None:
        self._entered: list[tuple[FrameType, Block]] = []

    def __enter__(self) -> None:
        frame = sys._getframe(1)
        block = Block(_generator(frame))
        self._entered.append((frame, block))
        blocks.set((*blocks.get(), block))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        here = sys._getframe(1)
        last = self._entered[-1]
        left = next((entry for entry in reversed(self._entered) if entry[0] is here), last)
        self._entered.remove(left)
        left[1].close()
        blocks.set(tuple(block for block in blocks.get() if block.open))


@contextmanager
def recorded() -> Generator[None]:
    """Within the block, calls are recorded even inside no_grad(): a transform needs its graph."""
    token = blocks.set(())
    try:
        yield
    finally:
        blocks.reset(token)


@contextmanager
def lifted() -> Generator[None]:
    """Within the block, Variables stand for the arrays of a rule."""
    token = lifting.set(True)
    try:
        yield
    finally:
        lifting.reset(token)


def recording() -> bool:
    """Whether a call made now is recorded."""
    open_blocks = blocks.get()
    return not open_blocks or not any(block.covers(sys._getframe(1)) for block in open_blocks)


def _generator(frame: FrameType | None) -> FrameType | None:
    """The generator that a block opened in `frame` belongs to, if any.

    What contextlib opens, itself or in a generator that it drives, belongs to its caller.
    """
    while frame is not None and (
        _of_contextlib(frame) or (_is_generator(frame) and _of_contextlib(frame.f_back))
    ):
        frame = frame.f_back
    return frame if frame is not None and _is_generator(frame) else None


def _is_generator(frame: FrameType) -> bool:
    return bool(frame.f_code.co_flags & (CO_GENERATOR | CO_ASYNC_GENERATOR))


def _of_contextlib(frame: FrameType | None) -> bool:
    return frame is not None and frame.f_globals.get("__name__") == "contextlib"
