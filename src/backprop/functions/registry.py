"""What stands for which function of NumPy's, and how it is verified: filled by `implements`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, TypeVar

import numpy as np

from backprop.functions.arguments import entrance
from backprop.functions.cases import Case
from backprop.ground.arrays import Traced, read_only
from backprop.ground.narrowing import is_numpys
from backprop.kernel.operands import joined
from backprop.kernel.table import TABLE
from backprop.kernel.variable import Constant, Node
from backprop.pytree import mapped

_F = TypeVar("_F", bound=Callable[..., Any])

# Filled while the functions are defined, and only read after that, as TABLE is.
METHODS: Final[dict[tuple[np.ufunc, str], Callable[..., Any]]] = {}  # of ufuncs: (np.add, "reduce")
# Ours: how it is verified, by the one rule that it calls or by cases.
CASES: Final[dict[Callable[..., Any], type[Node] | Callable[[], Iterable[Case]]]] = {}
KINKS: Final[dict[Callable[..., Any], str]] = {}  # ours: what it does where it has no derivative


def implements(
    *originals: object, cases: type[Node] | Callable[[], Iterable[Case]], kink: str = ""
) -> Callable[[_F], _F]:
    """Say that a function stands for NumPy's `originals`, and with which cases it is verified.

    `cases` is the rule itself if the function only calls that, with arrays of any shape.
    `kink` says in a few words what it gives where there is no derivative.
    """

    def register(function: _F) -> _F:
        entered: _F = _entrance(function, originals)
        return enter(entered, originals, cases, kink)

    return register


def enter(
    function: _F,
    originals: tuple[object, ...],
    cases: type[Node] | Callable[[], Iterable[Case]],
    kink: str,
) -> _F:
    """Put a function that converts its arguments itself into the tables."""
    TABLE.update(dict.fromkeys(originals, function))
    CASES[function] = cases
    if kink:
        KINKS[function] = kink
    return function


def _entrance(function: Callable[..., Any], originals: tuple[object, ...]) -> Any:
    """`function` with converted arguments; of constants NumPy itself computes, if it may.

    It may not where it would call a function of the user's, which can bring Variables in.
    """
    calls = any("Callable" in str(a) for a in inspect.get_annotations(function).values())
    original: Any = originals[0] if originals and not calls else None
    return entrance(function, joined, None if original is None else partial(of_constants, original))


def of_constants(original: Callable[..., Any], /, *args: object, **kwargs: object) -> Any:
    """What NumPy's function gives for numbers, arrays and Constants: Constants."""
    return mapped(_wrapped, original(*plain(args), **plain(kwargs)))


def _wrapped(result: Any) -> Any:
    if not is_numpys(result) or result.dtype.kind not in "biuf":
        return result
    # A view is one of an argument, whose owner may change it.
    data: Any = result if getattr(result, "base", None) is None else result.copy("K")
    return Constant(data)


def plain(tree: Any) -> Any:
    """`tree` with the arrays in place of the Variables, inside tuples, lists and dicts too.

    Nobody writes into them: some of NumPy's functions take an array for `out` by its place.
    """
    return mapped(lambda leaf: read_only(leaf._plain()) if isinstance(leaf, Traced) else leaf, tree)
