"""Rules of the functions of a framework, told from what they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from inspect import signature
from typing import Any, Final

import numpy as np

from backprop.errors import UnsupportedError
from backprop.ground.arrays import Shape, Shapes
from backprop.ground.domain import REALS, Domain, Interval
from backprop.pytree import leaves
from backprop.testing import entries
from backprop.testing.bound import Bound
from backprop.testing.entries import Ways
from backprop.testing.frameworks.protocol import (
    Arrays,
    Framework,
    NotOffered,
    OnTensors,
)
from backprop.testing.generators.strategies import ordinary_inputs, small_ways
from backprop.testing.judging.mismatch import CannotCall, cannot_call
from backprop.testing.parameters import Parameters
from backprop.testing.rules import Pullback, Rule

_MOST: Final = 4  # inputs of a function that does not say how many it takes


def rules_in(
    framework: Framework,
    target: Any,
    call: Bound,
    domain: Domain | None,
    shapes: Ways | None,
    order: int,
    at: Arrays | None = None,
) -> tuple[Rule, ...]:
    """The rule of `call`, and in second order that of its gradient."""
    name = call.__name__
    ways = None if shapes is None else entries.shapes(shapes)
    stated = getattr(target, "domain", REALS) if domain is None else domain
    given = entries.intervals(stated, name)
    tree = framework.parameters(target) if call.params is None else call.params
    framework = framework.beside([*call.constants.values(), *leaves(tree)])
    function = call.of(framework.callable_of(target), framework.constant)
    packed = None if tree is None else Parameters(tree)
    if packed is not None:
        function, ways = packed.of(function), packed.ways(ways, at)
        given = packed.domain(given, ways)
    count = _arity(framework, target, call, function, given, ways)
    entries.fit(ways, count, name)
    domains = entries.each(given, count, name)
    rule = _rule(framework, function, name, domains, ways, 1, call.settings)
    few = None if framework.few is None else tuple(way * count for way in framework.few)
    single = framework.is_rule(target) and packed is None
    rule = replace(rule, composed=not single, few=few, code=_code(target, name))
    body = framework.body(target)
    if body is not None:
        plain = call.of(framework.callable_of(body), framework.constant)
        opinion = f"its forward under {framework.name}"
        rule = replace(rule, second=_pullback(framework, plain), opinion=opinion)
    rule = rule if packed is None else packed.rule(rule)
    called(rule, at)
    if order == 1:
        return (rule,)
    results = tuple((*way, _result(rule, way)) for way in small_ways(rule))
    second = _differentiable(framework, function, name)
    domains = (*domains, REALS)
    settings = (*call.settings, "order=2")
    of = _rule(framework, second, f"gradient of {name}", domains, results, 2, settings)
    return rule, replace(of, code=rule.code)


def _differentiable(framework: Framework, function: OnTensors, name: str) -> OnTensors:
    try:
        return framework.gradient(function)
    except NotOffered as error:
        raise UnsupportedError(
            f"{name} has no second order, for {framework.name} has none: verify it with order=1"
        ) from error


def called(rule: Rule, at: Arrays | None = None) -> None:
    """Raise CannotCall if the function takes none of the inputs that it may be called with.

    They are those `at` a point, if that is given.
    """
    failures = [_failure(rule, at)] if at else [_failure(rule, xs) for xs in points(rule)]
    if failures and None not in failures:
        raise next(filter(None, failures))


def points(rule: Rule) -> Iterator[Arrays]:
    """Ordinary inputs of each small shape."""
    return (_drawn(rule, way) for way in small_ways(rule))


def _failure(rule: Rule, xs: Arrays) -> CannotCall | None:
    try:
        rule.forward(*xs)
    except Exception as error:
        found = cannot_call(rule, xs, error)
        found.__cause__ = error
        return found
    return None


def _rule(
    framework: Framework,
    function: OnTensors,
    name: str,
    domains: tuple[Interval, ...],
    shapes: Shapes | None,
    order: int,
    settings: tuple[str, ...],
) -> Rule:
    return Rule(
        name=name,
        forward=lambda *xs: np.asarray(framework.value(function, xs)),
        vjp=_pullback(framework, function),
        jvp=lambda xs, txs: framework.jvp(function, xs, txs),
        domains=domains,
        shapes=shapes,
        order=order,
        composed=order > 1,
        span=1.0 if order == 1 else 0.0,
        offers_jvp=order == 1,
        call=None,
        second=None,
        code=name,
        settings=settings,
    )


def _pullback(framework: Framework, function: OnTensors) -> Pullback:
    return lambda xs, gy: tuple(map(np.asarray, framework.vjp(function, xs, gy)))


def _code(target: Any, name: str) -> str:
    """The import of what a module has under its name; all else its user must define."""
    where = getattr(target, "__module__", None) or "__main__"
    there = where != "__main__" and getattr(sys.modules.get(where), name, None) is target
    return (
        f"from {where} import {name}\n{name}"
        if there
        else f"# here define {name} as you do\n{name}"
    )


def _arity(
    framework: Framework,
    target: Any,
    call: Bound,
    function: OnTensors,
    domain: Domain,
    ways: Shapes | None,
) -> int:
    """How many inputs: by the domain, the shapes, the signature, or the first call that works."""
    if isinstance(domain, tuple):
        return len(domain)
    if ways:
        return len(ways[0])
    said = _signature(target, call)
    if said is not None:
        return said
    return next(filter(partial(_takes, framework, function), range(1, _MOST)), 1)


def _takes(framework: Framework, function: OnTensors, count: int) -> bool:
    """Whether a call with so many inputs works."""
    try:
        framework.value(function, (np.full((2, 2), 0.5),) * count)
    except Exception:
        return False
    return True


def _signature(target: Any, given: Bound) -> int | None:
    """The parameters without a default, but for a torch Function's ctx."""
    told: Callable[..., Any] = getattr(target, "forward", target)
    try:
        parameters = signature(told).parameters.values()
    except (TypeError, ValueError):  # of some functions written in C nothing is known
        return None
    many = (p for p in parameters if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
    if next(many, None) is not None:
        return None
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is not p.KEYWORD_ONLY]
    needed = needed[told is not target and isinstance(target, type) :]
    left = [name for i, name in enumerate(needed) if i not in given.constants]
    return len([name for name in left if name not in given.keywords]) or None


def _drawn(rule: Rule, way: tuple[Shape, ...]) -> Arrays:
    rng = np.random.default_rng(0)
    dtype = rule.dtypes[0] if rule.dtypes else "float64"
    return ordinary_inputs(rule, way, dtype, rng)


def _result(rule: Rule, way: tuple[Shape, ...]) -> Shape:
    return np.shape(rule.forward(*_drawn(rule, way)))
