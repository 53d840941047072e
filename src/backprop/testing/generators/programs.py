"""Random function chains and programs: data that is run on Variables and printed as a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
from hypothesis import strategies as st

from backprop.errors import ArgumentTypeError, ArgumentValueError
from backprop.functions.elementwise.arithmetic import Negative
from backprop.functions.registry import CASES
from backprop.ground.arrays import FLOATS, Array, Shape, brief, is_array
from backprop.ground.domain import REALS, Interval
from backprop.ground.narrowing import is_sequence
from backprop.kernel.function import BinaryFunction, Function
from backprop.kernel.modes import no_grad
from backprop.kernel.variable import Node, Variable
from backprop.testing import entries
from backprop.testing.generators.builtins import builtin_functions
from backprop.testing.generators.expressions import Expression, cases_of
from backprop.testing.quiet import quiet
from backprop.testing.rules import called

# A program's values are 0 or of such a size: exp and squares need no rejection, and what is added
# to one is not lost, which no precision at hand could tell from a wrong rule.
_LARGEST: Final = 1e4
_SMALLEST: Final = 1e-6
_ROOM: Final = 2.0**-6  # and this far, relative to them, from the edge of a rule's domain
_FAMILIES: Final[tuple[tuple[Shape, ...], ...]] = (
    ((),),
    ((3,), ()),
    ((2, 3), (3,), (2, 1), (3, 2)),
    ((2, 2), (2,), (1, 2), ()),
)


Move: TypeAlias = type[Node] | Expression  # what a step can call
Choice: TypeAlias = tuple[int, int, int]  # of a move, and how far back its operands are


@dataclass(frozen=True, slots=True)
class Step:
    """One call: of a Function class or a case, with some of the values so far."""

    function: Move
    operands: tuple[int, ...]

    def __post_init__(self) -> None:
        count = _arity(self.function)
        if not _are(self.operands, _is_place):
            raise ArgumentTypeError(
                "a step has a tuple of whole numbers from 0 on, the places of its operands, "
                f"got {brief(self.operands)}"
            )
        if len(self.operands) != count:
            raise ArgumentValueError(
                f"a step that calls {self.function.__name__} has {count} operands, "
                f"got {self.operands}"
            )


@dataclass(frozen=True, slots=True)
class Program:
    """A function of several Variables: every step appends a value, the last one is the result.

    `at` holds inputs at which all steps are well inside their domains.
    """

    at: tuple[Array, ...]
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if not _are(self.at, _is_input):
            raise ArgumentTypeError(
                f"a program is at a tuple of arrays of floats, got {brief(self.at)}"
            )
        if not _are(self.steps, _is_step):
            raise ArgumentTypeError(
                f"the steps of a program are a tuple of Step, got {brief(self.steps)}"
            )
        if not self.at or not self.steps:
            raise ArgumentValueError("a program has one input and one step at least")
        for k, step in enumerate(self.steps, len(self.at)):
            if max(step.operands) >= k:
                raise ArgumentValueError(
                    f"step {k - len(self.at)} of a program can have the {k} values before it as "
                    f"operands, got {step.operands}"
                )

    @property
    def domain(self) -> tuple[Interval, ...]:
        """One for each input: what limits the steps is inside."""
        return (REALS,) * len(self.at)

    def __call__(self, *xs: Variable) -> Variable:
        """Run the program on Variables like those of `at`."""
        values = list(called(xs, len(self.at), "a program"))
        for step in self.steps:
            values.append(_call(step, values))
        return values[-1]

    def source(self) -> str:
        """Python that defines `program` and needs backprop alone."""
        classes = {step.function for step in self.steps if isinstance(step.function, type)}
        imports = {f"from {cls.__module__} import {cls.__name__}" for cls in classes}
        count = len(self.at)
        lines = [
            "import numpy as np",
            "import backprop.numpy as bp",
            *sorted(imports),
            "",
            f"def program({', '.join(f'v{i}' for i in range(count))}):",
            *(f"    v{count + k} = {_text(step)}" for k, step in enumerate(self.steps)),
            f"    return v{count + len(self.steps) - 1}",
            "",
            "program",
        ]
        return "\n".join(lines)


def _text(step: Step) -> str:
    call = step.function
    made = f"{call.__name__}()" if isinstance(call, type) else f"({call.text()})"
    return f"{made}({', '.join(f'v{i}' for i in step.operands)})"


def _are(values: object, fit: Callable[[object], bool]) -> bool:
    return is_sequence(values) and isinstance(values, tuple) and all(map(fit, values))


def _is_step(value: object) -> bool:
    return isinstance(value, Step)


def _is_place(value: object) -> bool:
    return isinstance(value, int) and value >= 0


def _is_input(value: object) -> bool:
    return is_array(value) and value.dtype in FLOATS


def _call(step: Step, values: list[Variable]) -> Variable:
    operands = [values[i] for i in step.operands]
    function: Any = step.function() if isinstance(step.function, type) else step.function
    found: Variable = function(*operands)
    return found


@cache
def moves() -> tuple[Move, ...]:
    """All that a program can call: the Functions for any shapes, and the cases of one or two."""
    cases = [found for f in CASES if isinstance(found := cases_of(f), tuple)]
    expressions = [Expression(case) for some in cases for case in some if len(case.shapes) < 3]
    return (*builtin_functions(), *expressions)


def chains(
    max_steps: int = 6, dtype: str = "float64", of: tuple[type[Function], ...] | None = None
) -> st.SearchStrategy[Program]:
    """A Hypothesis strategy for chains: Functions of one input, each on what the last one gave.

    Parameters
    ----------
    max_steps : int, default 6
        The most Functions in a chain.
    dtype : str, default "float64"
        The dtype of the input.
    of : tuple of Function classes, optional
        Which Functions; all built-in ones of one input by default.

    Returns
    -------
    SearchStrategy[Program]
        It shrinks to the step that matters.

    Raises
    ------
    ArgumentTypeError
        If one of the Functions has not one input.

    Examples
    --------
    >>> from hypothesis import given
    >>> @given(chains(max_steps=2))
    ... def is_short(chain: Program) -> None:
    ...     assert len(chain.steps) <= 2
    >>> is_short()
    """
    found = builtin_functions() if of is None else entries.several(of, "of", "(Sin, Exp)")
    unary = tuple(cls for cls in found if of is not None or issubclass(cls, Function))
    if any(_arity(cls) != 1 for cls in unary):
        raise ArgumentTypeError(f"a chain is of Functions of one input, got {brief(of)}")
    return _chains(entries.whole(max_steps, "max_steps", 1), entries.dtype(dtype), unary)


def programs(max_steps: int = 8, dtype: str = "float64") -> st.SearchStrategy[Program]:
    """A Hypothesis strategy for programs: several inputs, fan-out, broadcasting, axes, any DAG.

    They call every function of one or two inputs, in at most `max_steps` steps, on inputs of
    `dtype`.

    Their inputs are generic. Each rule is right at its own kink; but where equal elements are
    sorted, and the places they came from are equal again, no choice at each is right for all.
    """
    return _programs(entries.whole(max_steps, "max_steps", 1), entries.dtype(dtype))


@st.composite
def _chains(draw: st.DrawFn, max_steps: int, dtype: str, unary: tuple[Move, ...]) -> Program:
    x = draw(_moderate(((), (3,), (2, 3)), dtype))
    return _grown((x,), draw(_choices(max_steps, unary)), unary, chain=True)


@st.composite
def _programs(draw: st.DrawFn, max_steps: int, dtype: str) -> Program:
    shape = st.sampled_from(draw(st.sampled_from(_FAMILIES)))
    shapes = draw(st.lists(shape, min_size=1, max_size=3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    xs = tuple(np.array(rng.choice((-1, 1), s) * rng.uniform(_ROOM, 4.0, s), dtype) for s in shapes)
    return _grown(xs, draw(_choices(max_steps, moves())), moves(), chain=False)


def _choices(max_steps: int, order: tuple[Move, ...]) -> st.SearchStrategy[list[Choice]]:
    """For each step: which move it would be, and how far back its operands are.

    These say nothing of the steps before: so a program shrinks by leaving steps out.
    """
    back = st.integers(0, 2**8)
    step = st.tuples(st.integers(0, len(order) - 1), back, back)
    return st.lists(step, min_size=1, max_size=max_steps)


def _grown(
    at: tuple[Array, ...], choices: list[Choice], order: tuple[Move, ...], chain: bool
) -> Program:
    """Append steps that are admissible for the values at hand: so no example is thrown away."""
    values = [Variable(x) for x in at]
    steps: list[Step] = []
    with no_grad(), np.errstate(all="ignore"):
        for wanted, back, second in choices:
            # Every second time the last value, so that programs are deep as well as wide.
            first = len(values) - 1 - (back // 2 % len(values) if back % 2 and not chain else 0)
            turned = (*order[wanted:], *order[:wanted], Negative)  # which is always admissible
            steps.append(next(admissible(values, turned, first, second)))
            values.append(_call(steps[-1], values))
    return Program(at, tuple(steps))


@st.composite
def _moderate(draw: st.DrawFn, shapes: tuple[Shape, ...], dtype: str) -> Array:
    shape = draw(st.sampled_from(shapes))
    size = int(np.prod(shape))
    values = draw(st.lists(st.floats(-4.0, 4.0), min_size=size, max_size=size))
    return np.array([v if abs(v) >= _ROOM else 0.0 for v in values], dtype).reshape(shape)


def admissible(
    values: list[Variable], order: tuple[Move, ...], first: int, second: int
) -> Iterator[Step]:
    """The steps of these moves that may be called with value `first`, and if of two `second`."""
    seconds = [(second + k) % len(values) for k in range(len(values))]
    for move in order:
        one = _arity(move) == 1
        steps = [Step(move, (first,))] if one else [Step(move, (first, k)) for k in seconds]
        yield from (step for step in steps if _fits(step, values) and _holds(step, values))


def _arity(move: object) -> int:
    if isinstance(move, Expression):
        return len(move.shapes[0])
    if isinstance(move, type) and issubclass(move, (Function, BinaryFunction)):
        return 1 if issubclass(move, Function) else 2
    raise ArgumentTypeError(
        f"a step calls a class that is a Function or a BinaryFunction, got {move!r:.100}"
    )


def _fits(step: Step, values: list[Variable]) -> bool:
    """Whether the operands have shapes that the move is for."""
    given = tuple(values[i].shape for i in step.operands)
    return step.function.shapes is None or given in step.function.shapes


def _holds(step: Step, values: list[Variable]) -> bool:
    """Whether the operands are well inside the domain and the result is of moderate size."""
    operands = [values[i].data for i in step.operands]
    domain = step.function.domain
    domains = domain if isinstance(domain, tuple) else (domain,) * len(operands)
    if not all(map(_well_inside, operands, domains)):
        return False
    try:
        with quiet():
            y = _call(step, values).data
    except (ArithmeticError, LookupError, TypeError, ValueError):  # shapes that do not fit
        return False
    sound = (y == 0) | ((abs(y) >= _SMALLEST) & (abs(y) <= _LARGEST))
    return 0 < y.size <= 64 and bool(np.all(sound))


def _well_inside(x: Array, domain: Interval) -> bool:
    if not domain.edges:
        return True
    inside = (domain.low < x) & (x < domain.high)
    room = np.min([abs(x - edge) for edge in domain.edges], axis=0)
    return bool(np.all(inside & (room >= _ROOM * np.maximum(1, abs(x)))))
