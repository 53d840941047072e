"""Functions of a pytree of parameters, and modules that hold theirs: each array is an input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from backprop.errors import ArgumentValueError
from backprop.ground.arrays import Shape, Shapes, brief
from backprop.ground.domain import REALS, Domain
from backprop.pytree import Tree, leaves, mapped
from backprop.testing.rules import Arrays, Rule


class Parameters:
    """The arrays of floats in a tree, in the order of its leaves; what else it has stays."""

    def __init__(self, tree: Tree) -> None:
        found = list(filter(_varies, leaves(tree)))
        if not found:
            raise ArgumentValueError(
                f"params has no array of floats to differentiate by: {brief(tree)}; pass an "
                'example such as {"w": np.zeros((3, 2)), "b": np.zeros(2)}'
            )
        self.tree = tree
        self.shapes: tuple[Shape, ...] = tuple(tuple(getattr(x, "shape", ())) for x in found)
        named = (str(getattr(x, "dtype", "float64")).rpartition(".")[2] for x in found)
        self.dtypes: tuple[str, ...] = tuple(dict.fromkeys(named))

    def of(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, which takes the tree first, as a function of its arrays and the other inputs."""
        count = len(self.shapes)

        def function(*xs: Any) -> Any:
            each = iter(xs[:count])
            tree = mapped(lambda leaf: next(each) if _varies(leaf) else leaf, self.tree)
            return call(tree, *xs[count:])

        function.__name__ = getattr(call, "__name__", type(call).__name__)
        return function

    def ways(self, ways: Shapes | None, at: Arrays | None) -> Shapes:
        """The shapes to call it with, of which `ways` tells those of the other inputs.

        Or of all, `at` a point.
        """
        if at is not None:
            return (tuple(x.shape for x in at),)
        return tuple((*self.shapes, *way) for way in ways or ((),))

    def domain(self, domain: Domain, ways: Shapes) -> Domain:
        """That of all inputs; a tuple is for the others, and the parameters are anything."""
        if isinstance(domain, tuple):
            return (REALS,) * len(self.shapes) + domain
        return (domain,) * len(ways[0])

    def rule(self, rule: Rule) -> Rule:
        """A rule of these, in their dtypes. Among so many inputs magnitudes are ordinary ones.

        Else some are so steep a function of others that nothing is known there.
        """
        return replace(rule, dtypes=self.dtypes, composed=True, span=0.0)


def _varies(leaf: object) -> bool:
    return isinstance(leaf, float) or "float" in str(getattr(leaf, "dtype", ""))
