"""Arguments that are tuples, lists or dicts of arrays, taken apart and put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from backprop.errors import TransformError

Tree: TypeAlias = Any  # an array, a number, a Variable, or a tuple, list or dict of trees


def leaves(tree: Tree) -> Iterator[Any]:
    """The leaves in order, those of a dict in the order of its keys.

    >>> list(leaves({"w": (1.0, 2.0), "b": [3.0]}))
    [1.0, 2.0, 3.0]
    """
    parts = _parts(tree)
    if parts is None:
        yield tree
    else:
        for part in parts:
            yield from leaves(part)


def alike(tree: Tree, model: Tree, what: str) -> Iterator[Any]:
    """What `tree` has at each leaf of `model`, in the order of that: dicts agree by their keys.

    Raises TransformError if it is built in another way; `what` says what it is.

    >>> list(alike({"b": 3.0, "w": (1.0, 2.0)}, {"w": (0, 0), "b": 0}, "tangents"))
    [1.0, 2.0, 3.0]
    """
    parts = _parts(model)
    if parts is None:
        yield tree
        return
    kind = dict if _is(model, dict) else (tuple, list)
    same = _is(tree, kind) and (tree.keys() == model.keys() if kind is dict else True)
    if not same or len(tree) != len(parts):
        built = str(mapped(lambda _: ..., model)).replace("Ellipsis", "...")
        raise TransformError(f"{what} must be given as {built}, got {tree!r}")
    for key, part in zip(model if kind is dict else range(len(parts)), parts):
        yield from alike(tree[key], part, what)


def mapped(function: Callable[[Any], Any], tree: Tree) -> Tree:
    """The same tree with every leaf replaced by what `function` gives for it.

    >>> mapped(str, {"w": (1, 2), "b": [3]})
    {'w': ('1', '2'), 'b': ['3']}
    """
    parts = _parts(tree)
    if parts is None:
        return function(tree)
    made = [mapped(function, part) for part in parts]
    if _is(tree, dict):
        return dict(zip(tree, made, strict=True))
    kind: Any = tree.__class__
    return kind(*made) if hasattr(kind, "_fields") else kind(made)


def _parts(tree: Tree) -> list[Any] | None:
    """The parts of a tuple, list or dict; None of a leaf."""
    if _is(tree, (tuple, list)):
        return list(tree)
    return list(tree.values()) if _is(tree, dict) else None


def _is(tree: Tree, kinds: type | tuple[type, ...]) -> bool:
    """Whether it is one; unlike isinstance, this leaves it Any for type checkers."""
    return isinstance(tree, kinds)
