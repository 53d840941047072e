"""Pairs and triples written by hand on the tensors of a framework, as functions of arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any

from backprop.ground.arrays import Array
from backprop.ground.narrowing import is_sequence
from backprop.testing import entries
from backprop.testing.bound import Bound
from backprop.testing.entries import Ways
from backprop.testing.frameworks import registry
from backprop.testing.frameworks.protocol import Framework
from backprop.testing.rules import Rule, pair


def pair_in(
    name: str | None,
    functions: tuple[Any, Any, Any],
    domain: Any,
    shapes: Ways | None,
    said: Mapping[str, object],
) -> Rule:
    """The rule of a forward, a vjp and perhaps a jvp, on arrays or on a framework's tensors."""
    forward, vjp, jvp = functions
    settings = Bound(forward, name, None, None, None, said).settings
    if name is None:
        return replace(pair(forward, vjp, domain, shapes, jvp), settings=settings)
    framework = registry.named(name)
    value = _one(framework, entries.function(forward, "forward"))
    pull = _several(framework, entries.function(vjp, "vjp"))
    push = None if jvp is None else _one(framework, entries.function(jvp, "jvp"))
    rule = pair(value, pull, domain, shapes, push)
    return replace(rule, second=None, settings=settings)


def _one(framework: Framework, function: Callable[..., Any]) -> Callable[..., Array]:
    called = framework.callable_of(function)

    @wraps(function)
    def on_arrays(*xs: Array) -> Array:
        return framework.value(called, xs)

    return on_arrays


def _several(framework: Framework, vjp: Callable[..., Any]) -> Callable[..., Any]:
    """A vjp, each gradient for itself: joined ones would have no shapes."""

    @wraps(vjp)
    def on_arrays(*xs: Array) -> Array | tuple[Array, ...]:
        count = 1

        def part(i: int) -> Array:
            def picked(*tensors: Any) -> Any:
                nonlocal count
                found = vjp(*tensors)
                parts = found if is_sequence(found) else (found,)
                count = len(parts)
                return parts[i]

            return framework.value(framework.callable_of(picked), xs)

        first = part(0)
        return first if count == 1 else (first, *map(part, range(1, count)))

    return on_arrays
