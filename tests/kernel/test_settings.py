"""Each call has its rule's settings, however the rule keeps them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from typing_extensions import override

from backprop import Array, Function
from tests.helpers import grad, leaf


class Scaled(Function):
    """k x; each class below keeps its setting k in another way."""

    __slots__ = ()
    k: float

    @override
    def forward(self, x: Array) -> Array:
        return self.k * x

    @override
    def backward(self, gy: Array) -> Array:
        return self.k * gy


class Slotted(Scaled):
    """In a slot."""

    __slots__ = ("k", "unset")

    def __init__(self, k: float) -> None:
        self.k = k


class Careless(Scaled):
    """With an `__init__` that forgets super's."""

    def __init__(self, k: float) -> None:
        self.k = k


class Setting:
    """A base beside Function that has an `__init__` of its own."""

    __slots__ = ()

    def __init__(self, k: float) -> None:
        assert k == 2.0


class Mixed(Setting, Scaled):
    """On the class, with an `__init__` that comes from a base that is no Function."""

    __slots__ = ()
    k = 2.0


@dataclass
class Plain(Scaled):
    """As a dataclass."""

    k: float


@dataclass(slots=True)
class SlottedData(Scaled):
    """As a dataclass with slots."""

    k: float


@dataclass
class HandSlottedData(Scaled):
    """As a dataclass with slots written by hand."""

    __slots__ = ("k",)
    k: float


@pytest.mark.parametrize("rule", [Slotted, Careless, Mixed, Plain, SlottedData, HandSlottedData])
def test_settings_go_with_every_call(rule: Callable[[float], Scaled]) -> None:
    """However a rule keeps its settings, its first call binds it and later calls have them too."""
    f, x = rule(2.0), leaf(5.0)

    first = f(x)
    third = f(f(first))
    third.backward()

    assert first.creator is f
    assert f.input is x
    assert f.output is first
    assert third.creator is not f
    assert third.data == 40.0
    assert grad(x) == 8.0
