"""Hypothesis strategies: arrays that look for trouble, Variables, Functions, chains, programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from hypothesis import strategies as st

from backprop.errors import ArgumentTypeError, ArgumentValueError
from backprop.ground.arrays import Array, Shape, Shapes, brief
from backprop.ground.domain import REALS, Interval
from backprop.kernel.function import Function
from backprop.kernel.variable import Node, Variable
from backprop.testing import entries
from backprop.testing.generators.builtins import builtin_functions
from backprop.testing.generators.draws import exponents, fractions, uniform
from backprop.testing.generators.inner import Inner, inside
from backprop.testing.judging.mismatch import PERIOD
from backprop.testing.rules import Rule

SHAPES: Final[tuple[Shape, ...]] = (
    (),
    (1,),
    (3,),
    (2, 3),
    (3, 1),
    (1, 3),
    (2, 1, 2),
    (0,),
    (0, 3),
    (1030,),
)
# How the operands of a function of two inputs are broadcast.
PAIRS: Final[Shapes] = (
    ((), ()),
    ((3,), (3,)),
    ((2, 3), (2, 3)),
    ((), (3,)),
    ((3,), ()),
    ((2, 3), (3,)),
    ((3, 1), (1, 3)),
    ((1,), (2, 3)),
    ((2, 1, 2), (1, 2)),
    ((0, 3), (3,)),
    ((1030,), ()),
)
DTYPES: Final = ("float64", "float32")
_MANY: Final = 100
_SMALLEST: Final = -20  # the exponent of the smallest ordinary number where the span is short
_SPECIAL: Final = (0.0, 1.0, -1.0, 10.0, -10.0, 100.0, -100.0)


def numbers(domain: Interval = REALS, dtype: str = "float64") -> st.SearchStrategy[float]:
    """Numbers inside `domain` that `dtype` holds: ordinary, any magnitude, special, at its edges.

    They shrink towards ordinary ones.
    """
    kinds = _kinds(entries.interval(domain, "numbers"), entries.dtype(dtype))
    return st.one_of(list(kinds.values()))


def inputs(
    domain: Interval = REALS,
    shapes: Sequence[Shape] = SHAPES,
    dtype: str = "float64",
    span: float = 1.0,
) -> st.SearchStrategy[Array]:
    """A Hypothesis strategy for arrays of numbers: all of one kind, or every kind mixed.

    The kinds are ordinary numbers, numbers of every magnitude, special ones such as 0, 1 and 10,
    and those at the edges of the domain.

    Parameters
    ----------
    domain : Interval, default REALS
        Where the numbers are.
    shapes : sequence of tuple
        Which shapes are drawn from; small ones of up to three axes by default.
    dtype : str, default "float64"
        The dtype.
    span : float, default 1.0
        From which part of the dtype's range of exponents any magnitude is drawn; none with 0.

    Returns
    -------
    SearchStrategy[Array]
        It shrinks to small arrays of simple numbers.

    Raises
    ------
    ArgumentTypeError, ArgumentValueError
        If an argument cannot be meant.

    Examples
    --------
    >>> from hypothesis import given
    >>> @given(inputs(shapes=[(2,)]))
    ... def is_a_pair(x: Array) -> None:
    ...     assert x.shape == (2,)
    >>> is_a_pair()
    """
    among = entries.several(shapes, "shapes", "[(3,), (2, 3)]")
    dtype = entries.dtype(dtype)
    kinds = _kinds(entries.interval(domain, "inputs"), dtype, entries.part(span, "span"))
    return _inputs(tuple(map(entries.shape, among)), kinds, dtype)


@st.composite
def _inputs(
    draw: st.DrawFn,
    shapes: tuple[Shape, ...],
    kinds: dict[str, st.SearchStrategy[float]],
    dtype: str,
) -> Array:
    shape = draw(st.sampled_from(shapes))
    elements = draw(st.sampled_from([*kinds.values(), st.one_of(list(kinds.values()))]))
    size = int(np.prod(shape))
    few = draw(st.lists(elements, min_size=min(size, PERIOD), max_size=min(size, PERIOD)))
    return np.resize(np.array(few, dtype), shape) if size else np.zeros(shape, dtype)


def ways(rule: Rule) -> Shapes:
    """The shapes to call a rule with: its own, else any that broadcast."""
    own = rule.few if rule.shapes is None else rule.shapes
    if own is not None:
        return own
    return PAIRS if rule.arity == 2 else tuple((shape,) * rule.arity for shape in SHAPES)


def small_ways(rule: Rule) -> Shapes:
    """The ways to call a rule whose arrays have few elements."""
    return tuple(way for way in ways(rule) if all(np.prod(shape) < _MANY for shape in way))


def variables(
    domain: Interval = REALS, shapes: Sequence[Shape] = SHAPES, dtype: str = "float64"
) -> st.SearchStrategy[Variable]:
    """A Hypothesis strategy for Variables, with data as `inputs` draws them.

    Parameters
    ----------
    domain : Interval, default REALS
        Where the numbers are.
    shapes : sequence of tuple
        Which shapes are drawn from; small ones of up to three axes by default.
    dtype : str, default "float64"
        The dtype.

    Returns
    -------
    SearchStrategy[Variable]
        Also what `st.from_type(Variable)` gives.

    Examples
    --------
    >>> from hypothesis import given
    >>> @given(variables(shapes=[()]))
    ... def is_a_number(x: Variable) -> None:
    ...     assert x.ndim == 0
    >>> is_a_number()
    """
    return inputs(domain, shapes, dtype).map(Variable)


def functions(kind: type[Node] = Function) -> st.SearchStrategy[Node]:
    """New instances of the built-in Functions of one kind."""
    if not isinstance(kind, type):
        raise ArgumentTypeError(f"functions are of a kind such as Function, got {brief(kind)}")
    classes = [cls for cls in builtin_functions() if issubclass(cls, kind)]
    if not classes:
        raise ArgumentValueError(f"no built-in Function is a {kind.__name__} of any shapes")
    return st.sampled_from(classes).flatmap(st.builds)


def _kinds(domain: Interval, dtype: str, span: float = 1.0) -> dict[str, st.SearchStrategy[float]]:
    info = np.finfo(dtype)
    inner = Inner(domain, dtype)
    lowest, highest = max(int(info.minexp), -1022) + 2, min(int(info.maxexp), 1024) - 2
    # What is smaller than the span allows, as Hypothesis likes to try, is 0.
    least = 0.0 if span == 1 else 2.0 ** min(_SMALLEST, int(lowest * span))
    special = [inner.fit(v) for v in _SPECIAL if v in domain] or [inner.fit(0.0)]
    kinds = {
        "ordinary": uniform(*span_of(domain)).map(
            lambda v: inner.fit(v if abs(v) >= least else 0.0)
        ),
        "special": st.sampled_from(special),
    }
    if span:
        kinds["any magnitude"] = st.builds(
            inner.scaled,
            st.sampled_from([1.0, -1.0]),
            fractions().map(lambda part: 1.0 + part),
            exponents(int(lowest * span), int(highest * span)),
        )
    if domain.edges:
        kinds["edges"] = st.builds(
            inner.beside,
            st.sampled_from(domain.edges),
            st.sampled_from([1.0, -1.0]),
            st.integers(-40, 0),
        )
    return kinds


def ordinary(domain: Interval, shape: Shape, dtype: str, rng: np.random.Generator) -> Array:
    """An array of ordinary numbers inside `domain`, drawn without Hypothesis."""
    drawn = rng.uniform(*span_of(domain), int(np.prod(shape)))
    return inside(drawn, domain, dtype).reshape(shape)


def ordinary_inputs(
    rule: Rule, way: tuple[Shape, ...], dtype: str, rng: np.random.Generator
) -> tuple[Array, ...]:
    """Ordinary inputs of a rule, of such shapes."""
    each = zip(rule.domains, way, strict=True)
    return rule.placed(tuple(ordinary(domain, shape, dtype, rng) for domain, shape in each))


def span_of(domain: Interval) -> tuple[float, float]:
    """The lower and the upper end of ordinary numbers in a domain."""
    low = max(domain.low, -10.0 if domain.high > -10.0 else domain.high - 20.0)
    return low, min(domain.high, max(10.0, low + 20.0))
