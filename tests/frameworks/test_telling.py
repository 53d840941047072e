"""Which framework a function is of: its own module tells, or the modules that its code names."""

from __future__ import annotations

import json
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np
import pytest

import backprop.numpy as bp
from backprop.errors import ArgumentValueError
from backprop.testing.frameworks import registry
from backprop.testing.frameworks.telling import roots_named


class Pair:
    """A class of the package that these tests are in."""


def double(x: Any) -> Any:
    """A function of that package."""
    return x


def test_the_modules_that_code_names_tell_more_than_a_call() -> None:
    """Its helpers count, and what it closes over: what takes Variables too may be theirs."""
    twice, known = double, {"tests"}

    def closes(x: Any) -> Any:
        return [twice(x) for _ in range(1)]

    def helped(x: Any) -> Any:
        return FunctionType(closes.__code__, {}, "helper", None, closes.__closure__)(x)

    def imports(x: Any) -> Any:
        import tests

        return tests, x

    class Called:
        def __call__(self, x: Any) -> Any:
            return closes(x)

    def early(x: Any) -> Any:
        return late(x)

    nothing: list[Any] = [np.sin, np.mean, len, lambda x: x, early, Pair]
    for target in (closes, helped, imports, partial(closes), Called(), Called().__call__):
        assert roots_named(target, known) == known
    for target in nothing:
        assert roots_named(target, known) == set()
    late = closes
    assert roots_named(early, known) == known


def mixed(x: Any) -> Any:
    """Of which nobody can say whose it is."""
    return json, double(x)


def test_code_of_two_frameworks_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the names of both; a call that names ours too is ours."""
    monkeypatch.setattr(registry, "_KNOWN", {"tests": (), "json": ()})
    elsewhere = FunctionType(mixed.__code__, {"json": json, "double": double}, "mixed")

    with pytest.raises(ArgumentValueError, match=r"mixed uses json and tests: .*framework='json'"):
        registry.used(elsewhere, "mixed")
    ours = FunctionType((lambda x: (bp, Pair)).__code__, {"bp": bp, "Pair": Pair})
    assert registry.used(ours, "ours") is None
