"""From what a user writes on the command line to the Functions to verify.

A target is a file (`my_ops.py`), a module (`my_package.ops`), or one name in either
(`my_package.ops:Cube`); or the name of a rule or function of this package (`Square`, `linalg.det`)
or of another module (`torch.sinc`), where no module is called so. Of a file or module count the
Function classes defined at its top level (of a package, also those it takes from its own modules)
and the Function instances.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from inspect import getattr_static, signature
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import backprop
from backprop.errors import BackpropError
from backprop.ground.domain import REALS, Domain
from backprop.kernel.function import BinaryFunction, Function, NaryFunction
from backprop.kernel.table import ours
from backprop.kernel.variable import Node
from backprop.testing.frameworks.registry import told

if TYPE_CHECKING:
    from types import ModuleType

    from typing_extensions import TypeIs

Rule: TypeAlias = type[Node] | Node | Callable[..., Any]

# What a class without a forward of its own has in its place.
_UNWRITTEN: Final = (None, Function.forward, BinaryFunction.forward, NaryFunction.forward)


_SOME: Final = 4  # names of rules that are said


class TargetError(BackpropError, ValueError):
    """A target does not exist, does not import, or holds nothing to verify."""


class NoModuleError(TargetError):
    """A target is no module, here or among the installed ones."""


@dataclass(frozen=True, slots=True)
class Named:
    """A rule to verify, under the name its user knows it by, and where it is differentiable."""

    name: str
    rule: Rule
    domain: Domain


def find(target: str) -> list[Named]:
    """The rules that `target` names, in the order of their definition.

    >>> [named.name for named in find("backprop.functions.elementwise.hyperbolic")][:3]
    ['Sinh', 'Cosh', 'Tanh']

    Raises TargetError, with a message of one line.
    """
    where, name = _split(target)
    try:
        module = _load(where)
    except NoModuleError:
        known = None if name else _by_name(where)
        if known is None:
            raise
        return [known]
    return [_member(module, name)] if name else _members(module, where)


def one(target: str) -> Named:
    """The rule that `target` names; raises TargetError if these are several."""
    found = find(target)
    if len(found) > 1:
        names = ", ".join(named.name for named in found[:_SOME])
        raise TargetError(
            f"{target} holds {len(found)} rules ({names}{', ...' * (len(found) > _SOME)}): name "
            f"one, {target}:{found[0].name}"
        )
    return found[0]


def _by_name(where: str) -> Named | None:
    """What is public here under a name, or under a dotted one in any module; None if nothing is."""
    value: Any = getattr(backprop, where, None)
    if _is_rule(value):
        return _named(where, value)
    known = _functions().get(where)
    home, _, name = where.rpartition(".")
    if known is not None or not home:
        return known
    try:
        module = _load(home)
    except NoModuleError:
        return None
    return _member(module, name)


def _functions() -> dict[str, Named]:
    """The functions of backprop.numpy by name."""
    from backprop.testing.generators.expressions import numpy_functions

    return {name: Named(name, *found) for name, found in numpy_functions().items()}


def _split(target: str) -> tuple[str, str]:
    where, _, name = target.rpartition(":")
    return (where, name) if where and name.isidentifier() else (target, "")


def _load(where: str) -> ModuleType:
    is_module = all(part.isidentifier() for part in where.split("."))
    if is_module and not where.endswith(".py"):
        return _import(where, where, Path.cwd())
    path = Path(where).resolve()
    if not path.is_file() or path.suffix != ".py":
        name = where or "an empty name"
        raise TargetError(f"no file {name}" if not path.exists() else f"{name} is no .py file")
    name, folder = _dotted(path)
    module = _import(name, where, folder)
    taken = getattr(module, "__file__", None)
    return module if taken and Path(taken).resolve() == path else _under_a_name(path, where)


def _under_a_name(path: Path, where: str) -> ModuleType:
    """A file whose name another module has already, perhaps one of Python's own."""
    name = f"_{path.stem}_verified"
    if name not in sys.modules:
        spec = spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            raise TargetError(f"{where} does not import: {_line(error)}") from error
    return sys.modules[name]


def _dotted(path: Path) -> tuple[str, Path]:
    """A file's name as a module, its packages included, and the folder that holds them."""
    parts, folder = [path.stem], path.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts), folder


def _import(name: str, where: str, folder: Path) -> ModuleType:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        return import_module(name)
    except (Exception, SystemExit) as error:
        missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
        if missing and f"{name}.".startswith(f"{missing}."):
            raise NoModuleError(f"no module {name!r} here or among the installed ones") from error
        raise TargetError(f"{where} does not import: {_line(error)}") from error


def _line(error: BaseException) -> str:
    """An exception in one line: its kind, what it says, and where it was raised."""
    frame = extract_tb(error.__traceback__)[-1]
    text = " ".join(str(error).split())
    place = f"{Path(frame.filename).name}, line {frame.lineno}"
    where = "" if isinstance(error, SyntaxError) else f" ({place})"  # it says where by itself
    return f"{type(error).__name__}: {text}{where}"


def _members(module: ModuleType, where: str) -> list[Named]:
    values = vars(module).items()
    instances = [_named(name, v) for name, v in values if isinstance(v, Node)]
    classes = dict.fromkeys(value for _, value in values if _is_rule(value))
    own = [c for c in classes if _within(c, module)]
    ready = [c for c in own if not _needs_arguments(c)]
    others = [Named(name, v, _domain(v)) for name, v in values if _is_others(v, module)]
    if not ready and not instances and not others:
        for rule in own:
            _ready(rule, where)
        raise TargetError(
            f"{where} holds no Function: a rule is a subclass of Function, BinaryFunction or "
            "NaryFunction with a forward and a backward"
        )
    return [_named(c.__name__, c) for c in ready] + instances + others


def skipped(target: str) -> list[str]:
    """What a module holds and `find` leaves out, with the reason: classes that need arguments."""
    where, name = _split(target)
    try:
        module = None if name else _load(where)
    except NoModuleError:  # it is the name of something
        module = None
    if module is None:
        return []
    values = vars(module).values()
    made = {type(value) for value in values if isinstance(value, Node)}
    classes = dict.fromkeys(value for value in values if _is_rule(value) and value not in made)
    return [
        f"{c.__name__}, which needs arguments: verify an instance, {c.__name__.lower()} = "
        f"{c.__name__}(...)"
        for c in classes
        if _within(c, module) and _needs_arguments(c)
    ]


def _member(module: ModuleType, name: str) -> Named:
    where = module.__name__
    if not hasattr(module, name):
        raise TargetError(f"{where} has no name {name!r}")
    value: Any = getattr(module, name)
    if isinstance(value, Node):
        return _named(name, value)
    if _is_rule(value):
        return _named(name, _ready(value, where))
    known = _function(value)
    if known is not None:
        return known
    if told(value) is not None:
        return Named(name, value, _domain(value))
    kind = "class without a forward" if isinstance(value, type) else type(value).__name__
    raise TargetError(f"{where}:{name} is no Function but a {kind}")


def _function(value: Any) -> Named | None:
    """A function of NumPy or of backprop.numpy, as ours."""
    if not callable(value) or not isinstance(value, Hashable):
        return None
    mine = ours(value) or value
    return next((known for known in _functions().values() if known.rule is mine), None)


def _named(name: str, rule: type[Node] | Node) -> Named:
    return Named(name, rule, rule.domain)


def _domain(value: object) -> Domain:
    domain: Domain = getattr(value, "domain", REALS)
    return domain


def _is_others(value: Any, module: ModuleType) -> bool:
    """Whether it is a rule in another framework, written in this module."""
    framework = told(value) if callable(value) else None
    if framework is None or not framework.is_rule(value):
        return False
    return f"{framework.home(value)}.".startswith(f"{module.__name__}.")


def _is_rule(value: object) -> TypeIs[type[Node]]:
    """Whether a value is a Function class that can be called: one with a forward of its own."""
    if not isinstance(value, type) or not issubclass(value, Node):
        return False
    abstract = getattr(value, "__abstractmethods__", ())
    return getattr(value, "forward", None) not in _UNWRITTEN and not abstract


def _within(rule: object, module: ModuleType) -> bool:
    return f"{getattr(rule, '__module__', None)}.".startswith(f"{module.__name__}.")


def _needs_arguments(rule: type[Node]) -> bool:
    try:
        signature(getattr_static(rule, "__init__")).bind(None)
    except TypeError:
        return True
    return False


def _ready(rule: type[Node], where: str) -> type[Node]:
    if _needs_arguments(rule):
        name = rule.__name__
        raise TargetError(
            f"{name} in {where} needs arguments: verify an instance, "
            f"write for example {name.lower()} = {name}(2.0) beside it"
        )
    return rule
