"""NumPy's own functions on Variables: NEP 13 for ufuncs, NEP 18 for the rest.

A function that is not in the table, and gives floats, is refused by name when it is called.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any, Final

import numpy as np

from backprop.errors import InPlaceError, UnsupportedError
from backprop.functions.registry import METHODS, of_constants, plain
from backprop.ground.arrays import Traced
from backprop.ground.narrowing import is_sequence
from backprop.kernel.operands import is_live
from backprop.kernel.table import PROTOCOLS, ours

_NO_VALUE: Final = inspect.signature(np.sum).parameters["keepdims"].default

# They give no floats, or none that depend on a value: they are what they are of the data.
_PLAIN: Final[frozenset[object]] = frozenset(
    getattr(np, name)
    for name in [
        "all",
        "allclose",
        "any",
        "argmax",
        "argmin",
        "argpartition",
        "argsort",
        "argwhere",
        "array2string",
        "array_equal",
        "array_equiv",
        "array_repr",
        "array_str",
        "bitwise_and",
        "bitwise_count",
        "bitwise_or",
        "bitwise_xor",
        "broadcast_shapes",
        "can_cast",
        "common_type",
        "count_nonzero",
        "diag_indices_from",
        "digitize",
        "einsum_path",
        "empty_like",
        "equal",
        "flatnonzero",
        "full_like",
        "gcd",
        "greater",
        "greater_equal",
        "in1d",
        "invert",
        "isclose",
        "iscomplex",
        "iscomplexobj",
        "isfinite",
        "isin",
        "isinf",
        "isnan",
        "isneginf",
        "isposinf",
        "isreal",
        "isrealobj",
        "lcm",
        "left_shift",
        "less",
        "less_equal",
        "lexsort",
        "logical_and",
        "logical_not",
        "logical_or",
        "logical_xor",
        "may_share_memory",
        "min_scalar_type",
        "nanargmax",
        "nanargmin",
        "ndim",
        "nonzero",
        "not_equal",
        "ones_like",
        "packbits",
        "ravel_multi_index",
        "result_type",
        "right_shift",
        "searchsorted",
        "shape",
        "shares_memory",
        "signbit",
        "size",
        "spacing",
        "tril_indices_from",
        "triu_indices_from",
        "unpackbits",
        "unravel_index",
        "zeros_like",
    ]
    if hasattr(np, name)
)


def array_function(
    func: Callable[..., Any], args: tuple[object, ...], kwargs: dict[str, object]
) -> Any:
    """What `func(*args, **kwargs)` of NumPy's means where Variables are among the arguments."""
    function = ours(func)
    if function is not None:
        given = {key: value for key, value in kwargs.items() if value is not _NO_VALUE}
        return _called(function, func, args, given)
    if func in _PLAIN:
        return func(*plain(args), **plain(kwargs))
    if not is_live((*args, *kwargs.values())):
        return of_constants(func, *args, **kwargs)
    raise _unsupported(func)


def array_ufunc(
    ufunc: np.ufunc, method: str, inputs: tuple[object, ...], kwargs: dict[str, Any]
) -> Any:
    """What a ufunc, or a method of one, means where Variables are among the inputs."""
    if any(array is not None for array in kwargs.pop("out", ())):
        raise InPlaceError(
            f"{_name(ufunc)} cannot write a Variable into an array (out=..., or an "
            "operator like +=): that would cut its gradient; write a = a + x, or take x.data"
        )
    if ufunc in _PLAIN and method == "__call__" and not (kwargs or any(map(is_sequence, inputs))):
        return ufunc(*(x._plain() if isinstance(x, Traced) else x for x in inputs))
    function = ours(ufunc)
    if method != "__call__":
        function = METHODS.get((ufunc, method))
    if function is not None:
        return _called(function, ufunc, inputs, kwargs)
    if method != "at" and ufunc in _PLAIN:
        return getattr(ufunc, method)(*plain(inputs), **plain(kwargs))
    if not is_live(inputs):
        return of_constants(getattr(ufunc, method), *inputs, **kwargs)
    raise _unsupported(ufunc, "" if method == "__call__" else f".{method}")


def _called(
    function: Callable[..., Any],
    original: Callable[..., Any],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> Any:
    """`function(*args, **kwargs)`; what its signature does not know is refused by name."""
    try:
        return function(*args, **kwargs)
    except TypeError:
        known = inspect.signature(function).parameters.values()
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in known):
            raise
        args, rest = _in_place(original, known, args, kwargs)
        extra = rest.keys() - {parameter.name for parameter in known}
        if len(rest) == len(kwargs) and not extra:
            raise
        if not all(_is_default(original, key, rest[key]) for key in extra):
            instead = (
                "convert the Variable first: x.astype(dtype)"
                if "dtype" in extra
                else "leave it out"
            )
            raise UnsupportedError(
                f"{_name(original)} of a Variable knows no {', '.join(sorted(extra))}=..., only "
                f"{', '.join(parameter.name for parameter in known)}: {instead}"
            ) from None
        return function(*args, **{key: rest[key] for key in rest if key not in extra})


def _in_place(
    original: Callable[..., Any],
    known: Collection[inspect.Parameter],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> tuple[tuple[object, ...], dict[str, object]]:
    """The arguments, by position where ours takes no name for what NumPy's takes by name."""
    count = sum(parameter.kind is parameter.POSITIONAL_ONLY for parameter in known)
    rest = dict(kwargs)
    names = list(_parameters(original))[len(args) : count]
    return (*args, *(rest.pop(name) for name in names if name in kwargs)), rest


def _is_default(original: Callable[..., Any], key: str, value: object) -> bool:
    """Whether `value` is what NumPy's function takes for its keyword `key` anyway."""
    parameter = _parameters(original).get(key)
    default = None if parameter is None else parameter.default
    same = isinstance(value, (str, bool)) and type(value) is type(default) and value == default
    return value is None or value is default or same


def _parameters(original: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters of NumPy's function; none if it does not tell, as C code before NumPy 2.4."""
    found: Mapping[str, inspect.Parameter] = {}
    with suppress(ValueError):
        found = inspect.signature(original).parameters
    return found


def _unsupported(original: Callable[..., Any], method: str = "") -> UnsupportedError:
    return UnsupportedError(
        f"{_name(original)}{method} has no derivative rule here: write a Function with its forward "
        "and backward, or take x.data where no gradient is wanted"
    )


def _name(original: Callable[..., Any]) -> str:
    """The name of a function for a message, with its module where that is known."""
    name = getattr(original, "__name__", str(original))
    module = getattr(original, "__module__", None)
    if module is None:
        module = "numpy" if getattr(np, name, None) is original else ""
    return f"{module}.{name}".lstrip(".")


PROTOCOLS.update(ufunc=array_ufunc, function=array_function)
