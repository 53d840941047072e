"""What holds for the calls within a block: `no_grad()` and `checking()`, local to thread and task.

One ContextVar holds the blocks that are open, so that a call asks once. It is never put back by
hand: a function that must run in another mode runs in a Context of its own, which ends with it
whatever happens; and a block is known by a weak reference, so that it ends with its object even if
its `__exit__` could not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from inspect import CO_ASYNC_GENERATOR, CO_GENERATOR
from types import FrameType, TracebackType
from typing import Any, Final, ParamSpec, TypeVar
from weakref import ref

from backprop.ground.misuse import takes_nothing

P = ParamSpec("P")
T = TypeVar("T")


class Block:
    """One entry into a mode, until it is left."""

    __slots__ = ("__weakref__", "_generator", "entered_in", "mode", "open")

    def __init__(self, mode: type[Mode], frame: FrameType) -> None:
        self.mode: type[Mode] = mode
        self.open: bool = True
        # Frames are known by their ids: to hold one would tie it to the block in a cycle.
        self.entered_in: int = id(frame)
        generator = _generator(frame)
        self._generator = None if generator is None else id(generator)

    def covers(self, frame: FrameType | None) -> bool:
        """Whether code that runs in `frame` is inside this block.

        A generator has no context of its own: while it is suspended inside the block, its caller
        sees the same ContextVar. What tells them apart is who is on the stack.
        """
        if self._generator is None or not self.open:
            return self.open
        while frame is not None:
            if id(frame) == self._generator:
                return True
            frame = frame.f_back
        return False


# The open blocks, not a flag: those of tasks and generators may close in any order, and what an
# outer block would put back can be out of date by then.
blocks: Final[ContextVar[tuple[ref[Block], ...]]] = ContextVar("blocks", default=())

# Whether a rule is running on Variables that stand for its arrays, to be differentiated again.
lifting: Final[ContextVar[bool]] = ContextVar("lifting", default=False)

# Whether a function is being called by a transform, which differentiates by its arguments.
transforming: Final[ContextVar[bool]] = ContextVar("transforming", default=False)


class Mode:
    """The base of context managers that open a block."""

    __slots__ = ("__weakref__", "_entered")

    _entered: list[Block]

    def __init__(self, given: None = None, /) -> None:  # others write no_grad(function)
        self._entered = []
        if given is not None:
            raise takes_nothing(type(self).__name__, given)

    def __enter__(self) -> None:
        block = Block(type(self), sys._getframe(1))
        self._entered.append(block)
        blocks.set((*_open(), ref(block)))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        here = id(sys._getframe(1))
        entered = self._entered
        left = next((block for block in reversed(entered) if block.entered_in == here), entered[-1])
        left.open = False
        entered.remove(left)
        blocks.set(_open())


class no_grad(Mode):  # noqa: N801 (the field's own name for it, used as a word: `with no_grad():`)
    """Within the block, calls compute values and record no graph.

    It holds for this thread and this task until the block ends, and goes where their context goes:
    to the tasks started within, to `asyncio.to_thread`, and to the threads started within where
    Python lets threads inherit the context (`sys.flags.thread_inherit_context`, which is the
    default of free-threaded builds; elsewhere a new thread records).
    In a generator it holds only while the generator runs; but one that `contextlib` has made a
    context manager of holds for the body of its `with`.

    >>> import numpy as np
    >>> from backprop import Square, Variable, no_grad
    >>> with no_grad():
    ...     y = Square()(Variable(np.array(3.0)))
    >>> y.creator is None
    True
    """

    __slots__ = ()


class checking(Mode):  # noqa: N801 (as no_grad)
    """Within the block, what would give a gradient of other values than those computed is an error.

    - Arrays changed in place: where a graph was recorded within the block and goes back within it,
      the sweep compares every array that a call has saved with what it was, and raises ChangedError
      (a RuntimeError) if it has changed.
    - A nan or infinity that a `forward` or a `backward` makes of finite numbers raises
      NonFiniteError (a FloatingPointError) at once.

    The message names the Function, the argument, and the line that made the call. It holds where
    `no_grad` would, and costs time and memory only within: each array is hashed at the call and
    again at the sweep.

    >>> import numpy as np
    >>> from backprop import Variable, checking
    >>> x = np.array([1.0, 2.0])
    >>> with checking():
    ...     v = Variable(x)
    ...     y = (v * v).sum()
    ...     x[0] = 5.0
    ...     y.backward()
    Traceback (most recent call last):
        ...
    backprop.errors.ChangedError: input 0 of Multiply was changed in place after the call...
    """

    __slots__ = ()


def recording() -> bool:
    """Whether a call made now is recorded."""
    return not _within(no_grad)


def is_checking() -> bool:
    """Whether arrays and values are checked now."""
    return bool(blocks.get()) and _within(checking)


def run_recorded(f: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What `f` gives for a transform, which needs its graph: recorded even inside no_grad()."""
    context = copy_context()
    if blocks.get():
        context.run(blocks.set, _open(but=no_grad))
    context.run(transforming.set, True)
    return context.run(f, *args, **kwargs)


def run_lifted(f: Callable[..., Any], /, *args: Any) -> Any:
    """What a rule gives where Variables stand for its arrays."""
    context: Context = copy_context()
    context.run(lifting.set, True)
    return context.run(f, *args)


def _open(but: type[Mode] | None = None) -> tuple[ref[Block], ...]:
    """The blocks that have not ended, less those of one mode."""
    held = ((block, block()) for block in blocks.get())
    return tuple(r for r, b in held if b is not None and b.open and b.mode is not but)


def _within(mode: type[Mode]) -> bool:
    found = (block() for block in blocks.get())
    here = sys._getframe(1)
    return any(b is not None and b.mode is mode and b.covers(here) for b in found)


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
