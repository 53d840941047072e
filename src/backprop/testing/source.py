"""Python that names what was verified, for the script that repeats a finding."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterator
from inspect import getsource
from typing import Any

_LAMBDA = "<lambda>"


def name_of(call: object) -> str:
    """The name of a function, or of the class of what is none."""
    return getattr(call, "__name__", type(call).__name__)


def defined(call: object, placeholder: str = "f") -> tuple[str, str]:
    """A line that brings a function into a script, and its name there.

    A function of a module is imported, a lambda written out if its source is at hand; all else its
    user must define, a lambda under the name `placeholder`.
    """
    where, name = getattr(call, "__module__", "__main__") or "__main__", name_of(call)
    if name == _LAMBDA:
        source = _lambda(call)
        return (f"{placeholder} = {source}" if source else _asked(placeholder)), placeholder
    local = where == "__main__" or "<" in getattr(call, "__qualname__", name)
    return (_asked(name) if local else f"from {where} import {name}"), name


def _asked(name: str) -> str:
    return f"# here define {name} as you do"


def _lambda(call: Any) -> str | None:
    """The source of a lambda that names nothing but its arguments and NumPy as np."""
    code = call.__code__
    if code.co_freevars or not set(_globals(call)) <= {"np"}:
        return None
    found = [source for source in _lambdas(call) if _same(call, source)]
    return found[0] if found else None


def _globals(call: Callable[..., Any]) -> Iterator[str]:
    namespace: dict[str, Any] = getattr(call, "__globals__", {})
    yield from (name for name in call.__code__.co_names if name in namespace)


def _lambdas(call: Callable[..., Any]) -> Iterator[str]:
    """The lambdas in the statement that `call` was written in, if that can be read alone."""
    try:
        tree = ast.parse(textwrap.dedent(getsource(call)))
    except (OSError, TypeError, SyntaxError):  # typed in, or a part of a longer statement
        return
    yield from (ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Lambda))


def _same(call: Callable[..., Any], source: str) -> bool:
    made: Any = eval(source, {})  # noqa: S307 (it makes the lambda again and does not run it)
    parts = ("co_consts", "co_names", "co_varnames")
    return all(getattr(made.__code__, part) == getattr(call.__code__, part) for part in parts)
