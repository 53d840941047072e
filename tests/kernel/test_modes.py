"""no_grad() holds where it says: in its thread, its task, and a generator while that runs."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
)
from threading import Barrier, Thread

import pytest

from backprop import Add, Square, no_grad
from backprop.errors import CreatorError, NoGraphError
from tests.helpers import Split, grads, leaf


def records() -> bool:
    """Whether calls of all kinds are recorded here."""
    x = leaf(2.0)
    answers = {v.creator is not None for v in (Square()(x), Add()(x, x), *Split()(x))}
    assert len(answers) == 1
    return answers.pop()


def test_block_records_nothing() -> None:
    """Within the block values are computed and nothing is recorded; after it, all is."""
    assert records()
    with no_grad():
        assert not records()
        y = Square()(leaf(3.0))
    assert records()
    assert y.data == 9.0


def test_nested_blocks() -> None:
    """An inner block that ends does not end the outer one."""
    with no_grad():
        with no_grad():
            assert not records()
        assert not records()
    assert records()


def test_one_object_entered_twice() -> None:
    """One no_grad object may be entered again, nested or one after the other."""
    quiet = no_grad()
    for _ in range(2):
        with quiet:
            with quiet:
                assert not records()
            assert not records()
        assert records()


def test_exception_inside() -> None:
    """A block that an exception leaves is closed."""
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert records()


@pytest.mark.parametrize("first", [0, 1])
def test_interleaved_exits(first: int) -> None:
    """Blocks may close in any order; recording resumes with the last."""
    blocks = [no_grad(), no_grad()]
    for block in blocks:
        block.__enter__()

    blocks.pop(first).__exit__(None, None, None)
    assert not records()
    blocks.pop().__exit__(None, None, None)

    assert records()


def test_instance_called_within_stays_free() -> None:
    """A call that is not recorded does not bind the instance."""
    f, x = Square(), leaf(3.0)
    with no_grad():
        f(x)

    y = f(x)

    assert y.creator is f


def test_unrecorded_value_is_a_leaf_afterwards() -> None:
    """What was computed in the block is a leaf for what uses it, and cannot go back itself."""
    x = leaf(3.0)
    with no_grad():
        h = x * x
    y = h * x

    y.backward()

    assert grads([x, h]) == [9.0, 3.0]
    with pytest.raises(NoGraphError, match=r"Unrecorded\(9\.\) was computed under no_grad\(\)"):
        h.backward()
    with pytest.raises(CreatorError, match="it has no creator"):
        h.set_creator(Square())


def test_threads() -> None:
    """A block in one thread does not reach into another that runs at the same time."""
    barrier = Barrier(2, timeout=10)
    seen: dict[str, bool] = {}

    def inside() -> None:
        with no_grad():
            barrier.wait()
            seen["inside"] = records()
            barrier.wait()

    def outside() -> None:
        barrier.wait()
        seen["outside"] = records()
        barrier.wait()

    threads = [Thread(target=target) for target in (inside, outside)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == {"inside": False, "outside": True}


def test_one_object_in_two_threads() -> None:
    """Threads that share one no_grad object each leave their own block."""
    quiet, barrier = no_grad(), Barrier(2, timeout=10)
    seen: list[tuple[bool, bool]] = []

    def work() -> None:
        with quiet:
            barrier.wait()
            within = records()
            barrier.wait()
        seen.append((within, records()))

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [(False, True)] * 2


def test_tasks() -> None:
    """A block in one asyncio task does not reach into another."""
    seen: dict[str, bool] = {}

    async def main() -> None:
        opened, asked = asyncio.Event(), asyncio.Event()

        async def inside() -> None:
            with no_grad():
                opened.set()
                await asked.wait()
                seen["inside"] = records()

        async def outside() -> None:
            await opened.wait()
            seen["outside"] = records()
            asked.set()

        await asyncio.gather(inside(), outside())

    asyncio.run(main())

    assert seen == {"inside": False, "outside": True}


def test_task_started_within() -> None:
    """A task started in a block is inside it until the block ends, and then no longer."""
    seen: list[bool] = []

    async def main() -> None:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def child() -> None:
            seen.append(records())
            begun.set()
            await ended.wait()
            seen.append(records())

        with no_grad():
            task = asyncio.create_task(child())
            await begun.wait()
            await asyncio.to_thread(lambda: seen.append(records()))
        ended.set()
        await task

    asyncio.run(main())

    assert seen == [False, False, True]


def steps() -> Iterator[bool]:
    """Says twice from within a block whether calls are recorded, once after it."""
    with no_grad():
        yield records()
        yield records()
    yield records()


def test_suspended_generator() -> None:
    """A block in a generator holds while the generator runs, not while it is suspended."""
    generator = steps()
    for expected in (False, False, True):
        assert next(generator) is expected
        assert records()


def test_generators_interleaved() -> None:
    """Blocks of generators that take turns do not disturb each other."""
    assert list(zip(steps(), steps(), strict=True)) == [
        (False, False),
        (False, False),
        (True, True),
    ]
    assert records()


def test_one_object_in_two_generators() -> None:
    """The one that is left first closes its own block, not that of the other."""
    quiet = no_grad()

    def within() -> Iterator[bool]:
        with quiet:
            yield records()
            yield records()

    first, second = within(), within()
    assert not next(first)
    assert not next(second)
    list(first)
    assert not next(second)
    assert list(second) == []
    assert records()


def test_generator_started_within() -> None:
    """A generator that runs inside its caller's block is inside it."""

    def plain() -> Iterator[bool]:
        yield records()
        yield records()

    generator = plain()
    with no_grad():
        assert next(generator) is False
    assert next(generator) is True


def test_generator_that_delegates() -> None:
    """A block holds in the generators that its generator delegates to."""

    def inner() -> Iterator[bool]:
        yield records()

    def outer() -> Iterator[bool]:
        with no_grad():
            yield from inner()

    assert list(outer()) == [False]
    assert records()


def test_generator_dropped_or_closed_elsewhere() -> None:
    """A generator that is dropped, or closed in another context, leaves no block behind."""
    dropped = steps()
    next(dropped)
    del dropped
    assert records()

    closed = steps()
    next(closed)
    contextvars.copy_context().run(lambda: list(closed))
    assert records()


def test_async_generator() -> None:
    """A block in an async generator holds while that runs, not while it is suspended."""
    seen: list[tuple[bool, bool]] = []

    async def steps_async() -> AsyncIterator[bool]:
        with no_grad():
            for _ in range(2):
                await asyncio.sleep(0)
                yield records()

    async def main() -> None:
        seen.extend([(inside, records()) async for inside in steps_async()])

    asyncio.run(main())

    assert seen == [(False, True)] * 2


@contextmanager
def quietly() -> Iterator[None]:
    """A context manager of a user's, made from a generator."""
    with no_grad():
        yield


@contextmanager
def stacked() -> Iterator[None]:
    """The same by way of an ExitStack."""
    with ExitStack() as stack:
        stack.enter_context(no_grad())
        yield


@pytest.mark.parametrize("manager", [quietly, stacked])
def test_context_managers_of_contextlib(
    manager: Callable[[], AbstractContextManager[None]],
) -> None:
    """A generator made a context manager holds for the body of its `with`, also in a generator."""

    def body() -> Iterator[bool]:
        with manager():
            yield records()

    with manager():
        assert not records()
    assert records()
    with closing(body()) as generator:  # type: ignore[type-var]  # an Iterator has no close
        assert next(generator) is False
        assert records()


def test_async_context_manager() -> None:
    """An async generator made a context manager holds for the body of its `async with`."""

    @asynccontextmanager
    async def manager() -> AsyncIterator[None]:
        with no_grad():
            yield

    async def main() -> list[bool]:
        async with manager():
            inside = records()
        return [inside, records()]

    assert asyncio.run(main()) == [False, True]


def test_decorated_function() -> None:
    """A function decorated with a context manager of contextlib runs in the block."""
    assert quietly()(records)() is False
    assert records()
