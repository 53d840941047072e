"""The table of NumPy's functions and ours, which Variable's operators and methods call.

The kernel knows no rule. Who defines one enters it here, and who knows where all the rules are, the
package itself, hands down what loads them: importing them takes time, so that is done when the
first function is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

# Filled while the functions are defined, and only read after that.
TABLE: Final[dict[object, Callable[..., Any]]] = {}  # NumPy's function: ours
# NEP 13 "ufunc", NEP 18 "function"; there when all functions are.
PROTOCOLS: Final[dict[str, Callable[..., Any]]] = {}
LOADERS: Final[dict[str, Callable[[], object]]] = {}  # of "operators", of all "functions"


def ours(original: object) -> Callable[..., Any] | None:
    """Our function for NumPy's `original`, if there is one."""
    if original not in TABLE and not PROTOCOLS:
        LOADERS["functions"]()
    return TABLE.get(original)


def protocol(name: str) -> Callable[..., Any]:
    """What answers NumPy's call of `__array_ufunc__` or `__array_function__`."""
    if name not in PROTOCOLS:
        LOADERS["functions"]()
    return PROTOCOLS[name]


def call(original: object, *args: object, **kwargs: object) -> Any:
    """Call our function for NumPy's `original`; there must be one."""
    function = ours(original)
    assert function is not None, original
    return function(*args, **kwargs)
