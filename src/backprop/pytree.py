"""Arguments that are tuples, lists, dicts or dataclasses of arrays, taken apart and put together.

None and strings among them are no leaves: they come back as what they were.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias

import numpy as np

from backprop.errors import TransformError
from backprop.ground.arrays import Traced
from backprop.ground.narrowing import is_dict, is_sequence

# An array, a number, a Variable, or a tuple, list, dict or dataclass of trees.
Tree: TypeAlias = Any

_STATIC: Final = (type(None), str, bytes)
_LEAVES: Final = frozenset({np.ndarray, float, int})  # most of them


def leaves(tree: Tree) -> Iterator[Any]:
    """The leaves in order, those of a dict in the order of its keys.

    >>> list(leaves({"w": (1.0, 2.0), "b": [3.0], "name": "linear"}))
    [1.0, 2.0, 3.0]
    """
    parts = _parts(tree)
    if parts is None:
        yield tree
    else:
        for part in parts.values():
            yield from leaves(part)


def alike(tree: Tree, model: Tree, what: str) -> Iterator[Any]:
    """The values of `tree` at each leaf of `model`, in its order; dicts are matched by their keys.

    Raises TransformError if it is built in another way; `what` says what it is.

    >>> list(alike({"b": 3.0, "w": (1.0, 2.0)}, {"w": (0, 0), "b": 0}, "tangents"))
    [1.0, 2.0, 3.0]
    """
    parts = _parts(model)
    if parts is None:
        yield tree
        return
    given = _parts(tree)
    if given is None or given.keys() != parts.keys():
        built = str(mapped(lambda _: ..., model)).replace("Ellipsis", "...")
        raise TransformError(f"{what} must be given as {built}, got {_brief(tree)}")
    for key, part in parts.items():
        yield from alike(given[key], part, what)


def mapped(function: Callable[[Any], Any], tree: Tree) -> Tree:
    """A pytree of the structure of `tree`, each leaf replaced by what `function` gives for it.

    >>> mapped(str, {"w": (1, 2), "b": [3], "c": None})
    {'w': ('1', '2'), 'b': ['3'], 'c': None}
    """
    parts = _parts(tree)
    if parts is None:
        return function(tree)
    return _rebuilt(tree, {key: mapped(function, part) for key, part in parts.items()})


def _parts(tree: Tree) -> dict[Any, Any] | None:
    """The parts of a pytree by their keys or positions; None for a leaf."""
    if type(tree) in _LEAVES or isinstance(tree, Traced):
        return None
    if is_sequence(tree):
        return dict(enumerate(tree))
    if is_dict(tree):
        return dict(tree)
    if isinstance(tree, _STATIC):
        return {}
    fields: Iterable[str] | None = getattr(tree, "__dataclass_fields__", None)
    if fields is None or isinstance(tree, type):
        return None
    return {name: getattr(tree, name) for name in fields}


def _rebuilt(tree: Tree, parts: dict[Any, Any]) -> Tree:
    if isinstance(tree, _STATIC):
        return tree
    if is_sequence(tree):
        kind: Any = type(tree)
        return kind(*parts.values()) if hasattr(kind, "_fields") else kind(parts.values())
    made = copy.copy(tree)
    for key, part in parts.items():
        if is_dict(tree):
            made[key] = part
        else:
            object.__setattr__(made, key, part)  # the dataclass may be frozen
    return made


def _brief(tree: Tree) -> str:
    text = " ".join(repr(tree).split())
    return text if len(text) <= 100 else f"{text[:96]} ..."
