"""What a Variable is as text, as a number or a plain array: looking is free, converting is refused.

A conversion that nobody notices, as `float(x)` or `numpy.asarray(x)`, would cut the gradient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from backprop.ground.arrays import Array
from backprop.ground.compat import override
from backprop.ground.misuse import cut
from backprop.kernel.methods import Methods
from backprop.kernel.modes import lifting, transforming
from backprop.kernel.operators import V

_SMALL: Final = 8  # elements that a notebook shows


class Conversions(Methods[V]):
    """The base of Variable that shows it, and refuses to be made a plain number or array of."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        text = np.array2string(self._plain(), separator=", ", prefix="Variable(", threshold=100)
        kind = "" if self._plain().dtype == np.float64 else f", dtype={self._plain().dtype}"
        return f"{type(self).__name__}({text}{kind})"

    @override
    def __format__(self, spec: str, /) -> str:
        if not spec:
            return str(self)
        if not self._plain().ndim:
            return format(self._plain()[()], spec)
        return np.array2string(
            self._plain(),
            separator=", ",
            threshold=100,
            formatter={"float_kind": lambda number: format(number, spec)},
        )

    def _repr_html_(self) -> str:
        """What a notebook shows: its name, shape, dtype, a small array, whether it has a grad."""
        from html import escape

        v: Any = self
        array = self._plain()
        told = [f"{array.shape} {array.dtype}"]
        if array.size <= _SMALL:
            told.append(np.array2string(np.asarray(array), separator=", ", precision=6))
        name = f" <b>{escape(v.name)}</b>" if v.name else ""
        parts = "".join(f" <code>{escape(' '.join(text.split()))}</code>" for text in told)
        gradient = "" if v.grad is None else " <small>gradient present</small>"
        return f"<span>{type(self).__name__}{name}{parts}{gradient}</span>"

    def item(self) -> float:
        """The value of a single element as a Python number, outside of any gradient.

        Raises ConversionError within a function that a transform differentiates, if the value
        depends on what it differentiates by: there the number would have no gradient.
        """
        number: float = self._looked("x.item()").item()
        return number

    def tolist(self) -> Any:
        """The values as a Python number or nested lists of them; raises as `item` does."""
        return self._looked("x.tolist()").tolist()

    def _looked(self, how: str) -> Array:
        """The data, for one who only looks at it."""
        if lifting.get() or (transforming.get() and _is_differentiated(self)):
            raise cut(self, how)
        return self._plain()

    if not TYPE_CHECKING:  # NumPy's stubs would take a Variable for an array: `array @ x` for one

        def __array__(self, dtype: object = None, *, copy: object = None) -> NoReturn:
            raise cut(
                self,
                "numpy.asarray(x)",
                "; with pandas write df.to_numpy() @ x, for numpy.array([x, y]) numpy.stack([x, y])"
                " or backprop.numpy.array([x, y]); for out[i] = x collect a list and stack that",
            )

    def __bool__(self) -> NoReturn:
        raise cut(self, "bool(x)", "; a comparison as x > 0 gives plain bools")

    def __float__(self) -> NoReturn:
        raise cut(
            self,
            "float(x)",
            "; functions of math are in numpy too, and for out[i] = x collect the values in a list "
            "and stack that: numpy.stack(values)",
        )

    def __int__(self) -> NoReturn:
        raise cut(self, "int(x)")

    def __complex__(self) -> NoReturn:
        raise cut(self, "complex(x)")

    def __index__(self) -> NoReturn:
        raise cut(self, "an index x")


def _is_differentiated(v: Any) -> bool:
    """Whether an open transform differentiates by something that `v` was computed from."""
    seen: set[int] = set()
    open_ = [v]
    while open_:
        x = open_.pop()
        if x._open:
            return True
        if id(x) not in seen and x._creator is not None:
            open_.extend(x for x in x._creator.live if x is not None)
        seen.add(id(x))
    return False
