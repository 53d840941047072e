"""From what people have to rules: a Function, a NumPy function, what another framework takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from backprop.errors import UnsupportedError
from backprop.functions.registry import CASES
from backprop.ground.domain import REALS, Domain
from backprop.kernel.table import ours
from backprop.kernel.variable import Node
from backprop.testing import entries
from backprop.testing.bound import Bound
from backprop.testing.entries import Ways
from backprop.testing.frameworks import registry
from backprop.testing.frameworks.protocol import Framework
from backprop.testing.frameworks.rules import called, points, rules_in
from backprop.testing.generators.expressions import rules_of
from backprop.testing.judging.mismatch import CannotCall
from backprop.testing.parameters import Parameters
from backprop.testing.rules import Arrays, Rule


def rules_for(
    target: Any,
    domain: Domain | None,
    shapes: Ways | None,
    order: int,
    framework: str | None,
    bound: Bound,
    at: Arrays | None = None,
) -> tuple[Rule, ...]:
    """The rules to verify for `target`, by the framework that it belongs to.

    That is told from its class and module, or from the modules that its code names. Any other
    callable is called: with Variables, then with the tensors of each framework that the program has
    imported. Raises CannotCall if none works.
    """
    target = _of_numpy(target)
    if framework is not None:
        return rules_in(registry.named(framework), target, bound, domain, shapes, order, at)
    if _is_ours(target):
        return _of_ours(target, domain, shapes, order, bound, at)
    found = registry.told(target) or registry.used(target, bound.__name__)
    if found is not None:
        return rules_in(found, target, bound, domain, shapes, order, at)
    rules = _of_ours(target, domain, shapes, order, bound, at)
    try:
        called(rules[0], at)
    except CannotCall:
        asked = target, bound, domain, shapes, order, at
        other = next(filter(None, (_in(each, asked) for each in registry.imported())), None)
        if other is None:
            raise
        return other
    return rules


def _of_numpy(target: Any) -> Any:
    """Our function for a function of NumPy; anything else as it is."""
    module = getattr(target, "__module__", None) or ""
    if not isinstance(target, np.ufunc) and not (callable(target) and module.startswith("numpy")):
        return target
    found = ours(target) if not isinstance(target, type) else None
    if found is None:
        raise UnsupportedError(
            f"no rule for numpy.{getattr(target, '__name__', target)}: verify takes NumPy's "
            "functions that backprop.numpy has, or a function of your own that calls them"
        )
    return found


def _is_ours(target: Any) -> bool:
    kind = target if isinstance(target, type) else type(target)
    return issubclass(kind, Node) or any(target is known for known in CASES)


def _of_ours(
    target: Any,
    domain: Domain | None,
    shapes: Ways | None,
    order: int,
    bound: Bound,
    at: Arrays | None,
) -> tuple[Rule, ...]:
    """The rules of a function of Variables."""
    if bound.params is None:
        return _with(rules_of(bound.of(target), domain, shapes, order), bound)
    packed = Parameters(bound.params)
    ways = packed.ways(None if shapes is None else entries.shapes(shapes), at)
    known = entries.intervals(REALS if domain is None else domain, bound.__name__)
    function = packed.of(bound.of(target))
    rules = rules_of(function, packed.domain(known, ways), ways, order)
    return _with(tuple(map(packed.rule, rules)), bound)


def _with(rules: tuple[Rule, ...], bound: Bound) -> tuple[Rule, ...]:
    return tuple(replace(rule, settings=bound.settings) for rule in rules)


def _in(framework: Framework, asked: tuple[Any, ...]) -> tuple[Rule, ...] | None:
    """The rules of a callable, if it takes the tensors of this framework and is traced there."""
    try:
        rules = rules_in(framework, *asked)
        xs = asked[-1] or next(points(rules[0]))
        rules[0].vjp(xs, np.ones_like(rules[0].forward(*xs)))
    except Exception:  # what its author would see with another framework's tensors
        return None
    return rules
