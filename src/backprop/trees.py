"""Arguments that are tuples, lists or dicts of arrays, taken apart and put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Tree: TypeAlias = Any  # an array, a number, a Variable, or a tuple, list or dict of trees


def leaves(tree: Tree) -> Iterator[Any]:
    """The leaves in order, those of a dict in the order of its keys.

    >>> list(leaves({"w": (1.0, 2.0), "b": [3.0]}))
    [1.0, 2.0, 3.0]
    """
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, (tuple, list)):
        for part in tree:
            yield from leaves(part)
    else:
        yield tree


def mapped(function: Callable[[Any], Any], tree: Tree) -> Tree:
    """The same tree with every leaf replaced by what `function` gives for it.

    >>> mapped(str, {"w": (1, 2), "b": [3]})
    {'w': ('1', '2'), 'b': ['3']}
    """
    if isinstance(tree, dict):
        return {key: mapped(function, part) for key, part in tree.items()}
    if isinstance(tree, list):
        return [mapped(function, part) for part in tree]
    if isinstance(tree, tuple):
        parts = [mapped(function, part) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    return function(tree)


def rebuilt(tree: Tree, values: Iterator[Any]) -> Tree:
    """The same tree with its leaves, in order, taken from `values`."""
    return mapped(lambda _: next(values), tree)
