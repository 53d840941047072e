"""Nothing is left behind by an exception that comes at any line, or by Ctrl-C at any time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from types import FrameType
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import (
    Add,
    Array,
    Exp,
    Function,
    Square,
    Variable,
    checking,
    grad,
    gradients,
    hessian,
    no_grad,
)
from backprop.kernel.modes import is_checking, lifting, recording, transforming
from backprop.kernel.sweep import _adding
from tests.helpers import Cube, Split, leaf

# Where a generator is closed Python swallows the fault, and says so.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

HOUSE = str(Path(backprop.__file__).parent)


class Sine(Function):
    """A rule of a user's; faults come at its lines too."""

    def forward(self, x: Array) -> Array:
        y: Array = np.sin(x)
        return y

    def backward(self, gy: Array) -> Array:
        slope = np.cos(self.x)
        return gy * slope


class Fault(BaseException):
    """What comes between two lines; not an Exception, as KeyboardInterrupt is none."""


def swept(accumulate: bool) -> Callable[[], None]:
    """A sweep over nodes of all kinds, each gradient of which doubles if all are replaced."""

    def run() -> None:
        x, w = KEPT
        y = Add()(*Split()(Exp()(Sine()(x)) * w))
        y.backward(accumulate=accumulate)

    return run


def twice() -> None:
    """Second order: rules run on Variables."""
    x = leaf([0.5, 1.0])
    (gx,) = gradients((Square()(x) * Sine()(x)).sum(), [x])
    gradients(gx.sum(), [x])


def transformed() -> None:
    """Transforms in transforms, within a block that records nothing."""
    with no_grad():
        hessian(lambda v: (v * v * v).sum())(np.ones(2))
        Cube()(leaf(2.0))


def checked() -> None:
    """A graph that is watched."""
    with checking():
        x = leaf([0.5, 1.0])
        (Sine()(x) * x).sum().backward()


KEPT = leaf([0.5, 1.0]), leaf([2.0, 3.0])


class AtLine:
    """A tracer that raises at a line, of those of the package and of the rule above."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Any:
        file = frame.f_code.co_filename
        if not (file.startswith(HOUSE) or (file == __file__ and "self" in frame.f_locals)):
            return None
        if event == "line":
            self.left -= 1
            if self.left < 0:
                sys.settrace(None)
                raise Fault
        return self


def interrupted(run: Callable[[], None], start: int, step: int) -> Iterator[int]:
    """Run it with a fault at one line after the other, until it comes to its end."""
    for number in range(start, 10**6, step):
        before, tracer = sys.gettrace(), AtLine(number)
        sys.settrace(tracer)
        try:
            run()
        except Fault:
            pass
        finally:
            sys.settrace(before)
        if tracer.left >= 0:
            return
        yield number


def is_clean() -> bool:
    """Whether no mode is left on and the lock is free."""
    modes = lifting.get() or transforming.get() or is_checking() or not recording()
    lock: Any = _adding  # its stub does not know the question
    return not (modes or lock._is_owned())


# The lines of a loop come by many times: a part is enough for a quick test, `make deep` takes all.
STEP = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 11


@pytest.mark.parametrize("run", [twice, transformed, checked])
def test_a_fault_at_any_line_leaves_no_mode_on(run: Callable[[], None]) -> None:
    """After it calls are recorded, rules run on arrays, and nothing is watched."""
    run()
    count = 0
    for number in interrupted(run, 0, STEP):
        assert is_clean(), number
        count += 1
    assert count > 20


@pytest.mark.parametrize("accumulate", [False, True])
def test_a_fault_at_any_line_replaces_all_gradients_or_none(accumulate: bool) -> None:
    """The lock is free, and the gradients are those before the sweep or those after it."""
    run, (x, w) = swept(accumulate), KEPT
    for number in interrupted(run, 0, 1):
        assert is_clean(), number
        pair = (x.grad is None, w.grad is None)
        assert pair in {(True, True), (False, False)}, number
        if accumulate:
            x.cleargrad()
            w.cleargrad()
        else:
            x.grad = w.grad = None
    assert x.grad is not None


def interrupts() -> None:
    """Raise at many times in each of the runs, and look whether anything is left on."""
    for run in (twice, transformed, checked, swept(accumulate=True)):
        start = perf_counter()
        run()
        whole, met = perf_counter() - start, 0
        for i in range(120):
            try:
                signal.setitimer(signal.ITIMER_REAL, max(whole * i / 120, 1e-6))
                run()
                signal.setitimer(signal.ITIMER_REAL, 0)
            except Fault:
                met += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert is_clean()
        assert met


ALONE = """
import signal
from tests.kernel import test_faults

def interrupt(number, frame):
    raise test_faults.Fault

signal.signal(signal.SIGALRM, interrupt)
test_faults.interrupts()
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no timer of signals")
def test_an_interrupt_at_any_time_leaves_nothing_on() -> None:
    """The same for signals, which come at other places than between two lines.

    In a process of its own: what measures coverage keeps its own lock if it is interrupted.
    """
    subprocess.run([sys.executable, "-c", ALONE], check=True, timeout=60)


def test_gradients_of_a_transform_after_a_fault() -> None:
    """What was interrupted does not disturb what is computed afterwards."""

    def run() -> None:
        grad(lambda v: (v * v).sum())(np.ones(2))

    for _ in interrupted(run, 0, 7):
        assert grad(lambda v: (v * v * v).sum())(np.array([2.0])).tolist() == [12.0]
        assert Variable(1.0).creator is None
