"""NumPy's own functions on Variables: NEP 13 for ufuncs, NEP 18 for the rest.

One table says which function of ours stands for which of NumPy's; `implements` fills it where the
function is defined. A NumPy function that is not in it is refused by name when it is called.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

import numpy as np

from backprop.functions.arguments import entrance, holds_variable, is_live
from backprop.functions.cases import Case
from backprop.kernel.arrays import Traced, as_array, read_only
from backprop.kernel.errors import InPlaceError, UnsupportedError
from backprop.kernel.narrowing import is_numpys, is_sequence
from backprop.pytree import mapped

if TYPE_CHECKING:
    from backprop.kernel.core import Node, Variable

_F = TypeVar("_F", bound=Callable[..., Any])

_NO_VALUE: Final = inspect.signature(np.sum).parameters["keepdims"].default

# Filled while the functions are defined, and only read after that.
TABLE: Final[dict[object, Callable[..., Any]]] = {}  # NumPy's function: ours
METHODS: Final[dict[tuple[np.ufunc, str], Callable[..., Any]]] = {}  # of ufuncs: (np.add, "reduce")
# Ours: how it is verified, by the one rule that it calls or by cases.
CASES: Final[dict[Callable[..., Any], type[Node] | Callable[[], Iterable[Case]]]] = {}
KINKS: Final[dict[Callable[..., Any], str]] = {}  # ours: what it does where it has no derivative

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
    return mapped(_wrapped, original(*_plain(args), **_plain(kwargs)))


def _wrapped(result: Any) -> Any:
    if not is_numpys(result) or result.dtype.kind not in "biuf":
        return result
    # A view is one of an argument, whose owner may change it.
    return CONSTANT[0](result if getattr(result, "base", None) is None else result.copy("K"))


# The class Constant, which stands above this: handed down when it is defined.
CONSTANT: Final[list[Callable[[Any], Any]]] = []


def joined(value: Any) -> Any:
    """A list or tuple with Variables in it as one Variable, nested ones too; all else as it is."""
    if not (is_sequence(value) and holds_variable(value)):
        return value
    if not is_live(value):
        return CONSTANT[0](as_array(_plain(value)))
    return call(np.stack, [_row(part) for part in value])


def _row(part: Any) -> Any:
    if is_sequence(part):
        return joined(part) if holds_variable(part) else as_array(part)
    return part


def call(original: Callable[..., Any], *args: object, **kwargs: object) -> Variable:
    """Our function for NumPy's `original`, called: what the methods of Variable do."""
    _load(original)
    result: Variable = TABLE[original](*args, **kwargs)
    return result


def _ours(original: object) -> Callable[..., Any] | None:
    """Our function for NumPy's, if there is one."""
    _load(original)
    return TABLE.get(original)


def _load(original: object) -> None:
    """Load the families of rules, when the first function is asked for: it takes time."""
    if original not in TABLE:
        import_module("backprop.numpy")


class Dispatch(Traced):
    """The base of Variable that answers to NumPy's protocols."""

    __slots__ = ()
    __array_priority__: ClassVar[float] = 1000.0
    # pandas leaves + - * / ** to the operand whose priority is higher; its own are below 5000.
    __pandas_priority__: ClassVar[int] = 10_000

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: object, **kwargs: object
    ) -> Any:
        if not kwargs and method == "__call__":
            function = TABLE.get(ufunc)
            if function is not None:
                return function(*inputs)
        return _ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> Any:
        function = _ours(func)
        if function is not None:
            given = {key: value for key, value in kwargs.items() if value is not _NO_VALUE}
            return _called(function, func, args, given)
        if func in _PLAIN:
            return func(*_plain(args), **_plain(kwargs))
        if not is_live((*args, *kwargs.values())):
            return of_constants(func, *args, **kwargs)
        raise _unsupported(func)


def _ufunc(ufunc: np.ufunc, method: str, inputs: tuple[object, ...], kwargs: dict[str, Any]) -> Any:
    if any(array is not None for array in kwargs.pop("out", ())):
        raise InPlaceError(
            f"{_name(ufunc)} cannot write a Variable into an array (out=..., or an "
            "operator like +=): that would cut its gradient; write a = a + x, or take x.data"
        )
    function = _ours(ufunc)
    if method != "__call__":
        function = METHODS.get((ufunc, method))
    if function is not None:
        return _called(function, ufunc, inputs, kwargs)
    if method != "at" and ufunc in _PLAIN:
        return getattr(ufunc, method)(*_plain(inputs), **_plain(kwargs))
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
    """The arguments with those in their places that NumPy knows by name and ours does not."""
    count = sum(parameter.kind is parameter.POSITIONAL_ONLY for parameter in known)
    rest = dict(kwargs)
    names = list(_parameters(original))[len(args) : count]
    return (*args, *(rest.pop(name) for name in names if name in kwargs)), rest


def _is_default(original: Callable[..., Any], key: str, value: object) -> bool:
    """Whether it changes nothing that `value` is given for the keyword `key`."""
    parameter = _parameters(original).get(key)
    default = None if parameter is None else parameter.default
    same = isinstance(value, (str, bool)) and type(value) is type(default) and value == default
    return value is None or value is default or same


def _parameters(original: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """Those of NumPy's function; before NumPy 2.4 only what is written in Python can say."""
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
    """With its module, if that can be known: ufuncs have none, and not all are NumPy's."""
    name = getattr(original, "__name__", str(original))
    module = getattr(original, "__module__", None)
    if module is None:
        module = "numpy" if getattr(np, name, None) is original else ""
    return f"{module}.{name}".lstrip(".")


def _plain(tree: Any) -> Any:
    """`tree` with the arrays in place of the Variables, inside tuples, lists and dicts too.

    Nobody writes into them: some of NumPy's functions take an array for `out` by its place.
    """
    return mapped(lambda leaf: read_only(leaf._plain()) if isinstance(leaf, Traced) else leaf, tree)
